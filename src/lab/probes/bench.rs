//! What is known of the endpoint and what was heard so far. A probe is a function of it: where it needs more, it says which round.

use super::ask::{Answer, Ask, Round, Said};
use super::stats::CONTROL;
use crate::wire::Dialect;
use serde_json::{Map, Value, json};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// The conversation of most probes. It names JSON, without which some servers refuse to write it.
pub(super) const HELLO: &str = "Say hello. Do not answer in JSON.";
/// The most tokens of its answers.
pub(super) const SHORT: u64 = 40;

/// The longest prompt that is sent to probe a context where nothing is said, in tokens.
pub const LONGEST: u64 = 32_768;

/// What is known before anything is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Situation {
    /// Whose API it is.
    pub dialect: Dialect,
    /// Context length in tokens that the endpoint claims.
    pub context: Option<u64>,
    /// Decides the words that no model would write by itself, and the seeds.
    pub seed: u64,
    /// The longest prompt that the context probe sends, in tokens.
    pub longest: u64,
}

/// A round that must be asked before more can be said.
pub(super) type Need = Box<Round>;

/// What a probe sees.
#[derive(Debug)]
pub(super) struct Bench {
    pub(super) situation: Situation,
    heard: BTreeMap<String, (Round, Vec<Answer>)>,
    used: RefCell<Vec<String>>,
}

/// Fields as an object.
pub(super) fn fields(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// A message of the person.
pub(super) fn user(text: &str) -> Vec<Value> {
    vec![json!({"role": "user", "content": text})]
}

/// The most frequent of some answers. A single one may be a slip of the engine's; most are not.
pub(super) fn mode(answers: &[Answer]) -> Option<String> {
    let texts: Vec<String> = answers.iter().filter_map(Answer::said).map(Said::whole).collect();
    let count = |text: &String| texts.iter().filter(|other| *other == text).count();
    texts.iter().max_by_key(|text| count(text)).cloned()
}

impl Bench {
    pub(super) fn new(situation: Situation) -> Self {
        Self { situation, heard: BTreeMap::new(), used: RefCell::default() }
    }

    pub(super) fn take(&mut self, round: Round, answers: Vec<Answer>) {
        self.heard.insert(round.key.clone(), (round, answers));
    }

    /// The rounds that were looked at since this was last asked, in that order.
    pub(super) fn used(&self) -> Vec<&(Round, Vec<Answer>)> {
        let keys = self.used.take();
        keys.iter().filter_map(|key| self.heard.get(key)).collect()
    }

    pub(super) fn rounds(&self) -> impl Iterator<Item = &(Round, Vec<Answer>)> {
        self.heard.values()
    }

    /// The answers of a round, or the round itself where it was not asked.
    pub(super) fn round(&self, key: &str, alone: bool, asks: impl FnOnce() -> Vec<Ask>) -> Result<&[Answer], Need> {
        if !self.used.borrow().iter().any(|used| used == key) {
            self.used.borrow_mut().push(key.to_owned());
        }
        match self.heard.get(key) {
            Some((_, answers)) => Ok(answers),
            None => Err(Box::new(Round { key: key.to_owned(), asks: asks(), alone })),
        }
    }

    /// So many times the same chat.
    pub(super) fn chats(&self, key: &str, times: u32, text: &str, more: Map<String, Value>) -> Result<&[Answer], Need> {
        self.round(key, false, || {
            let ask = Ask::Chat { messages: user(text), fields: more, stream: false };
            vec![ask; times as usize]
        })
    }

    /// Fields that keep a thinking model from it, where it would.
    pub(super) fn style(&self) -> Result<Map<String, Value>, Need> {
        let quiet = fields(match self.situation.dialect {
            Dialect::Vllm | Dialect::LlamaCpp => json!({"chat_template_kwargs": {"enable_thinking": false}}),
            Dialect::Ollama => json!({"reasoning_effort": "none"}),
            Dialect::OpenAi => json!({}),
        });
        if quiet.is_empty() {
            return Ok(quiet);
        }
        let mut plain = fields(json!({"temperature": 0, "max_tokens": SHORT}));
        let scout = self.chats("scout: does it think?", 1, HELLO, plain.clone())?;
        let thinks = |said: &Said| {
            let first = said.choices.first();
            first.is_some_and(|choice| !choice.reasoning.is_empty() || choice.text.contains("<think>"))
        };
        if !scout.iter().filter_map(Answer::said).any(thinks) {
            return Ok(Map::new());
        }
        plain.extend(quiet.clone());
        // A server that refuses the field is left as it is.
        let scout = self.chats("scout: without thinking", 1, HELLO, plain)?;
        Ok(if scout.iter().any(|answer| answer.said().is_some()) { quiet } else { Map::new() })
    }

    /// Fields of greedy decoding.
    pub(super) fn greedy(&self) -> Result<Map<String, Value>, Need> {
        let mut all = fields(json!({"temperature": 0, "max_tokens": SHORT}));
        all.extend(self.style()?);
        Ok(all)
    }

    /// Fields of sampling as wide as the server takes, and nothing else that narrows it.
    pub(super) fn wide(&self) -> Result<Map<String, Value>, Need> {
        let neutral = match self.situation.dialect {
            Dialect::Vllm => json!({"top_p": 1, "top_k": 0, "min_p": 0, "repetition_penalty": 1}),
            Dialect::LlamaCpp => json!({"top_p": 1, "top_k": 0, "min_p": 0, "repeat_penalty": 1}),
            Dialect::Ollama | Dialect::OpenAi => json!({"top_p": 1}),
        };
        let mut all = fields(neutral);
        all.insert("max_tokens".into(), SHORT.into());
        all.extend(self.style()?);
        let with = |temperature: u64| {
            let mut all = all.clone();
            all.insert("temperature".into(), temperature.into());
            all
        };
        let scout = self.chats("scout: is temperature 2 taken?", 1, HELLO, with(2))?;
        let taken = scout.iter().any(|answer| matches!(answer, Answer::Said(_)));
        Ok(with(if taken { 2 } else { 1 }))
    }

    /// The greedy answers that others are held against.
    pub(super) fn greedy_pool(&self) -> Result<&[Answer], Need> {
        self.chats("control: greedy", CONTROL, HELLO, self.greedy()?)
    }

    /// The sampled answers that others are held against.
    pub(super) fn wide_pool(&self) -> Result<&[Answer], Need> {
        self.chats("control: sampled", CONTROL, HELLO, self.wide()?)
    }

    /// The most frequent greedy answer; none where no answer is usual, as with an engine that draws at temperature 0 too.
    pub(super) fn reference(&self) -> Result<Option<String>, Need> {
        let pool = self.greedy_pool()?;
        let alike = |text: &String| pool.iter().filter_map(Answer::said).filter(|said| said.whole() == *text).count();
        Ok(mode(pool).filter(|text| alike(text) * 4 >= pool.len() * 3))
    }

    /// A word that no model writes by itself: letters and a digit drawn from the seed.
    pub(super) fn word(&self, which: u64) -> String {
        let mut state = self.situation.seed ^ which.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut draw = |from: &[u8]| {
            // SplitMix64 (Steele, Lea, Flood 2014).
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let at = (z ^ (z >> 31)) % from.len().max(1) as u64;
            char::from(from[at as usize])
        };
        let letters = b"bcdfghjkmpqrvwxz";
        [draw(letters), draw(letters), draw(letters), draw(b"23456789")].iter().collect()
    }
}
