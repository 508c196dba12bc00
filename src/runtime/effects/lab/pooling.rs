//! Effects of the Lab's view Pooling.

use crate::app::Msg as Root;
use crate::app::screens::lab::Msg as Lab;
use crate::app::screens::lab::pooling::{Effect, Msg, Whom};
use crate::base::Problem;
use crate::engines::{RunId, live};
use crate::lab::pooling::About;
use crate::runtime::effects::chat::key;
use crate::runtime::pooling;
use crate::runtime::world::{Common, World};
use crate::wire::Endpoint;
use crate::wire::live::Client;
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// What is kept open for the view.
#[derive(Debug, Clone, Default)]
pub struct Handles {
    client: Client,
    /// Ends the question on its way.
    asking: Arc<Mutex<CancellationToken>>,
}

/// Runs one.
pub fn run(effect: Effect, world: &World) {
    let handles = world.lab.pooling.clone();
    let (common, client) = (world.common.clone(), handles.client.clone());
    match effect {
        Effect::Serves(whom) => world.spawn(async move {
            let of = (whom.to.base_url.clone(), whom.to.model.clone());
            let about = about(&whom, &common).await;
            let run = whom.run.as_ref().and_then(|(run, _)| live::get(&common.paths, &RunId(run.clone())).ok());
            let serves = match endpoint(&whom) {
                Ok(endpoint) => pooling::serves(&endpoint, run.as_ref(), &about, &client).await,
                Err(problem) => Err(crate::base::Unknown::because(problem.why)),
            };
            common.tell(say(Msg::Serves { of, serves }));
        }),
        Effect::Ask { asked, whom, ask } => {
            let cancel = CancellationToken::new();
            *handles.asking.lock().unwrap_or_else(PoisonError::into_inner) = cancel.clone();
            world.spawn(async move {
                let work = async {
                    let endpoint = endpoint(&whom)?;
                    let about = about(&whom, &common).await;
                    pooling::ask(ask, &endpoint, &about, &client).await.map(Arc::new)
                };
                tokio::select! {
                    () = cancel.cancelled() => {}
                    result = work => common.tell(say(Msg::Told { asked, result })),
                }
            });
        }
        Effect::Stop => handles.asking.lock().unwrap_or_else(PoisonError::into_inner).cancel(),
    }
}

fn say(msg: Msg) -> Root {
    Root::Lab(Lab::Pooling(msg))
}

fn endpoint(whom: &Whom) -> Result<Endpoint, Problem> {
    let key = key(&whom.to.key)?;
    let (base_url, model) = (whom.to.base_url.clone(), whom.to.model.clone());
    Ok(Endpoint { base_url, key, dialect: whom.to.dialect, model })
}

/// What is known of the model, by the name it was started with; its files are read.
async fn about(whom: &Whom, common: &Common) -> About {
    let model = whom.run.as_ref().map_or(&whom.to.model, |(_, model)| model).clone();
    let (paths, folders, is_demo) =
        (common.paths.clone(), common.settings.model_folders.clone(), common.demo.is_some());
    let read = tokio::task::spawn_blocking(move || pooling::about_here(&model, &paths, &folders, is_demo));
    read.await.unwrap_or_default()
}
