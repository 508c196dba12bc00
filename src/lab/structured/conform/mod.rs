//! How far a text keeps to a constraint as an engine enforces it: byte by byte, members of objects in the order of the schema.
//! A text that leaves this way can still obey the schema (in another order); that is told by [`super::possible`].

mod compile;
mod next;

pub use next::{Expected, Piece};

use crate::base::{Problem, Unknown};
use serde_json::Value;

/// What a text must follow.
#[derive(Debug, Clone, PartialEq)]
pub enum Grammar {
    /// A JSON Schema.
    Schema(Value),
    /// Any JSON object: what engines call JSON mode.
    Json,
    /// A regular expression over the whole text.
    Regex(String),
    /// One of these texts.
    Choice(Vec<String>),
    /// A grammar: Lark, or GBNF (`root ::= …`), which is translated.
    Rules(String),
}

impl Grammar {
    /// Whether the text is JSON, so that white space around it is harmless.
    pub fn is_json(&self) -> bool {
        matches!(self, Self::Schema(_) | Self::Json)
    }
}

/// Follows one text.
#[derive(Clone)]
pub struct Matcher {
    state: State,
    json: bool,
    begun: bool,
    read: usize,
    conforming: usize,
}

#[derive(Clone)]
#[allow(clippy::large_enum_variant, reason = "one matcher a text")]
enum State {
    Follows(llguidance::Matcher),
    /// The value is over, only white space may come.
    Over,
    /// A byte came that nothing allows; what would have been allowed instead.
    Left(Expected),
    /// The engine of grammars gave up on the way.
    Lost(Unknown),
}

impl std::fmt::Debug for Matcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Matcher({} of {})", self.conforming, self.read)
    }
}

impl Matcher {
    /// Compiles a constraint. That can take seconds for a large one: not for the thread that draws. What would take
    /// longer or more memory than is sensible is refused.
    ///
    /// # Errors
    /// When it is refused, in the words of llguidance: it has a keyword that cannot be followed, or is too large. What the
    /// text is worth then is not known to this matcher.
    pub fn new(grammar: &Grammar) -> Result<Self, Problem> {
        let matcher = compile::compile(grammar)?;
        Ok(Self { state: State::Follows(matcher), json: grammar.is_json(), begun: false, read: 0, conforming: 0 })
    }

    /// Reads more of the text. The result is the same however the text is cut. White space around a JSON value is taken, though
    /// an engine under constraint would not write it.
    pub fn push(&mut self, bytes: &[u8]) {
        self.read = self.read.saturating_add(bytes.len());
        let mut rest = bytes;
        if self.json && !self.begun {
            rest = self.skip(rest);
            self.begun = !rest.is_empty();
        }
        if let State::Follows(matcher) = &mut self.state
            && !rest.is_empty()
        {
            let tokens: Vec<u32> = rest.iter().map(|byte| u32::from(*byte)).collect();
            match matcher.try_consume_tokens(&tokens) {
                Ok(taken) => {
                    self.conforming = self.conforming.saturating_add(taken);
                    rest = rest.get(taken..).unwrap_or_default();
                    if !rest.is_empty() {
                        self.leave(rest);
                    }
                }
                Err(error) => self.state = State::Lost(Unknown::because(compile::first_line(&error.to_string()))),
            }
        }
        if matches!(self.state, State::Over) {
            rest = self.skip(rest);
            if !rest.is_empty() {
                self.state = State::Left(Expected { pieces: vec![Piece::Blank], may_end: true });
            }
        }
    }

    /// Takes white space.
    fn skip<'a>(&mut self, rest: &'a [u8]) -> &'a [u8] {
        let blank = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
        self.conforming = self.conforming.saturating_add(blank);
        rest.get(blank..).unwrap_or_default()
    }

    /// A byte came that the grammar does not allow.
    fn leave(&mut self, rest: &[u8]) {
        let expected = self.expected();
        let blank = rest.first().is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
        self.state = if self.json && blank && expected.may_end { State::Over } else { State::Left(expected) };
    }

    /// Bytes from the start that some answer under the constraint begins with.
    pub fn conforming(&self) -> usize {
        self.conforming
    }

    /// Bytes that were read.
    pub fn read(&self) -> usize {
        self.read
    }

    /// The place of the first byte that no answer under the constraint has there; absent while all follow it.
    pub fn first_impossible(&self) -> Option<usize> {
        matches!(self.state, State::Left(_)).then_some(self.conforming)
    }

    /// Why the text could not be followed to its end; absent while it could.
    pub fn lost(&self) -> Option<&Unknown> {
        if let State::Lost(why) = &self.state { Some(why) } else { None }
    }

    /// What may come next, or what could have come in place of the first impossible byte.
    pub fn expected(&mut self) -> Expected {
        match &mut self.state {
            State::Follows(matcher) if !self.begun || !matcher.is_stopped() => next::expected(matcher),
            State::Follows(_) => Expected { pieces: Vec::new(), may_end: true },
            State::Over => Expected { pieces: vec![Piece::Blank], may_end: true },
            State::Left(expected) => expected.clone(),
            State::Lost(_) => Expected { pieces: Vec::new(), may_end: false },
        }
    }

    /// Whether the text may end here.
    pub fn may_end(&mut self) -> bool {
        match &mut self.state {
            State::Follows(matcher) => {
                (self.begun || !self.json) && (matcher.is_stopped() || matcher.is_accepting().unwrap_or(false))
            }
            State::Over => true,
            State::Left(_) | State::Lost(_) => false,
        }
    }
}

#[cfg(test)]
mod tests;
