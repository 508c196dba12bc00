//! A question under a constraint on its way. What comes is handed on at most once a frame, with how far it keeps to the
//! constraint: the matcher stays here, the screen gets figures.

use super::follow::Follow;
use crate::app::screens::structured::judge::{Case, judge};
use crate::app::screens::structured::{Ask, Msg};
use crate::base::Problem;
use crate::lab::structured::ask::{Onward, Question, Told};
use crate::lab::structured::request;
use crate::runtime::effects::chat;
use crate::runtime::structured;
use crate::runtime::world::Common;
use crate::wire::Endpoint;
use crate::wire::live::Client;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// What has come is handed on at most this often.
const FRAME: Duration = Duration::from_millis(33);

/// The question as it is sent, and whom it goes to.
pub(super) fn order(ask: &Ask) -> Result<(Question, Endpoint), Problem> {
    let target = &ask.target;
    let question = Question {
        messages: ask.messages.clone(),
        fields: ask.fields.clone(),
        constraint: Some(request(&ask.constraint, target.dialect, &ask.options)?),
        stream: ask.stream,
    };
    let key = chat::key(&target.key)?;
    let (base_url, model) = (target.base_url.clone(), target.model.clone());
    Ok((question, Endpoint { base_url, key, dialect: target.dialect, model }))
}

/// Asks, hands on what comes, and says at the end what is to be said of it.
pub(super) async fn watch(id: u64, ask: Ask, client: Client, common: Common, cancel: CancellationToken) {
    let told = match order(&ask) {
        Ok((question, endpoint)) => carry(id, ask, &question, &endpoint, &client, &common, &cancel).await,
        Err(problem) => Err(problem),
    };
    // The deck may have left meanwhile.
    let _ = common.tx.send(super::say(Msg::Ended { watch: id, told })).await;
}

type Shared = Arc<Mutex<Follow>>;

fn with<T>(follow: &Shared, work: impl FnOnce(&mut Follow) -> T) -> T {
    work(&mut follow.lock().unwrap_or_else(PoisonError::into_inner))
}

async fn carry(
    id: u64,
    ask: Ask,
    question: &Question,
    endpoint: &Endpoint,
    client: &Client,
    common: &Common,
    cancel: &CancellationToken,
) -> Result<Box<crate::app::screens::structured::watch::Ended>, Problem> {
    let Some(written) = &question.constraint else {
        return Err(Problem::failed("the question is not asked", "it has no constraint", "choose one"));
    };
    let asked = written.asked.clone();
    let follow: Shared = Arc::new(Mutex::new(Follow::new(&asked)));
    let hear = |heard: crate::lab::structured::ask::Heard<'_>| match with(&follow, |follow| follow.take(heard)) {
        Some(why) => Onward::Stop(why),
        None => Onward::On,
    };
    let answer = structured::ask(question, endpoint, client, hear);
    let told = tokio::select! {
        told = answer => told?,
        () = cancel.cancelled() => Told { stopped: Some(STOPPED.to_owned()), ..with(&follow, |follow| follow.told()) },
        () = hand_on(id, &follow, common) => return Err(Problem::failed("nobody listens", "the deck has left", "")),
    };
    // The constraint may take longer to be made ready than a short answer does to come.
    let compiled = with(&follow, Follow::compiling);
    if let Some(compiled) = compiled {
        let made = compiled.await;
        with(&follow, |follow| follow.made(made));
    }
    let last = with(&follow, |follow| follow.heard(told.text.as_str()));
    // The deck may have left meanwhile.
    let _ = common.tx.send(super::say(Msg::Heard { watch: id, heard: Box::new(last) })).await;
    let case = Case { asked, told, before: ask.before };
    // The verdict on a long answer takes a while.
    match tokio::task::spawn_blocking(move || judge(&case)).await {
        Ok(told) => told.map(Box::new),
        Err(error) => Err(Problem::failed("there is no verdict", error.to_string(), "ask again")),
    }
}

/// Why an answer ended that the person stopped.
pub(super) const STOPPED: &str = "you stopped it";

/// Hands on what has come, frame by frame, until it is dropped; ends by itself only when nobody listens.
async fn hand_on(id: u64, follow: &Shared, common: &Common) {
    loop {
        tokio::time::sleep(FRAME).await;
        // What was taken out is sent at once: this may be dropped wherever it waits.
        let Ok(permit) = common.tx.reserve().await else { return };
        if let Some(heard) = with(follow, Follow::news) {
            permit.send(super::say(Msg::Heard { watch: id, heard: Box::new(heard) }));
        }
    }
}
