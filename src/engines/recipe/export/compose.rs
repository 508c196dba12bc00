//! A compose file: the engine's own image, the port on the loopback address only, the cache of models bound in.

use super::{Exported, Piece, needed, open_env, pieces, title};
use crate::base::Problem;
use crate::engines::{EngineKind, Plan};

/// What differs from engine to engine.
struct Image {
    name: String,
    program: &'static [&'static str],
    port: u16,
    /// The variable that says where models are kept, and what of this machine is bound there.
    cache: (&'static str, &'static str),
}

/// Where the models of this machine lie inside.
const CACHE: &str = "/cache";

fn image(plan: &Plan, version: Option<&str>) -> Result<Image, Problem> {
    let release = version.map(|version| version.split('+').next().unwrap_or(version));
    let release =
        release.filter(|text| text.contains('.') && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '.'));
    Ok(match plan.engine {
        EngineKind::Vllm => Image {
            name: format!("vllm/vllm-openai:{}", release.map_or("latest".to_owned(), |release| format!("v{release}"))),
            program: &["vllm", "serve"],
            port: 8000,
            cache: ("HF_HOME", "${HF_HOME:-${HOME}/.cache/huggingface}"),
        },
        EngineKind::LlamaCpp => Image {
            name: "ghcr.io/ggml-org/llama.cpp:server-cuda".to_owned(),
            program: &["/app/llama-server"],
            port: 8080,
            cache: ("LLAMA_CACHE", "${LLAMA_CACHE:-${HOME}/.cache/llama.cpp}"),
        },
        EngineKind::Ollama => Image {
            name: format!("ollama/ollama:{}", release.unwrap_or("latest")),
            program: &["/bin/ollama"],
            port: 11_434,
            cache: ("OLLAMA_MODELS", "${OLLAMA_MODELS:-${HOME}/.ollama/models}"),
        },
        EngineKind::LiteLlm | EngineKind::Endpoint | EngineKind::Simulated => {
            let why = format!("{} has no image", plan.engine);
            return Err(Problem::usage("no compose file can be written", why, "--engine vllm, llama.cpp or ollama"));
        }
    })
}

pub(super) fn write(plan: &Plan, version: Option<&str>) -> Result<Exported, Problem> {
    let image = image(plan, version)?;
    let bound = bound(plan);
    let pieces = pieces(plan, &inside(plan, &image, bound.as_deref()));
    let needed = needed(plan, &pieces);
    let list = |words: &[&str]| words.iter().map(|word| plain(word)).collect::<Vec<_>>().join(", ");
    let mut text = format!("# {}.\nservices:\n  {}:\n", title(plan), plain(&plan.name));
    text.push_str(&format!(
        "    image: {}\n    entrypoint: [{}]\n    command:\n",
        plain(&image.name),
        list(image.program)
    ));
    for piece in &pieces {
        text.push_str(&format!("      - {}\n", word(piece)));
    }
    text.push_str(&environment(plan, image.cache.0, &needed));
    let published = plan.endpoint.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok()).unwrap_or(image.port);
    text.push_str(&format!("    ports:\n      - {}\n", plain(&format!("127.0.0.1:{published}:{}", image.port))));
    // The left side is read by compose itself, which fills its variables in.
    text.push_str(&format!("    volumes:\n      - \"{}:{CACHE}\"\n", image.cache.1));
    if let Some((from, to)) = bound.as_ref().map(|to| (&plan.model, to)) {
        text.push_str(&format!(
            "      - type: bind\n        source: {}\n        target: {}\n        read_only: true\n",
            plain(from),
            plain(to)
        ));
    }
    if plan.engine == EngineKind::Vllm {
        text.push_str("    ipc: host\n");
    }
    text.push_str("    restart: unless-stopped\n");
    let cpu = version.is_some_and(|version| version.contains("+cpu"));
    if !cpu {
        text.push_str(
            "    deploy:\n      resources:\n        reservations:\n          devices:\n            - driver: nvidia\n              count: all\n              capabilities: [gpu]\n",
        );
    }
    let mut notes = notes(plan, &needed, cpu);
    notes.extend(pieces.iter().filter_map(|piece| foreign(piece, bound.as_deref())));
    Ok(Exported { text, notes })
}

/// A path of this machine among the words, which the container does not see.
fn foreign(piece: &Piece, bound: Option<&str>) -> Option<String> {
    let Piece::Plain(word) = piece else { return None };
    let path = word.rsplit('=').next().unwrap_or(word);
    let is_path = path.starts_with("./") || path.starts_with("~/") || path.starts_with('/') && !path.contains(',');
    (is_path && Some(word.as_str()) != bound)
        .then(|| format!("{} is a path of this machine: add it under volumes", crate::base::text::clean_line(path)))
}

fn notes(plan: &Plan, needed: &[String], cpu: bool) -> Vec<String> {
    let mut notes =
        vec!["run it with docker compose -f FILE up; the NVIDIA container toolkit lets it see the card".to_owned()];
    if cpu {
        "run it with docker compose -f FILE up; the engine here is a build for the CPU, its image is another one"
            .clone_into(&mut notes[0]);
    }
    if plan.engine == EngineKind::Ollama {
        let model = crate::engines::recipe::quote(&plan.model);
        notes.push(format!("once it is up: docker compose -f FILE exec {} ollama pull {model}", plan.name));
    }
    if !needed.is_empty() {
        notes.push(format!("secrets are not written: set {} before, or in a file .env beside it", needed.join(", ")));
    }
    notes
}

/// Where a model of this machine lies inside of the container; none for a name of the hub or a tag.
fn bound(plan: &Plan) -> Option<String> {
    let local = plan.model.starts_with('/') || plan.model.starts_with('.') || plan.model.starts_with('~');
    let file = plan.model.trim_end_matches('/').rsplit('/').next()?;
    let is_file = plan.engine == EngineKind::LlamaCpp && plan.model.ends_with(".gguf");
    ((local || is_file) && plan.engine != EngineKind::Ollama).then(|| format!("/models/{file}"))
}

/// The words after the program, with the address and the port of the inside.
fn inside(plan: &Plan, image: &Image, bound: Option<&str>) -> Vec<String> {
    // `vllm serve`, `python -m … serve`: the program ends with that word.
    let skip = match plan.engine {
        EngineKind::Vllm => plan.argv.iter().position(|word| word == "serve").map_or(0, |at| at + 1),
        EngineKind::LlamaCpp => plan.argv.iter().position(|word| word.starts_with('-')).unwrap_or(1),
        _ => plan.argv.len().saturating_sub(1),
    };
    let mut words: Vec<String> = Vec::new();
    let mut before = "";
    for word in plan.argv.iter().skip(skip) {
        let same = if *word == plan.model { bound.unwrap_or(word) } else { word };
        words.push(match before {
            "--host" => "0.0.0.0".to_owned(),
            "--port" => image.port.to_string(),
            "" | "-m" => same.to_owned(),
            _ => word.clone(),
        });
        before = word;
    }
    words
}

/// Variables: where models are kept inside, for Ollama the address inside.
fn environment(plan: &Plan, cache: &str, needed: &[String]) -> String {
    let open = open_env(plan).filter(|(name, _)| name != cache);
    let open = open.map(|(name, value)| match plan.engine == EngineKind::Ollama && name == "OLLAMA_HOST" {
        true => (name.as_str(), plain("0.0.0.0:11434")),
        false => (name.as_str(), plain(value)),
    });
    let secret = needed.iter().map(|name| (name.as_str(), format!("\"${{{name}:?set {name}}}\"")));
    let all = std::iter::once((cache, plain(CACHE))).chain(open).chain(secret);
    let lines: Vec<String> = all.map(|(name, value)| format!("      {}: {value}\n", plain(name))).collect();
    format!("    environment:\n{}", lines.concat())
}

fn word(piece: &Piece) -> String {
    match piece {
        Piece::Plain(word) => plain(word),
        Piece::Secret(before, name) => {
            let before = plain(before);
            let before = before.trim_matches('"');
            format!("\"{before}${{{name}:?set {name}}}\"")
        }
    }
}

/// A text as YAML: double quotes with the escapes that JSON and YAML share. Compose fills in variables, so a dollar is doubled.
fn plain(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '$' => quoted.push_str("$$"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            // What YAML does not print, and what ends a line for some readers.
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}') => {
                quoted.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
