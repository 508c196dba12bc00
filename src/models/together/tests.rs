//! Plans on the reference card, 16 GB with a desktop that holds 1.1 GiB, and on any.

use super::*;
use crate::base::units::GIB;
use crate::models::catalogue::Catalogue;
use crate::models::fit::Verdict;
use proptest::prelude::*;
use proptest::sample::select;

const TOTAL: u64 = 16_621_523_107;
const HOST: Host =
    Host { room: Room { total: TOTAL, free: Some(TOTAL - GIB * 11 / 10) }, ram: Some(64 * GIB), link: Some(63e9) };

fn guest(id: &str, label: &str, engine: Engine) -> Guest {
    let entry = Catalogue::shipped().find(id).unwrap_or_else(|| panic!("{id} is not in the catalogue"));
    let found = entry.variants.iter().find(|one| one.label.eq_ignore_ascii_case(label));
    let facts = found.unwrap_or_else(|| panic!("{id} has no {label}")).facts.clone();
    Guest { name: id.to_owned(), facts, engine, version: None, wish: Wish::default() }
}

fn roles(plan: &Together) -> Vec<(usize, Role)> {
    plan.placed.iter().map(|one| (one.guest, one.role)).collect()
}

/// What must hold of every plan.
fn is_sound(plan: &Together, guests: &[Guest]) {
    let held = |role: Role| plan.placed.iter().filter(move |one| one.role == role);
    let asleep: u64 = held(Role::Turns).filter_map(|one| Some(one.asleep.as_ref()?.holds)).sum();
    let turn = held(Role::Turns).map(|one| one.given + asleep - one.asleep.as_ref().unwrap().holds).max();
    let all: u64 = held(Role::Awake).map(|one| one.given).sum::<u64>() + turn.unwrap_or(0);
    assert!(all + plan.spare <= plan.free, "{all} and {} of {}", plan.spare, plan.free);
    assert_ne!(held(Role::Turns).count(), 1, "nobody takes turns alone");
    assert_eq!(plan.placed.len(), guests.len());
    for one in &plan.placed {
        assert!(!one.why.is_empty());
        let Some(solution) = &one.solution else {
            assert_eq!((one.role, one.given), (Role::LeftOut, 0));
            continue;
        };
        assert!(solution.fit.verdict.starts() && one.takes <= one.given && one.takes > 0, "{}", guests[one.guest].name);
        let asked = guests[one.guest].wish.length.unwrap_or(8192);
        let short = guests[one.guest].facts.geometry.max_context.unwrap_or(asked).min(asked);
        assert!(solution.fit.kv_per_token == 0 || solution.context() >= short, "{}", guests[one.guest].name);
    }
}

#[test]
fn what_fits_together_is_awake_and_what_does_not_takes_turns() {
    use Engine::{LlamaCpp, Ollama, Vllm};
    use Role::{Awake, LeftOut, Turns};
    let eight = guest("Qwen/Qwen3-8B", "AWQ", Vllm);
    let small = guest("Qwen/Qwen3-Embedding-0.6B", "BF16", Vllm);
    let brief = Guest { wish: Wish { length: Some(1024), ..Wish::default() }, ..small.clone() };
    let gguf = guest("Qwen/Qwen3-4B", "Q4_K_M", LlamaCpp);
    let ollama = guest("Qwen/Qwen3-8B", "Q4_K_M", Ollama);
    let huge = guest("meta-llama/Llama-3.3-70B-Instruct", "NVFP4", Vllm);
    let fp8 = guest("Qwen/Qwen3-8B", "FP8", Vllm);
    for (guests, wanted) in [
        (vec![&eight], vec![(0, Awake)]),
        (vec![&eight, &small], vec![(0, Awake), (1, Awake)]),
        (vec![&eight, &gguf], vec![(0, Awake), (1, Awake)]),
        (vec![&fp8, &eight], vec![(0, Turns), (1, Turns)]),
        (vec![&brief, &fp8, &ollama], vec![(0, Awake), (1, Turns), (2, Turns)]),
        (vec![&eight, &huge], vec![(0, Awake), (1, LeftOut)]),
    ] {
        let guests: Vec<Guest> = guests.into_iter().cloned().collect();
        let plan = together(&guests, &HOST).unwrap();
        assert_eq!(roles(&plan), wanted, "{:?}", guests.iter().map(|guest| &guest.name).collect::<Vec<_>>());
        is_sound(&plan, &guests);
    }
}

#[test]
fn what_sleepers_keep_by_the_flags_they_got_is_counted() {
    let room = Room { total: 25_241_513_984, free: None };
    let intent = |id: &str, label: &str| Guest {
        wish: Wish { intent: crate::models::rank::Intent::Agents, ..Wish::default() },
        ..guest(id, label, Engine::Vllm)
    };
    let guests = [intent("meta-llama/Llama-3.1-8B-Instruct", "BF16"), intent("Qwen/Qwen3-4B", "FP8")];
    let plan = together(&guests, &Host { room, ..HOST }).unwrap();
    assert_eq!(roles(&plan), [(0, Role::Turns), (1, Role::Turns)]);
    is_sound(&plan, &guests);
}

#[test]
fn what_is_left_is_dealt_out_and_no_more_than_is_wished() {
    let guests = [guest("Qwen/Qwen3-4B", "AWQ", Engine::Vllm), guest("Qwen/Qwen3-4B", "Q4_K_M", Engine::LlamaCpp)];
    let plan = together(&guests, &HOST).unwrap();
    let contexts: Vec<u64> = plan.placed.iter().map(|one| one.solution.as_ref().unwrap().context()).collect();
    assert!(contexts.iter().all(|context| *context >= 32_000), "both get what a chat wants: {contexts:?}");
    let alone = together(&guests[1..], &HOST).unwrap();
    assert!(alone.spare > 4 * GIB, "a model that has all it wishes leaves the rest: {alone:?}");
}

#[test]
fn sleeping_has_its_price() {
    let guests = [guest("Qwen/Qwen3-8B", "FP8", Engine::Vllm), guest("Qwen/Qwen3-8B", "Q8_0", Engine::LlamaCpp)];
    let plan = together(&guests, &HOST).unwrap();
    let asleep: Vec<&Asleep> = plan.placed.iter().filter_map(|one| one.asleep.as_ref()).collect();
    let (least, most) = asleep[0].wake.clone().unwrap();
    assert!(least > 0.1 && most < 1.0 && least < most, "8.8 GiB over 63 GB/s: {least} to {most} s");
    assert!(asleep[0].holds > CONTEXT && asleep[0].ram > 8 * GIB);
    assert_eq!((asleep[1].rest, asleep[1].holds), (Rest::Stops, 0));
    assert!(asleep[1].wake.is_err());
    // Without RAM for its weights nobody sleeps: the last one is left out.
    let poor = together(&guests, &Host { ram: Some(GIB), link: None, ..HOST }).unwrap();
    assert_eq!(roles(&poor), [(0, Role::Awake), (1, Role::LeftOut)]);
    assert!(poor.placed[1].why.contains("no room"));
}

#[test]
fn where_nothing_starts_it_is_said_why() {
    let none = together(&[], &HOST).unwrap_err();
    assert_eq!(none.exit_code(), 2);
    let huge = together(&[guest("meta-llama/Llama-3.3-70B-Instruct", "NVFP4", Engine::Vllm)], &HOST).unwrap_err();
    assert!(huge.why.contains("Llama-3.3-70B") && huge.exit_code() == 1, "{huge:?}");
}

#[test]
fn nobody_takes_turns_with_one_that_has_no_flags() {
    let small = guest("Qwen/Qwen3-Embedding-0.6B", "BF16", Engine::Vllm);
    let guests = [small.clone(), small, guest("Qwen/Qwen3-4B", "Q4_K_M", Engine::LlamaCpp)];
    let host = Host { room: Room { total: 24 * GIB, free: Some(7 * GIB) }, ..HOST };
    is_sound(&together(&guests, &host).unwrap(), &guests);
}

#[test]
fn a_little_more_than_the_least_leaves_nobody_out() {
    let small = guest("Qwen/Qwen3-Embedding-0.6B", "BF16", Engine::Vllm);
    let guests = [small.clone(), small, guest("Qwen/Qwen3.5-9B", "FP8", Engine::Vllm)];
    let host = Host { room: Room { total: 24 * GIB, free: Some(18 * GIB) }, ..HOST };
    let plan = together(&guests, &host).unwrap();
    assert!(roles(&plan).iter().all(|(at, role)| *at == 2 || *role != Role::LeftOut), "{:?}", roles(&plan));
    is_sound(&plan, &guests);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn every_plan_is_sound(
        picks in proptest::collection::vec(select(vec![
            ("Qwen/Qwen3-8B", "AWQ", Engine::Vllm), ("Qwen/Qwen3-4B", "Q4_K_M", Engine::LlamaCpp),
            ("Qwen/Qwen3-Embedding-0.6B", "BF16", Engine::Vllm), ("Qwen/Qwen3.5-9B", "FP8", Engine::Vllm),
            ("Qwen/Qwen3-14B", "Q4_K_M", Engine::Ollama),
        ]), 1..5),
        free in 1_u64..16, more in 0_u64..8,
    ) {
        let guests: Vec<Guest> = picks.iter().map(|(id, label, engine)| guest(id, label, *engine)).collect();
        let plan = |free: u64| {
            let room = Room { total: 24 * GIB, free: Some(free * GIB) };
            together(&guests, &Host { room, ..HOST })
        };
        let first = |plan: &Result<Together, Problem>| plan.as_ref().ok().and_then(|plan| {
            plan.placed.iter().filter(|one| one.role != Role::LeftOut).map(|one| one.guest).min()
        });
        let (small, large) = (plan(free), plan(free + more));
        prop_assert!(first(&small).is_none_or(|one| first(&large) <= Some(one)), "more memory serves the first no less");
        for plan in [small, large].iter().flatten() {
            is_sound(plan, &guests);
            prop_assert!(plan.placed.iter().all(|one| one.solution.as_ref().is_none_or(|s| s.fit.verdict <= Verdict::Tight)));
        }
    }
}
