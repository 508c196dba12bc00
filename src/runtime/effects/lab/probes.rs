//! Effects of the Lab's view Probes.

use crate::app::Msg as Root;
use crate::app::screens::chat::target::Resolved;
use crate::app::screens::lab::Msg as Lab;
use crate::app::screens::lab::probes::{Effect, Msg};
use crate::base::{Problem, Reading};
use crate::lab::probes::{LONGEST, Situation, Subject, chosen};
use crate::runtime::effects::chat;
use crate::runtime::probes::{self, Order, Target, Told};
use crate::runtime::world::{Common, World};
use crate::store::{Store, StoreHandle};
use crate::wire::Endpoint;
use crate::wire::live::Client;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Requests at a time.
const AT_ONCE: usize = 4;
/// The longest one answer may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// The longest all of it may take.
const LIMIT: Duration = Duration::from_secs(900);

/// What is kept open for the view.
#[derive(Debug, Clone, Default)]
pub struct Handles {
    client: Client,
    /// Ends the probes under way.
    stop: Arc<Mutex<CancellationToken>>,
}

fn say(msg: Msg) -> Root {
    Root::Lab(Lab::Probes(msg))
}

/// Reads the cards that are kept, once, after the start: must not block.
pub fn start(common: &Common) {
    load(common);
}

/// Runs one.
pub fn run(effect: Effect, world: &World) {
    let handles = &world.lab.probes;
    match effect {
        Effect::Load => load(&world.common),
        Effect::Stop => handles.stop.lock().unwrap_or_else(PoisonError::into_inner).cancel(),
        Effect::Run { target, weights, quick } => {
            let cancel = CancellationToken::new();
            *handles.stop.lock().unwrap_or_else(PoisonError::into_inner) = cancel.clone();
            let (common, client) = (world.common.clone(), handles.client.clone());
            world.spawn(async move {
                let ended = fly(*target, weights, quick, client, &common, &cancel).await;
                load(&common);
                common.tell(say(Msg::Ended(ended)));
            });
        }
    }
}

fn load(common: &Common) {
    let paths = common.paths.clone();
    common.spawn_blocking(move || {
        // Nothing is made where nothing was probed.
        let kept = match paths.database().exists() {
            true => probes::newest(&Store::open(&paths).0),
            false => Ok(Vec::new()),
        };
        Some(kept.map_or_else(Root::Problem, |cards| say(Msg::Kept(Arc::new(cards)))))
    });
}

async fn fly(
    resolved: Resolved,
    weights: String,
    quick: bool,
    client: Client,
    common: &Common,
    cancel: &CancellationToken,
) -> Result<(), Problem> {
    let key = chat::key(&resolved.key)?;
    let (url, model, dialect) = (resolved.base_url, resolved.model, resolved.dialect);
    // What the endpoint does not say of itself stays unknown.
    let detected = client.detect(&url, key.clone()).await.ok();
    let said = detected.as_ref().and_then(|detected| detected.context_tokens(&model));
    let context = said.or(Reading::ok(resolved.context));
    let subject = Subject {
        model: model.clone(),
        engine: dialect.name().to_owned(),
        version: detected.and_then(|detected| detected.version).unwrap_or_default(),
        url: url.clone(),
        weights,
    };
    let endpoint = Endpoint { base_url: url, key, dialect, model };
    let client = client.with_idle_timeout(PATIENCE + Duration::from_secs(1));
    let order = Order {
        target: Target { client, endpoint, patience: PATIENCE },
        subject,
        situation: Situation { dialect, context, seed: 1, longest: LONGEST },
        capabilities: chosen(&[], quick)?,
        at_once: AT_ONCE,
        limit: LIMIT,
        take_over: true,
    };
    let told = common.clone();
    let store = StoreHandle::start(common.paths.clone(), move |_, problem| {
        problem.into_iter().for_each(|problem| told.tell(Root::Problem(problem)));
    })?;
    let ended = probes::run(order, Some(&store), cancel, |step| match step {
        Told::Asks { capability, progress, requests } => {
            common.tell(say(Msg::Asks { now: capability.name, progress, requests }));
        }
        Told::Found { entry, progress } => common.tell(say(Msg::Found(Box::new(entry.clone()), progress))),
        Told::Unsaved(problem) => common.tell(Root::Problem(problem.clone())),
    })
    .await?;
    // Who stopped it knows.
    ended.trouble.filter(|_| !cancel.is_cancelled()).map_or(Ok(()), Err)
}
