//! Choices and regular expressions as GBNF, llama.cpp's grammars.

use crate::base::Problem;
use crate::base::text::clean_line;
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, ClassUnicodeRange, Hir, HirKind, Look};
use std::fmt::Write;

/// Bytes of GBNF that one regular expression may become.
const MOST: usize = 256 * 1024;
/// Repetitions that llama.cpp's grammars take.
const REPEATS: u32 = 2000;

/// A grammar of exactly these texts.
pub fn from_choice(all: &[String]) -> String {
    let each: Vec<String> = all.iter().map(|text| quoted(text)).collect();
    format!("root ::= {}", each.join(" | "))
}

/// A grammar of the texts that a regular expression matches from start to end. `\d`, `\w` and `\s` stand for ASCII, as in
/// vLLM's back ends.
///
/// # Errors
/// When it cannot be read, looks around, refers back, or becomes too large a grammar.
pub fn from_regex(text: &str) -> Result<String, Problem> {
    let refuse = |why: String| {
        let what = "the regular expression cannot be written as GBNF";
        Problem::usage(what, why, "write it without looking around, word boundaries and references, or as a grammar")
    };
    let parsed = ParserBuilder::new().nest_limit(100).build().parse(&ascii_classes(text));
    let hir = parsed.map_err(|error| {
        let words = error.to_string();
        refuse(clean_line(words.lines().last().unwrap_or_default().trim_start_matches("error: ")))
    })?;
    let mut out = String::from("root ::= ");
    write(&hir, (true, true), &mut out).map_err(refuse)?;
    Ok(out)
}

/// `\d` and its kin as classes of ASCII; nested classes are known to the parser.
fn ascii_classes(text: &str) -> String {
    let (mut out, mut chars) = (String::with_capacity(text.len()), text.chars());
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('d') => out.push_str("[0-9]"),
            Some('D') => out.push_str("[^0-9]"),
            Some('w') => out.push_str("[0-9A-Za-z_]"),
            Some('W') => out.push_str("[^0-9A-Za-z_]"),
            Some('s') => out.push_str("[\\t\\n\\x0b\\x0c\\r ]"),
            Some('S') => out.push_str("[^\\t\\n\\x0b\\x0c\\r ]"),
            Some(other) => out.extend(['\\', other]),
            None => out.push('\\'),
        }
    }
    out
}

/// `edges`: whether this part begins and ends the whole text, where anchors say nothing new.
fn write(hir: &Hir, edges: (bool, bool), out: &mut String) -> Result<(), String> {
    if out.len() > MOST {
        return Err(format!("it becomes a grammar of more than {} KiB", MOST >> 10));
    }
    match hir.kind() {
        HirKind::Empty => out.push_str("\"\""),
        HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
            Ok(text) => out.push_str(&quoted(text)),
            Err(_) => return Err("it names bytes that are no characters".to_owned()),
        },
        HirKind::Class(Class::Unicode(class)) if !class.ranges().is_empty() => ranges(class.ranges(), out),
        HirKind::Class(Class::Bytes(class)) => match class.to_unicode_class() {
            Some(class) if !class.ranges().is_empty() => ranges(class.ranges(), out),
            _ => return Err("it names bytes that are no characters".to_owned()),
        },
        HirKind::Class(_) => return Err("a class in it holds no character".to_owned()),
        HirKind::Look(Look::Start | Look::StartLF | Look::StartCRLF) if edges.0 => out.push_str("\"\""),
        HirKind::Look(Look::End | Look::EndLF | Look::EndCRLF) if edges.1 => out.push_str("\"\""),
        HirKind::Look(_) => return Err("it asks what stands before or after a place".to_owned()),
        HirKind::Capture(group) => grouped(&group.sub, edges, out)?,
        HirKind::Repetition(repeated) => {
            grouped(&repeated.sub, (false, false), out)?;
            out.push_str(&times(repeated.min, repeated.max)?);
        }
        HirKind::Concat(parts) => {
            for (at, part) in parts.iter().enumerate() {
                let edges =
                    (edges.0 && parts[..at].iter().all(is_look), edges.1 && parts[at + 1..].iter().all(is_look));
                out.push_str(if at == 0 { "" } else { " " });
                inside(part, edges, out)?;
            }
        }
        HirKind::Alternation(parts) => {
            for (at, part) in parts.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { " | " });
                write(part, edges, out)?;
            }
        }
    }
    Ok(())
}

fn is_look(hir: &Hir) -> bool {
    matches!(hir.kind(), HirKind::Look(_))
}

fn grouped(hir: &Hir, edges: (bool, bool), out: &mut String) -> Result<(), String> {
    out.push('(');
    write(hir, edges, out)?;
    out.push(')');
    Ok(())
}

/// Alternatives within a sequence need brackets.
fn inside(hir: &Hir, edges: (bool, bool), out: &mut String) -> Result<(), String> {
    if matches!(hir.kind(), HirKind::Alternation(_)) { grouped(hir, edges, out) } else { write(hir, edges, out) }
}

fn times(min: u32, max: Option<u32>) -> Result<String, String> {
    if min.max(max.unwrap_or(0)) > REPEATS {
        return Err(format!("it repeats more than {REPEATS} times"));
    }
    Ok(match (min, max) {
        (0, None) => "*".to_owned(),
        (1, None) => "+".to_owned(),
        (0, Some(1)) => "?".to_owned(),
        (min, None) => format!("{{{min},}}"),
        (min, Some(max)) => format!("{{{min},{max}}}"),
    })
}

fn ranges(all: &[ClassUnicodeRange], out: &mut String) {
    out.push('[');
    for range in all {
        in_class(range.start(), out);
        if range.end() > range.start() {
            out.push('-');
            in_class(range.end(), out);
        }
    }
    out.push(']');
}

fn in_class(c: char, out: &mut String) {
    if c.is_ascii_alphanumeric() { out.push(c) } else { code(c, out) }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => code(c, &mut out),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn code(c: char, out: &mut String) {
    let n = u32::from(c);
    // Writing into a text does not fail.
    let _ = match n {
        0..=0xff => write!(out, "\\x{n:02X}"),
        0x100..=0xffff => write!(out, "\\u{n:04X}"),
        _ => write!(out, "\\U{n:08X}"),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regular_expressions_become_gbnf() {
        for (regex, want) in [
            ("abc", r#""abc""#),
            ("^[0-9]{3}-x$", r#""" [0-9]{3,3} "-x" """#),
            (r"\d+(\.\d\d)?", r#"([0-9])+ ("." [0-9] [0-9])?"#),
            ("yes|no", r#""yes" | "no""#),
            ("(a|bc)*d", r#"(("a" | "bc"))* "d""#),
            ("^a|b$", r#""" "a" | "b" """#),
            ("a{2,}", r#"("a"){2,}"#),
            (r"[^a]", r"[\x00-\x60b-\U0010FFFF]"),
            (r"[é€]", r"[\xE9\u20AC]"),
            (r#""\\"#, r#""\"\\""#),
            ("", "\"\""),
        ] {
            let told = from_regex(regex).unwrap();
            let plain = told.replace("(([0-9]))", "([0-9])");
            let alike = |text: &str| text.replace(['(', ')'], "").replace(" ", "");
            assert_eq!(alike(&plain), alike(&format!("root ::= {want}")), "{regex}: {told}");
        }
        for regex in [r"\bfoo", "a^b", "(?=a)b", r"(a)\1", "a{5000}", "([", "(?-u:\\xff)", "a$b", "(^a)+"] {
            let problem = from_regex(regex).unwrap_err();
            assert_eq!(problem.exit_code(), 2, "{regex}: {problem}");
        }
        assert_eq!(from_choice(&["a\"b".into(), "c\n".into()]), r#"root ::= "a\"b" | "c\n""#);
    }
}
