//! Recipes of the start dialog: composed, listed, read and kept.

use super::PAUSE;
use crate::app::Msg as Root;
use crate::app::screens::engines::Msg;
use crate::engines::recipe::{Asked, Named};
use crate::runtime::recipes;
use crate::runtime::world::World;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Composes once the person has stopped typing for a moment.
pub fn compose(generation: u64, asked: Box<Asked>, world: &World) {
    let newest = Arc::clone(&world.engines.recipe);
    // A new form counts from the start.
    newest.store(generation, Ordering::Relaxed);
    let common = world.common.clone();
    world.spawn(async move {
        tokio::time::sleep(PAUSE).await;
        if newest.load(Ordering::Relaxed) != generation {
            return;
        }
        let (paths, demo) = (common.paths.clone(), common.demo.is_some());
        common.spawn_blocking(move || {
            let result = recipes::compose(&paths, demo, &asked).map(Box::new);
            Some(Root::Engines(Msg::Composed { generation, result }))
        });
    });
}

/// Names of those that can be used.
pub fn list(world: &World) {
    let paths = world.paths.clone();
    world.spawn_blocking(move || {
        let all = recipes::list(&paths).into_iter().filter(|(_, named)| named.is_ok());
        Some(Root::Engines(Msg::Kept(all.map(|(name, _)| name).collect())))
    });
}

/// Reads one.
pub fn load(name: String, world: &World) {
    let paths = world.paths.clone();
    world.spawn_blocking(move || {
        let result = recipes::load(&paths, &name).map(Box::new);
        Some(Root::Engines(Msg::Loaded(result)))
    });
}

/// Keeps one.
pub fn save(name: String, named: Box<Named>, world: &World) {
    let paths = world.paths.clone();
    world.spawn_blocking(move || {
        let result = recipes::save(&paths, &name, &named).map(|(_, secrets)| (name, secrets));
        Some(Root::Engines(Msg::Saved(result)))
    });
}
