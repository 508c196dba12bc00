//! Code for the interpreter up to the end of the text, a built-in tool's call (`brave_search.call(query="…")`), or JSON.

use super::{Found, Job as AnyJob, Seen, Step, Turn, json, lines, written};
use crate::lab::tools::marks::past_space;
use crate::lab::tools::python;

/// Reads one call that takes the rest of the text.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    opened: usize,
    at: usize,
}

impl Job {
    pub(super) fn new(opened: usize) -> Self {
        Self { opened, at: opened }
    }

    pub(super) fn step(&mut self, seen: Seen<'_>) -> Turn {
        self.at = past_space(seen.data, self.at);
        match seen.data.get(self.at) {
            Some(b'{' | b'[') => Turn::Become(AnyJob::Json(json::Job::new(&seen.form.spec, self.opened))),
            None if seen.last => Turn::Step(Step::marker(seen.data.len())),
            _ if !seen.last => Turn::Wait,
            _ => {
                let end = end_of_code(seen.data);
                let call = built_in(&seen.text(self.at, end)).map(|found| Step::call(0, seen.data.len(), found));
                let code = || lines::call(seen, self.at, end.max(self.at), "python");
                Turn::Step(call.unwrap_or_else(code))
            }
        }
    }
}

/// Where the code ends: before white space and the tokens that end a turn.
fn end_of_code(data: &[u8]) -> usize {
    let trimmed = data.trim_ascii_end();
    let ended = [&b"<|eom_id|>"[..], b"<|eot_id|>"].into_iter().find_map(|token| trimmed.strip_suffix(token));
    ended.unwrap_or(trimmed).trim_ascii_end().len()
}

/// The call of a built-in tool.
fn built_in(text: &str) -> Option<Found> {
    let (name, rest) = text.split_once(".call(")?;
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let read = python::arguments(rest.strip_suffix(')')?).filter(|read| plain && read.placed.is_empty())?;
    let text = written(&read.named);
    Some(Found { name: name.to_owned(), arguments: Some(read.named), text, complete: true, problem: None })
}
