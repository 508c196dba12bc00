//! Time to preview a launch of a catalogue model: the solver, the recipe, the plan and its command line.
//! `cargo bench --bench recipe`. Medians, so that other load does not count; goal: 5 ms a preview.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use std::hint::black_box;
use std::time::Instant;
use vramdeck::base::Problem;
use vramdeck::base::units::GIB;
use vramdeck::engines::flags::bundled;
use vramdeck::engines::plan::{Given, plan, shell_line};
use vramdeck::engines::recipe::{Choices, Profile, Rules, Situation, compose};
use vramdeck::engines::{EngineKind, Found, LaunchSpec};
use vramdeck::models::cards;
use vramdeck::models::catalogue::Catalogue;
use vramdeck::models::fit::{Engine, Room};
use vramdeck::models::lookup::{Meant, lookup};
use vramdeck::models::solve::solve_for;

const RUNS: usize = 41;

fn main() -> Result<(), Problem> {
    let catalogue = Catalogue::shipped();
    let Some(card) = cards::find("RTX 5080") else {
        println!("no card to compose for");
        return Ok(());
    };
    let room = Room { total: card.total, free: Some(card.total.saturating_sub(GIB)) };
    let table = bundled(EngineKind::Vllm)?;
    for name in ["Qwen/Qwen3-8B-AWQ", "openai/gpt-oss-20b", "Qwen/Qwen3.5-9B"] {
        for profile in Profile::ALL {
            let mut words = 0;
            let seconds = median(RUNS, || {
                let Some(Meant::Variant(entry, variant)) = lookup(name, Some(Engine::Vllm), None, catalogue, &[])
                else {
                    return;
                };
                let solved = solve_for(&variant.facts, Engine::Vllm, None, room, profile.wish());
                let solved = solved.map_err(|problem| problem.what);
                let at = Situation {
                    kind: EngineKind::Vllm,
                    engine: Engine::Vllm,
                    version: None,
                    cpu_build: false,
                    table: &table,
                    rules: Rules::shipped(Engine::Vllm),
                    room: Some(room),
                    compute: card.compute,
                    cards: 1,
                    wsl: false,
                    facts: Some(&variant.facts),
                    entry: Some(entry),
                    solution: solved.as_ref().map_err(String::as_str),
                };
                let recipe = compose(&at, &Choices { profile, ..Choices::default() });
                let spec = LaunchSpec {
                    engine: EngineKind::Vllm,
                    model: name.to_owned(),
                    name: None,
                    port: Some(8000),
                    program: None,
                    flags: recipe.flags,
                    env: recipe.env,
                };
                let found = Found { command: vec!["vllm".to_owned()], ..Found::default() };
                let plan = plan(&spec, &Given { found, ..Given::default() }, &table);
                words = black_box(plan.map(|plan| shell_line(&plan.argv).len()).unwrap_or_default());
            });
            println!("{name} {}: {:.2} ms (goal 5), {words} bytes of command", profile.name(), seconds * 1e3);
        }
    }
    Ok(())
}

fn median(runs: usize, mut job: impl FnMut()) -> f64 {
    let mut seconds: Vec<f64> = (0..runs)
        .map(|_| {
            let begin = Instant::now();
            job();
            begin.elapsed().as_secs_f64()
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}
