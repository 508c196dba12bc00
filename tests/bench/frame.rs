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
use std::time::Duration;
use vramdeck::app::{Env, Model};
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
