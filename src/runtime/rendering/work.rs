//! What the process does that renders.

use super::{Made, Order, Refused, Text, Told};
use crate::base::Problem;
use crate::lab::template::live::{Source, read, tokenizer};
use crate::lab::template::{Conversation, Now, Rendered, Template, Tokenizer};
use nix::sys::resource::{Resource, setrlimit};
use std::path::PathBuf;
use std::time::Duration;

/// Memory that may be mapped, bytes; the largest tokenizers take below one billion.
const MEMORY: u64 = 4 << 30;
/// The stack for a template's and a value's depth, bytes.
const STACK: usize = 256 << 20;

/// Carries out an order from JSON and gives the answer as JSON: `{"Ok": …}` or `{"Err": …}`. Bounds this process for ever:
/// 4 GiB of memory, no core file.
///
/// # Errors
/// When the order is no order.
pub fn work(order: &[u8]) -> Result<String, Problem> {
    let broken = |why: String| Problem::failed("the order cannot be carried out", why, "vramdeck gives it to itself");
    let order: Order = serde_json::from_slice(order).map_err(|error| broken(error.to_string()))?;
    for (resource, most) in [(Resource::RLIMIT_AS, MEMORY), (Resource::RLIMIT_CORE, 0)] {
        setrlimit(resource, most, most).map_err(|error| broken(error.to_string()))?;
    }
    let worker = std::thread::Builder::new().stack_size(STACK).spawn(move || carry_out(&order).map_err(Refused::from));
    let worker = worker.map_err(|error| broken(error.to_string()))?;
    let told = worker.join().map_err(|_| broken("a file broke what reads it".to_owned()))?;
    serde_json::to_string(&told).map_err(|error| broken(error.to_string()))
}

fn carry_out(order: &Order) -> Result<Told, Problem> {
    let source = order.path.as_deref().map(read).transpose()?;
    let (counter, unknown) = match counter(order, source.as_ref()) {
        Ok(counter) => (Some(counter), String::new()),
        Err(why) => (None, why),
    };
    let counter_path = counter.as_ref().map(|(path, _)| path.clone());
    let measure = Measure { tokenizer: counter.map(|(_, tokenizer)| tokenizer), unknown, pieces: order.pieces };
    let context = match &source {
        Some(source) => source.templates.context.clone().map_err(|unknown| unknown.to_string()),
        None => Err("no files of a model are read".to_owned()),
    };
    let now = Now { epoch: Duration::from_secs(order.now) };
    let make = |value| {
        let source =
            source.as_ref().ok_or_else(|| Problem::usage("nothing is rendered", "no path is given", "give a model"));
        made(source?, order.template.as_deref(), &Conversation::read(value)?, now, &measure)
    };
    Ok(Told {
        made: order
            .conversations
            .iter()
            .map(make)
            .map(|made| made.map_err(|problem: Problem| problem.into()))
            .collect(),
        texts: order.texts.iter().map(|text| measure.of(text.clone())).collect(),
        basis: counter_path.as_ref().map(|path| format!("counted by {}", path.display())),
        tokenizer: counter_path,
        context,
        notes: source.map(|source| source.templates.notes).unwrap_or_default(),
    })
}

/// The tokenizer to count by.
fn counter(order: &Order, source: Option<&Source>) -> Result<(PathBuf, Tokenizer), String> {
    let own = source.map(|source| source.tokenizer.clone().map_err(|unknown| unknown.to_string()));
    let path = match (&order.tokenizer, own) {
        (Some(path), _) => path.clone(),
        (None, Some(own)) => own?,
        (None, None) => return Err("no tokenizer is given".to_owned()),
    };
    let read = tokenizer(&path).map_err(|problem| format!("{}: {}", problem.what, problem.why))?;
    Ok((path, read))
}

struct Measure {
    tokenizer: Option<Tokenizer>,
    unknown: String,
    pieces: bool,
}

impl Measure {
    fn of(&self, text: String) -> Text {
        let Some(tokenizer) = &self.tokenizer else {
            return Text { text, tokens: Err(self.unknown.clone()), pieces: Vec::new() };
        };
        let told = |problem: Problem| format!("{}: {}", problem.what, problem.why);
        if !self.pieces {
            return Text { tokens: tokenizer.count(&text).map_err(told), text, pieces: Vec::new() };
        }
        match tokenizer.tokens(&text) {
            Ok(tokens) => {
                let count = tokens.len() as u64;
                Text {
                    text,
                    tokens: Ok(count),
                    pieces: tokens.into_iter().map(|token| (token.id, token.text)).collect(),
                }
            }
            Err(problem) => Text { text, tokens: Err(told(problem)), pieces: Vec::new() },
        }
    }
}

fn made(
    source: &Source,
    wanted: Option<&str>,
    conversation: &Conversation,
    now: Now,
    measure: &Measure,
) -> Result<Made, Problem> {
    let offered = conversation.tools.as_ref().is_some_and(|tools| !tools.is_empty());
    let render = |conversation: &Conversation, offered: bool| -> Result<_, Problem> {
        let found = source.templates.choose(wanted, offered)?;
        let template = Template::new(&found.text, &source.templates.special)?;
        Ok((template.render(conversation, now)?, (found.source.clone(), found.name.clone())))
    };
    let (Rendered { prompt, notes }, template) = render(conversation, offered)?;
    let bare = if offered { render(&conversation.bare(), false).ok() } else { None };
    let bare = bare.map(|(rendered, _)| measure.of(rendered.prompt));
    Ok(Made { prompt: measure.of(prompt), bare, template, notes })
}
