//! What to change, as data that a launch can take.

use super::read::{same_flag, table};
use crate::engines::flags::value_of;
use crate::engines::{EngineKind, FlagSetting, LaunchSpec};
use serde::{Deserialize, Serialize};

/// What a remedy costs, cheapest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Cost {
    /// Nothing is lost.
    #[serde(rename = "nothing")]
    Nothing,
    /// One request may hold fewer tokens.
    #[serde(rename = "shorter context")]
    Context,
    /// Fewer tokens are held in all.
    #[serde(rename = "smaller KV cache")]
    Cache,
    /// Other programs have less of the card.
    #[serde(rename = "less for other programs")]
    Room,
    /// Fewer requests are served at once.
    #[serde(rename = "fewer requests at once")]
    Concurrency,
    /// Answers come slower.
    #[serde(rename = "slower")]
    Speed,
    /// Answers may be worse.
    #[serde(rename = "lower precision")]
    Precision,
    /// Something the server offers is gone.
    #[serde(rename = "a feature less")]
    Feature,
    /// Others may reach what they should not.
    #[serde(rename = "less protection")]
    Protection,
    /// Code that others wrote is run.
    #[serde(rename = "trust in the repository's code")]
    Trust,
    /// Another model is served.
    #[serde(rename = "another model")]
    Model,
    /// A person has to do it.
    #[serde(rename = "work by hand")]
    Work,
}

impl Cost {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Context => "shorter context",
            Self::Cache => "smaller KV cache",
            Self::Room => "less for other programs",
            Self::Concurrency => "fewer requests at once",
            Self::Speed => "slower",
            Self::Precision => "lower precision",
            Self::Feature => "a feature less",
            Self::Protection => "less protection",
            Self::Trust => "trust in the repository's code",
            Self::Model => "another model",
            Self::Work => "work by hand",
        }
    }
}

/// A change of a launch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Change {
    /// Set a flag; without a value, a switch.
    SetFlag {
        /// Which.
        flag: String,
        /// Its value.
        value: Option<String>,
    },
    /// Leave a flag out.
    UnsetFlag {
        /// Which.
        flag: String,
    },
    /// Write a flag by another name, its value kept.
    RenameFlag {
        /// As it was.
        from: String,
        /// As it should be.
        to: String,
    },
    /// Set a variable of the environment.
    SetEnv {
        /// Which.
        name: String,
        /// Its value.
        value: String,
    },
    /// Let another port be chosen.
    OtherPort,
    /// Serve another model.
    SetModel {
        /// Which.
        model: String,
    },
    /// Several at once.
    Several {
        /// In order.
        changes: Vec<Change>,
    },
    /// Nothing that a launch can hold: a person has to act.
    ByHand,
}

/// One way out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remedy {
    /// The flag or variable that changes; none where the change is outside of the launch.
    pub flag: Option<String>,
    /// Its value before, where known.
    pub from: Option<String>,
    /// Its value after; none where it is left out.
    pub to: Option<String>,
    /// Why this helps.
    pub why: String,
    /// What it costs.
    pub cost: Cost,
    /// The change itself.
    pub change: Change,
}

impl Remedy {
    /// Sets a flag to a value.
    pub(super) fn set(flag: &str, from: Option<String>, to: impl Into<String>, cost: Cost, why: &str) -> Self {
        let to = to.into();
        let change = Change::SetFlag { flag: flag.to_owned(), value: Some(to.clone()) };
        Self { flag: Some(flag.to_owned()), from, to: Some(to), why: why.to_owned(), cost, change }
    }

    /// Turns a switch on.
    pub(super) fn switch(flag: &str, cost: Cost, why: &str) -> Self {
        let change = Change::SetFlag { flag: flag.to_owned(), value: None };
        Self { flag: Some(flag.to_owned()), from: None, to: Some("on".to_owned()), why: why.to_owned(), cost, change }
    }

    /// Leaves a flag out.
    pub(super) fn unset(flag: &str, from: Option<String>, cost: Cost, why: &str) -> Self {
        let change = Change::UnsetFlag { flag: flag.to_owned() };
        Self { flag: Some(flag.to_owned()), from, to: None, why: why.to_owned(), cost, change }
    }

    /// Sets a variable of the environment.
    pub(super) fn env(name: &str, value: &str, cost: Cost, why: &str) -> Self {
        let change = Change::SetEnv { name: name.to_owned(), value: value.to_owned() };
        Self { flag: Some(name.to_owned()), from: None, to: Some(value.to_owned()), why: why.to_owned(), cost, change }
    }

    /// Something that only a person can do.
    pub(super) fn by_hand(why: impl Into<String>) -> Self {
        Self { flag: None, from: None, to: None, why: why.into(), cost: Cost::Work, change: Change::ByHand }
    }

    /// Whether vramdeck can do it.
    pub fn is_by_hand(&self) -> bool {
        self.change == Change::ByHand
    }

    /// What it does, on one row: `--max-model-len 4096 → 2048`.
    pub fn headline(&self) -> String {
        match (&self.flag, &self.from, &self.to) {
            (None, _, _) => self.why.clone(),
            (Some(flag), _, None) => format!("leave {flag} out"),
            (Some(flag), Some(from), Some(to)) if from.starts_with(flag.as_str()) => format!("{from} → {to}"),
            (Some(flag), Some(from), Some(to)) if from != to => format!("{flag} {from} → {to}"),
            (Some(flag), _, Some(to)) => format!("{flag} {to}"),
        }
    }
}

/// The launch with the remedy carried out; none where only a person can act, or where nothing would change.
pub fn apply(remedy: &Remedy, spec: &LaunchSpec) -> Option<LaunchSpec> {
    let mut changed = spec.clone();
    let retries_alone = remedy.change == Change::OtherPort;
    (change(&remedy.change, &mut changed) && (retries_alone || changed != *spec)).then_some(changed)
}

/// Carries a change out; says whether it could.
fn change(what: &Change, spec: &mut LaunchSpec) -> bool {
    match what {
        Change::SetFlag { flag, value } => set(spec, flag, value.clone()),
        Change::UnsetFlag { flag } => {
            let engine = spec.engine;
            spec.flags.retain(|setting| !same_flag(engine, &setting.flag, flag));
        }
        Change::RenameFlag { from, to } => {
            let engine = spec.engine;
            let Some(at) = spec.flags.iter().position(|setting| same_flag(engine, &setting.flag, from)) else {
                return false;
            };
            let value = spec.flags.get(at).and_then(|setting| setting.value.clone());
            spec.flags.retain(|setting| !same_flag(engine, &setting.flag, from));
            set(spec, to, value);
        }
        Change::SetEnv { name, value } => {
            spec.env.retain(|(known, _)| known != name);
            spec.env.push((name.clone(), value.clone()));
        }
        Change::OtherPort => {
            spec.port = None;
            spec.flags.retain(|setting| setting.flag != "--port");
        }
        Change::SetModel { model } => spec.model.clone_from(model),
        Change::Several { changes } => {
            let done: Vec<bool> = changes.iter().map(|one| change(one, spec)).collect();
            return done.contains(&true);
        }
        Change::ByHand => return false,
    }
    true
}

/// Sets a flag in the place of the first of its kind; others of its kind go.
fn set(spec: &mut LaunchSpec, flag: &str, value: Option<String>) {
    let engine: EngineKind = spec.engine;
    let alike: Vec<&FlagSetting> = spec.flags.iter().filter(|set| same_flag(engine, &set.flag, flag)).collect();
    if alike.len() == 1 && alike.iter().all(|set| set.value == value) {
        return;
    }
    let at = spec.flags.iter().position(|setting| same_flag(engine, &setting.flag, flag));
    spec.flags.retain(|setting| !same_flag(engine, &setting.flag, flag));
    let place = at.map_or(spec.flags.len(), |at| at.min(spec.flags.len()));
    spec.flags.insert(place, FlagSetting { flag: flag.to_owned(), value });
}

/// Fits remedies to a launch: says what each value was, and drops those that would change nothing or that its kind of
/// engine does not know.
pub fn settle(remedies: &mut Vec<Remedy>, spec: &LaunchSpec) {
    for remedy in remedies.iter_mut() {
        if let (Change::SetFlag { flag, .. } | Change::UnsetFlag { flag }, None) = (&remedy.change, &remedy.from) {
            let named = spec.flags.iter().find(|setting| same_flag(spec.engine, &setting.flag, flag));
            remedy.from = named.and_then(|setting| value_of(&spec.flags, &[setting.flag.as_str()]).map(str::to_owned));
        }
    }
    let known = |remedy: &Remedy| match &remedy.change {
        Change::SetFlag { flag, .. } => table(spec.engine).is_none_or(|table| table.find(flag).is_some()),
        _ => true,
    };
    remedies.retain(|remedy| remedy.is_by_hand() || (known(remedy) && apply(remedy, spec).is_some()));
}
