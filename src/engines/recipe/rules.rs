//! The rules as data: shipped, with the user's own file over them.

use super::range::Range;
use super::{Extra, Profile, Trait};
use crate::base::{Problem, text};
use crate::models::fit::Engine;
use serde::Deserialize;
use std::sync::LazyLock;

const VLLM: &str = include_str!("../../../presets/recipes/vllm.toml");
const LLAMA: &str = include_str!("../../../presets/recipes/llama.cpp.toml");
const OLLAMA: &str = include_str!("../../../presets/recipes/ollama.toml");

/// One rule: what it sets or says, and when.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its name, by which a file of the user replaces it.
    pub id: String,
    /// Takes the rule of this name away.
    #[serde(default)]
    pub off: bool,
    /// The profiles it belongs to; none stands for all.
    #[serde(default)]
    pub profiles: Vec<Profile>,
    /// What has to be chosen beside the profile: one of these, where any is named.
    #[serde(default)]
    pub with: Vec<Extra>,
    /// What has to hold of the model and the engine.
    #[serde(default)]
    pub is: Vec<Trait>,
    /// What must not hold.
    #[serde(default)]
    pub not: Vec<Trait>,
    #[serde(default)]
    pub(super) version: Option<Range>,
    #[serde(default)]
    pub(super) compute: Option<Range>,
    #[serde(default)]
    pub(super) cards: Option<Range>,
    /// A flag that has to be set already, with its value where one is named.
    #[serde(default)]
    pub set: Option<String>,
    /// Flags that must not be set already.
    #[serde(default)]
    pub unset: Vec<String>,
    /// The flag that is set.
    #[serde(default)]
    pub flag: Option<String>,
    /// The variable that is set.
    #[serde(default)]
    pub env: Option<String>,
    /// The value of either; `{words}` are filled in.
    #[serde(default)]
    pub value: Option<String>,
    /// What is said instead.
    #[serde(default)]
    pub note: Option<String>,
    /// Why.
    #[serde(default)]
    pub why: String,
    /// What it costs.
    #[serde(default)]
    pub cost: String,
    /// Where that is known from.
    #[serde(default)]
    pub source: String,
}

impl Rule {
    /// What is wrong with it as such.
    fn fault(&self) -> Option<String> {
        let says = [&self.flag, &self.env, &self.note].into_iter().filter(|one| one.is_some()).count();
        let texts = [&self.flag, &self.env, &self.value, &self.note].into_iter().flatten();
        let mut texts = texts.chain([&self.id, &self.why, &self.cost, &self.source]);
        if self.off {
            return None;
        }
        if says != 1 {
            return Some("it needs one of flag, env and note".to_owned());
        }
        if self.note.is_none() && self.why.is_empty() {
            return Some("it says no why".to_owned());
        }
        if self.flag.as_ref().is_some_and(|flag| !text::is_flag(flag) || flag.contains(['=', ' '])) {
            return Some("its flag is none".to_owned());
        }
        texts.any(|text| text.chars().any(|c| !text::is_safe(c))).then(|| "it holds control characters".to_owned())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    engine: String,
    #[serde(default)]
    rule: Vec<Rule>,
}

/// The rules of one engine, in order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rules(pub Vec<Rule>);

impl Rules {
    /// The rules that come with vramdeck.
    pub fn shipped(engine: Engine) -> &'static Self {
        static ALL: LazyLock<[Rules; 3]> = LazyLock::new(|| {
            // Their test sees to it that they can be read.
            [(Engine::Vllm, VLLM), (Engine::LlamaCpp, LLAMA), (Engine::Ollama, OLLAMA)]
                .map(|(engine, text)| Rules::parse(engine, text, "the shipped rules").unwrap_or_default())
        });
        let [vllm, llama, ollama] = &*ALL;
        match engine {
            Engine::Vllm => vllm,
            Engine::LlamaCpp => llama,
            Engine::Ollama => ollama,
        }
    }

    /// The name of the user's file, in the folder `profiles` beside the settings.
    pub fn file(engine: Engine) -> String {
        format!("{}.toml", engine.name())
    }

    /// Reads rules from TOML; `file` is its name, for messages.
    ///
    /// # Errors
    /// With the line that cannot be read, or the rule that says nothing.
    pub fn parse(engine: Engine, text: &str, file: &str) -> Result<Self, Problem> {
        let hint = "write [[rule]] tables as the shipped presets/recipes do";
        let read: File = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| text.bytes().take(span.start).filter(|b| *b == b'\n').count() + 1);
            let why = error.message().lines().next().unwrap_or_default().to_owned();
            Problem::usage(format!("{file} line {line} cannot be read"), why, hint)
        })?;
        if read.engine != engine.name() {
            let why = format!("it is for {}, its name says {}", read.engine, engine.name());
            return Err(Problem::usage(
                format!("{file} cannot be used"),
                why,
                format!("engine = \"{}\"", engine.name()),
            ));
        }
        let wrong = read.rule.iter().find_map(|rule| Some((rule, rule.fault()?)));
        match wrong {
            Some((rule, why)) => Err(Problem::usage(format!("rule {} of {file} cannot be used", rule.id), why, hint)),
            None => Ok(Self(read.rule)),
        }
    }

    /// These rules with others over them: a rule of the same name is replaced or taken away, others are added.
    pub fn with(mut self, over: Self) -> Self {
        for rule in over.0 {
            let at = self.0.iter().position(|own| own.id == rule.id);
            match (at, rule.off) {
                (Some(at), true) => drop(self.0.remove(at)),
                (Some(at), false) => {
                    if let Some(own) = self.0.get_mut(at) {
                        *own = rule;
                    }
                }
                (None, true) => {}
                (None, false) => self.0.push(rule),
            }
        }
        self
    }

    /// The shipped rules with the text of the user's file over them, and what was wrong with it.
    pub fn with_file(engine: Engine, text: Option<&str>, file: &str) -> (Self, Option<Problem>) {
        let shipped = Self::shipped(engine).clone();
        match text.map(|text| Self::parse(engine, text, file)) {
            None => (shipped, None),
            Some(Ok(over)) => (shipped.with(over), None),
            Some(Err(problem)) => (shipped, Some(problem)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines::flags::{bundled, verify};
    use crate::engines::{EngineKind, FlagSetting};
    use std::collections::HashSet;

    const ALL: [(Engine, EngineKind, &str); 3] = [
        (Engine::Vllm, EngineKind::Vllm, VLLM),
        (Engine::LlamaCpp, EngineKind::LlamaCpp, LLAMA),
        (Engine::Ollama, EngineKind::Ollama, OLLAMA),
    ];

    #[test]
    fn every_shipped_rule_reads_and_sets_what_the_engine_takes() {
        for (engine, kind, text) in ALL {
            let rules = Rules::parse(engine, text, "x").unwrap();
            let table = bundled(kind).unwrap();
            let mut ids = HashSet::new();
            for rule in &rules.0 {
                assert!(ids.insert(&rule.id), "{} stands twice", rule.id);
                assert!(rule.note.is_some() || !rule.source.is_empty(), "{} has no source", rule.id);
                for flag in
                    rule.unset.iter().chain(rule.set.iter().filter_map(|set| set.split(' ').next().map(|_| set)))
                {
                    let name = flag.split(' ').next().unwrap();
                    assert!(table.find(name).is_some(), "{}: {name}", rule.id);
                }
                let Some(flag) = rule.flag.clone() else { continue };
                let value = rule.value.as_ref().map(|value| {
                    if value.contains("{") && !value.contains('"') { "2".to_owned() } else { value.clone() }
                });
                verify(kind, &[FlagSetting { flag, value }], &table)
                    .unwrap_or_else(|problem| panic!("{}: {problem}", rule.id));
            }
            for profile in Profile::ALL {
                assert!(rules.0.iter().any(|rule| rule.profiles.contains(&profile)), "{engine:?} {}", profile.name());
            }
        }
    }

    #[test]
    fn unknown_keys_and_empty_rules_are_refused_with_the_line() {
        for (text, says) in [
            ("engine = \"vllm\"\n[[rule]]\nid = \"a\"\nflagg = \"--x\"", "line 4"),
            ("engine = \"vllm\"\n[[rule]]\nid = \"a\"", "one of flag, env and note"),
            ("engine = \"vllm\"\n[[rule]]\nid = \"a\"\nflag = \"--x\"", "no why"),
            ("engine = \"vllm\"\n[[rule]]\nid = \"a\"\nnote = \"x\"\nis = [\"purple\"]", "line 5"),
            ("engine = \"vllm\"\n[[rule]]\nid = \"a\"\nnote = \"x\"\nversion = \"new\"", "no range"),
            ("engine = \"vllm\"\n[[rule]]\nid = \"a\"\nnote = \"\\u001b[2J\"", "control"),
            ("engine = \"ollama\"", "it is for ollama"),
        ] {
            let problem = Rules::parse(Engine::Vllm, text, "mine.toml").unwrap_err();
            assert!(problem.to_string().contains(says), "{text}: {problem}");
        }
    }

    #[test]
    fn the_users_rules_replace_take_away_and_add() {
        let own = "engine = \"vllm\"\n[[rule]]\nid = \"agents-stream\"\noff = true\n\
                   [[rule]]\nid = \"balanced-seqs\"\nflag = \"--max-num-seqs\"\nvalue = \"12\"\nwhy = \"mine\"\n\
                   [[rule]]\nid = \"mine\"\nnote = \"hello\"";
        let (rules, wrong) = Rules::with_file(Engine::Vllm, Some(own), "mine.toml");
        assert_eq!(wrong, None);
        let find = |id: &str| rules.0.iter().find(|rule| rule.id == id);
        assert!(find("agents-stream").is_none() && find("mine").is_some());
        assert_eq!(find("balanced-seqs").unwrap().value.as_deref(), Some("12"));
        let (rules, wrong) = Rules::with_file(Engine::Vllm, Some("x"), "mine.toml");
        assert!(rules == *Rules::shipped(Engine::Vllm) && wrong.is_some());
    }
}
