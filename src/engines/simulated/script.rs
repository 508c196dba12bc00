//! Faults to act out, from a TOML file. For tests and demonstrations; a key that is not known is an error.

use crate::base::Problem;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A failure at start, as engines have been seen to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// A flag it does not know.
    BadFlag,
    /// The model is not there.
    ModelMissing,
    /// A file of weights ends too early.
    TruncatedWeights,
    /// The port is taken.
    PortInUse,
    /// The card has not enough free memory.
    OutOfMemory,
    /// The cache is too small for one sequence.
    KvTooSmall,
    /// The architecture is not known.
    UnknownArchitecture,
}

/// How a process dies by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Death {
    /// Exits with `exit_code`, or 1.
    Exit,
    /// Aborts (SIGABRT).
    Abort,
    /// Kills itself (SIGKILL).
    Kill,
}

/// Which child to leave behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Child {
    /// In the same process group.
    Group,
    /// In a session of its own.
    Session,
}

/// An answer to one request instead of the engine's.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Canned {
    /// HTTP status.
    pub status: u16,
    /// The body as it is; the dialect's own error body where absent.
    pub body: Option<String>,
    /// Its content type; JSON where absent.
    pub content_type: Option<String>,
}

/// What happens to streams and answers.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Script {
    /// Seconds before anything happens.
    pub start_delay: f64,
    /// How the start fails.
    pub fail: Option<Fault>,
    /// The exit code of a failed start or a death.
    pub exit_code: Option<u8>,
    /// MiB that activations take beyond the usual: what no estimate knows.
    pub more_mib: u64,
    /// Loading goes no further than this share (0 to 1).
    pub stall_load_at: Option<f64>,
    /// After this many tokens of an answer nothing more comes.
    pub hang_after_tokens: Option<u64>,
    /// The connection is cut after this many tokens.
    pub cut_after_tokens: Option<u64>,
    /// The connection is cut after this many bytes of the body, even inside a character.
    pub cut_after_bytes: Option<u64>,
    /// Seconds before each token.
    pub token_delay: f64,
    /// Answers to the k-th request for text (1 is the first).
    pub requests: BTreeMap<String, Canned>,
    /// Bytes of one huge line sent at the start of a stream.
    pub huge_line: Option<usize>,
    /// The text of every answer, instead of the model's.
    pub text: Option<String>,
    /// The same as bytes (for text that is not UTF-8; it arrives as replacement characters).
    pub bytes: Option<Vec<u8>>,
    /// Raw bytes put into the stream after its first event, as they are.
    pub raw: Option<Vec<u8>>,
    /// Control sequences are put into the log and the answer.
    pub control_sequences: bool,
    /// SIGTERM is not obeyed.
    pub ignore_sigterm: bool,
    /// Children that do not obey SIGTERM either.
    pub children: Vec<Child>,
    /// Dies this many seconds after it became ready.
    pub die_after: Option<f64>,
    /// How it dies.
    pub die_by: Option<Death>,
}

impl Script {
    /// Reads a script.
    ///
    /// # Errors
    /// What is wrong with it, with line and key.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        toml::from_str(text).map_err(|error| {
            Problem::usage(
                "the script of the simulated engine cannot be read",
                error.to_string(),
                "correct the key it names",
            )
        })
    }

    /// The answer to the k-th request, where the script has one.
    pub fn canned(&self, request: u64) -> Option<&Canned> {
        self.requests.get(&request.to_string())
    }

    /// The text that every answer has, where the script has one.
    pub fn fixed(&self) -> Option<Vec<u8>> {
        let sequences = self.control_sequences.then(|| b"\x1b[31mred\x1b[0m \x1b]0;title\x07 \x9b31m \r over".to_vec());
        self.bytes.clone().or_else(|| self.text.clone().map(String::into_bytes)).or(sequences)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_refuses() {
        let script = Script::parse("fail = \"out-of-memory\"\nexit_code = 3\n[requests.2]\nstatus = 503\n").unwrap();
        assert_eq!((script.fail, script.exit_code), (Some(Fault::OutOfMemory), Some(3)));
        assert_eq!(script.canned(2).map(|c| c.status), Some(503));
        assert_eq!(script.canned(1), None);
        for bad in ["hang = 3", "fail = \"boredom\"", "[requests.1]\nstatus = 500\nbdy = \"x\""] {
            assert!(Script::parse(bad).unwrap_err().why.contains("unknown"), "{bad}");
        }
        assert_eq!(Script::default().fixed(), None);
        assert_eq!(Script::parse("text = \"a\"").unwrap().fixed(), Some(b"a".to_vec()));
    }
}
