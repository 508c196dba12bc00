//! Templates and tokenizers read from a model's own files.

mod gguf;

use super::Templates;
use super::sources::Files;
use super::tokens::{self, Tokenizer};
use crate::base::{Problem, Reading, Unknown};
use crate::models::local::names::is_companion;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The largest file with a template or a configuration that is read, bytes.
const LARGEST: u64 = 32 << 20;
/// Files of `additional_chat_templates/` that are read.
const ADDITIONAL: usize = 64;

/// What a model's files give for rendering.
#[derive(Debug)]
pub struct Source {
    /// What it is called in sentences: the path.
    pub name: String,
    /// Its templates.
    pub templates: Templates,
    /// Its `tokenizer.json`, or why there is none.
    pub tokenizer: Reading<PathBuf>,
}

/// Reads a folder with a model, a `.gguf` file or a file with a template alone (`.jinja`, or any text).
///
/// # Errors
/// When nothing is there, or it cannot be read.
pub fn read(path: &Path) -> Result<Source, Problem> {
    let name = path.display().to_string();
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    if path.is_dir() {
        return folder(path, name);
    }
    match ending.as_deref() {
        Some("gguf") => gguf::read(path, name),
        Some("jinja" | "jinja2" | "j2" | "txt") => {
            let text = needed(path)?;
            let file = path.file_name().map_or_else(|| name.clone(), |file| file.to_string_lossy().into_owned());
            let tokenizer = Err(Unknown::because("a template alone has no tokenizer"));
            Ok(Source { templates: Templates::alone(text, &file), tokenizer, name })
        }
        _ if starts_as_gguf(path) => gguf::read(path, name),
        _ => {
            let why = "it is neither a folder, a .gguf nor a .jinja file";
            Err(Problem::usage(
                format!("{name} holds no chat template"),
                why,
                "give a model's folder, its .gguf file or a .jinja file",
            ))
        }
    }
}

/// The tokenizer in a file.
///
/// # Errors
/// When it is too large or cannot be used.
pub fn tokenizer(path: &Path) -> Result<Tokenizer, Problem> {
    Tokenizer::read(&bytes(path, tokens::LARGEST)?)
}

fn folder(path: &Path, name: String) -> Result<Source, Problem> {
    let text = |file: &str| optional(&path.join(file));
    let files = Files {
        jinja: text("chat_template.jinja")?,
        additional: additional(&path.join("additional_chat_templates"))?,
        tokenizer_config: text("tokenizer_config.json")?,
        legacy: text("chat_template.json")?,
        special_tokens: text("special_tokens_map.json")?,
        config: text("config.json")?,
    };
    let mut templates = Templates::of(&files)?;
    if let (true, Some(first)) = (templates.all.is_empty(), gguf_files(path).first()) {
        let name = first.display().to_string();
        let carried = gguf::read(first, name)?.templates;
        let context = templates.context.or(carried.context.clone());
        templates = Templates { context, ..carried };
        templates.notes.push(format!("the folder holds no template of its own: {} carries this one", first.display()));
    }
    let tokenizer = path.join("tokenizer.json");
    let none = || Unknown::because("the folder holds no tokenizer.json: --url lets an engine count");
    let tokenizer = tokenizer.is_file().then_some(tokenizer).ok_or_else(none);
    Ok(Source { name, templates, tokenizer })
}

/// The `.gguf` files of a folder that are models, by name.
fn gguf_files(path: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path());
    let is_model = |path: &PathBuf| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        name.ends_with(".gguf") && !is_companion(&name)
    };
    let mut found: Vec<PathBuf> = entries.filter(is_model).collect();
    found.sort();
    found
}

fn additional(path: &Path) -> Result<Vec<(String, String)>, Problem> {
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|ending| ending == "jinja")).collect();
    files.sort();
    files.truncate(ADDITIONAL);
    let named = |path: &PathBuf| {
        let name = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        needed(path).map(|text| (name, text))
    };
    files.iter().map(named).collect()
}

fn starts_as_gguf(path: &Path) -> bool {
    let mut magic = [0; 4];
    File::open(path).and_then(|mut file| file.read_exact(&mut magic)).is_ok() && &magic == b"GGUF"
}

fn optional(path: &Path) -> Result<Option<String>, Problem> {
    if path.exists() { needed(path).map(Some) } else { Ok(None) }
}

fn needed(path: &Path) -> Result<String, Problem> {
    String::from_utf8(bytes(path, LARGEST)?).map_err(|_| unreadable(path, "it is no UTF-8 text".to_owned()))
}

fn bytes(path: &Path, most: u64) -> Result<Vec<u8>, Problem> {
    let fail = |error: std::io::Error| unreadable(path, error.to_string());
    let file = File::open(path).map_err(fail)?;
    if !file.metadata().map_err(fail)?.is_file() {
        return Err(unreadable(path, "it is no file".to_owned()));
    }
    let mut out = Vec::new();
    file.take(most + 1).read_to_end(&mut out).map_err(fail)?;
    if out.len() as u64 > most {
        return Err(unreadable(path, format!("it is larger than {} MiB", most >> 20)));
    }
    Ok(out)
}

fn unreadable(path: &Path, why: String) -> Problem {
    Problem::failed(
        format!("{} cannot be read", path.display()),
        why,
        "give a folder with a model, a .gguf or a .jinja file",
    )
}
