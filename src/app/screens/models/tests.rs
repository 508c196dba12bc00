use super::examine::examine;
use super::ranking::{Pick, Ranking};
use super::{State, open};
use crate::models::cards::known;
use crate::models::catalogue::Catalogue;
use crate::models::fit::{Engine, Needs, PartKind, Room};
use crate::models::quant::Scheme;
use crate::models::rank::{Intent, Situation, rank};
use crate::models::solve;
use std::sync::Arc;
use std::time::Duration;

fn ranking(intent: Intent) -> Ranking {
    let card = known().iter().find(|card| card.name == "RTX 5080").cloned().unwrap();
    let room = Room { total: card.total, free: Some(card.total - (1 << 30)) };
    let situation = Situation { card, room, intent };
    let entries = Catalogue::shipped().entries.iter().step_by(4).cloned().collect();
    let catalogue = Arc::new(Catalogue { entries });
    let rows = rank(&catalogue, &[], &situation);
    Ranking { generation: 1, situation, catalogue, local: Arc::default(), rows, took: Duration::ZERO }
}

/// What the start dialog is filled with comes to what was judged, read as the engine's own command line and held against
/// the weights that lie in the repository it names.
#[test]
fn what_is_launched_is_what_was_judged() {
    for intent in [Intent::Chat, Intent::Agents] {
        let ranking = ranking(intent);
        let (mut compared, mut online) = (0, 0);
        for row in &ranking.rows {
            let starting = row.choices.iter().filter(|choice| choice.sum.verdict.starts());
            for choice in starting.filter(|choice| choice.engine != Engine::Ollama).take(3) {
                let pick = Pick { key: ranking.key(row).into_owned(), way: ranking.way(choice), trade: None };
                let detail = examine(&ranking, &pick).unwrap();
                let filled = open::filled(&State::default(), &ranking, (row, choice), &detail, false);
                let word = |set: &crate::engines::FlagSetting| match &set.value {
                    Some(value) => format!("{}={value}", set.flag),
                    None => set.flag.clone(),
                };
                let words: Vec<String> = filled.flags.iter().map(word).collect();
                let asked = solve::asked(choice.engine, &words).unwrap();
                let name = format!("{} {}: {words:?}", row.name, choice.label);
                assert_eq!(asked.flags, detail.ask.flags, "{name}");
                let variants = &ranking.entry(row).unwrap().variants;
                let same = |one: &&crate::models::catalogue::Variant| {
                    one.facts.quant.scheme == Scheme::Plain
                        && one.repo.as_ref().map(|repo| &repo.value) == Some(&filled.model)
                };
                let facts = &ranking.variant(row, choice).unwrap().facts;
                let stored = variants.iter().find(same).map_or(facts, |variant| &variant.facts);
                online += usize::from(facts.quant.flag().is_some());
                let launched =
                    Needs::of(stored, &asked, ranking.situation.room.total).unwrap().explain(ranking.situation.room);
                let judged = detail.fit.as_ref().unwrap();
                assert_eq!(launched.bytes(PartKind::Weights), judged.bytes(PartKind::Weights), "{name}");
                assert_eq!(launched.verdict, judged.verdict, "{name}");
                compared += 1;
            }
        }
        assert!(compared > 60 && online > 10, "{compared} compared, {online} of them quantised while loading");
    }
}

#[test]
fn flags_are_read_from_words() {
    let said = |line: &str| -> Vec<(String, Option<String>)> {
        crate::engines::recipe::settings_of(&crate::engines::recipe::published_words(line))
            .into_iter()
            .map(|set| (set.flag, set.value))
            .collect()
    };
    let pair = |flag: &str, value: Option<&str>| (flag.to_owned(), value.map(str::to_owned));
    for (line, flags) in [
        ("", vec![]),
        ("--trust-remote-code", vec![pair("--trust-remote-code", None)]),
        ("-c 4096 --no-mmap", vec![pair("-c", Some("4096")), pair("--no-mmap", None)]),
        ("--tokenizer_mode mistral", vec![pair("--tokenizer-mode", Some("mistral"))]),
        (
            "--hf-overrides {\"a b\": [\"c d\"]} --x -1",
            vec![pair("--hf-overrides", Some("{\"a b\": [\"c d\"]}")), pair("--x", Some("-1"))],
        ),
        ("--a=b c", vec![pair("--a", Some("b"))]),
    ] {
        assert_eq!(said(line), flags, "{line}");
    }
}
