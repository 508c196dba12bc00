//! What the Chat screen reads from the database and writes to it, on the database's own thread.

use super::{Handles, endpoints, presets};
use crate::app::Msg;
use crate::app::screens::chat::{Msg as ChatMsg, Started, Write};
use crate::base::Problem;
use crate::lab::chat::ConversationId;
use crate::runtime::world::Common;
use crate::store::{Paths, Store};

/// Conversations that the list shows.
const CONVERSATIONS: usize = 1000;
/// Places that a search shows.
const HITS: usize = 200;

/// Sends work to the database and its result to the screen; also when there is no database.
fn ask<T: Send + 'static>(
    common: &Common,
    handles: &Handles,
    work: impl FnOnce(&mut Store) -> Result<T, Problem> + Send + 'static,
    say: impl Fn(Result<T, Problem>) -> ChatMsg + Clone + Send + 'static,
) {
    let tx = common.tx.clone();
    let reply = say.clone();
    let sent = match &handles.store {
        Some(store) => store.send(work, move |result| {
            // The deck may have left meanwhile.
            let _ = tx.blocking_send(Msg::Chat(reply(result)));
        }),
        None => Err(Problem::failed(
            "conversations are not saved",
            "there is no database",
            "restart vramdeck; export what matters",
        )),
    };
    if let Err(problem) = sent {
        common.tell(Msg::Chat(say(Err(problem))));
    }
}

/// Reads what the screen needs at start.
pub(super) fn start(common: &Common, handles: &Handles) {
    let paths = common.paths.clone();
    let again = paths.clone();
    ask(
        common,
        handles,
        move |store| Ok(read_start(store, &paths)),
        move |result| {
            let started = result.unwrap_or_else(|problem| {
                let mut started = Started { problems: vec![problem], ..Started::default() };
                read_files(&again, &mut started);
                started
            });
            ChatMsg::Started(Box::new(started))
        },
    );
}

fn read_start(store: &Store, paths: &Paths) -> Started {
    let mut started = Started::default();
    let mut problems = Vec::new();
    let last = keep(store.value("last"), &mut problems).flatten().and_then(|id| id.parse().ok()).unwrap_or(0);
    started.conversations = keep(store.conversations(CONVERSATIONS), &mut problems).unwrap_or_default();
    if last != 0 {
        started.last = keep(store.load(last), &mut problems).flatten();
    }
    let written_in = if started.last.is_some() { last } else { 0 };
    started.draft = keep(store.draft(written_in), &mut problems).unwrap_or_default();
    started.inputs = keep(store.inputs(), &mut problems).unwrap_or_default();
    started.sampling = keep(store.value("sampling"), &mut problems).flatten();
    started.problems = problems;
    read_files(paths, &mut started);
    started
}

fn read_files(paths: &Paths, started: &mut Started) {
    started.endpoints = keep(endpoints::load(paths), &mut started.problems).unwrap_or_default();
    started.presets = match presets::load(paths) {
        Ok(presets) => presets,
        Err(problem) => {
            started.problems.push(problem);
            presets::shipped()
        }
    };
}

fn keep<T>(result: Result<T, Problem>, problems: &mut Vec<Problem>) -> Option<T> {
    result.map_err(|problem| problems.push(problem)).ok()
}

/// Reads a conversation and its draft.
pub(super) fn load(id: ConversationId, common: &Common, handles: &Handles) {
    ask(
        common,
        handles,
        move |store| Ok((store.load(id.0)?.map(Box::new), store.draft(id.0)?)),
        move |result| {
            let (result, draft) = match result {
                Ok((loaded, draft)) => (Ok(loaded), draft),
                Err(problem) => (Err(problem), String::new()),
            };
            ChatMsg::Loaded { conversation: id, result, draft }
        },
    );
}

/// Writes, in order; the first refusal ends it, and all of it is to be tried again.
pub(super) fn write(ticket: u64, writes: Vec<Write>, common: &Common, handles: &Handles) {
    ask(
        common,
        handles,
        move |store| writes.into_iter().try_for_each(|write| write_one(store, write)),
        move |result| ChatMsg::Written { ticket, result },
    );
}

fn write_one(store: &mut Store, write: Write) -> Result<(), Problem> {
    match write {
        Write::Batch(batch) => store.save(&batch),
        Write::Pieces { conversation, turn, pieces } => store.append(conversation, turn, &pieces),
        Write::Draft { conversation, text } => store.set_draft(conversation, &text),
        Write::Input { text, at } => store.remember_input(&text, at),
        Write::Value { key, value } => store.set_value(key, &value),
        Write::Delete(conversation) => store.delete(conversation),
    }
}

/// Searches all conversations.
pub(super) fn search(generation: u64, query: String, common: &Common, handles: &Handles) {
    ask(
        common,
        handles,
        move |store| store.search(&query, HITS),
        move |result| ChatMsg::SearchFound { generation, result },
    );
}
