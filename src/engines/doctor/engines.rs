//! What only one kind of server says: Ollama and its runners, the LiteLLM proxy, contexts of llama.cpp that are too long.

use super::context::Context;
use super::read::{count_after, plain};
use super::remedy::{Cost, Remedy};
use super::rules::{CAUSE, CONSEQUENCE, LIKELY, Rule, SICK, Told, rule};
use super::text::sentence;

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
    rule("context_cut", &["truncating input prompt", "limit="], SICK, cut),
    rule("spilled_to_ram", &["offloaded ", "layers to GPU"], SICK, spilled),
];

/// Whether a line of the weight [`SICK`] says that something is wrong: not all layers on the card.
pub fn is_sick(line: &str) -> bool {
    let Some(rest) = line.split_once("offloaded ").map(|(_, rest)| rest) else { return true };
    let Some((on, all)) = rest.split(' ').next().and_then(|pair| pair.split_once('/')) else { return false };
    on.parse::<u64>().ok().zip(all.parse::<u64>().ok()).is_some_and(|(on, all)| on > 0 && on < all)
}

fn folder(line: &str, _: &Context) -> Told {
    let path = line.split_once("mkdir ").or(line.split_once("open ")).map_or("", |(_, rest)| rest);
    let path = path.split(':').next().unwrap_or_default();
    let why = format!("Ollama cannot write its models folder {path}.");
    let set = "set OLLAMA_MODELS to a folder that you may write, on a disk with room";
    Told::new(why, vec![Remedy::by_hand(set), Remedy::by_hand(format!("or make {path} and let Ollama's user own it"))])
}

fn runner(line: &str, _: &Context) -> Told {
    let why = format!("Ollama's runner for the model ended: {}.", sentence(line).trim_end_matches('.'));
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
    let why = format!("The proxy's configuration cannot be read: {}.", sentence(line).trim_end_matches('.'));
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
    let most =
        prompt.unwrap_or(8192).saturating_add(1024).checked_next_power_of_two().unwrap_or(32_768).clamp(8192, 262_144);
    let long = "room for prompts of that length; the cache grows with it";
    let from = limit.map(|limit| limit.to_string());
    let set = Remedy { from, ..Remedy::env("OLLAMA_CONTEXT_LENGTH", &plain(most as f64), Cost::Room, long) };
    Told::new(why, vec![set])
}

fn spilled(line: &str, context: &Context) -> Told {
    let rest = line.split_once("offloaded ").map_or("", |(_, rest)| rest);
    let pair = rest.split(' ').next().unwrap_or_default();
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

fn not_running(_: &str, _: &Context) -> Told {
    Told::new(
        "No Ollama server answers.",
        vec![Remedy::by_hand("start it: vramdeck launch MODEL --engine ollama, or ollama serve")],
    )
}

fn no_card(line: &str, _: &Context) -> Told {
    let why = format!("The engine found no card and works on the processor: {}.", sentence(line).trim_end_matches('.'));
    let look = "look whether the driver answers: vramdeck doctor; a build with CUDA is needed as well";
    Told::new(why, vec![Remedy::by_hand(look)])
}
