//! What runs when a model calls, for real: requests, programs and MCP servers that mean harm.

#[path = "run/mcp.rs"]
mod mcp;
#[path = "run/request.rs"]
mod request;

use vramdeck::lab::agent::run::{Limits, Outcome, cut};

/// Long enough that only a fault reaches it.
const LONG: Limits = Limits { seconds: 30.0, bytes: 10_000 };

/// An outcome in words.
fn told(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Answered(bytes) => cut(bytes, 300).0,
        Outcome::Failed(why) => format!("failed: {why}"),
        Outcome::TimedOut(seconds) => format!("after {seconds}"),
    }
}

/// Whether a process is there and no zombie.
fn lives(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    !stat.is_empty() && !stat.contains(") Z")
}

async fn gone(pid: i32) {
    for _ in 0..200 {
        if !lives(pid) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("process {pid} lives on");
}
