//! The sampling flags.

use crate::base::Problem;
use crate::lab::sampling::{PRESETS_FILE, Param, Presets, Setting, Settings, value};
use crate::store::Paths;
use crate::wire::Dialect;

/// One flag a parameter; what is not given is not sent.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Sampling (what is not given is not sent)")]
pub(in crate::cli) struct Flags {
    /// Settings saved under a name; flags beside it win
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,
    /// Divides the logits before softmax; 0 always takes the best token
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    temperature: Option<f64>,
    /// Keeps the smallest set of tokens whose probability reaches this
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    top_p: Option<f64>,
    /// Keeps this many tokens
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    top_k: Option<i64>,
    /// Keeps tokens at least this share as probable as the best
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    min_p: Option<f64>,
    /// Keeps tokens of typical information up to this mass
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    typical_p: Option<f64>,
    /// Subtracted once from tokens already generated
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    presence_penalty: Option<f64>,
    /// Subtracted per occurrence from tokens already generated
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    frequency_penalty: Option<f64>,
    /// Divides the logits of tokens already seen
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    repetition_penalty: Option<f64>,
    /// Most tokens to generate
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    max_tokens: Option<i64>,
    /// Fewest tokens before the answer may end
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    min_tokens: Option<i64>,
    /// Answers per request
    #[arg(long, short, value_name = "N", allow_negative_numbers = true)]
    n: Option<i64>,
    /// Seed of the random generator
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    seed: Option<i64>,
    /// A string that ends the answer; may be given several times
    #[arg(long, value_name = "TEXT")]
    stop: Vec<String>,
    /// Go on past end-of-sequence
    #[arg(long)]
    ignore_eos: bool,
    /// Log probabilities of the tokens, with so many alternatives each
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    logprobs: Option<i64>,
    /// Beam search instead of sampling; --n is the width
    #[arg(long)]
    beam_search: bool,
    /// Exponent of the length in a beam's score
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    length_penalty: Option<f64>,
    /// Candidates of which the best is shown
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    best_of: Option<i64>,
}

impl Flags {
    /// The settings of the preset, overridden by the flags.
    pub(in crate::cli) fn settings(&self, paths: &Paths) -> Result<Settings, Problem> {
        let mut settings = match &self.preset {
            Some(name) => presets(paths)?.load(name)?.clone(),
            None => Settings::default(),
        };
        let real = |x: Option<f64>| x.map(Setting::Real);
        let whole = |n: Option<i64>| n.map(Setting::Whole);
        let switch = |on: bool| on.then_some(Setting::Switch(true));
        let stop = (!self.stop.is_empty()).then(|| Setting::Strings(self.stop.clone()));
        let given = [
            (Param::Temperature, real(self.temperature)),
            (Param::TopP, real(self.top_p)),
            (Param::TopK, whole(self.top_k)),
            (Param::MinP, real(self.min_p)),
            (Param::TypicalP, real(self.typical_p)),
            (Param::PresencePenalty, real(self.presence_penalty)),
            (Param::FrequencyPenalty, real(self.frequency_penalty)),
            (Param::RepetitionPenalty, real(self.repetition_penalty)),
            (Param::MaxTokens, whole(self.max_tokens)),
            (Param::MinTokens, whole(self.min_tokens)),
            (Param::N, whole(self.n)),
            (Param::Seed, whole(self.seed)),
            (Param::Stop, stop),
            (Param::IgnoreEos, switch(self.ignore_eos)),
            (Param::Logprobs, whole(self.logprobs)),
            (Param::UseBeamSearch, switch(self.beam_search)),
            (Param::LengthPenalty, real(self.length_penalty)),
            (Param::BestOf, whole(self.best_of)),
        ];
        settings.0.extend(given.into_iter().filter_map(|(param, value)| Some((param, value?))));
        Ok(settings)
    }
}

/// Whether the dialect takes every value.
pub(super) fn check(settings: &Settings, dialect: Dialect) -> Result<(), Problem> {
    settings.0.iter().try_for_each(|(param, setting)| value::check(*param, setting, dialect))
}

/// The shipped presets and those of the user's file.
fn presets(paths: &Paths) -> Result<Presets, Problem> {
    let file = paths.config.join(PRESETS_FILE);
    match std::fs::read_to_string(&file) {
        Ok(text) => Ok(Presets::parse(&text, &file.display().to_string())?.with_shipped()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Presets::shipped().clone()),
        Err(error) => Err(Problem::failed(
            format!("{} cannot be read", file.display()),
            error.to_string(),
            "mend the file, or leave --preset out",
        )),
    }
}
