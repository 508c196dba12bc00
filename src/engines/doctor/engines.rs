//! What only one kind of server says: Ollama and its runners, the LiteLLM proxy, contexts of llama.cpp that are too long.

use super::context::Context;
use super::read::{count_after, plain};
use super::remedy::{Cost, Remedy};
use super::rule::{CAUSE, CONSEQUENCE, LIKELY, Rule, SICK, Told, rule};
use super::text::said;

pub const RULES: &[Rule] = &[
    rule("models_folder", &["Error: mkdir"], CAUSE, folder),
    rule("models_folder", &["Error: open", "permission denied"], LIKELY, folder),
    rule("runner_failed", &["llama runner process has terminated"], CONSEQUENCE, runner),
    rule("runner_failed", &["llama-server process has terminated"], CONSEQUENCE, runner),
    rule("runner_slow", &["rror", "timed out waiting for"], LIKELY, slow),
    rule("bad_config", &["yaml.", "Error"], CAUSE, yaml),
    rule("bad_config", &["Exception: Config file not found"], CAUSE, yaml),
    rule("no_master_key", &["refused to start: no master key is set"], CAUSE, no_key),
    rule("server_not_running", &["Error: could not connect to ollama"], CAUSE, not_running),
    rule("cpu_fallback", &["failed to initialize CUDA"], SICK, no_card),
    rule("cpu_fallback", &["no usable GPU found"], SICK, no_card),
    rule("cpu_fallback", &["failed to get device context"], SICK, no_card),
    rule("cpu_fallback", &["error looking up nvidia GPU memory"], SICK, no_card),
    rule("cpu_fallback", &["failure during GPU discovery"], SICK, no_card),
    rule("spilled_to_ram", &["layers.offload=", "layers.model="], SICK, spilled),
    rule("engine_too_old", &["rror", "not supported by your version of Ollama"], CAUSE, too_old),
    rule("runner_failed", &["rror", "POST predict"], CONSEQUENCE, runner),
    rule("runner_failed", &["rror", "model failed to load, this may be"], CONSEQUENCE, runner),
    rule("bad_config", &["rror", "LLM Provider NOT provided"], LIKELY, provider),
    rule("throttled", &["hermal Slowdown", ": Active"], SICK, throttled),
    rule("throttled", &["Brake Slowdown", ": Active"], SICK, throttled),
    rule("context_cut", &["context limit hit", "limit="], SICK, cut),
    rule("context_cut", &["truncating input messages which exceed context length"], SICK, cut),
    rule("context_cut", &["input truncated, n_ctx"], SICK, cut_by_llama),
    rule("engine_too_old", &["requires a newer version of Ollama"], CAUSE, too_old),
    rule("engine_too_old", &["Error: pull model manifest: 412"], CAUSE, too_old),
    rule("database_failed", &["prisma", "rror"], LIKELY, database),
    rule("database_failed", &["rror", "Can't reach database server"], CAUSE, database),
    rule("backend_unreachable", &["LiteLLM", "Connection error"], SICK, unreachable),
    rule("backend_unreachable", &["litellm.", "Connection error"], SICK, unreachable),
    rule("context_cut", &["truncating input prompt", "limit="], SICK, cut),
    rule("spilled_to_ram", &["offloaded ", "layers to GPU"], SICK, spilled),
];

/// Whether a line of the weight [`SICK`] says that something is wrong: not all layers on the card.
pub fn is_sick(line: &str) -> bool {
    let is_split = line.contains("offloaded ") || line.contains("layers.offload=");
    !is_split || layers(line).is_some_and(|(on, all)| on > 0 && on < all)
}

/// How many layers are on the card, of how many: llama.cpp's `offloaded 20/33 layers`, Ollama's `layers.model=65
/// layers.offload=20`.
fn layers(line: &str) -> Option<(u64, u64)> {
    if let Some((_, rest)) = line.split_once("offloaded ") {
        let (on, all) = rest.split(' ').next()?.split_once('/')?;
        return Some((on.parse().ok()?, all.parse().ok()?));
    }
    Some((count_after(line, "layers.offload=")?, count_after(line, "layers.model=")?))
}

fn folder(line: &str, _: &Context) -> Told {
    let path = line.split_once("mkdir ").or(line.split_once("open ")).map_or("", |(_, rest)| rest);
    let path = path.split(':').next().unwrap_or_default();
    let why = format!("Ollama cannot write its models folder {path}.");
    let set = "set OLLAMA_MODELS to a folder that you may write, on a disk with room";
    Told::new(why, vec![Remedy::by_hand(set), Remedy::by_hand(format!("or make {path} and let Ollama's user own it"))])
}

fn runner(line: &str, _: &Context) -> Told {
    let why = format!("Ollama's runner for the model ended: {}.", said(line));
    let context = "a shorter context needs less memory, the usual reason";
    Told::new(
        why,
        vec![
            Remedy::env("OLLAMA_CONTEXT_LENGTH", "4096", Cost::Context, context),
            Remedy::by_hand("look above in the log for the runner's own last words; update Ollama"),
        ],
    )
}

fn slow(_: &str, _: &Context) -> Told {
    let why = "The runner took longer to load the model than Ollama waits.";
    let wait = Remedy::env("OLLAMA_LOAD_TIMEOUT", "15m", Cost::Nothing, "a slow disk may take as long");
    Told::new(why, vec![wait])
}

fn yaml(line: &str, _: &Context) -> Told {
    let why = format!("The proxy's configuration cannot be read: {}.", said(line));
    let mend = "mend the file at the line it names; lists are indented alike and begin with `- `";
    Told::new(why, vec![Remedy::by_hand(mend)])
}

fn no_key(_: &str, _: &Context) -> Told {
    let why = "The proxy does not start without a key, since anybody who reaches it could use it.";
    let make = "set LITELLM_MASTER_KEY to a word of your own that begins with sk-, and give it to those who may ask";
    let alone = "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY";
    let local = Remedy::env(alone, "true", Cost::Protection, "only where nobody else reaches this machine");
    Told::new(why, vec![Remedy::by_hand(make), local])
}

fn cut(line: &str, _: &Context) -> Told {
    let (limit, prompt) = (count_after(line, "limit="), count_after(line, "prompt="));
    let why = match (limit, prompt) {
        (Some(limit), Some(prompt)) => format!(
            "A prompt of {prompt} tokens was cut to {limit} without a word to the client: the beginning is lost."
        ),
        _ => "A prompt was cut without a word to the client: its beginning is lost.".to_owned(),
    };
    let wanted = prompt.map_or(limit.unwrap_or(4096).saturating_mul(2), |prompt| prompt.saturating_add(1024));
    let most = wanted.checked_next_power_of_two().unwrap_or(32_768).clamp(8192, 262_144);
    let long = "room for prompts of that length; the cache grows with it";
    let from = limit.map(|limit| limit.to_string());
    let set = Remedy { from, ..Remedy::env("OLLAMA_CONTEXT_LENGTH", &plain(most as f64), Cost::Room, long) };
    Told::new(why, vec![set])
}

/// `input truncated, n_ctx = 4096, n_keep = 0, n_left = 4096, n_prompt_tokens = 3001`, which counts what was left of it.
fn cut_by_llama(line: &str, _: &Context) -> Told {
    let limit = count_after(line, "n_ctx = ").filter(|limit| *limit > 0);
    let why = format!(
        "A prompt was cut without a word to the client: more than {} tokens were sent, and its middle is lost.",
        limit.map_or("a slot's".to_owned(), |limit| limit.to_string())
    );
    let next = limit.unwrap_or(4096).saturating_mul(2).to_string();
    let long = "room for longer prompts; the cache grows with it";
    let set = Remedy::set("--ctx-size", limit.map(|limit| limit.to_string()), next, Cost::Room, long);
    Told::new(why, vec![set])
}

fn provider(line: &str, _: &Context) -> Told {
    let name = line.split_once("passed model=").and_then(|(_, rest)| rest.split_whitespace().next()).unwrap_or("it");
    let why = format!("The proxy's configuration does not say what kind of server answers for `{name}`.");
    let mend = "write the kind before the model's name: `hosted_vllm/NAME` for vLLM, `ollama_chat/NAME`, `openai/NAME`";
    Told::new(why, vec![Remedy::by_hand(mend)])
}

fn throttled(line: &str, _: &Context) -> Told {
    let why = format!("The card lowers its clocks to protect itself: {}.", said(line));
    let cool =
        "let air reach the card, and check its fans: `vramdeck gpu` shows temperature and what limits the clocks";
    let power = "lower the power limit a little: `nvidia-smi -pl WATTS`; clocks then hold steady, at a small loss";
    Told::new(why, vec![Remedy::by_hand(cool), Remedy::by_hand(power)])
}

fn spilled(line: &str, context: &Context) -> Told {
    let pair = layers(line).map_or("some".to_owned(), |(on, all)| format!("{on}/{all}"));
    let why = format!("Only {pair} layers are on the card; the others run on the processor, many times slower.");
    let remedies = vec![
        Remedy::by_hand("take a smaller file of the model: `vramdeck models` ranks those that fit"),
        Remedy::by_hand(match context.source {
            Some(super::Source::Ollama) => "or shorten the context: OLLAMA_CONTEXT_LENGTH",
            _ => "or shorten the context (-c), quantise the cache (-ctk q8_0 -ctv q8_0), and leave -ngl out",
        }),
    ];
    Told::new(why, remedies)
}

fn too_old(_: &str, _: &Context) -> Told {
    let why = "The model needs a newer Ollama than this one.";
    Told::new(why, vec![Remedy::by_hand("update Ollama: `vramdeck engines`, then pull the model again")])
}

fn database(line: &str, _: &Context) -> Told {
    let why = format!("The proxy cannot reach its database: {}.", said(line));
    let without = "or leave DATABASE_URL and database_url out: keys and spending are then not kept";
    Told::new(why, vec![Remedy::by_hand("start the database, and check DATABASE_URL"), Remedy::by_hand(without)])
}

fn unreachable(_: &str, _: &Context) -> Told {
    let why = "The proxy does not reach the server behind one of its models.";
    let check =
        "see that the server runs, and that api_base names its address: in a container localhost is the container";
    Told::new(why, vec![Remedy::by_hand(check)])
}

fn not_running(_: &str, _: &Context) -> Told {
    Told::new(
        "No Ollama server answers.",
        vec![Remedy::by_hand("start it: vramdeck launch MODEL --engine ollama, or ollama serve")],
    )
}

fn no_card(line: &str, _: &Context) -> Told {
    let why = format!("The engine found no card and works on the processor: {}.", said(line));
    let look = "look whether the driver answers: vramdeck doctor; a build with CUDA is needed as well";
    Told::new(why, vec![Remedy::by_hand(look)])
}
