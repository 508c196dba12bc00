//! The Structured screen in a terminal, with a simulated engine: a tree that fills in, a text that keeps to its grammar, the
//! verdict, a constraint of one's own.

use crate::demo::{fill, free_port, leave};
use crate::support::deck::Deck;
use crate::support::term::Term;

fn start(term: &mut Term) {
    term.press("3");
    term.wait_for("Nothing runs");
    term.press("n");
    term.wait_for("engine  [");
    fill(term, "model", "demo-4B");
    fill(term, "port", &free_port());
    term.press("f5");
    term.wait_gone("start an engine");
    term.wait_for(" ready ");
    term.press("6");
    term.wait_for("asks demo-4B");
}

#[test]
fn an_answer_fills_the_tree_and_is_judged() {
    let deck = Deck::new();
    let mut term = Term::start(&deck, &["--demo"], 160, 44);
    start(&mut term);
    // The second of the shipped constraints: a person.
    term.press("down");
    term.wait_for("Describe a person");
    term.wait_for("by response_format");
    term.press("r");
    term.wait_for("name: \"");
    term.wait_for("3 members");
    term.wait_for("✓ valid");
    term.wait_for("bytes keep to the constraint");
    term.press("v");
    term.press("v");
    term.press("v");
    term.wait_for("\"json_schema\"");
    // The same again: the answers are held against each other.
    term.press("r");
    term.wait_for("✓ valid");
    term.press("V");
    term.wait_for("as the answer before");
    // A choice has no tree.
    term.click_on("yes_no");
    term.wait_for("Is 17 a prime number?");
    term.press("r");
    term.wait_for("A choice has no tree");
    term.wait_for("✓ valid");
    leave_running(term, &deck);
}

#[test]
fn a_constraint_of_ones_own_is_written_kept_and_asked_for() {
    let deck = Deck::new();
    let mut term = Term::start(&deck, &["--demo"], 80, 24);
    start(&mut term);
    term.press("n");
    term.wait_for("a new constraint");
    term.wait_for("can be used");
    term.press("ctrl+a");
    term.type_text("x");
    term.wait_for("line 9");
    term.press("backspace");
    term.wait_gone("line 9");
    term.press("tab");
    term.type_text("mine");
    term.press("ctrl+s");
    term.wait_for("schema, yours");
    term.press("r");
    term.wait_for("mine ·");
    term.wait_for("✓ valid");
    leave_running(term, &deck);
}

/// Stops the engine, then leaves.
fn leave_running(mut term: Term, deck: &Deck) {
    term.press("alt+3");
    term.wait_for("log of ");
    term.press("s");
    term.wait_for("Stop ");
    term.press("y");
    term.wait_for("Nothing runs");
    leave(term, deck);
}
