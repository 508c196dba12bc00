//! What is known of the model itself: tasks, licence, parsers, doubts, and the legend of the marks.

use super::page::Page;
use super::words;
use crate::app::screens::models::ranking::{Ranking, taxonomy};
use crate::app::screens::models::{Sought, State};
use crate::base::{text, units};
use crate::models::catalogue::{Confidence, Entry, Sourced};
use crate::models::local::twins;
use crate::models::rank::{self, Choice, Row};
use crate::models::{Exact, Source};
use crate::ui::{Canvas, Role};
use ratatui::text::Span;
use std::time::Duration;

/// Adds the facts.
pub(super) fn add(
    page: &mut Page,
    state: &State,
    ranking: &Ranking,
    (row, choice): (&Row, &Choice),
    canvas: &Canvas<'_>,
) {
    page.title("about", canvas);
    if let Some(entry) = ranking.entry(row) {
        add_entry(page, entry, canvas);
    }
    if let Some(variant) = ranking.variant(row, choice) {
        match (&variant.repo, state.sought(ranking, row, choice)) {
            (Some(repo), _) => page.fact("repository", &sourced(repo), role(repo), canvas),
            (None, Some(sought)) => add_sought(page, state, &sought, canvas),
            (None, None) => page.fact("repository", "none known for this variant", Role::Unknown, canvas),
        }
        match variant.sm120 {
            Some(true) => page.fact("Blackwell", "runs on consumer cards (sm_120)", Role::Text, canvas),
            Some(false) => page.fact("Blackwell", "does not run on consumer cards (sm_120)", Role::Warn, canvas),
            None => {}
        }
        if let Some(note) = &variant.note {
            page.fact("note", note, Role::Dim, canvas);
        }
    }
    let scheme = ranking.facts(row, choice).map(|facts| &facts.quant.scheme);
    let card = &ranking.situation.card;
    if let Some(said) = scheme.and_then(|scheme| rank::remark(scheme, choice.engine, card.compute)) {
        page.fact("this card", said, Role::Warn, canvas);
    }
    add_score(page, state, ranking, (row, choice), canvas);
    add_card(page, state, ranking, (row, choice), canvas);
    add_here(page, ranking, choice, canvas);
    add_facts(page, ranking, row, choice, canvas);
}

/// What the hub said where the catalogue names no repository.
fn add_sought(page: &mut Page, state: &State, sought: &Sought, canvas: &Canvas<'_>) {
    match state.sources.get(sought) {
        Some(found) => {
            let said = format!("{}, {}, found on the hub", found.made.repo, super::bytes(found.bytes));
            page.fact("repository", &said, Role::Text, canvas);
        }
        None if state.seeking.contains(sought) => page.fact("repository", "asking the hub…", Role::Unknown, canvas),
        None => page.fact("repository", "none known: D asks the hub for one", Role::Unknown, canvas),
    }
}

/// How well it makes tool calls, on what that rests, and what follows.
fn add_score(page: &mut Page, state: &State, ranking: &Ranking, (row, choice): (&Row, &Choice), canvas: &Canvas<'_>) {
    let own = state.score_of(ranking, row, choice);
    let Some(kept) = own.or_else(|| state.score(ranking, row)) else { return };
    let Some(brief) = &kept.brief else { return };
    let (share, role) = words::score(kept);
    let age = units::age(Duration::try_from_secs_f64(canvas.env.unix() - kept.changed_at).unwrap_or_default());
    let whose = match own {
        Some(_) => kept.about.variant.clone(),
        None => format!("another variant: {}", if kept.weights.is_empty() { &kept.about.model } else { &kept.weights }),
    };
    let by = [kept.about.engine.as_str(), whose.as_str()].into_iter().filter(|part| !part.is_empty());
    let by = by.collect::<Vec<_>>().join(", ");
    let said =
        format!("{share} of tool calls, mean of the categories; {} {}; {by}; {age}", kept.about.suite, brief.pass);
    page.fact("scored", &text::clean_line(&said), role, canvas);
    page.fact("", &text::clean_line(&brief.verdict), Role::Dim, canvas);
}

/// What probes found of it: how many capabilities are on, and which fields are ignored.
fn add_card(page: &mut Page, state: &State, ranking: &Ranking, (row, choice): (&Row, &Choice), canvas: &Canvas<'_>) {
    let Some(card) = state.probed(ranking, row, choice) else { return };
    let age = units::age(Duration::try_from_secs_f64(canvas.env.unix() - card.at).unwrap_or_default());
    let subject = &card.subject;
    let engine = [subject.engine.as_str(), subject.version.as_str()].join(" ");
    let said = format!("{}; {}; {age}", card.gist(), engine.trim());
    page.fact("probed", &text::clean_line(&said), Role::Text, canvas);
    let ignored = card.ignored();
    if !ignored.is_empty() {
        let said = format!("ignored silently: {}", ignored.join(", "));
        page.fact("", &text::clean_line(&said), Role::Warn, canvas);
    }
}

/// Where it lies, how large, when it was last used, and where else the same content lies.
fn add_here(page: &mut Page, ranking: &Ranking, choice: &Choice, canvas: &Canvas<'_>) {
    let Some((at, local)) = choice.local.zip(ranking.local(choice)) else { return };
    let remark = local.remark(canvas.env.now);
    let said = format!("{}: {}{remark}", local.path.display(), super::bytes(local.bytes));
    page.fact("here", &said, if local.complete { Role::Text } else { Role::Warn }, canvas);
    if choice.by_name {
        page.fact("", "taken for this model by its file name alone", Role::Warn, canvas);
    }
    if let Err(why) = &local.facts {
        page.fact("", &format!("its files cannot be read: {why}"), Role::Unknown, canvas);
    }
    for twin in twins(&ranking.local, at) {
        let Some(other) = ranking.local.get(twin.index) else { continue };
        let said = format!("{}: {}", twin.words(other), other.path.display());
        match twin.shared {
            true => page.fact("", &format!("{said}, one copy on the disk"), Role::Dim, canvas),
            false => page.fact("twice", &said, Role::Warn, canvas),
        }
    }
}

fn add_entry(page: &mut Page, entry: &Entry, canvas: &Canvas<'_>) {
    let tasks: Vec<&str> = entry.capabilities.iter().map(|one| one.name()).collect();
    let what = format!("{}; {}", taxonomy(entry.taxonomy), tasks.join(", "));
    page.fact("is for", what.trim_end_matches("; "), Role::Text, canvas);
    let (all, active) = entry.params;
    let billions = |n: u64| format!("{:.1} B", n as f64 / 1e9);
    let said = if active < all && active > 0 {
        format!("{} parameters, {} active", billions(all), billions(active))
    } else {
        format!("{} parameters", billions(all))
    };
    page.fact("size", &said, Role::Text, canvas);
    match &entry.licence {
        Some(licence) => page.fact("licence", &sourced(licence), role(licence), canvas),
        None => page.fact("licence", "? not known", Role::Unknown, canvas),
    }
    match entry.gated {
        Some(true) => page.fact("gated", "yes: accept its terms on the hub, set HF_TOKEN", Role::Warn, canvas),
        Some(false) => page.fact("gated", "no", Role::Text, canvas),
        None => page.fact("gated", "? not known", Role::Unknown, canvas),
    }
    for (label, parser) in [("tools", &entry.tool_parser), ("reasoning", &entry.reasoning_parser)] {
        if let Some(parser) = parser {
            page.fact(label, &format!("parser {}", sourced(parser)), role(parser), canvas);
        }
    }
    let texts = [
        ("template", &entry.chat_template),
        ("vLLM from", &entry.min_vllm),
        ("vLLM flags", &entry.vllm_flags),
        ("drafts", &entry.speculative),
    ];
    for (label, said) in texts {
        if let Some(said) = said {
            page.fact(label, said, Role::Text, canvas);
        }
    }
    if let Some(width) = entry.embedding {
        page.fact("vectors", &format!("{} numbers each", units::count(width)), Role::Text, canvas);
    }
    if let Some(parallel) = entry.ollama_parallel {
        page.fact("Ollama", &format!("serves {parallel} at once, whatever is asked"), Role::Warn, canvas);
    }
    if let Some(why) = &entry.refused_by_vllm {
        page.fact("vLLM", &format!("refuses it: {why}"), Role::Warn, canvas);
    }
    for note in &entry.notes {
        page.fact("note", note, Role::Dim, canvas);
    }
}

fn add_facts(page: &mut Page, ranking: &Ranking, row: &Row, choice: &Choice, canvas: &Canvas<'_>) {
    let Some(facts) = ranking.facts(row, choice) else { return };
    if let Some(context) = facts.geometry.max_context {
        page.fact("made for", &format!("{} tokens of context", units::count(context)), Role::Text, canvas);
    }
    let dimensions = match facts.source {
        Source::Config => "its own config.json",
        Source::Gguf => "its own GGUF header",
        Source::Catalogue => "shipped data, checked against published sizes",
        Source::Memory => "~ shipped data from memory only, not checked",
    };
    let bytes = match &facts.exact {
        Exact::Headers(_) => "bytes from its headers",
        Exact::Total(_) => "bytes as published",
        Exact::No => "bytes by formula",
    };
    let doubtful = if facts.source == Source::Memory { Role::Warn } else { Role::Dim };
    page.fact("rests on", &format!("{dimensions}; {bytes}"), doubtful, canvas);
    for doubt in &facts.geometry.doubts {
        let role = if doubt.grave { Role::Bad } else { Role::Warn };
        page.fact(if doubt.grave { "unknown" } else { "assumed" }, &doubt.what, role, canvas);
    }
}

fn sourced(value: &Sourced<String>) -> String {
    let mark = if value.confidence == Confidence::Memory { "~ " } else { "" };
    format!("{mark}{}", value.value)
}

fn role(value: &Sourced<String>) -> Role {
    if value.confidence == Confidence::Memory { Role::Warn } else { Role::Text }
}

/// Adds the legend of marks and colours.
pub(super) fn add_legend(page: &mut Page, canvas: &Canvas<'_>) {
    page.gap();
    let verdicts = [
        (crate::models::fit::Verdict::Fits, "fits"),
        (crate::models::fit::Verdict::Tight, "within the margin"),
        (crate::models::fit::Verdict::RefusedAtStart, "refused at start"),
        (crate::models::fit::Verdict::DoesNotFit, "does not fit"),
    ];
    let mut spans = Vec::new();
    for (verdict, said) in verdicts {
        let (glyph, role) = words::mark(canvas, Some(verdict));
        spans.push(Span::styled(glyph, canvas.style(role)));
        spans.push(Span::styled(format!(" {said}  "), canvas.style(Role::Dim)));
    }
    let wide: usize = spans.iter().map(Span::width).sum();
    if wide > usize::from(page.width) {
        let rest = spans.split_off(4);
        page.push(spans);
        page.push(rest);
    } else {
        page.push(spans);
    }
    let said = "grey: computed. ~ from memory only, not checked. ? not known.";
    page.say(Vec::new(), said, Role::Dim, canvas);
    let letters = "tasks: c chat, t tools, r reasoning, v vision, a audio, k code.";
    page.say(Vec::new(), letters, Role::Dim, canvas);
}
