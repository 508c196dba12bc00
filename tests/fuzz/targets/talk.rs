//! Conversations, their texts, and what a person types about them.

use crate::check::{problem, row, safe};
use crate::mutate::Rng;
use std::cell::RefCell;
use vramdeck::app::key::Key;
use vramdeck::base::text::width;
use vramdeck::lab::chat::export::{from_json, to_json, to_markdown};
use vramdeck::lab::chat::{Conversation, ConversationId};
use vramdeck::lab::sampling::{Param, value};
use vramdeck::store::{Paths, Store};
use vramdeck::ui::markdown::{Roles, Stream};
use vramdeck::wire::Dialect;

/// An imported conversation is a tree that exports to the same again, or a problem.
pub fn conversation(data: &[u8]) {
    let text = &*String::from_utf8_lossy(data);
    let talk = match from_json(text, ConversationId(7)) {
        Ok(talk) => talk,
        Err(told) => return problem(&told),
    };
    let written = to_json(&talk);
    let again = from_json(&written, ConversationId(7)).expect("what is exported can be imported");
    assert_eq!(to_json(&again), written);
    assert_eq!(again.turns().len(), talk.turns().len());
    assert!(talk.path().len() <= talk.turns().len());
    assert_eq!(talk.path().last().map(|turn| turn.id), talk.leaf());
    let _ = (to_markdown(&talk), talk.tally(), talk.row());
    for turn in talk.turns() {
        assert!(turn.chosen < turn.choices.len());
        assert!(talk.position(turn.id).is_some());
    }
}

/// An image's header gives a size within the bounds or a problem; what is pasted is a path that could be one, or text.
pub fn image(data: &[u8]) {
    match vramdeck::lab::chat::image::measure(data) {
        Ok((media, width, height)) => {
            let most = vramdeck::lab::chat::image::MOST_SIDE;
            assert!((1..=most).contains(&width) && (1..=most).contains(&height), "{media:?} {width}x{height}");
        }
        Err(told) => problem(&told),
    }
    if let Some(path) = vramdeck::lab::chat::image::pasted_path(&String::from_utf8_lossy(data)) {
        assert!(path.contains('.') && !path.contains(['\n', '\0']), "{path:?}");
    }
}

/// Markdown cut anywhere ends in the same rows, none wider than the width, none that steers.
pub fn markdown(data: &[u8]) {
    let text = &*String::from_utf8_lossy(data);
    let mut rng = Rng::of(data);
    let columns = [1, 2, 3, 8, 30, 80, 250][rng.below(7)];
    let rows = |stream: &mut Stream| {
        let count = stream.rows(columns, &Roles::default());
        let rows: Vec<String> = stream
            .visible(0..usize::MAX)
            .map(|line| line.spans.iter().map(|span| span.content.as_ref()).collect())
            .collect();
        assert_eq!(rows.len(), count);
        rows
    };
    let whole = rows(&mut Stream::whole(text));
    for line in &whole {
        row("a row", line);
        // A character that is itself wider than the row stands alone in it.
        let wide = width(line) > usize::from(columns) && line.trim().chars().count() > 1;
        assert!(!wide, "{} columns in a row of {columns}: {line:?}", width(line));
    }
    let mut stream = Stream::default();
    let mut rest = text;
    let most = [1, 3, 50, 3000][rng.below(4)].max(text.len() / 40);
    while !rest.is_empty() {
        let (piece, tail) = rest.split_at(rest.ceil_char_boundary(rng.below(most) + 1));
        stream.push(piece);
        safe("the text so far", stream.text());
        if rng.below(8) == 0 {
            rows(&mut stream);
        }
        rest = tail;
    }
    stream.finish();
    assert_eq!(rows(&mut stream), whole, "a cut changes the rows");
}

/// What a person types as a value: one that the dialect takes, or a problem.
pub fn sampling(data: &[u8]) {
    let text = &*String::from_utf8_lossy(data);
    for param in Param::ALL {
        for dialect in Dialect::ALL {
            match value::parse(param, text, dialect) {
                Ok(Some(setting)) => {
                    assert_eq!(value::check(param, &setting, dialect), Ok(()));
                    row("a value", &value::format(&setting));
                }
                Ok(None) => {}
                Err(told) => problem(&told),
            }
        }
    }
}

struct History {
    store: Store,
    _home: tempfile::TempDir,
}

fn history() -> History {
    let home = tempfile::tempdir().unwrap();
    let (mut store, trouble) = Store::open(&Paths::under(home.path()));
    assert_eq!(trouble, None);
    let mut talk = Conversation::new(1.0);
    talk.add_user("How \"much\" VRAM does it hold? 日本語 a-b_c * (x) NEAR", 1.0);
    store.save(&talk.batch_of_all()).unwrap();
    History { store, _home: home }
}

/// Any text is a query.
pub fn search(data: &[u8]) {
    thread_local! {
        static HISTORY: RefCell<Option<History>> = const { RefCell::new(None) };
    }
    let text = &*String::from_utf8_lossy(data);
    HISTORY.with_borrow_mut(|kept| {
        let history = kept.get_or_insert_with(history);
        let hits = history.store.search(text, 5).expect("any text is a query");
        assert!(hits.len() <= 5);
        if text.trim().is_empty() {
            assert!(hits.is_empty());
        }
    });
}

/// A key as written: read back from how it is shown, or a sentence.
pub fn key(data: &[u8]) {
    let text = &*String::from_utf8_lossy(data);
    match Key::parse(text) {
        Ok(key) => assert_eq!(Key::parse(&key.to_string()), Ok(key), "{text:?} is shown as {key}"),
        Err(why) => assert!(!why.is_empty()),
    }
}
