//! Profiles, what they ask of the solver, and the choices beside them.

use crate::models::rank::Intent;
use crate::models::solve::Wish;
use serde::{Deserialize, Serialize};

/// What a card is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// One person who waits for each word.
    Interactive,
    /// A few people or programs.
    #[default]
    Balanced,
    /// Many requests at once.
    Agents,
    /// The longest context.
    LongContext,
    /// As little of the card as will do.
    LeastMemory,
    /// The shortest start.
    FastBoot,
}

impl Profile {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 6] =
        [Self::Interactive, Self::Balanced, Self::Agents, Self::LongContext, Self::LeastMemory, Self::FastBoot];

    /// The word of the data and of the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Interactive => "interactive",
            Self::Balanced => "balanced",
            Self::Agents => "agents",
            Self::LongContext => "long-context",
            Self::LeastMemory => "least-memory",
            Self::FastBoot => "fast-boot",
        }
    }

    /// The profile of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|profile| profile.name() == name)
    }

    /// What it is for, and what it gives up.
    pub fn about(self) -> &'static str {
        match self {
            Self::Interactive => "one person: each word soon, few at once",
            Self::Balanced => "a few at once, everyday lengths",
            Self::Agents => "most tokens a second in all; each waits",
            Self::LongContext => "the longest context that fits, one request",
            Self::LeastMemory => "as little of the card as will do; short",
            Self::FastBoot => "up soonest, for trying; slower words",
        }
    }

    /// What the solver is asked for.
    pub fn wish(self) -> Wish {
        let wish = |intent, length, requests| Wish { intent, length, requests };
        match self {
            Self::Interactive => wish(Intent::Chat, None, Some(1)),
            Self::Balanced => wish(Intent::Chat, Some(16_384), Some(4)),
            Self::Agents => wish(Intent::Agents, None, None),
            Self::LongContext => wish(Intent::LongContext, None, Some(1)),
            Self::LeastMemory => wish(Intent::Chat, Some(4096), Some(1)),
            Self::FastBoot => wish(Intent::Chat, Some(8192), Some(1)),
        }
    }
}

/// A choice beside the profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Extra {
    /// The run can give its memory back and take it again.
    Sleep,
    /// Guess tokens out of the prompt.
    Ngram,
    /// Guess tokens with what the model brings or what is published for it.
    Speculative,
    /// Adapters.
    Lora,
    /// A part of the weights in RAM.
    CpuOffload,
    /// All cards of the machine.
    AllCards,
    /// A Ray cluster of several machines.
    Ray,
    /// No sampling defaults of the model's maker.
    PlainSampling,
}

impl Extra {
    /// All, in the order in which they are told.
    pub const ALL: [Self; 8] = [
        Self::Sleep,
        Self::Ngram,
        Self::Speculative,
        Self::Lora,
        Self::CpuOffload,
        Self::AllCards,
        Self::Ray,
        Self::PlainSampling,
    ];

    /// The word of the data and of the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sleep => "sleep",
            Self::Ngram => "ngram",
            Self::Speculative => "speculative",
            Self::Lora => "lora",
            Self::CpuOffload => "cpu-offload",
            Self::AllCards => "all-cards",
            Self::Ray => "ray",
            Self::PlainSampling => "plain-sampling",
        }
    }

    /// What has to hold for it to change anything.
    pub(super) fn needs(self) -> &'static str {
        match self {
            Self::Sleep => "it needs an engine that runs on a card",
            Self::Ngram => "it is for models that write text",
            Self::Speculative => "no draft is known for this model; --with ngram guesses out of the prompt",
            Self::Lora => "it is for models that write text",
            Self::CpuOffload => "it needs an engine that runs on a card",
            Self::AllCards => "it needs more than one card",
            Self::Ray => "this engine knows no Ray",
            Self::PlainSampling => "it is for models that write text",
        }
    }

    /// The choice of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|extra| extra.name() == name)
    }
}
