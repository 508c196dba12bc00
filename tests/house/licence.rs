//! A licence expression (SPDX, and the older `A/B`) against the licences this project accepts.

/// Licences whose terms a binary under MIT OR Apache-2.0 can keep.
const ACCEPTED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "Unlicense",
    "Zlib",
];
/// Exceptions that only add rights.
const EXCEPTIONS: &[&str] = &["LLVM-exception"];

/// Whether the terms of `expression` can be kept: one side of each OR, both of each AND. What cannot be read cannot.
pub fn accepted(expression: &str) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    either(&mut rest) == Some(true) && rest.is_empty()
}

fn take<'a>(rest: &mut &[&'a str]) -> Option<&'a str> {
    let (first, others) = rest.split_first()?;
    *rest = others;
    Some(first)
}

fn taken(rest: &mut &[&str], word: &str) -> bool {
    let there = rest.first().is_some_and(|first| first.eq_ignore_ascii_case(word));
    if there {
        take(rest);
    }
    there
}

fn either(rest: &mut &[&str]) -> Option<bool> {
    let mut good = both(rest)?;
    while taken(rest, "OR") {
        good |= both(rest)?;
    }
    Some(good)
}

fn both(rest: &mut &[&str]) -> Option<bool> {
    let mut good = one(rest)?;
    while taken(rest, "AND") {
        good &= one(rest)?;
    }
    Some(good)
}

fn one(rest: &mut &[&str]) -> Option<bool> {
    if taken(rest, "(") {
        let good = either(rest)?;
        return taken(rest, ")").then_some(good);
    }
    let mut good = ACCEPTED.contains(&take(rest)?);
    if taken(rest, "WITH") {
        good &= EXCEPTIONS.contains(&take(rest)?);
    }
    Some(good)
}

#[cfg(test)]
mod tests {
    use super::accepted;

    #[test]
    fn expressions_mean_what_spdx_says() {
        for (expression, want) in [
            ("MIT", true),
            ("GPL-3.0-only", false),
            ("MIT OR GPL-3.0-only", true),
            ("GPL-3.0-only OR MIT", true),
            ("MIT AND GPL-3.0-only", false),
            ("MIT/GPL-3.0", true),
            ("Apache-2.0 / MIT", true),
            ("(MIT OR GPL-3.0-only) AND Unicode-3.0", true),
            ("(MIT OR Apache-2.0) AND GPL-3.0-only", false),
            ("GPL-3.0-only AND ISC OR MIT", true),
            ("MIT OR ISC AND GPL-3.0-only", true),
            ("(MIT OR ISC) AND GPL-3.0-only", false),
            ("Apache-2.0 WITH LLVM-exception", true),
            ("Apache-2.0 WITH Other-exception", false),
            ("GPL-2.0-only WITH LLVM-exception", false),
            ("mit", false),
            ("", false),
            ("MIT OR", false),
            ("(MIT", false),
            ("MIT)", false),
            ("MIT MIT", false),
        ] {
            assert_eq!(accepted(expression), want, "{expression:?}");
        }
    }
}
