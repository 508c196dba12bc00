//! Calls that stand in the raw text but that the server dropped, and answers as another parser would have given them.

use super::answer::{Answer, MadeCall};
use super::case::ToolSpec;
use crate::lab::tools::{Compiled, Format, Parsed, Tools, detect, formats, parse};
use serde_json::Value;
use std::sync::{Arc, LazyLock};

/// The calls in full, of tools that were offered, that a text holds in any known format. Where no call is wanted only
/// formats with markers count: a text that explains a tool may show what a call of it looks like.
pub(super) fn calls_in(text: &str, end: &str, offered: &[ToolSpec], wanted: bool) -> Vec<MadeCall> {
    static MARKED: LazyLock<Vec<Format>> = LazyLock::new(|| {
        let bare = |format: &Format| format.at_start || format.call.iter().any(|call| call.bare);
        formats().iter().filter(|format| !bare(format)).cloned().collect()
    });
    let known = if wanted { formats() } else { &MARKED };
    let tools = tools(offered);
    let parsed = best(text, end, |text| detect(text, known, &tools, 0));
    let known = parsed.calls.into_iter().filter(|call| call.complete && call.known == Some(true));
    known.map(|call| MadeCall { name: call.name, arguments: call.arguments_text }).collect()
}

/// The answer as this format would have been read from its raw text; `None` where the raw text is not known.
pub fn replay(answer: &Answer, format: &Format, offered: &[ToolSpec]) -> Option<Answer> {
    let raw = answer.raw.as_ref()?;
    let compiled = Compiled::new(format).ok()?;
    let (compiled, tools) = (Arc::new(compiled), tools(offered));
    let parsed = best(raw, &answer.raw_end, |text| parse(text, &compiled, &tools, 0));
    let calls = parsed.calls.into_iter().map(|call| MadeCall { name: call.name, arguments: call.arguments_text });
    Some(Answer { content: parsed.content, reasoning: parsed.reasoning, calls: calls.collect(), ..answer.clone() })
}

/// Reads a text without the token that ends it, unless a call is whole only with it.
fn best(text: &str, end: &str, read: impl Fn(&[u8]) -> Parsed) -> Parsed {
    let complete = |parsed: &Parsed| parsed.calls.iter().filter(|call| call.complete).count();
    let bare = read(text.as_bytes());
    if end.is_empty() || complete(&bare) > 0 && complete(&bare) == bare.calls.len() {
        return bare;
    }
    let whole = read(format!("{text}{end}").as_bytes());
    if complete(&whole) > complete(&bare) { whole } else { bare }
}

fn tools(offered: &[ToolSpec]) -> Arc<Tools> {
    let list: Value = offered.iter().map(|tool| tool.to_openai(false)).collect();
    Arc::new(Tools::read(&list.to_string()).unwrap_or_default())
}
