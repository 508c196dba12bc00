//! The pure state machine behind the screen: `update(&mut Model, Msg, &Env) -> Vec<Effect>`.
//!
//! A key walks one way: terminal → [`key::Key`] → [`keymap::Keymap`] finds an [`Action`] for the focused contexts → the
//! screen's `act` changes its state and answers with [`Effect`]s → the runtime runs them → their results come back as
//! [`Msg`]. No I/O, no colours, no clock but [`Env`].
//!
//! Each screen keeps its own state, actions, messages, effects and mouse targets in `screens/NAME`; the root only routes.

pub mod action;
pub mod editor;
pub mod effect;
pub mod env;
pub mod field;
pub mod gauges;
pub mod key;
pub mod keymap;
pub mod model;
pub mod mouse;
pub mod msg;
pub mod overlay;
pub mod reserve;
pub mod rows;
pub mod scores;
pub mod screens;
pub mod seen;
pub mod toast;
pub mod update;

pub use action::Action;
pub use effect::Effect;
pub use env::Env;
pub use key::Key;
pub use model::{Model, ScreenId};
pub use msg::Msg;
pub use overlay::Overlay;
pub use update::update;
