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
}

fn stand(kind: EngineKind, name: &'static str) -> Stand {
    let engine = match kind {
        EngineKind::LlamaCpp => Engine::LlamaCpp,
        EngineKind::Ollama => Engine::Ollama,
        _ => Engine::Vllm,
    };
    Stand { engine, kind, table: bundled(kind).unwrap(), name, compute: Some((12, 0)), cards: 1 }
}

impl Stand {
    fn make(&self, choices: &Choices) -> Recipe {
        let card = cards::find("RTX 5080").unwrap();
        let meant = lookup(self.name, Some(self.engine), None, Catalogue::shipped(), &[]);
        let (entry, facts) = match meant {
            Some(Meant::Variant(entry, variant)) => (Some(entry), Some(&variant.facts)),
            _ => (None, None),
        };
        let room = Room { total: card.total, free: Some(card.total - (1 << 30)) };
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
        ("--cpu-offload-gb", "4"),
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
