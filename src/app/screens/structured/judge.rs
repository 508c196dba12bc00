//! What is to be said of an answer that has come to its end. Runs in the world: a long answer takes a while.

use super::watch::{Ended, Figures, Follows, Found, Grade};
use crate::base::{Problem, Reading};
use crate::lab::structured::ask::Told;
use crate::lab::structured::judge::{Judgement, judge as weigh};
use crate::lab::structured::tree::{Fault, State, Tree};
use crate::lab::structured::{Constraint, Kind};

/// An answer, and what it is to be held against.
#[derive(Debug, Clone)]
pub struct Case {
    /// What the engine was asked for.
    pub asked: Constraint,
    /// What came.
    pub told: Told,
    /// How far it keeps to the constraint.
    pub follows: Option<Reading<Follows>>,
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
    let mut found = wrong(&weighed);
    let json = matches!(case.asked.kind(), Kind::JsonMode | Kind::Schema);
    if json {
        let mut tree = Tree::new();
        tree.push(told.reply());
        tree.finish();
        found.extend(twice(&tree));
    }
    found.extend(order(&weighed, json));
    let (grade, said, hint) = outcome(case, &weighed);
    let figures = figures(told);
    Ok(Ended { grade, said, hint, found, figures })
}

fn figures(told: &Told) -> Figures {
    let tokens = told.usage.map(|usage| usage.completion_tokens);
    Figures { first: told.first_token_seconds, last: told.seconds, tokens, pieces: told.pieces }
}

/// What breaks the constraint.
fn wrong(weighed: &Judgement) -> Vec<Found> {
    let one = |fault: &crate::lab::schema::Fault| Found {
        grade: Grade::Bad,
        label: "wrong",
        pointer: Some(fault.path.clone()),
        words: fault.why.clone(),
    };
    weighed.errors.iter().take(MOST).map(one).collect()
}

/// Keys that come twice.
fn twice(tree: &Tree) -> Vec<Found> {
    let of = |id: &crate::lab::structured::tree::NodeId| match tree.node(*id)?.state() {
        State::Invalid(Fault::Duplicate) => Some(Found {
            grade: Grade::Warn,
            label: "twice",
            pointer: Some(tree.pointer(*id)),
            words:
                "the key is in the object twice: JSON leaves open which value counts, and most readers take the last"
                    .to_owned(),
        }),
        _ => None,
    };
    tree.invalid().iter().filter_map(of).take(MOST).collect()
}

/// An answer that obeys, in another order than the schema's.
fn order(weighed: &Judgement, json: bool) -> Option<Found> {
    let at = weighed.first_impossible.filter(|_| json && weighed.valid == Some(true))?;
    Some(Found {
        grade: Grade::Note,
        label: "order differs",
        pointer: None,
        words: format!(
            "from byte {at} on it is not as an engine would write it that holds to the schema's order; it obeys all the same"
        ),
    })
}

/// The verdict in a line, and what to try next.
fn outcome(case: &Case, weighed: &Judgement) -> (Grade, String, String) {
    let (told, count) = (&case.told, weighed.errors.len());
    let said = |grade, said: &str, hint: &str| (grade, said.to_owned(), hint.to_owned());
    if told.is_misplaced() {
        let hint = "The reasoning parser of the server took the whole answer: start it without --reasoning-parser, or with the \
                    one of this model. What is judged here is what stands in the reasoning.";
        return said(Grade::Bad, "everything landed in the reasoning", hint);
    }
    if told.reply().trim().is_empty() {
        let why = told.finish.as_deref().unwrap_or("no stated reason");
        return said(
            Grade::Bad,
            &format!("nothing came (ended for {why})"),
            "Ask with more max tokens, or look at the server's log.",
        );
    }
    if let Some(why) = &weighed.ignored {
        let hint = "x shows the request that was taken. The server may be too old for the field, or its back end off.";
        return said(Grade::Bad, &format!("the engine ignored the constraint: {why}"), hint);
    }
    if let Some(why) = &told.stopped {
        let hint = if why.contains("white space") {
            "vLLM: forbid blanks (the setting blanks), or say in the question that JSON is wanted, on one line."
        } else {
            ""
        };
        return said(if hint.is_empty() { Grade::Note } else { Grade::Bad }, &format!("stopped: {why}"), hint);
    }
    match weighed.valid {
        Some(true) => said(Grade::Good, "valid", ""),
        Some(false) => {
            let errors = if count == 1 { "error" } else { "errors" };
            let line = if count == 0 { "invalid".to_owned() } else { format!("invalid: {count} {errors}") };
            said(Grade::Bad, &line, "Enter on a row goes to the value. x tells what the engine does not enforce.")
        }
        None if told.is_cut() => said(
            Grade::Warn,
            "cut off by its length, so far not wrong",
            "Raise max tokens (setting how), and ask again.",
        ),
        None => said(Grade::Warn, "not judged: it cannot be held against this constraint", ""),
    }
}
