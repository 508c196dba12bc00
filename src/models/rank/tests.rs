//! The ranking on a 16 GB card: order, monotony, reasons, local models, filters.

use super::*;
use crate::base::units::GIB;
use crate::models::cards;
use crate::models::local::{Disk, Shelf};
use crate::models::quant::{Quant, Scheme};
use crate::models::{Exact, Facts};
use std::path::PathBuf;
use std::sync::OnceLock;

fn card() -> Spec {
    cards::find("RTX 5080").cloned().unwrap()
}

fn room(free: f64) -> Room {
    Room { total: card().total, free: Some((free * GIB as f64) as u64) }
}

fn prepared() -> Prepared {
    static MADE: OnceLock<Prepared> = OnceLock::new();
    MADE.get_or_init(|| Prepared::new(Catalogue::shipped(), &[], &card(), Intent::Chat)).clone()
}

fn rows(free: f64) -> Vec<Row> {
    prepared().rank(room(free))
}

fn row<'a>(rows: &'a [Row], name: &str) -> &'a Row {
    rows.iter().find(|row| row.name == name).unwrap()
}

#[test]
fn every_model_has_its_row_and_what_fits_stands_first() {
    let rows = rows(14.6);
    assert_eq!(rows.len(), Catalogue::shipped().entries.len());
    assert!(rows.is_sorted_by_key(Row::verdict), "fits, tight, does not fit, refused");
    let starting: Vec<&Row> = rows.iter().filter(|row| row.verdict() == Verdict::Fits).collect();
    assert!(starting.len() > 150 && starting.is_sorted_by(|a, b| a.score() >= b.score()));
    for row in &rows {
        assert!(row.choices.is_sorted_by_key(|one| one.sum.verdict), "{}", row.name);
        assert!(!row.choices.is_empty(), "{}", row.name);
    }
}

#[test]
fn more_free_memory_never_lowers_a_verdict() {
    let mut prepared = prepared();
    let mut before: Vec<(String, Verdict)> = Vec::new();
    for free in [0.0, 0.3, 1.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0, 14.6, 15.4] {
        let rows = prepared.rank(room(free));
        let mut now: Vec<(String, Verdict)> = rows.iter().map(|row| (row.name.clone(), row.verdict())).collect();
        now.sort();
        for (old, new) in before.iter().zip(&now) {
            assert!(new.1 <= old.1, "{}: {:?}, with {free} GiB {:?}", new.0, old.1, new.1);
        }
        before = now;
    }
}

#[test]
fn large_models_are_listed_with_a_reason_and_the_nearest_form() {
    let prepared = prepared();
    let rows = rows(14.6);
    let qwen = row(&rows, "Qwen/Qwen3-14B");
    let nearest = qwen.nearest.and_then(|at| qwen.choices.get(at)).unwrap();
    assert!(
        nearest.sum.verdict == Verdict::Fits && nearest.label != "BF16",
        "16 bit does not fit, {} does",
        nearest.label
    );
    let llama = row(&rows, "meta-llama/Llama-3.3-70B-Instruct");
    assert_eq!((llama.verdict(), llama.nearest), (Verdict::DoesNotFit, Some(0)));
    let best = llama.best().unwrap();
    assert_eq!(best.label, "IQ3_XXS", "what lacks least");
    let why = prepared.reason(best, room(14.6));
    assert!(why.contains("GiB") || why.contains("layers"), "{why}");
    assert_eq!(row(&rows, "Qwen/Qwen3-0.6B").nearest, None, "the published form fits");
}

#[test]
fn what_vllm_does_not_run_is_refused_with_the_cause() {
    let prepared = prepared();
    let rows = rows(14.6);
    let of = |name: &str, label: &str| {
        let choice =
            row(&rows, name).choices.iter().find(|one| one.engine == Engine::Vllm && one.label == label).unwrap();
        (choice.sum.verdict, prepared.reason(choice, room(14.6)))
    };
    let (verdict, why) = of("EleutherAI/gpt-neo-2.7B", "BF16");
    assert_eq!((verdict, why.as_str()), (Verdict::RefusedAtStart, "vLLM has no class for GPT-Neo"));
    let (verdict, why) = of("meta-llama/Llama-3.2-1B-Instruct", "w8a8");
    assert_eq!(verdict, Verdict::RefusedAtStart);
    assert!(why.contains("Blackwell"), "{why}");
}

#[test]
fn models_without_dimensions_never_fit_for_sure() {
    for row in rows(15.0) {
        let entry = row.entry.and_then(|at| Catalogue::shipped().entries.get(at)).unwrap();
        let grave = entry.variants[0].facts.geometry.doubts.iter().any(|doubt| doubt.grave);
        assert!(!grave || row.verdict() != Verdict::Fits, "{}", row.name);
    }
}

#[test]
fn vllm_is_given_what_is_free() {
    for (free, least, most) in [(15.4, 0.9, 0.95), (12.0, 0.6, 0.77), (0.0, 0.01, 0.01)] {
        let rows = rows(free);
        let given: Vec<f64> = rows.iter().flat_map(|row| &row.choices).filter_map(|one| one.utilization).collect();
        assert!(!given.is_empty() && given.iter().all(|one| (least..=most).contains(one)), "{free}: {given:?}");
    }
}

#[test]
fn each_intent_asks_its_own_length() {
    let rows = |intent| Prepared::new(Catalogue::shipped(), &[], &card(), intent).rank(room(14.6));
    let vllm = |rows: &[Row]| {
        let choices = row(rows, "Qwen/Qwen3-8B").choices.iter();
        choices.filter(|one| one.engine == Engine::Vllm).find(|one| one.label == "AWQ").cloned().unwrap()
    };
    let (chat, long, agents) =
        (vllm(&rows(Intent::Chat)), vllm(&rows(Intent::LongContext)), vllm(&rows(Intent::Agents)));
    assert_eq!((chat.sum.max_model_len, agents.sum.max_model_len), (8192, 8192));
    assert_eq!(long.sum.max_model_len, long.sum.largest_max_model_len);
    assert!(agents.agents.0 > agents.agents.1 && agents.agents.1 >= 4, "{:?}", agents.agents);
}

fn local(name: &str, shelf: Shelf, facts: Result<Facts, String>, engines: &[Engine]) -> LocalModel {
    LocalModel {
        name: name.to_owned(),
        shelf,
        path: PathBuf::from("there"),
        bytes: 5_000_000_000,
        last_used: None,
        complete: true,
        facts,
        engines: engines.to_vec(),
        digest: None,
        disk: Disk::default(),
    }
}

fn facts(id: &str, label: &str) -> Facts {
    let entry = Catalogue::shipped().find(id).unwrap();
    entry.variants.iter().find(|one| one.label == label).unwrap().facts.clone()
}

#[test]
fn local_models_find_their_entries() {
    let gguf = |mix: &str| Facts {
        quant: Quant { scheme: Scheme::Gguf(mix.to_owned()), ..Quant::default() },
        exact: Exact::Total(5_000_000_000),
        ..facts("Qwen/Qwen3-8B", "Q4_K_M")
    };
    let all = [
        local("Qwen/Qwen3-8B-AWQ", Shelf::HuggingFace, Ok(facts("Qwen/Qwen3-8B", "AWQ")), &[Engine::Vllm]),
        local("qwen3:8b", Shelf::Ollama, Ok(gguf("Q4_K_M")), &[Engine::Ollama]),
        local("Qwen3-8B-Q6_K.gguf", Shelf::Folder, Ok(gguf("Q6_K")), &[Engine::LlamaCpp]),
        local("qwen3:8b-q8_0", Shelf::Ollama, Ok(gguf("Q8_0")), &[Engine::Ollama]),
        local("my-own-model", Shelf::Folder, Err("its header is cut off".to_owned()), &[Engine::LlamaCpp]),
    ];
    let mut prepared = Prepared::new(Catalogue::shipped(), &all, &card(), Intent::Chat);
    let rows = prepared.rank(room(14.6));
    let qwen = row(&rows, "Qwen/Qwen3-8B");
    let of = |at: usize| qwen.choices.iter().find(|one| one.local == Some(at)).unwrap();
    for (at, label, by_name) in [(0, "AWQ", false), (1, "Q4_K_M", false), (2, "Q6_K", true), (3, "Q8_0", true)] {
        assert_eq!((of(at).label.as_str(), of(at).by_name), (label, by_name), "{}", all[at].name);
    }
    let awq = qwen.choices.iter().filter(|one| one.label == "AWQ" && one.engine == Engine::Vllm);
    assert_eq!(awq.count(), 1, "it stands for the catalogue's own");
    let stray = row(&rows, "my-own-model");
    assert_eq!((stray.entry, stray.verdict()), (None, Verdict::RefusedAtStart));
    assert_eq!(prepared.reason(stray.best().unwrap(), room(14.6)), "its header is cut off");
    let here = Filter { local_only: true, ..Filter::default() };
    assert_eq!(view(&rows, &here, Sort::Name).len(), 2);
}

#[test]
fn filters_keep_what_they_say() {
    let rows = rows(14.6);
    let count = |filter: Filter| view(&rows, &filter, Sort::Score).len();
    let whole = Filter::default;
    assert_eq!(count(whole()), rows.len());
    assert_eq!(count(Filter { taxonomy: Some(Taxonomy::Embedding), ..whole() }), 28);
    assert_eq!(count(Filter { local_only: true, ..whole() }), 0);
    assert_eq!(count(Filter { text: "zzzz qqqq".to_owned(), ..whole() }), 0);
    let fits = count(Filter { fits_only: true, ..whole() });
    assert_eq!(fits, rows.iter().filter(|row| row.verdict().starts()).count());
    for (task, least) in
        [(Capability::Tools, 60), (Capability::Vision, 40), (Capability::Audio, 8), (Capability::Code, 8)]
    {
        let found = view(&rows, &Filter { task: Some(task), ..whole() }, Sort::Score);
        assert!(found.len() >= least && found.len() < rows.len(), "{}: {}", task.name(), found.len());
        assert!(found.iter().all(|at| rows[*at].capabilities.contains(&task)));
    }
    let ollama = view(&rows, &Filter { engine: Some(Engine::Ollama), ..whole() }, Sort::Score);
    assert!(ollama.iter().all(|at| rows[*at].choices.iter().any(|one| one.engine == Engine::Ollama)));
}

#[test]
fn a_search_finds_names_first() {
    let rows = rows(14.6);
    for (typed, first) in [
        ("qwen3-8b", "Qwen/Qwen3-8B"),
        ("phi-4-mini-i", "microsoft/Phi-4-mini-instruct"),
        ("QWEN CODER 7b", "Qwen/Qwen2.5-Coder-7B-Instruct"),
        ("deepseek-r1 llama", "deepseek-ai/DeepSeek-R1-Distill-Llama-8B"),
        ("gptoss", "openai/gpt-oss-20b"),
        ("all-minilm:22m", "sentence-transformers/all-MiniLM-L6-v2"),
    ] {
        let found = view(&rows, &Filter { text: typed.to_owned(), ..Filter::default() }, Sort::Score);
        assert_eq!(found.first().map(|at| rows[*at].name.as_str()), Some(first), "{typed}");
    }
}

#[test]
fn orders_are_by_their_value() {
    let rows = rows(14.6);
    let ordered = |sort| view(&rows, &Filter::default(), sort).into_iter().map(|at| &rows[at]).collect::<Vec<_>>();
    let best = |row: &Row| row.best().cloned().unwrap();
    assert!(ordered(Sort::Name).is_sorted_by_key(|row| row.name.to_ascii_lowercase()));
    let known = |row: &&&Row| best(row).sum.weights > 0;
    assert!(ordered(Sort::Size).iter().filter(known).is_sorted_by_key(|row| best(row).sum.weights));
    assert!(ordered(Sort::Agents).is_sorted_by(|a, b| best(a).agents.1 >= best(b).agents.1));
    let context = |row: &Row| best(row).sum.largest_max_model_len;
    assert!(ordered(Sort::Context).is_sorted_by(|a, b| context(a) >= context(b)));
    let rate = |row: &Row| best(row).rate.map_or(-1.0, |rate| rate.likely);
    assert!(ordered(Sort::Rate).is_sorted_by(|a, b| rate(a) >= rate(b)));
    assert_eq!(ordered(Sort::Score).len(), rows.len());
}

#[test]
fn absurd_rooms_do_no_harm() {
    let mut prepared = prepared();
    for (total, free) in [(0, None), (0, Some(u64::MAX)), (1, Some(0)), (u64::MAX, None), (u64::MAX, Some(u64::MAX))] {
        let rows = prepared.rank(Room { total, free });
        assert_eq!(rows.len(), Catalogue::shipped().entries.len());
        assert!(total > 1 || rows.iter().all(|row| !row.verdict().starts()), "nothing starts on {total} bytes");
    }
}

#[test]
fn remarks_follow_the_card() {
    let fp8 = Scheme::Fp8 { block: None, online: false };
    for (scheme, compute, word) in [
        (&fp8, (7, 0), Some("no FP8 weights")),
        (&fp8, (8, 6), Some("Marlin")),
        (&fp8, (8, 9), None),
        (&Scheme::Nvfp4, (8, 9), Some("Marlin")),
        (&Scheme::Nvfp4, (12, 0), None),
        (&Scheme::Mxfp4, (7, 5), Some("Ampere")),
        (&Scheme::Int8 { group: None }, (12, 0), Some("Blackwell")),
        (&Scheme::Plain, (12, 0), None),
    ] {
        let told = remark(scheme, Engine::Vllm, Some(compute));
        assert_eq!(told.is_some(), word.is_some(), "{scheme:?} {compute:?}: {told:?}");
        assert!(word.is_none_or(|word| told.is_some_and(|told| told.contains(word))), "{told:?}");
    }
    assert_eq!(remark(&fp8, Engine::LlamaCpp, Some((7, 0))), None);
}

/// What the list says of a model is what a start with the solver's flags gives.
#[test]
fn the_list_says_what_the_solution_gives() {
    let entries = Catalogue::shipped().entries.iter().step_by(7).cloned().collect();
    let catalogue = Catalogue { entries };
    for (intent, free) in
        [(Intent::Chat, 14.6), (Intent::Chat, 2.3), (Intent::Agents, 14.6), (Intent::LongContext, 8.0)]
    {
        let room = room(free);
        let mut prepared = Prepared::new(&catalogue, &[], &card(), intent);
        let rows = prepared.rank(room);
        let mut compared = 0;
        for row in &rows {
            let entry = &catalogue.entries[row.entry.unwrap()];
            let begun = row.choices.iter().filter(|choice| choice.sum.verdict.starts());
            for choice in begun.step_by(3) {
                let facts = &entry.variants[choice.variant.unwrap()].facts;
                let name = format!("{} {} {} for {}", row.name, choice.label, choice.engine.name(), intent.name());
                let solved = crate::models::solve::solve(facts, choice.engine, None, room, intent)
                    .unwrap_or_else(|problem| panic!("{name} starts: {problem:?}"));
                let (listed, longest) = (choice.sum.largest_max_model_len, solved.fit.largest_max_model_len);
                assert!(listed.abs_diff(longest) <= longest / 50, "{name}: {listed} listed, {longest} found");
                let share = choice.utilization.map(|share| (share * 100.0).round());
                let set = solved.ask.flags.gpu_memory_utilization.unwrap_or(0.92);
                assert!(share.is_none_or(|share| share == (set * 100.0).round()), "{name}: {share:?}, {set}");
                compared += 1;
            }
        }
        assert!(compared > 20, "{compared} compared for {} with {free} GiB free", intent.name());
    }
}

#[test]
fn what_starts_has_the_context_that_was_judged() {
    for free in [14.6, 2.3] {
        for row in rows(free) {
            let entry = row.entry.and_then(|at| Catalogue::shipped().entries.get(at)).unwrap();
            for choice in row.choices.iter().filter(|choice| choice.sum.verdict.starts()) {
                let facts = &entry.variants[choice.variant.unwrap()].facts;
                let least = facts.geometry.max_context.unwrap_or(entry.context).min(8192);
                let longest = choice.sum.largest_max_model_len;
                assert!(longest >= least, "{} {}: {longest} of {least}", row.name, choice.label);
            }
        }
    }
}
