//! Constraints and what is made of them, whatever comes in.

use crate::check;
use serde_json::Value;
use vramdeck::lab::schema::Schema;
use vramdeck::lab::structured::infer::{from_examples, from_type};
use vramdeck::lab::structured::legacy::rewrite;
use vramdeck::lab::structured::library::{Library, parse};
use vramdeck::lab::structured::lint::{by_rule, lint};
use vramdeck::lab::structured::read::{Mistake, read};
use vramdeck::lab::structured::{Constraint, Kind, Options, Shape, request};
use vramdeck::wire::Dialect;

fn mistake(mistake: &Mistake, text: &str) {
    assert!(mistake.line >= 1 && mistake.line <= text.matches('\n').count() + 1, "{mistake:?}");
    assert!(mistake.column >= 1 && mistake.column <= text.len() + 1, "{mistake:?}");
    check::problem(&mistake.problem);
}

/// A schema before its keywords are looked through.
pub fn linted(data: &[u8]) {
    let Ok(schema) = serde_json::from_slice::<Value>(data) else { return };
    for found in by_rule(&schema) {
        check::row("why", &found.why);
        let Some((parent, last)) = found.path.rsplit_once('/') else {
            assert!(schema.is_boolean(), "{found:?} of {schema}");
            continue;
        };
        let keyword = last.replace("~1", "/").replace("~0", "~");
        let there = schema.pointer(parent).is_some_and(|value| value.get(&found.keyword).is_some() || value.is_array());
        assert!(there && keyword == found.keyword, "{found:?} of {schema}");
    }
    if data.len() < 600 {
        lint(&schema).iter().for_each(|found| check::row("why", &found.why));
    }
}

/// A type, or examples.
pub fn inferred(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match from_type(&text) {
        Ok(schema) => assert!(schema.is_object(), "{schema}"),
        Err(wrong) => mistake(&wrong, &text),
    }
    let values: Vec<Value> = serde_json::Deserializer::from_slice(data).into_iter().map_while(Result::ok).collect();
    if !values.is_empty() && values.len() < 50 {
        let schema = from_examples(&values);
        let ready = Schema::new(&schema).unwrap_or_else(|why| panic!("{why}: {schema}"));
        for value in &values {
            assert!(ready.faults(value).is_empty(), "{value} does not obey {schema}");
        }
    }
}

/// The body of a request with old fields.
pub fn legacy(data: &[u8]) {
    match rewrite(&String::from_utf8_lossy(data)) {
        Ok((body, notes)) => {
            notes.iter().for_each(|note| check::row("why", &note.why));
            let (again, more) = rewrite(&body.to_string()).unwrap();
            assert!(again == body && more.is_empty(), "rewritten once is rewritten: {body} {more:?}");
        }
        Err(problem) => check::problem(&problem),
    }
}

/// What a person wrote for a constraint: the first byte chooses the kind.
pub fn written(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let text = String::from_utf8_lossy(rest);
    let constraint = match read(Kind::ALL[usize::from(*first) % Kind::ALL.len()], &text) {
        Ok(constraint) => constraint,
        Err(wrong) => return mistake(&wrong, &text),
    };
    assert_eq!(Constraint::from_file(&constraint.to_file()).unwrap(), constraint, "a file keeps it");
    for dialect in Dialect::ALL {
        for shape in Shape::ALL {
            match request(&constraint, dialect, &Options { shape, ..Options::default() }) {
                Ok(request) => request.notes.iter().for_each(|note| check::row("a note", note)),
                Err(problem) => check::problem(&problem),
            }
        }
    }
}

/// A file of the library.
pub fn shelved(data: &[u8]) {
    match parse(&String::from_utf8_lossy(data), "own.json") {
        Ok(entries) => {
            let all = Library { entries };
            assert_eq!(parse(&all.to_file(), "again").unwrap(), all.entries);
        }
        Err(problem) => check::problem(&problem),
    }
}
