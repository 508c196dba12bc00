//! Puts a recipe together.

use super::check::check;
use super::judge::{may_widen, still};
use super::published::{published, settings_of};
use super::{Choices, Chosen, Extra, Origin, Profile, Recipe, Rule, Situation, Trait};
use crate::engines::flags::{FlagSpec, FlagTable, bundled, normal};
use crate::engines::simulated::sizes;
use crate::engines::{EngineKind, FlagSetting};
use crate::models::fit::{Engine, PartKind};
use crate::models::solve::{self, Solution};

/// A recipe under way.
struct Draft<'a> {
    at: &'a Situation<'a>,
    profile: Profile,
    flags: Vec<Chosen>,
    env: Vec<Chosen>,
    notes: Vec<String>,
    /// The flags of the engine that a simulated one stands for.
    real: Option<FlagTable>,
}

/// Composes the flags, variables and notes for what was chosen. What the solver worked out for the memory of the card
/// goes before what the model needs, that before the rules of the profile; what the person set by hand replaces all of
/// it. Each contradiction is said in a note, as is each flag that the engine's version lacks.
pub fn compose(at: &Situation<'_>, choices: &Choices) -> Recipe {
    let profile = choices.profile;
    let real = (at.kind == EngineKind::Simulated).then(|| real_table(at.engine)).flatten();
    let mut draft = Draft { at, profile, flags: Vec::new(), env: Vec::new(), notes: Vec::new(), real };
    draft.solved();
    let needed = published(at, &choices.extras, &mut draft.notes);
    for one in needed {
        draft.add(one, "the model's published flags");
    }
    let mut spoken: Vec<Extra> = Vec::new();
    for rule in at.rules.0.iter().filter(|rule| rule.applies(at, choices)) {
        spoken.extend(&rule.with);
        draft.rule(rule);
    }
    draft.without_effect(&choices.extras, &spoken);
    draft.by_hand(choices);
    if at.kind == EngineKind::Simulated {
        draft.simulated();
    }
    check(at, &mut draft.flags, &mut draft.notes);
    draft.done()
}

impl Draft<'_> {
    /// What the solver set, with its reasons.
    fn solved(&mut self) {
        let profile = self.profile;
        if self.at.cpu_build {
            return;
        }
        match self.at.solution {
            Err(why) => self.notes.push(format!("memory is not worked out: {why}")),
            Ok(solution) => {
                let own = profile == Profile::LeastMemory || profile == Profile::FastBoot;
                // A cache of a stated size: the share would only be checked against what is free.
                let stated = own && self.at.engine == Engine::Vllm && self.at.figure("kv_bytes").is_some();
                for set in settings_of(&solve::flags(&solution.ask)) {
                    if stated && set.flag == "--gpu-memory-utilization" && profile == Profile::LeastMemory {
                        self.flags.push(self.small_share(set, solution));
                        continue;
                    }
                    let one = self.step(set, solution);
                    self.flags.push(one);
                }
                let ending = if solution.requests == 1 { "" } else { "s" };
                let learned =
                    solution.fit.learned.words().map(|words| format!(", learned {words}")).unwrap_or_default();
                self.notes.push(format!(
                    "by the sum{learned}: {} tokens for each of {} request{ending} at once",
                    solution.context(),
                    solution.requests
                ));
                if let Some(note) = cramped(self.at, solution) {
                    self.notes.push(note);
                }
                for (option, value) in solve::request_options(&solution.ask) {
                    self.notes.push(format!("Ollama takes {option} {value} with each request, not at the start"));
                }
            }
        }
    }

    /// What is known of a flag, by any of its names.
    fn find(&self, flag: &str) -> Option<&FlagSpec> {
        self.at.table.find(flag).or_else(|| self.real.as_ref()?.find(flag))
    }

    /// A flag of the solver, with the reason it gave.
    fn step(&self, set: FlagSetting, solution: &Solution) -> Chosen {
        let same = |flag: &str| flag == set.flag || self.find(flag).is_some_and(|spec| spec.names.contains(&set.flag));
        let step = solution.steps.iter().rev().find(|step| same(&step.flag));
        let value = step.map(|step| step.why.clone()).filter(|why| !why.is_empty());
        Chosen {
            why: value.unwrap_or_else(|| "what the sum of memory was made with".to_owned()),
            cost: step.map(|step| step.cost.clone()).unwrap_or_default(),
            default: step.map(|step| step.from.clone()).filter(|from| !from.is_empty()),
            flag: set.flag,
            value: set.value,
            source: "vramdeck's solver, by the sum for this card".to_owned(),
            origin: Origin::Solver,
            passed: true,
        }
    }

    /// With a stated cache vLLM still refuses to start when less than its share is free: the share of the sum alone.
    fn small_share(&self, set: FlagSetting, solution: &Solution) -> Chosen {
        let fit = &solution.fit;
        let of = |kind| fit.bytes(kind);
        let parts = [PartKind::Weights, PartKind::Activation, PartKind::Graphs, PartKind::NonTorch];
        let sum = parts.into_iter().fold(fit.kv_needed, |sum, kind| sum.saturating_add(of(kind)));
        let sum = sum.saturating_add(fit.margin).min(fit.total);
        let hundredths = (u128::from(sum) * 100).div_ceil(u128::from(fit.total.max(1)));
        let most = set.value.as_deref().and_then(|value| value.parse::<f64>().ok()).unwrap_or(0.92);
        let share = (u32::try_from(hundredths).map_or(most, f64::from) / 100.0).clamp(0.01, most.max(0.01));
        Chosen {
            value: Some(format!("{share:.2}")),
            why: "no more than the sum of weights, activations, graphs and this cache has to be free at the start"
                .to_owned(),
            ..self.step(set, solution)
        }
    }

    /// A rule of the file.
    fn rule(&mut self, rule: &Rule) {
        if !self.allows(rule) {
            return;
        }
        if let Some(note) = &rule.note {
            self.notes.push(note.clone());
            return;
        }
        let value = match rule.value.as_deref().map(|value| self.at.fill(value)) {
            None => None,
            Some(Some(value)) => Some(value),
            Some(None) => return,
        };
        let one = |flag: &String| Chosen {
            flag: flag.clone(),
            value: value.clone(),
            default: None,
            why: rule.why.clone(),
            cost: rule.cost.clone(),
            source: rule.source.clone(),
            origin: Origin::Profile,
            passed: true,
        };
        if let Some(flag) = &rule.flag {
            self.add(one(flag), &format!("rule {}", rule.id));
        } else if let Some(name) = &rule.env {
            self.env.retain(|set| set.flag != *name);
            self.env.push(Chosen { value: Some(value.clone().unwrap_or_else(|| "1".to_owned())), ..one(name) });
        }
    }

    /// A choice for which no rule holds changes nothing, which is said.
    fn without_effect(&mut self, extras: &[Extra], spoken: &[Extra]) {
        let published = |extra: &Extra| {
            *extra == Extra::Speculative
                && self.at.engine == Engine::Vllm
                && self.at.entry.is_some_and(|entry| entry.speculative.is_some())
        };
        let silent = extras.iter().filter(|extra| !spoken.contains(extra) && !published(extra));
        let notes: Vec<String> =
            silent.map(|extra| format!("--with {} changes nothing here: {}", extra.name(), extra.needs())).collect();
        self.notes.extend(notes);
    }

    /// Whether what is set so far lets a rule speak.
    fn allows(&self, rule: &Rule) -> bool {
        let wanted = rule.set.as_deref().is_none_or(|set| {
            let (flag, value) = set.split_once(' ').map_or((set, None), |(flag, value)| (flag, Some(value)));
            self.place(flag)
                .and_then(|at| self.flags.get(at))
                .is_some_and(|one| value.is_none() || one.value.as_deref() == value)
        });
        wanted && rule.unset.iter().all(|flag| self.place(flag).is_none())
    }

    /// Where a flag stands, under any of its names; a switch and its opposite are one flag.
    fn place(&self, flag: &str) -> Option<usize> {
        let name = |flag: &str| {
            let found = self.find(flag).or_else(|| self.find(&flag.replacen("--no-", "--", 1)));
            found.map_or_else(|| normal(flag), |spec| spec.name().to_owned())
        };
        let wanted = name(flag);
        self.flags.iter().position(|one| name(&one.flag) == wanted)
    }

    /// Adds a flag unless something stronger has set it, which is then said.
    fn add(&mut self, one: Chosen, whose: &str) {
        let place = self.place(&one.flag);
        let fits = still(self.at, &self.flags, &one);
        let Some((at, set)) = place.and_then(|at| Some((at, self.flags.get(at)?))) else {
            match fits {
                Some(false) => {
                    self.notes.push(format!("{} is left out: the sum would not hold with it ({whose})", words(&one)))
                }
                _ => self.flags.push(one),
            }
            return;
        };
        if set.flag == one.flag && set.value == one.value {
            return;
        }
        if set.origin == Origin::Solver && fits == Some(true) && may_widen(self.profile, set, &one) {
            if let Some(was) = self.flags.get_mut(at) {
                *was = one;
            }
            return;
        }
        let reason = match set.origin {
            Origin::Solver => "the sum of memory asks for it",
            Origin::Model => "the model needs it",
            Origin::Profile => "an earlier rule set it",
            Origin::Person => "it was set by hand",
        };
        self.notes.push(format!("{} gives way to {}: {reason} ({whose})", words(&one), words(set)));
    }

    /// What the person set by hand stays.
    fn by_hand(&mut self, choices: &Choices) {
        for set in &choices.own {
            let own = hand(&set.flag, set.value.clone());
            match self.place(&set.flag) {
                Some(at) => {
                    if let Some(was) = self.flags.get_mut(at) {
                        if was.value != own.value || was.flag != own.flag {
                            self.notes.push(format!(
                                "{} was set by hand and stays; {} would be {}",
                                words(&own),
                                was.origin.name(),
                                words(was)
                            ));
                        }
                        *was = own;
                    }
                }
                None => self.flags.push(own),
            }
        }
        for (name, value) in &choices.own_env {
            self.env.retain(|set| set.flag != *name);
            self.env.push(hand(name, Some(value.clone())));
        }
    }

    /// A simulated engine is told sizes instead of computing them, and takes few other flags.
    fn simulated(&mut self) {
        if let Ok(solution) = self.at.solution {
            for set in sizes(&solution.fit) {
                if self.place(&set.flag).is_none() {
                    let why = "a simulated engine is told its sizes".to_owned();
                    self.flags.push(Chosen { why, ..self.step(set, solution) });
                }
            }
        }
        let mut left = 0;
        for one in &mut self.flags {
            one.passed = one.origin == Origin::Person || self.at.table.find(&one.flag).is_some();
            left += usize::from(!one.passed);
        }
        for one in self.env.iter_mut().filter(|one| one.origin != Origin::Person) {
            one.passed = false;
            left += 1;
        }
        if left > 0 {
            self.notes.push(format!(
                "the simulated engine takes few flags: {left} of these are for the real one and not passed"
            ));
        }
    }

    fn done(mut self) -> Recipe {
        for one in &mut self.flags {
            let table = [Some(self.at.table), self.real.as_ref()];
            let spec = table.into_iter().flatten().find_map(|table| table.find(&one.flag));
            let default = spec.and_then(|spec| spec.default.clone()).or(one.default.take());
            one.default = default.filter(|default| !default.is_empty());
        }
        let passed = self.flags.iter().filter(|one| one.passed);
        let flags = passed.map(|one| FlagSetting { flag: one.flag.clone(), value: one.value.clone() }).collect();
        let set = self.env.iter().filter(|one| one.passed);
        let env = set.map(|one| (one.flag.clone(), one.value.clone().unwrap_or_default())).collect();
        let mut chosen = self.flags;
        if self.at.engine == Engine::Ollama && self.at.kind == EngineKind::Ollama {
            for one in &mut chosen {
                one.flag =
                    format!("OLLAMA_{}", one.flag.trim_start_matches('-').to_ascii_uppercase().replace('-', "_"));
                one.value = Some(one.value.take().unwrap_or_else(|| "1".to_owned()));
            }
        }
        chosen.extend(self.env);
        Recipe { profile: Some(self.profile), flags, env, chosen, notes: self.notes }
    }
}

/// Says so where a model starts with too little context to be of use.
fn cramped(at: &Situation<'_>, solution: &Solution) -> Option<String> {
    /// Less than this holds no conversation, tokens.
    const USEFUL: u64 = 2048;
    let made_for = at.facts.and_then(|facts| facts.geometry.max_context).unwrap_or(u64::MAX);
    let context = solution.context();
    (at.is(Trait::Generate) && context < USEFUL.min(made_for)).then(|| {
        format!(
            "{context} tokens are too few to be of use: a more quantised variant of this model leaves room for more"
        )
    })
}

/// The flags of the engine that a simulated one stands for.
fn real_table(engine: Engine) -> Option<FlagTable> {
    let kind = match engine {
        Engine::Vllm => EngineKind::Vllm,
        Engine::LlamaCpp => EngineKind::LlamaCpp,
        Engine::Ollama => EngineKind::Ollama,
    };
    bundled(kind).ok()
}

/// What a person set.
fn hand(flag: &str, value: Option<String>) -> Chosen {
    Chosen {
        flag: flag.to_owned(),
        value,
        default: None,
        why: "set by hand".to_owned(),
        cost: String::new(),
        source: String::new(),
        origin: Origin::Person,
        passed: true,
    }
}

/// A flag with its value, as a person writes it.
fn words(one: &Chosen) -> String {
    one.value.as_ref().map_or_else(|| one.flag.clone(), |value| format!("{} {value}", one.flag))
}

impl Rule {
    /// Whether it is for this profile, these choices, this model, card and version.
    fn applies(&self, at: &Situation<'_>, choices: &Choices) -> bool {
        let within = |range: &Option<super::range::Range>, value: Option<(u32, u32)>, unknown: bool| {
            range.as_ref().is_none_or(|range| value.map_or(unknown, |value| range.holds(value)))
        };
        (self.profiles.is_empty() || self.profiles.contains(&choices.profile))
            && (self.with.is_empty() || self.with.iter().any(|extra| choices.extras.contains(extra)))
            && self.is.iter().all(|what| at.is(*what))
            && !self.not.iter().any(|what| at.is(*what))
            // An unknown release is taken for the newest known one.
            && within(&self.version, at.version.map(|v| (v.0, v.1)), true)
            && within(&self.compute, at.compute, false)
            && within(&self.cards, Some((at.cards, 0)), false)
    }
}
