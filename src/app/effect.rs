//! Everything the state machine asks of the world, as plain data; the runtime runs it.

use crate::app::gauges::Watch;
use crate::app::scores;
use crate::app::screens::{card, chat, engines, lab, models, structured, tools};
use crate::engines::RunId;
use crate::lab::suite::Family;

/// One wish.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Leave. These runs are stopped first, the others stay in the air under their keepers.
    Quit {
        /// Runs to stop.
        stop: Vec<RunId>,
    },
    /// Suspend to the shell, as Ctrl+Z does elsewhere.
    Suspend,
    /// Clear the terminal and draw everything anew.
    Redraw,
    /// Take the mouse, or give it back to the terminal.
    CaptureMouse(bool),
    /// Put text on the clipboard (OSC 52, then the native one, then a file).
    Copy(String),
    /// Sample the card this many times a second.
    SampleHz(f64),
    /// Ask these runs for their gauges from now on, and no others.
    Watch(Watch),
    /// Put a run to sleep, or wake it.
    Sleep {
        /// Which.
        run: RunId,
        /// Whether it is woken.
        wake: bool,
    },
    /// Keep a setting in the user's settings file.
    SaveSetting {
        /// Key in the settings file.
        key: &'static str,
        /// Its new value.
        value: toml::Value,
    },
    /// Bring the Chat screen to the front and talk to this run; carried out by the root itself.
    Talk(RunId),
    /// Bring the Engines screen to the front with its start dialog filled like this; carried out by the root itself.
    Start(Box<engines::dialog::Filled>),
    /// Bring the Models screen to the front; carried out by the root itself.
    ShowModels,
    /// Of the Card screen.
    Card(card::Effect),
    /// Of the Models screen.
    Models(models::Effect),
    /// Of the Engines screen.
    Engines(engines::Effect),
    /// Of the Chat screen.
    Chat(chat::Effect),
    /// Of the scores of a family of suites.
    Scores(Family, scores::Effect),
    /// Of the Tools screen.
    Tools(tools::Effect),
    /// Of the Structured screen.
    Structured(structured::Effect),
    /// Of the Lab screen.
    Lab(lab::Effect),
}
