//! vLLM: share of the card, sequences, towers, batched tokens, cache numbers, graphs, length.

use super::search::{Goal, Memo, Search, Words, headroom, limit, together};
use super::{Solution, Wish};
use crate::base::Problem;
use crate::base::units::MIB;
use crate::models::Facts;
use crate::models::fit::{Ask, Engine, Flags, KvDtype, Length, Needs, PartKind, Room, Verdict, Version};
use crate::models::rank::Intent;

/// The default share of the card.
const SHARE: f64 = 0.92;
/// The largest share that is chosen.
const MOST: f64 = 0.95;
/// What vLLM's own process takes outside of its share before it looks at what is free, where the sum has no line for it.
const CONTEXT: u64 = 448 * MIB;

/// Flags of vLLM for a wish.
pub(super) fn solve(facts: &Facts, version: Option<Version>, room: Room, wish: Wish) -> Result<Solution, Problem> {
    let mut search = chosen(facts, version, room, wish, None)?;
    if search.needs.kv.is_some() {
        let (length, _) = wish.target(limit(&search.needs));
        let requests = wish.requests.unwrap_or(1).max(1);
        search.settle(&Goal { flag: "--max-model-len", from: "the model's", length, scale: 1 }, requests)?;
    }
    search.done()
}

/// All flags but the length. Something is left for the desktop and other programs, unless nothing starts then.
pub(super) fn chosen<'a>(
    facts: &'a Facts,
    version: Option<Version>,
    room: Room,
    wish: Wish,
    memo: Option<&'a Memo>,
) -> Result<Search<'a>, Problem> {
    let careful = attempt(facts, version, (room, wish), memo, None, headroom)?;
    // Without the spare there is at most so much more, and a hundredth that was rounded down.
    let spare = headroom(careful.sum.margin).saturating_add(room.total / 100);
    let lacking = i128::from(careful.sum.kv_needed) - i128::from(careful.sum.kv_available);
    let hopeless = careful.sum.verdict == Verdict::DoesNotFit && lacking > i128::from(spare);
    if careful.sum.verdict.starts() || hopeless {
        return Ok(careful);
    }
    let bold = attempt(facts, version, (room, wish), memo, Some(&careful.needs), |_| 0)?;
    Ok(if bold.sum.verdict.starts() { bold } else { careful })
}

/// All flags but the length, with so many bytes left free for a margin of the sum. What was counted for `like` counts.
fn attempt<'a>(
    facts: &'a Facts,
    version: Option<Version>,
    (room, wish): (Room, Wish),
    memo: Option<&'a Memo>,
    like: Option<&Needs>,
    spare: fn(u64) -> u64,
) -> Result<Search<'a>, Problem> {
    let flags = Flags { max_model_len: Length::Auto, tensor_parallel_size: 1, ..Flags::default() };
    let mut search = Search::new(facts, Ask { engine: Engine::Vllm, version, flags }, (room, wish), memo, like)?;
    quantised(&mut search)?;
    let first = cap(&search, spare).min(SHARE);
    search.set(|flags| flags.gpu_memory_utilization = Some(first))?;
    let wanted = wanted(&search);
    search.set(|flags| flags.max_num_seqs = Some(wanted))?;
    if wish.intent != Intent::Chat || !search.granted() {
        towers(&mut search);
    }
    share(&mut search, spare)?;
    stretch(&mut search);
    if search.worth(&search.needs, &search.sum) < 1.0 || (search.wish.intent == Intent::Chat && short(&search)) {
        eager(&mut search);
    }
    throughput(&mut search);
    sequences(&mut search)?;
    Ok(search)
}

/// Asks for the quantisation that the sum is for, where the files are not quantised themselves.
fn quantised(search: &mut Search) -> Result<(), Problem> {
    let Some(word) = search.facts.quant.flag() else { return Ok(()) };
    let judged = search.judge(|flags| flags.quantization = Some(word.to_owned()))?;
    let why = "the files hold 16-bit weights: vLLM quantises them while it loads";
    let cost = "all of the 16-bit files are fetched; a little quality";
    search.take(judged, Words { flag: "--quantization", from: "none", to: word.to_owned(), why, cost });
    Ok(())
}

/// The largest share of the card that starts: free memory less vLLM's own context and a headroom, in whole hundredths.
fn cap(search: &Search, spare: fn(u64) -> u64) -> f64 {
    let (free, total) = (search.needs.free(search.room), search.room.total);
    let context =
        search.needs.parts.iter().find(|part| part.kind == PartKind::Outside).map_or(CONTEXT, |part| part.bytes);
    let usable = free.saturating_sub(context).saturating_sub(spare(search.sum.margin));
    let share = usable as f64 / total.max(1) as f64;
    (share * 100.0).floor().clamp(1.0, 98.0) / 100.0
}

/// Sets the share of the card: what is free where that is less than vLLM's default, more where nothing else uses the card
/// and the wish needs it.
fn share(search: &mut Search, spare: fn(u64) -> u64) -> Result<(), Problem> {
    let cap = cap(search, spare);
    let (share, why) = match () {
        () if cap < SHARE && search.room.free.is_none() => {
            (cap, "a share of the whole card, and vLLM's own context lies beside it")
        }
        () if cap < SHARE => (cap, "a share of the whole card, of which other programs hold a part: vLLM refuses more"),
        () if cap > SHARE && !search.granted() => (cap.min(MOST), "nothing else uses the card"),
        () => return search.set(|flags| flags.gpu_memory_utilization = None),
    };
    search.set(|flags| flags.gpu_memory_utilization = Some(SHARE))?;
    let judged = search.judge(|flags| flags.gpu_memory_utilization = Some(share))?;
    let room = spare(search.sum.margin) / MIB;
    let why = format!("{why}; {room} MiB are left for what comes");
    let words =
        Words { flag: "--gpu-memory-utilization", from: "0.92", to: format!("{share:.2}"), why: &why, cost: "" };
    search.take(judged, words);
    Ok(())
}

/// Sequences that the wish needs.
fn wanted(search: &Search) -> u64 {
    match (search.wish.intent, search.wish.requests) {
        (_, Some(requests)) => requests.clamp(1, 1024),
        (Intent::Chat, None) => 4,
        (Intent::LongContext, None) => 2,
        (Intent::Agents, None) => most_agents(search),
    }
}

/// Writes the sequences down; of many agents as many as the cache now holds, since each costs buffers and graphs.
fn sequences(search: &mut Search) -> Result<(), Problem> {
    let wanted = wanted(search);
    let judged = search.judge(|flags| flags.max_num_seqs = Some(wanted))?;
    if search.set(|flags| flags.max_num_seqs = None).is_err() {
        search.set(|flags| flags.max_num_seqs = Some(256))?;
    }
    let why = "buffers and CUDA graphs are made for this many; the memory goes to the cache instead";
    let words =
        Words { flag: "--max-num-seqs", from: "256", to: wanted.to_string(), why, cost: "further requests wait" };
    search.take(judged, words);
    Ok(())
}

/// Larger steps for many agents, where they cost next to no cache.
fn throughput(search: &mut Search) {
    let open = search.ask.flags.max_num_batched_tokens.is_none() && !search.facts.geometry.is_recurrent();
    if search.wish.intent != Intent::Agents || !open {
        return;
    }
    let Ok(judged) = search.judge(|flags| flags.max_num_batched_tokens = Some(4096)) else { return };
    if search.worth(&judged.1, &judged.2) >= 0.97 * search.worth(&search.needs, &search.sum) {
        let why = "prompts of many agents are read in larger steps";
        let cost = "a running answer waits a little longer while a prompt is read";
        search.take(judged, Words { flag: "--max-num-batched-tokens", from: "2048", to: "4096".to_owned(), why, cost });
    }
}

/// How many sequences serve most agents: more sequences leave less cache.
fn most_agents(search: &Search) -> u64 {
    let (length, _) = search.wish.target(limit(&search.needs));
    let steps = [1_u64, 2, 4, 8, 16, 24, 32, 48, 64, 96, 128, 192, 256];
    let served = |seqs: u64| {
        let judged = search.judge(|flags| flags.max_num_seqs = Some(seqs));
        judged.map_or(0, |(_, needs, sum)| (together(&needs, &sum, length) as u64).min(seqs))
    };
    // More sequences leave less cache: from the first that are not all served on, it only gets worse.
    let short = steps.partition_point(|seqs| served(*seqs) == *seqs);
    let near = steps.get(short.saturating_sub(1)..=short.min(steps.len() - 1)).unwrap_or_default();
    let mut found = (1, 0);
    for seqs in near {
        let served = served(*seqs);
        if served > found.1 {
            found = (*seqs, served);
        }
    }
    found.0
}

/// Leaves the tower out.
fn towers(search: &mut Search) {
    if search.facts.geometry.tower.is_none() {
        return;
    }
    let why = "only text is asked for: the tower's weights and its profiling image stay off the card";
    let words = Words {
        flag: "--language-model-only",
        from: "off",
        to: String::new(),
        why,
        cost: "images and sound are refused",
    };
    search.try_change(words, |flags| flags.language_model_only = true);
}

/// Spends speed, then a little quality, while the wish is not granted.
fn stretch(search: &mut Search) {
    if search.granted() {
        return;
    }
    // Recurrent models want their large pages filled by one step.
    if !search.facts.geometry.is_recurrent() && search.ask.flags.max_num_seqs.is_none_or(|seqs| seqs <= 1024) {
        let words = Words {
            flag: "--max-num-batched-tokens",
            from: "2048",
            to: "1024".to_owned(),
            why: "one step holds half the activations",
            cost: "prompts are read more slowly",
        };
        search.try_change(words, |flags| flags.max_num_batched_tokens = Some(1024));
    }
    if search.granted() {
        return;
    }
    let words = Words {
        flag: "--kv-cache-dtype",
        from: "auto",
        to: "fp8".to_owned(),
        why: "a token takes half the cache",
        cost: "a little quality on long contexts; on consumer Blackwell another attention kernel, whose speed differs",
    };
    search.try_change(words, |flags| flags.kv_cache_dtype = KvDtype::Fp8);
}

/// Whether a chat would have less than a short conversation.
fn short(search: &Search) -> bool {
    super::search::longest(&search.needs, &search.sum, 1) < 4096.min(limit(&search.needs))
}

/// Gives up compilation and graphs.
fn eager(search: &mut Search) {
    let words = Words {
        flag: "--enforce-eager",
        from: "off",
        to: String::new(),
        why: "without CUDA graphs there is room for the cache",
        cost: "decoding is 20 to 60 % slower, most with one request",
    };
    search.try_change(words, |flags| flags.enforce_eager = true);
}
