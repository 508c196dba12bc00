//! One turn as rows: what changed before it, reasoning, text, tool calls, figures, how it ended.

use super::images::{chips, thumbs};
use super::status::{cut, seconds_text};
use crate::app::Model;
use crate::app::screens::chat::{Action, Target};
use crate::base::{text, units};
use crate::lab::chat::{BranchPosition, Certainty, Choice, Role as Speaker, Turn, TurnEnd, TurnFigures, certainty};
use crate::ui::markdown::{Roles, Stream, highlight};
use crate::ui::{Canvas, Role};
use ratatui::text::{Line, Span};
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;

/// Places of a row that can be pointed at, by columns.
type Marks = Vec<(Range<u16>, Target)>;

/// A row besides the text.
#[derive(Debug, Default)]
struct Row {
    line: Line<'static>,
    marks: Marks,
}

/// What a block's look depends on besides width and theme. Two equal ones look the same.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Facts {
    change: Option<String>,
    text: usize,
    reasoning: usize,
    calls: (usize, usize),
    chosen: usize,
    choices: usize,
    position: Option<BranchPosition>,
    end: Option<TurnEnd>,
    unfolded: bool,
    figures: Option<TurnFigures>,
    /// Seconds of reasoning, in tenths.
    thought: Option<u64>,
    /// Tenths of seconds that no token has come for.
    waited: Option<u64>,
    hint: String,
    /// Images that can be drawn.
    previews: usize,
    /// How many languages can be coloured by now.
    coloured: usize,
}

impl Facts {
    /// Of a turn in the conversation in front.
    pub(super) fn of(model: &Model, canvas: &Canvas<'_>, turn: &Turn, change: Option<String>) -> Self {
        let talk = &model.chat.front;
        let choice = turn.choices.get(turn.chosen);
        let count = |of: fn(&Choice) -> usize| choice.map_or(0, of);
        let stream = talk.stream.as_ref().filter(|stream| stream.turn == turn.id);
        let silent = stream.filter(|stream| stream.figures.first_token_seconds().is_err());
        let tenths = |seconds: f64| (seconds * 10.0) as u64;
        let failed = matches!(turn.end, TurnEnd::Failed { .. });
        let hint = match &talk.failure {
            _ if !failed => String::new(),
            failure => {
                let key = super::key_of(model, canvas.ascii, &["chat", "global"], Action::Retry);
                let hint = failure.as_ref().filter(|(id, _)| *id == turn.id).map(|(_, problem)| problem.hint.as_str());
                let hint = hint.filter(|hint| !hint.is_empty()).map(|hint| format!(" · {}", text::clean_line(hint)));
                format!("{key} asks again{}", hint.unwrap_or_default())
            }
        };
        Self {
            change,
            text: count(|choice| choice.text.len()),
            reasoning: count(|choice| choice.reasoning.len()),
            calls: (
                count(|choice| choice.tool_calls.len()),
                count(|choice| choice.tool_calls.iter().map(|call| call.arguments.len() + call.name.len()).sum()),
            ),
            chosen: turn.chosen,
            choices: turn.choices.len(),
            position: talk.tree.position(turn.id).filter(|position| position.count > 1),
            end: Some(turn.end.clone()),
            unfolded: talk.unfolded.contains(&turn.id),
            figures: Some(turn.figures),
            thought: stream.and_then(|stream| stream.thought).map(|(first, last)| tenths(last - first)),
            waited: silent.map(|stream| tenths(canvas.env.uptime.saturating_sub(stream.asked).as_secs_f64())),
            hint,
            previews: choice.map_or(0, |choice| thumbs(model, choice).flatten().count()),
            coloured: highlight::generation(),
        }
    }
}

/// A text that may grow, and its rows.
#[derive(Debug, Default)]
struct Grown {
    stream: Stream,
    fed: usize,
    rows: usize,
}

impl Grown {
    fn feed(&mut self, whole: &str, over: bool, width: u16, roles: &Roles) {
        if let Some(more) = whole.get(self.fed..).filter(|more| !more.is_empty()) {
            self.stream.push(more);
            self.fed = whole.len();
        }
        if over {
            self.stream.finish();
        }
        self.rows = if whole.trim().is_empty() { 0 } else { self.stream.rows(width, roles) };
    }
}

/// A turn laid out.
#[derive(Debug, Default)]
pub(super) struct Laid {
    facts: Option<Facts>,
    name: (String, Option<Role>),
    changed: usize,
    head: Vec<Row>,
    reasoning: Grown,
    body: Grown,
    plain: Vec<Line<'static>>,
    tail: Vec<Row>,
}

impl Laid {
    /// The look has changed: everything is laid out anew.
    pub(super) fn forget(&mut self) {
        self.facts = None;
    }

    /// How many rows it takes, the empty one behind it included.
    pub(super) fn rows(&self) -> usize {
        self.head.len() + self.reasoning.rows + self.plain.len() + self.body.rows + self.tail.len() + 1
    }

    /// The row that the speaker's name stands in.
    pub(super) fn name_row(&self) -> usize {
        self.changed
    }

    /// The speaker's name, at most five columns.
    pub(super) fn name(&self) -> (&str, Role) {
        (&self.name.0, self.name.1.unwrap_or(Role::Text))
    }

    /// Calls `show` for every row of a range, with its index, its places to point at and the role of its ground.
    pub(super) fn visible(&self, range: Range<usize>, mut show: impl FnMut(usize, &Line<'_>, &Marks, Option<Role>)) {
        let none = Marks::new();
        let mut at = 0;
        let part = |start: usize, rows: usize| {
            let from = range.start.saturating_sub(start).min(rows);
            from..range.end.saturating_sub(start).min(rows).max(from)
        };
        let own = part(at, self.head.len());
        for (index, row) in own.clone().zip(&self.head[own]) {
            show(at + index, &row.line, &row.marks, None);
        }
        at += self.head.len();
        let own = part(at, self.reasoning.rows);
        for (index, line) in own.clone().zip(self.reasoning.stream.visible(own)) {
            show(at + index, line, &none, Some(Role::Reasoning));
        }
        at += self.reasoning.rows;
        let own = part(at, self.plain.len());
        for (index, line) in own.clone().zip(&self.plain[own]) {
            show(at + index, line, &none, None);
        }
        at += self.plain.len();
        let own = part(at, self.body.rows);
        for (index, line) in own.clone().zip(self.body.stream.visible(own)) {
            show(at + index, line, &none, None);
        }
        at += self.body.rows;
        let own = part(at, self.tail.len());
        for (index, row) in own.clone().zip(&self.tail[own]) {
            show(at + index, &row.line, &row.marks, None);
        }
    }
}

/// Lays out what changed since the last frame; answers with the rows.
pub(super) fn lay_out(
    model: &Model,
    laid: &mut Laid,
    canvas: &Canvas<'_>,
    turn: &Turn,
    facts: Facts,
    width: u16,
    roles: &Roles,
) -> usize {
    if laid.facts.as_ref() == Some(&facts) {
        return laid.rows();
    }
    let none = Choice::default();
    let choice = turn.choices.get(turn.chosen).unwrap_or(&none);
    let grew = laid
        .facts
        .as_ref()
        .is_none_or(|old| old.chosen == facts.chosen && old.text <= facts.text && old.reasoning <= facts.reasoning);
    if !grew {
        (laid.body, laid.reasoning) = (Grown::default(), Grown::default());
    }
    let over = turn.end != TurnEnd::Streaming;
    laid.name = name(turn);
    laid.head = Vec::new();
    if let Some(change) = &facts.change {
        laid.head.push(change_row(canvas, change, width));
    }
    laid.changed = laid.head.len();
    if turn.role == Speaker::Assistant {
        if !choice.reasoning.is_empty() {
            laid.head.push(fold_row(canvas, turn, choice, &facts));
        }
        if facts.unfolded && !choice.reasoning.is_empty() {
            laid.reasoning.feed(&choice.reasoning, over, width, roles);
        } else {
            laid.reasoning.rows = 0;
        }
        laid.body.feed(&choice.text, over, width, roles);
    } else if laid.facts.as_ref().is_none_or(|old| !grew || old.previews != facts.previews) {
        laid.plain = chips(model, canvas, choice, width.into());
        if !choice.text.is_empty() || laid.plain.is_empty() {
            laid.plain.extend(plain(&choice.text, width.into()));
        }
    }
    laid.tail = tail(canvas, turn, choice, &facts, width.into());
    laid.facts = Some(facts);
    laid.rows()
}

fn name(turn: &Turn) -> (String, Option<Role>) {
    let (name, role) = match turn.role {
        Speaker::User => ("you".to_owned(), Role::User),
        Speaker::System => ("sys".to_owned(), Role::Dim),
        Speaker::Tool => ("tool".to_owned(), Role::Tool),
        Speaker::Assistant => {
            let model = turn.model.as_deref().unwrap_or("model");
            let model = model.rsplit('/').next().unwrap_or(model);
            let word = model.split(['-', ':', '_', '.', ' ']).find(|word| !word.is_empty()).unwrap_or("model");
            (text::fit(&text::clean_line(word), 5).into_owned(), Role::Assistant)
        }
    };
    (name, Some(role))
}

fn change_row(canvas: &Canvas<'_>, change: &str, width: u16) -> Row {
    let rule = canvas.glyph("──", "--");
    let words = text::fit(&format!("{rule} {} {rule}", text::clean_line(change)), width.into()).into_owned();
    Row { line: Line::styled(words, canvas.style(Role::Change)), marks: Vec::new() }
}

fn fold_row(canvas: &Canvas<'_>, turn: &Turn, choice: &Choice, facts: &Facts) -> Row {
    let mark = if facts.unfolded { canvas.glyph("▾", "v") } else { canvas.glyph("▸", ">") };
    let thinking = turn.end == TurnEnd::Streaming && choice.text.is_empty() && choice.tool_calls.is_empty();
    let tokens = match turn.figures.usage.and_then(|usage| usage.reasoning_tokens).filter(|n| *n > 0) {
        Some(tokens) => format!("{} tokens", units::count(tokens)),
        None => format!("~{} tokens", units::count((choice.reasoning.chars().count() as u64).div_ceil(4))),
    };
    let seconds = match (facts.thought, turn.figures.reasoning_seconds) {
        (Some(tenths), _) => format!(" for {}", seconds_text(tenths as f64 / 10.0)),
        (None, Some(seconds)) => format!(" for {}", seconds_text(seconds)),
        (None, None) => String::new(),
    };
    let words = format!("{mark} {}{seconds} ({tokens})", if thinking { "thinking" } else { "thought" });
    let columns = text::width(&words) as u16;
    Row {
        line: Line::styled(words, canvas.style(Role::Reasoning)),
        marks: vec![(0..columns, Target::Reasoning(turn.id))],
    }
}

/// What stands below the text.
fn tail(canvas: &Canvas<'_>, turn: &Turn, choice: &Choice, facts: &Facts, width: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut say = |words: &str, role: Role| {
        rows.extend(
            plain(words, width).into_iter().map(|line| Row { line: line.style(canvas.style(role)), marks: Vec::new() }),
        );
    };
    let results = turn.role == Speaker::Tool;
    for call in choice.tool_calls.iter().filter(|_| !results) {
        let mark = canvas.glyph("⚙", "*");
        let words = format!("{mark} {} {}", text::clean_line(&call.name), text::clean_line(&call.arguments));
        let words = if facts.unfolded { words } else { text::fit(&words, width).into_owned() };
        say(&words, Role::Tool);
    }
    match (&turn.end, facts.waited) {
        (TurnEnd::Streaming, Some(tenths)) => {
            say(&format!("waiting for the first token, {:.1} s", tenths as f64 / 10.0), Role::Dim);
        }
        (TurnEnd::Streaming, None) => say(canvas.glyph("▌", "_"), Role::Accent),
        (TurnEnd::Cancelled, _) => {
            say(&format!("{} stopped here, at your word", canvas.glyph("■", "#")), Role::Warn);
        }
        (TurnEnd::Failed { why }, _) => {
            let why = if why.is_empty() { "it was cut off" } else { why };
            say(&format!("{} {}", canvas.glyph("✗", "x"), text::clean_line(why)), Role::Bad);
            say(&facts.hint, Role::Hint);
        }
        (TurnEnd::Finished { reason }, _) if turn.role == Speaker::Assistant => {
            let silent = choice.text.trim().is_empty() && choice.tool_calls.is_empty();
            match reason.as_str() {
                "length" => say("cut off: max tokens or the context was reached", Role::Warn),
                _ if silent => say("the answer is empty", Role::Warn),
                _ => {}
            }
        }
        (TurnEnd::Finished { .. }, _) => {}
    }
    if let Some(row) = figures_row(canvas, turn, facts, width) {
        rows.push(row);
    }
    if let Some(found) = certainty(&choice.logprobs).filter(|_| turn.end != TurnEnd::Streaming) {
        let line = cut(vec![Span::styled(certainty_words(&found), canvas.style(Role::Dim))], width);
        rows.push(Row { line, marks: Marks::new() });
    }
    rows
}

/// `mean log probability −0.42 over 63 tokens · least sure of "Oslo" 12 %, before "Paris" 9 %`.
fn certainty_words(found: &Certainty) -> String {
    let share = |logprob: f64| format!("{:.1} %", logprob.exp() * 100.0);
    let quoted = |token: &str| format!("\"{}\"", text::clean_line(token));
    let least = &found.least;
    let mut words = format!(
        "mean log probability {:.2} over {} tokens · least sure of {} {}",
        found.mean_logprob,
        units::count(found.tokens as u64),
        quoted(&least.token),
        share(least.logprob)
    );
    let other = least.top.iter().find(|(token, _)| *token != least.token);
    if let Some((token, logprob)) = other.filter(|(_, logprob)| logprob.is_finite()) {
        words.push_str(&format!(", beside {} {}", quoted(token), share(*logprob)));
    }
    words
}

/// Figures of the answer, its alternatives, its branches.
fn figures_row(canvas: &Canvas<'_>, turn: &Turn, facts: &Facts, width: usize) -> Option<Row> {
    let mut spans: Vec<Span<'static>> = Vec::new();
    let mut marks = Marks::new();
    let mut at: u16 = 0;
    let (less, more) = if canvas.ascii { ("<", ">") } else { ("◂", "▸") };
    let mut switch = |index: usize, count: usize, words: &str, target: &dyn Fn(bool) -> Target| {
        let label = format!(" {}/{count} ", index + 1);
        let columns = text::width(&label) as u16;
        marks.push((at..at + 2, target(false)));
        marks.push((at + columns..at + columns + 2, target(true)));
        spans.push(Span::styled(format!("{less}{label}{more}"), canvas.style(Role::Key)));
        spans.push(Span::styled(format!(" {words}   "), canvas.style(Role::Dim)));
        at += columns + 2 + text::width(words) as u16 + 4;
    };
    if facts.choices > 1 {
        switch(facts.chosen, facts.choices, "answers", &|forward| Target::Choice(turn.id, forward));
    }
    if let Some(position) = facts.position {
        switch(position.index, position.count, "branches", &|forward| Target::Branch(turn.id, forward));
    }
    if turn.role == Speaker::Assistant && turn.end != TurnEnd::Streaming {
        spans.push(Span::styled(figures(turn), canvas.style(Role::Dim)));
    }
    let empty = spans.iter().all(|span| span.content.trim().is_empty());
    (!empty).then(|| Row { line: cut(spans, width), marks })
}

fn figures(turn: &Turn) -> String {
    let figures = &turn.figures;
    let mut parts = Vec::new();
    if let Some(seconds) = figures.first_token_seconds {
        parts.push(format!("first token {}", seconds_text(seconds)));
    }
    if let Some(rate) = figures.tokens_per_second() {
        parts.push(format!("{rate:.1} tok/s"));
    }
    if let Some(usage) = figures.usage {
        parts.push(format!("{} + {} tokens", units::count(usage.prompt_tokens), units::count(usage.completion_tokens)));
        if let Some(cached) = usage.cached_tokens.filter(|cached| *cached > 0) {
            parts.push(format!("{} cached", units::count(cached)));
        }
    }
    if let Some(tokens) = figures.image_tokens {
        parts.push(format!("{} of them for images", units::count(tokens)));
    }
    parts.join(" · ")
}

/// Text as it is, wrapped at spaces where there are any.
pub(super) fn plain(content: &str, columns: usize) -> Vec<Line<'static>> {
    let columns = columns.max(1);
    let content = text::clean(content).replace('\t', "    ");
    let mut lines = Vec::new();
    for source in content.trim_end_matches('\n').split('\n') {
        let (mut line, mut used) = (String::new(), 0);
        for word in source.split_inclusive(' ') {
            let wide = text::width(word.trim_end());
            if used > 0 && used + wide > columns {
                lines.push(Line::raw(std::mem::take(&mut line)));
                used = 0;
            }
            for grapheme in word.graphemes(true) {
                let wide = text::width(grapheme);
                if used + wide > columns && used > 0 {
                    if grapheme == " " {
                        continue;
                    }
                    lines.push(Line::raw(std::mem::take(&mut line)));
                    used = 0;
                }
                line.push_str(grapheme);
                used += wide;
            }
        }
        lines.push(Line::raw(line));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wrapped(content: &str, columns: usize) -> Vec<String> {
        plain(content, columns).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn wraps_at_spaces_and_keeps_indentation() {
        assert_eq!(wrapped("  if x {\n    y\n  }", 20), ["  if x {", "    y", "  }"]);
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrapped("", 3), [""]);
    }

    proptest! {
        #[test]
        fn never_wider_than_asked_and_loses_no_letter(content in "[a-z \n日é]{0,60}", columns in 2usize..12) {
            let lines = wrapped(&content, columns);
            for line in &lines {
                prop_assert!(text::width(line.trim_end()) <= columns, "{line:?}");
            }
            let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(letters(&lines.concat()), letters(&content));
        }
    }
}
