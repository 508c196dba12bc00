//! `{% generation %}` blocks, which mark what a model wrote for training: rendered they are their body, in a scope of its own.

/// The source with each such block as a `with` block, which does just that. Lines keep their numbers; comments and raw
/// blocks are left alone.
pub(super) fn without_generation(source: &str) -> String {
    if !source.contains("generation") {
        return source.to_owned();
    }
    let (mut out, mut rest, mut raw) = (String::with_capacity(source.len()), source, false);
    while let Some(at) = rest.find("{%").into_iter().chain(rest.find("{#").filter(|_| !raw)).min() {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let end = match from.as_bytes().get(1) {
            Some(b'#') => from.find("#}"),
            _ => tag_end(from),
        };
        let Some(end) = end else {
            rest = from;
            break;
        };
        let (tag, behind) = from.split_at(end + 2);
        rest = behind;
        let word = word(tag);
        match word {
            "raw" => raw = true,
            "endraw" => raw = false,
            _ => {}
        }
        match word {
            "generation" if !raw => out.push_str(&tag.replacen("generation", "with", 1)),
            "endgeneration" if !raw => out.push_str(&tag.replacen("endgeneration", "endwith", 1)),
            _ => out.push_str(tag),
        }
    }
    out.push_str(rest);
    out
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
            ("{% if '%} generation' %}", "{% if '%} generation' %}"),
            ("{% add_generation_prompt", "{% add_generation_prompt"),
            ("{% generation '\u{e9}", "{% generation '\u{e9}"),
        ] {
            assert_eq!(without_generation(source), is);
        }
    }
}
