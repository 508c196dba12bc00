//! What is wrong with an answer, and at whose door it lies.

use super::{Exchange, Pair};
use crate::lab::agent::schema;
use crate::lab::tools::Parsed;
use serde_json::Value;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// The raw text holds a call that the server did not return: its parser lost it.
    ParserLoss {
        /// The tool's name.
        name: String,
        /// The format in which it is written.
        format: String,
        /// The parser that the server was told to use, where known.
        server: Option<String>,
    },
    /// The server returned other arguments than the model wrote.
    Changed {
        /// The tool's name.
        name: String,
    },
    /// The server returned a call that the raw text does not hold.
    Added {
        /// The tool's name.
        name: String,
    },
    /// The answer was cut off at the limit of tokens.
    Truncated,
    /// A call of a tool that was not offered.
    Hallucinated {
        /// The name as it was written.
        name: String,
    },
    /// Arguments that break the tool's schema.
    Schema {
        /// The tool's name.
        name: String,
        /// Each fault with its place.
        faults: Vec<String>,
    },
    /// A call that breaks off or whose arguments are no object.
    Broken {
        /// The tool's name, as far as it was written.
        name: String,
    },
    /// The model called in another form than the one it was told, so that its call was not read.
    OtherForm {
        /// The format it was told.
        told: String,
        /// The format it wrote.
        format: String,
    },
    /// The whole answer stands in the reasoning: a reasoning parser swallowed it.
    Swallowed,
}

impl Difference {
    /// A word or two for a mark.
    pub fn label(&self) -> &'static str {
        match self {
            Self::ParserLoss { .. } => "parser loss",
            Self::Changed { .. } => "changed by the server",
            Self::Added { .. } => "not in the text",
            Self::Truncated => "truncated",
            Self::Hallucinated { .. } => "hallucinated tool",
            Self::Schema { .. } => "schema violation",
            Self::Broken { .. } => "broken call",
            Self::OtherForm { .. } => "another form",
            Self::Swallowed => "swallowed by reasoning",
        }
    }

    /// What happened, and what to try.
    pub fn words(&self) -> String {
        match self {
            Self::ParserLoss { name, format, server } => {
                let told =
                    server.as_ref().map_or("the server's parser".to_owned(), |name| format!("its parser {name}"));
                format!(
                    "the model called {name} in the format {format}, and {told} did not see it: start the server with a parser for {format}"
                )
            }
            Self::Changed { name } => format!("the server returned other arguments of {name} than the model wrote"),
            Self::Added { name } => {
                format!("the server returned a call of {name} that the raw text does not hold in this format")
            }
            Self::Truncated => "the answer was cut off at the limit of tokens: allow more".to_owned(),
            Self::Hallucinated { name } => format!("{name} was called and is none of the tools that were offered"),
            Self::Schema { name, faults } => format!("the arguments of {name} break its schema: {}", faults.join("; ")),
            Self::Broken { name } => format!("the call of {name} breaks off, or its arguments are no JSON object"),
            Self::OtherForm { told, format } => {
                format!(
                    "the model called in the format {format}, not in {told} as it was told: choose the prompt for {format}"
                )
            }
            Self::Swallowed => {
                "all of the answer stands in the reasoning: start the engine without its reasoning parser".to_owned()
            }
        }
    }
}

/// Everything that is wrong, the worst first.
pub(super) fn differences(exchange: &Exchange, parsed: &Parsed, pairs: &[Pair]) -> Vec<Difference> {
    let returned = &exchange.returned;
    let mut out = Vec::new();
    match &exchange.prompted {
        None => out.extend(pairs.iter().filter_map(|pair| between(exchange, parsed, pair))),
        Some(told) if *told != parsed.format && parsed.calls.iter().any(|call| call.complete) => {
            out.push(Difference::OtherForm { told: told.clone(), format: parsed.format.clone() });
        }
        Some(_) => {}
    }
    if returned.finish.as_deref() == Some("length") {
        out.push(Difference::Truncated);
    }
    for call in &parsed.calls {
        let name = call.name.clone();
        if call.known == Some(false) {
            out.push(Difference::Hallucinated { name });
        } else if let Some(arguments) = call.arguments.clone().filter(|_| call.complete) {
            let tool = exchange.tools.iter().find(|tool| tool.name == call.name);
            let faults =
                tool.map(|tool| schema::faults(&tool.parameters, &Value::Object(arguments))).unwrap_or_default();
            out.extend((!faults.is_empty()).then_some(Difference::Schema { name, faults }));
        } else {
            out.push(Difference::Broken { name });
        }
    }
    let silent = returned.content.trim().is_empty() && returned.calls.is_empty();
    if silent && !returned.reasoning.trim().is_empty() && parsed.reasoning.is_none() && parsed.content.is_some() {
        out.push(Difference::Swallowed);
    }
    out
}

/// What differs between a call of the text and the one returned.
fn between(exchange: &Exchange, parsed: &Parsed, pair: &Pair) -> Option<Difference> {
    let written = pair.written.and_then(|at| parsed.calls.get(at));
    let returned = pair.returned.and_then(|at| exchange.returned.calls.get(at));
    match (written, returned) {
        // What is no call is not lost.
        (Some(call), None) => call.complete.then(|| Difference::ParserLoss {
            name: call.name.clone(),
            format: parsed.format.clone(),
            server: exchange.server_parser.clone(),
        }),
        (Some(call), Some(_)) => (!pair.same).then(|| Difference::Changed { name: call.name.clone() }),
        (None, Some(asked)) => Some(Difference::Added { name: asked.name.clone() }),
        (None, None) => None,
    }
}
