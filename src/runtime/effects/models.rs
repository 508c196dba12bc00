//! Effects of the Models screen: judging, working out, looking through the disk, downloads, deleting.

mod disk;

use crate::app::Msg as Root;
use crate::app::screens::models::examine::examine;
use crate::app::screens::models::ranking::{Pick, Ranking};
use crate::app::screens::models::{Effect, Msg};
use crate::models::catalogue::Catalogue;
use crate::models::local::LocalModel;
use crate::models::rank::{self, Situation};
use crate::runtime::world::{Common, World};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Instant;
use tokio_util::sync::CancellationToken;

/// What the Models screen's effects keep open.
#[derive(Debug, Default)]
pub struct Handles {
    /// The newest ranking asked for: older ones are dropped before they cost anything.
    ranking: Arc<AtomicU64>,
    /// The newest detail asked for.
    detail: Arc<AtomicU64>,
    /// The shipped catalogue, once it was read.
    catalogue: Arc<OnceLock<Arc<Catalogue>>>,
    /// Held while something is judged: one job at a time.
    judging: Arc<Mutex<()>>,
    /// Ends the downloads under way, by repository.
    downloads: Arc<Mutex<HashMap<String, CancellationToken>>>,
}

/// Opens it, once, before the first frame: must not block. The look through this machine begins.
pub fn start(common: &Common) -> Handles {
    disk::scan(common);
    Handles::default()
}

/// Runs one effect; must not block.
pub fn run(effect: Effect, world: &World) {
    match effect {
        Effect::Rank { generation, situation, local } => rank(generation, *situation, local, world),
        Effect::Examine { generation, ranking, picks } => work_out(generation, ranking, picks, world),
        Effect::Scan => disk::scan(&world.common),
        Effect::Download { repo, label } => disk::download(repo, label, world),
        Effect::CancelDownload(repo) => disk::cancel(&repo, world),
        Effect::PlanRemoval(local) => disk::plan(*local, world),
        Effect::Remove(removal) => disk::remove(*removal, world),
    }
}

/// Whether a newer question was asked meanwhile.
fn is_stale(newest: &AtomicU64, generation: u64) -> bool {
    newest.load(Ordering::Relaxed) > generation
}

fn rank(generation: u64, situation: Situation, local: Arc<Vec<LocalModel>>, world: &World) {
    let newest = Arc::clone(&world.models.ranking);
    newest.fetch_max(generation, Ordering::Relaxed);
    let (catalogue, judging) = (Arc::clone(&world.models.catalogue), Arc::clone(&world.models.judging));
    world.spawn_blocking(move || {
        let _one = judging.lock();
        if is_stale(&newest, generation) {
            return None;
        }
        let catalogue = Arc::clone(catalogue.get_or_init(|| Arc::new(shipped())));
        let start = Instant::now();
        let rows = rank::rank(&catalogue, &local, &situation);
        let took = start.elapsed();
        Some(Root::Models(Msg::Ranked(Arc::new(Ranking { generation, situation, catalogue, local, rows, took }))))
    });
}

fn shipped() -> Catalogue {
    Catalogue::default()
}

fn work_out(generation: u64, ranking: Arc<Ranking>, picks: Vec<Pick>, world: &World) {
    let newest = Arc::clone(&world.models.detail);
    newest.fetch_max(generation, Ordering::Relaxed);
    let judging = Arc::clone(&world.models.judging);
    world.spawn_blocking(move || {
        let _one = judging.lock();
        if is_stale(&newest, generation) {
            return None;
        }
        let details = picks.iter().filter_map(|pick| examine(&ranking, pick)).map(Arc::new).collect();
        Some(Root::Models(Msg::Examined { generation, details }))
    });
}
