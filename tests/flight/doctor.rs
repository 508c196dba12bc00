//! A run that fails is brought back from the Engines screen with two keys, and three remedies in a row are the most.

use crate::demo::{fill, free_port, leave, set_flag};
use crate::support::deck::Deck;
use crate::support::term::Term;

fn start(term: &mut Term, model: &str, flags: &[(&str, &str)]) {
    term.press("n");
    term.wait_for("start an engine");
    fill(term, "model", model);
    fill(term, "port", &free_port());
    for (count, (flag, value)) in flags.iter().enumerate() {
        set_flag(term, flag, value);
        term.wait_for(&format!("{} set", count + 1));
    }
    term.press("f5");
    term.wait_gone("start an engine");
}

fn brought_back(columns: u16, rows: u16) {
    let deck = Deck::new();
    let mut term = Term::start(&deck, &["--demo"], columns, rows);
    term.wait_for("SIMULATED");
    term.press("3");
    term.wait_for("Nothing runs");
    // A request of that length does not fit the cache of any card here.
    start(&mut term, "long-4B", &[("--max-model-len", "40000000"), ("--load-seconds", "1")]);
    // Its log says so before it is over.
    term.wait_for("✗ long-4b");
    term.press("w");
    term.wait_for("kv_too_small");
    term.wait_for("try, cheapest first");
    term.wait_for("--max-model-len 40000000 ");
    term.press("enter");
    term.wait_gone("try, cheapest first");
    term.wait_for(" ready ");
    term.press("s");
    term.wait_for("Stop ");
    term.press("y");
    term.wait_for("came back");
    // The list knows it too.
    term.wait_for("over hidden");
    leave(term, &deck);
}

#[test]
fn a_failed_run_comes_back_by_its_remedy_on_a_small_terminal() {
    brought_back(80, 24);
}

#[test]
fn a_failed_run_comes_back_by_its_remedy_on_a_large_terminal() {
    brought_back(200, 50);
}
