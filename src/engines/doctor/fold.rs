//! Folds the lines of a log into the cause that explains them best.

use super::context::{Context, Stage};
use super::frame::unframed;
use super::read::plain;
use super::remedy::{Cost, Remedy};
use super::rule::{CONSEQUENCE, CRASH, RAISED, Rule, SICK, Told};
use super::rules::{best, is_of_start, is_worth};
use super::server::{EXCEPTION, KILLED, PASSING, SAID, is_killed, is_passing};
use super::text::{bare, exception, is_quiet, said, sentence};
use super::{Finding, Source, engines};
use crate::base::text::clean_line;
use crate::engines::{Dialect, LaunchSpec};

/// A cause that one line names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// Short name of the kind of failure.
    pub name: &'static str,
    /// How much the line explains: of several, the heaviest wins, and of equals the last.
    pub weight: u8,
    /// Why it failed, in the engine's own words.
    pub why: String,
    /// What to try.
    pub hint: String,
}

/// The cause a line names by itself, if it names one.
pub fn cause_of(dialect: Dialect, line: &str) -> Option<Cause> {
    let framed = unframed(line);
    let line = framed.text.as_ref();
    let rule = judge(line)?;
    let context = Context { source: Source::of_dialect(dialect), ..Context::default() };
    let told = (rule.tell)(line, &context);
    let hint = told.remedies.first().map_or("read the whole log".to_owned(), hint);
    let hint = clean_line(&hint);
    Some(Cause { name: told.name.unwrap_or(rule.name), weight: rule.weight, why: clean_line(&sentence(line)), hint })
}

/// A remedy as one sentence.
pub fn hint(remedy: &Remedy) -> String {
    if remedy.is_by_hand() { remedy.why.clone() } else { format!("{}: {}", remedy.headline(), remedy.why) }
}

/// The rule a line falls under.
fn judge(line: &str) -> Option<&'static Rule> {
    if !is_worth(line) {
        return None;
    }
    let ruled = best(line).or_else(|| is_killed(line).then_some(&KILLED));
    if ruled.is_some_and(|rule| rule.weight == SICK) {
        return ruled.filter(|_| engines::is_sick(line));
    }
    // A warning about what might happen is no cause.
    if is_quiet(line) {
        return None;
    }
    let raised = || {
        let name = exception(line)?;
        Some(if is_passing(name, line) { &PASSING } else { &EXCEPTION })
    };
    let said = || ["Error: ", "error: "].iter().any(|word| bare(line).starts_with(word)).then_some(&SAID);
    ruled.or_else(said).or_else(raised)
}

/// What explains the end best so far.
#[derive(Debug, Clone)]
struct Held {
    rule: &'static Rule,
    line: String,
    stage: Stage,
    /// The service that wrote it, where several share the log.
    who: String,
    /// Whether another run has begun since.
    old: bool,
}

impl Held {
    /// Whether a line under a rule explains more than what is held. Of lines that explain as much the last wins, for it is
    /// nearest to the end; but after a crash every later line only tells of it again.
    fn yields_to(&self, rule: &Rule, line: &str) -> bool {
        let (held, next) = (self.rule.weight, rule.weight);
        if !self.old && next == held && self.is_echoed_by(line) {
            return false;
        }
        next > held || (self.old && next >= RAISED) || (next == held && next != CRASH)
    }

    /// Whether a line only repeats what is held, as others pass an error on: `error="… terminated: error loading model: …"`.
    fn is_echoed_by(&self, line: &str) -> bool {
        const FEW: usize = 20;
        let text = bare(&self.line);
        let tail = text.get(text.ceil_char_boundary(text.len().saturating_sub(60))..).unwrap_or(text);
        tail.len() >= FEW && line.contains(tail)
    }
}

/// Reads a log line by line.
#[derive(Debug, Clone, Default)]
pub struct Doctor {
    context: Context,
    held: Option<Held>,
    /// The last exception that no rule knows more of: what made a process die that others only saw dead.
    root: Option<Held>,
    sick: Option<Held>,
    /// Where a YAML error lies, by the lines after it.
    place: Option<String>,
}

impl Doctor {
    /// Nothing read yet. Where the source is not said, the lines tell it.
    pub fn new(source: Option<Source>) -> Self {
        Self { context: Context { source, ..Context::default() }, ..Self::default() }
    }

    /// Takes over the flags that were asked for, so that remedies name what they change.
    pub fn asked(&mut self, spec: &LaunchSpec) {
        self.context.asked(spec);
    }

    /// Whose log it is, as said or as guessed.
    pub fn source(&self) -> Option<Source> {
        self.context.source
    }

    /// Guesses whose log it is from a piece of it, where that is not known.
    pub fn guess(&mut self, text: &str) {
        self.context.guess(text);
    }

    /// Takes one of the first lines of a log, which may hold the command.
    pub fn opening(&mut self, line: &str) {
        self.context.opening(&unframed(line).text);
        self.line(line);
    }

    /// Takes one whole line, without escape sequences.
    pub fn line(&mut self, line: &str) {
        if !is_worth(line) {
            return;
        }
        let framed = unframed(line);
        let (who, line) = (framed.who.as_ref(), framed.text.as_ref());
        self.follow(who, line);
        if let Some((_, rest)) = line.split_once(", line ")
            && rest.contains(", column ")
        {
            self.place = Some(format!("line {}", rest.trim().chars().take(40).collect::<String>()));
        }
        let Some(rule) = judge(line).filter(|rule| !self.is_of_a_request(who, rule)) else { return };
        let found = || {
            let (line, who) = (line.trim().to_owned(), who.to_owned());
            Some(Held { rule, line, stage: self.context.stage, who, old: false })
        };
        if rule.weight == SICK {
            // The first sign of a sickness is nearest to its cause; of one kind of sign the last counts.
            if self.sick.as_ref().is_none_or(|sick| sick.rule.name == rule.name) {
                self.sick = found();
            }
            return;
        }
        if self.context.stopped && rule.weight <= CONSEQUENCE {
            return;
        }
        if rule.weight == RAISED {
            self.root = found();
        }
        if self.held.as_ref().is_none_or(|held| held.yields_to(rule, line)) {
            self.held = found();
        }
    }

    /// Follows how far the run has come, and lets go of what that makes void.
    fn follow(&mut self, who: &str, line: &str) {
        let (was_ready, was_stopped) = (self.context.ready.is_some(), self.context.stopped);
        let began = self.context.line(who, line);
        let ready = self.context.ready.is_some();
        if began {
            self.sick = None;
            for held in [&mut self.held, &mut self.root].into_iter().flatten() {
                held.old = true;
            }
        }
        // Whatever went wrong before, it came up nevertheless.
        let void = ready && !was_ready;
        // One request's error has nothing to do with the end that somebody asked for.
        let done = ready && self.context.stopped && !was_stopped;
        let goes = |held: &Held| held.who == who && (void || (done && held.rule.weight < CONSEQUENCE));
        if self.held.as_ref().is_some_and(goes) {
            (self.held, self.root) = (None, None);
        }
    }

    /// Whether a server that serves one model speaks of a client's request: it has long read its flags and its files.
    fn is_of_a_request(&self, who: &str, rule: &Rule) -> bool {
        let one_model = matches!(self.context.source, Some(Source::Vllm | Source::Litellm));
        one_model && self.context.is_up(who) && is_of_start(rule)
    }

    /// The cause found so far, of an engine of which only the log is known.
    pub fn finding(&self) -> Option<Finding> {
        // Of a server that answers, one request's error is not the end.
        let alive = self.context.ready.is_some() && !self.context.stopped;
        let held = self.held.as_ref().filter(|held| !alive || held.rule.weight >= CONSEQUENCE);
        held.or(self.sick.as_ref()).map(|held| self.explained(held)).or_else(|| self.endless())
    }

    /// The cause of the end, of an engine that is known to have ended by itself.
    pub fn ended(&self) -> Option<Finding> {
        self.held.as_ref().map(|held| self.explained(held))
    }

    fn explained(&self, held: &Held) -> Finding {
        let context = Context { stage: held.stage, ..self.context.clone() };
        let Told { name, mut why, remedies } = (held.rule.tell)(&held.line, &context);
        let name = name.unwrap_or(held.rule.name);
        let mut evidence = &held.line;
        if let Some(root) = self.root.as_ref().filter(|_| name == "engine_core_died") {
            evidence = &root.line;
            why = format!("The engine's worker process ended {} over: {}.", root.stage.words(), said(&root.line));
        }
        if let Some(place) = self.place.as_ref().filter(|_| name == "bad_config") {
            why = format!("{} at {place}.", why.trim_end_matches('.'));
        }
        finding(name, evidence, why, remedies)
    }

    /// llama-server loads for ever when the context is out of all measure; the command says so, the log does not.
    fn endless(&self) -> Option<Finding> {
        const MOST: f64 = 4_194_304.0;
        let asked = self.context.number("--ctx-size").filter(|asked| *asked > MOST)?;
        let command = self.context.command.as_ref().filter(|_| self.context.stage == Stage::Loading)?;
        let why = format!(
            "A context of {} tokens was asked for, more than any model has; the server was still setting memory aside when \
             the log ended.",
            plain(asked)
        );
        let from = Some(plain(asked));
        let remedies = vec![
            Remedy::set("--ctx-size", from.clone(), "8192", Cost::Context, "a length that most cards hold"),
            Remedy::unset("--ctx-size", from, Cost::Room, "the model's own length, fitted to the card"),
        ];
        Some(finding("context_too_large", command, why, remedies))
    }

    /// Why nothing is found.
    pub fn nothing(&self, last: Option<&str>) -> String {
        let ready = self.context.ready.as_ref().map(|line| sentence(line));
        match (ready, self.context.stopped, last) {
            (Some(_), true, _) => "It came up, answered, and was asked to end; nothing failed.".to_owned(),
            (Some(ready), false, _) => format!("It came up ({ready}), and no later line names a failure."),
            (None, true, _) => "It was asked to end before it was ready; nothing failed by itself.".to_owned(),
            (None, false, Some(last)) => {
                format!("No line names a failure; it had not said that it is ready. Its last line: {}", sentence(last))
            }
            (None, false, None) => "The log is empty.".to_owned(),
        }
    }
}

fn finding(name: &'static str, evidence: &str, why: String, mut remedies: Vec<Remedy>) -> Finding {
    for remedy in &mut remedies {
        for text in [&mut remedy.flag, &mut remedy.from, &mut remedy.to].into_iter().flatten() {
            *text = clean_line(text);
        }
        remedy.why = clean_line(&remedy.why);
    }
    Finding { name, evidence: clean_line(evidence), why: clean_line(&why), remedies }
}
