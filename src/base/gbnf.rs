//! GBNF, the grammar notation of llama.cpp, translated to Lark.

/// Translates rules `name ::= …` with strings, character classes, groups, alternatives and repetitions.
///
/// # Errors
/// Names what is not understood.
pub fn to_lark(gbnf: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut chars = gbnf.chars().peekable();
    let mut word = String::new();
    while let Some(c) = chars.next() {
        if c.is_alphanumeric() || c == '-' || c == '_' {
            word.push(c);
            continue;
        }
        flush(&mut word, &mut out);
        match c {
            '#' => while chars.next_if(|&c| c != '\n').is_some() {},
            '"' => out.push_str(&quoted(&mut chars, '"')?),
            '[' => {
                let class = quoted(&mut chars, ']')?;
                let class = class.trim_start_matches('"').trim_end_matches(']').replace('/', "\\/");
                out.push_str(&format!("/[{class}]/"));
            }
            ':' if chars.next_if_eq(&':').is_some() => {
                chars.next_if_eq(&'=').ok_or("a rule needs ::= after its name")?;
                out.push(':');
            }
            '.' => out.push_str("/./"),
            '|' | '(' | ')' | '*' | '+' | '?' | '{' | '}' | ',' | ' ' | '\t' | '\n' => out.push(c),
            '\r' => {}
            other => return Err(format!("the grammar has `{other}`, which is not understood")),
        }
    }
    flush(&mut word, &mut out);
    if out.lines().any(|line| line.trim_start().starts_with("start")) { Ok(out) } else { Err("no rule `root`".into()) }
}

fn flush(word: &mut String, out: &mut String) {
    let name = std::mem::take(word);
    if name.is_empty() || name.bytes().all(|b| b.is_ascii_digit()) {
        out.push_str(&name);
    } else if name == "root" {
        out.push_str("start");
    } else {
        out.push_str("r_");
        out.push_str(&name.to_lowercase().replace('-', "_"));
    }
}

/// The rest of a string or class with its opening quote, up to and with `end`.
fn quoted(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, end: char) -> Result<String, String> {
    let mut out = String::from("\"");
    while let Some(c) = chars.next() {
        out.push(c);
        if c == '\\' {
            out.extend(chars.next());
        } else if c == end {
            return Ok(out);
        }
    }
    Err(format!("a `{end}` is missing"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn translates() {
        for (gbnf, lark) in [
            (r#"root ::= "yes" | "no""#, r#"start : "yes" | "no""#),
            ("root ::= my-num\nmy-num ::= [0-9]+ # digits", "start : r_my_num\nr_my_num : /[0-9]/+ "),
            (r#"root ::= ("a]" [^"\]/]){1,2}"#, r#"start : ("a]" /[^"\]\/]/){1,2}"#),
        ] {
            assert_eq!(to_lark(gbnf).unwrap(), lark);
        }
    }

    #[test]
    fn refuses_in_words() {
        for (gbnf, why) in [("a ::= \"x\"", "no rule `root`"), ("root ::= \"x", "missing"), ("root ::= ~", "`~`")] {
            assert!(to_lark(gbnf).unwrap_err().contains(why), "{gbnf}");
        }
    }
}
