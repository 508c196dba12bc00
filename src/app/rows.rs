//! The rows of palette and help, generated from the actions and the keymap.

use crate::app::action::Action;
use crate::app::key::Key;
use crate::app::keymap::{CONTEXTS, Keymap};
use crate::app::model::{Model, ScreenId};
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The action.
    pub action: Action,
    /// Its keys; none where it has none.
    pub keys: Vec<Key>,
    /// Where it holds, in words.
    pub place: &'static str,
}

/// Rows under a heading; an empty heading is not drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The heading.
    pub title: &'static str,
    /// What stands below it.
    pub rows: Vec<Row>,
}

impl Group {
    fn heading(&self) -> usize {
        usize::from(!self.title.is_empty())
    }
}

/// The entry of an index, counted over all groups.
pub fn entry(groups: &[Group], index: usize) -> Option<&Row> {
    groups.iter().flat_map(|group| &group.rows).nth(index)
}

/// How many entries there are.
pub fn entries(groups: &[Group]) -> usize {
    groups.iter().map(|group| group.rows.len()).sum()
}

/// How many lines entries and headings take.
pub fn lines(groups: &[Group]) -> usize {
    groups.iter().map(|group| group.heading() + group.rows.len()).sum()
}

/// The line an entry stands on.
pub fn line_of(groups: &[Group], index: usize) -> usize {
    let (mut before, mut line) = (0, 0);
    for group in groups {
        if index < before + group.rows.len() {
            return line + group.heading() + index - before;
        }
        before += group.rows.len();
        line += group.heading() + group.rows.len();
    }
    line
}

/// Every action but those of lists, best match first; without a filter those of the screen in front come first.
pub fn palette(model: &Model, filter: &str) -> Vec<Group> {
    let mut rows: Vec<Row> =
        Action::all().filter(|action| !matches!(action, Action::Menu(_))).map(|action| row(model, action)).collect();
    if filter.trim().is_empty() {
        rows.sort_by_key(|row| screen(row.action) != Some(model.screen));
    } else {
        rows = matching(rows, filter);
    }
    vec![Group { title: "", rows }]
}

/// The bindings of every context, those of the focus first, then the actions without a key.
pub fn help(model: &Model, filter: &str) -> Vec<Group> {
    let focus = model.screen_contexts();
    let mut order: Vec<&'static str> = focus.clone();
    order.extend(CONTEXTS.iter().map(|(name, _)| *name).filter(|name| !focus.contains(name)));
    let mut groups: Vec<Group> = order.iter().map(|context| bound(&model.shared.keymap, context)).collect();
    let keyless = |action: &Action| !groups.iter().flat_map(|group| &group.rows).any(|row| row.action == *action);
    let unbound = Action::all()
        .filter(keyless)
        .map(|action| Row { action, keys: Vec::new(), place: place(action) })
        .collect::<Vec<_>>();
    groups.push(Group { title: "without a key", rows: unbound });
    if !filter.trim().is_empty() {
        for group in &mut groups {
            group.rows = matching(std::mem::take(&mut group.rows), filter);
        }
    }
    groups.retain(|group| !group.rows.is_empty());
    groups
}

/// One group: a context's actions in the order they are declared, each with all its keys.
fn bound(keymap: &Keymap, context: &'static str) -> Group {
    let title = CONTEXTS.iter().find(|(name, _)| *name == context).map_or(context, |(_, words)| *words);
    let keys =
        |action| keymap.of(context).filter(|(_, bound)| *bound == action).map(|(key, _)| key).collect::<Vec<_>>();
    let rows = Action::all()
        .map(|action| Row { action, keys: keys(action), place: title })
        .filter(|row| !row.keys.is_empty())
        .collect();
    Group { title, rows }
}

fn row(model: &Model, action: Action) -> Row {
    let keymap = &model.shared.keymap;
    let mut keys = keymap.keys_of(&model.screen_contexts(), action);
    if keys.is_empty() {
        let own = CONTEXTS.iter().find(|(name, _)| keymap.of(name).any(|(_, bound)| bound == action));
        keys = own.map(|(name, _)| keymap.keys_of(&[*name], action)).unwrap_or_default();
    }
    Row { action, keys, place: place(action) }
}

fn screen(action: Action) -> Option<ScreenId> {
    match action {
        Action::Global(_) | Action::Menu(_) => None,
        Action::Card(_) => Some(ScreenId::Card),
        Action::Models(_) => Some(ScreenId::Models),
        Action::Engines(_) => Some(ScreenId::Engines),
        Action::Chat(_) => Some(ScreenId::Chat),
        Action::Tools(_) => Some(ScreenId::Tools),
        Action::Structured(_) => Some(ScreenId::Structured),
        Action::Lab(_) => Some(ScreenId::Lab),
    }
}

fn place(action: Action) -> &'static str {
    match (screen(action), action) {
        (Some(screen), _) => screen.title(),
        (None, Action::Menu(_)) => "in lists",
        (None, _) => "everywhere",
    }
}

/// The rows that match, best first.
fn matching(rows: Vec<Row>, filter: &str) -> Vec<Row> {
    let pattern = Pattern::parse(filter, CaseMatching::Ignore, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut buffer = Vec::new();
    let mut scored: Vec<(u32, Row)> = rows
        .into_iter()
        .filter_map(|row| {
            let keys: Vec<String> = row.keys.iter().map(ToString::to_string).collect();
            let text = format!("{} {} {}", row.action.describe(), row.action.name(), keys.join(" "));
            pattern.score(Utf32Str::new(&text, &mut buffer), &mut matcher).map(|score| (score, row))
        })
        .collect();
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    scored.into_iter().map(|(_, row)| row).collect()
}

/// Names that match a filter, best first; all in their own order without one.
pub fn names(all: &[String], filter: &str) -> Vec<String> {
    if filter.trim().is_empty() {
        return all.to_vec();
    }
    let pattern = Pattern::parse(filter, CaseMatching::Ignore, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT);
    pattern.match_list(all.iter().cloned(), &mut matcher).into_iter().map(|(name, _)| name).collect()
}
