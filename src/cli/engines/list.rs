//! The list.

use crate::base::Problem;
use crate::base::text::clean_line;
use crate::cli::output;
use crate::engines::install::{Package, Place, Status};
use crate::engines::live::install as live;
use crate::store::Paths;
use serde_json::{Value, json};

/// Lists every engine, or one.
///
/// # Errors
/// When stdout cannot be written.
pub(super) fn run(paths: &Paths, engine: Option<Package>, json: bool) -> Result<(), Problem> {
    let statuses = match engine {
        Some(engine) => vec![live::status(paths, engine)],
        None => live::statuses(paths),
    };
    if json {
        let rows: Vec<Value> = statuses.iter().map(row).collect();
        return output::json(&json!({ "folder": paths.data.join("engines"), "engines": rows }));
    }
    statuses.iter().try_for_each(tell)
}

fn row(status: &Status) -> Value {
    let used = status.used();
    json!({
        "engine": status.engine, "path": used.map(|place| &place.path), "version": used.and_then(|place| place.version.as_ref()),
        "whose": used.map(|place| place.whose), "pinned": status.pinned, "newest_known": status.newest_known,
        "can_upgrade": status.can_upgrade(), "installable": status.engine.is_own(), "places": status.places,
        "installing": status.installing, "recovered": status.recovered, "last_failure": status.last_failure,
        "kept_bytes": status.kept,
    })
}

fn tell(status: &Status) -> Result<(), Problem> {
    let title = status.engine.title();
    if status.places.is_empty() {
        let how = if status.engine.is_own() { "installs it" } else { "shows how" };
        output::line(&format!("{title:10} not found; vramdeck engines install {} {how}", status.engine))?;
    }
    for (index, place) in status.places.iter().enumerate() {
        let lead = if index == 0 { title } else { "" };
        output::line(&format!("{lead:10} {}", place_line(place)))?;
        if let Some(problem) = &place.broken {
            output::line(&format!("{:10}   broken: {}; {}", "", problem.why, problem.hint))?;
        }
    }
    let mut notes = Vec::new();
    notes.extend(status.pinned.as_ref().map(|version| format!("pinned to {version}")));
    if status.can_upgrade() {
        let newest = status.newest_known.as_deref().unwrap_or_default();
        notes.push(format!("{newest} is known: vramdeck engines upgrade {}", status.engine));
    } else if status.own().is_none() && status.engine.is_own() {
        notes.extend(status.newest_known.as_ref().map(|version| format!("vramdeck can install {version}")));
    }
    if let Some(installing) = &status.installing {
        let far = installing.progress.as_ref().map(|progress| format!(": {}", super::tell::line(progress)));
        notes.push(format!("process {} is {}{}", installing.pid, installing.what, far.unwrap_or_default()));
    }
    notes.extend(status.recovered.clone());
    notes.extend(status.last_failure.as_ref().map(|why| format!("last attempt: {why}")));
    if status.kept.0 > 0 && status.installing.is_none() {
        notes.push(format!("{} fetched by an attempt that did not come through are kept for the next", status.kept));
    }
    notes.iter().try_for_each(|note| output::line(&format!("{:10}   {}", "", clean_line(note))))
}

fn place_line(place: &Place) -> String {
    let version = place.version.as_deref().unwrap_or("version unknown");
    let build = place.build.map(|build| format!(" ({build})")).unwrap_or_default();
    let used = if place.used { ", used" } else { "" };
    clean_line(&format!("{version}{build}  {}  {}{used}", place.path.display(), place.whose.words()))
}
