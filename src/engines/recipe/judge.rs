//! Holds a rule that memory depends on against the sum that the solver made.

use super::{Chosen, Profile, Situation};
use crate::base::units::GIB;
use crate::models::fit::{Engine, Needs, Room, Verdict};
use crate::models::solve::{asked, counts};

/// Whether the launch would still start with one more flag, or another value of one: `None` where nothing is worked out
/// or memory does not depend on it.
pub(super) fn still(at: &Situation<'_>, flags: &[Chosen], with: &Chosen) -> Option<bool> {
    let (facts, solution) = (at.facts?, at.solution.ok()?);
    if !counts(at.engine, &with.flag) || !solution.fit.verdict.starts() {
        return None;
    }
    let name = |flag: &str| at.table.find(flag).map_or(flag.to_owned(), |spec| spec.name().to_owned());
    let other = flags.iter().filter(|one| name(&one.flag) != name(&with.flag));
    let words: Vec<String> = other
        .chain([with])
        .filter(|one| counts(at.engine, &one.flag))
        .flat_map(|one| [Some(one.flag.clone()), one.value.clone()])
        .flatten()
        .collect();
    let mut ask = asked(at.engine, &words).ok()?;
    ask.version = solution.ask.version;
    let fit = &solution.fit;
    let room = Room { total: fit.total, free: Some(fit.free).filter(|_| !fit.free_assumed) };
    let judged = Needs::of(facts, &ask, fit.total).ok()?.explain(room).verdict;
    // As good as before: what fitted must not become tight.
    Some(judged == fit.verdict || judged == Verdict::Fits)
}

/// Whether a profile's own number of requests may stand over the solver's where it fits as well: a slot is cheap, and
/// the solver counts requests of the full length only. Agents already have as many as the cache holds.
pub(super) fn may_widen(profile: Profile, was: &Chosen, now: &Chosen) -> bool {
    let number = |one: &Chosen| one.value.as_deref().and_then(|value| value.parse::<u64>().ok());
    matches!(profile, Profile::Interactive | Profile::Balanced | Profile::LongContext)
        && now.flag == "--max-num-seqs"
        && number(was).zip(number(now)).is_some_and(|(was, now)| was < now)
}

/// GiB of weights that have to stay in RAM so that a model which is too large starts with a context of 4,096 tokens; a
/// few where it would start anyway, or nothing is known of it.
pub(super) fn offload(at: &Situation<'_>) -> u64 {
    const FEW: u64 = 4;
    let lacking = || {
        let (facts, room) = (at.facts.filter(|_| at.engine == Engine::Vllm && at.solution.is_err())?, at.room?);
        let words = ["--max-model-len", "4096", "--max-num-seqs", "4"].map(str::to_owned);
        let mut ask = asked(at.engine, &words).ok()?;
        ask.version = at.version;
        let fit = Needs::of(facts, &ask, room.total).ok()?.explain(room);
        let wanted = i128::from(fit.kv_needed) + i128::from(fit.margin) - i128::from(fit.kv_available);
        u64::try_from(wanted).ok().map(|bytes| bytes.div_ceil(GIB)).filter(|gib| *gib > 0)
    };
    lacking().unwrap_or(FEW)
}
