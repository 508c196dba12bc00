//! What can be told of a value when it begins and while it grows.

use super::level::{Level, Owner, Strand, narrow};
use super::number::reaches;
use super::pattern::Place;
use super::plan::{Additional, Choice, NAMES, Plan, cut};
use super::plans::PlanId;
use super::{Impossible, Possible};
use crate::lab::structured::tree::{Kind, NodeId, Tree, Wanted};
use serde_json::Value;

/// Numbers of a choice that are compared while a number grows.
const NUMBERS: usize = 64;
/// Names of properties that are looked through for one that is free.
const FREE: usize = 256;

/// Something is wrong under a schema: which, why, and which node to mark where it is not the value itself.
pub(super) struct Wrong {
    pub strand: usize,
    pub why: String,
    pub node: Option<NodeId>,
}

impl Wrong {
    pub(super) fn new(strand: usize, why: impl Into<String>) -> Self {
        Self { strand, why: why.into(), node: None }
    }
}

impl Possible {
    /// The schemas of the value around that speak of a value that begins in it.
    pub(super) fn inherit(&mut self, tree: &Tree, id: NodeId, level: &mut Level) {
        let Some(node) = tree.node(id) else { return };
        let around = self.levels.last().map(|level| level.strands.as_slice()).unwrap_or_default();
        let mut found: Vec<(PlanId, Owner)> = Vec::new();
        for (at, strand) in around.iter().enumerate() {
            match tree.key(id) {
                Some(key) => found.extend(members(&strand.plan, key).map(|plan| (plan, Owner::Up(at)))),
                None => found.extend(entry(&strand.plan, node.index).map(|plan| (plan, Owner::Up(at)))),
            }
        }
        found.into_iter().for_each(|(plan, owner)| level.add(plan, owner, &mut self.plans));
    }

    /// Tells what is wrong at a level.
    pub(super) fn tell(&mut self, tree: &Tree, level: usize, wrong: Vec<Wrong>) {
        let Some((node, key)) = self.levels.get(level).map(|level| (level.node, level.key)) else { return };
        for Wrong { strand, why, node: mark } in wrong {
            let why = if key { format!("a key {why}") } else { why };
            let path = if self.is_full() { String::new() } else { tree.pointer(node) };
            let fault = Impossible { path, node: mark.or(Some(node)), at: tree.bytes(), why };
            self.break_strand(level, strand, fault);
        }
    }

    /// The innermost value has just begun.
    pub(super) fn check_begun(&mut self, tree: &Tree) {
        let inner = self.innermost();
        let Some(level) = self.levels.get(inner) else { return };
        let kind = tree.node(level.node).map_or(Kind::Null, |node| node.kind);
        let wrong: Vec<Wrong> = level
            .strands
            .iter()
            .enumerate()
            .filter_map(|(at, strand)| Some(Wrong::new(at, begun(&strand.plan, kind)?)))
            .collect();
        self.tell(tree, inner, wrong);
    }

    /// What is open has grown.
    pub(super) fn grow(&mut self, tree: &Tree, growing: Option<NodeId>) {
        let Some(kind) = growing.and_then(|id| tree.node(id)).map(|node| node.kind) else { return };
        match kind {
            Kind::Object => self.grow_object(tree),
            Kind::Array if tree.wanted() == Wanted::Value => {
                let inner = self.innermost();
                let index = growing.and_then(|id| tree.node(id)).map_or(0, |node| node.children);
                self.check_index(tree, inner, index, None);
            }
            Kind::String => self.grow_text(tree),
            Kind::Number => self.grow_number(tree),
            _ => {}
        }
    }

    /// An entry comes to an array.
    pub(super) fn check_index(&mut self, tree: &Tree, level: usize, index: u32, mark: Option<NodeId>) {
        let Some(here) = self.levels.get(level) else { return };
        let one = |(at, strand): (usize, &Strand)| {
            let why = match strand.plan.items.1 {
                Some(most) if u64::from(index) >= most => format!("has more than {most} entries"),
                _ if strand.plan.closed_tuple && index as usize >= strand.plan.tuple.len() => {
                    format!("has more than the {} entries that are allowed", strand.plan.tuple.len())
                }
                _ => return None,
            };
            (!strand.broken).then_some(Wrong { strand: at, why, node: mark })
        };
        let wrong = here.strands.iter().enumerate().filter_map(one).collect();
        self.tell(tree, level, wrong);
    }

    fn grow_number(&mut self, tree: &Tree) {
        let inner = self.innermost();
        let Some(level) = self.levels.get_mut(inner) else { return };
        let text = tree.text(level.node);
        if text.len() == level.read {
            return;
        }
        level.read = text.len();
        let open = level.strands.iter().enumerate().filter(|(_, strand)| !strand.broken);
        let wrong = open.filter_map(|(at, strand)| Some(Wrong::new(at, number(&strand.plan, text)?))).collect();
        self.tell(tree, inner, wrong);
    }

    fn grow_text(&mut self, tree: &Tree) {
        let inner = self.innermost();
        let Some(node) = self.levels.get(inner).map(|level| level.node) else { return };
        self.read_text(tree, tree.text(node));
    }

    /// Reads on in the text of the innermost level: a string or a key.
    pub(super) fn read_text(&mut self, tree: &Tree, text: &str) {
        let inner = self.innermost();
        let Some(level) = self.levels.get_mut(inner) else { return };
        let mut wrong = Vec::new();
        for c in text.get(level.read..).unwrap_or_default().chars() {
            level.characters += 1;
            let mut bytes = [0; 4];
            let bytes = c.encode_utf8(&mut bytes).as_bytes();
            for (at, strand) in level.strands.iter_mut().enumerate().filter(|(_, strand)| !strand.broken) {
                if let Some(why) = character(strand, level.read, bytes, level.characters) {
                    strand.broken = true;
                    wrong.push((at, why));
                }
            }
            level.read += bytes.len();
        }
        for (at, _) in &wrong {
            // Set again when it is told.
            level.strands.get_mut(*at).into_iter().for_each(|strand| strand.broken = false);
        }
        self.tell(tree, inner, wrong.into_iter().map(|(at, why)| Wrong::new(at, why)).collect());
    }

    /// A key of an object has begun, has grown, or is over and its value has not begun.
    fn grow_object(&mut self, tree: &Tree) {
        let Some(key) = tree.open_key() else { return };
        let object = self.innermost().saturating_sub(usize::from(self.levels.last().is_some_and(|level| level.key)));
        let members = tree.node(key.object).map_or(0, |node| node.children);
        self.check_key(tree, object, Key { text: key.text, whole: key.whole, members, mark: None });
        self.follow_key(tree, object, key.text);
    }

    /// The names that keys must keep to.
    pub(super) fn follow_key(&mut self, tree: &Tree, object: usize, text: &str) {
        if !self.levels.last().is_some_and(|level| level.key) {
            let Some(here) = self.levels.get(object) else { return };
            let named =
                here.strands.iter().enumerate().filter_map(|(at, strand)| Some((strand.plan.names?, Owner::Up(at))));
            let named: Vec<(PlanId, Owner)> = named.collect();
            if named.is_empty() {
                return;
            }
            let mut level = Level::new(here.node, true);
            named.into_iter().for_each(|(plan, owner)| level.add(plan, owner, &mut self.plans));
            self.levels.push(level);
            let inner = self.innermost();
            let wrong = self.levels.get(inner).map(|level| level.strands.as_slice()).unwrap_or_default();
            let wrong = wrong
                .iter()
                .enumerate()
                .filter_map(|(at, strand)| Some(Wrong::new(at, begun(&strand.plan, Kind::String)?)));
            let wrong = wrong.collect();
            self.tell(tree, inner, wrong);
        }
        self.read_text(tree, text);
    }

    /// A key of an object, by what has come of it.
    pub(super) fn check_key(&mut self, tree: &Tree, level: usize, key: Key<'_>) {
        let Some(here) = self.levels.get_mut(level).filter(|here| here.keys <= key.members) else { return };
        let (node, from) = (here.node, here.read);
        // Where the member has begun, its own key is among those that are taken, and later ones may be.
        let free = |name: &str| key.mark.is_some() || !tree.has_key(node, name);
        let mut wrong = Vec::new();
        for (at, strand) in here.strands.iter_mut().enumerate() {
            let most = strand.plan.members.1.filter(|most| u64::from(key.members) >= *most);
            let why = match most {
                Some(most) => Some(format!("has more than {most} members")),
                None => wrong_key(strand, from, &key, &free),
            };
            if let Some(why) = why.filter(|_| !strand.told) {
                strand.told = true;
                wrong.push(Wrong { strand: at, why, node: key.mark });
            }
            if key.whole {
                (strand.told, strand.names) = (false, 0..strand.plan.properties.len());
            }
        }
        (here.keys, here.read) = if key.whole { (key.members + 1, 0) } else { (here.keys, key.text.len()) };
        self.tell(tree, level, wrong);
    }
}

/// A key of a member, as far as it has come.
#[derive(Clone, Copy)]
pub(super) struct Key<'a> {
    pub text: &'a str,
    pub whole: bool,
    /// Members before it.
    pub members: u32,
    /// Its member, where that has begun.
    pub mark: Option<NodeId>,
}

/// The schemas of a member.
fn members<'a>(plan: &'a Plan, key: &'a str) -> impl Iterator<Item = PlanId> + 'a {
    let own = plan.property(key).map(|one| one.plan);
    let patterns = plan.patterns.iter().filter(move |(pattern, _)| pattern.is_match(key)).map(|(_, plan)| *plan);
    let mut found: Vec<PlanId> = own.into_iter().chain(patterns).collect();
    if let (true, Additional::Plan(more)) = (found.is_empty(), &plan.additional) {
        found.push(*more);
    }
    found.into_iter()
}

fn entry(plan: &Plan, index: u32) -> Option<PlanId> {
    plan.tuple.get(index as usize).copied().or(plan.rest)
}

/// What is wrong with a value of a kind, whatever it becomes.
fn begun(plan: &Plan, kind: Kind) -> Option<String> {
    if plan.never {
        return Some("is not allowed here".to_owned());
    }
    let bits: u8 = match kind {
        Kind::Null => 0b1,
        Kind::True | Kind::False => 0b10,
        Kind::Object => 0b100,
        Kind::Array => 0b1000,
        Kind::Number => 0b101_0000,
        Kind::String => 0b10_0000,
    };
    if let Some(types) = plan.types.filter(|types| types & bits == 0) {
        return Some(format!("must be {}, not {}", types_words(types), a(kind)));
    }
    let fits = |value: &Value| {
        matches!(
            (value, kind),
            (Value::Null, Kind::Null)
                | (Value::Bool(true), Kind::True)
                | (Value::Bool(false), Kind::False)
                | (Value::Object(_), Kind::Object)
                | (Value::Array(_), Kind::Array)
                | (Value::Number(_), Kind::Number)
                | (Value::String(_), Kind::String)
        )
    };
    plan.choices.iter().find(|choice| !choice.values.iter().any(fits)).map(not_chosen)
}

pub(super) fn not_chosen(choice: &Choice) -> String {
    if choice.values.len() == 1 {
        format!("must be {}", choice.told)
    } else {
        format!("must be one of {}", choice.told)
    }
}

fn types_words(types: u8) -> String {
    let names: Vec<&str> =
        NAMES.iter().enumerate().filter(|(at, _)| types & (1 << at) != 0).map(|(_, name)| *name).collect();
    names.join(" or ")
}

fn a(kind: Kind) -> &'static str {
    match kind {
        Kind::Object => "an object",
        Kind::Array => "an array",
        Kind::String => "a string",
        Kind::Number => "a number",
        Kind::True | Kind::False => "a boolean",
        Kind::Null => "null",
    }
}

/// What is wrong with a number that has begun so.
fn number(plan: &Plan, text: &str) -> Option<String> {
    let low = plan.low.map_or(f64::NEG_INFINITY, |(low, over)| if over { low.next_up() } else { low });
    let high = plan.high.map_or(f64::INFINITY, |(high, below)| if below { high.next_down() } else { high });
    if !reaches(text, low, high) {
        return Some(bounds(plan));
    }
    let met = |choice: &&Choice| {
        let mut numbers = choice.values.iter().filter_map(Value::as_f64);
        choice.values.len() > NUMBERS || numbers.any(|number| reaches(text, number, number))
    };
    plan.choices.iter().find(|choice| !met(choice)).map(not_chosen)
}

pub(super) fn bounds(plan: &Plan) -> String {
    let low = plan.low.map(|(low, over)| if over { format!("more than {low}") } else { format!("at least {low}") });
    let high =
        plan.high.map(|(high, below)| if below { format!("less than {high}") } else { format!("at most {high}") });
    match (low, high) {
        (Some(low), Some(high)) => format!("must be {low} and {high}"),
        (Some(one), None) | (None, Some(one)) => format!("must be {one}"),
        (None, None) => "must be within its bounds".to_owned(),
    }
}

/// What is wrong with a text that goes on with a character.
fn character(strand: &mut Strand, at: usize, bytes: &[u8], characters: u64) -> Option<String> {
    let plan = &strand.plan;
    if let Some(most) = plan.length.1.filter(|most| characters > *most) {
        return Some(format!("has more than {most} characters"));
    }
    for (offset, byte) in (at..).zip(bytes) {
        if let Some(pattern) = &plan.pattern {
            strand.pattern = pattern.step(strand.pattern, *byte);
        }
        for (choice, stretch) in plan.choices.iter().zip(&mut strand.strings) {
            let text = |place: usize| choice.strings.get(place)?.as_bytes().get(offset).copied();
            *stretch = narrow(stretch, *byte, text);
        }
    }
    if strand.pattern == Place::Dead {
        return Some("does not match the pattern".to_owned());
    }
    plan.choices
        .iter()
        .zip(&strand.strings)
        .find(|(_, stretch)| stretch.is_empty())
        .map(|(choice, _)| not_chosen(choice))
}

/// What is wrong with a key of which so much has come.
fn wrong_key(strand: &mut Strand, from: usize, key: &Key<'_>, free: &dyn Fn(&str) -> bool) -> Option<String> {
    let plan = &strand.plan;
    let closed = matches!(plan.additional, Additional::Never) && plan.patterns.is_empty();
    let mut wrong = None;
    for (at, byte) in key.text.bytes().enumerate().skip(from) {
        let name = |place: usize| plan.properties.get(place)?.name.as_bytes().get(at).copied();
        strand.names = narrow(&strand.names, byte, name);
        if closed && wrong.is_none() && !some_free(plan, &strand.names, free) {
            let shown = cut(&String::from_utf8_lossy(key.text.as_bytes().get(..=at).unwrap_or_default()));
            let which = if strand.names.is_empty() { "may have no property" } else { "has every property" };
            wrong = Some(format!("{which} whose name begins with `{shown}`"));
        }
    }
    if wrong.is_none() && key.text.is_empty() && !key.whole && closed && !some_free(plan, &strand.names, free) {
        wrong = Some("has all properties that are allowed already".to_owned());
    }
    if wrong.is_some() || !key.whole {
        return wrong;
    }
    let refused = match plan.property(key.text) {
        Some(own) => own.never,
        None => {
            let matched = plan.patterns.iter().any(|(pattern, _)| pattern.is_match(key.text));
            matches!(plan.additional, Additional::Never) && !matched
        }
    };
    refused.then(|| format!("must not have the property `{}`", cut(key.text)))
}

fn some_free(plan: &Plan, names: &std::ops::Range<usize>, free: &dyn Fn(&str) -> bool) -> bool {
    let names = plan.properties.get(names.clone()).unwrap_or_default();
    names.len() > FREE || names.iter().any(|one| !one.never && free(&one.name))
}
