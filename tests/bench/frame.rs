//! CPU time of one frame: `cargo bench --bench frame`. Each screen and overlay at 160×48, drawn anew 300 times, with the
//! difference to the frame before as the terminal would get it; the slowest frame is told beside the mean.
#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a bench fails loudly"
)]
#![allow(dead_code, reason = "it shares the builders of the screen tests and uses its part of them")]

#[path = "../screens/look.rs"]
mod look;
#[path = "../screens/support.rs"]
mod support;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;
use vramdeck::app::screens::models::examine::examine;
use vramdeck::app::screens::models::ranking::Ranking;
use vramdeck::app::screens::models::{Effect as Wish, Msg as Told};
use vramdeck::app::{Effect, Env, Model, Msg};
use vramdeck::models::catalogue::Catalogue;
use vramdeck::models::rank::rank;
use vramdeck::ui::{Cache, view};

const FRAMES: usize = 300;
const SIZE: Rect = Rect { x: 0, y: 0, width: 160, height: 48 };

fn main() {
    for (name, keys) in [
        ("card", "1"),
        ("card, every fact", "1 i"),
        ("models", "2"),
        ("engines", "3"),
        ("chat", "4"),
        ("help", "1 ?"),
        ("palette", "1 ctrl+p"),
    ] {
        let mut model = support::flown(support::desktop());
        model.shared.size = (SIZE.width, SIZE.height);
        support::press(&mut model, keys);
        measure(name, &model);
    }
    let mut model = support::flown(support::desktop());
    model.shared.size = (SIZE.width, SIZE.height);
    let asked = support::press(&mut model, "2");
    answer(&mut model, asked);
    let listed = model.models.list.order.len();
    measure(&format!("models, {listed} listed"), &model);
    type_into(&mut model);
}

/// Answers what the Models screen asks for with the real catalogue.
fn answer(model: &mut Model, mut open: Vec<Effect>) {
    while let Some(effect) = open.pop() {
        let told = match effect {
            Effect::Models(Wish::Rank { generation, situation, local }) => {
                let catalogue = Arc::new(Catalogue::shipped().clone());
                let rows = rank(&catalogue, &local, &situation);
                let situation = *situation;
                Told::Ranked(Arc::new(Ranking { generation, situation, catalogue, local, rows, took: Duration::ZERO }))
            }
            Effect::Models(Wish::Examine { generation, ranking, picks }) => {
                let details = picks.iter().filter_map(|pick| examine(&ranking, pick)).map(Arc::new).collect();
                Told::Examined { generation, details }
            }
            _ => continue,
        };
        open.extend(support::send(model, Msg::Models(told)));
    }
}

/// A filter typed letter by letter: what each key costs until its frame is drawn.
fn type_into(model: &mut Model) {
    support::press(model, "/");
    let (mut sum, mut most, mut keys) = (0.0, 0.0f64, 0);
    for letter in "qwen coder awq 7b".chars() {
        let name = if letter == ' ' { "space".to_owned() } else { letter.to_string() };
        let start = cpu_seconds();
        // Takes the key in and draws.
        let asked = support::press(model, &name);
        let took = cpu_seconds() - start;
        // What is worked out meanwhile comes from another thread.
        answer(model, asked);
        (sum, most, keys) = (sum + took, most.max(took), keys + 1);
    }
    let mean = sum / f64::from(keys);
    println!("{:<18} {:>7.0} µs a key,   slowest {:>7.0} µs", "models, filtered", mean * 1e6, most * 1e6);
}

fn measure(name: &str, model: &Model) {
    let (theme, mut cache) = (support::theme("catppuccin-mocha"), Cache::default());
    let mut before = Buffer::empty(SIZE);
    let (mut sum, mut most) = (0.0, 0.0f64);
    for step in 0..FRAMES {
        // A second passes between two frames: ages move on, as they do on screen.
        let passed = Duration::from_secs(step as u64);
        let env = Env { now: support::now() + passed, uptime: passed };
        let start = cpu_seconds();
        let mut buffer = Buffer::empty(SIZE);
        black_box(view(model, &env, &theme, false, &mut cache, &mut buffer));
        black_box(before.diff(&buffer).len());
        let took = cpu_seconds() - start;
        before = buffer;
        sum += took;
        most = most.max(took);
    }
    println!("{name:<18} {:>7.0} µs a frame, slowest {:>7.0} µs", sum / FRAMES as f64 * 1e6, most * 1e6);
}

fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux says how long a thread ran");
    let nanoseconds: f64 = stat.split(' ').next().and_then(|n| n.parse().ok()).expect("a number comes first");
    nanoseconds / 1e9
}
