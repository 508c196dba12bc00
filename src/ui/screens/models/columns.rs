//! The columns of the list: which there is room for, and what stands in them.

use super::words;
use crate::app::screens::models::State;
use crate::app::screens::models::ranking::{Ranking, taxonomy, verdict};
use crate::app::screens::models::view::Sort;
use crate::base::text;
use crate::lab::probes::Verdict as Probed;
use crate::models::catalogue::{Capability, Entry};
use crate::models::fit::Verdict;
use crate::models::rank::{Choice, Row};
use crate::models::{Exact, Facts};
use crate::ui::{Canvas, Role};

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Name,
    Variant,
    Engine,
    Size,
    Context,
    Agents2,
    Agents8,
    Speed,
    Tool,
    Card,
    Tasks,
    Words,
    Place,
    Shelf,
}

impl Column {
    /// In the order drawn.
    const ALL: [Self; 14] = [
        Self::Name,
        Self::Variant,
        Self::Engine,
        Self::Size,
        Self::Context,
        Self::Agents2,
        Self::Agents8,
        Self::Speed,
        Self::Tool,
        Self::Card,
        Self::Tasks,
        Self::Words,
        Self::Place,
        Self::Shelf,
    ];

    /// Columns it takes, the blank before it included; the name takes what is left.
    fn width(self) -> u16 {
        match self {
            Self::Name => 0,
            Self::Variant => 9,
            Self::Engine => 7,
            Self::Size | Self::Context => 7,
            Self::Agents2 => 6,
            Self::Agents8 => 5,
            Self::Speed => 9,
            Self::Tool => 5,
            Self::Card => 6,
            Self::Tasks => 7,
            Self::Words => 28,
            Self::Place => 5,
            Self::Shelf => 7,
        }
    }

    /// The head, and what a click on it orders by.
    pub(super) fn head(self) -> (&'static str, Option<Sort>) {
        match self {
            Self::Name => ("model", Some(Sort::Name)),
            Self::Variant => ("variant", None),
            Self::Engine => ("on", None),
            Self::Size => ("GiB", Some(Sort::Size)),
            Self::Context => ("ctx", Some(Sort::Context)),
            Self::Agents2 => ("×2k", Some(Sort::Agents)),
            Self::Agents8 => ("×8k", Some(Sort::Agents)),
            Self::Speed => ("tok/s", Some(Sort::Rate)),
            Self::Tool => ("tool", None),
            Self::Card => ("card", None),
            Self::Tasks => ("tasks", None),
            Self::Words => ("tasks", None),
            Self::Place => ("here", None),
            Self::Shelf => ("", None),
        }
    }

    /// Whether it holds numbers.
    fn is_right(self) -> bool {
        matches!(self, Self::Size | Self::Context | Self::Agents2 | Self::Agents8 | Self::Speed)
    }

    /// A text in the column, after a blank: numbers to the right, words to the left.
    pub(super) fn cell(self, said: &str, width: u16) -> String {
        let room = usize::from(width).saturating_sub(1);
        let said = text::fit(said, room);
        let blank = " ".repeat(room.saturating_sub(text::width(&said)));
        if self.is_right() { format!(" {blank}{said}") } else { format!(" {said}{blank}") }
    }
}

/// The columns there is room for, with their widths. What cannot be done without comes first, the rest in the order of
/// its worth while the name keeps room; that of capability cards only where there is one.
pub(super) fn layout(width: u16, cards: bool) -> Vec<(Column, u16)> {
    use Column::{Agents2, Agents8, Context, Engine, Name, Place, Shelf, Size, Speed, Tasks, Tool, Variant, Words};
    let (least, ample, most) = (18, 30, 44);
    let mut left = width.saturating_sub(2);
    let mut taken = vec![Column::Name];
    // What a row cannot do without needs little of the name; all else leaves most names whole.
    let needed = [Size, Context, Variant, Speed, Place, Agents2].map(|column| (column, least));
    let useful = [Engine, Tool, Column::Card, Agents8, Tasks, Shelf].map(|column| (column, least + 8));
    let useful = useful.into_iter().filter(|(column, _)| cards || *column != Column::Card);
    for (column, name) in needed.into_iter().chain(useful) {
        if left >= name + column.width() {
            left -= column.width();
            taken.push(column);
        }
    }
    let wider = if left >= least + 7 { 2 } else { 0 };
    left -= wider;
    // Words instead of letters where there is room for them.
    if taken.contains(&Tasks) && left + Tasks.width() >= ample + Words.width() {
        taken.retain(|column| *column != Tasks);
        left = left + Tasks.width() - Words.width();
        taken.push(Words);
    }
    let name = left.min(most);
    let all = Column::ALL.into_iter().filter(|column| taken.contains(column));
    let width = |column| match column {
        Name => name,
        Variant => Variant.width() + wider,
        _ => column.width(),
    };
    all.map(|column| (column, width(column))).collect()
}

/// What stands in a column for a row.
pub(super) fn cell(state: &State, ranking: &Ranking, row: &Row, column: Column, canvas: &Canvas<'_>) -> (String, Role) {
    let entry = ranking.entry(row);
    let Some(choice) = row.choices.first() else { return without_choice(ranking, row, column, canvas) };
    let computed = if verdict(row).is_some_and(Verdict::starts) { Role::Text } else { Role::Dim };
    let dash = || (canvas.glyph("–", "-").to_owned(), Role::Dim);
    let starts = choice.sum.verdict.starts();
    match column {
        Column::Name => name(ranking, row, computed),
        Column::Variant => (text::clean_line(&choice.label), Role::Dim),
        Column::Engine => (words::engine(choice.engine).to_owned(), Role::Dim),
        Column::Size => size(ranking, row, choice),
        Column::Context if starts => (words::tokens(choice.sum.largest_max_model_len), Role::Dim),
        // A model without a cache, or made for less, has no agents to count.
        Column::Agents2 if starts && counts(choice, 2048) => (words::agents(choice.agents.0), Role::Dim),
        Column::Agents8 if starts && counts(choice, 8192) => (words::agents(choice.agents.1), Role::Dim),
        Column::Speed if starts => match &choice.rate {
            Ok(rate) => (words::rate(rate), Role::Estimate),
            Err(_) => ("?".to_owned(), Role::Unknown),
        },
        Column::Context | Column::Agents2 | Column::Agents8 | Column::Speed
            if choice.sum.verdict == Verdict::Unknown =>
        {
            ("?".to_owned(), Role::Unknown)
        }
        Column::Context | Column::Agents2 | Column::Agents8 | Column::Speed => dash(),
        Column::Tool => match state.score(ranking, row) {
            Some(kept) => words::score(kept),
            None => tool(entry, canvas),
        },
        Column::Card => match state.probed(ranking, row, choice) {
            Some(card) => {
                let role = if card.ignored().is_empty() { Role::Text } else { Role::Warn };
                (format!("{}/{}", card.count(Probed::Yes), card.capabilities.len()), role)
            }
            None => dash(),
        },
        Column::Tasks => (letters(entry, canvas), Role::Dim),
        Column::Words => (tasks(entry), Role::Dim),
        Column::Place => place(state, ranking, row, canvas),
        Column::Shelf => (shelf(ranking, row).to_owned(), Role::Dim),
    }
}

/// Whether agents of so many tokens can be counted.
fn counts(choice: &Choice, tokens: u64) -> bool {
    choice.sum.kv_needed > 0 && choice.sum.largest_max_model_len >= tokens
}

/// A model that nothing is known to run: its name, and why it is listed.
fn without_choice(ranking: &Ranking, row: &Row, column: Column, canvas: &Canvas<'_>) -> (String, Role) {
    match column {
        Column::Name => name(ranking, row, Role::Dim),
        Column::Variant => ("none known".to_owned(), Role::Unknown),
        Column::Words => (tasks(ranking.entry(row)), Role::Dim),
        Column::Tasks => (letters(ranking.entry(row), canvas), Role::Dim),
        _ => (String::new(), Role::Dim),
    }
}

/// The name, with the mark of what rests on memory only.
fn name(ranking: &Ranking, row: &Row, role: Role) -> (String, Role) {
    let mark = if ranking.from_memory(row) { " ~" } else { "" };
    (format!("{}{mark}", text::clean_line(words::short_name(&row.name))), role)
}

/// The weights: read in headers or said by someone in ordinary text, computed in grey.
fn size(ranking: &Ranking, row: &Row, choice: &Choice) -> (String, Role) {
    let exact = ranking.facts(row, choice).is_some_and(|facts: &Facts| facts.exact != Exact::No);
    (words::gib(choice.sum.weights), if exact { Role::Text } else { Role::Dim })
}

fn tool(entry: Option<&Entry>, canvas: &Canvas<'_>) -> (String, Role) {
    let can = entry.is_some_and(|entry| entry.capabilities.contains(&Capability::Tools));
    let parser = entry.is_some_and(|entry| entry.tool_parser.is_some());
    match (can, parser) {
        (true, true) => (canvas.glyph("✓", "y").to_owned(), Role::Good),
        (true, false) => (canvas.glyph("✓", "y").to_owned(), Role::Dim),
        (false, _) => (String::new(), Role::Dim),
    }
}

/// A letter for each task, at its own place.
fn letters(entry: Option<&Entry>, canvas: &Canvas<'_>) -> String {
    let order = [
        (Capability::Chat, 'c'),
        (Capability::Tools, 't'),
        (Capability::Reasoning, 'r'),
        (Capability::Vision, 'v'),
        (Capability::Audio, 'a'),
        (Capability::Code, 'k'),
    ];
    let none = canvas.glyph("·", ".").chars().next().unwrap_or(' ');
    let can = |task: Capability| entry.is_some_and(|entry| entry.capabilities.contains(&task));
    order.iter().map(|(task, letter)| if can(*task) { *letter } else { none }).collect()
}

/// The tasks as words; without any, the place in the taxonomy.
fn tasks(entry: Option<&Entry>) -> String {
    let Some(entry) = entry else { return String::new() };
    if entry.capabilities.is_empty() {
        return taxonomy(entry.taxonomy).to_owned();
    }
    entry.capabilities.iter().map(|one| one.name()).collect::<Vec<_>>().join(" ")
}

/// Where it lies on this machine, or how far its download is.
fn place(state: &State, ranking: &Ranking, row: &Row, canvas: &Canvas<'_>) -> (String, Role) {
    let under_way = !state.downloads.is_empty();
    let mut repos =
        row.choices.iter().filter(|_| under_way).filter_map(|choice| state.repository(ranking, row, choice));
    if let Some(download) = repos.find_map(|repo| state.downloads.get(&repo)) {
        let far =
            download.percent().map_or_else(|| canvas.glyph("▼", "v").to_owned(), |percent| format!("{percent:>3}%"));
        return (far, Role::Info);
    }
    match row.choices.iter().find_map(|choice| ranking.local(choice)) {
        Some(local) if local.complete => (canvas.glyph("●", "*").to_owned(), Role::Good),
        Some(_) => (canvas.glyph("◐", "~").to_owned(), Role::Warn),
        None => (String::new(), Role::Dim),
    }
}

/// In which kind of place it lies.
fn shelf(ranking: &Ranking, row: &Row) -> &'static str {
    row.choices.iter().find_map(|choice| ranking.local(choice)).map_or("", |local| local.shelf.name())
}
