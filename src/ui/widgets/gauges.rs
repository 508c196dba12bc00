//! What an engine says of itself, as words with their figures: one row on the Card screen, more in a run's facts.

use crate::base::{Reading, text, units};
use crate::engines::metrics::{Live, Sleep};
use crate::ui::Canvas;
use crate::ui::theme::Role;
use ratatui::text::Span;

/// A word and its figure.
pub type Fact = [Span<'static>; 2];

struct Facts<'a, 'b> {
    canvas: &'a Canvas<'b>,
    out: Vec<Fact>,
}

impl Facts<'_, '_> {
    fn say(&mut self, word: &str, said: String, role: Role) {
        let word = Span::styled(format!("{word} "), self.canvas.style(Role::Dim));
        self.out.push([word, Span::styled(said, self.canvas.style(role))]);
    }

    /// The figure at a steady width, or `?`.
    fn tell<T>(&mut self, word: &str, reading: &Reading<T>, unit: &str, wide: usize, say: impl Fn(&T) -> String) {
        match reading {
            Ok(value) => self.say(word, format!("{:>wide$}{unit}", say(value)), Role::Text),
            Err(_) => self.say(word, format!("{:>wide$}", "?"), Role::Unknown),
        }
    }
}

/// The figures, the most telling first. An engine that counts no requests (Ollama) is told by what it has loaded.
/// `short`: fewer and shorter, for one row of a narrow screen.
pub fn facts(live: &Live, canvas: &Canvas<'_>, short: bool) -> Vec<Fact> {
    let (gauges, rates) = (&live.gauges, &live.rates);
    let mut facts = Facts { canvas, out: Vec::new() };
    if let Ok(sleep @ (Sleep::Offloaded | Sleep::Discarded)) = &gauges.sleep {
        facts.say("", sleep.word().to_owned(), Role::Warn);
    }
    if gauges.running.is_err() && gauges.held.is_ok() {
        loaded(live, &mut facts);
        return facts.out;
    }
    let percent = |share: &f64| format!("{:.0}", share * 100.0);
    let hits = rates.hit_rate.clone().or_else(|_| gauges.hit_rate());
    if short {
        facts.tell("run", &gauges.running, "", 2, u64::to_string);
        facts.tell("wait", &gauges.waiting, "", 2, u64::to_string);
        facts.tell("kv", &gauges.kv_usage, " %", 3, percent);
        facts.tell("out", &rates.generation, " tok/s", 4, |rate| format!("{rate:.0}"));
        facts.tell("in", &rates.prompt, "", 4, |rate| format!("{rate:.0}"));
        facts.tell("hits", &hits, " %", 3, percent);
        return facts.out;
    }
    facts.tell("running", &gauges.running, "", 2, u64::to_string);
    facts.tell("waiting", &gauges.waiting, "", 2, u64::to_string);
    facts.tell("kv", &gauges.kv_usage, " %", 3, percent);
    facts.tell("out", &rates.generation, " tok/s", 5, |rate| format!("{rate:.0}"));
    facts.tell("in", &rates.prompt, " tok/s", 5, |rate| format!("{rate:.0}"));
    facts.tell("prefix hits", &hits, " %", 3, percent);
    match &gauges.preemptions {
        Ok(0) | Err(_) => facts.tell("preempted", &gauges.preemptions, "", 1, u64::to_string),
        Ok(count) => facts.say("preempted", units::count(*count), Role::Warn),
    }
    facts.out
}

fn loaded(live: &Live, facts: &mut Facts<'_, '_>) {
    let gauges = &live.gauges;
    match (&gauges.held, &gauges.on_card) {
        (Ok(held), Ok(on_card)) if on_card < held => {
            facts.say("on the card", format!("{on_card} of {held}, the rest in RAM"), Role::Warn);
        }
        (_, on_card) => facts.tell("on the card", on_card, "", 1, ToString::to_string),
    }
    facts.tell("context", &gauges.context, " tokens", 1, |tokens| units::count(*tokens));
    match &gauges.expires {
        Ok(at) if stays(at) => facts.say("unloads", "only when asked".to_owned(), Role::Text),
        expires => facts.tell("unloads at", expires, "", 1, |at| seconds(at)),
    }
}

/// Whether a time as Ollama writes it lies centuries ahead, which is how it says never.
fn stays(at: &str) -> bool {
    at.get(..4).and_then(|year| year.parse().ok()).is_some_and(|year: u32| year >= 2200)
}

/// A time without its fractions, on one line: `2026-11-21T01:32:46.76Z` is `2026-11-21 01:32:46`.
fn seconds(at: &str) -> String {
    let at = text::clean_line(at);
    text::fit(&at.get(..19).unwrap_or(&at).replacen('T', " ", 1), 25).into_owned()
}

/// More of the same, where there is room: the cache in tokens, and how long tokens take.
pub fn more(live: &Live, canvas: &Canvas<'_>) -> Vec<Fact> {
    let gauges = &live.gauges;
    let mut facts = Facts { canvas, out: Vec::new() };
    if let (Ok(used), Ok(all)) = (gauges.kv_tokens_in_use(), &gauges.kv_tokens) {
        facts.say("kv tokens", format!("{} of {}", units::count(used), units::count(*all)), Role::Text);
    }
    let seconds = |seconds: f64| units::duration(std::time::Duration::try_from_secs_f64(seconds).unwrap_or_default());
    if let Ok(ttft) = &gauges.ttft
        && let (Some(half), Some(most)) = (ttft.quantile(0.5), ttft.quantile(0.9))
    {
        facts.say("first token", format!("{} half, {} nine of ten", seconds(half), seconds(most)), Role::Text);
    }
    if let Some(mean) = gauges.itl.as_ref().ok().and_then(|itl| itl.mean()) {
        facts.say("between tokens", format!("{:.1} ms mean", mean * 1e3), Role::Text);
    }
    for (word, counted) in [("taken in", &gauges.prompt_tokens), ("written", &gauges.generation_tokens)] {
        if let Ok(tokens) = counted {
            facts.say(word, format!("{} tokens", units::count(*tokens)), Role::Text);
        }
    }
    facts.out
}

/// Why figures of the first kind are not known, each reason once.
pub fn reasons(live: &Live) -> Vec<String> {
    let (gauges, rates) = (&live.gauges, &live.rates);
    if gauges.running.is_err() && gauges.held.is_ok() {
        return Vec::new();
    }
    let mut reasons: Vec<String> = Vec::new();
    let whys = [
        gauges.running.as_ref().err(),
        gauges.waiting.as_ref().err(),
        gauges.kv_usage.as_ref().err(),
        rates.generation.as_ref().err(),
        gauges.preemptions.as_ref().err(),
    ];
    for why in whys.into_iter().flatten() {
        let why = text::clean_line(&why.why);
        if !reasons.contains(&why) {
            reasons.push(why);
        }
    }
    reasons
}
