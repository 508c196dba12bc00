//! What the last frame showed where: the only way in which drawing speaks back to the state machine.

use crate::app::action::Action;
use crate::app::model::ScreenId;
use crate::app::screens::{card, chat, engines, lab, models, structured, tools};

/// A rectangle of cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Area {
    /// Left column.
    pub x: u16,
    /// Top row.
    pub y: u16,
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

impl Area {
    /// Whether a cell lies inside.
    pub fn contains(self, x: u16, y: u16) -> bool {
        (self.x..self.x.saturating_add(self.width)).contains(&x)
            && (self.y..self.y.saturating_add(self.height)).contains(&y)
    }
}

/// Something that can be pointed at.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// A tab.
    Tab(ScreenId),
    /// A key hint or button that stands for an action.
    Act(Action),
    /// A row of the overlay's list.
    OverlayRow(usize),
    /// The overlay's own ground: swallows clicks meant for what lies below.
    Overlay,
    /// A toast.
    Toast(u64),
    /// Something of the Card screen.
    Card(card::Target),
    /// Something of the Models screen.
    Models(models::Target),
    /// Something of the Engines screen.
    Engines(engines::Target),
    /// Something of the Chat screen.
    Chat(chat::Target),
    /// Something of the Tools screen.
    Tools(tools::Target),
    /// Something of the Structured screen.
    Structured(structured::Target),
    /// Something of the Lab screen.
    Lab(lab::Target),
}

/// A target with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit<T> {
    /// Where it is drawn.
    pub area: Area,
    /// What it is.
    pub target: T,
}

/// Lists and texts that scroll; their visible height is known only when drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pane {
    /// The overlay's list.
    Overlay,
    /// The Card screen's process table.
    CardProcesses,
    /// The Models screen's list.
    ModelsList,
    /// The Models screen's detail, or the longer one of two.
    ModelsDetail,
    /// The Models screen's menu of cards.
    ModelsCards,
    /// The Engines screen's list of runs.
    EnginesRuns,
    /// A run's log.
    EnginesLog,
    /// The start dialog's flags.
    EnginesFlags,
    /// The chat transcript.
    ChatTranscript,
    /// The list of conversations.
    ChatList,
    /// The sampling sliders.
    ChatSampling,
    /// The list of tools.
    ToolsList,
    /// What happened, as a tree.
    ToolsTree,
    /// The pane in front of an answer looked through.
    ToolsXray,
    /// The Structured screen's list (schemas, targets).
    StructuredList,
    /// The tree that fills in.
    StructuredTree,
    /// The raw text beside it, or the verdict.
    StructuredText,
    /// The list in front of the Lab screen's view.
    LabList,
    /// The detail beside it.
    LabDetail,
}

/// Height of a pane and of what is in it, in rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Viewport {
    /// Which pane.
    pub pane: Pane,
    /// Rows that can be seen.
    pub rows: usize,
    /// Rows there are.
    pub total: usize,
}

/// Everything the last frame showed that matters to the next update.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Seen {
    /// Targets, later ones lie on top.
    pub hits: Vec<Hit<Target>>,
    /// Scrolling panes.
    pub viewports: Vec<Viewport>,
}

impl Seen {
    /// The topmost target at a cell.
    pub fn at(&self, x: u16, y: u16) -> Option<&Hit<Target>> {
        self.hits.iter().rev().find(|hit| hit.area.contains(x, y))
    }

    /// A pane's viewport, if the last frame drew it.
    pub fn viewport(&self, pane: Pane) -> Option<Viewport> {
        self.viewports.iter().copied().find(|viewport| viewport.pane == pane)
    }

    /// Rows that can be seen of a pane; one where it was not drawn.
    pub fn rows(&self, pane: Pane) -> usize {
        self.viewport(pane).map_or(1, |viewport| viewport.rows.max(1))
    }
}
