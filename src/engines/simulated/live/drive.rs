//! Drives one request: waits for places, writes token by token, notices at once when the reader goes away.

use super::boot::pause;
use super::engine::Engine;
use crate::engines::simulated::SimDialect;
use crate::engines::simulated::answer::{Event, Generation, Merger};
use crate::engines::simulated::dialect::Counts;
use crate::engines::simulated::logs::Note;
use crate::engines::simulated::request::{Ask, Refusal};
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// A request being answered.
pub struct Running {
    events: Receiver<Event>,
    began: Instant,
    first: Option<Instant>,
    /// Counts so far.
    pub counts: Counts,
}

impl Running {
    /// The next event; `None` after the last one, or when the engine gave up.
    pub async fn next(&mut self) -> Option<Event> {
        let event = self.events.recv().await?;
        let now = Instant::now();
        let first = *self.first.get_or_insert(now);
        self.counts.note(&event);
        self.counts.prompt_seconds = (first - self.began).as_secs_f64();
        self.counts.decode_seconds = (now - first).as_secs_f64();
        Some(event)
    }
}

/// Begins to answer. `context` in tokens.
///
/// # Errors
/// In the dialect's words, when the prompt is too long or a rule cannot be compiled.
pub fn start(engine: &Arc<Engine>, ask: Ask, context: u64) -> Result<Running, Refusal> {
    let prompt = engine.knowledge.prompt(&ask);
    let length = prompt.len() as u64;
    if length >= context {
        return Err(too_long(engine.config.dialect, length, context));
    }
    let budget = ask.max_tokens.unwrap_or(u64::MAX).min(context - length) as usize;
    let think = ask.think.unwrap_or(true) && engine.config.reasoning;
    let seed = ask.seed.unwrap_or_else(|| engine.numbers().next());
    let fixed = engine.config.script.fixed();
    let n = ask.n;
    let knowledge = Arc::clone(&engine.knowledge);
    let generation = Generation::start(knowledge, ask, &prompt, budget, think, fixed.as_deref(), seed)
        .map_err(|why| bad_rule(engine.config.dialect, &why))?;
    let (sender, events) = channel(32);
    let job = Job { engine: Arc::clone(engine), sender, prompt: length, n, written: 0, began: Instant::now() };
    tokio::spawn(job.run(generation));
    let counts = Counts { prompt: length, ..Counts::default() };
    Ok(Running { events, began: Instant::now(), first: None, counts })
}

fn too_long(dialect: SimDialect, length: u64, context: u64) -> Refusal {
    if dialect == SimDialect::Vllm {
        let message = format!(
            "This model's maximum context length is {context} tokens. However, your prompt contains at least {length} input tokens, which exceeds this limit even without any output tokens. Please reduce the length of the input prompt. (parameter=input_tokens, value={length})"
        );
        return Refusal::vllm(message, Some("input_tokens"));
    }
    let message =
        format!("request ({length} tokens) exceeds the available context size ({context} tokens), try increasing it");
    let extra = vec![("n_prompt_tokens", json!(length)), ("n_ctx", json!(context))];
    Refusal { extra, ..Refusal::new(400, "exceed_context_size_error", message, None) }
}

fn bad_rule(dialect: SimDialect, why: &str) -> Refusal {
    match dialect {
        SimDialect::Vllm => Refusal::vllm(format!("Grammar error: {why}"), None),
        SimDialect::LlamaCpp => {
            Refusal::invalid(format!("Unable to generate parser for this template. JSON schema error: {why}"))
        }
        SimDialect::Ollama => Refusal::new(500, "api_error", format!("invalid format: {why}"), None),
    }
}

struct Job {
    engine: Arc<Engine>,
    sender: Sender<Event>,
    prompt: u64,
    n: u32,
    written: u64,
    began: Instant,
}

impl Job {
    async fn run(mut self, mut generation: Generation) {
        let wanted = self.n.min(self.engine.config.max_num_seqs.max(1) as u32);
        self.engine.metrics().waiting += u64::from(self.n);
        let places = Arc::clone(&self.engine.places);
        let places = tokio::select! {
            places = places.acquire_many_owned(wanted) => places.ok(),
            () = self.sender.closed() => None,
        };
        self.engine.metrics().waiting -= u64::from(self.n);
        let Some(_places) = places else { return self.abort() };
        self.enter();
        let whole =
            if generation.is_beam() { self.beams(&mut generation).await } else { self.tokens(&mut generation).await };
        self.leave(whole);
        if !whole {
            self.abort();
        }
    }

    fn enter(&mut self) {
        let engine = &self.engine;
        let first = {
            let mut m = engine.metrics();
            m.queued.note(self.began.elapsed().as_secs_f64());
            m.running += u64::from(self.n);
            m.prompt_tokens += self.prompt;
            m.cached_tokens += self.prompt;
            m.most_cached = m.most_cached.max(m.cached_tokens);
            m.running == u64::from(self.n)
        };
        if first {
            engine.busy(true);
        }
    }

    fn leave(&self, whole: bool) {
        let last = {
            let mut m = self.engine.metrics();
            m.running -= u64::from(self.n);
            m.cached_tokens -= self.prompt + self.written;
            if whole {
                m.whole.note(self.began.elapsed().as_secs_f64());
            }
            m.running == 0
        };
        if last {
            self.engine.busy(false);
        }
    }

    fn abort(&self) {
        self.engine.metrics().aborted += u64::from(self.n);
        self.engine.log.say(&Note::Aborted(format!("after {} tokens", self.written)));
    }

    async fn beams(&mut self, generation: &mut Generation) -> bool {
        let sender = self.sender.clone();
        let events = tokio::task::block_in_place(|| generation.beams(|| !sender.is_closed()));
        for event in events {
            if !self.send(event).await {
                return false;
            }
        }
        true
    }

    /// Writes until all answers are over; false where the reader went away.
    async fn tokens(&mut self, generation: &mut Generation) -> bool {
        let vllm = self.engine.config.dialect == SimDialect::Vllm;
        let mut merger = Merger::new(if vllm { 5 } else { 0 });
        let mut last = Instant::now();
        let mut due = last;
        let mut steps = 0u64;
        loop {
            if !self.wait(&mut due, steps, generation.open()).await {
                return false;
            }
            let Some(events) = generation.step() else { break };
            steps += 1;
            self.note_latency(&mut last, steps);
            for event in events {
                for event in merger.push(event) {
                    if !self.send(event).await {
                        return false;
                    }
                }
            }
            if steps.is_multiple_of(16) {
                tokio::task::yield_now().await;
            }
        }
        match merger.finish() {
            Some(event) => self.send(event).await,
            None => true,
        }
    }

    fn note_latency(&self, last: &mut Instant, steps: u64) {
        let mut m = self.engine.metrics();
        if steps == 1 {
            let first = self.began.elapsed().as_secs_f64();
            m.first.note(first);
            m.prompt_seconds += first;
        } else {
            let between = last.elapsed().as_secs_f64();
            m.between.note(between);
            m.decode_seconds += between;
        }
        *last = Instant::now();
    }

    async fn send(&mut self, event: Event) -> bool {
        let count = event.count();
        self.written += count;
        {
            let mut m = self.engine.metrics();
            m.generated += count;
            m.cached_tokens += count;
            m.most_cached = m.most_cached.max(m.cached_tokens);
            if let Event::End { reason, .. } = &event {
                m.note_end(*reason);
            }
        }
        self.sender.send(event).await.is_ok()
    }

    /// Waits until the next token is due; false where the reader went away meanwhile.
    async fn wait(&self, due: &mut Instant, steps: u64, open: usize) -> bool {
        let config = &self.engine.config;
        if config.script.hang_after_tokens.is_some_and(|most| steps >= most) {
            self.sender.closed().await;
            return false;
        }
        if config.tokens_per_second > 0.0 && steps > 0 {
            // Each answer has the speed asked for, so that several together are as many times as fast.
            let each = Duration::try_from_secs_f64(1.0 / (config.tokens_per_second * open.max(1) as f64));
            *due += each.unwrap_or_default();
            tokio::select! {
                () = tokio::time::sleep_until((*due).into()) => {}
                () = self.sender.closed() => return false,
            }
        }
        if config.script.token_delay > 0.0 {
            tokio::select! {
                () = pause(config.script.token_delay) => {}
                () = self.sender.closed() => return false,
            }
        }
        !self.sender.is_closed()
    }
}
