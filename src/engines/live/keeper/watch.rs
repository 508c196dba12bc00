//! The keeper's watch over the server's health: what makes a run ready, and what ends it early.

use super::Keeper;
use crate::engines::live::health::Health;
use crate::engines::live::{members, now, ports, records};
use crate::engines::{Dialect, Phase, phase::Failure};
use std::time::{Duration, Instant};

impl Keeper {
    /// Asks the server how it is, and takes in the answer, without ever waiting for it.
    pub(super) async fn health(&mut self) {
        if self.state.phase.rank() > Phase::Ready.rank() {
            return;
        }
        if let Some(loading) = self.loading.take_if(|task| task.is_finished()) {
            match loading.await {
                Ok(Ok(())) => self.ready(None).await,
                Ok(Err(problem)) => self.verdict = Some(problem.into()),
                Err(_) => {}
            }
        }
        if let Some(asking) = self.asking.take_if(|task| task.is_finished()) {
            let answer = asking.await.unwrap_or_else(|_| Health::Down("the question was dropped".to_owned()));
            self.answered(answer).await;
            self.ask_at = Instant::now() + self.pause();
        }
        if self.asking.is_none() && Instant::now() >= self.ask_at {
            let prober = self.prober.clone();
            self.asking = Some(tokio::spawn(async move { prober.ask().await }));
        }
    }

    fn pause(&self) -> Duration {
        match &self.state.phase {
            Phase::Ready => Duration::from_secs(5),
            _ => (self.born.elapsed() / 20).clamp(Duration::from_millis(200), Duration::from_secs(1)),
        }
    }

    async fn answered(&mut self, answer: Health) {
        let was_ready = self.state.phase == Phase::Ready;
        match answer {
            Health::Up(context) if was_ready => {
                self.state.context_tokens = context.or(self.state.context_tokens);
                self.clear_health_note();
            }
            Health::Up(context) => match self.stranger() {
                Some(note) => self.state.facts.note = Some(note),
                None if self.plan.dialect == Dialect::Ollama && !self.loaded => self.load_ollama(),
                None if self.loading.is_none() => self.ready(context).await,
                None => {}
            },
            Health::Loading => {}
            Health::Refused(why) if !was_ready => self.verdict = Some(self.refusal(why)),
            Health::Down(why) | Health::Refused(why) => {
                if was_ready || self.state.facts.external {
                    self.state.facts.note = Some(format!("it does not answer: {why}"));
                }
                self.give_up_on_external(was_ready);
            }
        }
    }

    fn clear_health_note(&mut self) {
        if self.state.facts.note.as_deref().is_some_and(|note| note.starts_with("it does not")) {
            self.state.facts.note = None;
        }
    }

    /// An endpoint that never answered within ten seconds is a failure, not a start that takes long.
    fn give_up_on_external(&mut self, was_ready: bool) {
        if self.state.facts.external && !was_ready && self.born.elapsed() > Duration::from_secs(10) {
            let why = self.state.facts.note.take().unwrap_or_default();
            self.verdict = Some(self.refusal(why));
        }
    }

    fn refusal(&self, why: String) -> Failure {
        Failure {
            what: format!("{} cannot be used", self.plan.endpoint),
            why,
            hint: "check the URL, the key and the model's name".to_owned(),
            last_lines: Vec::new(),
            ..Failure::default()
        }
    }

    /// Another process that answers at our port in our stead, in words.
    fn stranger(&self) -> Option<String> {
        if self.state.facts.external {
            return None;
        }
        let port = self.plan.endpoint.rsplit_once(':')?.1.parse().ok()?;
        let (pid, name) = ports::holder(port)??;
        let ours = members::members(&self.dir, &self.state).iter().any(|process| process.pid == pid);
        (!ours).then(|| format!("port {port} is answered by another process: {name} {pid}"))
    }

    fn load_ollama(&mut self) {
        self.loaded = true;
        self.state.phase = Phase::Loading { percent: None };
        let prober = self.prober.clone();
        self.loading = Some(tokio::spawn(async move { prober.load_ollama().await }));
    }

    async fn ready(&mut self, context: Option<u64>) {
        if records::stop_was_asked(&self.dir) {
            return;
        }
        let known = context.or(self.state.context_tokens);
        self.state.context_tokens = match known {
            None => self.prober.context().await,
            known => known,
        };
        self.state.phase = Phase::Ready;
        self.state.ready_at = Some(now());
        self.state.facts.note = None;
        self.counted_at = None;
        if let Some(drain) = &self.drain {
            drain.ready();
        }
        self.observe();
        self.begin_proof();
        self.write(true);
    }
}
