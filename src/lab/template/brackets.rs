//! What is put into the form that the engine reads before it reads it, tag by tag.
//!
//! `{% generation %}` blocks mark what a model wrote, for training: rendered they are their body, in a scope of its own. And a
//! loop over nothing (`None`) is an error in Python, while this engine passes over it: what loops go through is asked first.

/// The filter that refuses to loop over nothing.
pub(super) const EACH: &str = "vramdeck_each";

/// The source with these changes. Lines keep their numbers; comments and raw blocks are left alone.
pub(super) fn ready(source: &str) -> String {
    let (mut out, mut rest, mut raw) = (String::with_capacity(source.len()), source, false);
    while let Some(at) = rest.find("{%").into_iter().chain(rest.find("{#").filter(|_| !raw)).min() {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let end = match from.as_bytes().get(1) {
            Some(b'#') => from.find("#}"),
            _ if raw => from.find("%}"),
            _ => tag_end(from),
        };
        let Some(end) = end else {
            rest = from;
            break;
        };
        let (tag, behind) = from.split_at(end + 2);
        rest = behind;
        match word(tag) {
            "endraw" => raw = false,
            _ if raw => {}
            "raw" => raw = true,
            "generation" => {
                out.push_str(&tag.replacen("generation", "with", 1));
                continue;
            }
            "endgeneration" => {
                out.push_str(&tag.replacen("endgeneration", "endwith", 1));
                continue;
            }
            "for" => {
                out.push_str(&asked(tag).unwrap_or_else(|| tag.to_owned()));
                continue;
            }
            _ => {}
        }
        out.push_str(tag);
    }
    out.push_str(rest);
    out
}

/// A tag `for` whose iterable goes through [`EACH`]; `None` where it is not understood.
fn asked(tag: &str) -> Option<String> {
    let start = outside(tag, 2).find(|(_, word)| *word == "in")?.0 + 2;
    let close = tag.len() - 2;
    let close =
        if tag.as_bytes().get(close - 1).is_some_and(|byte| matches!(byte, b'-' | b'+')) { close - 1 } else { close };
    let end = outside(tag, start).find(|(_, word)| matches!(*word, "if" | "recursive")).map_or(close, |(at, _)| at);
    let (head, iterable, tail) = (tag.get(..start)?, tag.get(start..end)?, tag.get(end..)?);
    (!iterable.trim().is_empty()).then(|| format!("{head} ({iterable})|{EACH} {tail}"))
}

/// The words of a tag from `from` on that stand in no quotes and no brackets, with their places.
fn outside(tag: &str, from: usize) -> impl Iterator<Item = (usize, &str)> {
    let (mut quote, mut depth, mut begun, mut escaped) = (None, 0_usize, None, false);
    let mut found = Vec::new();
    for (at, byte) in tag.bytes().enumerate().skip(from) {
        let is_word = quote.is_none() && depth == 0 && (byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80);
        match (begun, is_word) {
            (None, true) => begun = Some(at),
            (Some(start), false) => {
                found.extend(tag.get(start..at).map(|word| (start, word)));
                begun = None;
            }
            _ => {}
        }
        match (quote, byte) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), b'\\') => escaped = true,
            (Some(open), byte) if byte == open => quote = None,
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'(' | b'[' | b'{') => depth += 1,
            (None, b')' | b']' | b'}') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    found.into_iter()
}

/// Where the tag at the beginning of `from` closes; its quoted texts are passed over.
fn tag_end(from: &str) -> Option<usize> {
    let mut quote = None;
    let mut bytes = from.bytes().enumerate().skip(2);
    while let Some((at, byte)) = bytes.next() {
        match (quote, byte) {
            (Some(_), b'\\') => drop(bytes.next()),
            (Some(open), byte) if byte == open => quote = None,
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'%') if from.as_bytes().get(at + 1) == Some(&b'}') => return Some(at),
            _ => {}
        }
    }
    None
}

/// The first word of a tag.
fn word(tag: &str) -> &str {
    let inner = tag.strip_prefix("{%").unwrap_or_default().trim_start_matches(['-', '+']).trim_start();
    inner.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_become_scopes() {
        for (source, is) in [
            ("a{% generation %}b{%- endgeneration -%}c", "a{% with %}b{%- endwith -%}c"),
            ("{%-generation-%}\n{% endgeneration %}", "{%-with-%}\n{% endwith %}"),
            ("{# {% generation %} #}{{ generation }}", "{# {% generation %} #}{{ generation }}"),
            ("{% raw %}{% generation %}{# {% endraw %}", "{% raw %}{% generation %}{# {% endraw %}"),
            ("{% raw %}{% ' %}{% endraw %}{% generation %}", "{% raw %}{% ' %}{% endraw %}{% with %}"),
            ("{% if '%} generation' %}", "{% if '%} generation' %}"),
            ("{% add_generation_prompt", "{% add_generation_prompt"),
            ("{% generation '\u{e9}", "{% generation '\u{e9}"),
        ] {
            assert_eq!(ready(source), is);
        }
    }

    #[test]
    fn loops_are_asked_what_they_go_through() {
        for (source, is) in [
            ("{% for x in y %}", "{% for x in ( y )|vramdeck_each %}"),
            ("{%- for a, b in m.items() -%}", "{%- for a, b in ( m.items() )|vramdeck_each -%}"),
            ("{% for x in y if x in z %}", "{% for x in ( y )|vramdeck_each if x in z %}"),
            ("{% for x in (y if z else []) recursive%}", "{% for x in ( (y if z else []) )|vramdeck_each recursive%}"),
            (
                "{% for inner in ['in', \"if\", 'a\\' if'] %}",
                "{% for inner in ( ['in', \"if\", 'a\\' if'] )|vramdeck_each %}",
            ),
            ("{%for x in y%}", "{%for x in ( y)|vramdeck_each %}"),
            ("{% for x\n in\n y\n %}", "{% for x\n in (\n y\n )|vramdeck_each %}"),
            ("{% for %}{% for x %}{% for x in %}", "{% for %}{% for x %}{% for x in %}"),
            ("{% for x in 'a\u{e9}' %}", "{% for x in ( 'a\u{e9}' )|vramdeck_each %}"),
        ] {
            assert_eq!(ready(source), is);
        }
    }
}
