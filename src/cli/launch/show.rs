//! What a launch would do, before anything runs: the command, the recipe with its reasons, the file it is exported to.

use super::recipe::Wish;
use crate::base::text::clean_line;
use crate::base::{Problem, Reading};
use crate::cli::fit::{Answer, json};
use crate::cli::{Context, output, wrap};
use crate::engines::live::Prepared;
use crate::engines::recipe::{Chosen, Export, Named, Recipe, export as write, shown_line};
use crate::engines::{Check, Outcome, Plan};
use crate::runtime::{exports, recipes as kept};
use crate::store::Paths;
use serde_json::{Value, json};

/// Prints checks, environment, command, recipe and fit.
///
/// # Errors
/// What a check found.
pub(super) fn dry_run(prepared: Prepared, fit: &Reading<Answer>, wish: &Wish, json: bool) -> Result<(), Problem> {
    if json {
        output::json(&document(&prepared, fit, wish))?;
    } else {
        text(&prepared, fit, wish)?;
    }
    prepared.into_plan().map(|_| ())
}

fn document(prepared: &Prepared, fit: &Reading<Answer>, wish: &Wish) -> Value {
    let env = prepared.plan.iter().flat_map(Plan::shown_env).map(|(name, value)| (name, Value::String(value)));
    let env: serde_json::Map<String, Value> = env.collect();
    let mut out = json!({
        "argv": prepared.plan.as_ref().map(Plan::shown_argv), "env": env,
        "endpoint": prepared.plan.as_ref().map(|plan| plan.endpoint.clone()),
        "fit": fit.as_ref().ok().map(json::answer), "checks": prepared.checks,
    });
    if let Err(why) = fit {
        out["fit_unknown"] = json!(why.why);
    }
    if let Some(recipe) = &wish.recipe {
        out["profile"] = json!(recipe.profile);
        out["recipe"] = recipe.chosen.iter().map(row).collect();
    }
    let notes = notes(wish);
    if !notes.is_empty() || wish.recipe.is_some() {
        out["notes"] = json!(notes);
    }
    out
}

/// A flag of the recipe; the value of a secret is masked.
fn row(one: &Chosen) -> Value {
    let mut row = json!(one);
    row["value"] = json!(one.shown());
    row
}

fn notes(wish: &Wish) -> Vec<&str> {
    wish.notes.iter().chain(wish.recipe.iter().flat_map(|recipe| &recipe.notes)).map(String::as_str).collect()
}

fn text(prepared: &Prepared, fit: &Reading<Answer>, wish: &Wish) -> Result<(), Problem> {
    for check in &prepared.checks {
        output::line(&check_row(check))?;
    }
    for (name, value) in prepared.plan.iter().flat_map(Plan::shown_env) {
        output::line(&clean_line(&format!("  env      {}", shown_line(&[(name, value)], &[]))))?;
    }
    if let Some(argv) = prepared.plan.as_ref().map(Plan::shown_argv).filter(|argv| !argv.is_empty()) {
        output::line(&format!("  command  {}", clean_line(&shown_line(&[], &argv))))?;
    }
    let mut rows = String::new();
    wrap::paragraph(&mut rows, "  fit      ", &clean_line(&super::fit::row(fit)), wrap::columns());
    if let Some(recipe) = &wish.recipe {
        reasons(&mut rows, recipe);
    }
    for note in notes(wish) {
        wrap::paragraph(&mut rows, "  note     ", &clean_line(note), wrap::columns());
    }
    output::raw(&rows)
}

/// Each flag with the engine's default, why, its cost and its source.
fn reasons(rows: &mut String, recipe: &Recipe) {
    rows.push('\n');
    let profile = recipe.profile.map(|profile| format!("{}: {}", profile.name(), profile.about())).unwrap_or_default();
    wrap::paragraph(rows, "  profile  ", &profile, wrap::columns());
    for one in &recipe.chosen {
        let value = one.shown().map(|value| format!(" {value}")).unwrap_or_default();
        let default =
            one.default.as_deref().map_or_else(|| "not set".to_owned(), |default| format!("{default} by default"));
        let passed = if one.passed { "" } else { ", not passed" };
        rows.push_str(&format!(
            "  {}\n",
            clean_line(&format!("{}{value}  ({default}; {}{passed})", one.flag, one.origin.name()))
        ));
        for (label, text) in [("why ", &one.why), ("cost", &one.cost), ("from", &one.source)] {
            if !text.is_empty() {
                wrap::paragraph(rows, &format!("      {label} "), &clean_line(text), wrap::columns());
            }
        }
    }
    rows.push('\n');
}

fn check_row(check: &Check) -> String {
    let glyph = match check.outcome {
        Outcome::Pass => "✓",
        Outcome::Warn => "!",
        Outcome::Fail => "✗",
        Outcome::Skip => "-",
    };
    format!("{glyph} {:8} {}", check.name, check.found)
}

/// Prints the launch as a file; notes go to stderr.
///
/// # Errors
/// When it cannot be planned, or not written as such a file.
pub(super) fn export(kind: Export, wish: &Wish, context: &Context, json: bool) -> Result<(), Problem> {
    let (plan, version) = exports::planned(&context.paths, &wish.request)?;
    let written = write(kind, &plan, version.as_deref())?;
    let mut notes: Vec<&str> = notes(wish);
    notes.extend(written.notes.iter().map(String::as_str));
    if json {
        return output::json(&json!({"export": {"kind": kind.name(), "text": written.text}, "notes": notes}));
    }
    for note in notes {
        output::aside(&clean_line(&format!("vramdeck: {note}")));
    }
    output::raw(&written.text)
}

/// Lists the recipes that were kept.
///
/// # Errors
/// When stdout cannot be written.
pub(super) fn recipes(paths: &Paths, json: bool) -> Result<(), Problem> {
    let all = kept::list(paths);
    if json {
        let row = |(name, kept): &(String, Result<Named, Problem>)| match kept {
            Ok(Named { spec, profile, extras }) => {
                let open = spec.without_secrets();
                json!({
                    "name": name, "engine": spec.engine, "model": spec.model, "profile": profile, "with": extras,
                    "flags": open.flags, "env": open.env,
                })
            }
            Err(problem) => json!({"name": name, "error": problem}),
        };
        return output::json(&json!({"recipes": all.iter().map(row).collect::<Vec<_>>()}));
    }
    if all.is_empty() {
        return output::line("none is kept; vramdeck launch … --save NAME keeps one");
    }
    for (name, named) in all {
        let about = match named {
            Ok(named) => {
                let profile = named.profile.map(|profile| format!("  {}", profile.name())).unwrap_or_default();
                format!("{}  {}{profile}  {} flags", named.spec.engine, named.spec.model, named.spec.flags.len())
            }
            Err(problem) => format!("cannot be used: {}: {}", problem.what, problem.why),
        };
        output::line(&clean_line(&format!("{name:20}  {about}")))?;
    }
    Ok(())
}
