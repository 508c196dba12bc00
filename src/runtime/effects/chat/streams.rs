//! Requests on their way: each in a task of its own, its events handed on at most once per frame.

use super::{Handles, endpoints, images};
use crate::app::Msg;
use crate::app::screens::chat::{Ask, Msg as ChatMsg, StreamId};
use crate::runtime::world::Common;
use crate::store::Paths;
use crate::wire::live::{Client, Timed};
use crate::wire::{Endpoint, StreamEvent};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Events are handed on at most this often, and at once after a pause.
const FRAME: Duration = Duration::from_millis(33);
/// Events handed on together; more wait in the channel, and when that is full, in the socket.
const TOGETHER: usize = 512;

/// The requests on their way.
#[derive(Debug, Clone, Default)]
pub(super) struct Streams(Arc<Mutex<BTreeMap<StreamId, CancellationToken>>>);

impl Streams {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<StreamId, CancellationToken>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes the connection of a stream.
    pub(super) fn cancel(&self, stream: StreamId) {
        if let Some(token) = self.lock().remove(&stream) {
            token.cancel();
        }
    }
}

/// Sends a request and hands its answer on.
pub(super) fn ask(ask: Ask, common: &Common, handles: &Handles) {
    let cancel = CancellationToken::new();
    let streams = handles.streams.clone();
    let id = ask.stream;
    streams.lock().insert(id, cancel.clone());
    let (client, tx, paths) = (handles.client.clone(), common.tx.clone(), common.paths.clone());
    common.spawn(async move {
        carry(ask, paths, client, cancel, tx).await;
        streams.lock().remove(&id);
    });
}

async fn carry(ask: Ask, paths: Paths, client: Client, cancel: CancellationToken, tx: mpsc::Sender<Msg>) {
    let (stream, started) = (ask.stream, Instant::now());
    let say = |events, over| Msg::Chat(ChatMsg::Streamed { stream, events, over });
    let prepared = match endpoints::key(&ask.key) {
        Ok(key) => images::fill(paths, ask.request.clone()).await.map(|request| (key, request)),
        Err(problem) => Err(problem),
    };
    let (key, request) = match prepared {
        Ok(prepared) => prepared,
        Err(problem) => {
            // The deck may have left meanwhile.
            let _ = tx.send(say(vec![(0.0, StreamEvent::Failed(problem))], true)).await;
            return;
        }
    };
    let (base_url, model) = (ask.base_url.clone(), ask.model.clone());
    let endpoint = Endpoint { base_url, key, dialect: ask.dialect, model };
    let mut events = client.chat(&endpoint, request, cancel.clone());
    let mut usage = None;
    let mut due = started;
    let mut got: Vec<Timed> = Vec::new();
    loop {
        let over = events.recv_many(&mut got, TOGETHER).await == 0;
        if !over {
            tokio::time::sleep_until(due.into()).await;
            while got.len() < TOGETHER
                && let Ok(more) = events.try_recv()
            {
                got.push(more);
            }
        }
        let timed = |timed: Timed| (timed.at.saturating_duration_since(started).as_secs_f64(), timed.event);
        let over = over || got.iter().any(|timed| matches!(timed.event, StreamEvent::Done | StreamEvent::Failed(_)));
        let mut counts = got.iter().filter_map(|timed| match &timed.event {
            StreamEvent::Usage(usage) => Some(*usage),
            _ => None,
        });
        usage = counts.next_back().or(usage);
        let batch = got.drain(..).map(timed).collect();
        if cancel.is_cancelled() || tx.send(say(batch, over)).await.is_err() {
            return;
        }
        if over {
            break;
        }
        due = Instant::now() + FRAME;
    }
    if crate::runtime::images::any(&ask.request.messages)
        && let Some(told) = images::counted(&ask, &endpoint, usage, &client).await
    {
        // The deck may have left meanwhile.
        let _ = tx.send(told).await;
    }
}
