//! Memory that is not there: on the card, for the cache, for one request.

use super::Source;
use super::context::{Context, Stage};
use super::read::{between, count_after, number_after, plain};
use super::remedy::{Cost, Remedy};
use super::rule::{CAUSE, LIKELY, Rule, Told, rule};
use super::text::said;

pub const RULES: &[Rule] = &[
    rule("free_below_utilization", &["Free memory on device", "is less than"], CAUSE, free_below),
    rule("no_kv_blocks", &["No available memory for the cache blocks"], CAUSE, no_blocks),
    rule("no_kv_blocks", &["rror", "Cannot auto-fit max_model_len"], CAUSE, no_blocks),
    rule("memory_changed", &["rror", "Error in memory profiling"], CAUSE, changed),
    rule("out_of_memory", &["ErrorOutOfDeviceMemory"], CAUSE, ggml_oom),
    rule("kv_too_small", &["KV cache is needed, which is larger than the available KV cache"], CAUSE, kv_too_small),
    rule("out_of_memory", &["CUDA out of memory"], CAUSE, torch_oom),
    rule("out_of_memory", &["OutOfMemoryError"], LIKELY, torch_oom),
    rule("out_of_memory", &["CUDA error: out of memory"], CAUSE, torch_oom),
    rule("out_of_memory", &["CUBLAS_STATUS_ALLOC_FAILED", "rror"], LIKELY, torch_oom),
    rule("out_of_memory", &["CUBLAS_STATUS_NOT_INITIALIZED", "rror"], LIKELY, torch_oom),
    rule("out_of_memory", &["CUDA Error: out of memory"], CAUSE, torch_oom),
    rule("out_of_memory", &["CUDA driver error: out of memory"], CAUSE, torch_oom),
    rule("out_of_memory", &["rror", "memory layout cannot be allocated"], LIKELY, ggml_oom),
    rule("out_of_ram", &["[Errno 12]", "rror"], CAUSE, ram),
    rule("out_of_ram", &["rror", "DefaultCPUAllocator: can't allocate memory"], CAUSE, ram),
    rule("out_of_ram", &["rror", "unable to mmap", "Cannot allocate memory"], CAUSE, ram),
    rule("out_of_memory", &["Failed to load model - not enough GPU memory"], LIKELY, torch_oom),
    rule("out_of_ram", &["MemoryError"], LIKELY, ram),
    rule("out_of_ram", &["on kv cache allocation is less than requested memory for kv"], CAUSE, cpu_cache),
    rule(
        "kv_too_small",
        &["rror", "larger than the maximum number of tokens that can be stored in KV cache"],
        CAUSE,
        few_tokens,
    ),
    rule("max_num_seqs_too_large", &["rror", "exceeds available Mamba cache"], CAUSE, mamba),
    rule("out_of_memory", &["cudaMalloc failed: out of memory"], CAUSE, ggml_oom),
    rule("out_of_memory", &["failed to allocate", "buffer"], LIKELY, ggml_oom),
    rule("out_of_memory", &["rror", "unable to allocate", "buffer"], LIKELY, ggml_oom),
    rule("out_of_memory", &["nsufficient memory (attempted to allocate"], CAUSE, ggml_oom),
    rule("out_of_memory", &["std::bad_alloc"], LIKELY, ggml_oom),
    rule("kv_too_large", &["failed to allocate buffer for kv cache"], CAUSE, kv_too_large),
    rule("out_of_memory", &["Error", "requires more", "memory"], CAUSE, ollama_oom),
    rule("out_of_memory", &["rror", "model requires more system memory"], CAUSE, ollama_oom),
];

const UTIL: &str = "--gpu-memory-utilization";
/// vLLM's defaults on a card below 70 GiB (0.33).
const UTIL_DEFAULT: f64 = 0.92;
const SEQS_DEFAULT: f64 = 256.0;
/// The share of the card that an engine may be told to take at most: the driver's own part is never free.
const UTIL_MOST: f64 = 0.97;

/// "Free memory on device cuda:0 (12.1/15.48 GiB) on startup is less than desired … (0.92, 14.24 GiB)": wants less.
fn free_below(line: &str, context: &Context) -> Told {
    let pair = line.split_once("Free memory on device").and_then(|(_, rest)| between(rest, "(", " GiB)"));
    let numbers = pair.and_then(|pair| pair.split_once('/'));
    let numbers =
        numbers.and_then(|(free, total)| Some((free.trim().parse::<f64>().ok()?, total.trim().parse().ok()?)));
    let asked = line.split_once("is less than").and_then(|(_, rest)| {
        let (share, wanted) = between(rest, "(", " GiB)")?.split_once(',')?;
        Some((share.trim().to_owned(), wanted.trim().parse::<f64>().ok()?))
    });
    let close = Remedy::by_hand("close what holds the card: `vramdeck gpu` names each program with its bytes");
    let Some((free, total)) = numbers.filter(|(_, total): &(f64, f64)| *total > 0.0) else {
        return Told::new("Less of the card is free than the engine was told to take.", vec![close]);
    };
    let (share, wanted) = asked.unwrap_or((context.flag(UTIL).unwrap_or_else(|| plain(UTIL_DEFAULT)), 0.0));
    let wanted = if wanted > 0.0 { wanted } else { total * share.parse::<f64>().unwrap_or(UTIL_DEFAULT) };
    let why = format!(
        "{} of {} GiB are free, and {share} of the card, {} GiB, were asked for: {} GiB are held by others.",
        plain(free),
        plain(total),
        plain(wanted),
        plain((total - free).max(0.0)),
    );
    // Weights that another process holds for this engine count towards its share, though they are not free.
    let elsewhere =
        line.contains("after excluding").then(|| share.parse().map_or(0.0, |share: f64| share * total - wanted));
    // The line rounds to hundredths of a GiB: half of one is kept back.
    let fits = ((free + elsewhere.unwrap_or(0.0) - 0.005) / (total + 0.005) * 100.0).floor() / 100.0;
    let mut remedies = vec![close];
    if (0.1..1.0).contains(&fits) {
        let why = "less of the card: what is free now, rounded down; the cache gets what remains beside the weights";
        remedies.push(Remedy::set(UTIL, Some(share), plain(fits), Cost::Cache, why));
    }
    Told::new(why, remedies)
}

fn changed(line: &str, _: &Context) -> Told {
    let why = format!("Another program gave memory of the card back while the engine measured it: {}.", said(line));
    let again = "start it again now that the other program has settled; start engines one after another, not at once";
    Told::new(why, vec![Remedy::by_hand(again)])
}

/// How much more of the card may be asked for, within what a card can give: five hundredths, or what is missing where that
/// and the card's size are known and it is more. None where all that a card can give is not enough.
fn more(context: &Context, missing: Option<f64>) -> Option<Remedy> {
    let now = context.number(UTIL).unwrap_or(UTIL_DEFAULT);
    let least = missing.zip(context.card_gib).map_or(0.0, |(missing, card)| (missing.max(0.0) + 0.1) / card);
    if now + least > UTIL_MOST {
        return None;
    }
    let next = ((now + least.max(0.05)).min(UTIL_MOST) * 100.0 - 1e-6).ceil() / 100.0;
    let why = "more of the card for this engine: the cache is what remains beside weights and activations";
    (next > now).then(|| Remedy::set(UTIL, Some(plain(now)), plain(next), Cost::Room, why))
}

fn fewer(context: &Context, why: &str) -> Option<Remedy> {
    let now = context.number("--max-num-seqs").unwrap_or(SEQS_DEFAULT);
    let next = (now / 4.0).floor().max(1.0);
    (next < now).then(|| Remedy::set("--max-num-seqs", Some(plain(now)), plain(next), Cost::Concurrency, why))
}

fn smaller_weights(context: &Context) -> Vec<Remedy> {
    let hand = Remedy::by_hand("take a smaller or 4-bit variant of the model: `vramdeck models` ranks those that fit");
    if context.flag("--quantization").is_some() {
        return vec![hand];
    }
    let online = "weights are quantised while they load: about half their bytes";
    vec![Remedy::set("--quantization", Some("none".to_owned()), "fp8", Cost::Precision, online), hand]
}

fn eager() -> Remedy {
    Remedy::switch("--enforce-eager", Cost::Speed, "no CUDA graphs: their memory is free for the cache")
}

/// The cache of the processor back end has a size of its own.
fn cpu_space(needed: Option<f64>) -> Remedy {
    let gib = needed.map_or(4.0, f64::ceil).max(1.0);
    let why = "on the processor the size of the cache is this variable, in GiB of RAM";
    Remedy::env("VLLM_CPU_KVCACHE_SPACE", &plain(gib), Cost::Room, why)
}

/// "No available memory for the cache blocks": wants more, or smaller weights.
fn no_blocks(_: &str, context: &Context) -> Told {
    let why = "Weights and activations take all of the card's share that the engine may use; nothing is left for the KV \
               cache. It needs a larger share or smaller weights, never a smaller share.";
    let missing = context.cache_gib.map(|gib| -gib);
    let mut remedies: Vec<Remedy> = smaller_weights(context);
    remedies.extend(if context.on_cpu { Some(cpu_space(None)) } else { more(context, missing) });
    remedies.extend(fewer(context, "fewer requests at once need smaller buffers in the profiling run"));
    remedies.push(eager());
    Told::new(why, remedies)
}

/// The tokens whose cache fits, in whole blocks of 16, where all of them need as much: the line rounds to hundredths of a
/// GiB, so half of one is kept back at either side.
fn fitting(asked: u64, needed: f64, available: f64) -> u64 {
    let share = (available - 0.005) / (needed + 0.005);
    (asked as f64 * share.clamp(0.0, 1.0)) as u64 / 16 * 16
}

fn kv_too_small(line: &str, context: &Context) -> Told {
    let asked = count_after(line, "max seq len (");
    let needed = line.find(" GiB KV cache is needed").and_then(|at| {
        let number = line.get(..at)?.rsplit(['(', ' ']).next()?;
        number.parse::<f64>().ok()
    });
    let available = number_after(line, "available KV cache memory (");
    let fits = count_after(line, "estimated maximum model length is ");
    let fits = fits.or_else(|| Some(fitting(asked?, needed?, available?))).filter(|fits| *fits > 0);
    let say = |number: Option<f64>| number.map_or("an unknown number of".to_owned(), plain);
    let tokens = asked.map_or("full length".to_owned(), |tokens| format!("{tokens} tokens"));
    let mut why =
        format!("One request of {tokens} needs {} GiB of KV cache, and {} GiB are there.", say(needed), say(available));
    if let Some(fits) = fits {
        why.push_str(&format!(" {fits} tokens would fit."));
    }
    let length = fits.map_or("auto".to_owned(), |fits| fits.to_string());
    let from = asked.map(|tokens| tokens.to_string());
    let missing = needed.zip(available).map(|(needed, available)| needed - available);
    let reason = "the longest request that the cache holds";
    let mut remedies = vec![Remedy::set("--max-model-len", from, length, Cost::Context, reason)];
    remedies.extend(if context.on_cpu { Some(cpu_space(needed)) } else { more(context, missing) });
    let half = needed.zip(available).is_some_and(|(needed, available)| needed / 2.0 <= available);
    if half && context.flag("--kv-cache-dtype").is_none_or(|dtype| dtype == "auto") && !context.on_cpu {
        let reason = "8 bits for each number of the cache: it holds twice the tokens";
        remedies.push(Remedy::set("--kv-cache-dtype", Some("auto".to_owned()), "fp8", Cost::Precision, reason));
    }
    Told::new(why, remedies)
}

/// PyTorch ran out: what helps depends on what it was doing.
fn torch_oom(line: &str, context: &Context) -> Told {
    if matches!(context.source, Some(Source::LlamaCpp | Source::Ollama)) {
        return ggml_oom(line, context);
    }
    let asked = between(line, "Tried to allocate ", ".").map(|_| text_after(line, "Tried to allocate "));
    let older = || Some(between(line, "(GPU", " free;")?.rsplit_once("; ")?.1);
    let free = between(line, "of which ", " is free").or_else(older).map(str::to_owned);
    let what = match (asked.filter(|asked| !asked.is_empty()), free) {
        (Some(asked), Some(free)) => format!("{asked} more were wanted and {free} were free, "),
        (Some(asked), None) => format!("{asked} more were wanted, "),
        _ => "The card ran out of memory ".to_owned(),
    };
    let dummy = line.contains("when warming up");
    let stage = if dummy { Stage::Profiling } else { context.stage };
    let why = format!("{what}{}.", stage.words());
    let mut remedies: Vec<Remedy> = Vec::new();
    match stage {
        Stage::Starting | Stage::Loading => {
            remedies.extend(smaller_weights(context));
            let why = "4 GiB more of the weights stay in RAM; each step reads them over PCIe";
            let now = context.number("--cpu-offload-gb").unwrap_or(0.0);
            remedies.push(Remedy::set("--cpu-offload-gb", Some(plain(now)), plain(now + 4.0), Cost::Speed, why));
            remedies.push(Remedy::by_hand("close what holds the card: `vramdeck gpu` names each program"));
        }
        Stage::Profiling => {
            let why = "a smaller step needs smaller activations; long prompts are read in more steps";
            let now = context.number("--max-num-batched-tokens").unwrap_or(2048.0);
            let next = if now > 2048.0 { 2048.0 } else { (now / 2.0).floor().max(256.0) };
            if next < now {
                let (from, to) = (Some(plain(now)), plain(next));
                remedies.push(Remedy::set("--max-num-batched-tokens", from, to, Cost::Nothing, why));
            }
            let seqs = count_after(line, "sampler with ").map(|seqs| seqs.to_string());
            let mut context = context.clone();
            context.flags.extend(seqs.filter(|_| dummy).map(|seqs| ("--max-num-seqs".to_owned(), seqs)));
            remedies.extend(fewer(&context, "buffers are sized for as many requests"));
            remedies.extend(smaller_weights(&context));
        }
        Stage::Capturing => {
            remedies.push(less(context, "graphs lie beside the engine's share: a smaller share leaves them room"));
            remedies.extend(fewer(context, "graphs are captured for fewer sizes of a batch"));
            remedies.push(eager());
        }
        Stage::Serving => {
            remedies.push(less(context, "a smaller share leaves room for what requests need at their peak"));
            remedies.extend(fewer(context, "fewer requests at once need less at their peak"));
            remedies.push(Remedy::by_hand("see what else grew on the card meanwhile: `vramdeck gpu`"));
        }
    }
    Told::new(why, remedies).named(match stage {
        Stage::Starting | Stage::Loading => "oom_loading",
        Stage::Profiling => "oom_profiling",
        Stage::Capturing => "oom_capture",
        Stage::Serving => "oom_runtime",
    })
}

fn text_after(line: &str, marker: &str) -> String {
    let rest = line.split_once(marker).map_or("", |(_, rest)| rest);
    rest.split_whitespace().take(2).collect::<Vec<_>>().join(" ").trim_end_matches('.').to_owned()
}

fn less(context: &Context, why: &str) -> Remedy {
    let now = context.number(UTIL).unwrap_or(UTIL_DEFAULT);
    let next = ((now - 0.05).max(0.1) * 100.0).round() / 100.0;
    Remedy::set(UTIL, Some(plain(now)), plain(next), Cost::Cache, why)
}

/// llama.cpp ran out, by itself or as Ollama's runner.
fn ggml_oom(line: &str, context: &Context) -> Told {
    let asked = number_after(line, "allocating ").or_else(|| number_after(line, "attempted to allocate "));
    let asked = asked.or_else(|| number_after(line, "buffer of size "));
    let unit = if line.contains("buffer of size ") { "bytes" } else { "MiB" };
    let why = match asked {
        Some(asked) => format!("{} {unit} more were wanted than are free, {}.", plain(asked), context.stage.words()),
        None => format!("A buffer could not be had {}.", context.stage.words()),
    };
    let name = if context.stage == Stage::Serving && context.source == Some(Source::LlamaCpp) {
        "oom_runtime"
    } else {
        "oom_loading"
    };
    Told::new(why, ggml_remedies(context)).named(name)
}

fn kv_too_large(_: &str, context: &Context) -> Told {
    let length = context.flag("--ctx-size");
    let asked = length.map_or("the context asked for".to_owned(), |tokens| format!("{tokens} tokens of context"));
    Told::new(format!("The KV cache of {asked} does not fit beside the weights."), ggml_remedies(context))
}

fn ggml_remedies(context: &Context) -> Vec<Remedy> {
    let hand = Remedy::by_hand("take a smaller file of the model: `vramdeck models` ranks those that fit");
    if context.source == Some(Source::Ollama) {
        let why = "the cache grows with the context";
        return vec![
            Remedy::env("OLLAMA_CONTEXT_LENGTH", "4096", Cost::Context, why),
            Remedy::env("OLLAMA_KV_CACHE_TYPE", "q8_0", Cost::Precision, "half the bytes for each token of the cache"),
            hand,
        ];
    }
    let now = context.number("--ctx-size").filter(|now| *now > 0.0);
    let next = now.map_or(8192.0, |now| if now > 8192.0 { 8192.0 } else { (now / 2.0).floor().max(512.0) });
    let mut remedies = vec![hand];
    if now.is_none_or(|now| next < now) {
        let why = "the cache grows with the context";
        remedies.push(Remedy::set("--ctx-size", now.map(plain), plain(next), Cost::Context, why));
    }
    let both = "half the bytes for each token of the cache; needs flash attention, which is on by itself";
    if context.flag("--cache-type-k").is_none() {
        remedies.push(Remedy::set("--cache-type-k", None, "q8_0", Cost::Precision, both));
        remedies.push(Remedy::set("--cache-type-v", None, "q8_0", Cost::Precision, both));
    }
    let why = "some layers stay in RAM";
    remedies.push(Remedy::set("--gpu-layers", context.flag("--gpu-layers"), "20", Cost::Speed, why));
    remedies
}

/// Ollama refuses before it tries: `model requires more system memory (5.6 GiB) than is available (3.1 GiB)`.
fn ollama_oom(line: &str, context: &Context) -> Told {
    let (needs, has) = (between(line, "memory (", ")"), between(line, "available (", ")"));
    let why = match (needs, has) {
        (Some(needs), Some(has)) => format!("The model needs {needs} of memory, and {has} are there."),
        _ => "The model needs more memory than there is.".to_owned(),
    };
    let ollama = Context { source: Some(Source::Ollama), ..context.clone() };
    Told::new(why, ggml_remedies(&ollama)).named("oom_loading")
}

fn ram(_: &str, context: &Context) -> Told {
    let why = format!("The machine's RAM ran out {}.", context.stage.words());
    let zero = Remedy::set("--cpu-offload-gb", None, "0", Cost::Room, "no weights are kept in RAM");
    Told::new(why, vec![zero, Remedy::by_hand("close programs, give the system swap, or take a smaller model")])
}

/// On the processor: "Available memory on node 0 (3.1/15.6 GiB) on kv cache allocation is less than requested … (8.0 GiB)".
fn cpu_cache(line: &str, _: &Context) -> Told {
    let free = between(line, "Available memory on node", "GiB").and_then(|rest| number_after(rest, "("));
    let wanted = number_after(line, "requested memory for kv (");
    let say = |number: Option<f64>| number.map_or("an unknown number of".to_owned(), plain);
    let why = format!("{} GiB of RAM were asked for the KV cache, and {} GiB are free.", say(wanted), say(free));
    let fits = free.map_or(1.0, |free| (free * 0.8).floor()).max(1.0);
    let reason = "the cache on the processor, in GiB of the RAM that is free";
    let from = wanted.map(plain);
    let set = Remedy { from, ..Remedy::env("VLLM_CPU_KVCACHE_SPACE", &plain(fits), Cost::Cache, reason) };
    Told::new(why, vec![set, Remedy::by_hand("close programs that hold RAM")])
}

/// What vLLM said before it counted the cache in GiB.
fn few_tokens(line: &str, context: &Context) -> Told {
    let (asked, fits) = (count_after(line, "max seq len ("), count_after(line, "stored in KV cache ("));
    let say = |tokens: Option<u64>| tokens.map_or("too many".to_owned(), |tokens| tokens.to_string());
    let why = format!("One request may hold {} tokens, and the KV cache holds {} in all.", say(asked), say(fits));
    let length = fits.map_or("auto".to_owned(), |fits| fits.to_string());
    let reason = "the longest request that the cache holds";
    let from = asked.map(|asked| asked.to_string());
    let mut remedies = vec![Remedy::set("--max-model-len", from, length, Cost::Context, reason)];
    remedies.extend(more(context, None));
    Told::new(why, remedies)
}

fn mamba(line: &str, _: &Context) -> Told {
    let (asked, fits) = (count_after(line, "max_num_seqs ("), count_after(line, "cache blocks ("));
    let fits = fits.unwrap_or(32).max(1);
    let why = format!("The card holds the state of {fits} requests at once, fewer than were asked for.");
    let from = asked.map(|asked| asked.to_string());
    let reason = "as many requests as there is state for";
    Told::new(why, vec![Remedy::set("--max-num-seqs", from, fits.to_string(), Cost::Concurrency, reason)])
}
