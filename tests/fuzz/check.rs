//! What must hold of anything shown, whatever came in.

use vramdeck::base::Problem;
use vramdeck::base::text::clean;

/// Text that may reach the terminal.
#[track_caller]
pub fn safe(what: &str, text: &str) {
    assert_eq!(clean(text), text, "{what} is not safe to show");
    let steers = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    assert!(!text.contains(steers), "{what} steers the terminal: {text:?}");
}

/// Text that may stand on one row.
#[track_caller]
pub fn row(what: &str, text: &str) {
    safe(what, text);
    assert!(!text.contains(['\n', '\t']), "{what} is no single row: {text:?}");
}

/// A problem that answers its three questions and steers no terminal.
#[track_caller]
pub fn problem(problem: &Problem) {
    for (what, text) in [("what", &problem.what), ("why", &problem.why), ("hint", &problem.hint)] {
        assert!(!text.trim().is_empty(), "the problem has no {what}: {problem:?}");
        safe(what, text);
    }
    problem.detail.iter().for_each(|line| safe("detail", line));
    safe("the whole problem", &problem.to_string());
}

/// A problem of a file: that says which, and which line of it.
#[track_caller]
pub fn of_file(told: &Problem, file: &str) {
    problem(told);
    let text = told.to_string();
    assert!(text.contains(file), "the file is not named: {text}");
    let numbered = text.split("line ").skip(1).any(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    assert!(numbered, "no line is named: {text}");
}
