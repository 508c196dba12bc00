//! A question under a constraint on its way: its events are handed on at most once a frame, with how far the text keeps to the
//! constraint.

use super::follow::Follow;
use crate::app::screens::structured::judge::{Case, Stopped, judge};
use crate::app::screens::structured::watch::Heard;
use crate::app::screens::structured::{Ask, Msg};
use crate::base::Problem;
use crate::lab::structured::{Request, request};
use crate::runtime::effects::chat;
use crate::runtime::world::Common;
use crate::wire::live::{Client, Timed};
use crate::wire::{ChatRequest, Endpoint, StreamEvent};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Events are handed on at most this often, and at once after a pause.
const FRAME: Duration = Duration::from_millis(33);
/// Events handed on together; more wait in the channel, and when that is full, in the socket.
const TOGETHER: usize = 512;

/// The request of a question, and whom it goes to.
pub(super) fn order(ask: &Ask) -> Result<(Request, ChatRequest, Endpoint), Problem> {
    let target = &ask.target;
    let written = request(&ask.constraint, target.dialect, &ask.options)?;
    if written.native {
        let why = "Ollama reads its own field at /api/chat alone, and this goes to /v1";
        return Err(Problem::failed("the question is not asked", why, "set written as to what fits"));
    }
    let mut fields = ask.fields.clone();
    fields.extend(written.fields.iter().cloned());
    let chat_request = ChatRequest { messages: ask.messages.clone(), fields, stream: ask.stream };
    let key = chat::key(&target.key)?;
    let (base_url, model) = (target.base_url.clone(), target.model.clone());
    Ok((written, chat_request, Endpoint { base_url, key, dialect: target.dialect, model }))
}

/// Asks, hands on what comes, and says at the end what is to be said of it.
pub(super) async fn watch(id: u64, ask: Ask, client: Client, common: Common, cancel: CancellationToken) {
    let told = match order(&ask) {
        Ok((written, request, endpoint)) => {
            let connection = CancellationToken::new();
            let (mut follow, stopped) = {
                let events = client.chat(&endpoint, request, connection.clone());
                carry(id, Follow::new(&written.asked), events, &common, &cancel).await
            };
            connection.cancel();
            follow.wait().await;
            let follows = follow.look().await;
            let last = Heard { events: Vec::new(), follows: follows.clone() };
            common.tell(super::say(Msg::Heard { watch: id, heard: Box::new(last) }));
            let reply = std::mem::take(&mut follow.reply);
            let case = Case { ask, asked: written.asked, reply, stopped, follows };
            // The verdict on a long answer takes a while.
            match tokio::task::spawn_blocking(move || judge(&case)).await {
                Ok(told) => told,
                Err(error) => Err(Problem::failed("there is no verdict", error.to_string(), "ask again")),
            }
        }
        Err(problem) => Err(problem),
    };
    // The deck may have left meanwhile.
    let _ = common.tx.send(super::say(Msg::Ended { watch: id, told: told.map(Box::new) })).await;
}

/// Hands on what comes until nothing more does, a person stops it, or it has lost itself in blanks.
async fn carry(
    id: u64,
    mut follow: Follow,
    mut events: tokio::sync::mpsc::Receiver<Timed>,
    common: &Common,
    cancel: &CancellationToken,
) -> (Follow, Option<Stopped>) {
    let started = Instant::now();
    let (mut due, mut got): (Instant, Vec<Timed>) = (started, Vec::new());
    loop {
        let over = tokio::select! {
            () = cancel.cancelled() => return (follow, Some(Stopped::ByPerson)),
            count = events.recv_many(&mut got, TOGETHER) => count == 0,
        };
        if !over {
            tokio::time::sleep_until(due.into()).await;
            while got.len() < TOGETHER
                && let Ok(more) = events.try_recv()
            {
                got.push(more);
            }
        }
        got.iter().for_each(|timed| follow.take(&timed.event));
        let over = over || got.iter().any(|timed| matches!(timed.event, StreamEvent::Done | StreamEvent::Failed(_)));
        let at = |timed: Timed| (timed.at.saturating_duration_since(started).as_secs_f64(), timed.event);
        let heard = Heard { events: got.drain(..).map(at).collect(), follows: follow.look().await };
        let gone = common.tx.send(super::say(Msg::Heard { watch: id, heard: Box::new(heard) })).await.is_err();
        if over || gone {
            return (follow, None);
        }
        if follow.is_lost_in_blanks() {
            return (follow, Some(Stopped::Blanks));
        }
        due = Instant::now() + FRAME;
    }
}
