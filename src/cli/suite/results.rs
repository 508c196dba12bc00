//! The scores that are kept of a family of suites, or one of them in full.

use super::kept;
use super::score::{Told, document, text};
use crate::base::Problem;
use crate::base::text::{clean_line, fit};
use crate::base::units::age;
use crate::cli::{Context, output, wrap};
use crate::lab::suite::{Family, Kept, Label, Outcome};
use crate::runtime::suite::{Loaded, list};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Scores that are listed.
const LISTED: usize = 200;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The number of one score, to see it in full with every wrong case
    #[arg(value_name = "ID")]
    id: Option<i64>,
    /// Scores of this model alone, by the name it was asked or started under
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Runs the command.
///
/// # Errors
/// When the database cannot be read or there is no such score.
pub fn run(args: &Args, family: Family, context: &Context) -> Result<(), Problem> {
    if let Some(id) = args.id {
        return one(&kept::by_number(context, id)?, args.json);
    }
    let found = list(&kept::store(context), Some(family), args.model.as_deref(), LISTED)?;
    if args.json {
        return output::json(&json!({"results": found.iter().map(row).collect::<Vec<_>>()}));
    }
    if found.is_empty() {
        let command = family.command();
        return output::line(&format!("no score is kept; vramdeck {command} run quick --model MODEL makes one"));
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    let mut out = String::new();
    found.iter().for_each(|one| lines(&mut out, one, now));
    output::raw(&out)
}

fn one(loaded: &Loaded, json: bool) -> Result<(), Problem> {
    let told = Told {
        id: Some(loaded.kept.id),
        about: &loaded.kept.about,
        endpoint: &loaded.kept.endpoint,
        state: loaded.kept.state,
        total: loaded.kept.total as usize,
        plan: &loaded.plan,
        outcomes: &loaded.outcomes,
    };
    if json {
        let mut document = document(&told);
        document["cases"] = loaded.outcomes.iter().map(case).collect();
        return output::json(&document);
    }
    let mut out = text(&told);
    let wrong: Vec<&Outcome> = loaded.outcomes.iter().filter(|outcome| outcome.label != Label::Right).collect();
    if !wrong.is_empty() {
        out.push_str("\nwrong or failed\n");
    }
    let columns = wrap::columns();
    for outcome in wrong {
        let reason = outcome.reasons.first();
        let at = reason.map_or("", |reason| reason.at.as_str());
        let why = reason.map_or("", |reason| reason.why.as_str());
        let told = [outcome.label.words(), at, why].map(clean_line);
        let told: Vec<String> = told.into_iter().filter(|part| !part.is_empty()).collect();
        let key =
            if outcome.setting == loaded.plan.base.key() { String::new() } else { format!(" ({})", outcome.setting) };
        wrap::paragraph(&mut out, "  ", &format!("{}{}: {}", outcome.case, clean_line(&key), told.join(": ")), columns);
    }
    output::raw(&out)
}

fn case(outcome: &Outcome) -> Value {
    json!({
        "case": outcome.case,
        "category": outcome.category,
        "setting": outcome.setting,
        "repeat": outcome.repeat,
        "label": outcome.label,
        "turn": outcome.turn,
        "reasons": outcome.reasons,
        "figures": outcome.figures,
    })
}

/// One score as JSON.
fn row(kept: &Kept) -> Value {
    json!({
        "id": kept.id,
        "suite": kept.about.suite,
        "model": kept.about.model,
        "weights": if kept.weights.is_empty() { Value::Null } else { json!(kept.weights) },
        "variant": kept.about.variant,
        "engine": kept.about.engine,
        "endpoint": kept.endpoint,
        "started": kept.about.started,
        "changed_at": kept.changed_at,
        "state": kept.state,
        "jobs": kept.total,
        "jobs_done": kept.done,
        "right": kept.right,
        "failed_requests": kept.failed,
        "score": kept.brief,
    })
}

fn lines(out: &mut String, kept: &Kept, now: f64) {
    let passed = age(Duration::try_from_secs_f64(now - kept.changed_at).unwrap_or_default());
    let who = [&kept.about.model, &kept.about.variant].map(|part| clean_line(part)).join(" ");
    let score = kept.brief.as_ref().and_then(|brief| brief.headline);
    let score = score.map_or("–".to_owned(), |share| format!("{:.0} %", share * 100.0));
    let head = format!(
        "{:>4}  {score:>5}  {}  {} on {}",
        kept.id,
        clean_line(&kept.about.suite),
        who.trim(),
        clean_line(&kept.about.engine)
    );
    let _ = writeln!(out, "{}", fit(&head, wrap::columns()));
    let state = if kept.state == "done" {
        String::new()
    } else {
        format!("{}, {} of {} done, ", kept.state, kept.done, kept.total)
    };
    let failed = if kept.failed > 0 { format!(", {} requests failed", kept.failed) } else { String::new() };
    let basis = kept.brief.as_ref().map_or_else(String::new, |brief| format!("; {}; {}", brief.pass, brief.verdict));
    wrap::paragraph(out, "             ", &clean_line(&format!("{state}{passed}{failed}{basis}")), wrap::columns());
}
