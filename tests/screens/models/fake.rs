//! A made-up catalogue with made-up figures, and a world that answers at once.

use crate::support;
use std::sync::Arc;
use std::time::Duration;
use vramdeck::app::screens::models::examine::Detail;
use vramdeck::app::screens::models::ranking::{Pick, Ranking};
use vramdeck::app::screens::models::{Effect as Wish, Msg as Told};
use vramdeck::app::{Effect, Model, Msg};
use vramdeck::base::units::{GIB, MIB};
use vramdeck::base::{Problem, Unknown};
use vramdeck::gpu::Sample;
use vramdeck::lab::suite::stats;
use vramdeck::lab::suite::{About, Brief, Kept};
use vramdeck::models::cards::Spec;
use vramdeck::models::catalogue::{Capability, Catalogue, Confidence, Entry, Sourced, Taxonomy, Variant};
use vramdeck::models::fit::{Ask, Engine, Fit, Length, Needs, Part, PartBasis, PartKind, Sum, Verdict};
use vramdeck::models::local::{Disk, LocalModel, Shelf};
use vramdeck::models::rank::{Choice, Row, Situation};
use vramdeck::models::solve::{Point, Solution, Step};
use vramdeck::models::speed::Rate;
use vramdeck::models::{Exact, Facts, Source};

/// Bytes of so many hundredths of a GiB.
fn gib(hundredths: u64) -> u64 {
    GIB / 100 * hundredths
}

struct Line(&'static str, &'static str, &'static [(&'static str, Engine, u64)], Verdict, &'static [Capability]);

use Capability::{Audio, Chat, Code, Reasoning, Tools, Vision};
use Engine::{LlamaCpp, Ollama, Vllm};

const LINES: &[Line] = &[
    Line(
        "Qwen/Qwen3.5-9B",
        "apache-2.0",
        &[("FP8", Vllm, 990), ("Q4_K_M", LlamaCpp, 560)],
        Verdict::Fits,
        &[Chat, Tools, Reasoning, Vision],
    ),
    Line(
        "Qwen/Qwen3-8B",
        "apache-2.0",
        &[
            ("AWQ", Vllm, 579),
            ("FP8", Vllm, 880),
            ("Q4_K_M", LlamaCpp, 468),
            ("qwen3:8b", Ollama, 490),
            ("BF16", Vllm, 1527),
        ],
        Verdict::Fits,
        &[Chat, Tools, Reasoning],
    ),
    Line("microsoft/phi-4", "mit", &[("AWQ", Vllm, 860)], Verdict::Fits, &[Chat, Code]),
    Line(
        "Qwen/Qwen3-14B",
        "apache-2.0",
        &[("AWQ", Vllm, 940), ("Q4_K_M", LlamaCpp, 836)],
        Verdict::Tight,
        &[Chat, Tools, Reasoning],
    ),
    Line("google/gemma-3n-E4B-it", "gemma", &[("BF16", Vllm, 1100)], Verdict::Tight, &[Chat, Vision, Audio]),
    Line(
        "openai/gpt-oss-20b",
        "apache-2.0",
        &[("MXFP4", Vllm, 1280)],
        Verdict::RefusedAtStart,
        &[Chat, Tools, Reasoning],
    ),
    Line("mistralai/Mixtral-8x7B-Instruct-v0.1", "apache-2.0", &[("AWQ", Vllm, 2300)], Verdict::DoesNotFit, &[Chat]),
    Line(
        "meta-llama/Llama-3.3-70B-Instruct",
        "llama3.3",
        &[("AWQ", Vllm, 3700), ("Q2_K", LlamaCpp, 2450)],
        Verdict::DoesNotFit,
        &[Chat, Tools],
    ),
];

fn facts(name: &str, bytes: u64) -> Facts {
    let mut facts = Facts { name: name.to_owned(), source: Source::Catalogue, ..Facts::default() };
    facts.geometry.max_context = Some(40_960);
    if bytes.is_multiple_of(2) {
        facts.exact = Exact::Total(bytes);
    }
    facts
}

fn entry(line: &Line) -> Entry {
    let (_, name) = line.0.split_once('/').unwrap();
    let memory = name.starts_with("gemma");
    let variants = line.2.iter().map(|(label, engine, size)| Variant {
        label: (*label).to_owned(),
        // Nobody wrote down who made the smallest one.
        repo: (*label != "Q2_K").then(|| Sourced {
            value: format!("{}-{label}", line.0),
            confidence: if memory { Confidence::Memory } else { Confidence::Read },
        }),
        engines: vec![*engine],
        facts: facts(line.0, gib(*size)),
        sm120: None,
        note: None,
    });
    Entry {
        id: line.0.to_owned(),
        taxonomy: Taxonomy::Other,
        params: (line.2[0].2 * 10_000_000, line.2[0].2 * 10_000_000),
        capabilities: line.4.to_vec(),
        licence: Some(Sourced { value: line.1.to_owned(), confidence: Confidence::Read }),
        gated: Some(line.0.starts_with("meta")),
        tool_parser: line
            .4
            .contains(&Tools)
            .then(|| Sourced { value: "hermes".to_owned(), confidence: Confidence::Read }),
        reasoning_parser: None,
        chat_template: None,
        min_vllm: Some("0.10.2".to_owned()),
        refused_by_vllm: None,
        notes: Vec::new(),
        tags: Vec::new(),
        context: 40_960,
        embedding: None,
        vllm_flags: None,
        speculative: None,
        ollama_parallel: None,
        confidence: if memory { Confidence::Memory } else { Confidence::Checked },
        variants: variants.collect(),
    }
}

fn choice(at: usize, line: &Line, situation: &Situation) -> Choice {
    let (label, engine, size) = line.2[at];
    let weights = gib(size);
    let free = situation.room.free.unwrap_or(situation.room.total);
    let left = free as i64 - weights as i64 - gib(160) as i64;
    let verdict = match line.3 {
        Verdict::Fits | Verdict::Tight if left < 0 => Verdict::DoesNotFit,
        Verdict::DoesNotFit if left > 0 => Verdict::Fits,
        verdict => verdict,
    };
    let tokens = (left.max(0) as u64 / (144 * 1024)).min(40_960);
    let pace = 700.0 * GIB as f64 / weights as f64;
    Choice {
        variant: Some(at),
        label: label.into(),
        by_name: false,
        refusal: None,
        utilization: None,
        score: 0.0,
        slot: 0,
        engine,
        sum: Sum {
            verdict,
            weights,
            budget: free,
            kv_available: left,
            kv_needed: gib(300),
            max_concurrency: 1.2,
            max_model_len: tokens,
            largest_max_model_len: tokens,
            margin: gib(30),
        },
        agents: (tokens / 2048, tokens / 8192),
        rate: match engine {
            Ollama => Err(Unknown::because("no measured start")),
            _ => Ok(Rate { low: pace * 0.9, likely: pace, high: pace * 1.1 }),
        },
        local: (line.0 == "Qwen/Qwen3-8B" && at == 0).then_some(0),
    }
}

fn local() -> Vec<LocalModel> {
    vec![LocalModel {
        name: "Qwen/Qwen3-8B-AWQ".to_owned(),
        shelf: Shelf::HuggingFace,
        path: "/home/pilot/.cache/huggingface/hub/models--Qwen--Qwen3-8B-AWQ/snapshots/1".into(),
        bytes: gib(590),
        last_used: None,
        complete: true,
        facts: Ok(facts("Qwen/Qwen3-8B", gib(579))),
        engines: vec![Vllm],
        digest: None,
        disk: Disk::default(),
    }]
}

fn ranking(generation: u64, situation: Situation, many: usize) -> Ranking {
    let mut entries: Vec<Entry> = LINES.iter().map(entry).collect();
    let mut rows: Vec<Row> = LINES
        .iter()
        .enumerate()
        .map(|(at, line)| {
            let mut choices: Vec<Choice> = (0..line.2.len()).map(|at| choice(at, line, &situation)).collect();
            choices.sort_by_key(|choice| !choice.sum.verdict.starts());
            Row {
                entry: Some(at),
                name: line.0.into(),
                local: None,
                choices,
                taxonomy: Some(Taxonomy::Other),
                capabilities: line.4.into(),
                haystack: line.0.to_lowercase().into(),
                params: 8_000_000_000,
                nearest: None,
            }
        })
        .collect();
    for number in 0..many {
        let (mut entry, mut row) = (entries[number % LINES.len()].clone(), rows[number % LINES.len()].clone());
        entry.id = format!("{}-{number}", entry.id);
        row.name = entry.id.as_str().into();
        row.haystack = entry.id.to_lowercase().into();
        row.entry = Some(entries.len());
        entries.push(entry);
        rows.push(row);
    }
    rows.sort_by_key(|row| !row.choices[0].sum.verdict.starts());
    let (catalogue, local) = (Arc::new(Catalogue { entries }), Arc::new(local()));
    Ranking { generation, situation, catalogue, local, rows, took: Duration::from_millis(12) }
}

fn part(kind: PartKind, hundredths: u64, basis: PartBasis, why: &str) -> Part {
    Part { kind, bytes: gib(hundredths), margin: gib(hundredths / 25), basis, why: why.to_owned() }
}

fn fit(choice: &Choice, ranking: &Ranking) -> Fit {
    let room = ranking.situation.room;
    let free = room.free.unwrap_or(room.total);
    let why = match choice.sum.verdict {
        Verdict::Fits => "0.90 GiB to spare beyond the margin",
        Verdict::Tight => "starts by the sum, but less is left than the sum is sure of",
        Verdict::RefusedAtStart => "no room for the cache at 0.92 of the card; llama.cpp takes 32k",
        Verdict::Unknown => "its dimensions are not known",
        Verdict::DoesNotFit => "the weights alone are larger than what is free; a smaller variant is needed",
    };
    Fit {
        engine: choice.engine,
        verdict: choice.sum.verdict,
        why: why.to_owned(),
        parts: vec![
            Part {
                bytes: choice.sum.weights,
                ..part(PartKind::Weights, 500, PartBasis::Headers, "sum of 399 tensors")
            },
            part(PartKind::Activation, 105, PartBasis::EngineRule, "256 sequences × 151,936 words of 4 bytes, twice"),
            part(PartKind::Graphs, 52, PartBasis::Fitted, "51 + 35 sizes"),
            part(
                PartKind::Outside,
                (room.total - free) * 100 / GIB,
                PartBasis::Measured,
                "the desktop and other programs",
            ),
            part(PartKind::Kv, 300, PartBasis::Config, "36 layers × 8 heads × 128 × 2 × 2 bytes"),
        ],
        total: room.total,
        free,
        free_assumed: false,
        budget: choice.sum.budget,
        kv_available: choice.sum.kv_available,
        kv_needed: choice.sum.kv_needed,
        kv_per_token: 144 * 1024,
        kv_tokens: choice.sum.max_model_len,
        max_concurrency: 1.2,
        max_model_len: choice.sum.max_model_len,
        largest_max_model_len: choice.sum.largest_max_model_len,
        offload: None,
        margin: gib(30),
        calibrated_from_runs: 0,
        learned: Default::default(),
    }
}

pub fn detail(ranking: &Ranking, pick: &Pick) -> Option<Detail> {
    let (_, choice) = ranking.place(pick)?;
    let tokens = choice.sum.max_model_len;
    let mut ask = Ask { engine: choice.engine, ..Ask::default() };
    ask.flags.max_model_len = Length::Tokens(pick.trade.map_or(tokens, |point| point.tokens));
    let mut fit = fit(choice, ranking);
    if let Some(point) = pick.trade {
        fit.max_model_len = point.tokens;
    }
    let step = |flag: &str, from: &str, to: &str, why: &str, cost: &str, gained: i64| Step {
        flag: flag.to_owned(),
        from: from.to_owned(),
        to: to.to_owned(),
        why: why.to_owned(),
        cost: cost.to_owned(),
        gained,
    };
    let steps = vec![
        step("--gpu-memory-utilization", "0.92", "0.88", "less is free than 0.92 of the card", "", 0),
        step("--max-num-seqs", "256", "8", "one chat needs few", "more than 8 requests wait", 900 * MIB as i64),
    ];
    let known = &Catalogue::shipped().find("Qwen/Qwen3-8B").unwrap().variants[0].facts;
    let needs = || std::sync::Arc::new(Needs::of(known, &ask, gib(1600)).unwrap());
    let solution = match choice.sum.verdict.starts() {
        true => Ok(Solution { ask: ask.clone(), fit: fit.clone(), needs: needs(), steps, requests: 8 }),
        false => {
            Err(Problem::failed("nothing that may be set makes it start", "9.30 GiB are missing", "a card of 24 GiB"))
        }
    };
    let frontier = [512, 1024, 2048, 4096, 8192, 16_384, 32_768]
        .into_iter()
        .map(|length| Point { tokens: length, requests: tokens / length })
        .collect();
    let card =
        Spec { name: "RTX 4090".to_owned(), total: 24 * GIB, bandwidth: None, compute: None, tensor_flops: None };
    Some(Detail {
        pick: pick.clone(),
        solution,
        fit: Ok(fit),
        ask,
        frontier,
        card: Ok((choice.sum.weights + gib(260), vec![card])),
    })
}

/// Answers what the screen asks of the world, until it asks nothing; gives back all other wishes.
pub fn answer(model: &mut Model, effects: Vec<Effect>, many: usize) -> Vec<Effect> {
    let (mut open, mut rest) = (effects, Vec::new());
    while let Some(effect) = open.pop() {
        let told = match effect {
            Effect::Models(Wish::Rank { generation, situation, .. }) => {
                Told::Ranked(Arc::new(ranking(generation, *situation, many)))
            }
            Effect::Models(Wish::Examine { generation, ranking, picks }) => {
                let details = picks.iter().filter_map(|pick| detail(&ranking, pick)).map(Arc::new).collect();
                Told::Examined { generation, details }
            }
            Effect::Models(Wish::Scores) => Told::Scored(Arc::default()),
            other => {
                rest.push(other);
                continue;
            }
        };
        open.extend(support::send(model, Msg::Models(told)));
    }
    rest
}

/// A score that was kept three hours ago.
pub fn score(weights: &str, right: u32, verdict: &str) -> Kept {
    let pass = stats::Rate::of(right, 38);
    let brief = Brief {
        setting: "temperature=0 tools=own stream".to_owned(),
        headline: pass.value,
        pass,
        categories: Vec::new(),
        verdict: verdict.to_owned(),
    };
    let about = About { suite: "quick".to_owned(), engine: "vllm 0.32.0".to_owned(), ..About::default() };
    let then = support::env().unix() - 3.0 * 3600.0;
    Kept {
        id: 1,
        family: Default::default(),
        about,
        weights: weights.to_owned(),
        endpoint: "http://127.0.0.1:8000".to_owned(),
        at: then,
        changed_at: then,
        state: "done",
        total: 38,
        done: 38,
        right,
        failed: 0,
        brief: Some(brief),
    }
}

/// Presses keys and answers whatever the screen asks for; gives back all other wishes.
pub fn go(model: &mut Model, keys: &str) -> Vec<Effect> {
    let mut rest = Vec::new();
    for key in keys.split_whitespace() {
        let effects = support::press(model, key);
        rest.extend(answer(model, effects, 0));
    }
    rest
}

/// The screen with everything judged, on a machine with this sample.
pub fn deck_of(sample: Sample, size: (u16, u16)) -> Model {
    let mut model = support::model(sample);
    model.shared.size = size;
    go(&mut model, "2");
    model
}

/// The same on a card with room: a desktop and a browser.
pub fn deck(size: (u16, u16)) -> Model {
    let browser = support::process(3321, "firefox", 480, None);
    deck_of(support::sample(vec![support::card(0, vec![browser])]), size)
}
