//! One draw: penalties and biases on the whole distribution, then the filters in the engine's order, then the draw.

use super::filters::{Candidate, min_p, normalise, temperature, top_k, top_p, typical_p};
use crate::engines::simulated::rng::Rng;
use std::collections::HashMap;

/// How tokens are drawn. Every field has a position in which it does nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// 0 is greedy.
    pub temperature: f32,
    /// 0 is off.
    pub top_k: usize,
    /// 1 is off.
    pub top_p: f32,
    /// 0 is off.
    pub min_p: f32,
    /// 1 is off.
    pub typical_p: f32,
    /// 0 is off.
    pub presence: f32,
    /// 0 is off.
    pub frequency: f32,
    /// 1 is off.
    pub repetition: f32,
    /// How many of the last tokens the penalties see; all where absent.
    pub last_n: Option<usize>,
    /// Added to the logits of tokens.
    pub bias: Vec<(u32, f32)>,
    /// Whether the end of the answer is struck out.
    pub ignore_eos: bool,
    /// Fewest tokens before the end may come.
    pub min_tokens: usize,
    /// The engine's order of filters.
    pub order: Order,
}

/// In which order an engine filters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Temperature first: vLLM.
    TemperatureFirst,
    /// Temperature last: llama.cpp and Ollama.
    TemperatureLast,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            temperature: 1.0,
            top_k: 0,
            top_p: 1.0,
            min_p: 0.0,
            typical_p: 1.0,
            presence: 0.0,
            frequency: 0.0,
            repetition: 1.0,
            last_n: None,
            bias: Vec::new(),
            ignore_eos: false,
            min_tokens: 0,
            order: Order::TemperatureFirst,
        }
    }
}

/// What has been said so far, for the penalties.
#[derive(Debug, Clone, Default)]
pub struct History {
    prompt: HashMap<u32, u32>,
    said: Vec<u32>,
}

impl History {
    /// Starts after a prompt; its tokens count for the repetition penalty.
    pub fn after(prompt: &[u32]) -> Self {
        let mut history = Self::default();
        for &token in prompt {
            *history.prompt.entry(token).or_default() += 1;
        }
        history
    }

    /// Notes one more token of the answer.
    pub fn push(&mut self, token: u32) {
        self.said.push(token);
    }

    /// Tokens of the answer so far.
    pub fn len(&self) -> usize {
        self.said.len()
    }

    fn counts(&self, last_n: Option<usize>) -> HashMap<u32, u32> {
        let from = last_n.map_or(0, |n| self.said.len().saturating_sub(n));
        let mut counts = HashMap::new();
        for &token in &self.said[from..] {
            *counts.entry(token).or_default() += 1;
        }
        counts
    }
}

/// Draws a token. `probs` is the model's distribution after constraints; it is changed by penalties.
pub fn pick(settings: &Settings, probs: &mut [f32], history: &History, end: u32, rng: &mut Rng) -> u32 {
    penalise(settings, probs, history);
    for &(token, bias) in &settings.bias {
        if let Some(p) = probs.get_mut(token as usize) {
            *p *= bias.clamp(-100.0, 80.0).exp();
        }
    }
    strike_end(settings, probs, history, end);
    let mut candidates: Vec<Candidate> =
        probs.iter().enumerate().filter(|(_, p)| **p > 0.0).map(|(i, &p)| (i as u32, p)).collect();
    if settings.temperature <= 0.0 {
        top_k(&mut candidates, 1);
        return candidates.first().map_or(end, |c| c.0);
    }
    filter(settings, &mut candidates);
    draw(&mut candidates, rng).unwrap_or(end)
}

fn strike_end(settings: &Settings, probs: &mut [f32], history: &History, end: u32) {
    let strike = settings.ignore_eos || history.len() < settings.min_tokens;
    let end = end as usize;
    let others = probs.iter().enumerate().any(|(i, &p)| i != end && p > 0.0);
    if let Some(p) = probs.get_mut(end).filter(|_| strike && others) {
        *p = 0.0;
    }
}

fn penalise(settings: &Settings, probs: &mut [f32], history: &History) {
    let plain = settings.presence == 0.0 && settings.frequency == 0.0;
    if plain && settings.repetition == 1.0 {
        return;
    }
    let counts = history.counts(settings.last_n);
    for (&token, &count) in &counts {
        if let Some(p) = probs.get_mut(token as usize) {
            *p *= (-settings.presence - settings.frequency * count as f32).exp();
        }
    }
    if settings.repetition == 1.0 {
        return;
    }
    // Logarithms of probabilities are never positive, and a negative logit is multiplied by the penalty.
    let seen = counts.keys().chain(history.prompt.keys().filter(|token| !counts.contains_key(token)));
    for &token in seen {
        if let Some(p) = probs.get_mut(token as usize).filter(|p| **p > 0.0) {
            *p = p.powf(settings.repetition);
        }
    }
}

fn filter(settings: &Settings, candidates: &mut Vec<Candidate>) {
    match settings.order {
        Order::TemperatureFirst => {
            temperature(candidates, settings.temperature);
            min_p(candidates, settings.min_p);
            top_k(candidates, settings.top_k);
            top_p(candidates, settings.top_p);
            typical_p(candidates, settings.typical_p);
        }
        Order::TemperatureLast => {
            top_k(candidates, settings.top_k);
            typical_p(candidates, settings.typical_p);
            top_p(candidates, settings.top_p);
            min_p(candidates, settings.min_p);
            temperature(candidates, settings.temperature);
        }
    }
}

fn draw(candidates: &mut [Candidate], rng: &mut Rng) -> Option<u32> {
    normalise(candidates);
    // In order of tokens, so that the draw depends on the seed alone and not on how the filters sorted.
    candidates.sort_unstable_by_key(|c| c.0);
    let mut left = rng.unit();
    for &(token, p) in candidates.iter() {
        left -= p;
        if left < 0.0 {
            return Some(token);
        }
    }
    candidates.iter().max_by(|a, b| a.1.total_cmp(&b.1)).map(|c| c.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROBS: [f32; 6] = [0.1, 0.4, 0.25, 0.15, 0.07, 0.03];

    /// Shares of 4000 draws under `settings`, after `said`.
    fn shares(settings: &Settings, said: &[u32]) -> [f32; 6] {
        let mut history = History::after(&[5]);
        said.iter().for_each(|&t| history.push(t));
        let mut rng = Rng::new(3, 0);
        let mut counts = [0.0f32; 6];
        for _ in 0..4000 {
            counts[pick(settings, &mut PROBS.to_vec(), &history, 0, &mut rng) as usize] += 1.0 / 4000.0;
        }
        counts
    }

    #[test]
    fn every_parameter_acts() {
        let plain = shares(&Settings::default(), &[1, 1]);
        for (token, p) in PROBS.iter().enumerate() {
            assert!((plain[token] - p).abs() < 0.03, "{plain:?}");
        }
        type Check = fn(&[f32; 6]) -> bool;
        type Change = fn(&mut Settings);
        let with = |change: Change| {
            let mut settings = Settings::default();
            change(&mut settings);
            shares(&settings, &[1, 1])
        };
        let cases: [(&str, Change, Check); 12] = [
            ("temperature 0", |s| s.temperature = 0.0, |p| p[1] > 0.999),
            ("temperature 2", |s| s.temperature = 2.0, |p| p[1] < 0.35 && p[5] > 0.05),
            ("top_k 2", |s| s.top_k = 2, |p| p[3] == 0.0 && p[1] > 0.5),
            ("top_p 0.3", |s| s.top_p = 0.3, |p| p[1] > 0.999),
            ("min_p 0.5", |s| s.min_p = 0.5, |p| p[3] == 0.0 && p[2] > 0.0),
            ("typical 0.2", |s| s.typical_p = 0.2, |p| p.iter().filter(|p| **p > 0.0).count() < 3),
            ("presence", |s| s.presence = 2.0, |p| p[1] < 0.12),
            ("frequency", |s| s.frequency = 1.0, |p| p[1] < 0.12),
            ("repetition", |s| s.repetition = 2.0, |p| p[1] < 0.3 && p[5] < 0.01),
            ("bias", |s| s.bias = vec![(4, 100.0)], |p| p[4] > 0.999),
            ("ignore_eos", |s| s.ignore_eos = true, |p| p[0] == 0.0),
            ("min_tokens", |s| s.min_tokens = 3, |p| p[0] == 0.0),
        ];
        for (name, change, check) in cases {
            let got = with(change);
            assert!(check(&got), "{name}: {got:?}");
        }
        let few = |s: &mut Settings| s.min_tokens = 2;
        assert!(with(few)[0] > 0.05, "two tokens are there, the end may come");
    }

    #[test]
    fn penalties_see_only_the_last_tokens() {
        let settings = Settings { presence: 2.0, last_n: Some(1), ..Settings::default() };
        assert!(shares(&settings, &[1, 2])[1] > 0.4, "token 1 is out of sight");
    }

    #[test]
    fn temperature_comes_first_or_last() {
        let first = Settings { temperature: 2.0, top_p: 0.7, ..Settings::default() };
        let last = Settings { order: Order::TemperatureLast, ..first.clone() };
        assert_eq!(shares(&last, &[])[0], 0.0, "cut before it was flattened");
        assert!(shares(&first, &[])[0] > 0.0, "flattened before it was cut");
    }
}
