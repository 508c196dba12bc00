//! What is copied: what the pane in front shows, or a path.

use super::act::found;
use super::read;
use super::state::{Focus, State, View};
use super::watch::Watch;
use crate::app::Effect as Root;

/// What the pane in front shows, as text. Of the tree: the selected value, as the model wrote it.
pub(super) fn pane(state: &State) -> Vec<Root> {
    let text = match state.focus {
        Focus::Tree => state.watch.as_ref().and_then(value),
        Focus::View => view(state),
        Focus::List | Focus::Knobs | Focus::Prompt => state.entry().map(|entry| read::text(&entry.constraint)),
        Focus::Targets | Focus::Edit | Focus::Scores => None,
    };
    text.filter(|text| !text.is_empty()).map(Root::Copy).into_iter().collect()
}

fn value(watch: &Watch) -> Option<String> {
    let tree = watch.tree.as_ref()?;
    let node = tree.node(watch.look.cursor?)?;
    watch.text().get(node.span.clone()).map(str::to_owned)
}

fn view(state: &State) -> Option<String> {
    let watch = state.watch.as_ref();
    match state.view {
        View::Text => watch.map(|watch| watch.text().to_owned()),
        View::Reasoning => watch.map(|watch| watch.reasoning().to_owned()),
        View::Verdict => watch.and_then(Watch::ended).map(|ended| {
            let found = ended.found.iter().map(|one| {
                let place = one.pointer.as_ref().map(|pointer| format!(" {pointer}")).unwrap_or_default();
                format!("{}{place}: {}", one.label, one.words)
            });
            std::iter::once(ended.said.clone()).chain(found).collect::<Vec<_>>().join("\n")
        }),
        View::Request => state.body.as_ref().map(|body| body.text.clone()),
        View::Cost => state.cost.as_ref().and_then(super::cost::Cost::text),
    }
}

/// The path of the selected row.
pub(super) fn path(state: &State) -> Vec<Root> {
    let pointer = match state.focus {
        Focus::View if state.view == View::Verdict => found(state).and_then(|found| found.pointer.clone()),
        _ => state.watch.as_ref().and_then(|watch| Some(watch.tree.as_ref()?.pointer(watch.look.cursor?))),
    };
    // The path of the whole is the empty one: a pasted nothing would be taken for a failure.
    pointer
        .map(|pointer| if pointer.is_empty() { "/".to_owned() } else { pointer })
        .map(Root::Copy)
        .into_iter()
        .collect()
}
