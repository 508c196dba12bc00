//! A deck killed at any moment: what was acknowledged is there, and other decks' streams are left alone.

use crate::{delta, loaded, open};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use vramdeck::lab::chat::{Conversation, PieceBuffer, TurnEnd};
use vramdeck::lab::sampling::Settings;
use vramdeck::store::{Batch, Paths, Store, TurnRow, TurnState};
use vramdeck::wire::StreamEvent;

const WRITER: &str = "VRAMDECK_TEST_WRITER";
/// The acknowledgement after which the writer waits for ever, in the middle of an answer.
const PAUSE: &str = "VRAMDECK_TEST_WRITER_PAUSE";
const PIECES: usize = 12;

/// The text of piece `n` of the answer in round `round`.
fn piece(round: usize, n: usize) -> String {
    format!("[{round}.{n}]{}", "x".repeat(n * 37 % 400))
}

/// The process that is killed; by itself it does nothing. It talks in one conversation for ever and says on stdout what
/// the database has acknowledged.
#[test]
fn writer_process() {
    let Some(home) = std::env::var_os(WRITER) else { return };
    let (mut store, problem) = Store::open(&Paths::under(Path::new(&home)));
    assert_eq!(problem, None);
    let pause = std::env::var(PAUSE).unwrap();
    let mut talk = Conversation::new(1.0);
    let say = |what: String| {
        let mut out = std::io::stdout().lock();
        out.write_all(what.as_bytes()).unwrap();
        out.flush().unwrap();
    };
    for round in 0..100_000 {
        let asked = talk.add_user(&format!("question {round}"), 2.0);
        let answer = talk.begin_answer(Settings::default(), "m", 2.0).unwrap();
        store.save(&talk.batch_of(&[asked, answer])).unwrap();
        say(format!("ack {round} 0\n"));
        let mut buffer = PieceBuffer::default();
        for n in 0..PIECES {
            let piece = delta(&piece(round, n));
            talk.apply(answer, &StreamEvent::Delta(piece.clone()));
            buffer.push(0.0, &piece);
            store.append(talk.id.0, answer.0, &buffer.take()).unwrap();
            say(format!("ack {round} {}\n", n + 1));
            if pause == format!("{round} {}", n + 1) {
                let _ = std::io::stdin().read_line(&mut String::new());
            }
        }
        talk.apply(answer, &StreamEvent::Done);
        store.save(&talk.batch_of(&[answer])).unwrap();
        say(format!("ack {round} {}\n", PIECES + 1));
    }
}

fn writer(home: &Path, pause: &str) -> (Child, BufReader<ChildStdout>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "killed::writer_process", "--nocapture"])
        .env(WRITER, home)
        .env(PAUSE, pause)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(child.stdout.take().unwrap());
    (child, said)
}

/// The round and step of the next acknowledgement; none when the writer has ended.
fn acknowledged(said: &mut BufReader<ChildStdout>) -> Option<(usize, usize)> {
    let mut line = String::new();
    while said.read_line(&mut line).unwrap() > 0 {
        let numbers = line.find("ack ").map(|at| line[at + 4..].trim_end().split(' ').map(str::parse::<usize>));
        if let Some([Ok(round), Ok(step)]) = numbers.map(|numbers| numbers.collect::<Vec<_>>()).as_deref() {
            return Some((*round, *step));
        }
        line.clear();
    }
    None
}

#[test]
fn nothing_acknowledged_is_lost() {
    for kill in 0..12 {
        let home = tempfile::tempdir().unwrap();
        let (mut child, mut said) = writer(home.path(), "never");
        for _ in 0..=(kill * 37 % 90) {
            acknowledged(&mut said).expect("the writer writes");
        }
        // It writes on meanwhile: between that line and the signal lies an unknown part of the next write.
        child.kill().unwrap();
        child.wait().unwrap();
        let mut last = (0, 0);
        while let Some(ack) = acknowledged(&mut said) {
            last = ack;
        }
        check(home.path(), last);
    }
}

/// What the database must hold when the last acknowledgement read was `last` (or that of an earlier line).
fn check(home: &Path, last: (usize, usize)) {
    let store = open(home);
    let id = store.conversations(9).unwrap()[0].row.id;
    let talk = loaded(&store, id);
    let path = talk.path();
    assert!(path.len() >= 2 * (last.0 + 1), "{last:?}: {} turns", path.len());
    for (round, pair) in path.chunks(2).enumerate() {
        assert_eq!(pair[0].choices[0].text, format!("question {round}"));
        let whole: String = (0..PIECES).map(|n| piece(round, n)).collect();
        let least = if round < last.0 {
            PIECES
        } else if round == last.0 {
            last.1.min(PIECES)
        } else {
            0
        };
        let least: String = (0..least).map(|n| piece(round, n)).collect();
        let text = &pair[1].choices[0].text;
        assert!(whole.starts_with(text.as_str()) && text.starts_with(&least), "{last:?} round {round}: {text}");
        match &pair[1].end {
            TurnEnd::Finished { .. } => assert_eq!(*text, whole),
            TurnEnd::Failed { why } => {
                assert_eq!(why, "cut off: vramdeck ended");
                assert_eq!(round, path.len() / 2 - 1, "only the last can be cut off");
                let found = store.search(&format!("[{round}.0]"), 99).unwrap();
                assert_eq!(found.is_empty(), text.is_empty(), "what came is searched too");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_living_decks_stream_is_left_alone() {
    let home = tempfile::tempdir().unwrap();
    let (mut child, mut said) = writer(home.path(), "1 3");
    while acknowledged(&mut said).expect("the writer writes") != (1, 3) {}
    let mut store = open(home.path());
    let id = store.conversations(9).unwrap()[0].row.id;
    let last = |store: &Store| store.load(id).unwrap().unwrap().turns.pop().unwrap();
    let before = last(&store);
    assert_eq!((before.row.state, before.pieces.len()), (TurnState::Streaming, 3));
    let mine = TurnRow { state: TurnState::Cancelled, ..before.row.clone() };
    store.save(&Batch { conversation: None, turns: vec![mine] }).unwrap();
    assert!(store.append(id, before.row.id, &before.pieces).is_err());
    assert_eq!(last(&store), before, "another deck's stream is not ours to end");
    child.kill().unwrap();
    child.wait().unwrap();
    drop(store);
    let after = last(&open(home.path()));
    assert_eq!((after.row.state, after.pieces), (TurnState::Failed, before.pieces), "what came is kept");
}
