//! The environment as one line of `NAME=value` words.

use crate::base::Problem;

/// The line of these variables; values with blanks are quoted.
pub(super) fn words(pairs: &[(String, String)]) -> String {
    let word = |(name, value): &(String, String)| match value.contains(char::is_whitespace) {
        true => format!("{name}=\"{value}\""),
        false => format!("{name}={value}"),
    };
    pairs.iter().map(word).collect::<Vec<String>>().join(" ")
}

/// `NAME=value` words; a value may be quoted to hold spaces.
pub(super) fn environment(text: &str) -> Result<Vec<(String, String)>, Problem> {
    let mut pairs = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (name, tail) = rest.split_once('=').filter(|(name, _)| is_name(name)).ok_or_else(|| {
            let word = rest.split_whitespace().next().unwrap_or(rest);
            Problem::usage(
                format!("`{word}` is no environment setting"),
                "each is NAME=value, separated by spaces",
                "for example CUDA_VISIBLE_DEVICES=0; quote a value that holds spaces",
            )
        })?;
        let (value, after) = match tail.strip_prefix('"').and_then(|inner| inner.split_once('"')) {
            Some(quoted) => quoted,
            None => tail.split_once(char::is_whitespace).unwrap_or((tail, "")),
        };
        pairs.push((name.to_owned(), value.to_owned()));
        rest = after.trim_start();
    }
    Ok(pairs)
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn environment_words() {
        let pairs = environment("A=1 B_2=\"x y\" C=").unwrap();
        assert_eq!(pairs, [("A", "1"), ("B_2", "x y"), ("C", "")].map(|(a, b)| (a.to_owned(), b.to_owned())));
        assert_eq!(environment(&words(&pairs)).unwrap(), pairs);
        for wrong in ["A", "1A=x", "A B=1", "=x"] {
            assert!(environment(wrong).is_err(), "{wrong}");
        }
    }
}
