//! Flags for an intent, the trade of length and requests, the card it would need.

use super::super::Answer;
use super::{Page, word};
use crate::base::{Bytes, Problem, units};
use crate::engines::plan::shell_line;
use crate::models::cards::Spec;
use crate::models::fit::Engine;
use crate::models::rank::Intent;
use crate::models::solve::{self, Point, Solution, Step};

/// Columns of the longest bar.
const BAR: usize = 36;
/// Cards that are named.
const NAMED: usize = 3;

/// Adds what was asked for.
pub(super) fn add(page: &mut Page, answer: &Answer) {
    match &answer.more.solution {
        Some((intent, Ok(found))) => solution(page, *intent, found),
        Some((intent, Err(problem))) => none(page, &format!("no flags for {}", intent.name()), problem),
        None => {}
    }
    if let Some(points) = &answer.more.frontier {
        frontier(page, points);
    }
    if let Some(needed) = &answer.more.card {
        self::needed(page, needed);
    }
}

/// The card that is needed, or why there is none.
pub(super) fn needed(page: &mut Page, needed: &Result<(u64, Vec<Spec>), Problem>) {
    match needed {
        Ok((bytes, cards)) => card(page, *bytes, cards),
        Err(problem) => none(page, "card needed", problem),
    }
}

fn none(page: &mut Page, what: &str, problem: &Problem) {
    page.gap();
    page.fact(what, &format!("{}: {}; {}", problem.what, problem.why, problem.hint));
}

fn solution(page: &mut Page, intent: Intent, found: &Solution) {
    page.gap();
    page.words("  ", &format!("flags for {}: {}", intent.name(), word(found.fit.verdict)));
    page.why(&found.fit.why);
    for step in &found.steps {
        flag(page, step);
    }
    let requests = match found.requests {
        1 => "1 request".to_owned(),
        more => format!("{} requests", units::count(more)),
    };
    page.fact("serves at once", &format!("{requests} of {} tokens", units::count(found.context())));
    let told = match found.ask.engine {
        Engine::Ollama => {
            let pairs = solve::environment(&found.ask).into_iter().map(|(name, value)| format!("{name}={value}"));
            let options = solve::request_options(&found.ask).into_iter().map(|(name, value)| format!("{name}={value}"));
            let (server, request) = (pairs.collect::<Vec<_>>().join(" "), options.collect::<Vec<_>>().join(" "));
            format!("{server}   in each request: {request}")
        }
        Engine::Vllm | Engine::LlamaCpp => shell_line(&solve::flags(&found.ask)),
    };
    let lead = if found.ask.engine == Engine::Ollama { "environment" } else { "command line" };
    page.fact(lead, if told.is_empty() { "nothing to add to the defaults" } else { &told });
}

fn flag(page: &mut Page, step: &Step) {
    let from = if step.from.is_empty() { String::new() } else { format!(" (default {})", step.from) };
    page.words("  ", &format!("{} {}{from}", step.flag, step.to));
    let cost = if step.cost.is_empty() { String::new() } else { format!("; the cost: {}", step.cost) };
    let won = match step.gained {
        0 => String::new(),
        bytes if bytes > 0 => format!("; wins {}", Bytes(bytes.unsigned_abs())),
        bytes => format!("; takes {}", Bytes(bytes.unsigned_abs())),
    };
    page.why(&format!("{}{cost}{won}", step.why));
}

fn frontier(page: &mut Page, points: &[Point]) {
    page.gap();
    page.words("  ", "context × requests at once");
    let Some(most) = points.iter().map(|point| point.requests).max() else {
        page.why("not one request of 512 tokens fits");
        return;
    };
    for point in points {
        let bar = "█".repeat(length(point.requests, most));
        let line = format!("{:>11} tokens {bar} {}", units::count(point.tokens), units::count(point.requests));
        page.words("  ", &line);
    }
}

/// Columns of a bar, by the logarithm: one request is seen beside a thousand.
fn length(requests: u64, most: u64) -> usize {
    let log = |n: u64| (n as f64 + 1.0).ln();
    ((log(requests) / log(most) * BAR as f64).round() as usize).clamp(1, BAR)
}

fn card(page: &mut Page, bytes: u64, cards: &[Spec]) {
    page.gap();
    let named: Vec<&str> = cards.iter().take(NAMED).map(|spec| spec.name.as_str()).collect();
    let known = match (named.is_empty(), cards.len().saturating_sub(NAMED)) {
        (true, _) => "no known card has them".to_owned(),
        (false, 0) => format!("as have {}", named.join(", ")),
        (false, more) => format!("as have {} and {more} more known cards", named.join(", ")),
    };
    page.fact("card needed", &format!("{} in all with nothing else on it, {known}", Bytes(bytes)));
}
