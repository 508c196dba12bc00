//! An answer followed as it comes: how far it keeps to its constraint, and whether it has lost itself in blanks.

use crate::app::screens::structured::watch::{Figures, Follows, Heard};
use crate::base::{Problem, Reading, Unknown};
use crate::lab::structured::Constraint;
use crate::lab::structured::ask::{Heard as Piece, Told};
use crate::lab::structured::blanks::{Blanks, looping};
use crate::lab::structured::conform::Matcher;
use tokio::task::{JoinError, JoinHandle};

/// What compiling a constraint gives.
pub(super) type Compiled = Result<Result<Matcher, Problem>, JoinError>;

/// A constraint that is being made ready, or is.
enum Ready {
    Coming(JoinHandle<Result<Matcher, Problem>>),
    There(Box<Matcher>),
    Never(Unknown),
}

/// Follows one answer.
pub(super) struct Follow {
    ready: Ready,
    text: String,
    reasoning: String,
    figures: Figures,
    /// Bytes of text and of reasoning that were handed on.
    given: (usize, usize),
    /// Bytes that the matcher has read.
    fed: usize,
    blanks: Option<Blanks>,
    /// Whether something has changed that was not handed on.
    changed: bool,
}

impl Follow {
    /// Begins to make the constraint ready, beside the question.
    pub(super) fn new(asked: &Constraint) -> Self {
        let ready = match asked.grammar() {
            Some(grammar) => Ready::Coming(tokio::task::spawn_blocking(move || Matcher::new(&grammar))),
            None => Ready::Never(Unknown::because("a structural tag leaves the text around its tags free")),
        };
        Self {
            ready,
            text: String::new(),
            reasoning: String::new(),
            figures: Figures::default(),
            given: (0, 0),
            fed: 0,
            blanks: asked.schema().is_some().then(Blanks::default),
            changed: false,
        }
    }

    /// Takes a piece; answers with why the engine is to be stopped, where it is.
    pub(super) fn take(&mut self, piece: Piece<'_>) -> Option<String> {
        self.text.push_str(piece.text);
        self.reasoning.push_str(piece.reasoning);
        self.figures.take(piece.seconds, piece.tokens, piece.pieces);
        self.changed = true;
        let blanks = self.blanks.as_mut()?;
        blanks.feed(piece.text);
        looping(blanks)
    }

    /// What came, as far as it did.
    pub(super) fn told(&mut self) -> Told {
        Told { text: self.text.clone(), reasoning: self.reasoning.clone(), ..Told::default() }
    }

    /// What has come since it was asked last; nothing where nothing has.
    pub(super) fn news(&mut self) -> Option<Heard> {
        let ready = matches!(&self.ready, Ready::Coming(coming) if coming.is_finished());
        (self.changed || ready).then(|| self.hand_out())
    }

    /// The rest, at the end; `whole` is the text as the server's last word has it.
    pub(super) fn heard(&mut self, whole: &str) -> Heard {
        // What is not streamed comes in one piece.
        if let Some(more) = whole.strip_prefix(self.text.as_str()) {
            self.text.push_str(more);
        }
        self.hand_out()
    }

    fn hand_out(&mut self) -> Heard {
        self.changed = false;
        let follows = self.look();
        let rest = |text: &str, from: usize| text.get(from..).unwrap_or_default().to_owned();
        let (text, reasoning) = (rest(&self.text, self.given.0), rest(&self.reasoning, self.given.1));
        self.given = (self.text.len(), self.reasoning.len());
        Heard { text, reasoning, figures: self.figures, follows }
    }

    /// What is to be waited for before the answer can be followed to its end.
    pub(super) fn compiling(&mut self) -> Option<JoinHandle<Result<Matcher, Problem>>> {
        let never = || Ready::Never(Unknown::because("it could not be made ready"));
        match std::mem::replace(&mut self.ready, never()) {
            Ready::Coming(coming) => Some(coming),
            ready => {
                self.ready = ready;
                None
            }
        }
    }

    /// The constraint was made ready, or could not be.
    pub(super) fn made(&mut self, made: Compiled) {
        self.ready = match made {
            Ok(Ok(matcher)) => Ready::There(Box::new(matcher)),
            Ok(Err(problem)) => Ready::Never(Unknown::because(problem.why)),
            Err(_) => Ready::Never(Unknown::because("it could not be made ready")),
        };
    }

    /// How far the text keeps to the constraint; nothing while that is being made ready.
    fn look(&mut self) -> Option<Reading<Follows>> {
        if matches!(&self.ready, Ready::Coming(coming) if coming.is_finished())
            && let Some(coming) = self.compiling()
            && let Some(made) = futures_util::FutureExt::now_or_never(coming)
        {
            self.made(made);
        }
        let matcher = match &mut self.ready {
            Ready::Coming(_) => return None,
            Ready::Never(unknown) => return Some(Err(unknown.clone())),
            Ready::There(matcher) => matcher,
        };
        matcher.push(self.text.get(self.fed..).unwrap_or_default().as_bytes());
        self.fed = self.text.len();
        Some(Ok(Follows {
            conforming: matcher.conforming(),
            impossible: matcher.first_impossible(),
            expected: matcher.expected(),
            lost: matcher.lost().cloned(),
        }))
    }
}
