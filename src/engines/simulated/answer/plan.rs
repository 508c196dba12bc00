//! The plan of one answer: its segments, one after the other.

use super::tools::{PlannedCall, plan_calls};
use crate::engines::simulated::constrain::{Compiler, Constraint, Rule};
use crate::engines::simulated::model::{TokenId, Vocab};
use crate::engines::simulated::request::Ask;
use std::collections::VecDeque;

/// A part of an answer.
#[derive(Debug, Clone)]
pub enum Segment {
    /// Reasoning, apart from the answer.
    Think,
    /// Tokens written as they are.
    Fixed(VecDeque<TokenId>),
    /// Text, perhaps under a rule.
    Text(Option<Box<Constraint>>),
    /// A tool call.
    Call(Box<Call>),
}

/// A tool call being written.
#[derive(Debug, Clone)]
pub struct Call {
    /// Which call of the answer.
    pub index: u32,
    /// The function's name; taken once it is announced.
    pub name: Option<String>,
    /// What holds the arguments to their schema.
    pub arguments: Constraint,
    /// What they should speak of.
    pub phrases: Vec<String>,
}

/// Plans the segments of each answer (they are alike).
///
/// # Errors
/// Why the rule cannot be compiled, in llguidance's words.
pub fn plan(
    ask: &Ask,
    think: bool,
    fixed: Option<&[u8]>,
    vocab: &Vocab,
    compiler: &Compiler,
) -> Result<VecDeque<Segment>, String> {
    let mut segments = VecDeque::new();
    if think && !ask.raw {
        segments.push_back(Segment::Think);
    }
    if let Some(bytes) = fixed {
        segments.push_back(Segment::Fixed(vocab.encode(bytes).into()));
        return Ok(segments);
    }
    if let Some(rule) = &ask.rule {
        segments.push_back(Segment::Text(Some(Box::new(compiler.compile(rule)?))));
        return Ok(segments);
    }
    let calls = plan_calls(ask);
    if calls.is_empty() {
        if let Some(text) = cite(ask) {
            segments.push_back(Segment::Fixed(vocab.encode(text.as_bytes()).into()));
        }
        segments.push_back(Segment::Text(None));
    }
    for (index, planned) in calls.into_iter().enumerate() {
        segments.push_back(call(ask, index as u32, planned, compiler)?);
    }
    Ok(segments)
}

fn call(ask: &Ask, index: u32, planned: PlannedCall, compiler: &Compiler) -> Result<Segment, String> {
    let tool = ask.tools.get(planned.tool).ok_or("no such tool")?;
    let schema = Rule::ToolSchema(tool.parameters.clone());
    // A schema that cannot be enforced still gets an object; engines do not refuse a tool for it either.
    let arguments = compiler.compile(&schema).or_else(|_| compiler.compile(&Rule::JsonObject))?;
    Ok(Segment::Call(Box::new(Call { index, name: Some(tool.name.clone()), arguments, phrases: planned.phrases })))
}

/// The beginning of an answer that cites the results of the tools.
fn cite(ask: &Ask) -> Option<String> {
    let results: Vec<_> = ask.turns.iter().rev().take_while(|turn| turn.role == "tool").collect();
    if results.is_empty() {
        return None;
    }
    let cited = results.iter().rev().map(|turn| {
        let name = turn.name.as_deref().unwrap_or("The tool");
        let text: String = turn.text.trim().chars().take(200).collect();
        format!("{name} says: {text}")
    });
    Some(cited.collect::<Vec<_>>().join("\n") + "\n\n")
}
