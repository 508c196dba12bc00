//! Tools as data and the loop that lets a model use them: definitions, what runs when a model calls, permission, and the
//! exchange as a state machine whose effects are carried out elsewhere.

pub mod definition;
pub mod flow;
pub mod live;
pub mod mcp;
pub mod prompt;
pub mod run;
pub mod schema;

pub use definition::{Definition, Imported, Library, Size};
pub use flow::{Answered, Asked, CallId, Effect, End, Loop, Message, Mode, Settings};
pub use prompt::{Prompt, prompts};
pub use run::{Answer, Limits, Outcome, Permissions, Plan, Runner, Use};
