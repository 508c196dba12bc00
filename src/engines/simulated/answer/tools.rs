//! Which tools to call, by an honest rule of thumb: those whose words the person used.

use crate::engines::simulated::request::{Ask, Tool, ToolChoice};
use std::collections::HashSet;

/// Most calls of one answer.
const MOST_CALLS: usize = 3;

/// One call to make.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedCall {
    /// Index of the tool among those offered.
    pub tool: usize,
    /// What its arguments should speak of.
    pub phrases: Vec<String>,
}

/// The calls to make now; none where prose is the answer.
pub fn plan_calls(ask: &Ask) -> Vec<PlannedCall> {
    let answered = ask.turns.last().is_some_and(|turn| turn.role == "tool");
    let text = ask.last_user_text();
    let tools: Vec<usize> = match &ask.tool_choice {
        ToolChoice::None => return Vec::new(),
        ToolChoice::Named(name) => ask.tools.iter().position(|tool| tool.name == *name).into_iter().collect(),
        ToolChoice::Auto if answered => return Vec::new(),
        ToolChoice::Auto => fitting(&ask.tools, text),
        ToolChoice::Required => {
            let fitting = fitting(&ask.tools, text);
            if fitting.is_empty() { (!ask.tools.is_empty()).then_some(0).into_iter().collect() } else { fitting }
        }
    };
    let phrases = phrases(text);
    let mut calls: Vec<PlannedCall> = match (tools.as_slice(), names(text).as_slice()) {
        // One tool and several names: one call for each of them.
        ([tool], [_, _, ..]) => {
            names(text).into_iter().map(|name| PlannedCall { tool: *tool, phrases: vec![name] }).collect()
        }
        (tools, _) => tools.iter().map(|&tool| PlannedCall { tool, phrases: phrases.clone() }).collect(),
    };
    let most = if ask.parallel && !matches!(ask.tool_choice, ToolChoice::Named(_)) { MOST_CALLS } else { 1 };
    calls.truncate(most);
    calls
}

fn fitting(tools: &[Tool], text: &str) -> Vec<usize> {
    let said: HashSet<String> = words(text).map(|w| stem(&w)).collect();
    let score = |tool: &Tool| {
        let name = words(&tool.name.replace(['_', '-', '.'], " ")).filter(|w| said.contains(&stem(w))).count();
        let about = words(&tool.description).filter(|w| said.contains(&stem(w))).count();
        2 * name + about
    };
    let mut fitting: Vec<(usize, usize)> =
        tools.iter().enumerate().map(|(i, tool)| (score(tool), i)).filter(|(score, _)| *score >= 2).collect();
    fitting.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    fitting.into_iter().map(|(_, i)| i).collect()
}

/// Words that say something, in lower case.
fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    const EMPTY: [&str; 31] = [
        "the", "a", "an", "of", "in", "for", "to", "and", "or", "is", "are", "what", "get", "set", "with", "on", "it",
        "please", "you", "me", "my", "this", "that", "how", "do", "does", "can", "current", "given", "from", "by",
    ];
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|w| w.len() > 1)
        .map(str::to_lowercase)
        .filter(|w| !EMPTY.contains(&w.as_str()))
}

fn stem(word: &str) -> String {
    word.chars().take(5).collect()
}

/// Capitalised words that do not merely begin a sentence: names.
fn names(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let (mut begins, mut joined) = (true, false);
    for word in text.split_whitespace() {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        let named = bare.chars().next().is_some_and(char::is_uppercase) && !begins && bare.len() > 1;
        match names.last_mut() {
            Some(last) if named && joined => *last = format!("{last} {bare}"),
            _ if named => names.push(bare.to_owned()),
            _ => {}
        }
        joined = named && word.ends_with(bare);
        begins = word.ends_with(['.', '!', '?', ':']);
    }
    names
}

/// What the arguments may quote: names, numbers, quoted words, and the longer words said.
pub fn phrases(text: &str) -> Vec<String> {
    let mut phrases = names(text);
    let quoted = text.split(['"', '\u{201c}', '\u{201d}']).skip(1).step_by(2).map(str::trim);
    phrases.extend(quoted.filter(|q| !q.is_empty()).map(str::to_owned));
    if phrases.is_empty() {
        phrases.extend(words(text).filter(|w| w.len() > 3).take(4));
    }
    phrases
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found() {
        for (text, found) in [
            ("What is the weather in Paris?", vec!["Paris"]),
            ("Weather in New York and Lima.", vec!["New York", "Lima"]),
            ("Hello there", vec![]),
            ("Go. Then Rome", vec!["Rome"]),
        ] {
            assert_eq!(names(text), found, "{text}");
        }
    }

    #[test]
    fn tools_fit_by_words() {
        let tool = |name: &str, description: &str| Tool {
            name: name.into(),
            description: description.into(),
            parameters: serde_json::Value::Null,
        };
        let tools = [tool("get_weather", "Current weather of a city"), tool("calculate", "Evaluate an expression")];
        for (text, found) in [
            ("What is the weather in Paris?", vec![0]),
            ("Calculate 3 + 4 and tell me the weather", vec![0, 1]),
            ("Please evaluate the expression 2*3", vec![1]),
            ("Say hello", vec![]),
        ] {
            assert_eq!(fitting(&tools, text), found, "{text}");
        }
    }
}
