//! Recipes: which flags an engine is started with for a purpose, each with its reason, its cost and where that is known
//! from.
//!
//! The data is `presets/recipes/*.toml`, which a file of the user lies over ([`Rules`]). [`compose`] weighs what the
//! solver worked out for the card, what the model itself needs, what the profile asks and what the person set by hand:
//! memory is the solver's, the person's word is the last, and every contradiction is said. [`import`] reads a pasted
//! command, [`export`] writes one as a script, a compose file or a unit, [`Named`] keeps one under a name.

mod arguments;
mod check;
mod compose;
mod export;
mod import;
mod judge;
mod named;
mod profile;
mod published;
mod range;
mod rules;
mod shell;
mod situation;

pub use arguments::{Became, Today, argument, arguments, seed_arguments};
pub use compose::compose;
pub use export::{Export, Exported, export};
pub use import::{Imported, import, looks_like_command};
pub use named::Named;
pub use profile::{Extra, Profile};
pub use published::{published_words, settings_of};
pub use rules::{Rule, Rules};
pub use shell::{quote, shown_line};
pub use situation::{Asked, Choices, Ground, Situation, Trait};

use crate::base::secret::is_secret_name;
use crate::engines::FlagSetting;
use serde::Serialize;

/// Who chose a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The solver, for the memory of the card.
    Solver,
    /// The model, as published for it.
    Model,
    /// A rule of the profile or of a choice.
    Profile,
    /// The person, by hand.
    Person,
}

impl Origin {
    /// The word for a person.
    pub fn name(self) -> &'static str {
        match self {
            Self::Solver => "solver",
            Self::Model => "model",
            Self::Profile => "profile",
            Self::Person => "by hand",
        }
    }
}

/// One flag or variable of a recipe.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Chosen {
    /// The flag as the engine spells it; for Ollama and variables the name of the variable.
    pub flag: String,
    /// Its value; none for a switch.
    pub value: Option<String>,
    /// What the engine takes without it; none where it has no default or that is not known.
    pub default: Option<String>,
    /// Why.
    pub why: String,
    /// What it costs; empty when nothing.
    pub cost: String,
    /// Where that is known from.
    pub source: String,
    /// Who chose it.
    pub origin: Origin,
    /// Whether it is passed on: a simulated engine takes few of them.
    pub passed: bool,
}

impl Chosen {
    /// Its value as it may be seen: that of a secret is masked.
    pub fn shown(&self) -> Option<&str> {
        self.value.as_deref().map(|value| if is_secret_name(&self.flag) { "***" } else { value })
    }
}

/// Flags and variables for a purpose, with what should be known about them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Recipe {
    /// The profile it was made for.
    pub profile: Option<Profile>,
    /// What goes on the command line, in order.
    pub flags: Vec<FlagSetting>,
    /// What goes into the environment.
    pub env: Vec<(String, String)>,
    /// The same with reasons: flags first, then variables.
    pub chosen: Vec<Chosen>,
    /// What the person should know, a line each.
    pub notes: Vec<String>,
}

#[cfg(test)]
mod tests;
