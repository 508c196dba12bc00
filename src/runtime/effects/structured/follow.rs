//! An answer followed as it comes: how far it keeps to its constraint, and whether it has lost itself in blanks.

use crate::app::screens::structured::watch::{Figures, Follows, Heard};
use crate::base::{Problem, Reading, Unknown};
use crate::lab::schema::Schema;
use crate::lab::structured::Constraint;
use crate::lab::structured::ask::{Heard as Piece, Told};
use crate::lab::structured::blanks::{Blanks, looping};
use crate::lab::structured::conform::Matcher;
use crate::lab::structured::watch::Watch;
use tokio::task::{JoinError, JoinHandle};

/// A constraint made ready.
pub(super) struct Compiled {
    /// Whether a JSON text can still obey, in whatever order.
    watch: Option<Box<Watch>>,
    /// How far a text is as an engine under constraint writes it.
    matcher: Result<Box<Matcher>, Problem>,
}

/// The work of making one ready.
pub(super) type Compiling = JoinHandle<Compiled>;

fn compile(asked: &Constraint) -> Compiled {
    let schema = asked.schema().and_then(|schema| Schema::new(&schema).ok());
    let watch = schema.map(|schema| Box::new(Watch::new(Some(&schema), None)));
    let free = || Problem::failed("it is not followed", "a structural tag leaves the text around its tags free", "");
    let matcher = asked.grammar().ok_or_else(free).and_then(|grammar| Matcher::new(&grammar)).map(Box::new);
    Compiled { watch, matcher }
}

/// A constraint that is being made ready, or is.
enum Ready {
    Coming(Compiling),
    There(Compiled),
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
        let own = asked.clone();
        Self {
            ready: Ready::Coming(tokio::task::spawn_blocking(move || compile(&own))),
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
    pub(super) fn compiling(&mut self) -> Option<Compiling> {
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
    pub(super) fn made(&mut self, made: Result<Compiled, JoinError>) {
        self.ready = match made {
            Ok(Compiled { watch: None, matcher: Err(problem) }) => Ready::Never(Unknown::because(problem.why)),
            Ok(compiled) => Ready::There(compiled),
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
        let compiled = match &mut self.ready {
            Ready::Coming(_) => return None,
            Ready::Never(unknown) => return Some(Err(unknown.clone())),
            Ready::There(compiled) => compiled,
        };
        let more = self.text.get(self.fed..).unwrap_or_default();
        self.fed = self.text.len();
        compiled.watch.iter_mut().for_each(|watch| watch.push(more));
        compiled.matcher.iter_mut().for_each(|matcher| matcher.push(more.as_bytes()));
        Some(Ok(compiled.follows(self.fed)))
    }
}

impl Compiled {
    fn follows(&mut self, read: usize) -> Follows {
        let written = self.as_written(read);
        let Some(watch) = &self.watch else { return written };
        let impossible = watch.impossible_at();
        let faults = watch.possible().map_or(&[][..], |possible| possible.faults());
        let why = faults.first().map(|fault| fault.why.clone());
        let why = why.or_else(|| watch.tree().broken().map(|stop| stop.fault.words()));
        let expected = match (impossible, &self.matcher) {
            // Where both leave at the same byte, what could have come there says most.
            (Some(at), Ok(_)) if written.impossible == Some(at) => written.expected,
            (Some(_), _) => why.unwrap_or_else(|| "it is no JSON".to_owned()),
            (None, Ok(_)) if written.impossible.is_none() => written.expected,
            (None, _) => watch.tree().wanted().words(),
        };
        let faults = faults.iter().filter_map(|fault| Some((fault.node?, fault.why.clone()))).collect();
        let order = written.impossible.filter(|_| impossible.is_none());
        let conforming = impossible.unwrap_or(if self.matcher.is_ok() { written.conforming } else { read });
        Follows { conforming, impossible, order, expected, lost: None, faults }
    }

    /// How far the text is as an engine under constraint writes it.
    fn as_written(&mut self, read: usize) -> Follows {
        let Ok(matcher) = &mut self.matcher else { return Follows { conforming: read, ..Follows::default() } };
        let (impossible, words) = (matcher.first_impossible(), matcher.expected().words());
        Follows {
            conforming: matcher.conforming(),
            impossible,
            expected: if impossible.is_some() { format!("expected {words}") } else { words },
            lost: matcher.lost().cloned(),
            ..Follows::default()
        }
    }
}
