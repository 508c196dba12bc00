//! Scores: listing and reading what is kept, running a suite.

use crate::app::Msg as Root;
use crate::app::scores::{Effect, Msg, Score};
use crate::app::screens::chat::target::Resolved;
use crate::base::{Problem, Reading};
use crate::lab::suite::{Family, Plan, Setting};
use crate::runtime::effects::chat::endpoint;
use crate::runtime::suite::{self, GoOn, Known, Order, Step, Target};
use crate::runtime::world::{Common, World};
use crate::store::{Store, StoreHandle};
use crate::wire::live::Client;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio_util::sync::CancellationToken;

/// Kept runs that are listed.
const LISTED: usize = 200;
/// Requests at a time.
const AT_ONCE: u32 = 4;

/// What is kept open: what ends the suite that runs, by family.
#[derive(Debug, Clone, Default)]
pub struct Handles {
    client: Client,
    running: Arc<Mutex<BTreeMap<Family, CancellationToken>>>,
}

impl Handles {
    fn running(&self) -> MutexGuard<'_, BTreeMap<Family, CancellationToken>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs one effect; must not block.
pub fn run(family: Family, effect: Effect, world: &World) {
    let (common, handles) = (&world.common, &world.scores);
    let paths = common.paths.clone();
    let say = move |msg| Root::Scores(family, msg);
    match effect {
        Effect::List => common.spawn_blocking(move || {
            // Nothing is made where nothing was scored.
            let kept = match paths.database().exists() {
                true => suite::list(&Store::open(&paths).0, Some(family), None, LISTED),
                false => Ok(Vec::new()),
            };
            Some(kept.map_or_else(Root::Problem, |kept| say(Msg::Listed(kept))))
        }),
        Effect::Read(id) => common.spawn_blocking(move || {
            let loaded = suite::load(&Store::open(&paths).0, id);
            let score = loaded.map(|all| Arc::new(Score::new(all.kept.about, all.plan, all.outcomes)));
            Some(say(Msg::Read(id, score)))
        }),
        Effect::Run { suite, target, weights, backend } => {
            let cancel = CancellationToken::new();
            handles.running().insert(family, cancel.clone());
            let (own, client) = (common.clone(), handles.client.clone());
            common.spawn(async move {
                let context = Reading::ok(target.context.clone());
                let known = Known { weights, context, backend, ..Known::default() };
                let ended = fly((family, suite), *target, known, client, &own, &cancel).await;
                own.tell(say(Msg::Ended(ended)));
            });
        }
        Effect::Stop => handles.running().get(&family).into_iter().for_each(CancellationToken::cancel),
    }
}

async fn fly(
    (family, name): (Family, &str),
    resolved: Resolved,
    known: Known,
    client: Client,
    common: &Common,
    cancel: &CancellationToken,
) -> Result<(), Problem> {
    let endpoint = endpoint(resolved)?;
    let say = |msg| Root::Scores(family, msg);
    let (subject, most) = suite::subject(&client, &endpoint, known).await;
    // A whole answer shows its raw text with every engine that shows it at all.
    // Of answers under a constraint nothing is taken apart, and streaming tells when the first token came.
    let base = Setting { stream: family == Family::Structured, ..Setting::default() };
    let plan = Plan { family, base, concurrency: AT_ONCE, max_tokens: Some(most), ..Plan::default() };
    let target = Target::new(client, endpoint);
    let order = Order { suite: suite::suite_of(family, name, None)?, plan, subject, target, go_on: GoOn::Alike };
    let told = common.clone();
    let store = StoreHandle::start(common.paths.clone(), move |_, problem| {
        problem.into_iter().for_each(|problem| told.tell(Root::Problem(problem)));
    })?;
    let mut number = None;
    let ended = suite::run(order, Some(&store), cancel, |step| match step {
        Step::Begun { id, progress, .. } => {
            number = id;
            common.tell(say(Msg::Flies { id, progress }));
        }
        Step::Done { progress, .. } => common.tell(say(Msg::Flies { id: number, progress })),
        Step::Unsaved(problem) => common.tell(Root::Problem(problem.clone())),
    })
    .await?;
    match ended.trouble {
        Some(problem) if ended.given_up => {
            let why = format!("{}: {}", problem.what, problem.why);
            Err(Problem::failed("the suite did not run through", why, "it goes on when you run it again"))
        }
        _ => Ok(()),
    }
}
