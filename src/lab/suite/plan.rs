//! What a run asks: the settings of its sweeps, and which tools a case offers under each.

use super::case::{Case, ToolSpec};
use super::family::Family;
use super::library::Library;
use crate::base::Problem;
use serde::{Deserialize, Serialize};

/// The most settings, repeats, tools of one request, and requests at a time.
const MOST: [(&str, usize); 4] = [("settings", 64), ("repeats", 100), ("tools", 128), ("requests at a time", 256)];

/// One way to ask all cases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// Which of the things compared: a quantisation, a parser, an engine. Empty where nothing is.
    #[serde(default)]
    pub variant: String,
    /// The temperature of sampling.
    pub temperature: f64,
    /// How many tools are offered; `None`: those of the case.
    #[serde(default)]
    pub tools: Option<u32>,
    /// Whether the answer is streamed.
    pub stream: bool,
    /// Whether tools are offered as strict.
    pub strict: bool,
}

impl Default for Setting {
    fn default() -> Self {
        Self { variant: String::new(), temperature: 0.0, tools: None, stream: true, strict: false }
    }
}

impl Setting {
    /// A name that no other setting of a plan has.
    pub fn key(&self) -> String {
        let variant = if self.variant.is_empty() { String::new() } else { format!("{} ", self.variant) };
        let tools = self.tools.map_or("own".to_owned(), |count| count.to_string());
        let stream = if self.stream { "stream" } else { "whole" };
        let strict = if self.strict { " strict" } else { "" };
        format!("{variant}temperature={} tools={tools} {stream}{strict}", self.temperature)
    }
}

/// What a run asks. Each sweep changes one thing of `base` and leaves the rest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Plan {
    /// What the suite measures.
    #[serde(skip_serializing_if = "Family::is_tools")]
    pub family: Family,
    /// The setting that all cases are asked under.
    pub base: Setting,
    /// Further temperatures.
    pub temperatures: Vec<f64>,
    /// Numbers of tools, filled up with tools that no case needs.
    pub tools: Vec<u32>,
    /// Whether the other way of streaming is asked too.
    pub streaming: bool,
    /// Whether the other strictness is asked too.
    pub strict: bool,
    /// Further variants.
    pub variants: Vec<String>,
    /// Whether sweeps ask only the quick cases; variants are always asked all.
    pub sweep_quick: bool,
    /// How often each case is asked.
    pub repeats: u32,
    /// Decides the distractors and the seeds of sampling.
    pub seed: u64,
    /// Requests at a time; times depend on it.
    pub concurrency: u32,
    /// The most tokens of one answer; `None` leaves it to the server.
    pub max_tokens: Option<u64>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            family: Family::Tools,
            base: Setting::default(),
            temperatures: Vec::new(),
            tools: Vec::new(),
            streaming: false,
            strict: false,
            variants: Vec::new(),
            sweep_quick: true,
            repeats: 1,
            seed: 1,
            concurrency: 1,
            max_tokens: None,
        }
    }
}

impl Plan {
    /// The settings in order, the base first, none twice.
    pub fn settings(&self) -> Vec<Setting> {
        let base = || self.base.clone();
        let mut all = vec![base()];
        let variants = self.variants.iter().map(|variant| Setting { variant: variant.clone(), ..base() });
        let temperatures = self.temperatures.iter().map(|temperature| Setting { temperature: *temperature, ..base() });
        let tools = self.tools.iter().map(|count| Setting { tools: Some(*count), ..base() });
        let streaming = self.streaming.then(|| Setting { stream: !self.base.stream, ..base() });
        let strict = self.strict.then(|| Setting { strict: !self.base.strict, ..base() });
        for setting in variants.chain(temperatures).chain(tools).chain(streaming).chain(strict) {
            if !all.contains(&setting) {
                all.push(setting);
            }
        }
        all
    }

    /// Whether a case is asked under a setting.
    pub fn asks(&self, setting: &Setting, case: &Case) -> bool {
        let only_variant = Setting { variant: self.base.variant.clone(), ..setting.clone() } == self.base;
        case.quick || !self.sweep_quick || only_variant
    }

    /// How it is asked besides its settings, in words: times and cut-off answers depend on it.
    pub fn words(&self) -> String {
        let tokens = self.max_tokens.map_or("as the server has it".to_owned(), |most| format!("{most}"));
        format!("{} at a time, most tokens of an answer {tokens}, seed {}", self.concurrency, self.seed)
    }

    /// Whether it can be run.
    ///
    /// # Errors
    /// When a temperature is none, nothing would be repeated, or there is too much of something.
    pub fn check(&self) -> Result<(), Problem> {
        let refuse = |why: String| Problem::usage("the suite is not run", why, "change the plan of the run");
        let settings = self.settings();
        if let Some(bad) = settings.iter().map(|one| one.temperature).find(|one| !(0.0..=10.0).contains(one)) {
            return Err(refuse(format!("temperature {bad} is not between 0 and 10")));
        }
        let none = [self.repeats, self.concurrency, self.base.tools.unwrap_or(1)].contains(&0);
        if none || self.tools.contains(&0) || self.max_tokens == Some(0) {
            return Err(refuse("repeats, requests at a time and numbers of tools and tokens begin at 1".to_owned()));
        }
        let tools = settings.iter().filter_map(|one| one.tools).max().unwrap_or(0);
        let counts = [settings.len(), self.repeats as usize, tools as usize, self.concurrency as usize];
        match MOST.iter().zip(counts).find(|((_, most), count)| count > most) {
            Some(((what, most), count)) => Err(refuse(format!("{count} {what}, at most {most} are possible"))),
            None => Ok(()),
        }
    }
}

/// The tools that a case offers when `count` are asked for: those that its answers need always, then its own, then
/// distractors; the same for the same seed. Fewer come where there are no more. Without a count: its own in their order.
pub fn offer(case: &Case, count: Option<u32>, seed: u64, distractors: &Library) -> Vec<ToolSpec> {
    // A case about text alone offers no tools however many are asked for.
    let Some(count) = count.filter(|_| !case.tools.is_empty()) else { return case.tools.clone() };
    let needed = case.needed();
    let mut draw = Draw(case.id.bytes().fold(seed, |state, byte| Draw(state ^ u64::from(byte)).next()));
    let own = |needs: bool| case.tools.iter().filter(move |tool| needed.contains(&tool.name.as_str()) == needs);
    let (must, mut others): (Vec<&ToolSpec>, Vec<&ToolSpec>) = (own.clone()(true).collect(), own(false).collect());
    let mut strangers: Vec<&ToolSpec> =
        distractors.tools().iter().filter(|tool| case.tools.iter().all(|own| own.name != tool.name)).collect();
    draw.shuffle(&mut others);
    draw.shuffle(&mut strangers);
    let count = (count as usize).max(must.len()).max(1);
    let mut all: Vec<&ToolSpec> = must.into_iter().chain(others).chain(strangers).take(count).collect();
    draw.shuffle(&mut all);
    all.into_iter().cloned().collect()
}

/// Numbers that follow from a seed (splitmix64, Steele et al. 2014).
pub(super) struct Draw(pub(super) u64);

impl Draw {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = usize::try_from(self.next() % (last as u64 + 1)).unwrap_or(0);
            items.swap(last, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::suite::{Size, shipped};
    use std::collections::BTreeSet;

    #[test]
    fn each_sweep_changes_one_thing() {
        let plan = Plan {
            temperatures: vec![0.0, 0.7],
            tools: vec![4],
            streaming: true,
            strict: true,
            variants: vec!["Q4".to_owned()],
            ..Plan::default()
        };
        let keys: Vec<String> = plan.settings().iter().map(Setting::key).collect();
        let want = [
            "temperature=0 tools=own stream",
            "Q4 temperature=0 tools=own stream",
            "temperature=0.7 tools=own stream",
            "temperature=0 tools=4 stream",
            "temperature=0 tools=own whole",
            "temperature=0 tools=own stream strict",
        ];
        assert_eq!(keys, want);
        assert!(plan.check().is_ok());
        for bad in [
            Plan { temperatures: vec![f64::NAN], ..Plan::default() },
            Plan { temperatures: vec![-1.0], ..Plan::default() },
            Plan { repeats: 0, ..Plan::default() },
            Plan { tools: vec![0], ..Plan::default() },
            Plan { tools: vec![500], ..Plan::default() },
            Plan { repeats: 1000, ..Plan::default() },
            Plan { concurrency: 0, ..Plan::default() },
            Plan { max_tokens: Some(0), ..Plan::default() },
        ] {
            assert_eq!(bad.check().map_err(|problem| problem.exit_code()), Err(2), "{bad:?}");
        }
    }

    #[test]
    fn the_tools_of_a_case_are_filled_up_and_the_needed_ones_stay() {
        for case in shipped(Size::Full) {
            for count in [1, 2, 4, 8, 16, 32] {
                let tools = offer(&case, Some(count), 7, Library::distractors());
                let names: BTreeSet<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
                assert_eq!(names.len(), tools.len(), "{}", case.id);
                let needed: BTreeSet<&str> = case.needed().into_iter().collect();
                assert!(needed.is_subset(&names), "{}", case.id);
                assert_eq!(tools.len(), (count as usize).max(needed.len()), "{}", case.id);
                assert_eq!(tools, offer(&case, Some(count), 7, Library::distractors()));
            }
            assert_eq!(offer(&case, None, 7, Library::distractors()), case.tools);
        }
        let case = &shipped(Size::Quick)[0];
        let drawn = |seed| offer(case, Some(8), seed, Library::distractors());
        assert_ne!(drawn(1), drawn(2));
    }
}
