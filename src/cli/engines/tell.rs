//! Asking, and telling how far it is.

use crate::base::text;
use crate::base::units::{Bytes, duration};
use crate::base::{Problem, Unknown};
use crate::cli::output;
use crate::engines::install::{Progress, Stage};
use serde_json::{Value, json};
use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Asks on the terminal. Without one nobody can say yes.
///
/// # Errors
/// When there is no terminal, or the answer is no.
pub(super) fn consent(yes: bool, question: &str) -> Result<(), Problem> {
    let hint = "--yes says yes beforehand; --dry-run shows what would be done";
    crate::cli::consent::consent(yes, question, "this changes the disk", hint)
}

/// Set when the person (Ctrl-C) or the system asks for the end; a person is told at once that it was heard, as ending a tool
/// and deleting what is half made take seconds.
///
/// # Errors
/// When signals cannot be watched.
pub(super) fn cancel_on_signals(json: bool) -> Result<Arc<AtomicBool>, Problem> {
    use tokio::signal::unix::{SignalKind, signal};
    let broken = |error: std::io::Error| {
        Problem::failed("Ctrl-C cannot be watched", error.to_string(), "check the limits on processes (ulimit -u)")
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(broken)?;
    let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
    let mut signals = {
        let _inside = runtime.enter();
        kinds.into_iter().map(signal).collect::<Result<Vec<_>, _>>().map_err(broken)?
    };
    let cancel = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&cancel);
    std::thread::spawn(move || {
        let any = std::future::poll_fn(|context| {
            let ready = signals.iter_mut().any(|signal| signal.poll_recv(context).is_ready());
            if ready { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        });
        runtime.block_on(any);
        told.store(true, Ordering::Relaxed);
        if !json {
            output::aside("\nstopping: what is half made is deleted");
        }
    });
    Ok(cancel)
}

/// Tells progress: JSON lines on stdout, or one moving line on a terminal, or a line a stage.
pub(super) struct Teller {
    json: bool,
    terminal: bool,
    stage: Option<Stage>,
}

impl Teller {
    pub(super) fn new(json: bool) -> Self {
        Self { json, terminal: std::io::stderr().is_terminal(), stage: None }
    }

    /// Tells one state.
    pub(super) fn tell(&mut self, progress: &Progress) {
        if self.json {
            // A reader that has gone is noticed when the result is written.
            let _ = output::json(&object(progress));
            return;
        }
        let fresh = self.stage.replace(progress.stage) != Some(progress.stage);
        if self.terminal {
            let columns = crate::runtime::terminal::columns().unwrap_or(80).saturating_sub(1);
            let mut err = std::io::stderr().lock();
            let lead = if fresh { "\n" } else { "" };
            let _ = write!(err, "{lead}\r{}\x1b[K", text::fit(&line(progress), columns)).and_then(|()| err.flush());
        } else if fresh {
            output::aside(&line(progress));
        }
    }

    /// Ends the moving line.
    pub(super) fn end(&self) {
        if self.terminal && self.stage.is_some() {
            output::aside("");
        }
    }
}

/// One state as one line.
pub(super) fn line(progress: &Progress) -> String {
    let mut out = format!("{}/{} {}", progress.step, progress.steps, progress.stage.words());
    if let Some((done, total)) = progress.packages {
        out += &format!(" · {done} of {total} packages");
    }
    if let Some((done, total)) = progress.bytes {
        out += &format!(" · {} of {}", Bytes(done), Bytes(total));
    }
    out += &format!(" · {}", duration(seconds(progress.seconds)));
    if progress.silent_seconds >= 20.0 {
        out += &format!(" · silent for {}", duration(seconds(progress.silent_seconds)));
    }
    if !progress.text.is_empty() {
        out += &format!(" · {}", progress.text);
    }
    out
}

fn seconds(value: f64) -> Duration {
    Duration::try_from_secs_f64(value).unwrap_or_default()
}

/// One state as the contract's object.
fn object(progress: &Progress) -> Value {
    let split = |pair: Option<(u64, u64)>| (pair.map(|pair| pair.0), pair.map(|pair| pair.1));
    let ((packages, packages_total), (bytes, bytes_total)) = (split(progress.packages), split(progress.bytes));
    let unknown = bytes.is_none().then(|| Unknown::because("the tool has named no size yet").to_string());
    json!({
        "event": "progress", "stage": progress.stage, "step": progress.step, "steps": progress.steps,
        "text": progress.text, "packages_done": packages, "packages_total": packages_total, "bytes_done": bytes,
        "bytes_total": bytes_total, "bytes_unknown": unknown, "seconds": progress.seconds,
        "silent_seconds": progress.silent_seconds,
    })
}
