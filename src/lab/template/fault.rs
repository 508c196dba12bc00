//! What is wrong with a template, told with its line and what to try.

use crate::base::Problem;
use minijinja::{Error, ErrorKind};

/// What `raise_exception` was called with.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Raised(pub String);

/// Text beyond what a prompt may be.
#[derive(Debug, thiserror::Error)]
#[error("it writes more than {0} MiB")]
pub(super) struct TooLong(pub usize);

/// The problem behind an error of the engine; `source` is the template's text.
pub(super) fn problem(error: &Error, source: &str) -> Problem {
    let line = line_of(error);
    let place = line.map_or_else(String::new, |line| format!("line {line}: "));
    let shown = line.and_then(|line| source.lines().nth(line.checked_sub(1)?)).map(|text| {
        let cut: String = text.trim().chars().take(160).collect();
        format!("line {}: {cut}", line.unwrap_or_default())
    });
    if let Some(Raised(said)) = cause(error) {
        let hint = "the template itself says so: give turns in the order and shape that it asks for";
        return Problem::failed("the chat template refuses this conversation", format!("{place}{said}"), hint)
            .with_detail(shown);
    }
    let (why, hint) = if cause::<TooLong>(error).is_some() || error.kind() == ErrorKind::WriteFailure {
        let most = super::engine::LONGEST >> 20;
        (format!("it writes more than {most} MiB"), "look for a loop that repeats its text")
    } else {
        reason(error)
    };
    let what = match error.kind() {
        ErrorKind::SyntaxError | ErrorKind::BadEscape => "the chat template cannot be read",
        _ => "the chat template cannot be rendered",
    };
    Problem::failed(what, format!("{place}{why}"), hint).with_detail(shown)
}

fn reason(error: &Error) -> (String, &'static str) {
    let said = error.detail().map_or_else(|| error.kind().to_string(), |detail| format!("{}: {detail}", error.kind()));
    let hint = match error.kind() {
        ErrorKind::SyntaxError | ErrorKind::BadEscape => {
            "it is not Jinja as chat templates have it: hold it against the one that the model was published with"
        }
        ErrorKind::OutOfFuel => {
            return (
                format!("it takes more than {} steps", super::engine::STEPS),
                "look for a loop without an end, or give fewer turns",
            );
        }
        ErrorKind::UndefinedError => {
            "it reads a field that this conversation lacks: look at the turn's role, content and tool_calls, or --set it"
        }
        ErrorKind::UnknownFilter | ErrorKind::UnknownTest | ErrorKind::UnknownFunction | ErrorKind::UnknownMethod => {
            "Hugging Face's libraries may know it where vramdeck does not: ask the engine with --url"
        }
        ErrorKind::TemplateNotFound | ErrorKind::BadInclude => {
            "a chat template stands alone: other files are not included"
        }
        _ => "look at the field that this line uses, or ask the engine with --url",
    };
    (said, hint)
}

/// The line of the innermost error that has one.
fn line_of(error: &Error) -> Option<usize> {
    let inner = std::error::Error::source(error).and_then(|source| source.downcast_ref::<Error>());
    inner.and_then(line_of).or_else(|| error.line())
}

/// A cause of a kind behind an error.
fn cause<T: std::error::Error + 'static>(error: &Error) -> Option<&T> {
    let mut next = std::error::Error::source(error);
    while let Some(one) = next {
        if let Some(found) = one.downcast_ref::<T>() {
            return Some(found);
        }
        next = one.source();
    }
    None
}
