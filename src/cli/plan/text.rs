//! The plan for a person.

use super::{Answer, commands};
use crate::base::text::clean_line;
use crate::base::{Bytes, units};
use crate::cli::wrap::paragraph;
use crate::engines::plan::shell_line;
use crate::models::together::{Asleep, Placed, Rest, Role};

/// The whole answer, ending with a newline.
pub(super) fn answer(answer: &Answer, columns: usize) -> String {
    let mut out = String::new();
    let card = &answer.card;
    let words =
        format!("{}, {}; {} to deal out", clean_line(&card.spec.name), Bytes(card.spec.total), Bytes(answer.plan.free));
    paragraph(&mut out, "", &words, columns);
    for (place, one) in answer.plan.placed.iter().enumerate() {
        out.push('\n');
        add(&mut out, answer, (one, place), columns);
    }
    out.push('\n');
    paragraph(&mut out, "", &format!("{} are given to nobody.", Bytes(answer.plan.spare)), columns);
    paragraph(&mut out, "", ORDER, columns);
    if answer.plan.placed.iter().any(|one| one.role == Role::Turns) {
        paragraph(&mut out, "", TURNS, columns);
    }
    out
}

const ORDER: &str =
    "Start them in this order, each once the one before it is ready: an engine measures what is free while it starts.";
const TURNS: &str = "Of those that take turns, put each to sleep before the next one starts, and wake one at a time (POST /wake_up wakes \
                     vLLM; the others come back when they are asked or started).";

fn add(out: &mut String, answer: &Answer, (one, place): (&Placed, usize), columns: usize) {
    let Some(guest) = answer.guests.get(one.guest) else { return };
    let lead = if one.role == Role::LeftOut { "-. ".to_owned() } else { format!("{}. ", place + 1) };
    let role = match one.role {
        Role::Awake => "always ready",
        Role::Turns => "takes turns",
        Role::LeftOut => "left out",
    };
    paragraph(out, &lead, &clean_line(&format!("{} on {}: {role}", guest.name, guest.engine.name())), columns);
    let Some(solution) = &one.solution else { return paragraph(out, "   ", &clean_line(&one.why), columns) };
    let times = match solution.requests {
        1 => "one request".to_owned(),
        n => format!("{} requests", units::count(n)),
    };
    let length = units::count(solution.context());
    let (takes, given, verdict) = (Bytes(one.takes), Bytes(one.given), solution.fit.verdict.name());
    let words = format!("{takes} of the card, {given} set aside for it; {times} of {length} tokens; {verdict}");
    paragraph(out, "   ", &words, columns);
    let commands = [commands::start(answer, one, place), commands::rest(answer, one, place)];
    for words in commands.into_iter().flatten() {
        paragraph(out, "   $ ", &clean_line(&shell_line(&words)), columns);
    }
    if let Some(asleep) = &one.asleep {
        paragraph(out, "   ", &resting(asleep), columns);
    }
}

fn resting(asleep: &Asleep) -> String {
    let wake = match &asleep.wake {
        Ok((low, high)) => format!("awake again in {low:.1} to {high:.1} s, computed from the link"),
        Err(unknown) => unknown.why.to_string(),
    };
    match asleep.rest {
        Rest::Sleeps => format!(
            "asleep it keeps about {} of the card and {} of RAM; {wake}",
            Bytes(asleep.holds),
            Bytes(asleep.ram)
        ),
        Rest::Unloads => format!("unloaded it keeps nothing; {wake}"),
        Rest::Stops => format!("stopped it keeps nothing; RUN is the name that launch gave it; {wake}"),
    }
}
