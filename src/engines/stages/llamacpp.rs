//! llama-server's lines, those of Ollama that runs it, and the bars of their downloads.

use super::progress::{seconds, size};
use super::{Amount, FileBar, Mark, StageKind, Unit};
use StageKind::{Download, Profile, Serve, Start, Weights};

/// Words of lines that begin a stage or go on with it.
const BEGIN: &[(&str, StageKind)] = &[
    ("llama_server: initializing", Start),
    ("msg=\"server config\"", Start),
    ("downloading from", Download),
    ("trying to download", Download),
    ("load_model: loading model '", Weights),
    ("msg=\"starting llama-server\"", Weights),
    ("msg=\"starting runner\"", Weights),
    ("msg=\"loading model\"", Weights),
    ("load_tensors:", Weights),
    ("llama_context: constructing", Profile),
    ("llama_kv_cache:", Profile),
    ("sched_reserve:", Profile),
    ("warming up the model", Serve),
];

/// The marks of one line or bar.
pub(super) fn marks(line: &str) -> Vec<Mark> {
    if let Some(mark) = dots(line).or_else(|| bar(line)).or_else(|| parts(line)) {
        return vec![mark];
    }
    let has = |text: &str| line.contains(text);
    if has("threadpool init") {
        // At the default verbosity the only word between the weights and the end.
        return vec![Mark::Begin(Serve)];
    }
    if has("llama_server: model loaded") {
        return vec![Mark::Done(Serve, None)];
    }
    if has("msg=\"llama-server started in") || has("msg=\"llama runner started in") {
        return vec![Mark::Done(Serve, seconds(line, "started in "))];
    }
    BEGIN.iter().find(|(words, _)| has(words)).map(|(_, kind)| Mark::Begin(*kind)).into_iter().collect()
}

/// One dot is one percent of the weights.
fn dots(line: &str) -> Option<Mark> {
    let line = line.trim();
    let only = !line.is_empty() && line.len() <= 100 && line.bytes().all(|byte| byte == b'.');
    only.then_some(Mark::Progress(Weights, Amount { done: line.len() as u64, total: Some(100), unit: Unit::Percent }))
}

/// `[=====>   ]  45%  (450 MB / 1000 MB)`, and `Downloading NAME ────── 45%`.
fn bar(line: &str) -> Option<Mark> {
    let (head, rest) = line.split_once('%')?;
    let percent: u64 = head.rsplit([' ', ']', '─', '-']).next()?.parse().ok().filter(|percent| *percent <= 100)?;
    if let Some((done, total)) = rest.split_once('(').and_then(|(_, tail)| tail.split_once(')')?.0.split_once('/')) {
        // Counted in MiB, whatever it says.
        let whole = |text: &str| size(text).map(|bytes| bytes / 1_000_000 * (1 << 20));
        return Some(Mark::Progress(Download, Amount { done: whole(done)?, total: whole(total), unit: Unit::Bytes }));
    }
    let is_named = head.trim_start().starts_with("Downloading ");
    is_named.then_some(Mark::Progress(Download, Amount { done: percent, total: Some(100), unit: Unit::Percent }))
}

/// Ollama: `msg="downloading sha256-0123 in 16 100 MB part(s)"`.
fn parts(line: &str) -> Option<Mark> {
    let rest = line.split_once("msg=\"downloading ")?.1;
    let (name, rest) = rest.split_once(" in ")?;
    let mut words = rest.split(' ');
    let count: u64 = words.next()?.parse().ok()?;
    let each = size(&format!("{} {}", words.next()?, words.next()?))?;
    Some(Mark::File(FileBar { name: name.to_owned(), done: 0, total: count.checked_mul(each) }))
}
