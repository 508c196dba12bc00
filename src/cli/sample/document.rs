//! The answers of one model as a JSON document.

use super::flight::Flown;
use crate::base::Reading;
use crate::cli::object::Object;
use crate::lab::samples::{
    Answer, Equal, Group, Outcome, Place, Rank, Token, absent, entropy, groups, rank, ranked, score,
};
use crate::lab::sampling::Param;
use crate::wire::Dialect;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The document.
pub(super) fn document(flown: &Flown, equal: Equal) -> Value {
    let (grouped, group_of) = all_groups(flown, equal);
    let settings = &flown.plan.settings;
    let asked: Vec<Value> = (0..settings.len())
        .map(|at| json!({"setting": at, "asked": flown.asked(at), "why": flown.apart(at)}))
        .collect();
    let together = (0..settings.len()).any(|at| flown.asked(at) == "n in one request");
    json!({
        "model": flown.target.endpoint.model,
        "url": flown.target.endpoint.base_url,
        "engine": flown.plan.dialect,
        "version": flown.version,
        "prompt": flown.wish.prompt,
        "system": flown.wish.system,
        "settings": settings.iter().map(|planned| json!(planned.settings)).collect::<Vec<_>>(),
        "answers": flown.ended.answers.iter().map(|one| answer(flown, one, &group_of)).collect::<Vec<_>>(),
        "groups": grouped,
        "equal": equal,
        "emulated": emulated(flown),
        "asked": if together { "n in one request" } else { "separate requests" },
        "asked_by_setting": asked,
        "notes": flown.plan.notes,
        "stopped": flown.ended.stopped,
    })
}

/// Groups of each settings, and which one an answer is in.
fn all_groups(flown: &Flown, equal: Equal) -> (Vec<Value>, BTreeMap<Place, usize>) {
    let (mut out, mut group_of) = (Vec::new(), BTreeMap::new());
    for setting in 0..flown.plan.settings.len() {
        let (all, found) = setting_groups(flown, setting, equal);
        for group in found {
            for member in &group.members {
                group_of.insert(all[*member].place, out.len());
            }
            out.push(json!({
                "setting": setting,
                "text": group.text,
                "count": group.members.len(),
                "share": group.share,
                "forms": group.forms,
                "answers": group.members.iter().map(|at| all[*at].place.index).collect::<Vec<_>>(),
            }));
        }
    }
    (out, group_of)
}

/// Whole answers of a settings that are no branches, and their groups.
pub(super) fn setting_groups(flown: &Flown, setting: usize, equal: Equal) -> (Vec<&Answer>, Vec<Group>) {
    let all: Vec<&Answer> = flown.of(setting).filter(|one| one.whole() && one.parent.is_none()).collect();
    let found = groups(all.iter().map(|answer| answer.text.as_str()), equal);
    (all, found)
}

fn answer(flown: &Flown, answer: &Answer, group_of: &BTreeMap<Place, usize>) -> Value {
    let planned = flown.plan.settings.get(answer.place.setting);
    let mut out = Object::default();
    out.put("setting", answer.place.setting).put("index", answer.place.index).put("text", &answer.text);
    out.put("reasoning", (!answer.reasoning.is_empty()).then_some(&answer.reasoning)).put("finish", answer.finish());
    out.tell("tokens", &answer.token_count()).tell("mean_logprob", &answer.mean_logprob());
    out.tell("logprob_sum", &answer.logprob_sum()).put("group", group_of.get(&answer.place));
    out.put("seconds", answer.seconds).put("seed", answer.seed);
    if flown.plan.beam(answer.place.setting) {
        let penalty = planned.and_then(|planned| planned.settings.real(Param::LengthPenalty)).unwrap_or(1.0);
        out.tell("beam", &score(answer, penalty));
    }
    if flown.plan.emulated.is_some() {
        out.put("chosen", flown.chosen(answer.place.setting) == Some(answer.place));
    }
    out.put("parent", answer.parent.as_ref().map(|parent| {
        json!({"setting": parent.place.setting, "index": parent.place.index, "token": parent.token, "text": parent.text})
    }));
    if let Outcome::Failed(problem) = &answer.outcome {
        out.put("error", problem);
    }
    let told: Reading<Vec<Value>> = match (answer.tokens.is_empty(), planned) {
        (true, Some(planned)) => Err(crate::base::Unknown::because(absent(&planned.settings, flown.plan.dialect))),
        _ => Ok(answer.tokens.iter().map(|one| token(one, flown.plan.dialect)).collect()),
    };
    out.tell("logprobs", &told);
    out.take().into()
}

/// A token; its entropy is in bits, a lower bound of what so many tokens show of it.
fn token(token: &Token, dialect: Dialect) -> Value {
    let rank = rank(token, dialect);
    let entropy = entropy(token);
    let top = token.top.iter().map(|(text, logprob)| json!({"token": text, "logprob": logprob}));
    json!({
        "token": token.text,
        "logprob": token.logprob,
        "rank": match rank { Some(Rank::Exactly(rank)) => Some(rank), _ => None },
        "rank_at_least": match rank { Some(Rank::AtLeast(rank)) => Some(rank), _ => None },
        "entropy": entropy.map(|found| found.bits_at_least),
        "entropy_of": entropy.map(|found| found.of),
        "probability_seen": entropy.map(|found| found.seen),
        "top": top.collect::<Vec<_>>(),
    })
}

fn emulated(flown: &Flown) -> Value {
    let Some(emulated) = &flown.plan.emulated else { return Value::Null };
    let of = |setting: usize| {
        let all: Vec<&Answer> = flown.of(setting).filter(|answer| answer.parent.is_none()).collect();
        let order: Vec<usize> = ranked(&all).into_iter().map(|at| all[at].place.index).collect();
        json!({"setting": setting, "chosen": order.first(), "ranked": order})
    };
    let all: Vec<Value> = (0..flown.plan.settings.len()).map(of).collect();
    json!({"param": emulated.param, "k": emulated.k, "how": emulated.how, "ranked_by": "mean_logprob", "settings": all})
}
