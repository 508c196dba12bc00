//! Scores: listing and reading what is kept, running a suite.

use crate::app::Msg as Root;
use crate::app::screens::chat::target::Resolved;
use crate::app::screens::tools::Msg as Tools;
use crate::app::screens::tools::scores::{Effect, Msg, Score};
use crate::base::{Problem, Reading};
use crate::lab::suite::{Plan, Setting};
use crate::runtime::suite::{self, GoOn, Known, Order, Step, Target};
use crate::runtime::world::{Common, World};
use crate::store::{Store, StoreHandle};
use crate::wire::live::Client;
use std::sync::{Arc, PoisonError};
use tokio_util::sync::CancellationToken;

/// Kept runs that are listed.
const LISTED: usize = 200;
/// Requests at a time.
const AT_ONCE: u32 = 4;

fn say(msg: Msg) -> Root {
    Root::Tools(Tools::Scores(msg))
}

/// Runs one effect.
pub(super) fn run(effect: Effect, world: &World) {
    let paths = world.paths.clone();
    match effect {
        Effect::List => world.spawn_blocking(move || {
            // Nothing is made where nothing was scored.
            let kept = match paths.database().exists() {
                true => suite::list(&Store::open(&paths).0, None, LISTED),
                false => Ok(Vec::new()),
            };
            Some(kept.map_or_else(Root::Problem, |kept| say(Msg::Listed(kept))))
        }),
        Effect::Read(id) => world.spawn_blocking(move || {
            let loaded = suite::load(&Store::open(&paths).0, id);
            let score = loaded.map(|all| Arc::new(Score::new(all.kept.about, all.plan, all.outcomes)));
            Some(say(Msg::Read(id, score)))
        }),
        Effect::Run { suite, target, weights } => {
            let cancel = CancellationToken::new();
            *world.tools.suite.lock().unwrap_or_else(PoisonError::into_inner) = cancel.clone();
            let (common, client) = (world.common.clone(), world.tools.client.clone());
            world.spawn(async move {
                let ended = fly(suite, *target, weights, client, &common, &cancel).await;
                common.tell(say(Msg::Ended(ended)));
            });
        }
        Effect::Stop => world.tools.suite.lock().unwrap_or_else(PoisonError::into_inner).cancel(),
    }
}

async fn fly(
    name: &str,
    resolved: Resolved,
    weights: String,
    client: Client,
    common: &Common,
    cancel: &CancellationToken,
) -> Result<(), Problem> {
    let context = Reading::ok(resolved.context.clone());
    let endpoint = super::endpoint(resolved)?;
    let known = Known { weights, context, ..Known::default() };
    let (subject, most) = suite::subject(&client, &endpoint, known).await;
    // A whole answer shows its raw text with every engine that shows it at all.
    let base = Setting { stream: false, ..Setting::default() };
    let plan = Plan { base, concurrency: AT_ONCE, max_tokens: Some(most), ..Plan::default() };
    let target = Target::new(client, endpoint);
    let order = Order { suite: suite::suite(name, None)?, plan, subject, target, go_on: GoOn::Alike };
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
