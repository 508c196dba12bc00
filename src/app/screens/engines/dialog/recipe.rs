//! What the launch is for: a profile whose flags are composed, or a recipe that was kept.

use super::variables::{environment, words};
use super::{Dialog, Item};
use crate::app::field::Field;
use crate::base::Problem;
use crate::engines::flags::{bundled, normal};
use crate::engines::recipe::{Asked, Choices, Extra, Ground, Imported, Named, Profile, Recipe};
use crate::engines::{Dialect, EngineKind, FlagSetting, LaunchSpec};

/// What is chosen on the row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Pick {
    /// Flags as they were set.
    #[default]
    Own,
    /// A profile.
    Profile(Profile),
    /// A recipe that was kept, by name.
    Kept(String),
}

impl Pick {
    /// The word for it.
    pub fn name(&self) -> &str {
        match self {
            Self::Own => "own flags",
            Self::Profile(profile) => profile.name(),
            Self::Kept(name) => name,
        }
    }
}

/// The row with what was composed for it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RecipeRow {
    /// What is chosen.
    pub pick: Pick,
    /// Names of recipes that were kept.
    pub kept: Vec<String>,
    /// The recipe, once composed.
    pub composed: Option<Box<Recipe>>,
    /// Why there is none.
    pub problem: Option<Problem>,
    /// Whether it is being composed.
    pub waiting: bool,
    /// Counts questions, so that an answer to an older one is dropped.
    pub generation: u64,
    /// The card, where another screen says which.
    pub ground: Option<Ground>,
    /// The profile and choices that a kept recipe was made by.
    pub made_by: (Option<Profile>, Vec<Extra>),
    /// First line of the reasons, where they are shown in place of the flags.
    pub reasons: Option<usize>,
    /// Flags and variables that no person set.
    flags: Vec<FlagSetting>,
    env: Vec<(String, String)>,
}

impl RecipeRow {
    /// All choices, in order.
    fn picks(&self) -> Vec<Pick> {
        let profiles = Profile::ALL.into_iter().map(Pick::Profile);
        std::iter::once(Pick::Own).chain(profiles).chain(self.kept.iter().cloned().map(Pick::Kept)).collect()
    }

    /// Which of how many is chosen, from 1.
    pub fn place(&self) -> (usize, usize) {
        let picks = self.picks();
        (picks.iter().position(|pick| *pick == self.pick).unwrap_or(0) + 1, picks.len())
    }

    /// The next or previous choice.
    pub fn turn(&mut self, forward: bool) {
        let picks = self.picks();
        let at = picks.iter().position(|pick| *pick == self.pick).unwrap_or(0);
        let to = (at + if forward { 1 } else { picks.len() - 1 }) % picks.len();
        self.pick = picks.into_iter().nth(to).unwrap_or_default();
        (self.composed, self.problem, self.waiting) = (None, None, false);
    }

    /// Whether a flag was set by what was composed, not by a person.
    pub fn set(&self, flag: &FlagSetting) -> bool {
        self.flags.contains(flag)
    }

    /// Remembers which flags and variables no person set.
    pub fn settle(&mut self, flags: &[FlagSetting], env: &[(String, String)]) {
        self.flags = flags.to_vec();
        self.env = env.to_vec();
    }
}

impl Dialog {
    /// The choices beside the profile.
    ///
    /// # Errors
    /// When a word is none.
    pub fn extras(&self) -> Result<Vec<Extra>, Problem> {
        let words = self.with.text().split([' ', ',']).filter(|word| !word.is_empty());
        let unknown = |word: &str| {
            let names = Extra::ALL.map(Extra::name).join(", ");
            Problem::usage(format!("{word:?} is no choice"), "it is not known", format!("one of {names}"))
        };
        words.map(|word| Extra::from_name(word).ok_or_else(|| unknown(word))).collect()
    }

    /// Ends the last word of the choices with the first one that begins so and is not there yet; whether there was one.
    pub(super) fn complete_with(&mut self) -> bool {
        let text = self.with.text();
        let (before, begun) = text.rsplit_once([' ', ',']).map_or(("", text), |(before, begun)| (before, begun));
        let there: Vec<&str> = before.split([' ', ',']).collect();
        let fits = |name: &&str| name.starts_with(begun) && *name != begun && !there.contains(name);
        let Some(name) = Extra::ALL.map(Extra::name).into_iter().find(fits) else { return false };
        self.with = Field::with(if before.is_empty() { name.to_owned() } else { format!("{before} {name}") });
        true
    }

    /// What is to be composed; `None` where no profile is chosen, no model named, or the environment cannot be read.
    pub fn asked(&self, ground: Result<Ground, String>) -> Option<Asked> {
        let Pick::Profile(profile) = self.recipe.pick else { return None };
        let model = self.model.text().trim().to_owned();
        let (own_env, extras) = (environment(self.environment.text()).ok()?, self.extras().ok()?);
        let own_env = own_env.into_iter().filter(|pair| !self.recipe.env.contains(pair)).collect();
        let own = self.flags.settings.iter().filter(|set| !self.recipe.set(set)).cloned().collect();
        let program = Some(self.program.text().trim()).filter(|text| !text.is_empty()).map(Into::into);
        let known = self.engine != EngineKind::Endpoint && !model.is_empty();
        known.then(|| Asked {
            kind: self.engine,
            dialect: (self.engine == EngineKind::Simulated).then_some(self.dialect),
            model,
            program,
            ground: self.recipe.ground.clone().map_or(ground, Ok),
            choices: Choices { profile, extras, own, own_env },
        })
    }

    /// Takes a recipe: what was set by hand is already in it.
    pub fn compose(&mut self, result: Result<Box<Recipe>, Problem>) {
        self.recipe.waiting = false;
        match result {
            Ok(recipe) => {
                use crate::engines::recipe::Origin;
                let by_hand = |name: &str| {
                    let hand = |flag: &str| flag == name || normal(flag) == name;
                    recipe.chosen.iter().any(|one| one.origin == Origin::Person && hand(&one.flag))
                };
                let flags: Vec<FlagSetting> = recipe.flags.iter().filter(|set| !by_hand(&set.flag)).cloned().collect();
                let env: Vec<(String, String)> =
                    recipe.env.iter().filter(|(name, _)| !by_hand(name)).cloned().collect();
                self.recipe.settle(&flags, &env);
                self.flags.settings.clone_from(&recipe.flags);
                self.environment = Field::with(words(&recipe.env));
                self.recipe.problem = None;
                self.recipe.composed = Some(recipe);
            }
            Err(problem) => {
                self.recipe.composed = None;
                self.recipe.problem = Some(problem);
            }
        }
    }

    /// Takes a wish as a whole: of an earlier run, a kept recipe, a pasted command.
    pub fn take(&mut self, spec: &LaunchSpec) {
        if self.offered.contains(&spec.engine) {
            self.engine = spec.engine;
        }
        self.engine_is_chosen = true;
        self.model = Field::with(&spec.model);
        self.name = Field::with(spec.name.clone().unwrap_or_default());
        self.program = Field::with(spec.program.as_ref().map(|path| path.display().to_string()).unwrap_or_default());
        self.environment = Field::with(words(&spec.env));
        self.flags.settings.clone_from(&spec.flags);
    }

    /// Takes a pasted command. In a demo its engine is a simulated one that speaks the dialect.
    pub fn import(&mut self, read: Imported) {
        let mut spec = read.spec;
        let mut notes = read.notes;
        let kind = spec.engine;
        if !self.offered.contains(&kind) {
            let table = bundled(self.engine).ok();
            let before = spec.flags.len();
            spec.flags.retain(|set| table.as_ref().is_none_or(|table| table.find(&set.flag).is_some()));
            if spec.flags.len() < before {
                notes.push(format!(
                    "{} flags of {kind} are left out: {} does not take them",
                    before - spec.flags.len(),
                    self.engine
                ));
            }
            spec.program = None;
        }
        if self.engine != kind && self.offered.contains(&kind) {
            self.choose_engine(kind);
        }
        self.dialect = match kind {
            EngineKind::LlamaCpp => Dialect::LlamaCpp,
            EngineKind::Ollama => Dialect::Ollama,
            _ => Dialect::Vllm,
        };
        self.take(&spec);
        self.port = Field::with(spec.port.map(|port| port.to_string()).unwrap_or_default());
        self.recipe.pick = Pick::Own;
        self.recipe.settle(&[], &[]);
        self.recipe.composed = None;
        self.recipe.problem = None;
        notes.insert(0, "read from the pasted command".to_owned());
        self.notes = notes;
    }

    /// Takes a recipe that was kept.
    pub fn load(&mut self, named: &Named) {
        if self.engine != named.spec.engine && self.offered.contains(&named.spec.engine) {
            self.choose_engine(named.spec.engine);
        }
        self.take(&named.spec);
        self.port = Field::with(named.spec.port.map(|port| port.to_string()).unwrap_or_default());
        self.recipe.settle(&[], &[]);
        self.recipe.made_by = (named.profile, named.extras.clone());
    }

    /// What is kept under a name, and the name: that of the run, else one made from the model.
    ///
    /// # Errors
    /// When a field cannot be read.
    pub fn kept(&self) -> Result<(String, Named), Problem> {
        let spec = self.request()?.spec;
        if spec.model.is_empty() {
            return Err(Problem::usage("there is nothing to keep", "no model was named", "name one first"));
        }
        let name = spec.name.clone().unwrap_or_else(|| crate::engines::naming::from_model(&spec.model));
        let (profile, extras) = match self.recipe.pick {
            Pick::Profile(profile) => (Some(profile), self.extras()?),
            Pick::Kept(_) => self.recipe.made_by.clone(),
            Pick::Own => (None, Vec::new()),
        };
        Ok((name, Named { spec, profile, extras }))
    }

    /// Whether a row's text changes what is composed.
    pub fn matters(&self) -> bool {
        matches!(self.focus, Item::Engine | Item::Dialect | Item::Profile | Item::With | Item::Model | Item::Program)
    }
}
