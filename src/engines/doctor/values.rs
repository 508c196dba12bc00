//! Values that do not fit the model, the card, or one another.

use super::context::Context;
use super::read::{count_after, nearest, number_after, plain, quoted_after, words};
use super::remedy::{Cost, Remedy};
use super::rule::{CAUSE, LIKELY, Rule, Told, rule};
use super::text::said;

pub const RULES: &[Rule] = &[
    rule("bad_value", &["rror", "must be divisible by tensor parallel size"], CAUSE, parallel),
    rule("bad_value", &["rror", "fp8_e5m2 kv-cache is not supported"], CAUSE, cache_dtype),
    rule("bad_backend", &["rror", "is not valid for this configuration"], CAUSE, backend),
    rule("bad_backend", &["rror", "No valid attention backend found"], CAUSE, backend),
    rule("bad_value", &["disable_any_whitespace is only supported for", "rror"], CAUSE, whitespace),
    rule("context_too_large", &["rror", "is greater than the derived max_model_len"], CAUSE, too_long),
    rule("bad_value", &["max_num_batched_tokens", "is smaller than max_model_len", "rror"], CAUSE, batched),
    rule("bad_dtype", &["is not supported for quantization method", "rror"], CAUSE, dtype_for_method),
    rule("bad_dtype", &["Bfloat16 is only supported on GPUs", "rror"], CAUSE, no_bfloat),
    rule(
        "bad_value",
        &["rror", "max_num_batched_tokens", "must be greater than or equal to max_num_seqs"],
        CAUSE,
        few_batched,
    ),
    rule("bad_value", &["rror", "LoRA rank", "is greater than max_lora_rank"], CAUSE, lora_rank),
    rule("bad_dtype", &["rror", "does not support float16"], CAUSE, no_half),
    rule("bad_backend", &["rror", "Invalid attention backend"], CAUSE, backend),
    rule("bad_backend", &["rror", "Unknown attention backend"], CAUSE, backend),
    rule("bad_backend", &["rror", "MoE backend", "the deployment configuration"], CAUSE, moe_backend),
    rule("bad_backend", &["rror", "Head size", "is not supported by"], CAUSE, backend),
    rule("bad_backend", &["rror", "does not support", "kv-cache"], CAUSE, backend),
    rule("bad_backend", &["rror", "does not support", "kv cache"], LIKELY, backend),
    rule("bad_backend", &["rror", "FlashAttention does not support"], LIKELY, backend),
    rule("bad_backend", &["rror", "FlashAttention only supports"], CAUSE, backend),
    rule("bad_backend", &["rror", "Unsupported", "kv_cache_dtype"], LIKELY, backend),
    rule("kernel_too_large", &["rror", "out of resource: shared memory"], CAUSE, kernel),
    rule("too_few_cards", &["rror", "World size (", "available GPUs"], CAUSE, too_few_cards),
    rule("too_few_cards", &["rror", "required GPUs exceeds"], CAUSE, too_few_cards),
    rule("too_few_cards", &["rror", "invalid device ordinal"], LIKELY, too_few_cards),
];

fn whitespace(line: &str, _: &Context) -> Told {
    let flag = "--structured-outputs-config";
    let why = format!("{}: no backend is chosen for structured outputs.", said(line));
    let json = r#"{"backend":"xgrammar","disable_any_whitespace":true}"#;
    let set = Remedy::set(flag, None, json, Cost::Nothing, "names the backend that knows the setting");
    Told::new(why, vec![set, Remedy::unset(flag, None, Cost::Feature, "whitespace stays free")])
}

/// `User-specified max_model_len (100000) is greater than the derived max_model_len (max_position_embeddings=4096.0 …`.
fn too_long(line: &str, _: &Context) -> Told {
    let asked = count_after(line, "max_model_len (");
    let most = line.split_once("derived max_model_len (").and_then(|(_, rest)| {
        let numbers = rest.split(['=', ' ', ',']).filter_map(|word| word.parse::<f64>().ok());
        numbers.into_iter().find(|most| *most >= 1.0)
    });
    let say = |tokens: Option<f64>| tokens.map_or("fewer".to_owned(), plain);
    let asked = asked.map(|asked| asked as f64);
    let why = format!("{} tokens of context were asked for; the model was made for {}.", say(asked), say(most));
    let long = "positions it was not trained for: answers beyond its length may be nonsense";
    let mut remedies = vec![Remedy::env("VLLM_ALLOW_LONG_MAX_MODEL_LEN", "1", Cost::Precision, long)];
    let from = asked.map(plain);
    remedies.push(match most {
        Some(most) => Remedy::set("--max-model-len", from, plain(most), Cost::Context, "the model's own length"),
        None => Remedy::unset("--max-model-len", from, Cost::Context, "the model's own length is taken"),
    });
    Told::new(why, remedies)
}

fn batched(line: &str, _: &Context) -> Told {
    let length = count_after(line, "max_model_len (").map(|length| length.to_string());
    let given = count_after(line, "max_num_batched_tokens (").map(|step| step.to_string());
    let set = length.map(|length| {
        let why = "a step then holds a whole prompt";
        Remedy::set("--max-num-batched-tokens", given.clone(), length, Cost::Room, why)
    });
    let unset =
        Remedy::unset("--max-num-batched-tokens", given.clone(), Cost::Nothing, "the engine's default fits the length");
    Told::new(format!("{}.", said(line)), [Some(unset), set].into_iter().flatten().collect())
}

fn dtype_for_method(line: &str, context: &Context) -> Told {
    let valid = line.split_once("Supported dtypes:").map(|(_, list)| words(list)).unwrap_or_default();
    let valid: Vec<&str> = valid.iter().map(|word| word.trim_start_matches("torch.").trim_end_matches('.')).collect();
    let why = format!("{}.", said(line));
    let to = valid.first().copied().filter(|word| !word.is_empty()).unwrap_or("float16").to_owned();
    Told::new(
        why,
        vec![Remedy::set(
            "--dtype",
            context.flag("--dtype"),
            to,
            Cost::Nothing,
            "the type that the quantised kernels compute in",
        )],
    )
}

fn no_bfloat(line: &str, context: &Context) -> Told {
    let why = format!("{}.", said(line));
    let given = context.flag("--dtype").unwrap_or("bfloat16".to_owned());
    let half = "16 bits that this card computes in";
    Told::new(why, vec![Remedy::set("--dtype", Some(given), "half", Cost::Precision, half)])
}

/// `Total number of attention heads (32) must be divisible by tensor parallel size (3).`
fn parallel(line: &str, _: &Context) -> Told {
    let (heads, size) = (count_after(line, "heads ("), count_after(line, "parallel size ("));
    let why = format!("{}.", said(line));
    let from = size.map(|size| size.to_string());
    let fits = heads.zip(size).and_then(|(heads, size)| (1..size.min(64)).rev().find(|n| heads % n == 0)).unwrap_or(1);
    let reason = "as many cards as divide the model's heads";
    Told::new(why, vec![Remedy::set("--tensor-parallel-size", from, fits.to_string(), Cost::Cache, reason)])
}

fn cache_dtype(_: &str, _: &Context) -> Told {
    let why = "The checkpoint is in fp8 e4m3, and the cache was asked for in e5m2; the kernels know one of the two.";
    let set =
        Remedy::set("--kv-cache-dtype", Some("fp8_e5m2".to_owned()), "fp8", Cost::Nothing, "the same 8 bits as e4m3");
    Told::new(why, vec![set])
}

fn backend(line: &str, context: &Context) -> Told {
    let why = format!("No attention kernel does what was asked for: {}.", said(line));
    let given = context.flag("--attention-backend");
    let auto = "the engine chooses one that this card and cache can use";
    let valid = line.split_once("Valid backends are:").map(|(_, list)| words(list)).unwrap_or_default();
    let wrong = quoted_after(line, "attention backend").filter(|_| !valid.is_empty());
    let near = wrong.and_then(|wrong| nearest(wrong, &valid, 3).map(|near| (wrong, near)));
    let mut remedies = Vec::new();
    if let Some((wrong, near)) = near {
        let why = "the backend nearest to what was written";
        remedies.push(Remedy::set("--attention-backend", Some(wrong.to_owned()), near, Cost::Nothing, why));
    }
    remedies.push(Remedy::unset("--attention-backend", given, Cost::Nothing, auto));
    if context.flag("--kv-cache-dtype").is_none_or(|dtype| dtype != "auto") {
        let cache = "the cache in the model's own type: every kernel knows it";
        remedies.push(Remedy::set("--kv-cache-dtype", context.flag("--kv-cache-dtype"), "auto", Cost::Cache, cache));
    }
    Told::new(why, remedies)
}

/// `max_num_batched_tokens (128) must be greater than or equal to max_num_seqs (256).`
fn few_batched(line: &str, _: &Context) -> Told {
    let (step, seqs) = (count_after(line, "max_num_batched_tokens ("), count_after(line, "max_num_seqs ("));
    let (Some(step), Some(seqs)) = (step, seqs) else {
        let auto = "the engine's default fits its number of requests";
        let unset = Remedy::unset("--max-num-batched-tokens", None, Cost::Nothing, auto);
        return Told::new(format!("{}.", said(line)), vec![unset]);
    };
    let why = format!("A step of {step} tokens cannot hold one token of each of {seqs} requests.");
    let (from, to) = (step.to_string(), seqs.to_string());
    let more = "a step then holds a token of each request";
    let fewer = "as many requests as a step holds tokens";
    Told::new(
        why,
        vec![
            Remedy::set("--max-num-batched-tokens", Some(from.clone()), to.clone(), Cost::Nothing, more),
            Remedy::set("--max-num-seqs", Some(to), from, Cost::Concurrency, fewer),
        ],
    )
}

/// `LoRA rank 64 is greater than max_lora_rank 16.`
fn lora_rank(line: &str, context: &Context) -> Told {
    /// The ranks that vLLM takes.
    const RANKS: [u64; 9] = [1, 8, 16, 32, 64, 128, 256, 320, 512];
    let rank = count_after(line, "LoRA rank ").unwrap_or(64);
    let from = count_after(line, "max_lora_rank ").map(|most| most.to_string());
    let to = RANKS.into_iter().find(|most| *most >= rank).unwrap_or(512);
    let why = format!("The adapter has the rank {rank}, more than the engine was told to make room for.");
    let room = "room for adapters of that rank";
    let from = from.or_else(|| context.flag("--max-lora-rank"));
    Told::new(why, vec![Remedy::set("--max-lora-rank", from, to.to_string(), Cost::Room, room)])
}

/// `The model type 'gemma3' does not support float16.`
fn no_half(line: &str, context: &Context) -> Told {
    let given = context.flag("--dtype").unwrap_or("float16".to_owned());
    let wide = "16 bits with the range that the model needs";
    let why = format!("{}.", said(line));
    Told::new(why, vec![Remedy::set("--dtype", Some(given), "bfloat16", Cost::Nothing, wide)])
}

/// `World size (2) is larger than the number of available GPUs (1) in this node.`
fn too_few_cards(line: &str, context: &Context) -> Told {
    let flag = "--tensor-parallel-size";
    let asked = number_after(line, "World size (").map(plain).or_else(|| context.flag(flag));
    let cards = count_after(line, "available GPUs (").filter(|cards| *cards > 0);
    let why = match (&asked, cards) {
        (Some(asked), Some(cards)) => format!("The model was to be split over {asked} cards, and {cards} can be seen."),
        _ => "The model was to be split over more cards than can be seen.".to_owned(),
    };
    let fits = cards.unwrap_or(1).checked_ilog2().map_or(1, |power| 1_u64 << power);
    let reason = "as many cards as there are; the weights have to fit on them";
    let seen = "if there are more cards: check CUDA_VISIBLE_DEVICES and the container's --gpus";
    let set = Remedy::set(flag, asked, fits.to_string(), Cost::Room, reason);
    Told::new(why, vec![set, Remedy::by_hand(seen)])
}

/// `out of resource: shared memory, Required: 147456, Hardware limit: 101376`: the memory of a card's one processor.
fn kernel(line: &str, context: &Context) -> Told {
    let (needs, has) = (count_after(line, "Required: "), count_after(line, "Hardware limit: "));
    let say = |bytes: Option<u64>| bytes.map_or("too many".to_owned(), |bytes| bytes.to_string());
    let why = format!(
        "A kernel wants {} bytes of the card's own shared memory, and this card has {} for it: it was tuned for larger chips.",
        say(needs),
        say(has)
    );
    let given = context.flag("--attention-backend");
    let auto = "the engine chooses one that this card can run";
    let mut remedies = vec![Remedy::by_hand("update the engine: newer versions know the limits of this card")];
    if given.is_some() {
        remedies.push(Remedy::unset("--attention-backend", given, Cost::Nothing, auto));
    }
    Told::new(why, remedies)
}

/// `NvFp4 MoE backend 'FLASHINFER_CUTLASS' does not support the deployment configuration since …`.
fn moe_backend(line: &str, context: &Context) -> Told {
    let flag = "--moe-backend";
    let why = format!("No kernel for this model's experts runs on this card as asked for: {}.", said(line));
    let given = quoted_after(line, "MoE backend ").map(str::to_owned).or_else(|| context.flag(flag));
    let other = "take a variant of the model in a format that the card has kernels for: FP8 or AWQ";
    let newer = "or update the engine: kernels for new cards come with new versions";
    let mut remedies = vec![Remedy::by_hand(other), Remedy::by_hand(newer)];
    if given.is_some() {
        remedies.push(Remedy::set(flag, given, "auto", Cost::Nothing, "the engine chooses one that runs on this card"));
    }
    Told::new(why, remedies)
}
