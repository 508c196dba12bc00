//! What is told of a value when it closes.

use super::check::{Wrong, bounds, not_chosen};
use super::level::Strand;
use super::plan::{Plan, cut};
use super::{Impossible, Possible, same, whole};
use crate::lab::structured::tree::{Kind, NodeId, State, Tree};
use serde_json::Value;
use std::collections::HashSet;

impl Possible {
    /// Closes the innermost level.
    pub(super) fn close(&mut self, tree: &Tree) {
        let inner = self.innermost();
        let Some((id, key)) = self.levels.last().map(|level| (level.node, level.key)) else { return };
        let Some(node) = tree.node(id) else { return };
        let kind = if key { Kind::String } else { node.kind };
        if kind == Kind::String && !key {
            self.read_text(tree, tree.text(id));
        }
        let wrong = match kind {
            Kind::String => {
                let come = self.levels.last().map_or((0, 0), |level| (level.read, level.characters));
                self.each(|strand| text(strand, come.0, come.1))
            }
            Kind::Number => {
                tree.scalar(id).map_or_else(Vec::new, |value| self.each(|strand| number(&strand.plan, &value)))
            }
            Kind::Array => {
                let entries = u64::from(node.children);
                let few = |strand: &Strand| strand.plan.items.0.filter(|least| entries < *least);
                self.each(|strand| few(strand).map(|least| format!("has fewer than {least} entries")))
            }
            Kind::Object => self.object(tree, id),
            Kind::True | Kind::False => self.each(|strand| literal(&strand.plan, kind == Kind::True)),
            Kind::Null => Vec::new(),
        };
        self.tell(tree, inner, wrong);
        let strands = self.levels.last().map_or(0, |level| level.strands.len());
        self.disordered = self.disordered || (0..strands).any(|at| self.is_disordered(inner, at));
        if !key && inner > 0 && !matches!(node.state(), State::Invalid(_)) {
            self.whole(tree, id);
        }
        self.levels.pop();
    }

    fn each(&self, wrong: impl Fn(&Strand) -> Option<String>) -> Vec<Wrong> {
        let strands = self.levels.last().map(|level| level.strands.as_slice()).unwrap_or_default();
        let open = strands.iter().enumerate().filter(|(_, strand)| !strand.broken);
        open.filter_map(|(at, strand)| Some(Wrong::new(at, wrong(strand)?))).collect()
    }

    fn object(&self, tree: &Tree, id: NodeId) -> Vec<Wrong> {
        let asks = |plan: &Plan| !plan.required.is_empty() || !plan.dependent.is_empty() || plan.members.0.is_some();
        if !self.levels.last().is_some_and(|level| level.strands.iter().any(|strand| asks(&strand.plan))) {
            return Vec::new();
        }
        let keys: HashSet<&str> = tree.children(id).filter_map(|child| tree.key(child)).collect();
        self.each(|strand| {
            let plan = &strand.plan;
            if let Some(name) = plan.required.iter().find(|name| !keys.contains(name.as_str())) {
                return Some(format!("lacks the property `{}`", cut(name)));
            }
            for (name, needed) in plan.dependent.iter().filter(|(name, _)| keys.contains(name.as_str())) {
                if let Some(lacks) = needed.iter().find(|name| !keys.contains(name.as_str())) {
                    return Some(format!("lacks the property `{}`, which `{}` needs", cut(lacks), cut(name)));
                }
            }
            let least = plan.members.0.filter(|least| (keys.len() as u64) < *least)?;
            Some(format!("has fewer than {least} members"))
        })
    }

    /// What needs the value as a whole: lists of objects and arrays to choose from, keywords that are judged at the end, and
    /// whether the array around has it already.
    fn whole(&mut self, tree: &Tree, id: NodeId) {
        let inner = self.innermost();
        let Some(level) = self.levels.last() else { return };
        let container = tree.node(id).is_some_and(|node| node.kind.is_container());
        let open = |strand: &&Strand| !strand.broken;
        let chosen = container && level.strands.iter().filter(open).any(|strand| !strand.plan.choices.is_empty());
        let asked: Vec<usize> = level
            .strands
            .iter()
            .enumerate()
            .filter(|(_, strand)| !strand.broken && strand.plan.exact)
            .map(|(at, _)| at)
            .collect();
        let around = self.levels.get(inner.wrapping_sub(1));
        let unique =
            around.is_some_and(|level| level.strands.iter().any(|strand| strand.plan.unique && !strand.broken));
        if !(chosen || unique || !asked.is_empty()) {
            return;
        }
        let bytes = tree.node(id).map_or(0, |node| node.span.len());
        if !self.exact.spend(bytes, tree.bytes()) {
            return;
        }
        let Ok(Some(value)) = tree.value_of(id) else { return };
        if chosen {
            let wrong = self.each(|strand| {
                let choices = strand.plan.choices.iter();
                let mut missed = choices.filter(|choice| !choice.values.iter().any(|one| same(one, &value)));
                missed.next().map(not_chosen)
            });
            self.tell(tree, inner, wrong);
        }
        asked.into_iter().for_each(|at| self.judge(tree, id, at, &value));
        if unique {
            self.twice(tree, id, &value);
        }
    }

    fn judge(&mut self, tree: &Tree, id: NodeId, at: usize, value: &Value) {
        let inner = self.innermost();
        let Some(plan) = self.levels.last().and_then(|level| level.strands.get(at)).map(|strand| strand.id) else {
            return;
        };
        let (pointer, draft) = (self.plans.pointer(plan).to_owned(), self.plans.draft);
        if let Some(fault) = self.exact.fault(plan, &pointer, draft, value) {
            let path = tree.pointer(id) + &fault.path;
            let node = if fault.path.is_empty() { Some(id) } else { tree.find(id, &fault.path).or(Some(id)) };
            self.break_strand(inner, at, Impossible { path, node, at: tree.bytes(), why: fault.why });
        }
    }

    fn twice(&mut self, tree: &Tree, id: NodeId, value: &Value) {
        let around = self.innermost().saturating_sub(1);
        let mut text = String::new();
        canonical(value, &mut text);
        let Some(level) = self.levels.get_mut(around) else { return };
        if level.seen.insert(text) {
            return;
        }
        let strands = level.strands.iter().enumerate();
        let wrong = strands
            .filter(|(_, strand)| strand.plan.unique && !strand.broken)
            .map(|(strand, _)| Wrong { strand, why: "has the same entry twice".to_owned(), node: Some(id) })
            .collect();
        self.tell(tree, around, wrong);
    }
}

/// What is wrong with a string or a key that was read to its end.
fn text(strand: &Strand, read: usize, characters: u64) -> Option<String> {
    let plan = &strand.plan;
    if let Some(least) = plan.length.0.filter(|least| characters < *least) {
        return Some(format!("has fewer than {least} characters"));
    }
    if plan.pattern.as_ref().is_some_and(|pattern| !pattern.matches(strand.pattern)) {
        return Some("does not match the pattern".to_owned());
    }
    let met = |(choice, stretch): (&super::plan::Choice, &std::ops::Range<usize>)| {
        let first = choice.strings.get(stretch.clone()).and_then(<[_]>::first);
        first.is_none_or(|first| first.len() != read).then(|| not_chosen(choice))
    };
    plan.choices.iter().zip(&strand.strings).find_map(met)
}

fn literal(plan: &Plan, value: bool) -> Option<String> {
    let missed = |choice: &&super::plan::Choice| !choice.values.contains(&Value::Bool(value));
    plan.choices.iter().find(missed).map(not_chosen)
}

/// What is wrong with a number that is over. Where floating point rounds, it says nothing.
fn number(plan: &Plan, value: &Value) -> Option<String> {
    let figure = value.as_f64()?;
    let whole_only = plan.types.is_some_and(|types| types & 0b101_0000 == 0b100_0000);
    if whole_only && figure.fract() != 0.0 {
        return Some(format!("must be a whole number, not {value}"));
    }
    let exact = value.as_number().and_then(whole).is_some_and(|number| number.unsigned_abs() < 1 << 53);
    let meets = |bound: f64| figure == bound && exact;
    let low = plan.low.is_some_and(|(low, over)| figure < low || over && meets(low));
    let high = plan.high.is_some_and(|(high, below)| figure > high || below && meets(high));
    if low || high {
        return Some(format!("{}, not {value}", bounds(plan)));
    }
    let missed = |choice: &&super::plan::Choice| !choice.values.iter().any(|one| same(one, value));
    plan.choices.iter().find(missed).map(not_chosen)
}

/// A value as a text that is the same for values that are the same. The value was read from a tree, so it is not deep.
fn canonical(value: &Value, out: &mut String) {
    match value {
        Value::Number(number) => {
            let figure = number.as_f64().filter(|figure| figure.fract() == 0.0 && figure.abs() < 9e15);
            match figure {
                Some(figure) => out.push_str(&(figure as i64).to_string()),
                None => out.push_str(&number.to_string()),
            }
        }
        Value::Array(items) => {
            out.push('[');
            items.iter().for_each(|item| {
                canonical(item, out);
                out.push(',');
            });
            out.push(']');
        }
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_unstable_by_key(|(key, _)| *key);
            out.push('{');
            for (key, item) in sorted {
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                canonical(item, out);
                out.push(',');
            }
            out.push('}');
        }
        other => out.push_str(&other.to_string()),
    }
}
