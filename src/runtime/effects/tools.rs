//! Effects of the Tools screen: questions to a model, calls that were permitted, the user's tools.

use crate::app::Msg as Root;
use crate::app::screens::chat::target::Resolved;
use crate::app::screens::tools::{Effect, Msg};
use crate::base::Problem;
use crate::lab::agent::live::{self, Servers};
use crate::lab::agent::mcp::Servers as Named;
use crate::lab::agent::{CallId, Limits};
use crate::lab::xray::{Question, Told};
use crate::runtime::effects::chat;
use crate::runtime::exchange;
use crate::runtime::world::{Common, World};
use crate::wire::live::Client;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// What is under way: the question of an exchange, or one of its calls.
type Key = (u64, Option<CallId>);

/// What the Tools screen's effects keep open.
#[derive(Debug, Clone, Default)]
pub struct Handles {
    client: Client,
    /// MCP servers that a person let start; they end with the deck.
    servers: Servers,
    work: Arc<Mutex<BTreeMap<Key, CancellationToken>>>,
}

impl Handles {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Key, CancellationToken>> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does work that can be cancelled by its key; what came of it is told unless it was.
    fn spawn(&self, key: Key, common: &Common, work: impl Future<Output = Msg> + Send + 'static) {
        let cancel = CancellationToken::new();
        self.lock().insert(key, cancel.clone());
        let (handles, tx) = (self.clone(), common.tx.clone());
        common.spawn(async move {
            let told = tokio::select! {
                () = cancel.cancelled() => None,
                msg = work => Some(msg),
            };
            handles.lock().remove(&key);
            if let Some(msg) = told {
                // The deck may have left meanwhile.
                let _ = tx.send(Root::Tools(msg)).await;
            }
        });
    }

    /// Ends the MCP servers that were started.
    pub fn finish(&self) {
        self.servers.stop_all();
    }

    /// Cancels one call, or everything of an exchange.
    fn cancel(&self, trial: u64, call: Option<CallId>) {
        let mut work = self.lock();
        let meant = |key: &Key| key.0 == trial && (call.is_none() || key.1 == call);
        work.iter().filter(|(key, _)| meant(key)).for_each(|(_, token)| token.cancel());
        work.retain(|key, _| !meant(key));
    }
}

/// Runs one effect; must not block.
pub fn run(effect: Effect, world: &World) {
    let (common, handles) = (&world.common, &world.tools);
    match effect {
        Effect::Load => change(common, |_| Ok(())),
        Effect::Save(tool) => change(common, move |config| live::save(config, &tool).map(drop)),
        Effect::Delete(name) => change(common, move |config| live::delete(config, &name).map(drop)),
        Effect::Start(server) => {
            let (servers, tx) = (handles.servers.clone(), common.tx.clone());
            common.spawn(async move {
                let told = servers.start(&server, Limits::default()).await;
                // The deck may have left meanwhile.
                let _ = tx.send(Root::Tools(Msg::Started { name: server.name, told })).await;
            });
        }
        Effect::Ask { trial, target, question } => {
            let (client, tx) = (handles.client.clone(), common.tx.clone());
            handles.spawn((trial, None), common, async move {
                Msg::Answered { trial, told: asked(trial, *target, *question, client, tx).await.map(Arc::new) }
            });
        }
        Effect::Run { trial, call, plan } => {
            let servers = handles.servers.clone();
            handles.spawn((trial, Some(call)), common, async move {
                Msg::Ran { trial, call, outcome: live::run(&plan, &servers).await }
            });
        }
        Effect::Cancel { trial, call } => handles.cancel(trial, call),
    }
}

async fn asked(
    trial: u64,
    target: Resolved,
    question: Question,
    client: Client,
    tx: mpsc::Sender<Root>,
) -> Result<Told, Problem> {
    let endpoint = chat::endpoint(target)?;
    let heard = |bytes, calls| {
        // Where the deck is busy, the next one tells as much.
        let _ = tx.try_send(Root::Tools(Msg::Heard { trial, bytes, calls }));
    };
    exchange::ask(question, &endpoint, &client, heard).await
}

/// Changes the user's folder of tools, then reads what there is.
fn change(common: &Common, work: impl FnOnce(&Path) -> Result<(), Problem> + Send + 'static) {
    let config = common.paths.config.clone();
    common.spawn_blocking(move || {
        let mut problems: Vec<Problem> = work(&config).err().into_iter().collect();
        let (library, more) = live::folder(&config);
        problems.extend(more);
        let own = live::own(&config);
        let servers = live::servers(&config).unwrap_or_else(|problem| {
            problems.push(problem);
            Named::default()
        });
        problems.extend(servers.problems);
        Some(Root::Tools(Msg::Library { library, own, servers: servers.servers, problems }))
    });
}
