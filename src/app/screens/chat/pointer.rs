//! The mouse on the Chat screen.

use super::action::Action;
use super::state::{Cx, Pane, State};
use super::talk::{Ground, Scroll};
use crate::app::mouse::{Gesture, Mouse};
use crate::lab::chat::Neighbour::{Next, Previous};
use crate::lab::chat::{QueuedId, TurnId};
use crate::lab::sampling::{Kind, Param};

/// Rows that one notch of the wheel moves.
const NOTCH: i64 = 3;

/// What can be pointed at on the Chat screen.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// The ground of the transcript.
    Transcript(Ground),
    /// A turn.
    Turn(TurnId),
    /// The fold of a turn's reasoning.
    Reasoning(TurnId),
    /// To the previous or next branch of a turn.
    Branch(TurnId, bool),
    /// To the previous or next of several answers.
    Choice(TurnId, bool),
    /// The mark that says that there is more below.
    NewBelow,
    /// The title, which chooses whom to talk to.
    Title,
    /// The composer.
    Composer,
    /// A message that waits.
    Queued(QueuedId),
    /// The ground of the list.
    List,
    /// A row of the list or of what was found.
    ListRow(usize),
    /// The ground of the sampling settings.
    Sampling,
    /// A parameter.
    Param(usize),
    /// The bar of a parameter's slider: its first cell is "unset".
    Bar(usize),
    /// A row of a dialog.
    DialogRow(usize),
    /// The ground of a dialog.
    Dialog,
}

impl State {
    /// Takes a gesture.
    pub(super) fn point(&mut self, mouse: &Mouse, target: &Target, cx: &mut Cx<'_>) {
        if self.dialog.is_some() && !matches!(target, Target::Dialog | Target::DialogRow(_)) {
            return;
        }
        match mouse.gesture {
            Gesture::WheelUp => self.wheel(-NOTCH, target, cx),
            Gesture::WheelDown => self.wheel(NOTCH, target, cx),
            Gesture::Press => self.press(mouse, target, cx),
            Gesture::Drag => {
                if let Target::Bar(index) = target {
                    self.drag(*index, mouse, cx);
                }
            }
            Gesture::Release => {}
        }
    }

    fn wheel(&mut self, rows: i64, target: &Target, cx: &mut Cx<'_>) {
        match target {
            Target::Dialog | Target::DialogRow(_) => self.dialog_walk(rows.signum(), cx),
            Target::List | Target::ListRow(_) => self.list.walk(rows.signum()),
            Target::Sampling | Target::Param(_) | Target::Bar(_) => self.sampling.walk(rows.signum() as isize),
            Target::Composer | Target::Queued(_) | Target::Title => {}
            _ => self.front.scroll_by(rows, cx.ground()),
        }
    }

    fn press(&mut self, mouse: &Mouse, target: &Target, cx: &mut Cx<'_>) {
        match target {
            Target::Transcript(_) => self.focus = Pane::Transcript,
            Target::Turn(turn) => {
                self.focus = Pane::Transcript;
                self.front.selected = Some(*turn);
            }
            Target::Reasoning(turn) => self.fold(Some(*turn)),
            Target::Branch(turn, forward) => self.branch(Some(*turn), if *forward { Next } else { Previous }),
            Target::Choice(turn, forward) => self.choose(Some(*turn), if *forward { Next } else { Previous }),
            Target::NewBelow => self.front.scroll = Scroll::Follow,
            Target::Title => self.act(Action::Target, cx),
            Target::Composer => self.focus = Pane::Composer,
            Target::Queued(id) => {
                if let Some(queued) = self.front.queue.remove(*id) {
                    self.front.composer.paste(&queued.text);
                    self.focus = Pane::Composer;
                }
            }
            Target::List => self.focus = Pane::List,
            Target::ListRow(row) => self.press_row(*row, cx),
            Target::Sampling => self.focus = Pane::Sampling,
            Target::Param(index) => {
                self.focus = Pane::Sampling;
                self.sampling.select(*index);
                if Param::ALL.get(*index).is_some_and(|param| param.kind() == Kind::Switch) {
                    self.sampling.edit(self.dialect(cx.shared));
                }
            }
            Target::Bar(index) => {
                self.focus = Pane::Sampling;
                self.sampling.select(*index);
                self.drag(*index, mouse, cx);
            }
            Target::DialogRow(row) => self.press_dialog(*row, cx),
            Target::Dialog => {}
        }
    }

    fn press_row(&mut self, row: usize, cx: &mut Cx<'_>) {
        self.focus = Pane::List;
        match &mut self.list.search {
            Some(search) => search.selected = row,
            None => self.list.selected = row,
        }
        self.open_selected(cx);
    }

    fn press_dialog(&mut self, row: usize, cx: &mut Cx<'_>) {
        use super::dialog::Dialog;
        match &mut self.dialog {
            Some(Dialog::Targets { selected } | Dialog::Presets { selected }) => *selected = row,
            Some(Dialog::Delete { yes, .. }) => *yes = row == 0,
            Some(Dialog::Endpoint(form)) => {
                form.on_key = row == 1;
                return;
            }
            _ => return,
        }
        self.dialog_accept(cx);
    }

    /// Puts a slider where the mouse is: its first cell is "unset".
    fn drag(&mut self, index: usize, mouse: &Mouse, cx: &mut Cx<'_>) {
        let (Some(param), Some(hit)) = (Param::ALL.get(index), &mouse.hit) else { return };
        let cell = mouse.x.saturating_sub(hit.area.x);
        let cells = hit.area.width.saturating_sub(2).max(1);
        let fraction = cell.checked_sub(1).map(|cell| (f64::from(cell) / f64::from(cells)).min(1.0));
        if self.probed_off(*param, cx.shared).is_none() {
            self.sampling.drag(*param, fraction, self.dialect(cx.shared));
        }
    }
}
