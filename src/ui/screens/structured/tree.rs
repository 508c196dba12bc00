//! The tree that fills in: only the rows that are seen are built.

use crate::app::screens::structured::watch::Watch;
use crate::app::screens::structured::{Focus, State, Target as Here};
use crate::app::seen::{Pane, Target};
use crate::base::text::{clean_line, fit, width};
use crate::lab::structured::tree::{Kind, NodeId, State as Grown, Tree};
use crate::ui::widgets::{panel, wrap_to};
use crate::ui::{Canvas, Role};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

/// Rows below the tree that say more of the selected one.
const DETAIL: u16 = 3;
/// Bytes of a value that are looked at for a row.
const VALUE: usize = 400;

/// Draws the tree, and what is to be said of the selected row.
pub(super) fn draw(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let inner = panel(canvas, area, &title(state, canvas), state.focus == Focus::Tree);
    canvas.hit(area, Target::Structured(Here::Pane(Focus::Tree)));
    let Some(watch) = &state.watch else {
        let words = [
            "Choose a constraint, then press r: the model is asked under it, and its answer fills in here value by value.",
            "",
            "Each value shows its type and whether it is whole; what breaks the schema is marked where it stands. x shows \
             what is sent before it is.",
        ];
        return super::empty(canvas, inner, &words);
    };
    let Some(tree) = &watch.tree else {
        let said = format!("A {} has no tree: its text stands under text (v).", watch.setup.constraint.kind().title());
        return super::empty(canvas, inner, &[said.as_str()]);
    };
    if tree.root().is_none() {
        let said = match (watch.busy(), watch.reasoning().is_empty()) {
            (true, _) => "Nothing of it has come yet.",
            (false, true) => "No value came. The text is under text (v).",
            (false, false) => "No value came as text: all that came stands under reasoning (v).",
        };
        return super::empty(canvas, inner, &[said]);
    }
    let detail = if inner.height >= 8 { DETAIL } else { 0 };
    let [body, below] = Layout::vertical([Constraint::Min(1), Constraint::Length(detail)]).areas(inner);
    list(state, watch, tree, canvas, body);
    if let Some(id) = watch.look.cursor.filter(|_| detail > 0) {
        about(watch, tree, id, canvas, below);
    }
}

fn title(state: &State, canvas: &Canvas<'_>) -> String {
    let Some(watch) = &state.watch else { return "tree".to_owned() };
    let dot = canvas.glyph("·", "-");
    let follows = if watch.busy() && watch.look.follows { format!(" {dot} follows") } else { String::new() };
    clean_line(&format!("{} {dot} {}{follows}", watch.setup.name, watch.setup.place))
}

fn list(state: &State, watch: &Watch, tree: &Tree, canvas: &mut Canvas<'_>, area: Rect) {
    let (rows, height) = (tree.rows(&watch.look.folded), usize::from(area.height));
    let count = rows.count();
    canvas.viewport(Pane::StructuredTree, height, count);
    let at = watch.look.row(tree);
    let offset = watch.look.offset.min(at).max((at + 1).saturating_sub(height));
    let offset = offset.min(count.saturating_sub(height));
    for ((row, id), y) in (offset..).zip(rows.from(offset)).zip(area.y..area.bottom()) {
        let place = Rect { y, height: 1, ..area };
        canvas.line(&line(watch, tree, id, canvas, area.width), place);
        if row == at {
            let role = if state.focus == Focus::Tree { Role::Selection } else { Role::Strong };
            canvas.buf.set_style(place.intersection(canvas.buf.area), canvas.style(role));
        }
        canvas.hit(place, Target::Structured(Here::Row(row)));
    }
}

/// What is wrong with a node: what the verdict says, or what the text itself shows.
fn fault(watch: &Watch, tree: &Tree, id: NodeId) -> Option<String> {
    let own = tree.node(id).and_then(|node| match node.state() {
        Grown::Invalid(fault) => Some(fault.words()),
        Grown::Whole | Grown::Growing => None,
    });
    own.or_else(|| watch.wrong.get(&id).cloned())
}

/// One value on one row: its mark, its key, what it is, its type, and how it stands where that is not well.
fn line(watch: &Watch, tree: &Tree, id: NodeId, canvas: &Canvas<'_>, columns: u16) -> Line<'static> {
    let Some(node) = tree.node(id) else { return Line::default() };
    let wrong = fault(watch, tree, id);
    let (sign, role) = match (&wrong, node.whole, watch.busy()) {
        (Some(_), ..) => (canvas.glyph("✗", "x"), Role::Bad),
        (None, true, _) => (canvas.glyph("✓", "+"), Role::Good),
        (None, false, true) => (canvas.glyph("…", "~"), Role::Info),
        (None, false, false) => (canvas.glyph("…", "~"), Role::Warn),
    };
    let folded = watch.look.folded.contains(&id);
    let fold = match (node.kind.is_container(), folded) {
        (true, true) => canvas.glyph("▸ ", "> "),
        (true, false) => canvas.glyph("▾ ", "v "),
        (false, _) => "  ",
    };
    // A deep tree stays in sight: what is left of it is told as a number.
    let most = usize::from(columns / 3);
    let depth = node.depth as usize;
    let indent = if depth * 2 <= most { " ".repeat(depth * 2) } else { format!("{depth:>most$} ") };
    let key = match tree.key(id) {
        Some(key) => format!("{}: ", clean_line(key)),
        None if node.parent.is_some() => format!("{}: ", node.index),
        None => String::new(),
    };
    let tail = match (&wrong, node.whole) {
        (Some(why), _) => format!("  {}, invalid: {}", node.kind.name(), clean_line(why)),
        (None, true) => format!("  {}", node.kind.name()),
        (None, false) if watch.busy() => format!("  {}, growing", node.kind.name()),
        (None, false) => format!("  {}, cut off", node.kind.name()),
    };
    let head = format!("{sign} {indent}{fold}");
    let room = usize::from(columns).saturating_sub(width(&head) + width(&key) + width(&tail)).max(8);
    let value = fit(&value(tree, id, folded, canvas), room).into_owned();
    let key_role = if wrong.is_some() { Role::Bad } else { Role::Strong };
    Line::from(vec![
        Span::styled(head, canvas.style(role)),
        Span::styled(key, canvas.style(key_role)),
        Span::styled(value, canvas.style(value_role(node.kind))),
        Span::styled(tail, canvas.style(if wrong.is_some() { Role::Bad } else { Role::Dim })),
    ])
}

fn value_role(kind: Kind) -> Role {
    match kind {
        Kind::String => Role::SynString,
        Kind::Number => Role::SynNumber,
        Kind::True | Kind::False | Kind::Null => Role::SynKeyword,
        Kind::Object | Kind::Array => Role::Dim,
    }
}

/// The value as far as a row has room for it.
fn value(tree: &Tree, id: NodeId, folded: bool, canvas: &Canvas<'_>) -> String {
    let Some(node) = tree.node(id) else { return String::new() };
    let dots = if folded { canvas.glyph("…", "~") } else { "" };
    let (one, many) = if node.kind == Kind::Object { ("member", "members") } else { ("item", "items") };
    let count = format!("{} {}", node.children, if node.children == 1 { one } else { many });
    match node.kind {
        Kind::Object => format!("{{{dots}}} {count}"),
        Kind::Array => format!("[{dots}] {count}"),
        Kind::String => {
            let text = tree.text(id);
            let cut = text.floor_char_boundary(VALUE.min(text.len()));
            format!("\"{}{}", clean_line(&text[..cut]), if node.whole { "\"" } else { "" })
        }
        _ => {
            let text = tree.text(id);
            clean_line(&text[..text.floor_char_boundary(VALUE.min(text.len()))])
        }
    }
}

/// The selected row's path, state and place in the text, in words.
fn about(watch: &Watch, tree: &Tree, id: NodeId, canvas: &mut Canvas<'_>, area: Rect) {
    let Some(node) = tree.node(id) else { return };
    let rule = canvas.glyph("─", "-").repeat(usize::from(area.width));
    canvas.line(&Line::styled(rule, canvas.style(Role::Border)), area);
    let pointer = tree.pointer(id);
    let path = if pointer.is_empty() { "the whole".to_owned() } else { clean_line(&pointer) };
    let wrong = fault(watch, tree, id);
    let (role, state) = match (&wrong, node.whole) {
        (Some(why), _) => (Role::Bad, format!("invalid: {}", clean_line(why))),
        (None, true) => (Role::Dim, "whole".to_owned()),
        (None, false) if watch.busy() => (Role::Dim, "growing".to_owned()),
        (None, false) => (Role::Warn, "cut off".to_owned()),
    };
    let place = format!("bytes {} to {}", node.span.start, node.span.end);
    let said = format!("{path}, {}, {place}, {state}", node.kind.name());
    let rows = wrap_to(&said, usize::from(area.width), usize::from(area.height.saturating_sub(1)));
    for (row, y) in rows.into_iter().zip(area.y + 1..area.bottom()) {
        canvas.line(&Line::styled(row, canvas.style(role)), Rect { y, height: 1, ..area });
    }
}
