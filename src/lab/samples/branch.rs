//! "What if": an answer is kept up to a token, another one is put there, and the model goes on.

use super::answer::{Answer, Place};
use super::token::Token;
use crate::base::Problem;
use crate::base::text::clean_line;
use crate::wire::Dialect;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where an answer branched off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parent {
    /// The answer.
    pub place: Place,
    /// Position of the token that is another one here, from 0.
    pub token: usize,
    /// What stands there instead.
    pub text: String,
}

/// An answer to go on with.
#[derive(Debug, Clone, PartialEq)]
pub struct Branch {
    /// Where it comes from.
    pub parent: Parent,
    /// The text that is kept, the other token included; the model's own, reasoning marks and all.
    pub prefix: String,
    /// Its tokens.
    pub kept: Vec<Token>,
}

/// Why a dialect cannot go on from the middle of an answer; `None` where it can.
///
/// vLLM and llama-server tell the prompt that they make of a conversation, and complete any text (`/v1/completions`): so the
/// model reads exactly what it had written. A last turn of the assistant in a conversation is not the same: templates rewrite
/// it (that of Qwen3 puts an empty reasoning before it, which is what llama-server 0.7.0 then sends).
pub fn unsupported(dialect: Dialect) -> Option<&'static str> {
    match dialect {
        Dialect::Vllm | Dialect::LlamaCpp => None,
        Dialect::Ollama => Some("Ollama's /v1 does not tell the prompt that it makes of a conversation"),
        Dialect::OpenAi => Some("this endpoint is not known to go on from the middle of an answer"),
    }
}

/// The branch of an answer in which `text` stands at `token`.
///
/// # Errors
/// When the dialect cannot, the answer has no such token, its text before it is not known, or nothing is put there.
pub fn branch(answer: &Answer, token: usize, text: &str, dialect: Dialect) -> Result<Branch, Problem> {
    let refused = |why: String, hint: &str| Problem::usage("the answer cannot be gone on with from there", why, hint);
    if let Some(why) = unsupported(dialect) {
        return Err(refused(why.to_owned(), "ask a run of vLLM or llama.cpp"));
    }
    let Some(there) = answer.tokens.get(token) else {
        let why = match answer.tokens.len() {
            0 => "its tokens are not known: the server gave no log probabilities".to_owned(),
            count => format!("it has {count} tokens, from 0 to {}", count - 1),
        };
        return Err(refused(why, "set logprobs to 1 or more, and name a token that is there"));
    };
    if text.is_empty() {
        return Err(refused("no text is put there".to_owned(), "name the text of the other token"));
    }
    let kept = kept_text(answer, token).ok_or_else(|| {
        let why = format!("token {token} ({}) begins inside of a character", clean_line(&there.text));
        refused(why, "choose a token that begins with a character")
    })?;
    let other = Token {
        text: text.to_owned(),
        logprob: there.top.iter().find(|(other, _)| other == text).map(|(_, logprob)| *logprob),
        top: there.top.clone(),
    };
    let other = if text == there.text { there.clone() } else { other };
    let kept_tokens = answer.tokens[..token].iter().cloned().chain([other]).collect();
    let parent = Parent { place: answer.place, token, text: text.to_owned() };
    Ok(Branch { parent, prefix: format!("{kept}{text}"), kept: kept_tokens })
}

/// The text before a token. Tokens that hold part of a character have no text of their own; then it is the answer's text
/// without that of the tokens after it.
fn kept_text(answer: &Answer, token: usize) -> Option<String> {
    let join = |tokens: &[Token]| tokens.iter().map(|token| token.text.as_str()).collect::<String>();
    let (before, after) = answer.tokens.split_at_checked(token)?;
    let joined = join(before);
    if !joined.contains('\u{fffd}') {
        return Some(joined);
    }
    let whole = join(after);
    let ended = join(after.get(..after.len().checked_sub(1)?)?);
    let rest = [whole, ended].into_iter().filter(|rest| !rest.is_empty() && !rest.contains('\u{fffd}'));
    rest.into_iter().find_map(|rest| answer.text.strip_suffix(rest.as_str()).map(str::to_owned))
}

/// The fields of a request that goes on with a text (`/v1/completions`), made of those of the chat request. `room` is how many
/// tokens there are left, for servers that would stop after a few otherwise (vLLM: 16).
pub fn raw_fields(fields: &[(String, Value)], dialect: Dialect, room: u64) -> Vec<(String, Value)> {
    let of = |name: &str| fields.iter().find(|(field, _)| field == name).map(|(_, value)| value);
    let told = of("top_logprobs").and_then(Value::as_u64).or_else(|| of("logprobs")?.as_bool()?.then_some(1));
    let dropped = ["n", "logprobs", "top_logprobs", "use_beam_search", "length_penalty"];
    let rest = fields.iter().filter(|(name, _)| !dropped.contains(&name.as_str())).cloned();
    let mut made: Vec<_> = rest.collect();
    made.extend(told.map(|told| ("logprobs".to_owned(), told.max(1).into())));
    if of("max_tokens").is_none() {
        made.push(("max_tokens".to_owned(), room.max(1).into()));
    }
    if dialect == Dialect::Vllm {
        // The prompt holds its special tokens already.
        made.push(("add_special_tokens".to_owned(), false.into()));
    }
    made
}

/// A row of the tree of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeRow {
    /// How many branchings lie before it.
    pub depth: usize,
    /// Position of the answer.
    pub at: usize,
}

/// Answers as a tree, from top to bottom: each with what branched off it below it, in their order. An answer whose parent is
/// not there is a root.
pub fn tree(answers: &[Answer]) -> Vec<TreeRow> {
    let at = |place: Place| answers.iter().position(|answer| answer.place == place);
    let parents: Vec<Option<usize>> = answers
        .iter()
        .enumerate()
        // An answer comes after the one that it branched off: so there are no circles.
        .map(|(own, answer)| answer.parent.as_ref().and_then(|parent| at(parent.place)).filter(|parent| *parent < own))
        .collect();
    let mut depths = vec![0usize; answers.len()];
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); answers.len()];
    for (own, parent) in parents.iter().enumerate() {
        if let Some(parent) = parent {
            depths[own] = depths[*parent] + 1;
            children[*parent].push(own);
        }
    }
    let mut rows = Vec::with_capacity(answers.len());
    let mut open: Vec<usize> = (0..answers.len()).rev().filter(|at| parents[*at].is_none()).collect();
    while let Some(at) = open.pop() {
        rows.push(TreeRow { depth: depths[at], at });
        open.extend(children[at].iter().rev());
    }
    rows
}
