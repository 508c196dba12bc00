//! Everything that is printed goes through here: stdout for answers, stderr for problems.

use crate::base::Problem;
use crate::base::text::is_safe;
use std::io::{self, Write};
use std::process::ExitCode;

/// Prints one line on stdout. A closed pipe ends the command quietly, as other tools do.
///
/// # Errors
/// When stdout cannot be written.
pub fn line(text: &str) -> Result<(), Problem> {
    raw(&format!("{text}\n"))
}

/// Prints text as it is on stdout and flushes.
///
/// # Errors
/// When stdout cannot be written.
pub fn raw(text: &str) -> Result<(), Problem> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
        Err(error) => Err(Problem::failed("cannot print", error.to_string(), "check where the output goes")),
    }
}

/// Prints one JSON document on one line of stdout.
///
/// # Errors
/// When stdout cannot be written.
pub fn json(value: &serde_json::Value) -> Result<(), Problem> {
    line(&inert(&value.to_string()))
}

/// The same JSON with what could steer a terminal escaped: JSON itself escapes only what is below a blank.
fn inert(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if is_safe(c) {
            text.push(c);
        } else {
            // All of these have four digits; such a character stands only within strings.
            text.push_str(&format!("\\u{:04x}", u32::from(c)));
        }
    }
    text
}

/// Prints a problem on stderr, as text or as the JSON of the contract, and gives its exit code.
pub fn problem(problem: &Problem, json: bool) -> ExitCode {
    let text =
        if json { inert(&serde_json::json!({"error": problem}).to_string()) } else { format!("vramdeck: {problem}") };
    // A closed stderr leaves nobody to tell.
    let _ = writeln!(io::stderr().lock(), "{text}");
    ExitCode::from(problem.exit_code())
}

/// Prints clap's own message: help and version with exit code 0, a usage error with 2, in the JSON of the contract
/// where `--json` was among the arguments.
pub fn usage_error(error: &clap::Error) -> ExitCode {
    let wants_json = std::env::args_os().any(|arg| arg == "--json");
    if error.use_stderr() && wants_json {
        let text = error.to_string();
        let why = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
        return problem(&Problem::usage("the command is not understood", why, "vramdeck --help"), true);
    }
    let _ = error.print();
    if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS }
}

/// Prints a line beside the answer, on stderr, so that stdout keeps the answer alone.
pub fn aside(text: &str) {
    // A closed stderr leaves nobody to tell.
    let _ = writeln!(io::stderr().lock(), "{text}");
}
