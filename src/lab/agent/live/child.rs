//! Programs that were started for a call: their group, and the end of what they wrote to their standard error.

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::sync::{Mutex, PoisonError};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Child;

/// Bytes of its errors that are told.
pub(super) const ERRORS: usize = 2048;
pub(super) const PIECE: usize = 8192;

/// Ends everything of the group when it goes out of scope: at the end, at a time-out, and where the call is given up.
#[derive(Debug)]
pub(super) struct Group(Option<Pid>);

impl Group {
    /// The group that a child leads.
    pub(super) fn of(child: &Child) -> Self {
        Self(child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            let _ = killpg(group, Signal::SIGKILL);
        }
    }
}

pub(super) fn taken(bytes: &Mutex<Vec<u8>>) -> Vec<u8> {
    std::mem::take(&mut *bytes.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Reads to the end and keeps the last of it.
pub(super) async fn drain(pipe: Option<impl AsyncRead + Unpin>, into: &Mutex<Vec<u8>>) {
    let (Some(mut pipe), mut piece) = (pipe, vec![0; PIECE]) else { return };
    while let Ok(count @ 1..) = pipe.read(&mut piece).await {
        let mut all = into.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend_from_slice(piece.get(..count).unwrap_or_default());
        let over = all.len().saturating_sub(ERRORS);
        all.drain(..over);
    }
}
