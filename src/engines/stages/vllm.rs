//! vLLM's lines (0.6 to 0.32), and the bars of the Hugging Face hub's client.

use super::progress::{Bar, count, seconds, size, tqdm};
use super::{Amount, FileBar, Mark, StageKind, Unit};
use StageKind::{Compile, Download, Graphs, Profile, Serve, Start, Weights};

/// Words of lines that begin a stage or go on with it.
const BEGIN: &[(&str, StageKind)] = &[
    ("non-default args:", Start),
    ("Filesystem type for checkpoints", Weights),
    ("for vLLM's torch.compile", Compile),
    ("Dynamo bytecode transform time", Compile),
    ("Directly load the compiled graph", Compile),
    ("Profiling CUDA graph memory", Profile),
    ("Memory profiling takes", Profile),
    ("Available KV cache memory", Profile),
    ("GiB for KV cache", Profile),
    // On a processor, before the cache is set aside.
    ("Warming up model for the compilation", Compile),
    ("Warming up model", Serve),
    ("init engine (profile", Serve),
    ("Starting vLLM", Serve),
];

/// Words of lines that end a stage, and what its seconds stand behind.
const END: &[(&str, StageKind, &str)] = &[
    ("Time spent downloading weights", Download, ": "),
    ("Loading weights took", Weights, "took "),
    ("Model loading took", Weights, " and "),
    ("torch.compile took", Compile, "took "),
    ("torch.compile takes", Compile, "takes "),
    ("KV cache size:", Profile, ""),
    ("# GPU blocks:", Profile, ""),
    ("Graph capturing finished", Graphs, "finished in "),
    ("Application startup complete", Serve, ""),
];

/// The marks of one line or bar.
pub(super) fn marks(line: &str) -> Vec<Mark> {
    if line.contains("%|") {
        return tqdm(line).and_then(|bar| from_bar(&bar)).into_iter().collect();
    }
    if let Some((_, rest)) = line.split_once("checkpoint shards:") {
        return vec![shards(rest)];
    }
    let begin = BEGIN.iter().find(|(words, _)| line.contains(words)).map(|(_, kind)| Mark::Begin(*kind));
    let end = END.iter().find(|(words, ..)| line.contains(words));
    let end = end.map(|(words, kind, before)| {
        let rest = line.split_once(words).map_or("", |(_, rest)| rest);
        let said = if before.is_empty() { None } else { seconds(&format!("{words}{rest}"), before) };
        Mark::Done(*kind, said)
    });
    begin.into_iter().chain(end).collect()
}

/// `  50% Completed | 1/2 [00:00<?, ?it/s]`
fn shards(rest: &str) -> Mark {
    let pair = rest.split_once("| ").and_then(|(_, tail)| tail.split_once([' ', '['])?.0.split_once('/'));
    match pair.map(|(done, total)| (count(done), count(total))) {
        Some((Some(done), total)) => Mark::Progress(Weights, Amount { done, total, unit: Unit::Shards }),
        _ => Mark::Begin(Weights),
    }
}

fn from_bar(bar: &Bar<'_>) -> Option<Mark> {
    let name = bar.name;
    if name.contains("CUDA graph") {
        let done = count(bar.done)?;
        return Some(Mark::Progress(Graphs, Amount { done, total: bar.total.and_then(count), unit: Unit::Graphs }));
    }
    if name.contains("checkpoint shards") {
        let done = count(bar.done)?;
        return Some(Mark::Progress(Weights, Amount { done, total: bar.total.and_then(count), unit: Unit::Shards }));
    }
    if name.starts_with("Fetching") {
        let done = count(bar.done)?;
        return Some(Mark::Progress(Download, Amount { done, total: bar.total.and_then(count), unit: Unit::Files }));
    }
    let (done, total) = (size(bar.done)?, bar.total.and_then(size));
    // One bar for all files, of the hub's client.
    if name.starts_with("Downloading") {
        return Some(Mark::Progress(Download, Amount { done, total, unit: Unit::Bytes }));
    }
    let name = name.strip_suffix(": downloading bytes").unwrap_or(name).trim();
    let is_weights = [".safetensors", ".bin", ".pt", ".pth", ".gguf"].iter().any(|end| name.ends_with(end));
    is_weights.then(|| Mark::File(FileBar { name: name.to_owned(), done, total }))
}
