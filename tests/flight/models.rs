//! The Models screen in a terminal: from a filter to a talk, another card, a download that is stopped and goes on.

use crate::demo::{fill, free_port, leave};
use crate::server::{COMMIT, Fake, REPO, Turn, file};
use crate::support::deck::Deck;
use crate::support::term::Term;
use crate::tree::{self, tiny};
use std::path::Path;
use std::time::Duration;

/// A debug build judges the whole catalogue in a while.
const PATIENCE: Duration = Duration::from_secs(90);

fn models(deck: &Deck, arguments: &[&str], (columns, rows): (u16, u16)) -> Term {
    let mut term = Term::start(deck, arguments, columns, rows).patience(PATIENCE);
    term.wait_for("VRAM");
    term.press("2");
    term
}

/// Types a filter and waits until the model of that name is the one that is selected.
fn filter(term: &mut Term, typed: &str, name: &str) {
    term.press("/");
    term.wait_for("name, variant, task");
    term.type_text(typed);
    term.wait_for(name);
    term.press("enter");
}

fn from_a_filter_to_a_talk(size: (u16, u16)) {
    let deck = Deck::new();
    let mut term = models(&deck, &["--demo", "headless"], size);
    term.wait_for("models fit");
    term.wait_for("SIMULATED");
    filter(&mut term, "qwen3-4b", "● Qwen3-4B");
    term.press("enter");
    term.wait_for("start an engine");
    term.wait_for("Qwen3-4B");
    term.wait_for("the simulated engine takes sizes as flags");
    fill(&mut term, "port", &free_port());
    term.press("f5");
    term.wait_gone("start an engine");
    term.wait_for(" ready ");
    term.press("c");
    term.wait_for("chat: ");
    term.type_text("Say hello.");
    term.press("enter");
    term.wait_for("tok/s");
    term.wait_for("SIMULATED");
    term.press("alt+3");
    term.wait_for("log of ");
    term.press("s");
    term.wait_for("Stop ");
    term.press("y");
    term.wait_for("Nothing runs");
    leave(term, &deck);
}

#[test]
fn a_model_is_found_started_and_talked_to_on_a_small_terminal() {
    from_a_filter_to_a_talk((80, 24));
}

#[test]
fn a_model_is_found_started_and_talked_to_on_a_large_terminal() {
    from_a_filter_to_a_talk((200, 50));
}

#[test]
fn figures_for_another_card_say_so_until_it_is_left() {
    let deck = Deck::new();
    let mut term = models(&deck, &["--demo", "headless"], (80, 24));
    term.wait_for("models fit · RTX 5080");
    term.press("g");
    term.wait_for("judge for another card");
    term.type_text("4060 ti 16");
    term.wait_for("RTX 4060 Ti");
    term.press("enter");
    term.wait_for("not the card at hand: as on RTX 4060 Ti");
    term.wait_for("as on RTX 4060 Ti 15.50");
    // It stays through a change of size, in the detail, and under the help.
    term.resize(120, 40);
    term.wait_for("at hand is RTX 5080");
    term.wait_for("not this card");
    term.resize(80, 24);
    term.press("tab");
    term.wait_for("· not this card");
    // Each step is seen before the next: Esc and a letter at once are Alt with that letter.
    term.press("esc");
    term.wait_for("models fit");
    term.press("?");
    term.wait_for("type to search");
    term.press("esc");
    term.wait_for("models fit");
    term.press("g");
    term.wait_for("judge for another card");
    term.type_text("5080");
    term.wait_for("› 5080");
    term.press("enter");
    term.wait_gone("not the card at hand");
    term.wait_for("models fit · RTX 5080");
    leave(term, &deck);
}

/// One line over the shipped catalogue: the repository that the scripted hub knows.
fn own_model(deck: &Deck) {
    let config: serde_json::Value = serde_json::from_slice(&tiny("config.json")).unwrap();
    let line = serde_json::json!({
        "id": REPO, "taxonomy": "text/generative/other", "params": 969_000, "confidence": "checked", "context": 4096,
        "capabilities": ["chat"], "bytes": tiny("model.safetensors").len(), "config": config,
    });
    tree::write(&deck.home().join("config/models/own.jsonl"), format!("{line}\n"));
}

fn whole(home: &Path) -> bool {
    let snapshot = home.join("snapshots").join(COMMIT);
    let same = |name: &str| std::fs::read(snapshot.join(name)).is_ok_and(|bytes| bytes == tiny(name));
    ["config.json", "tokenizer.json", "model.safetensors"].into_iter().all(same)
}

/// Asks to delete the selected model: a no keeps it, a yes takes all of it.
fn delete(term: &mut Term, home: &Path) {
    term.press("X");
    term.wait_for("Delete Org/Name?");
    term.wait_for("come free");
    term.press("esc");
    term.wait_gone("Delete Org/Name?");
    assert!(whole(home), "no means no");
    term.press("X");
    term.wait_for("Delete Org/Name?");
    term.press("y");
    term.wait_for("came free");
    assert!(!home.exists(), "all of it is gone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_download_is_stopped_goes_on_is_listed_and_deleted() {
    let fake = Fake::start().await;
    fake.repository(&["config.json", "tokenizer.json", "model.safetensors"].map(|name| (name, tiny(name))));
    // A third comes and no more, until the download is stopped.
    let third = tiny("model.safetensors").len() / 3;
    fake.turns(&file("model.safetensors"), [Turn::Stall(third)]);
    let cache = tempfile::tempdir().unwrap();
    let hub = tree::Hub(cache.path().join("hub"));
    hub.tiny("Other/Kept", COMMIT);
    let deck = Deck::new()
        .with_env("HF_ENDPOINT", &fake.url)
        .with_env("HF_HOME", &cache.path().display().to_string())
        .with_env("HF_HUB_DISABLE_XET", "1");
    own_model(&deck);
    tokio::task::spawn_blocking(move || {
        let mut term = Term::start(&deck, &[], 120, 40).patience(PATIENCE);
        term.wait_for("no NVIDIA driver");
        term.press("2");
        term.wait_for("Press g to choose a card");
        term.press("g");
        term.wait_for("judge for another card");
        term.type_text("24");
        term.press("enter");
        term.wait_for("models fit");
        filter(&mut term, "org/name", "● Name");
        term.press("D");
        term.wait_for("Download Org/Name?");
        term.wait_for("about 2 MiB of");
        term.press("y");
        term.wait_for("31%");
        term.press("D");
        term.wait_for("cancelled; ");
        let home = hub.home(REPO);
        assert!(!whole(&home));
        term.press("D");
        term.wait_for("Download Org/Name?");
        term.press("y");
        term.wait_for("Org/Name is there");
        assert!(whole(&home), "all of it lies where the hub's tools look");
        // Only what had not come was asked for again.
        let asked = fake.asked(&file("model.safetensors"));
        let last = asked.last().and_then(|asked| asked.headers.get("range").cloned()).unwrap_or_default();
        assert!(last.starts_with("bytes=") && !last.starts_with("bytes=0-"), "{last:?}");
        term.press("L");
        term.wait_for("here only");
        // Its rate is not known, and it lies here.
        term.wait_for("? ●");
        delete(&mut term, &home);
        for name in ["config.json", "tokenizer.json", "model.safetensors"] {
            let kept = hub.home("Other/Kept").join("snapshots").join(COMMIT).join(name);
            assert_eq!(std::fs::read(kept).unwrap(), tiny(name), "another model stays");
        }
        leave(term, &deck);
    })
    .await
    .unwrap();
}
