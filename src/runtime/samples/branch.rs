//! A branch of an answer: the model goes on from another token.

use super::Target;
use super::ask::{Heard, hear};
use crate::base::Problem;
use crate::lab::samples::{Answer, Branch, Outcome, Place, Plan, Step, raw_fields};
use crate::lab::sampling::Param;
use std::time::Instant;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Tokens of a branch where neither the settings nor the engine's context say how many there may be.
const ROOM: u64 = 512;

/// Lets the model go on with a branch, which becomes the answer at `place`. It reads the engine's own prompt, then the text
/// that is kept; the settings are those of the answer that it branched off. A request that fails makes an answer that says so.
///
/// # Errors
/// When the engine does not tell its prompt.
pub async fn go_on(
    plan: &Plan,
    target: &Target,
    branch: Branch,
    place: Place,
    tx: &mpsc::Sender<Step>,
) -> Result<Answer, Problem> {
    let prompt = target.client.prompt(&target.endpoint, &plan.messages, None, &[]).await?;
    let held = prompt.tokens.unwrap_or(0).saturating_add(branch.kept.len() as u64);
    let room = target.context.map_or(ROOM, |context| context.saturating_sub(held));
    let job = plan.jobs.iter().find(|job| job.setting == place.setting);
    let given = job.and_then(|job| plan.settings.get(job.setting)?.settings.whole(Param::Seed));
    let chat = job.map(|job| job.fields.clone()).unwrap_or_default();
    // A seed that was drawn belongs to one answer.
    let chat: Vec<_> = chat.into_iter().filter(|(name, _)| name != "seed" || given.is_some()).collect();
    let fields = raw_fields(&chat, plan.dialect, room);
    let stream = job.is_some_and(|job| job.stream);
    let text = format!("{}{}", prompt.text, branch.prefix);
    let sent = Instant::now();
    let events = target.client.complete(&target.endpoint, &text, &fields, stream, CancellationToken::new());
    let first = Step::Text { place, text: branch.prefix.clone() };
    // Who does not listen any more is about to end this.
    let _ = tx.send(first).await;
    let heard = hear(events, sent, |choice| (choice == 0).then_some(place), tx).await;
    Ok(joined(&heard, branch, place))
}

/// The text that was kept, and what came after it.
fn joined(heard: &Heard, branch: Branch, place: Place) -> Answer {
    let new = heard.answer(heard.reply.choices.first(), true);
    let kept = branch.kept.len() as u64;
    // Without log probabilities the tokens that came are not known, so neither are all.
    let known = !new.tokens.is_empty() || matches!(new.outcome, Outcome::Failed(_)) || new.counted == Some(0);
    Answer {
        place,
        text: format!("{}{}", branch.prefix, new.text),
        tokens: if known { branch.kept.into_iter().chain(new.tokens).collect() } else { Vec::new() },
        counted: new.counted.map(|counted| counted.saturating_add(kept)),
        // The engine counted what was kept as its prompt.
        prompt_tokens: new.prompt_tokens.map(|tokens| tokens.saturating_sub(kept)),
        parent: Some(branch.parent),
        ..new
    }
}
