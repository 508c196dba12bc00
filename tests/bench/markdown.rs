//! Time of a Markdown answer that streams in: four tokens, layout at 160 columns, the last 48 rows read; again and
//! again up to 8,192 tokens; of every push the median of nine runs counts, so that other load does not. `cargo bench --bench markdown`. Says for each kind of answer the microseconds per token, the
//! last pushes against the first, and the time to wrap all of it anew at another width.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use ratatui::style::{Modifier, Style};
use std::hint::black_box;
use std::time::Instant;
use vramdeck::ui::markdown::{Roles, Stream, highlight};

const TOKENS: usize = 8192;
const RUNS: usize = 9;
/// Bytes of a token, about as in English.
const TOKEN: usize = 4;

fn main() {
    let (ready, ()) = timed(|| highlight::prepare("rust"));
    println!("highlighter ready for a language: {:.1} ms (on a thread of its own in the deck)", ready * 1e3);
    for (name, text) in
        [("mixed", repeated(mixed)), ("one code block", code()), ("one list", repeated(item)), ("one table", table())]
    {
        measure(name, &text);
    }
}

fn measure(name: &str, text: &str) {
    let chars: Vec<char> = text.chars().take(TOKENS * TOKEN).collect();
    let pieces: Vec<String> = chars.chunks(4 * TOKEN).map(|piece| piece.iter().collect()).collect();
    let runs: Vec<Run> = (0..RUNS).map(|_| run(&pieces)).collect();
    let pushes: Vec<f64> = (0..pieces.len()).map(|n| median(runs.iter().map(|run| run.pushes[n]))).collect();
    let mean = |pushes: &[f64]| pushes.iter().sum::<f64>() / pushes.len() as f64;
    let most = |pushes: &[f64]| pushes.iter().copied().fold(0.0, f64::max);
    let eighth = pushes.len() / 8;
    let (first, last) = (mean(&pushes[..eighth]), mean(&pushes[pushes.len() - eighth..]));
    println!(
        "{name}: {:.1} µs per token, push {:.0} → {:.0} µs (×{:.2}), slowest {:.2} ms (first run {:.1} ms); {} rows; anew {:.1} ms",
        mean(&pushes) / 4.0 * 1e6,
        first * 1e6,
        last * 1e6,
        last / first,
        most(&pushes) * 1e3,
        most(&runs[0].pushes) * 1e3,
        runs[0].rows,
        median(runs.iter().map(|run| run.anew)) * 1e3,
    );
}

/// Seconds of one run.
struct Run {
    pushes: Vec<f64>,
    rows: usize,
    anew: f64,
}

fn run(pieces: &[String]) -> Run {
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let roles = Roles { strong: bold, keyword: bold, ..Roles::default() };
    let mut stream = Stream::default();
    let push = |piece: &String| {
        let (seconds, ()) = timed(|| {
            stream.push(piece);
            let rows = stream.rows(160, &roles);
            black_box(stream.visible(rows.saturating_sub(48)..rows).map(|line| line.spans.len()).sum::<usize>());
        });
        seconds
    };
    let pushes = pieces.iter().map(push).collect();
    let rows = stream.rows(160, &roles);
    let (anew, _) = timed(|| stream.rows(100, &roles));
    Run { pushes, rows, anew }
}

fn median(seconds: impl Iterator<Item = f64>) -> f64 {
    let mut seconds: Vec<f64> = seconds.collect();
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

fn timed<T>(job: impl FnOnce() -> T) -> (f64, T) {
    let begin = Instant::now();
    let result = job();
    (begin.elapsed().as_secs_f64(), result)
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
    let rows: String = (0..300).map(|n| format!("| row {n} | **{n}** and a few words | {n}.25 |\n")).collect();
    format!("| name | what | how much |\n|---|:-:|--:|\n{rows}\n")
}
