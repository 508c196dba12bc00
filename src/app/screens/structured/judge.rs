//! What is to be said of an answer that has come to its end. Runs in the world: a long answer takes a while.

use super::watch::{Ended, Figures, Found, Grade};
use crate::base::Problem;
use crate::base::text::{clean_line, fit};
use crate::lab::schema::{Fault, Schema};
use crate::lab::structured::Constraint;
use crate::lab::structured::ask::Told;
use crate::lab::structured::diff::{Change, diff};
use crate::lab::structured::judge::{Judgement, judge as weigh};
use crate::lab::structured::verdict::{Outcome, Verdict};
use crate::lab::structured::watch::Watch;
use serde_json::Value;

/// An answer, and what it is to be held against.
#[derive(Debug, Clone)]
pub struct Case {
    /// What the engine was asked for.
    pub asked: Constraint,
    /// What came.
    pub told: Told,
    /// The answer of the run before under the same constraint.
    pub before: Option<String>,
}

/// Rows that are told of one sort.
const MOST: usize = 200;

/// Says it.
///
/// # Errors
/// When it broke off: why, in the server's words.
pub fn judge(case: &Case) -> Result<Ended, Problem> {
    let told = &case.told;
    if let Some(problem) = told.failed.clone() {
        return Err(problem);
    }
    let weighed = weigh(&case.asked, told);
    let verdict = case.asked.schema().and_then(|schema| verdict(&schema, told.reply()));
    let errors = verdict.as_ref().map_or(&weighed.errors, |verdict| &verdict.errors);
    let mut found: Vec<Found> = errors.iter().take(MOST).map(wrong).collect();
    found.extend(verdict.as_ref().filter(|verdict| verdict.order_differs).map(|_| order()));
    found.extend(case.before.as_deref().into_iter().flat_map(|before| changes(before, told.reply())));
    let (grade, said, hint) = outcome(told, &weighed, verdict.as_ref());
    Ok(Ended { grade, said, hint, found, figures: figures(told) })
}

fn verdict(schema: &Value, text: &str) -> Option<Verdict> {
    let schema = Schema::new(schema).ok()?;
    let mut watch = Watch::new(Some(&schema), None);
    watch.push(text);
    watch.finish();
    Some(Verdict::of(&watch, Some(&schema)))
}

fn figures(told: &Told) -> Figures {
    let tokens = told.usage.map(|usage| usage.completion_tokens);
    Figures { first: told.first_token_seconds, last: told.seconds, tokens, pieces: told.pieces }
}

/// What breaks the constraint.
fn wrong(fault: &Fault) -> Found {
    let (pointer, words) = (Some(fault.path.clone()), fault.why.clone());
    Found { grade: Grade::Bad, label: "wrong", pointer, words }
}

/// An answer in another order than the schema's.
fn order() -> Found {
    let words = "members come in another order than the schema names them; that is no fault".to_owned();
    Found { grade: Grade::Note, label: "order differs", pointer: None, words }
}

/// What differs from the answer of the run before.
fn changes(before: &str, now: &str) -> Vec<Found> {
    let one = |label, pointer, words| Found { grade: Grade::Note, label, pointer, words };
    let short = |value: &Value| fit(&clean_line(&value.to_string()), 60).into_owned();
    let read = |text: &str| serde_json::from_str::<Value>(text).ok();
    match (read(before), read(now)) {
        (Some(old), Some(new)) => {
            let changes = diff(&old, &new);
            let told = changes.into_iter().take(MOST).map(|(pointer, change)| match change {
                Change::Added(value) => one("new", Some(pointer), format!("{}, not there before", short(&value))),
                Change::Removed(value) => one("gone", Some(pointer), format!("it was {}", short(&value))),
                Change::Changed(old, new) => {
                    one("changed", Some(pointer), format!("{}, before it was {}", short(&new), short(&old)))
                }
            });
            let told: Vec<Found> = told.collect();
            if told.is_empty() {
                vec![one("same", None, "the same values as the answer before".to_owned())]
            } else {
                told
            }
        }
        _ if before == now => vec![one("same", None, "the same text as the answer before".to_owned())],
        _ => {
            let before = fit(&clean_line(before), 120).into_owned();
            vec![one("changed", None, format!("the answer before was {before}"))]
        }
    }
}

/// The verdict in a line, and what to try next.
fn outcome(told: &Told, weighed: &Judgement, verdict: Option<&Verdict>) -> (Grade, String, String) {
    let said = |grade, said: &str, hint: &str| (grade, said.to_owned(), hint.to_owned());
    if told.is_misplaced() {
        let hint = "The server's reasoning parser took the whole answer: start the server without --reasoning-parser, or \
                    with this model's. What is judged here is what stands in the reasoning.";
        return said(Grade::Bad, "everything landed in the reasoning", hint);
    }
    if told.reply().trim().is_empty() && told.stopped.is_none() {
        let why = told.finish.as_deref().unwrap_or("no stated reason");
        let hint = "Ask with more max tokens, or look at the server's log on Engines.";
        return said(Grade::Bad, &format!("nothing came; it ended for `{why}`"), hint);
    }
    if let Some(why) = &weighed.ignored {
        let hint = "x shows the request that was taken. The server may be too old for the field, or its back end off.";
        return said(Grade::Bad, &format!("the constraint was ignored: {why}"), hint);
    }
    if let Some(why) = &told.stopped {
        if why.contains("white space") {
            let hint =
                "Forbid blanks (the setting blanks, on vLLM), or say in the question that JSON on one line is wanted.";
            return said(Grade::Bad, &format!("stopped: {why}"), hint);
        }
        return said(Grade::Note, &format!("stopped: {why}"), "");
    }
    match verdict {
        Some(verdict) => by_verdict(verdict, told.finish.as_deref() == Some("length")),
        None => plain(told, weighed),
    }
}

const ERRORS: &str = "Enter on a row goes to the value. x tells what the engine does not enforce.";
const LONGER: &str = "Raise max tokens (the setting), and ask again.";

fn by_verdict(verdict: &Verdict, by_length: bool) -> (Grade, String, String) {
    let outcome = verdict.outcome(by_length);
    let (grade, hint) = match outcome {
        Outcome::Valid => (Grade::Good, ""),
        Outcome::CutByLength => (Grade::Warn, LONGER),
        Outcome::CutOff => (Grade::Warn, "The engine ended it; its log on Engines may say why. Ask again."),
        Outcome::Invalid | Outcome::CutAndWrong => (Grade::Bad, ERRORS),
        Outcome::NotJson => (Grade::Bad, "Look at the text (v): is JSON asked for in the question?"),
        Outcome::Unknown => (Grade::Warn, ""),
    };
    let mut line = outcome.words().to_owned();
    if let Some(unknown) = verdict.valid_unknown.as_ref().filter(|_| outcome == Outcome::Unknown) {
        line = format!("{line}: {unknown}");
    }
    if grade == Grade::Bad && !verdict.errors.is_empty() {
        let errors = if verdict.errors.len() == 1 { "error" } else { "errors" };
        line = format!("{line}: {} {errors}", verdict.errors.len());
    }
    (grade, line, hint.to_owned())
}

/// Of an answer that need be no JSON.
fn plain(told: &Told, weighed: &Judgement) -> (Grade, String, String) {
    let (grade, line, hint) = match weighed.valid {
        Some(true) => (Grade::Good, "valid", ""),
        Some(false) => (Grade::Bad, "invalid", "The text (v) shows the first byte that cannot stand there."),
        None if told.is_cut() => (Grade::Warn, Outcome::CutByLength.words(), LONGER),
        None => (Grade::Warn, "cannot be judged: it cannot be followed under this constraint", ""),
    };
    (grade, line.to_owned(), hint.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn case(text: &str, finish: &str, before: Option<&str>) -> Case {
        let schema = json!({"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "string"}},
            "required": ["a"], "additionalProperties": false});
        let asked = Constraint::Schema { name: "n".into(), schema };
        let told = Told { text: text.into(), finish: Some(finish.into()), ..Told::default() };
        Case { asked, told, before: before.map(str::to_owned) }
    }

    #[test]
    fn each_end_has_its_words() {
        for (text, finish, grade, said, labels) in [
            (r#"{"a":1}"#, "stop", Grade::Good, "valid", &[][..]),
            (r#"{"b":"x","a":1}"#, "stop", Grade::Good, "valid", &["order differs"]),
            (r#"{"a":"x"}"#, "stop", Grade::Bad, "invalid: 1 error", &["wrong"]),
            (r#"{"a":1,"a":2}"#, "stop", Grade::Bad, "invalid: 1 error", &["wrong"]),
            (r#"{"a":1"#, "length", Grade::Warn, "cut off by the limit of tokens", &[]),
            (r#"{"a":"x"#, "length", Grade::Bad, "cut off, and wrong before that", &["wrong"]),
            ("Sure! Here it is", "stop", Grade::Bad, "the constraint was ignored", &["wrong"]),
            ("", "stop", Grade::Bad, "nothing came; it ended for `stop`", &[]),
        ] {
            let told = judge(&case(text, finish, None)).unwrap();
            assert!(told.grade == grade && told.said.contains(said), "{text}: {told:?}");
            assert_eq!(told.found.iter().map(|one| one.label).collect::<Vec<_>>(), labels, "{text}: {told:?}");
        }
    }

    #[test]
    fn what_lies_elsewhere_or_was_stopped_is_told_so() {
        let mut misplaced = case("", "stop", None);
        misplaced.told.reasoning = r#"{"a":1}"#.into();
        assert!(judge(&misplaced).unwrap().said.contains("reasoning"));
        let mut stopped = case(r#"{"a":  "#, "stop", None);
        stopped.told.stopped = Some("the model writes white space without end: 900 of 910 bytes".into());
        let told = judge(&stopped).unwrap();
        assert!(told.grade == Grade::Bad && told.hint.contains("blanks"), "{told:?}");
        stopped.told.stopped = Some("you stopped it".into());
        assert_eq!(judge(&stopped).unwrap().grade, Grade::Note);
        let mut broken = case("{", "stop", None);
        broken.told.failed = Some(Problem::failed("the answer was cut off", "x", "y"));
        assert_eq!(judge(&broken).unwrap_err().why, "x");
    }

    #[test]
    fn an_answer_is_held_against_the_one_before() {
        for (before, now, labels) in [
            (r#"{"a":1}"#, r#"{"a":1}"#, &["same"][..]),
            (r#"{"a":1}"#, r#"{"a":2,"b":"x"}"#, &["changed", "new"]),
            (r#"{"a":1,"b":"x"}"#, r#"{"a":1}"#, &["gone"]),
        ] {
            let told = judge(&case(now, "stop", Some(before))).unwrap();
            assert_eq!(told.found.iter().map(|one| one.label).collect::<Vec<_>>(), labels, "{before} {now}");
        }
        assert_eq!(changes("yes", "no")[0].label, "changed");
        assert_eq!(changes("yes", "yes")[0].label, "same");
    }
}
