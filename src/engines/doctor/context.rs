//! What earlier lines of a log said: how far the start had come, and which flags it was given.

use super::Source;
use super::read::{count_after, number_after, table};
use crate::engines::{EngineKind, LaunchSpec};

/// How far a start had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Stage {
    /// Reading flags and configuration.
    #[default]
    Starting,
    /// Reading weights.
    Loading,
    /// Running the model once to see what it needs.
    Profiling,
    /// Capturing CUDA graphs.
    Capturing,
    /// Answering requests.
    Serving,
}

impl Stage {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Starting => "while it was starting",
            Self::Loading => "while the weights were loaded",
            Self::Profiling => "in the profiling run",
            Self::Capturing => "while CUDA graphs were captured",
            Self::Serving => "while requests were served",
        }
    }
}

/// What the lines so far have said, apart from failures.
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// Whose log it is.
    pub source: Option<Source>,
    /// How far it came.
    pub stage: Stage,
    /// The line with which it became ready.
    pub ready: Option<String>,
    /// The service that became ready, where several share the log.
    pub ready_who: String,
    /// Whether it was asked to end.
    pub stopped: bool,
    /// Whether the engine works on the processor.
    pub on_cpu: bool,
    /// The card's memory in GiB, where a line has told it.
    pub card_gib: Option<f64>,
    /// What remained for the KV cache in GiB by the engine's own account; below zero where weights take more than its share.
    pub cache_gib: Option<f64>,
    /// The model, where known.
    pub model: Option<String>,
    /// Flags with their values, as given.
    pub flags: Vec<(String, String)>,
    /// The command line, where the log begins with it.
    pub command: Option<String>,
}

/// Lines that say how far a start has come. A later stage never falls back to an earlier one, but a new start does.
const STAGES: &[(&str, Stage)] = &[
    ("Starting to load model", Stage::Loading),
    ("loading model '", Stage::Loading),
    ("starting llama-server", Stage::Loading),
    ("starting llama server", Stage::Loading),
    ("Loading weights took", Stage::Profiling),
    ("Model loading took", Stage::Profiling),
    ("Capturing CUDA graph", Stage::Capturing),
    ("Graph capturing finished", Stage::Capturing),
    ("Application startup complete", Stage::Serving),
    ("Uvicorn running on http", Stage::Serving),
    ("listening on http", Stage::Serving),
    ("Listening on ", Stage::Serving),
];

/// Lines that open a start: what a log held before belongs to another run.
const BEGINNINGS: &[&str] =
    &["non-default args", "vLLM API server version", "llama_server: initializing", "main: loading model"];

/// Lines that say that somebody asked it to end.
const STOPS: &[&str] = &[
    "trigger received signal=SIGTERM",
    "trigger received signal=SIGINT",
    "API server: shutdown triggered",
    "INFO:     Shutting down",
    "Shutting down FastAPI HTTP server",
    "KeyboardInterrupt",
    "operator(): cleaning up before exit",
];

/// Words of which a line must hold one to be worth a look for its context.
pub const ANCHORS: &[&str] = &[
    "non-default args",
    "llama_server: init",
    "Starting to load model",
    "loading model '",
    "starting llama-server",
    "Loading weights took",
    "Model loading took",
    "Capturing CUDA graph",
    "Graph capturing finished",
    "Application startup complete",
    "istening on ",
    "signal=SIG",
    "hutdown triggered",
    "Shutting down",
    "cpu_worker.py",
    "vLLM API server version",
    "args: Namespace(",
    "Chunked prefill is enabled",
    "main: loading model",
    "starting llama server",
    "Uvicorn running on http",
    "KeyboardInterrupt",
    "cleaning up before exit",
    "llama_context: n_ctx ",
    "new_context_with_model: n_ctx ",
    "total_gpu_memory (",
    "Available KV cache memory",
];

impl Context {
    /// Takes a line in, and answers whether it opens a new run.
    pub fn line(&mut self, who: &str, line: &str) -> bool {
        if line.contains("non-default args") {
            self.arguments(line);
        } else if let Some((_, body)) = line.split_once("args: Namespace(") {
            self.namespace(body);
        }
        let began = BEGINNINGS.iter().any(|mark| line.contains(mark));
        if began {
            (self.stage, self.ready, self.stopped) = (Stage::Starting, None, false);
        }
        self.on_cpu |= line.contains("[cpu_worker.py");
        self.stopped |= STOPS.iter().any(|mark| line.contains(mark));
        if let Some((_, stage)) = STAGES.iter().find(|(mark, _)| line.contains(mark)) {
            self.stage = self.stage.max(*stage);
            if *stage == Stage::Serving {
                self.ready = Some(line.trim().chars().take(300).collect());
                who.clone_into(&mut self.ready_who);
            }
        }
        self.figures(line);
        self.guess(line);
        began
    }

    /// Whether a service answers, and nobody has asked it to end.
    pub fn is_up(&self, who: &str) -> bool {
        self.ready.is_some() && !self.stopped && self.ready_who == who
    }

    /// Figures that remedies are reckoned from.
    fn figures(&mut self, line: &str) {
        let card = number_after(line, "total_gpu_memory (").or_else(|| number_after(line, "total capacity of "));
        self.card_gib = card.filter(|gib| *gib > 0.0).or(self.card_gib);
        self.cache_gib = number_after(line, "Available KV cache memory: ").or(self.cache_gib);
        let step = count_after(line, "Chunked prefill is enabled with max_num_batched_tokens=");
        let context = ["llama_context: n_ctx ", "new_context_with_model: n_ctx "]
            .iter()
            .find_map(|marker| count_after(line.split_once(marker)?.1, "= "));
        let runner = line.contains("starting llama").then(|| count_after(line, "--ctx-size ")).flatten();
        for (flag, number) in [("--max-num-batched-tokens", step), ("--ctx-size", context.or(runner))] {
            if let Some(number) = number.filter(|_| self.flag(flag).is_none()) {
                self.put(flag, &number.to_string());
            }
        }
    }

    /// Whose log it is, by words that only one kind of server writes.
    pub fn guess(&mut self, line: &str) {
        if self.source.is_some() {
            return;
        }
        const SIGNS: &[(&str, Source)] = &[
            ("LiteLLM", Source::Litellm),
            ("litellm", Source::Litellm),
            ("(APIServer pid=", Source::Vllm),
            ("(EngineCore", Source::Vllm),
            ("(Worker", Source::Vllm),
            ("vllm serve", Source::Vllm),
            ("vllm: error", Source::Vllm),
            ("/vllm/", Source::Vllm),
            ("vllm.", Source::Vllm),
            ("OLLAMA_", Source::Ollama),
            ("level=INFO source=", Source::Ollama),
            ("Error: listen tcp", Source::Ollama),
            ("ollama", Source::Ollama),
            ("llama-server", Source::LlamaCpp),
            ("llama_server", Source::LlamaCpp),
            ("llama_model_load", Source::LlamaCpp),
            ("gguf_init", Source::LlamaCpp),
            ("error: invalid argument:", Source::LlamaCpp),
            ("error while handling argument", Source::LlamaCpp),
        ];
        self.source = SIGNS.iter().find(|(sign, _)| line.contains(sign)).map(|(_, source)| *source);
    }

    /// The first lines of a log: some begin with the command that was run.
    pub fn opening(&mut self, line: &str) {
        let Some(command) = line.trim().strip_prefix("$ ") else { return };
        let kind = match () {
            () if command.contains("llama-server") => EngineKind::LlamaCpp,
            () if command.contains("vllm serve") => EngineKind::Vllm,
            () => return,
        };
        self.command = Some(line.trim().chars().take(4000).collect());
        let words: Vec<String> = command.split_whitespace().take(400).map(str::to_owned).collect();
        let Some(table) = table(kind) else { return };
        for at in 0..words.len() {
            let (Some(word), Some(next)) = (words.get(at), words.get(at + 1)) else { continue };
            if let Some(spec) = table.find(word).filter(|_| word.starts_with('-')) {
                self.put(spec.name(), next);
            }
        }
    }

    /// vLLM's echo of its flags: `non-default args: {'max_model_len': 4096, …}`.
    fn arguments(&mut self, line: &str) {
        self.flags.clear();
        let Some((_, rest)) = line.split_once("non-default args: {") else { return };
        let body = rest.rsplit_once('}').map_or(rest, |(body, _)| body);
        for pair in body.split(", '").take(200) {
            let Some((name, value)) = pair.split_once(':') else { continue };
            let name = name.trim_matches(['\'', ' ']);
            let value = value.trim().trim_matches('\'').to_owned();
            if name == "model" || name == "model_tag" {
                self.model = Some(value.clone());
            }
            self.put(&format!("--{}", name.replace('_', "-")), &value);
        }
    }

    /// What vLLM echoed before that: every flag, given or not, `Namespace(dtype='auto', max_model_len=4096, …)`.
    fn namespace(&mut self, body: &str) {
        self.flags.clear();
        for pair in body.split(", ").take(400) {
            let Some((name, value)) = pair.split_once('=') else { continue };
            let value = value.trim_end_matches(')').trim_matches('\'');
            let plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
            if !plain || value.len() > 400 || ["None", "False", ""].contains(&value) {
                continue;
            }
            if name == "model_tag" || (name == "model" && self.model.is_none()) {
                self.model = Some(value.to_owned());
            }
            self.put(&format!("--{}", name.replace('_', "-")), value);
        }
    }

    fn put(&mut self, flag: &str, value: &str) {
        self.flags.retain(|(known, _)| known != flag);
        self.flags.push((flag.to_owned(), value.to_owned()));
    }

    /// Takes over what was asked for.
    pub fn asked(&mut self, spec: &LaunchSpec) {
        self.model = Some(spec.model.clone());
        for setting in &spec.flags {
            let known = table(spec.engine).and_then(|table| table.find(&setting.flag));
            let name = known.map_or(setting.flag.as_str(), |known| known.name());
            self.put(name, setting.value.as_deref().unwrap_or("on"));
        }
    }

    /// The value of a flag, by its long name, where it was given.
    pub fn flag(&self, name: &str) -> Option<String> {
        self.flags.iter().find(|(flag, _)| flag == name).map(|(_, value)| value.clone())
    }

    /// The number a flag was given.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.flag(name)?.parse().ok()
    }

    /// How far the model's name holds a word, in small letters.
    pub fn model_has(&self, word: &str) -> bool {
        self.model.as_ref().is_some_and(|model| model.to_lowercase().contains(word))
    }
}
