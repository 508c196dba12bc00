//! CPU time of a Markdown answer that streams in: four tokens, layout at 160 columns, the last 48 rows read; again and
//! again up to 8,192 tokens. `cargo bench --bench markdown`. Says for each kind of answer the microseconds per token, the
//! last pushes against the first, and the time to wrap all of it anew at another width.
#![allow(clippy::print_stdout, clippy::expect_used, reason = "a bench prints its figures and fails loudly")]

use ratatui::style::{Modifier, Style};
use std::hint::black_box;
use vramdeck::ui::markdown::{Roles, Stream, highlight};

const TOKENS: usize = 8192;
/// Bytes of a token, about as in English.
const TOKEN: usize = 4;

fn main() {
    let (loaded, ()) = timed(highlight::load);
    println!("highlighter's tables: {:.1} ms", loaded * 1e3);
    for (name, text) in
        [("mixed", repeated(mixed)), ("one code block", code()), ("one list", repeated(item)), ("one table", table())]
    {
        measure(name, &text);
    }
}

fn measure(name: &str, text: &str) {
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let roles = Roles { strong: bold, keyword: bold, ..Roles::default() };
    let mut stream = Stream::default();
    let chars: Vec<char> = text.chars().take(TOKENS * TOKEN).collect();
    let mut pushes = Vec::new();
    for piece in chars.chunks(4 * TOKEN) {
        let piece: String = piece.iter().collect();
        let (seconds, rows) = timed(|| {
            stream.push(&piece);
            let rows = stream.rows(160, &roles);
            black_box(stream.visible(rows.saturating_sub(48)..rows).map(|line| line.spans.len()).sum::<usize>());
            rows
        });
        pushes.push((seconds, rows));
    }
    let (rewrap, rows) = timed(|| stream.rows(100, &roles));
    let mean = |pushes: &[(f64, usize)]| pushes.iter().map(|(seconds, _)| seconds).sum::<f64>() / pushes.len() as f64;
    // The first pushes also compile the grammars' expressions; the second eighth stands for "first".
    let eighth = pushes.len() / 8;
    let (first, last) = (mean(&pushes[eighth..2 * eighth]), mean(&pushes[pushes.len() - eighth..]));
    let most = pushes.iter().map(|(seconds, _)| *seconds).fold(0.0, f64::max);
    println!(
        "{name}: {:.1} µs per token, push {:.0} → {:.0} µs (×{:.2}), slowest {:.1} ms; {} rows; anew {:.1} ms for {rows}",
        mean(&pushes) / 4.0 * 1e6,
        first * 1e6,
        last * 1e6,
        last / first,
        most * 1e3,
        pushes.last().map_or(0, |(_, rows)| *rows),
        rewrap * 1e3,
    );
}

/// CPU seconds that this thread spent in `job`.
fn timed<T>(job: impl FnOnce() -> T) -> (f64, T) {
    let before = cpu_seconds();
    let result = job();
    (cpu_seconds() - before, result)
}

fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux says how long a thread ran");
    let nanoseconds: f64 = stat.split(' ').next().and_then(|n| n.parse().ok()).expect("a number comes first");
    nanoseconds / 1e9
}

fn repeated(part: fn(usize) -> String) -> String {
    let mut text = String::new();
    for n in 0.. {
        if text.len() >= TOKENS * TOKEN {
            break;
        }
        text.push_str(&part(n));
    }
    text
}

fn mixed(n: usize) -> String {
    format!(
        "## Part {n}: what to look at\n\nThe **cache** holds `kv` for every token, so *long* prompts cost memory; see \
         [the notes](https://example.org/{n}) for how the blocks are shared between requests of one prefix.\n\n\
         1. Start the engine and wait until it is ready.\n2. Send one prompt, then **many** at once.\n   - watch the \
         queue\n   - watch the memory\n3. Stop it.\n\n```rust\nfn tokens(text: &str) -> usize {{\n    // one for every \
         word, {n} more\n    text.split_whitespace().count() + {n}\n}}\n```\n\n| setting | value |\n|---|--:|\n| \
         context | {n}096 |\n| batch | 256 |\n\n> Numbers without a basis are guesses.\n\n"
    )
}

fn code() -> String {
    let line = |n| format!("    let value_{n} = compute(\"{n}\", {n}.5)?; // step {n}\n");
    format!("```rust\nfn main() {{\n{}", repeated(line))
}

fn item(n: usize) -> String {
    format!("- item {n} with **some** words and `code` in it, as long as a line of a list usually is\n")
}

fn table() -> String {
    let rows: String = (0..40).map(|n| format!("| row {n} | **{n}** and a few words | {n}.25 |\n")).collect();
    format!("| name | what | how much |\n|---|:-:|--:|\n{rows}\n")
}
