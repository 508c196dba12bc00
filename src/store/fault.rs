//! SQLite's errors as problems.

use crate::base::Problem;
use rusqlite::{Error, ErrorCode};
use std::path::Path;

/// What failed, why and what to do, for an error of SQLite. `what` is the thing asked for ("the message could not be
/// saved").
pub fn problem(what: &str, path: &Path, error: &Error) -> Problem {
    let file = path.display();
    let (why, hint) = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => {
            ("the disk is full".to_owned(), format!("free some space where {file} lies; the text stays here meanwhile"))
        }
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => (
            format!("{file} cannot be written"),
            "check who owns the file and its folder (ls -l); the text stays here meanwhile".to_owned(),
        ),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => (
            format!("another program holds a lock on {file}"),
            "end the program that holds it (fuser, lsof); the text stays here and is saved with the next write"
                .to_owned(),
        ),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => (
            format!("{file} is damaged"),
            "restart vramdeck: it sets the damaged file aside and starts a new one".to_owned(),
        ),
        Some(ErrorCode::SystemIoFailure) => {
            (format!("the disk answered with an error for {file}"), "check the disk (dmesg)".to_owned())
        }
        _ => (error.to_string(), "try again; the text stays here meanwhile".to_owned()),
    };
    Problem::failed(what, why, hint).with_detail([crate::base::text::clean_line(&error.to_string())])
}

/// Whether the file itself is broken.
pub(super) fn is_damage(error: &Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

/// Whether trying again soon may help.
pub(super) fn is_busy(error: &Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// Whether the file or its folder may not be written or opened.
pub(super) fn is_forbidden(error: &Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied))
}
