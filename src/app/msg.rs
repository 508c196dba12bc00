//! Everything that can happen, as plain data.

use crate::app::key::Key;
use crate::app::mouse::Gesture;
use crate::app::scores;
use crate::app::screens::{card, chat, engines, lab, models, structured, tools};
use crate::base::{Problem, Reading};
use crate::engines::metrics::Live;
use crate::engines::{RunId, RunState};
use crate::gpu::Sample;
use crate::lab::suite::Family;
use std::sync::Arc;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    /// A key.
    Key(Key),
    /// Text pasted in one piece.
    Paste(String),
    /// The mouse, by cell; the update finds out what it points at.
    Mouse(Gesture, u16, u16),
    /// The terminal's new size (columns, rows).
    Resize(u16, u16),
    /// Time has passed; sent only when something waits for it ([`crate::app::Model::wants_tick`]).
    Tick,
    /// A new reading of card and host.
    Sample(Arc<Sample>),
    /// The runs on this machine, as their records say now.
    Runs(Vec<RunState>),
    /// What a run says of itself, when it says something new.
    Gauges {
        /// Which.
        run: RunId,
        /// What it says, or why nothing.
        live: Reading<Box<Live>>,
    },
    /// Something asked for was done, worth a notice.
    Info(String),
    /// Something failed.
    Problem(Problem),
    /// The process was asked to end (signal): quit without asking, runs stay.
    Terminate,
    /// For the Card screen.
    Card(card::Msg),
    /// For the Models screen.
    Models(models::Msg),
    /// For the Engines screen.
    Engines(engines::Msg),
    /// For the Chat screen.
    Chat(chat::Msg),
    /// About the scores of a family of suites.
    Scores(Family, scores::Msg),
    /// For the Tools screen.
    Tools(tools::Msg),
    /// For the Structured screen.
    Structured(structured::Msg),
    /// For the Lab screen.
    Lab(lab::Msg),
}
