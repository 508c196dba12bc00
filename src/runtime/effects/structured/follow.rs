//! An answer followed as it comes: how far it keeps to its constraint, and whether it has lost itself in blanks.

use crate::app::screens::structured::watch::Follows;
use crate::base::{Problem, Reading, Unknown};
use crate::lab::structured::Constraint;
use crate::lab::structured::blanks::Blanks;
use crate::lab::structured::conform::Matcher;
use crate::wire::{Reply, StreamEvent};
use tokio::task::JoinHandle;

/// White space in a row that no answer needs.
const BLANKS: usize = 400;

/// A constraint that is being made ready, or is.
enum Ready {
    Coming(JoinHandle<Result<Matcher, Problem>>),
    There(Box<Matcher>),
    Never(Unknown),
}

/// Follows one answer.
pub(super) struct Follow {
    ready: Ready,
    /// Everything that came.
    pub(super) reply: Reply,
    /// Bytes that the matcher has read.
    fed: usize,
    blanks: Blanks,
    json: bool,
}

impl Follow {
    /// Begins to make the constraint ready, beside the question.
    pub(super) fn new(asked: &Constraint) -> Self {
        let ready = match asked.grammar() {
            Some(grammar) => Ready::Coming(tokio::task::spawn_blocking(move || Matcher::new(&grammar))),
            None => Ready::Never(Unknown::because("a structural tag leaves the text around its tags free")),
        };
        let json = asked.schema().is_some();
        Self { ready, reply: Reply::default(), fed: 0, blanks: Blanks::default(), json }
    }

    /// Takes an event.
    pub(super) fn take(&mut self, event: &StreamEvent) {
        if let StreamEvent::Delta(delta) = event
            && delta.choice == 0
            && self.json
        {
            self.blanks.feed(&delta.content);
        }
        self.reply.apply(event.clone());
    }

    /// Whether the answer is nothing but blanks any more.
    pub(super) fn is_lost_in_blanks(&self) -> bool {
        self.blanks.run >= BLANKS
    }

    /// Waits until the constraint is ready.
    pub(super) async fn wait(&mut self) {
        if let Ready::Coming(coming) = &mut self.ready {
            let made = coming.await;
            self.made(made);
        }
    }

    fn made(&mut self, made: Result<Result<Matcher, Problem>, tokio::task::JoinError>) {
        self.ready = match made {
            Ok(Ok(matcher)) => Ready::There(Box::new(matcher)),
            Ok(Err(problem)) => Ready::Never(Unknown::because(problem.why)),
            Err(_) => Ready::Never(Unknown::because("it could not be made ready")),
        };
    }

    /// How far the text keeps to the constraint; nothing while that is being made ready.
    pub(super) async fn look(&mut self) -> Option<Reading<Follows>> {
        if let Ready::Coming(coming) = &self.ready
            && coming.is_finished()
        {
            self.wait().await;
        }
        let matcher = match &mut self.ready {
            Ready::Coming(_) => return None,
            Ready::Never(unknown) => return Some(Err(unknown.clone())),
            Ready::There(matcher) => matcher,
        };
        let text = self.reply.choices.first().map_or("", |choice| &choice.text);
        matcher.push(text.get(self.fed..).unwrap_or_default().as_bytes());
        self.fed = text.len();
        Some(Ok(Follows {
            conforming: matcher.conforming(),
            impossible: matcher.first_impossible(),
            expected: matcher.expected(),
            lost: matcher.lost().cloned(),
        }))
    }
}
