//! One question and its answer, with times.

use crate::base::Problem;
use crate::lab::sampling::{Param, Settings, best_by_mean_logprob};
use crate::wire::live::Client;
use crate::wire::{ChatRequest, Endpoint, Reply, StreamEvent};
use serde_json::Value;
use std::time::{Duration, Instant};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// A conversation and whom it is with.
pub(super) struct Talk {
    pub(super) client: Client,
    pub(super) endpoint: Endpoint,
    pub(super) settings: Settings,
    pub(super) stream: bool,
    pub(super) messages: Vec<Value>,
    /// Images for the next message.
    pub(super) images: Vec<super::images::Waiting>,
    pub(super) interrupts: Interrupts,
}

/// Ctrl-C as something to wait for. Made once: between two waits nothing is lost.
pub(super) struct Interrupts(Option<Signal>);

impl Interrupts {
    /// Catches Ctrl-C from now on; where that cannot be, Ctrl-C ends the process as usual.
    pub(super) fn new() -> Self {
        Self(signal(SignalKind::interrupt()).ok())
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) {
        match &mut self.0 {
            Some(signal) => {
                signal.recv().await;
            }
            None => std::future::pending().await,
        }
    }
}

/// What came of a question.
pub(super) struct Exchange {
    pub(super) reply: Reply,
    /// From sending to the first piece of an answer, where it was streamed.
    pub(super) first_token: Option<Duration>,
    /// From the first to the last piece, where it was streamed.
    decode: Option<Duration>,
    /// Whether Ctrl-C ended it.
    pub(super) stopped: bool,
}

impl Talk {
    /// Whether text can be printed as it comes: several answers are mixed on the wire, so they wait for the end.
    pub(super) fn prints_as_it_comes(&self) -> bool {
        let (fields, _) = crate::lab::sampling::to_fields(&self.settings, self.endpoint.dialect);
        !fields.iter().any(|(name, value)| name == "n" && value.as_i64().is_some_and(|n| n > 1))
    }

    /// Sends a request, hands each event to `each`, and puts the answer together. Ctrl-C stops the engine.
    pub(super) async fn exchange(
        &mut self,
        request: ChatRequest,
        mut each: impl FnMut(&StreamEvent) -> Result<(), Problem>,
    ) -> Result<Exchange, Problem> {
        let streamed = request.stream;
        let cancel = CancellationToken::new();
        let sent = Instant::now();
        let mut events = self.client.chat(&self.endpoint, request, cancel.clone());
        let (mut reply, mut first, mut last) = (Reply::default(), None, None);
        loop {
            let timed = tokio::select! {
                timed = events.recv() => timed,
                () = self.interrupts.next() => { cancel.cancel(); None }
            };
            let Some(timed) = timed else { break };
            if streamed && matches!(timed.event, StreamEvent::Delta(_)) {
                first = first.or(Some(timed.at));
                last = Some(timed.at);
            }
            each(&timed.event)?;
            reply.apply(timed.event);
        }
        let decode = first.zip(last).map(|(first, last)| last.duration_since(first));
        let first_token = first.map(|first: Instant| first.duration_since(sent));
        Ok(Exchange { reply, first_token, decode, stopped: cancel.is_cancelled() })
    }
}

impl Exchange {
    /// Tokens per second from the first to the last piece, by the server's own count, the first token of each answer
    /// left out; or why it is not known.
    pub(super) fn tokens_per_second(&self) -> Result<f64, &'static str> {
        let usage = self.reply.usage.ok_or("the endpoint gave no token counts")?;
        let seconds = self.decode.ok_or("the answer was not streamed")?.as_secs_f64();
        let later = usage.completion_tokens.saturating_sub(self.reply.choices.len() as u64);
        // What comes within a few milliseconds measures the socket, not the engine.
        if later < 4 || seconds < 0.005 {
            return Err("the answer was too short to measure");
        }
        Ok(later as f64 / seconds)
    }

    /// Position of the answer to show: the best of those asked for by `best_of`, else the first.
    pub(super) fn chosen(&self, settings: &Settings) -> usize {
        let best = settings.whole(Param::BestOf).is_some_and(|n| n > 1);
        let scores = self.reply.choices.iter().map(|choice| choice.logprobs.as_slice());
        if best { best_by_mean_logprob(scores).unwrap_or(0) } else { 0 }
    }
}
