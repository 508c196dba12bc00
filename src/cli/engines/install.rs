//! Install, upgrade, repair, remove.

use super::tell::{Teller, cancel_on_signals, consent};
use super::{Args, What};
use crate::base::units::{Bytes, duration};
use crate::base::{Problem, text};
use crate::cli::{Context, output};
use crate::engines::install::{InstallPlan, Package, Wish, plan};
use crate::engines::live::install as live;
use crate::engines::live::install::{Installed, Options};
use serde_json::{Value, json};
use std::io::IsTerminal;
use std::time::Duration;

/// Installs or upgrades one of vramdeck's own.
///
/// # Errors
/// Why it was not done; what was there before is then still there.
pub(super) fn install(args: &Args, engine: Package, context: &Context) -> Result<(), Problem> {
    let wish = args.wish(engine);
    let plan = live::planned(&context.paths, &wish)?;
    if args.dry_run {
        return dry_run(&plan, args.json);
    }
    if !args.yes && std::io::stderr().is_terminal() {
        describe(&plan);
    }
    let verb = if args.what == What::Upgrade { "Upgrade" } else { "Install" };
    let question = format!("{verb} {} {} ({})?", engine.title(), plan.version, plan.build);
    consent(args.yes, &question)?;
    let wish = Wish { build: Some(plan.build), ..wish };
    let (options, mut teller) = watched(args)?;
    let work = if args.what == What::Upgrade { live::upgrade } else { live::install };
    let result = work(&context.paths, &wish, &options, &mut |progress| teller.tell(progress));
    teller.end();
    tell(&result?, args.json, None)
}

fn watched(args: &Args) -> Result<(Options, Teller), Problem> {
    let options = Options { cancel: cancel_on_signals(args.json)?, ..Options::default() };
    Ok((options, Teller::new(args.json)))
}

/// Looks whether it is whole; makes it anew, after a yes, where it is not.
///
/// # Errors
/// Why it could not be made anew.
pub(super) fn repair(args: &Args, engine: Package, context: &Context) -> Result<(), Problem> {
    if args.dry_run {
        let status = live::status(&context.paths, engine);
        let state = status.own().map_or("there is none of vramdeck's own".to_owned(), |own| {
            own.broken.as_ref().map_or("nothing is broken at a quick look".to_owned(), |problem| problem.why.clone())
        });
        return match args.json {
            true => output::json(&json!({ "engine": engine, "found": state })),
            false => output::line(&format!("{}: {state}", engine.title())),
        };
    }
    consent(args.yes, &format!("Look at {} and make it anew where it is broken?", engine.title()))?;
    let (options, mut teller) = watched(args)?;
    let result = live::repair(&context.paths, engine, &options, &mut |progress| teller.tell(progress));
    teller.end();
    let repaired = result?;
    if !args.json {
        output::line(&match &repaired.was_broken {
            Some(problem) => format!("was broken: {}", problem.why),
            None => format!("{} is whole; nothing was done", engine.title()),
        })?;
    }
    tell(&repaired.installed, args.json, Some(repaired.was_broken.as_ref()))
}

/// Removes what vramdeck installed, after a yes.
///
/// # Errors
/// When a run uses it, or it cannot be removed.
pub(super) fn remove(args: &Args, engine: Package, context: &Context) -> Result<(), Problem> {
    let status = live::status(&context.paths, engine);
    let folder = status.own().map(|own| own.path.display().to_string());
    let what = folder.clone().unwrap_or_else(|| "what was fetched for it".to_owned());
    if args.dry_run {
        return match args.json {
            true => output::json(&json!({ "engine": engine, "would_remove": folder, "kept_bytes": status.kept })),
            false => output::line(&format!("would remove vramdeck's own {}: {what}", engine.title())),
        };
    }
    consent(args.yes, &format!("Remove vramdeck's own {} ({what})?", engine.title()))?;
    if std::io::stderr().is_terminal() && !args.json {
        output::aside("deleting its files, which may take a minute");
    }
    let removed = live::remove(&context.paths, engine)?;
    if args.json {
        return output::json(&json!({
            "event": "result", "engine": engine, "removed": removed.folders, "freed_bytes": removed.freed,
        }));
    }
    output::line(&format!("{} is removed, {} came free", engine.title(), removed.freed))
}

fn describe(plan: &InstallPlan) {
    let (disk, basis) = &plan.disk;
    output::aside(&format!("into   {}", text::clean_line(&plan.slot.display().to_string())));
    output::aside(&format!("python {}", text::clean_line(&plan.python.path.display().to_string())));
    output::aside(&format!("disk   {disk} ({basis})"));
    for note in &plan.notes {
        output::aside(&format!("note   {note}"));
    }
}

fn dry_run(plan: &InstallPlan, json: bool) -> Result<(), Problem> {
    let steps: Vec<(&str, String)> =
        plan.steps.iter().map(|step| (step.stage.words(), plan::shown(&step.act))).collect();
    if json {
        let steps: Vec<Value> =
            plan.steps.iter().map(|step| json!({ "stage": step.stage, "step": plan::shown(&step.act) })).collect();
        return output::json(&json!({
            "engine": plan.package, "version": plan.version, "build": plan.build, "folder": plan.slot,
            "python": plan.python.path, "disk_bytes": plan.disk.0, "disk_basis": plan.disk.1, "notes": plan.notes,
            "steps": steps,
        }));
    }
    output::line(&format!("{} {} ({})", plan.package.title(), plan.version, plan.build))?;
    output::line(&format!("  into   {}", text::clean_line(&plan.slot.display().to_string())))?;
    output::line(&format!("  disk   {} ({})", plan.disk.0, plan.disk.1))?;
    for note in &plan.notes {
        output::line(&format!("  note   {note}"))?;
    }
    let mut before = "";
    for (stage, step) in steps {
        if stage != before {
            output::line(&format!("  {stage}"))?;
            before = stage;
        }
        output::line(&format!("    {}", text::clean_line(&step)))?;
    }
    output::line("nothing was done; --yes does it")
}

/// The result; `broken` is what a repair found.
fn tell(installed: &Installed, json: bool, broken: Option<Option<&Problem>>) -> Result<(), Problem> {
    let record = &installed.record;
    if json {
        let mut out = json!({
            "event": "result", "engine": record.package, "version": record.version, "build": record.build,
            "path": installed.path, "already": installed.already, "seconds": record.seconds,
            "disk_bytes": record.disk_bytes, "said": record.said, "notes": installed.notes,
        });
        if let Some(broken) = broken {
            out["was_broken"] = json!(broken);
        }
        return output::json(&out);
    }
    let seconds = duration(Duration::try_from_secs_f64(record.seconds).unwrap_or_default());
    let how = match (installed.already, broken) {
        (true, Some(_)) => return notes(installed),
        (true, None) => "is there already".to_owned(),
        (false, _) => format!("is there, in {seconds}, {} on disk", Bytes(record.disk_bytes)),
    };
    output::line(&format!("{} {} ({}) {how}", record.package.title(), record.version, record.build))?;
    output::line(&format!("  {}", text::clean_line(&installed.path.display().to_string())))?;
    notes(installed)
}

fn notes(installed: &Installed) -> Result<(), Problem> {
    installed.notes.iter().try_for_each(|note| output::line(&format!("  {}", text::clean_line(note))))
}
