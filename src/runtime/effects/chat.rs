//! Effects of the Chat screen: requests to engines, the database, presets, endpoints, exports.

mod endpoints;
mod presets;
mod stored;
mod streams;

pub(in crate::runtime::effects) use endpoints::{endpoint, key};

use crate::app::Msg;
use crate::app::screens::chat::{Effect, Msg as ChatMsg};
use crate::base::Problem;
use crate::runtime::world::{Common, World};
use crate::store::{StoreHandle, files};
use crate::wire::live::Client;
use std::path::PathBuf;

/// What the Chat screen's effects keep open.
#[derive(Debug, Default)]
pub struct Handles {
    client: Client,
    /// The database; none where the system gave no thread for it.
    store: Option<StoreHandle>,
    streams: streams::Streams,
}

/// Opens it, once, before the first frame: must not block.
pub fn start(common: &Common) -> Handles {
    let tx = common.tx.clone();
    let opened = move |_, problem: Option<Problem>| {
        if let Some(problem) = problem {
            // The deck may have left meanwhile.
            let _ = tx.blocking_send(Msg::Problem(problem));
        }
    };
    let store = match StoreHandle::start(common.paths.clone(), opened) {
        Ok(store) => Some(store),
        Err(problem) => {
            common.tell(Msg::Problem(problem));
            None
        }
    };
    Handles { client: Client::new(), store, streams: streams::Streams::default() }
}

/// Runs one effect; must not block.
pub fn run(effect: Effect, world: &World) {
    perform(effect, &world.common, &world.chat);
}

/// The same, with no more of the world than it needs.
pub fn perform(effect: Effect, common: &Common, handles: &Handles) {
    match effect {
        Effect::Start => stored::start(common, handles),
        Effect::Load(id) => stored::load(id, common, handles),
        Effect::Write { ticket, writes } => stored::write(ticket, writes, common, handles),
        Effect::Search { generation, query } => stored::search(generation, query, common, handles),
        Effect::Ask(ask) => streams::ask(*ask, common, handles),
        Effect::Cancel(stream) => handles.streams.cancel(stream),
        Effect::Detect { base_url, key } => {
            let (client, tx) = (handles.client.clone(), common.tx.clone());
            common.spawn(async move {
                let result = match endpoints::key(&key) {
                    Ok(key) => client.detect(&base_url, key).await,
                    Err(problem) => Err(problem),
                };
                // The deck may have left meanwhile.
                let _ = tx.send(Msg::Chat(ChatMsg::Detected { base_url, result })).await;
            });
        }
        Effect::SaveEndpoints(added) => {
            let paths = common.paths.clone();
            common.spawn_blocking(move || endpoints::save(&paths, &added).err().map(Msg::Problem));
        }
        Effect::SavePreset { name, settings } => {
            let paths = common.paths.clone();
            common.spawn_blocking(move || chat(ChatMsg::Presets(presets::save(&paths, &name, settings))));
        }
        Effect::DeletePreset(name) => {
            let paths = common.paths.clone();
            common.spawn_blocking(move || chat(ChatMsg::Presets(presets::delete(&paths, &name))));
        }
        Effect::Export { name, text } => {
            let path = common.paths.data.join("exports").join(name);
            common.spawn_blocking(move || chat(ChatMsg::Exported(export(path, &text))));
        }
    }
}

/// Waits until everything handed to the database before is written: the last call before leaving.
pub fn finish(handles: &Handles) {
    if let Some(store) = &handles.store {
        // Nobody is left to be told that the database has ended.
        let _ = store.call_blocking(|_| Ok(()));
    }
}

fn chat(msg: ChatMsg) -> Option<Msg> {
    Some(Msg::Chat(msg))
}

fn export(path: PathBuf, text: &str) -> Result<PathBuf, Problem> {
    files::write_private(&path, text.as_bytes())?;
    Ok(path)
}
