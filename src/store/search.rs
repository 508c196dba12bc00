//! Search in all turns: full text, ranked; for what full text cannot find (punctuation, parts of words, scripts
//! without spaces), plain substring search.

use super::Store;
use super::records::{Hit, Snippet};
use crate::base::Problem;
use rusqlite::{Connection, Row, params_from_iter, types::Value};

/// Words of a query that count.
const TERMS: usize = 16;
/// Characters of a query that count.
const QUERY_CHARS: usize = 400;
/// Characters kept before and after the first match of a substring search.
const AROUND: usize = 60;
const MARK: char = '\u{2}';
const UNMARK: char = '\u{3}';

impl Store {
    /// Turns that hold every word of `query` (each as the beginning of a word), best first; when there are none, or the
    /// query has punctuation, turns that hold every word as a substring, newest first. Any text is a valid query; an empty one finds nothing.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn search(&self, query: &str, limit: usize) -> Result<Vec<Hit>, Problem> {
        let terms = terms(query);
        if terms.is_empty() {
            return Ok(Vec::new());
        }
        self.read("the history could not be searched", |db| {
            let words = || full_text_query(&terms).map_or(Ok(Vec::new()), |query| full_text(db, &query, limit));
            let parts = || substring(db, &terms, limit);
            // Full text does not see punctuation: a query with some is looked for as it stands first.
            let plain = terms.iter().all(|term| term.chars().all(char::is_alphanumeric));
            let hits = if plain { words()? } else { parts()? };
            match hits.is_empty() {
                true if plain => parts(),
                true => words(),
                false => Ok(hits),
            }
        })
    }
}

/// The words of a query, without what SQLite cannot hold in text.
fn terms(query: &str) -> Vec<String> {
    let query: String = query.chars().take(QUERY_CHARS).map(|c| if c.is_control() { ' ' } else { c }).collect();
    query.split_whitespace().take(TERMS).map(str::to_owned).collect()
}

/// The query in FTS5's language: every word a quoted prefix. None when some word has nothing that is indexed.
fn full_text_query(terms: &[String]) -> Option<String> {
    let indexed = |term: &String| term.chars().any(char::is_alphanumeric);
    terms.iter().all(indexed).then(|| {
        let quoted: Vec<String> = terms.iter().map(|term| format!("\"{}\"*", term.replace('"', "\"\""))).collect();
        quoted.join(" ")
    })
}

fn full_text(db: &Connection, query: &str, limit: usize) -> Result<Vec<Hit>, rusqlite::Error> {
    db.prepare_cached(
        "SELECT turns.conversation, conversations.title, turns.id, turns.role, turns.created_at,
            snippet(turns_text, 0, char(2), char(3), '…', 24)
         FROM turns_text JOIN turns ON turns.key = turns_text.rowid
            JOIN conversations ON conversations.id = turns.conversation
         WHERE turns_text MATCH ?1 ORDER BY turns_text.rank, turns.created_at DESC LIMIT ?2",
    )?
    .query_map((query, limit as i64), |row| hit(row, |text| from_marked(&text)))?
    .collect()
}

fn substring(db: &Connection, terms: &[String], limit: usize) -> Result<Vec<Hit>, rusqlite::Error> {
    let lowered: Vec<String> = terms.iter().map(|term| term.to_ascii_lowercase()).collect();
    let conditions = vec!["instr(lower(turns.plain), ?) > 0"; lowered.len()].join(" AND ");
    let values = lowered.iter().cloned().map(Value::Text).chain([Value::Integer(limit as i64)]);
    db.prepare_cached(&format!(
        "SELECT turns.conversation, conversations.title, turns.id, turns.role, turns.created_at, turns.plain
         FROM turns JOIN conversations ON conversations.id = turns.conversation
         WHERE {conditions} ORDER BY turns.created_at DESC LIMIT ?"
    ))?
    .query_map(params_from_iter(values), |row| hit(row, |text| around(&text, &lowered)))?
    .collect()
}

fn hit(row: &Row<'_>, snippet: impl FnOnce(String) -> Snippet) -> Result<Hit, rusqlite::Error> {
    Ok(Hit {
        conversation: row.get(0)?,
        title: row.get(1)?,
        turn: row.get(2)?,
        role: row.get(3)?,
        created_at: row.get(4)?,
        snippet: snippet(row.get(5)?),
    })
}

/// A snippet from FTS5's text with marks. Marks that the text itself held are dropped with the others.
fn from_marked(marked: &str) -> Snippet {
    let mut snippet = Snippet::default();
    let mut start = None;
    for c in marked.chars() {
        match c {
            MARK => start = Some(snippet.text.len()),
            UNMARK => snippet.marks.extend(start.take().map(|start| start..snippet.text.len())),
            c => snippet.text.push(c),
        }
    }
    snippet
}

/// A snippet around the first match of the first of the lowered `terms`.
fn around(text: &str, terms: &[String]) -> Snippet {
    // ASCII lowering keeps every byte's place.
    let lowered = text.to_ascii_lowercase();
    let first = terms.iter().filter_map(|term| lowered.find(term.as_str())).min().unwrap_or(0);
    let from = text[..first].char_indices().rev().nth(AROUND - 1).map_or(0, |(at, _)| at);
    let longest = terms.iter().map(String::len).max().unwrap_or(0);
    let to = text[first..].char_indices().nth(AROUND + longest).map_or(text.len(), |(at, _)| first + at);
    let (head, tail) = (if from > 0 { "…" } else { "" }, if to < text.len() { "…" } else { "" });
    let mut marks: Vec<_> = terms
        .iter()
        .flat_map(|term| lowered[from..to].match_indices(term.as_str()))
        .map(|(at, found)| head.len() + at..head.len() + at + found.len())
        .collect();
    marks.sort_by_key(|mark| (mark.start, usize::MAX - mark.end));
    marks.dedup_by(|later, earlier| later.start < earlier.end);
    Snippet { text: format!("{head}{}{tail}", &text[from..to]), marks }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn queries_become_quoted_prefixes() {
        for (query, fts) in [
            ("weather oslo", Some(r#""weather"* "oslo"*"#)),
            (r#"a"b OR NEAR("#, Some(r#""a""b"* "OR"* "NEAR("*"#)),
            ("a ->", None),
        ] {
            assert_eq!(full_text_query(&terms(query)).as_deref(), fts, "{query}");
        }
    }

    #[test]
    fn snippets_mark_what_matched() {
        let snippet = around("The Cat sat on the cat", &["cat".to_owned()]);
        let marked: Vec<&str> = snippet.marks.iter().map(|mark| &snippet.text[mark.clone()]).collect();
        assert_eq!(marked, ["Cat", "cat"]);
        let found = from_marked("a \u{2}b\u{3} c \u{2}d\u{3}");
        assert_eq!(found, Snippet { text: "a b c d".into(), marks: vec![2..3, 6..7] });
    }

    proptest! {
        #[test]
        fn marks_lie_on_characters(text in "\\PC{0,200}", term in "\\PC{1,4}") {
            let snippet = around(&text, &[term.to_ascii_lowercase()]);
            for mark in snippet.marks {
                prop_assert!(snippet.text.get(mark).is_some());
            }
        }
    }
}
