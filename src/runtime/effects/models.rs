//! Effects of the Models screen: judging, working out, looking through the disk, downloads, deleting.

mod disk;
mod fetch;

use crate::app::Msg as Root;
use crate::app::screens::models::examine::examine;
use crate::app::screens::models::ranking::{Pick, Ranking};
use crate::app::screens::models::together::plan;
use crate::app::screens::models::{Effect, Msg};
use crate::models::cards::Spec;
use crate::models::catalogue::Catalogue;
use crate::models::fit::learned::{Lesson, Place};
use crate::models::local::LocalModel;
use crate::models::rank::{Prepared, Situation};
use crate::runtime::suite::newest;
use crate::runtime::world::{Common, World};
use crate::runtime::{learning, shelves};
use crate::store::Store;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// What the Models screen's effects keep open.
#[derive(Debug, Default)]
pub struct Handles {
    /// The newest ranking asked for: older ones are dropped before they cost anything.
    ranking: Arc<AtomicU64>,
    /// The newest detail asked for.
    detail: Arc<AtomicU64>,
    /// What judging keeps between two rankings; held while one is made: one job at a time.
    judge: Arc<Mutex<Judge>>,
    /// The look through this machine that is under way.
    looks: Arc<disk::Looks>,
    /// Ends the downloads under way, by repository.
    downloads: fetch::Downloads,
}

/// Opens it, once, before the first frame: must not block. The look through this machine begins.
pub fn start(common: &Common) -> Handles {
    let handles = Handles::default();
    disk::scan(common, &handles.looks, 0);
    handles
}

/// Runs one effect; must not block.
pub fn run(effect: Effect, world: &World) {
    match effect {
        Effect::Rank { generation, situation, local } => rank(generation, *situation, local, world),
        Effect::Examine { generation, ranking, picks } => work_out(generation, ranking, picks, world),
        Effect::Together { ranking, picks } => {
            world.spawn_blocking(move || {
                let planned = plan(&ranking, &picks, crate::gpu::live::free_ram());
                Some(Root::Models(Msg::Planned(Arc::new(planned))))
            });
        }
        Effect::Scan { generation } => disk::scan(&world.common, &world.models.looks, generation),
        Effect::Seek(sought) => fetch::seek(sought, world),
        Effect::Download { repo, label } => fetch::start(repo, label, world),
        Effect::CancelDownload(repo) => fetch::cancel(&repo, world),
        Effect::Remove(plan) => disk::remove(*plan, world),
        Effect::Scores => scores(world),
    }
}

/// Whether a newer question was asked meanwhile.
fn is_stale(newest: &AtomicU64, generation: u64) -> bool {
    newest.load(Ordering::Relaxed) > generation
}

/// The catalogue, and what does not change with free memory: made anew for another card, use or look through the disk.
#[derive(Debug, Default)]
struct Judge {
    /// With the look through this machine that came with it: each new look reads the user's lines anew.
    catalogue: Option<Shelf>,
    prepared: Option<(Spec, Arc<Vec<LocalModel>>, Prepared)>,
}

/// What is judged, with what starts taught put to it.
#[derive(Debug)]
struct Shelf {
    /// The look that it came with.
    seen: Arc<Vec<LocalModel>>,
    /// The card for which it was taught.
    card: Spec,
    /// How many lessons there were.
    lessons: Vec<Lesson>,
    catalogue: Arc<Catalogue>,
    local: Arc<Vec<LocalModel>>,
}

impl Shelf {
    fn of(
        mut catalogue: Catalogue,
        seen: Arc<Vec<LocalModel>>,
        card: &Spec,
        lessons: Vec<Lesson>,
        is_demo: bool,
    ) -> Self {
        let mut local = Arc::clone(&seen);
        if !lessons.is_empty() {
            // The driver is this machine's, whichever it is.
            let system = if is_demo { "simulated".to_owned() } else { learning::system() };
            let place = Place { card: card.name.clone(), driver: String::new(), system };
            let models: &mut Vec<LocalModel> = Arc::make_mut(&mut local);
            learning::teach(&mut catalogue, models, &lessons, &place);
        }
        Self { seen, card: card.clone(), lessons, catalogue: Arc::new(catalogue), local }
    }
}

impl Judge {
    fn rank(
        &mut self,
        generation: u64,
        situation: Situation,
        seen: Arc<Vec<LocalModel>>,
        (lessons, is_demo): (Vec<Lesson>, bool),
        read: impl FnOnce() -> Catalogue,
    ) -> Ranking {
        let start = Instant::now();
        self.catalogue.take_if(|shelf| {
            !Arc::ptr_eq(&shelf.seen, &seen) || shelf.lessons != lessons || shelf.card != situation.card
        });
        let fresh = || Shelf::of(read(), seen, &situation.card, lessons, is_demo);
        let shelf = self.catalogue.get_or_insert_with(fresh);
        let (catalogue, local) = (Arc::clone(&shelf.catalogue), Arc::clone(&shelf.local));
        let holds = |(card, lies, prepared): &(Spec, Arc<Vec<LocalModel>>, Prepared)| {
            *card == situation.card && Arc::ptr_eq(lies, &local) && prepared.intent() == situation.intent
        };
        let kept = self.prepared.take().filter(holds);
        let (card, lies, mut prepared) = kept.unwrap_or_else(|| {
            let prepared = Prepared::new(&catalogue, &local, &situation.card, situation.intent);
            (situation.card.clone(), Arc::clone(&local), prepared)
        });
        let rows = prepared.rank(situation.room);
        self.prepared = Some((card, lies, prepared));
        Ranking { generation, situation, catalogue, local, rows, took: start.elapsed() }
    }
}

fn scores(world: &World) {
    let paths = world.paths.clone();
    world.spawn_blocking(move || {
        // Nothing is made where nothing was scored.
        let found = if paths.database().exists() { newest(&Store::open(&paths).0).ok()? } else { Vec::new() };
        Some(Root::Models(Msg::Scored(Arc::new(found))))
    });
}

fn rank(generation: u64, situation: Situation, local: Arc<Vec<LocalModel>>, world: &World) {
    let newest = Arc::clone(&world.models.ranking);
    newest.fetch_max(generation, Ordering::Relaxed);
    let judge = Arc::clone(&world.models.judge);
    let (paths, is_demo) = (world.paths.clone(), world.demo.is_some());
    world.spawn_blocking(move || {
        let mut judge = judge.lock().unwrap_or_else(PoisonError::into_inner);
        if is_stale(&newest, generation) {
            return None;
        }
        let taught = (learning::lessons(&paths), is_demo);
        let ranking = judge.rank(generation, situation, local, taught, || shelves::catalogue(&paths).0);
        Some(Root::Models(Msg::Ranked(Arc::new(ranking))))
    });
}

fn work_out(generation: u64, ranking: Arc<Ranking>, picks: Vec<Pick>, world: &World) {
    let newest = Arc::clone(&world.models.detail);
    newest.fetch_max(generation, Ordering::Relaxed);
    world.spawn_blocking(move || {
        if is_stale(&newest, generation) {
            return None;
        }
        let details = picks.iter().filter_map(|pick| examine(&ranking, pick)).map(Arc::new).collect();
        Some(Root::Models(Msg::Examined { generation, details }))
    });
}
