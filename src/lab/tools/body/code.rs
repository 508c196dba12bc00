//! Code for the interpreter up to the end of the text, a built-in tool's call (`brave_search.call(query="…")`), or JSON.

use super::{Found, Job as AnyJob, Seen, Step, Turn, json, lines};
use crate::lab::tools::marks::past_space;
use crate::lab::tools::python;
use serde_json::Value;

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
                let text = seen.text(self.at, seen.data.len());
                let text = text.trim_end().trim_end_matches("<|eom_id|>").trim_end_matches("<|eot_id|>");
                let call = built_in(text).map(|found| Step::call(0, seen.data.len(), found));
                let code = || {
                    let end = self.at + text.len();
                    lines::call(seen, self.at, end, "python")
                };
                Turn::Step(call.unwrap_or_else(code))
            }
        }
    }
}

/// The call of a built-in tool.
fn built_in(text: &str) -> Option<Found> {
    let (name, rest) = text.split_once(".call(")?;
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let read = python::arguments(rest.strip_suffix(')')?).filter(|read| plain && read.placed.is_empty())?;
    let text = Value::Object(read.named.clone()).to_string();
    Some(Found { name: name.to_owned(), arguments: Some(read.named), text, complete: true, problem: None })
}
