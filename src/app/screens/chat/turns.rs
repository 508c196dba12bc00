//! What is done with a turn: edit, branches, answers, folding, copying, exporting.

use super::answer::request_for;
use super::effect::{Effect, Write};
use super::state::{Cx, Pane, State};
use crate::lab::chat::export::{as_curl, to_json, to_markdown};
use crate::lab::chat::{Neighbour, Role, TurnId};
use crate::wire::request::body;

impl State {
    /// Puts the selected user turn, or the last one, into the composer; sending then makes a branch.
    pub(super) fn edit(&mut self) {
        let Some(turn) = self.front.turn_of(Role::User) else { return };
        let (id, said) = (turn.id, turn.choices.first().cloned().unwrap_or_default());
        self.save_draft();
        self.front.composer.set("");
        said.images.into_iter().for_each(|image| self.front.composer.attach(image));
        self.front.composer.paste(&said.text);
        self.front.editing = Some(id);
        self.focus = Pane::Composer;
    }

    /// Gives up editing an old message.
    pub(super) fn give_up_edit(&mut self) -> bool {
        let editing = self.front.editing.take().is_some();
        if editing {
            self.front.composer.set("");
        }
        editing
    }

    /// Goes to a neighbouring branch of a turn: the given one, the selected one, or the last turn that has branches.
    pub(super) fn branch(&mut self, turn: Option<TurnId>, to: Neighbour) {
        let talk = &mut self.front;
        let path = talk.tree.path();
        let branches = |id: &TurnId| talk.tree.position(*id).is_some_and(|position| position.count > 1);
        let on_path = turn.or(talk.selected).filter(branches);
        let Some(id) = on_path.or_else(|| path.iter().rev().map(|turn| turn.id).find(|id| branches(id))) else {
            return;
        };
        let depth = path.iter().position(|turn| turn.id == id);
        if !talk.tree.switch(id, to) {
            return;
        }
        let now = depth.and_then(|depth| talk.tree.path().get(depth).map(|turn| turn.id));
        talk.selected = talk.selected.and(now);
        if let (Some(now), super::talk::Scroll::At { .. }) = (now, talk.scroll) {
            talk.scroll = super::talk::Scroll::At { turn: now, row: -1 };
        }
        self.storage.push(Write::Batch(self.front.tree.batch_of(&[])));
    }

    /// Goes over to another of several answers.
    pub(super) fn choose(&mut self, turn: Option<TurnId>, to: Neighbour) {
        let talk = &mut self.front;
        let several = |id: TurnId| talk.tree.turn(id).filter(|turn| turn.choices.len() > 1);
        let found = turn.or(talk.selected).and_then(several);
        let found = found.or_else(|| talk.tree.path().into_iter().rev().find(|turn| turn.choices.len() > 1));
        let Some((id, chosen)) = found.map(|turn| (turn.id, turn.chosen)) else { return };
        let next = match to {
            Neighbour::Previous => chosen.checked_sub(1),
            Neighbour::Next => Some(chosen + 1),
        };
        if next.is_some_and(|next| talk.tree.choose(id, next))
            && self.front.stream.as_ref().is_none_or(|s| s.turn != id)
        {
            self.storage.push(Write::Batch(self.front.tree.batch_of(&[id])));
        }
    }

    /// Shows or folds the reasoning of a turn.
    pub(super) fn fold(&mut self, turn: Option<TurnId>) {
        let Some(id) = turn.or_else(|| self.front.turn_of(Role::Assistant).map(|turn| turn.id)) else { return };
        if !self.front.unfolded.remove(&id) {
            self.front.unfolded.insert(id);
        }
    }

    /// Copies the source text of the turn in hand.
    pub(super) fn copy_turn(&mut self, cx: &mut Cx<'_>) {
        let choice = self.front.turn_in_hand().and_then(|turn| turn.choices.get(turn.chosen));
        match choice.filter(|choice| !choice.text.is_empty()) {
            Some(choice) => cx.copy(choice.text.clone()),
            None => cx.info("there is no text to copy"),
        }
    }

    /// Copies the last code block of the turn in hand.
    pub(super) fn copy_code(&mut self, cx: &mut Cx<'_>) {
        let choice = self.front.turn_in_hand().and_then(|turn| turn.choices.get(turn.chosen));
        match choice.and_then(|choice| last_code_block(&choice.text)) {
            Some(code) => cx.copy(code),
            None => cx.info("there is no code block in this turn"),
        }
    }

    /// Copies the request for the answer in hand as a curl command; the key is left out.
    pub(super) fn copy_curl(&mut self, cx: &mut Cx<'_>) {
        let Some(turn) = self.front.turn_of(Role::Assistant) else {
            return cx.info("there is no answer yet whose request could be copied");
        };
        let resolved = match self.resolve(cx.shared) {
            Ok(resolved) => resolved,
            Err(problem) => return cx.problem(problem),
        };
        let (request, _) = request_for(&self.front.tree, turn.id, resolved.dialect);
        let with_key = resolved.key != super::target::KeyFrom::Nowhere;
        if self
            .front
            .tree
            .path_to(Some(turn.id))
            .iter()
            .any(|turn| turn.choices.iter().any(|one| !one.images.is_empty()))
        {
            cx.info("images stand in the command as names: put data URLs in their place");
        }
        cx.copy(as_curl(&resolved.base_url, with_key, &body(&resolved.model, &request)));
    }

    /// Writes the conversation in front to a file.
    pub(super) fn export(&mut self, as_markdown: bool, cx: &mut Cx<'_>) {
        if !self.front.begun() {
            return cx.info("there is nothing to export yet");
        }
        let tree = &self.front.tree;
        let (text, ending) = if as_markdown { (to_markdown(tree), "md") } else { (to_json(tree), "json") };
        cx.wish(Effect::Export { name: format!("{}.{ending}", file_name(&tree.title, tree.id.0)), text });
    }
}

/// The title as a file name; ASCII letters, digits and dashes.
fn file_name(title: &str, id: i64) -> String {
    let words = title.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let name = words.take(6).collect::<Vec<_>>().join("-").to_ascii_lowercase();
    let seconds = id / 1_000_000;
    if name.is_empty() { format!("conversation-{seconds}") } else { format!("{name}-{seconds}") }
}

/// The inside of the last fenced code block; one that is not closed goes to the end.
fn last_code_block(text: &str) -> Option<String> {
    let mut open: Option<(&str, Vec<&str>)> = None;
    let mut last = None;
    for line in text.lines() {
        let trimmed = line.trim_start();
        let ticks = trimmed.len() - trimmed.trim_start_matches(['`', '~']).len();
        match &mut open {
            Some((fence, lines)) => {
                if ticks >= fence.len() && trimmed.starts_with(*fence) && trimmed.trim_end().len() == ticks {
                    last = Some(lines.join("\n"));
                    open = None;
                } else {
                    lines.push(line);
                }
            }
            None if ticks >= 3 => open = Some((&trimmed[..ticks], Vec::new())),
            None => {}
        }
    }
    open.map(|(_, lines)| lines.join("\n")).or(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_last_code_block() {
        for (text, code) in [
            ("no code", None),
            ("```rust\nfn a() {}\n```\ntext\n```\nb\nc\n```\n", Some("b\nc")),
            ("````\n```\ninner\n```\n````", Some("```\ninner\n```")),
            ("~~~\nopen", Some("open")),
        ] {
            assert_eq!(last_code_block(text).as_deref(), code, "{text}");
        }
    }

    #[test]
    fn file_names_are_tame() {
        assert_eq!(file_name("../Wie geht's? /etc/passwd", 1_700_000_000_000_000), "wie-geht-s-etc-passwd-1700000000");
        assert_eq!(file_name("日本", 5_000_000), "conversation-5");
    }
}
