//! llama.cpp and Ollama: the way the system offers.

use super::Args;
use crate::base::Problem;
use crate::cli::{Context, output};
use crate::engines::install::offers::by_hand;
use crate::engines::install::{Offer, Package};
use crate::engines::live::install as live;
use serde_json::json;

/// Shows the ways there are; with a yes, carries out the first that needs no root.
///
/// # Errors
/// When none is there that vramdeck may carry out, and it was asked to.
pub(super) fn run(args: &Args, engine: Package, context: &Context) -> Result<(), Problem> {
    let offers = live::offers(engine);
    let there = live::status(&context.paths, engine).used().map(|place| place.path.clone());
    if args.wanted.is_some() || args.cpu || args.cuda {
        let what = format!("{} has no choice of version or build here", engine.title());
        return Err(Problem::usage(what, "the system decides which it has", "leave --version, --cpu and --cuda out"));
    }
    if args.json {
        output::json(&json!({
            "event": "offers", "engine": engine, "there": there, "offers": offers, "by_hand": by_hand(engine),
        }))?;
    } else {
        if let Some(path) = &there {
            output::line(&format!("{} is there: {}", engine.title(), path.display()))?;
        }
        show(engine, &offers)?;
    }
    if args.dry_run || there.is_some() {
        return Ok(());
    }
    let Some(offer) = offers.iter().find(|offer| !offer.root) else {
        // Whoever only looked has what they wanted; whoever said yes did not get it.
        let none =
            if offers.is_empty() { "this system offers nothing for it" } else { "what this system offers needs root" };
        let problem =
            Problem::failed(format!("{} is not installed", engine.title()), none, "do one of the above yourself");
        return if args.yes { Err(problem) } else { Ok(()) };
    };
    if !args.yes {
        return Ok(());
    }
    live::run_offer(engine, offer)?;
    let path = live::status(&context.paths, engine).used().map(|place| place.path.clone());
    if args.json {
        return output::json(&json!({ "event": "result", "engine": engine, "path": path }));
    }
    output::line(&match path {
        Some(path) => format!("{} is there: {}", engine.title(), path.display()),
        None => format!("done, but {} is not on the PATH yet: open a new shell", engine.program()),
    })
}

fn show(engine: Package, offers: &[Offer]) -> Result<(), Problem> {
    if offers.is_empty() {
        output::line(&format!("This system's package managers offer no {}. By hand:", engine.title()))?;
        return by_hand(engine).iter().try_for_each(|line| output::line(&format!("  {line}")));
    }
    for offer in offers {
        let root = if offer.root { "  (needs root: vramdeck shows it and never runs it)" } else { "" };
        output::line(&format!("  {}{root}", offer.argv.join(" ")))?;
        if let Some(note) = &offer.note {
            output::line(&format!("    {note}"))?;
        }
    }
    let can = offers.iter().any(|offer| !offer.root);
    if can { output::line("--yes runs the first that needs no root") } else { Ok(()) }
}
