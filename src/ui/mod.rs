//! Drawing: a frame is a function of the model, the theme and the environment. Nothing here changes the model.
//!
//! [`view`] draws everything onto a [`Canvas`] and answers with what lies where ([`crate::app::seen::Seen`]). What is dear to
//! compute and cheap to keep (wrapped Markdown) lies in a [`Cache`] that the runtime holds between frames.

pub mod canvas;
pub mod frame;
pub mod markdown;
pub mod overlays;
pub mod screens;
pub mod theme;
pub mod widgets;

pub use canvas::{Cache, Canvas};
pub use frame::view;
pub use theme::{Role, Theme};
