//! Downloads from the hub into its cache, told about as they go, stopped with the key that began them.

use crate::app::Msg as Root;
use crate::app::screens::models::{Download as Far, Msg, Sought};
use crate::base::{Bytes, Problem};
use crate::models::hub::{Asked, Choice, Progress, choose};
use crate::models::live::{Download, Ended, Hub, access};
use crate::runtime::world::World;
use crate::store::caches::variable;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// Downloads under way, by repository.
pub(super) type Downloads = Arc<Mutex<HashMap<String, CancellationToken>>>;

/// Downloads a model; `label` names one quantisation among GGUF files.
pub(super) fn start(repo: String, label: Option<String>, world: &World) {
    let (common, downloads) = (world.common.clone(), Arc::clone(&world.models.downloads));
    let token = common.stop.child_token();
    downloads.lock().unwrap_or_else(PoisonError::into_inner).insert(repo.clone(), token.clone());
    common.tell(Root::Models(Msg::Downloading { repo: repo.clone(), download: Far::default() }));
    let runtime = tokio::runtime::Handle::current();
    // A thread of its own: checksums and writing block.
    world.spawn_blocking(move || {
        let mut report = |progress: Progress| {
            let total = (progress.total > 0).then_some(progress.total);
            let pace = progress.rate.map_or(0, |rate| rate.max(0.0) as u64);
            let download = Far { done: progress.bytes, total, pace };
            common.tell(Root::Models(Msg::Downloading { repo: repo.clone(), download }));
        };
        let result = runtime.block_on(fetch(&repo, label, token, &mut report));
        downloads.lock().unwrap_or_else(PoisonError::into_inner).remove(&repo);
        Some(Root::Models(Msg::Downloaded { repo, result }))
    });
}

/// Asks the hub where a GGUF can be had.
pub(super) fn seek(sought: Sought, world: &World) {
    let common = world.common.clone();
    world.spawn(async move {
        let found = async { Hub::new(access(&variable))?.seek(&sought.model, &sought.label).await };
        let result = found.await;
        common.tell(Root::Models(Msg::Found { sought, result }));
    });
}

/// Stops a download.
pub(super) fn cancel(repo: &str, world: &World) {
    if let Some(token) = world.models.downloads.lock().unwrap_or_else(PoisonError::into_inner).remove(repo) {
        token.cancel();
    }
}

async fn fetch(
    repo: &str,
    label: Option<String>,
    token: CancellationToken,
    report: &mut (dyn FnMut(Progress) + Send),
) -> Result<String, Problem> {
    let asked = Asked::parse(repo)?;
    let hub = Hub::new(access(&variable))?;
    let wanted = label.or_else(|| asked.quant.clone()).map_or(Choice::Transformer, Choice::Gguf);
    let repository = tokio::select! {
        () = token.cancelled() => return Ok(format!("{repo}: cancelled before anything came")),
        listed = hub.list(&asked) => listed?,
    };
    let files = choose(&repository, &wanted)?;
    let mut download = Download::new(&hub, &repository, &asked.revision, &files);
    download.cancel = token;
    Ok(match download.run(report).await? {
        Ended::Whole(_) => format!("{repo} is there"),
        Ended::Cancelled(kept) => format!("{repo}: cancelled; {} stay and are used next time", Bytes(kept)),
    })
}
