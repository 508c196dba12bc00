//! llama.cpp and Ollama: slots, context, numbers of the cache, physical batch, layers on the card.

use super::search::{Goal, Memo, Search, Words, limit, longest, together};
use super::{Solution, Wish};
use crate::base::Problem;
use crate::models::Facts;
use crate::models::fit::{Ask, Engine, Flags, KvDtype, Length, Room, Verdict, Version};
use crate::models::rank::Intent;

/// `q8_0`: 32 numbers in 34 bytes.
const Q8: KvDtype = KvDtype::Block32(34);

/// Families that Ollama serves one request at a time whatever is asked (its scheduler's source).
const SINGLE: [&str; 10] = [
    "mllama",
    "qwen3vl",
    "qwen3_vl",
    "qwen3_5",
    "qwen35",
    "qwen3_next",
    "qwen3next",
    "lfm2",
    "nemotron_h",
    "nemotronh",
];

/// A context below which layers rather go to RAM.
const SHORT: u64 = 2048;

/// Context where layers lie in RAM.
const SPLIT_CONTEXT: u64 = 8192;

/// How one of the two spells its flags.
struct Spelling {
    context: &'static str,
    slots: &'static str,
    cache: &'static str,
    usual_context: &'static str,
    usual_slots: &'static str,
}

const LLAMA: Spelling = Spelling {
    context: "-c",
    slots: "--parallel",
    cache: "-ctk q8_0 -ctv",
    usual_context: "the model's",
    usual_slots: "auto",
};

const OLLAMA: Spelling = Spelling {
    context: "num_ctx",
    slots: "OLLAMA_NUM_PARALLEL",
    cache: "OLLAMA_KV_CACHE_TYPE",
    usual_context: "4096",
    usual_slots: "1",
};

/// Flags for a wish.
pub(super) fn solve(
    facts: &Facts,
    engine: Engine,
    version: Option<Version>,
    room: Room,
    wish: Wish,
) -> Result<Solution, Problem> {
    let spelling = spelling(engine);
    let (mut search, slots) = chosen(facts, engine, version, room, wish, None)?;
    let (length, _) = wish.target(limit(&search.needs));
    let Some(slots) = slots else { return split(search, spelling, length) };
    let scale = if engine == Engine::LlamaCpp { slots } else { 1 };
    if search.needs.kv.is_some() {
        search.settle(&Goal { flag: spelling.context, from: spelling.usual_context, length, scale }, slots)?;
    }
    search.done()
}

fn spelling(engine: Engine) -> &'static Spelling {
    if engine == Engine::Ollama { &OLLAMA } else { &LLAMA }
}

/// All flags but the length, with the slots; no slots where layers have to lie in RAM.
pub(super) fn chosen<'a>(
    facts: &'a Facts,
    engine: Engine,
    version: Option<Version>,
    room: Room,
    wish: Wish,
    memo: Option<&'a Memo>,
) -> Result<(Search<'a>, Option<u64>), Problem> {
    let spelling = spelling(engine);
    // One token, so that what is asked for does not decide what is found.
    let flags =
        Flags { max_model_len: Length::Tokens(1), max_num_seqs: Some(1), tensor_parallel_size: 1, ..Flags::default() };
    let mut search = Search::new(facts, Ask { engine, version, flags }, (room, wish), memo, None)?;
    let (length, _) = wish.target(limit(&search.needs));
    if !search.granted() || wish.intent == Intent::Agents {
        cache(&mut search, spelling);
    }
    if search.worth(&search.needs, &search.sum) < 1.0 {
        smaller_batch(&mut search);
    }
    if longest(&search.needs, &search.sum, 1) < SHORT.min(length) {
        return Ok((search, None));
    }
    let slots = slots(&search, single(facts, engine));
    if slots > 1 {
        let scale = if engine == Engine::LlamaCpp { slots } else { 1 };
        let judged = search.judge(|flags| {
            flags.max_num_seqs = Some(slots);
            flags.max_model_len = Length::Tokens(scale);
        })?;
        let words = Words {
            flag: spelling.slots,
            from: spelling.usual_slots,
            to: slots.to_string(),
            why: "this many requests are answered at the same time, each with a context of its own",
            cost: "each slot's context is reserved",
        };
        search.take(judged, words);
    }
    Ok((search, Some(slots)))
}

/// Leaves layers in RAM: the most on the card with which a conversation surely fits.
fn split(mut search: Search, spelling: &Spelling, length: u64) -> Result<Solution, Problem> {
    let layers = search.facts.geometry.layers.len() as u64 + 1;
    let wanted = length.min(SPLIT_CONTEXT);
    let set = |flags: &mut Flags, on_card: u64| {
        flags.max_model_len = Length::Tokens(wanted);
        flags.gpu_layers = Some(on_card);
    };
    let found = (1..layers).rev().find_map(|on_card| {
        let judged = search.judge(|flags| set(flags, on_card)).ok()?;
        (judged.2.verdict == Verdict::Fits).then_some((judged, on_card))
    });
    let Some((judged, on_card)) = found else { return Err(search.refusal()) };
    let context = search.judge(|flags| flags.max_model_len = Length::Tokens(wanted))?;
    let why = "a conversation; the layers that stay in RAM make a longer one slow";
    search.take(
        context,
        Words { flag: spelling.context, from: spelling.usual_context, to: wanted.to_string(), why, cost: "" },
    );
    let flag = if search.ask.engine == Engine::Ollama { "num_gpu" } else { "-ngl" };
    let cost =
        format!("{} of {layers} layers lie in RAM: each token waits for them, several times longer", layers - on_card);
    let why = "more layers than these do not fit on the card";
    search.take(judged, Words { flag, from: "auto", to: on_card.to_string(), why, cost: &cost });
    search.done()
}

/// Whether the engine serves one request at a time whatever is asked.
fn single(facts: &Facts, engine: Engine) -> bool {
    let kind = facts.geometry.model_type.to_ascii_lowercase();
    let architecture = facts.geometry.architecture.to_ascii_lowercase();
    engine == Engine::Ollama && SINGLE.iter().any(|name| kind.starts_with(name) || architecture.starts_with(name))
}

/// Slots: what is wished for, and no more than fit.
fn slots(search: &Search, single: bool) -> u64 {
    if single {
        return 1;
    }
    let (length, wanted) = search.wish.target(limit(&search.needs));
    // What is said counts before what follows from the intent: as many as asked for, while each has a short conversation.
    let least = length.min(512);
    let most = match (search.wish.requests, search.wish.intent) {
        (Some(_), _) => return (together(&search.needs, &search.sum, least) as u64).clamp(1, wanted),
        (None, Intent::Agents) => 64,
        (None, _) => 1,
    };
    (together(&search.needs, &search.sum, length) as u64).clamp(1, most)
}

/// Numbers of the cache in 8 bits, which needs flash attention.
fn cache(search: &mut Search, spelling: &Spelling) {
    let words = Words {
        flag: spelling.cache,
        from: "f16",
        to: "q8_0".to_owned(),
        why: "a token takes about half the cache; flash attention is needed for it and is set too",
        cost: "a little quality on long contexts",
    };
    search.try_change(words, |flags| {
        flags.kv_cache_dtype = Q8;
        flags.flash_attention = Some(true);
    });
}

/// A smaller physical batch.
fn smaller_batch(search: &mut Search) {
    if search.ask.engine == Engine::Ollama {
        return;
    }
    let words = Words {
        flag: "-ub",
        from: "512",
        to: "128".to_owned(),
        why: "the compute buffer shrinks with it",
        cost: "prompts are read more slowly",
    };
    search.try_change(words, |flags| flags.ubatch = Some(128));
}
