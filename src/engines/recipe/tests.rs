use super::*;
use crate::engines::EngineKind;
use crate::engines::flags::{FlagTable, TableSource, bundled};
use crate::models::cards;
use crate::models::catalogue::Catalogue;
use crate::models::fit::{Engine, Room};
use crate::models::lookup::{Meant, lookup};
use crate::models::solve::{Solution, solve_for};

struct Stand {
    engine: Engine,
    kind: EngineKind,
    table: FlagTable,
    name: &'static str,
    compute: Option<(u32, u32)>,
    cards: u32,
    /// What others hold of the card, bytes.
    held: u64,
}

fn stand(kind: EngineKind, name: &'static str) -> Stand {
    let engine = match kind {
        EngineKind::LlamaCpp => Engine::LlamaCpp,
        EngineKind::Ollama => Engine::Ollama,
        _ => Engine::Vllm,
    };
    Stand { engine, kind, table: bundled(kind).unwrap(), name, compute: Some((12, 0)), cards: 1, held: 1 << 30 }
}

impl Stand {
    fn make(&self, choices: &Choices) -> Recipe {
        let card = cards::find("RTX 5080").unwrap();
        let meant = lookup(self.name, Some(self.engine), None, Catalogue::shipped(), &[]);
        let (entry, facts) = match meant {
            Some(Meant::Variant(entry, variant)) => (Some(entry), Some(&variant.facts)),
            _ => (None, None),
        };
        let room = Room { total: card.total, free: Some(card.total - self.held) };
        let solved: Result<Solution, String> = facts.ok_or("nothing is known of it".to_owned()).and_then(|facts| {
            solve_for(facts, self.engine, None, room, choices.profile.wish()).map_err(|problem| problem.to_string())
        });
        let at = Situation {
            kind: self.kind,
            engine: self.engine,
            version: None,
            cpu_build: false,
            table: &self.table,
            rules: Rules::shipped(self.engine),
            room: Some(room),
            compute: self.compute,
            cards: self.cards,
            wsl: false,
            facts,
            entry,
            solution: solved.as_ref().map_err(String::as_str),
        };
        compose(&at, choices)
    }
}

fn of(profile: Profile) -> Choices {
    Choices { profile, ..Choices::default() }
}

fn value<'a>(recipe: &'a Recipe, flag: &str) -> Option<&'a str> {
    recipe.chosen.iter().find(|one| one.flag == flag).map(|one| one.value.as_deref().unwrap_or("set"))
}

fn says(recipe: &Recipe, part: &str) -> bool {
    recipe.notes.iter().any(|note| note.contains(part))
}

#[test]
fn profiles_differ_and_every_flag_has_a_reason_and_a_source() {
    let stand = stand(EngineKind::Vllm, "Qwen/Qwen3-8B-AWQ");
    let mut seen = std::collections::HashSet::new();
    for profile in Profile::ALL {
        let recipe = stand.make(&of(profile));
        assert!(seen.insert(format!("{:?}", recipe.flags)), "{} is as another", profile.name());
        for one in &recipe.chosen {
            assert!(!one.why.is_empty() && !one.source.is_empty(), "{one:?}");
        }
        crate::engines::flags::verify(EngineKind::Vllm, &recipe.flags, &stand.table).unwrap();
    }
    let agents = stand.make(&of(Profile::Agents));
    assert_eq!(value(&agents, "--stream-interval"), Some("8"));
    assert_eq!(value(&agents, "--performance-mode"), Some("throughput"));
    assert!(value(&agents, "--max-num-queued-reqs").is_some());
    assert_eq!(value(&stand.make(&of(Profile::FastBoot)), "--enforce-eager"), Some("set"));
    let least = stand.make(&of(Profile::LeastMemory));
    let bytes: u64 = value(&least, "--kv-cache-memory-bytes").unwrap().parse().unwrap();
    assert!(bytes > 64 << 20 && bytes < 2 << 30, "{bytes}");
    let share: f64 = value(&least, "--gpu-memory-utilization").unwrap().parse().unwrap();
    assert!(share > 0.3 && share < 0.75, "{share}");
}

#[test]
fn memory_is_the_solvers_and_what_gives_way_is_said() {
    let recipe = stand(EngineKind::Vllm, "Qwen/Qwen3-8B-AWQ").make(&of(Profile::Agents));
    let seqs = recipe.chosen.iter().find(|one| one.flag == "--max-num-seqs").unwrap();
    assert_eq!(seqs.origin, Origin::Solver);
    assert!(says(&recipe, "--max-num-seqs 128 gives way to"), "{:?}", recipe.notes);
}

#[test]
fn what_was_set_by_hand_stays_and_is_said() {
    let own = vec![
        FlagSetting { flag: "--max_num_seqs".into(), value: Some("3".into()) },
        FlagSetting { flag: "--no-enable-prefix-caching".into(), value: None },
    ];
    let choices = Choices { own, own_env: vec![("A".into(), "b".into())], ..of(Profile::Agents) };
    let recipe = stand(EngineKind::Vllm, "Qwen/Qwen3-8B-AWQ").make(&choices);
    assert_eq!(
        recipe.flags.iter().filter(|set| set.flag.contains("num_seqs") || set.flag.contains("num-seqs")).count(),
        1
    );
    assert_eq!(value(&recipe, "--max_num_seqs"), Some("3"));
    assert_eq!(value(&recipe, "--enable-prefix-caching"), None);
    assert!(says(&recipe, "--max_num_seqs 3 was set by hand and stays; solver would be"), "{:?}", recipe.notes);
    assert_eq!(recipe.env, [("A".to_owned(), "b".to_owned())]);
}

#[test]
fn the_card_the_model_and_the_version_decide() {
    let gpt = stand(EngineKind::Vllm, "openai/gpt-oss-20b").make(&of(Profile::Balanced));
    assert_eq!(value(&gpt, "--moe-backend"), Some("marlin"), "{gpt:?}");
    assert_eq!(value(&gpt, "--attention-backend"), Some("TRITON_ATTN"));
    let ada = Stand { compute: Some((8, 9)), ..stand(EngineKind::Vllm, "openai/gpt-oss-20b") };
    let ada = ada.make(&of(Profile::Balanced));
    assert_eq!((value(&ada, "--moe-backend"), value(&ada, "--attention-backend")), (None, None));
    let tools = stand(EngineKind::Vllm, "Qwen/Qwen3-8B").make(&of(Profile::Interactive));
    assert!(value(&tools, "--tool-call-parser").is_some() || says(&tools, "--tool-call-parser"), "{:?}", tools.notes);
    let mut old = stand(EngineKind::Vllm, "Qwen/Qwen3-8B-AWQ");
    old.table.source = TableSource::Installed("0.20.0".into());
    old.table.flags.retain(|spec| spec.name() != "--stream-interval");
    let recipe = old.make(&of(Profile::Agents));
    assert!(
        value(&recipe, "--stream-interval").is_none() && says(&recipe, "vllm 0.20.0 has no flag --stream-interval")
    );
    assert!(!says(&recipe, "as shipped with vramdeck"));
}

#[test]
fn choices_add_their_flags() {
    let two = Stand { cards: 2, ..stand(EngineKind::Vllm, "Qwen/Qwen3.5-9B") };
    let extras = vec![Extra::Sleep, Extra::Speculative, Extra::Lora, Extra::CpuOffload, Extra::AllCards, Extra::Ray];
    let recipe = two.make(&Choices { extras, ..of(Profile::Balanced) });
    for (flag, is) in [
        ("--enable-sleep-mode", "set"),
        ("--enable-lora", "set"),
        ("--cpu-offload-gb", "7"),
        ("--tensor-parallel-size", "2"),
        ("--distributed-executor-backend", "ray"),
        ("VLLM_SERVER_DEV_MODE", "1"),
    ] {
        assert_eq!(value(&recipe, flag), Some(is), "{flag} {:?}", recipe.chosen);
    }
    assert!(value(&recipe, "--speculative-config").is_some_and(|value| value.contains("mtp")));
    assert!(says(&recipe, "ray start --head"));
}

#[test]
fn what_is_too_large_leaves_as_much_in_ram_as_is_missing() {
    let with = Choices { extras: vec![Extra::CpuOffload], ..of(Profile::Balanced) };
    let gib = |name| {
        let recipe = stand(EngineKind::Vllm, name).make(&with);
        value(&recipe, "--cpu-offload-gb").unwrap().parse::<u64>().unwrap()
    };
    assert_eq!(gib("Qwen/Qwen3-4B-FP8"), 4, "it would start anyway");
    let (eight, fourteen) = (gib("Qwen/Qwen3-8B"), gib("Qwen/Qwen3-14B"));
    assert!((2..8).contains(&eight) && (13..20).contains(&fourteen), "{eight} {fourteen}");
}

#[test]
fn a_profile_asks_no_more_than_the_sum_holds() {
    for (name, profile) in [
        ("tiiuae/falcon-7b", Profile::Agents),
        ("Qwen/Qwen3-8B-AWQ", Profile::Interactive),
        ("Qwen/Qwen3-8B-AWQ", Profile::Balanced),
        ("Qwen/Qwen3-8B-AWQ", Profile::LongContext),
    ] {
        let recipe = stand(EngineKind::Vllm, name).make(&of(profile));
        let Some(Meant::Variant(_, variant)) = lookup(name, Some(Engine::Vllm), None, Catalogue::shipped(), &[]) else {
            panic!("{name}")
        };
        let words: Vec<String> = recipe
            .flags
            .iter()
            .filter(|set| crate::models::solve::counts(Engine::Vllm, &set.flag))
            .flat_map(|set| [Some(set.flag.clone()), set.value.clone()])
            .flatten()
            .collect();
        let ask = crate::models::solve::asked(Engine::Vllm, &words).unwrap();
        let total = cards::find("RTX 5080").unwrap().total;
        let room = Room { total, free: Some(total - (1 << 30)) };
        let fit = crate::models::fit::Needs::of(&variant.facts, &ask, total).unwrap().explain(room);
        assert!(fit.verdict.starts(), "{name} {}: {}", profile.name(), fit.why);
    }
    let one_person = stand(EngineKind::Vllm, "Qwen/Qwen3-8B-AWQ").make(&of(Profile::Interactive));
    assert_eq!(value(&one_person, "--max-num-seqs"), Some("8"), "{:?}", one_person.notes);
    let headless = Stand { held: 450 << 20, ..stand(EngineKind::Vllm, "allenai/OLMo-2-1124-7B-Instruct") };
    let cramped = headless.make(&of(Profile::Balanced));
    assert!(says(&cramped, "too few to be of use"), "{:?}", cramped.notes);
}

#[test]
fn a_choice_that_changes_nothing_and_a_parser_of_a_plugin_are_said() {
    let extras = vec![Extra::AllCards, Extra::Speculative];
    let recipe = stand(EngineKind::Vllm, "Qwen/Qwen3-8B-AWQ").make(&Choices { extras, ..of(Profile::Balanced) });
    assert!(says(&recipe, "--with all-cards changes nothing here: it needs more than one card"));
    assert!(says(&recipe, "--with speculative changes nothing here"), "{:?}", recipe.notes);
    let nano = stand(EngineKind::Vllm, "nvidia/NVIDIA-Nemotron-Nano-9B-v2").make(&of(Profile::Balanced));
    assert_eq!((value(&nano, "--tool-call-parser"), value(&nano, "--enable-auto-tool-choice")), (None, None));
    assert!(says(&nano, "--tool-parser-plugin"), "{:?}", nano.notes);
}

/// Every parser that a recipe passes is one that the engine brings, and those of instruct models do not swallow answers.
#[test]
fn parsers_of_the_catalogue_are_the_engines_own() {
    let table = bundled(EngineKind::Vllm).unwrap();
    let known = |flag: &str| table.find(flag).unwrap().choices.clone();
    let (tools, reasoning) = (known("--tool-call-parser"), known("--reasoning-parser"));
    for entry in &Catalogue::shipped().entries {
        if let Some(parser) = &entry.tool_parser {
            assert!(tools.contains(&parser.value) || parser.value == "nemotron_json", "{}: {}", entry.id, parser.value);
        }
        if let Some(parser) = &entry.reasoning_parser {
            assert!(reasoning.contains(&parser.value), "{}: {}", entry.id, parser.value);
            assert!(!entry.id.contains("Instruct-2507"), "{} does not think", entry.id);
        }
    }
}

#[test]
fn other_engines_have_their_own_words() {
    let llama = stand(EngineKind::LlamaCpp, "Qwen/Qwen3-8B").make(&of(Profile::LeastMemory));
    assert_eq!(value(&llama, "--cache-ram"), Some("0"), "{llama:?}");
    let ollama = stand(EngineKind::Ollama, "Qwen/Qwen3-8B").make(&of(Profile::Agents));
    assert_eq!(value(&ollama, "OLLAMA_MAX_QUEUE"), Some("2048"), "{ollama:?}");
    assert!(ollama.flags.iter().any(|set| set.flag == "--max-queue"));
}

#[test]
fn a_simulated_engine_gets_what_it_takes() {
    let recipe = stand(EngineKind::Simulated, "Qwen/Qwen3-8B-AWQ").make(&of(Profile::Agents));
    assert!(recipe.flags.iter().any(|set| set.flag == "--weights-gib"));
    assert!(recipe.flags.iter().all(|set| set.flag != "--stream-interval"));
    assert_eq!(value(&recipe, "--stream-interval"), Some("8"), "it is shown all the same");
}

#[test]
fn nothing_known_composes_all_the_same() {
    for kind in [EngineKind::Vllm, EngineKind::LlamaCpp, EngineKind::Ollama] {
        let unknown = Stand { compute: None, cards: 0, ..stand(kind, "nobody/nothing") };
        for profile in Profile::ALL {
            let recipe = unknown.make(&of(profile));
            assert!(says(&recipe, "memory is not worked out"), "{recipe:?}");
            crate::engines::flags::verify(kind, &recipe.flags, &unknown.table).unwrap();
        }
    }
}
