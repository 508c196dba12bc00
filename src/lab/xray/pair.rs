//! Calls of the raw text beside those that the server returned.

use crate::lab::agent::Asked;
use crate::lab::tools::Call;
use serde_json::Value;

/// A call of the text and the call returned that stands for it; one of both is always there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    /// Its number among the calls of the text.
    pub written: Option<usize>,
    /// Its number among the calls returned.
    pub returned: Option<usize>,
    /// Whether both say the same.
    pub same: bool,
}

/// Pairs calls: the same ones first, then those of one name, in order.
pub(super) fn pairs(written: &[Call], returned: &[Asked]) -> Vec<Pair> {
    let mut taken: Vec<Option<usize>> = vec![None; written.len()];
    let mut free: Vec<usize> = (0..returned.len()).collect();
    let mut take = |fits: &dyn Fn(&Call, &Asked) -> bool, taken: &mut Vec<Option<usize>>| {
        for (call, slot) in written.iter().zip(taken.iter_mut()).filter(|(_, slot)| slot.is_none()) {
            let found = free.iter().position(|at| returned.get(*at).is_some_and(|asked| fits(call, asked)));
            *slot = found.map(|place| free.remove(place));
        }
    };
    take(&|call, asked| says_the_same(call, asked), &mut taken);
    take(&|call, asked| call.name == asked.name, &mut taken);
    let mut out: Vec<Pair> = taken
        .iter()
        .enumerate()
        .map(|(at, slot)| {
            let same = slot.and_then(|slot| returned.get(slot)).zip(written.get(at));
            Pair {
                written: Some(at),
                returned: *slot,
                same: same.is_some_and(|(asked, call)| says_the_same(call, asked)),
            }
        })
        .collect();
    out.extend(free.into_iter().map(|at| Pair { written: None, returned: Some(at), same: false }));
    out
}

/// Whether a call of the text and one returned have one name and equal arguments, whatever their spelling.
fn says_the_same(call: &Call, asked: &Asked) -> bool {
    let value = |text: &str| serde_json::from_str::<Value>(if text.trim().is_empty() { "{}" } else { text }).ok();
    let written = call.arguments.clone().map(Value::Object).or_else(|| value(&call.arguments_text));
    call.name == asked.name
        && match (written, value(&asked.arguments)) {
            (Some(one), Some(other)) => one == other,
            _ => call.arguments_text.trim() == asked.arguments.trim(),
        }
}
