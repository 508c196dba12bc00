//! Reads the heads of a model's files.

use super::draft::{Draft, Kind};
use super::files::{open, small};
use crate::base::Bytes;
use crate::base::text::clean_line;
use crate::models::fit::Engine;
use crate::models::local::{Disk, LocalModel, Shelf};
use crate::models::safetensors::{Header, census};
use crate::models::{Exact, Facts, config, gguf};
use std::collections::HashMap;
use std::io::BufReader;
use std::path::{Path, PathBuf};

/// The longest `config.json` that is read, bytes.
const CONFIG: u64 = 8 << 20;
/// The longest headers of all files of a model together, bytes; those of published models have some MiB.
const HEADERS: u64 = 256 << 20;

/// The model of a draft.
pub(super) fn model(draft: &Draft) -> LocalModel {
    let mut disk = draft.disk.clone();
    let (facts, engines) = match &draft.kind {
        Kind::Transformer { config, weights, total, other } => {
            let facts = transformer(&draft.name, config.as_deref(), weights, *total, &mut disk);
            let loads = config.is_some() && !weights.is_empty() && other.is_none();
            let facts = other.clone().map_or(facts, Err);
            (facts, if loads { vec![Engine::Vllm] } else { Vec::new() })
        }
        Kind::Gguf(files) => gguf_files(draft, files, &mut disk),
        Kind::Nothing(why) => (Err(why.clone()), Vec::new()),
    };
    LocalModel {
        name: clean_line(&draft.name),
        shelf: draft.shelf,
        path: draft.path.clone(),
        bytes: disk.bytes(),
        last_used: draft.last_used,
        complete: disk.amiss.is_empty(),
        facts,
        engines,
        digest: draft.digest.clone(),
        disk,
    }
}

fn transformer(
    name: &str,
    config: Option<&Path>,
    weights: &[PathBuf],
    total: Option<u64>,
    disk: &mut Disk,
) -> Result<Facts, String> {
    let headers = headers(weights, disk);
    let config = config.ok_or("there is no config.json")?;
    let text = small(config, CONFIG).map_err(|why| format!("config.json: {why}"))?;
    let text = String::from_utf8_lossy(&text);
    let mut facts = config::parse(&text).map_err(|problem| clean_line(&format!("config.json: {}", problem.why)))?;
    facts.name = clean_line(name);
    facts.exact = match headers {
        Some(headers) if disk.amiss.is_empty() => {
            let layers = facts.geometry.layers.len();
            Exact::Headers(census(&headers, Some(layers).filter(|layers| *layers > 0)).sums)
        }
        _ => total.map_or(Exact::No, Exact::Total),
    };
    if facts.exact == Exact::No && disk.amiss.is_empty() && !weights.is_empty() {
        let sizes = sizes(disk);
        let sizes = weights.iter().filter_map(|file| sizes.get(&**file));
        facts.exact = Exact::Total(sizes.fold(0, |sum, bytes| sum.saturating_add(*bytes)));
    }
    Ok(facts)
}

/// The headers of all files; what is wrong with one goes to what is amiss. `None` when the files are of an older format.
fn headers(weights: &[PathBuf], disk: &mut Disk) -> Option<Vec<Header>> {
    if weights.is_empty() || weights.iter().any(|file| file.extension().is_none_or(|end| end != "safetensors")) {
        return None;
    }
    let (mut headers, mut amiss, mut room) = (Vec::new(), Vec::new(), HEADERS);
    let sizes = sizes(disk);
    for path in weights {
        let size = sizes.get(&**path).copied().unwrap_or(0);
        let read = open(path).map_err(|error| error.to_string()).and_then(|file| {
            let header = Header::read(BufReader::with_capacity(1 << 16, file)).map_err(|why| why.to_string())?;
            header.check_size(size).map_err(|why| why.to_string())?;
            Ok(header)
        });
        match read {
            Ok(header) if header.head <= room => {
                room -= header.head;
                headers.push(header);
            }
            Ok(_) => {
                amiss.push(format!("its headers are longer than {} together", Bytes(HEADERS)));
                break;
            }
            Err(why) => amiss.push(format!("{}: {}", short(path), clean_line(&why))),
        }
    }
    disk.amiss.extend(amiss);
    Some(headers)
}

/// Bytes of the files, by their paths.
fn sizes(disk: &Disk) -> HashMap<&Path, u64> {
    disk.pieces.iter().map(|piece| (&*piece.path, piece.bytes)).collect()
}

fn short(path: &Path) -> String {
    clean_line(&path.file_name().unwrap_or_default().to_string_lossy())
}

fn gguf_files(draft: &Draft, files: &[PathBuf], disk: &mut Disk) -> (Result<Facts, String>, Vec<Engine>) {
    // One after the other: a model may have more parts than files may be open.
    let mut shut = Vec::new();
    let mut parts = files.iter().filter_map(|path| match open(path) {
        Ok(file) => Some(BufReader::with_capacity(1 << 18, file)),
        Err(error) => {
            shut.push(format!("{}: {}", short(path), clean_line(&error.to_string())));
            None
        }
    });
    // Ollama keeps a projector as a second file of the same kind; the first one is the model.
    let own = if draft.shelf == Shelf::Ollama { 1 } else { usize::MAX };
    let head = gguf::join(parts.by_ref().take(own));
    // What was not read is opened all the same: it is told when that fails.
    parts.for_each(drop);
    let none = shut.len() == files.len();
    disk.amiss.append(&mut shut);
    if none {
        return (Err("none of its files can be read".to_owned()), Vec::new());
    }
    let head = match head {
        Ok(head) => head,
        Err(why) => {
            disk.amiss.push(clean_line(&why.to_string()));
            return (Err(clean_line(&why.to_string())), Vec::new());
        }
    };
    let read: u64 = match draft.shelf {
        Shelf::Ollama => disk.pieces.iter().find(|piece| files.first() == Some(&piece.path)).map_or(0, |p| p.bytes),
        _ => disk.bytes(),
    };
    if head.least_bytes > read && disk.amiss.is_empty() {
        disk.amiss.push(format!("by its header it has at least {} bytes, and it is {read} long", head.least_bytes));
    }
    let facts = gguf::facts(&head, &clean_line(&draft.name));
    let engines = match draft.shelf {
        // What Ollama converts itself (a tower in the same file, its own architectures) llama.cpp does not load.
        Shelf::Ollama if files.len() > 1 || facts.geometry.tower.is_some() => vec![Engine::Ollama],
        Shelf::Ollama if head.architecture.as_deref() == Some("gptoss") => vec![Engine::Ollama],
        Shelf::Ollama => vec![Engine::Ollama, Engine::LlamaCpp],
        _ => vec![Engine::LlamaCpp],
    };
    (Ok(facts), engines)
}
