//! One answer, token by token.

use super::generation::Knowledge;
use super::plan::{Call, Segment};
use super::utf8::Utf8;
use super::{Event, Reason, Token};
use crate::engines::simulated::model::{ASSISTANT, END, Focus, LanguageModel, THINK, THINK_END, TokenId};
use crate::engines::simulated::request::Ask;
use crate::engines::simulated::rng::Rng;
use crate::engines::simulated::sampling::{History, Settings, StopScanner, pick};
use std::collections::VecDeque;

/// The state of one answer.
#[derive(Debug, Default)]
pub struct Choice {
    /// Its index.
    index: u32,
    /// Its random numbers.
    rng: Rng,
    /// What the model sees: the answer so far, after the mark that opens it.
    pub context: Vec<TokenId>,
    /// What is still to be written.
    segments: VecDeque<Segment>,
    /// What was said, for the penalties.
    said: History,
    /// Looks for stop strings.
    stops: StopScanner,
    /// Whether it is over.
    pub over: bool,
    utf8: Utf8,
    produced: usize,
    in_segment: usize,
    called: bool,
    probs: Vec<f32>,
}

/// What one draw gave.
struct Drawn {
    token: TokenId,
    info: Option<Token>,
}

impl Choice {
    /// An answer of which nothing is written yet.
    pub fn new(
        index: u32,
        rng: Rng,
        context: Vec<TokenId>,
        segments: VecDeque<Segment>,
        said: History,
        stops: StopScanner,
    ) -> Self {
        Self { index, rng, context, segments, said, stops, ..Self::default() }
    }

    /// Writes one token.
    pub fn step(&mut self, knowledge: &Knowledge, ask: &Ask, focus: &mut Focus, budget: usize) -> Vec<Event> {
        if self.produced >= budget {
            return self.end(Reason::Length, None);
        }
        let Some(segment) = self.segments.pop_front() else { return self.finish() };
        match segment {
            Segment::Think => self.think(knowledge, ask, focus),
            Segment::Fixed(tokens) => self.fixed(knowledge, ask, focus, tokens),
            Segment::Text(rule) => self.text(knowledge, ask, focus, rule),
            Segment::Call(call) => self.call(knowledge, focus, call),
        }
    }

    fn finish(&mut self) -> Vec<Event> {
        let reason = if self.called { Reason::ToolCalls } else { Reason::Stop };
        self.end(reason, None)
    }

    fn end(&mut self, reason: Reason, stop: Option<String>) -> Vec<Event> {
        self.over = true;
        let mut rest = if stop.is_some() { String::new() } else { self.stops.finish() };
        rest.push_str(&self.utf8.finish());
        let choice = self.index;
        let mut events = Vec::new();
        if !rest.is_empty() {
            events.push(Event::Text { choice, reasoning: false, text: rest, tokens: Vec::new(), count: 0 });
        }
        events.push(Event::End { choice, reason, stop });
        events
    }

    fn think(&mut self, knowledge: &Knowledge, ask: &Ask, focus: &Focus) -> Vec<Event> {
        if self.in_segment == 0 {
            self.context.push(THINK);
        }
        let settings = Settings { ignore_eos: false, min_tokens: 0, bias: Vec::new(), ..ask.settings.clone() };
        knowledge.model.next(focus, &self.context, self.in_segment, true, &mut self.probs);
        let drawn = self.draw(&knowledge.model, ask, &settings, THINK_END);
        if drawn.token == THINK_END {
            self.context.push(ASSISTANT);
            self.in_segment = 0;
            let text = self.utf8.finish();
            return vec![self.said_text(true, text, None)];
        }
        self.segments.push_front(Segment::Think);
        let text = self.utf8.push(knowledge.model.vocab().bytes(drawn.token));
        vec![self.said_text(true, text, drawn.info)]
    }

    fn fixed(&mut self, k: &Knowledge, ask: &Ask, focus: &Focus, mut tokens: VecDeque<TokenId>) -> Vec<Event> {
        let Some(token) = tokens.pop_front() else { return Vec::new() };
        if ask.logprobs.is_some() {
            k.model.next(focus, &self.context, self.in_segment, false, &mut self.probs);
        }
        let info = ask.logprobs.map(|most| token_info(&k.model, &self.probs, token, most));
        self.keep(token);
        if !tokens.is_empty() {
            self.segments.push_front(Segment::Fixed(tokens));
        }
        self.write(k, token, info)
    }

    fn text(
        &mut self,
        knowledge: &Knowledge,
        ask: &Ask,
        focus: &Focus,
        mut rule: Option<Box<crate::engines::simulated::constrain::Constraint>>,
    ) -> Vec<Event> {
        let model = &knowledge.model;
        model.next(focus, &self.context, self.in_segment, false, &mut self.probs);
        let raw = ask.logprobs.map(|_| self.probs.clone());
        if let Some(rule) = &mut rule
            && !rule.restrict(model.vocab(), &mut self.probs)
        {
            return self.finish();
        }
        let token = pick(&ask.settings, &mut self.probs, &self.said, END, &mut self.rng);
        if token == END && !ask.settings.ignore_eos {
            return self.finish();
        }
        let info = raw.map(|raw| token_info(model, &raw, token, ask.logprobs.unwrap_or(0)));
        let over = match &mut rule {
            // Under a rule the end may be the only token left, whatever was asked for.
            Some(rule) => token == END || !rule.take(model.vocab(), token) || rule.is_over(),
            None => false,
        };
        if token == END {
            return if over { self.finish() } else { self.again(rule) };
        }
        self.keep(token);
        if !over {
            self.segments.push_front(Segment::Text(rule));
        }
        self.write(knowledge, token, info)
    }

    /// The end was struck out and drawn all the same: nothing else was possible. Counts, writes nothing.
    fn again(&mut self, rule: Option<Box<crate::engines::simulated::constrain::Constraint>>) -> Vec<Event> {
        self.keep(ASSISTANT);
        self.segments.push_front(Segment::Text(rule));
        vec![self.said_text(false, String::new(), None)]
    }

    fn call(&mut self, knowledge: &Knowledge, focus: &mut Focus, mut call: Box<Call>) -> Vec<Event> {
        let (choice, index) = (self.index, call.index);
        if let Some(name) = call.name.take() {
            self.called = true;
            let count = knowledge.model.vocab().encode(name.as_bytes()).len();
            self.produced += count;
            knowledge.model.quote(focus, &call.phrases);
            self.context.push(ASSISTANT);
            self.in_segment = 0;
            self.segments.push_front(Segment::Call(call));
            return vec![Event::Call { choice, index, name, count: count as u64 }];
        }
        let model = &knowledge.model;
        model.next(focus, &self.context, self.in_segment, false, &mut self.probs);
        if !call.arguments.restrict(model.vocab(), &mut self.probs) {
            return Vec::new();
        }
        let settings = Settings { temperature: 0.7, top_k: 20, ..Settings::default() };
        let token = pick(&settings, &mut self.probs, &self.said, END, &mut self.rng);
        if token == END || !call.arguments.take(model.vocab(), token) {
            return Vec::new();
        }
        self.keep(token);
        if !call.arguments.is_over() {
            self.segments.push_front(Segment::Call(call));
        }
        let text = self.utf8.push(model.vocab().bytes(token));
        vec![Event::Arguments { choice, index, text, count: 1 }]
    }

    fn draw(&mut self, model: &LanguageModel, ask: &Ask, settings: &Settings, end: TokenId) -> Drawn {
        let raw = ask.logprobs.map(|_| self.probs.clone());
        let token = pick(settings, &mut self.probs, &self.said, end, &mut self.rng);
        let info = raw.map(|raw| token_info(model, &raw, token, ask.logprobs.unwrap_or(0)));
        self.keep(token);
        Drawn { token, info }
    }

    fn keep(&mut self, token: TokenId) {
        self.context.push(token);
        self.said.push(token);
        self.produced += 1;
        self.in_segment += 1;
    }

    /// Writes a token of the answer, minding stop strings.
    fn write(&mut self, knowledge: &Knowledge, token: TokenId, info: Option<Token>) -> Vec<Event> {
        let text = self.utf8.push(knowledge.model.vocab().bytes(token));
        let (text, stop) = self.stops.push(&text);
        let mut events = vec![self.said_text(false, text, info)];
        if stop.is_some() {
            events.extend(self.end(Reason::Stop, stop));
        }
        events
    }

    fn said_text(&self, reasoning: bool, text: String, info: Option<Token>) -> Event {
        Event::Text { choice: self.index, reasoning, text, tokens: info.into_iter().collect(), count: 1 }
    }
}

/// A token's log probability and the likeliest tokens, from the model's own distribution.
fn token_info(model: &LanguageModel, probs: &[f32], id: TokenId, most: usize) -> Token {
    let bare = |id: TokenId| Token {
        id,
        bytes: model.vocab().bytes(id).to_vec(),
        logprob: probs.get(id as usize).copied().unwrap_or(0.0).max(f32::MIN_POSITIVE).ln(),
        top: Vec::new(),
    };
    let mut best: Vec<TokenId> = Vec::new();
    if most > 0 {
        best = (0..probs.len() as TokenId).filter(|&t| probs[t as usize] > 0.0).collect();
        let order = |a: &TokenId, b: &TokenId| probs[*b as usize].total_cmp(&probs[*a as usize]).then(a.cmp(b));
        if best.len() > most {
            best.select_nth_unstable_by(most - 1, order);
            best.truncate(most);
        }
        best.sort_unstable_by(order);
    }
    Token { top: best.into_iter().map(bare).collect(), ..bare(id) }
}
