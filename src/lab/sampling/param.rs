//! Names and kinds of the parameters.

use super::Param;

/// What kind of value a parameter takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// On or off.
    Switch,
    /// A whole number.
    Whole,
    /// A real number.
    Real,
    /// A list of strings.
    Strings,
}

impl Kind {
    /// What such a parameter takes, in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Switch => "on or off",
            Self::Whole => "a whole number",
            Self::Real => "a number",
            Self::Strings => "strings in double quotes, separated by commas",
        }
    }
}

impl Param {
    /// All parameters, in the order shown.
    pub const ALL: [Self; 18] = [
        Self::Temperature,
        Self::TopP,
        Self::TopK,
        Self::MinP,
        Self::TypicalP,
        Self::PresencePenalty,
        Self::FrequencyPenalty,
        Self::RepetitionPenalty,
        Self::MaxTokens,
        Self::MinTokens,
        Self::N,
        Self::Seed,
        Self::Stop,
        Self::IgnoreEos,
        Self::Logprobs,
        Self::UseBeamSearch,
        Self::LengthPenalty,
        Self::BestOf,
    ];

    /// The name in files and, but for beam search, on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Temperature => "temperature",
            Self::TopP => "top_p",
            Self::TopK => "top_k",
            Self::MinP => "min_p",
            Self::TypicalP => "typical_p",
            Self::PresencePenalty => "presence_penalty",
            Self::FrequencyPenalty => "frequency_penalty",
            Self::RepetitionPenalty => "repetition_penalty",
            Self::MaxTokens => "max_tokens",
            Self::MinTokens => "min_tokens",
            Self::N => "n",
            Self::Seed => "seed",
            Self::Stop => "stop",
            Self::IgnoreEos => "ignore_eos",
            Self::Logprobs => "logprobs",
            Self::UseBeamSearch => "use_beam_search",
            Self::LengthPenalty => "length_penalty",
            Self::BestOf => "best_of",
        }
    }

    /// What kind of value it takes.
    pub fn kind(self) -> Kind {
        match self {
            Self::IgnoreEos | Self::UseBeamSearch => Kind::Switch,
            Self::Stop => Kind::Strings,
            Self::TopK | Self::MaxTokens | Self::MinTokens | Self::N | Self::Seed | Self::Logprobs | Self::BestOf => {
                Kind::Whole
            }
            _ => Kind::Real,
        }
    }

    /// What it does, in one short clause.
    pub fn help(self) -> &'static str {
        match self {
            Self::Temperature => "divides the logits before softmax; 0 always takes the best token",
            Self::TopP => "keeps the smallest set of tokens whose probability reaches this",
            Self::TopK => "keeps this many tokens; 0 keeps all",
            Self::MinP => "keeps tokens at least this share as probable as the best",
            Self::TypicalP => "keeps tokens of typical information up to this mass; 1 is off",
            Self::PresencePenalty => "subtracted once from tokens already generated",
            Self::FrequencyPenalty => "subtracted per occurrence from tokens already generated",
            Self::RepetitionPenalty => "divides the logits of tokens already seen; 1 is off",
            Self::MaxTokens => "most tokens to generate",
            Self::MinTokens => "fewest tokens before the answer may end",
            Self::N => "answers per request",
            Self::Seed => "seed of the random generator",
            Self::Stop => "strings that end the answer",
            Self::IgnoreEos => "goes on past end-of-sequence",
            Self::Logprobs => "alternatives per token with their log probabilities",
            Self::UseBeamSearch => "beam search instead of sampling; n is the width",
            Self::LengthPenalty => "exponent of the length in a beam's score",
            Self::BestOf => "candidates of which the best is shown",
        }
    }
}
