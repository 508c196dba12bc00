//! Prompts made of a model's own files, in a process of their own: templates and tokenizers come from strangers, and what
//! takes all memory, never ends or breaks its stack ends that process and nothing else.

mod work;

pub use work::work;

use crate::base::Problem;
use crate::base::problem::Fault;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The longest time for one order; the largest tokenizers take seconds to read.
const PATIENCE: Duration = Duration::from_secs(60);
/// The longest answer that is read, bytes.
const ANSWER: u64 = 1 << 30;

/// What is to be made.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Order {
    /// A folder, a `.gguf` or a `.jinja` file; without one only `texts` are cut.
    pub path: Option<PathBuf>,
    /// The template by name.
    pub template: Option<String>,
    /// Conversations, as [`crate::lab::template::Conversation::read`] takes them.
    pub conversations: Vec<Value>,
    /// Texts to cut into tokens besides, by the `tokenizer.json` of this path.
    pub texts: Vec<String>,
    /// That `tokenizer.json`; without it the one of `path`.
    pub tokenizer: Option<PathBuf>,
    /// Whether tokens are wanted one by one, and not only their number.
    pub pieces: bool,
    /// Seconds since the Unix epoch, for templates that ask for the date.
    pub now: u64,
}

/// A text measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// It itself.
    pub text: String,
    /// How many tokens it has, or why that is not known.
    pub tokens: Result<u64, String>,
    /// Its tokens by number and text, where they were wanted.
    pub pieces: Vec<(u32, String)>,
}

/// One conversation as a prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// The prompt.
    pub prompt: Text,
    /// The same without tools, where tools were offered and the template takes it without.
    pub bare: Option<Text>,
    /// Where the template was found, and its name.
    pub template: (String, String),
    /// What else to know, in words.
    pub notes: Vec<String>,
}

/// What came of an order.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Told {
    /// Of each conversation in order: the prompt or why there is none.
    pub made: Vec<Result<Made, Refused>>,
    /// The other texts.
    pub texts: Vec<Text>,
    /// How tokens were counted, where they were.
    pub basis: Option<String>,
    /// The `tokenizer.json` that was used.
    pub tokenizer: Option<PathBuf>,
    /// The longest context by the model's files, or why it is not known.
    pub context: Result<u64, String>,
    /// What else to know, in words.
    pub notes: Vec<String>,
}

/// A problem on its way between processes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    what: String,
    why: String,
    hint: String,
    detail: Vec<String>,
    usage: bool,
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        let usage = problem.fault == Fault::Usage;
        Self { what: problem.what, why: problem.why, hint: problem.hint, detail: problem.detail, usage }
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let make = if refused.usage { Self::usage } else { Self::failed };
        make(refused.what, refused.why, refused.hint).with_detail(refused.detail)
    }
}

/// Has `program`, which is vramdeck's own, carry out an order; it is ended after a minute.
///
/// # Errors
/// When the files cannot be read, the program cannot be started, or it is ended by its bounds.
pub fn carry_out(program: &Path, order: &Order) -> Result<Told, Problem> {
    let broken = |why: String| Problem::failed("the prompt cannot be made", why, "try again");
    let text = serde_json::to_vec(order).map_err(|error| broken(error.to_string()))?;
    let mut child = Command::new(program)
        .args(["tools", "render-worker"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| broken(format!("vramdeck cannot start itself: {error}")))?;
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let writer = std::thread::spawn(move || stdin.map(|mut stdin| stdin.write_all(&text)));
    let reader = std::thread::spawn(move || {
        let mut out = Vec::new();
        stdout.map(|stdout| stdout.take(ANSWER).read_to_end(&mut out));
        out
    });
    let ended = wait(&mut child);
    let answer = reader.join().unwrap_or_default();
    // A child that ends early closes its stdin unread.
    let _ = writer.join();
    ended?;
    let told: Result<Told, Refused> = serde_json::from_slice(&answer).map_err(|error| broken(error.to_string()))?;
    told.map_err(Problem::from)
}

/// Waits for the end; one that takes too long is killed.
fn wait(child: &mut Child) -> Result<(), Problem> {
    let began = Instant::now();
    let ended = |why: String| {
        let hint = "the template or the tokenizer asks for more than a prompt needs: do not use these files, or ask the engine with --url";
        Problem::failed("the prompt cannot be made", why, hint)
    };
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => {
                return Err(ended(format!("the process that renders broke its bounds of memory or depth ({status})")));
            }
            Ok(None) if began.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(2)),
            Ok(None) | Err(_) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(ended(format!("it took longer than {} s", PATIENCE.as_secs())));
            }
        }
    }
}
