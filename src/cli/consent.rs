//! A yes, asked for on the terminal.

use super::output;
use crate::base::Problem;
use std::io::{BufRead, IsTerminal, Write};

/// Asks on the terminal, unless the yes was given beforehand. Without a terminal nobody can say yes: `why` says what the yes
/// is needed for, `hint` how it is said beforehand.
///
/// # Errors
/// When there is no terminal, or the answer is no.
pub(super) fn consent(yes: bool, question: &str, why: &str, hint: &str) -> Result<(), Problem> {
    if yes {
        return Ok(());
    }
    if !(std::io::stdin().is_terminal() && std::io::stderr().is_terminal()) {
        return Err(Problem::usage("nothing was done", format!("{why}, and there is no terminal to ask on"), hint));
    }
    let mut err = std::io::stderr().lock();
    // A closed stderr leaves nobody to ask; the answer is then read as no.
    let _ = write!(err, "{question} [y/N] ").and_then(|()| err.flush());
    drop(err);
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    match read {
        Ok(_) if matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") => Ok(()),
        _ => Err(Problem::failed("nothing was done", "the answer was no", "")),
    }
}

/// Shows lines on stderr, so that stdout keeps the answer alone.
pub(super) fn show(lines: &[String]) {
    lines.iter().for_each(|line| output::aside(&format!("  {line}")));
}
