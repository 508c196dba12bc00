//! Rows in, rows out; privacy of the files; the thread; the cost of streaming.

use crate::{delta, exchange, loaded, open};
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};
use vramdeck::lab::chat::{Conversation, PieceBuffer};
use vramdeck::lab::sampling::Settings;
use vramdeck::store::{Mode, Paths, Store, StoreHandle};
use vramdeck::wire::StreamEvent;

#[test]
fn conversations_come_back_as_they_were() {
    let home = tempfile::tempdir().unwrap();
    let mut store = open(home.path());
    let mut old = exchange(1000.0, "old", "x");
    old.system_prompt = "be\0brief".into();
    let new = exchange(2000.0, "new", "y");
    for talk in [&new, &old] {
        store.save(&talk.batch_of_all()).unwrap();
    }
    drop(store);
    let mut store = open(home.path());
    assert_eq!(loaded(&store, old.id.0), old);
    let listed: Vec<(String, u64)> =
        store.conversations(9).unwrap().into_iter().map(|summary| (summary.row.title, summary.turns)).collect();
    assert_eq!(listed, [("new".to_owned(), 2), ("old".to_owned(), 2)]);
    store.set_draft(old.id.0, "half a thought").unwrap();
    store.delete(old.id.0).unwrap();
    assert_eq!(store.load(old.id.0).unwrap(), None);
    assert_eq!(store.draft(old.id.0).unwrap(), "");
    assert_eq!(store.search("old", 9).unwrap(), [], "a deleted turn is not found");
}

#[test]
fn drafts_inputs_and_values_are_kept() {
    let home = tempfile::tempdir().unwrap();
    let mut store = open(home.path());
    store.set_draft(0, "not sent\nyet").unwrap();
    store.set_value("last", "7").unwrap();
    for input in (0..1100).map(|n| n.to_string()).chain(["600".to_owned()]) {
        store.remember_input(&input, 1.0).unwrap();
    }
    drop(store);
    let store = open(home.path());
    assert_eq!(store.draft(0).unwrap(), "not sent\nyet");
    assert_eq!(store.value("last").unwrap().as_deref(), Some("7"));
    assert_eq!(store.value("none").unwrap(), None);
    let inputs = store.inputs().unwrap();
    assert_eq!(inputs.last().unwrap(), "600", "said again, it is the newest");
    assert_eq!(inputs.iter().filter(|input| *input == "600").count(), 1);
    assert!(inputs.len() <= 1000 && inputs.len() > 990, "{}", inputs.len());
}

#[test]
fn files_are_for_the_user_alone() {
    let home = tempfile::tempdir().unwrap();
    let mut store = open(home.path());
    store.save(&exchange(1.0, "secret", "x").batch_of_all()).unwrap();
    let data = Paths::under(home.path()).data;
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    let files: Vec<_> = std::fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 3, "database, -wal, -shm: {files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[test]
fn decks_that_start_together_all_open() {
    let home = tempfile::tempdir().unwrap();
    let together = Arc::new(Barrier::new(6));
    let decks: Vec<_> = (0..6_u32)
        .map(|n| {
            let (paths, together) = (Paths::under(home.path()), Arc::clone(&together));
            std::thread::spawn(move || {
                together.wait();
                let (mut store, problem) = Store::open(&paths);
                let saved = store.save(&exchange(f64::from(n) + 1.0, "q", "a").batch_of_all());
                (store.mode(), problem, saved)
            })
        })
        .collect();
    for deck in decks {
        assert_eq!(deck.join().unwrap(), (Mode::Disk, None, Ok(())));
    }
    assert_eq!(open(home.path()).conversations(9).unwrap().len(), 6);
}

#[test]
fn the_thread_answers_and_a_full_queue_is_told() {
    let home = tempfile::tempdir().unwrap();
    let (tell, told) = std::sync::mpsc::channel();
    let handle = StoreHandle::start(Paths::under(home.path()), move |mode, problem| {
        tell.send((mode, problem)).unwrap();
    })
    .unwrap();
    assert_eq!(told.recv().unwrap(), (Mode::Disk, None));
    let talk = exchange(1.0, "q", "a");
    let batch = talk.batch_of_all();
    handle.call_blocking(move |store| store.save(&batch)).unwrap();
    let hold = Arc::new(Barrier::new(2));
    let held = Arc::clone(&hold);
    let wait = move |_: &mut Store| {
        held.wait();
        Ok(())
    };
    handle.send(wait, |_| {}).unwrap();
    let refused = (0..1000).find_map(|_| handle.send(|_| Ok(()), |_| {}).err()).expect("the queue is bounded");
    assert!(refused.what.contains("does not keep up"), "{refused}");
    hold.wait();
    let listed = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(listed.block_on(handle.call(|store| store.conversations(9))).unwrap().len(), 1);
}

/// 8,192 tokens at 100 a second: written a few times a second, folded at the end, cheap.
#[test]
fn streaming_eight_thousand_tokens_is_cheap() {
    let home = tempfile::tempdir().unwrap();
    let mut store = open(home.path());
    let mut talk = Conversation::new(1.0);
    talk.add_user("write much", 1.0);
    let answer = talk.begin_answer(Settings::default(), "m", 1.0).unwrap();
    store.save(&talk.batch_of_all()).unwrap();
    let (mut buffer, mut writes, mut spent) = (PieceBuffer::default(), 0, Duration::ZERO);
    for token in 0..8192 {
        let now = f64::from(token) / 100.0;
        let piece = delta(&format!("tok{token} "));
        talk.apply(answer, &StreamEvent::Delta(piece.clone()));
        let begin = Instant::now();
        buffer.push(now, &piece);
        if buffer.due(now) {
            store.append(talk.id.0, answer.0, &buffer.take()).unwrap();
            writes += 1;
        }
        spent += begin.elapsed();
    }
    store.append(talk.id.0, answer.0, &buffer.take()).unwrap();
    assert_eq!(loaded(&store, talk.id.0).path()[1].choices, talk.path()[1].choices, "pieces say the same");
    talk.apply(answer, &StreamEvent::Done);
    let begin = Instant::now();
    store.save(&talk.batch_of(&[answer])).unwrap();
    println!("8192 tokens: {writes} writes, {spent:?}; fold {:?}", begin.elapsed());
    assert!(writes <= 8192 / 25 + 1, "{writes}");
    assert!(spent < Duration::from_secs(4), "{spent:?} for 82 s of stream");
    assert_eq!(loaded(&store, talk.id.0), talk);
}

#[test]
fn a_row_is_only_appended_to_while_it_is_written() {
    let home = tempfile::tempdir().unwrap();
    let mut store = open(home.path());
    let talk = exchange(1.0, "q", "a");
    let mut buffer = PieceBuffer::default();
    buffer.push(1.0, &delta("late"));
    let rows = buffer.take();
    let answer = talk.leaf().unwrap().0;
    assert!(store.append(talk.id.0, answer, &rows).is_err(), "not saved yet");
    store.save(&talk.batch_of_all()).unwrap();
    assert!(store.append(talk.id.0, answer, &rows).is_err(), "finished");
    assert_eq!(loaded(&store, talk.id.0), talk);
    let mut orphan = talk.batch_of(&[talk.leaf().unwrap()]);
    orphan.turns[0].parent = Some(5);
    assert!(store.save(&orphan).is_err(), "a parent must be there");
    assert_eq!(loaded(&store, talk.id.0), talk, "nothing of a failed batch stays");
}
