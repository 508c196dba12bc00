//! What containers, journals and log collectors put before a line, and whose line it is by that.

use serde_json::Value;
use std::borrow::Cow;

/// A line without what was put before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Framed<'a> {
    /// The service that wrote it, where several share a log: `vllm-1`.
    pub who: Cow<'a, str>,
    /// What it wrote.
    pub text: Cow<'a, str>,
}

/// Frames lie in one another: a journal's line of a container's line of a stamped one.
const DEPTH: usize = 4;

/// Takes off what stands before a line.
pub fn unframed(line: &str) -> Framed<'_> {
    let mut framed = Framed { who: Cow::Borrowed(""), text: Cow::Borrowed(line) };
    for _ in 0..DEPTH {
        let next = match &framed.text {
            Cow::Borrowed(text) => peeled(text),
            Cow::Owned(text) => {
                peeled(text).map(|(who, text)| (Cow::Owned(who.into_owned()), text.into_owned().into()))
            }
        };
        let Some((who, text)) = next else { break };
        if !who.is_empty() {
            framed.who = who;
        }
        framed.text = text;
    }
    framed
}

type Peeled<'a> = (Cow<'a, str>, Cow<'a, str>);

/// The line without its outermost frame, and who wrote it where the frame says so.
fn peeled(line: &str) -> Option<Peeled<'_>> {
    let text = line.trim_start();
    if text.starts_with('{') {
        return record(text).map(|inner| (Cow::Borrowed(""), Cow::Owned(inner)));
    }
    if let Some((who, rest)) = service(text) {
        return Some((Cow::Borrowed(who), Cow::Borrowed(rest)));
    }
    let rest = journal(text).or_else(|| stamped(text)).or_else(|| timed(text)).or_else(|| text.strip_prefix("| "))?;
    Some((Cow::Borrowed(""), Cow::Borrowed(rest)))
}

/// One record of a log kept as JSON: Docker's `{"log":"…\n","stream":"stderr"}`, or a program's own.
fn record(text: &str) -> Option<String> {
    let Value::Object(fields) = serde_json::from_str(text.trim_end()).ok()? else { return None };
    let inner = ["log", "msg", "message", "MESSAGE"].iter().find_map(|name| fields.get(*name)?.as_str())?;
    Some(inner.trim_end().to_owned())
}

/// `vllm-1  | …` of Compose, `[pod/vllm-6f/vllm] …` of Kubernetes.
fn service(text: &str) -> Option<(&str, &str)> {
    if let Some((who, rest)) = text.strip_prefix("[pod/").and_then(|inner| inner.split_once("] ")) {
        return Some((who, rest));
    }
    let (who, rest) = text.split_once('|')?;
    let name = who.trim_end();
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    let named = !name.is_empty() && name.len() < who.len() && name.len() <= 80 && plain;
    // The figures of a progress bar are no name.
    let letters = name.contains(|c: char| c.is_ascii_alphabetic());
    let level = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"].contains(&name);
    (named && letters && !level).then(|| (name, rest.strip_prefix(' ').unwrap_or(rest)))
}

/// `2025-06-27T14:42:08.465Z …`, in brackets or not, with a container's `stderr F ` behind it.
fn stamped(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('[').unwrap_or(text);
    let day = inner.get(..10)?.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    let rest = inner.get(10..)?.strip_prefix(['T', ' ']).filter(|_| day)?;
    let end = rest.find(|c: char| !(c.is_ascii_digit() || ":.,+-Z".contains(c)))?;
    let (clock, rest) = rest.split_at_checked(end)?;
    if clock.matches(':').count() < 2 {
        return None;
    }
    let rest = rest.strip_prefix(']').unwrap_or(rest).trim_start();
    let streams = ["stderr F ", "stdout F ", "stderr P ", "stdout P "];
    Some(streams.iter().find_map(|stream| rest.strip_prefix(stream)).unwrap_or(rest))
}

/// `Feb 21 01:41:02 …` and `[01:41:02] …`, as tools that add the time write it.
fn timed(text: &str) -> Option<&str> {
    let mut words = text.splitn(4, ' ');
    let is_clock = |word: &str| {
        word.len() >= 8
            && word.matches(':').count() == 2
            && word.bytes().all(|b| b.is_ascii_digit() || b":.".contains(&b))
    };
    if let Some((clock, rest)) = text.strip_prefix('[').and_then(|inner| inner.split_once("] ")) {
        return is_clock(clock).then_some(rest);
    }
    let (month, day) = (words.next()?, words.next()?);
    let dated = month.len() == 3 && !day.is_empty() && day.bytes().all(|byte| byte.is_ascii_digit());
    (dated && is_clock(words.next()?)).then(|| words.next()).flatten()
}

/// `Feb 21 01:41:02 host ollama[402476]: …`
fn journal(text: &str) -> Option<&str> {
    let head = text.get(..text.floor_char_boundary(160)).unwrap_or(text);
    let end = head.find("]: ")?;
    let (before, pid) = head.get(..end)?.rsplit_once('[')?;
    let clock = before.split(' ').any(|word| word.len() >= 8 && word.matches(':').count() >= 2);
    let is_pid = !pid.is_empty() && pid.bytes().all(|byte| byte.is_ascii_digit());
    (is_pid && clock).then(|| text.get(end + 3..)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_taken_off_and_nothing_else() {
        for (line, who, text) in [
            ("vllm-1  | ERROR: x", "vllm-1", "ERROR: x"),
            ("Feb 21 01:41:02 host ollama[402476]: Error: x", "", "Error: x"),
            ("2025-06-27T14:42:08.465123456Z stderr F ValueError: x", "", "ValueError: x"),
            ("2025-06-27T14:42:08+0200 host ollama[1]: Error: x", "", "Error: x"),
            ("2025-03-05 08:19:02,123 time=1 level=INFO", "", "time=1 level=INFO"),
            ("[2025-03-10T15:07:20Z] x", "", "x"),
            ("  | [2025-03-10T15:07:20Z] x", "", "x"),
            ("[pod/a/b] x", "a/b", "x"),
            (r#"{"log":"vllm-1 | x \"y\"\n","stream":"stderr"}"#, "vllm-1", "x \"y\""),
            (r#"{"level":50,"msg":"time=1 level=ERROR\n"}"#, "", "time=1 level=ERROR"),
            (r#"{"error":{"message":"x"}}"#, "", r#"{"error":{"message":"x"}}"#),
            ("Loading:  10%|█ | 1/2", "", "Loading:  10%|█ | 1/2"),
            ("10 | x", "", "10 | x"),
            ("[GIN] 2025/02/04 - 16:56:25 | 200 |", "", "[GIN] 2025/02/04 - 16:56:25 | 200 |"),
            ("ERROR 05-23 09:31:47 [core.py:396] x", "", "ERROR 05-23 09:31:47 [core.py:396] x"),
            ("2025-13 x", "", "2025-13 x"),
        ] {
            let framed = unframed(line);
            assert_eq!((framed.who.as_ref(), framed.text.as_ref()), (who, text), "{line}");
        }
    }
}
