//! Time to judge the whole catalogue anew when free memory changes, and to filter its rows on a keystroke.
//! `cargo bench --bench rank`. Medians, so that other load does not count; goals: 20 ms a ranking, 2 ms a keystroke.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use std::hint::black_box;
use std::time::Instant;
use vramdeck::base::units::{GIB, MIB};
use vramdeck::models::cards;
use vramdeck::models::catalogue::{Capability, Catalogue, FILES};
use vramdeck::models::fit::Room;
use vramdeck::models::rank::{Filter, Intent, Prepared, Sort, view};

const RUNS: usize = 41;

fn main() {
    let parse = median(9, |_| {
        for (file, text) in FILES {
            black_box(Catalogue::parse(file, text).map(|part| part.entries.len()).unwrap_or_default());
        }
    });
    let catalogue = Catalogue::shipped();
    let variants: usize = catalogue.entries.iter().map(|entry| entry.variants.len()).sum();
    println!("catalogue: {} models, {variants} variants, parsed in {:.1} ms", catalogue.entries.len(), parse * 1e3);
    let Some(card) = cards::find("RTX 5080") else { return println!("no card to judge for") };
    for intent in Intent::ALL {
        let prepare = median(3, |_| drop(black_box(Prepared::new(catalogue, &[], card, intent))));
        let mut prepared = Prepared::new(catalogue, &[], card, intent);
        let free = |run: usize| Some(card.total - GIB - 64 * MIB * run as u64);
        let rank = median(RUNS, |run| drop(black_box(prepared.rank(Room { total: card.total, free: free(run) }))));
        let fits = prepared.fits();
        println!(
            "{}: {fits} fits ranked anew in {:.2} ms (goal 20), {:.1} µs each; prepared in {:.0} ms",
            intent.name(),
            rank * 1e3,
            rank * 1e6 / fits as f64,
            prepare * 1e3
        );
    }
    let rows = Prepared::new(catalogue, &[], card, Intent::Chat).rank(Room { total: card.total, free: None });
    for typed in ["", "q", "qw", "qwen", "qwen3 8b", "awq coder 7b", "no such model anywhere"] {
        let filter = Filter { text: typed.to_owned(), task: Some(Capability::Chat), ..Filter::default() };
        let all = Filter { text: typed.to_owned(), ..Filter::default() };
        let mut found = 0;
        let chat = median(RUNS, |_| drop(black_box(view(&rows, &filter, Sort::Score))));
        let every = median(RUNS, |_| found = black_box(view(&rows, &all, Sort::Name)).len());
        let rows = rows.len();
        println!(
            "filter {typed:?}: {found} of {rows} rows in {:.2} ms by name, {:.2} ms for chat",
            every * 1e3,
            chat * 1e3
        );
    }
}

fn median(runs: usize, mut job: impl FnMut(usize)) -> f64 {
    let mut seconds: Vec<f64> = (0..runs)
        .map(|run| {
            let begin = Instant::now();
            job(run);
            begin.elapsed().as_secs_f64()
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}
