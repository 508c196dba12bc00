//! Holds a recipe against the flags of the version that is started.

use super::{Chosen, Origin, Situation};
use crate::engines::flags::{removed, verify};
use crate::engines::{EngineKind, FlagSetting};

/// Drops flags that the version lacks or whose value it would refuse, each with a note that names the replacement; says
/// against which table. What a person set is left for the launch's own checks to judge.
pub(super) fn check(at: &Situation<'_>, flags: &mut Vec<Chosen>, notes: &mut Vec<String>) {
    let table = at.table;
    flags.retain(|one| {
        if one.origin == Origin::Person || !one.passed {
            return true;
        }
        let set = FlagSetting { flag: one.flag.clone(), value: one.value.clone() };
        let Err(problem) = verify(at.kind, std::slice::from_ref(&set), table) else { return true };
        let instead = removed(at.kind, &one.flag).unwrap_or(problem.hint);
        notes.push(format!("left out: {}; {instead}", problem.what));
        false
    });
    if let Some(why) = table.instead().filter(|_| at.kind != EngineKind::Simulated && at.kind != EngineKind::Ollama) {
        notes.push(format!(
            "held against the flags of {} {} as shipped with vramdeck: {why}",
            at.kind,
            table.version()
        ));
    }
}
