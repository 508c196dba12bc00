//! The database of conversations against what really happens: processes killed while writing, disks that are full or
//! read-only, files from elsewhere.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test's helpers fail loudly")]
#![allow(missing_docs, reason = "tests are not a library")]

#[path = "store/bad_files.rs"]
mod bad_files;
#[path = "store/basics.rs"]
mod basics;
#[path = "store/killed.rs"]
mod killed;
#[path = "store/search.rs"]
mod search;

use std::path::Path;
use vramdeck::lab::chat::Conversation;
use vramdeck::lab::sampling::Settings;
use vramdeck::store::{Paths, Store};
use vramdeck::wire::{Delta, StreamEvent};

/// The store below `home`, opened without a problem.
fn open(home: &Path) -> Store {
    let (store, problem) = Store::open(&Paths::under(home));
    assert_eq!(problem, None);
    store
}

/// A finished exchange.
fn exchange(now: f64, asked: &str, answered: &str) -> Conversation {
    let mut talk = Conversation::new(now);
    talk.add_user(asked, now);
    let answer = talk.begin_answer(Settings::default(), "m", now).unwrap();
    talk.apply(answer, &said(answered));
    talk.apply(answer, &StreamEvent::Done);
    talk
}

fn said(text: &str) -> StreamEvent {
    StreamEvent::Delta(delta(text))
}

fn delta(text: &str) -> Delta {
    Delta { content: text.to_owned(), ..Delta::default() }
}

/// A conversation as the database has it.
fn loaded(store: &Store, id: i64) -> Conversation {
    let rows = store.load(id).unwrap().expect("the conversation is there");
    let (talk, problem) = Conversation::from_rows(rows).unwrap();
    assert_eq!(problem, None);
    talk
}
