//! A template made ready and rendered, within bounds.

use super::fault::{self, Raised, TooLong};
use super::value::{fraction, value};
use super::{Conversation, Now, brackets, float, json, methods, prepare};
use crate::base::Problem;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Output, State, Value};
use std::fmt::Write as _;
use std::io;

/// Steps that a rendering may take: a conversation of a thousand turns takes some hundred thousand.
pub(super) const STEPS: u64 = 5_000_000;
/// The longest prompt, bytes; a million tokens have about four million.
pub(super) const LONGEST: usize = 16 << 20;
/// The longest source of a template, bytes; the largest published ones have a hundred thousand.
const SOURCE: usize = 1 << 20;
/// Most bytes that values write, also those that are caught and written again.
const WRITTEN: usize = 64 << 20;

/// A chat template with the special tokens of its model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    source: String,
    /// As the engine reads it.
    ready: String,
    special: Vec<(String, String)>,
}

/// A conversation as a prompt.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rendered {
    /// The text that the model reads.
    pub prompt: String,
    /// What was done to the conversation before, and what else to know, in words.
    pub notes: Vec<String>,
}

impl Template {
    /// Makes the template `source` ready. `special` are names and texts, such as `bos_token` and `<s>`.
    ///
    /// # Errors
    /// When it is longer than 1 MiB or no Jinja; the line is told.
    pub fn new(source: &str, special: &[(String, String)]) -> Result<Self, Problem> {
        if source.len() > SOURCE {
            let why = format!("it has {} bytes, {SOURCE} are read", source.len());
            return Err(Problem::failed("the chat template cannot be read", why, "give the model's own template"));
        }
        // Jinja reads every end of a line as a newline.
        let source = &source.replace("\r\n", "\n").replace('\r', "\n");
        let ready = brackets::ready(source);
        let template = Self { source: source.to_owned(), ready, special: special.to_vec() };
        template
            .environment(Now::default())
            .and_then(|env| env.template_from_str(&template.ready).map(drop))
            .map_err(|error| fault::problem(&error, source))?;
        Ok(template)
    }

    /// Its text.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The prompt of a conversation. `now` is what `strftime_now` tells. Steps, text and depth are bounded, memory is not:
    /// the `runtime` has templates rendered in a process of their own, which is.
    ///
    /// # Errors
    /// When the template refuses the conversation, fails, or exceeds its bounds (five million steps, 16 MiB of text).
    pub fn render(&self, conversation: &Conversation, now: Now) -> Result<Rendered, Problem> {
        let (turns, mut notes) = prepare::turns(&conversation.messages, &self.source)?;
        if self.source.contains("strftime_now") {
            notes.push(format!("the template asks for the date: it is told {} (UTC)", now.strftime("%F %R")));
        }
        let tools = conversation.tools.as_ref().filter(|tools| !tools.is_empty());
        if tools.is_some_and(|tools| tools.iter().any(|tool| tool.pointer("/function/description").is_none())) {
            let note = "a tool has no description: vLLM gives null to the template, llama-server an empty text, so that their prompt differs";
            notes.push(note.to_owned());
        }
        let tools = tools.map_or_else(|| Value::from(()), |tools| tools.iter().map(value).collect::<Vec<_>>().into());
        let mut all: Vec<(&str, Value)> =
            self.special.iter().map(|(name, text)| (name.as_str(), Value::from(text.as_str()))).collect();
        all.push(("documents", Value::from(())));
        all.extend(conversation.extra.iter().map(|(name, json)| (name.as_str(), value(json))));
        all.push(("messages", turns.iter().map(value).collect::<Vec<_>>().into()));
        all.push(("tools", tools));
        all.push(("add_generation_prompt", Value::from(conversation.add_generation_prompt)));
        let prompt = self.run(Value::from_pairs(all), now).map_err(|error| fault::problem(&error, &self.source))?;
        Ok(Rendered { prompt, notes })
    }

    fn run(&self, context: Value, now: Now) -> Result<String, Error> {
        let env = self.environment(now)?;
        let template = env.template_from_str(&self.ready)?;
        let mut out = Bounded(Vec::new());
        template.render_captured_to(context, &mut out)?;
        String::from_utf8(out.0).map_err(|_| Error::new(ErrorKind::WriteFailure, "a character was cut"))
    }

    fn environment(&self, now: Now) -> Result<Environment<'_>, Error> {
        let mut env = Environment::new();
        minijinja_contrib::add_to_environment(&mut env);
        env.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
        env.set_fuel(Some(STEPS));
        env.set_recursion_limit(200);
        env.set_debug(false);
        env.set_formatter(write);
        env.set_unknown_method_callback(methods::method);
        env.add_filter("tojson", json::tojson);
        env.add_filter("string", text);
        env.add_filter(brackets::EACH, each);
        env.add_filter("int", whole);
        env.add_test("sequence", is_sequence);
        env.add_test("iterable", is_iterable);
        env.add_function("raise_exception", raise);
        env.add_function("strftime_now", move |form: &str| now.strftime(form));
        Ok(env)
    }
}

/// How much was written by values.
#[derive(Debug, Default)]
struct Written(usize);

fn write(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    let text = match (value.as_str(), fraction(value)) {
        (Some(text), _) => std::borrow::Cow::Borrowed(text),
        (None, Some(fraction)) => float::python(fraction).into(),
        (None, None) => shown(value)?.into(),
    };
    let written = state.get_or_insert_extension(Written::default());
    written.0 = written.0.saturating_add(text.len());
    if written.0 > WRITTEN {
        return Err(too_long());
    }
    out.write_str(&text).map_err(Error::from)
}

/// A value as Python shows it, bounded.
fn shown(value: &Value) -> Result<String, Error> {
    let mut out = BoundedText(String::new());
    write!(out, "{value}").map_err(|_| too_long())?;
    Ok(out.0)
}

/// The filter `string`: Python's `str`.
fn text(value: &Value) -> Result<String, Error> {
    match (value.as_str(), fraction(value)) {
        (Some(text), _) => Ok(text.to_owned()),
        (None, Some(fraction)) => Ok(float::python(fraction)),
        (None, None) => shown(value),
    }
}

/// What a loop goes through; nothing is refused as in Python.
fn each(value: Value) -> Result<Value, Error> {
    match value.kind() {
        ValueKind::None => Err(Error::new(ErrorKind::InvalidOperation, "a loop goes through None, which has no items")),
        _ => Ok(value),
    }
}

/// The filter `int`: what is no number is the default.
fn whole(value: &Value, default: Option<Value>, base: Option<u32>, options: Kwargs) -> Result<Value, Error> {
    let default = default.or(options.get("default")?).unwrap_or_else(|| Value::from(0));
    let base = base.or(options.get("base")?).filter(|base| (2..=36).contains(base)).unwrap_or(10);
    options.assert_all_used()?;
    let read = |text: &str| {
        let text = text.trim().replace('_', "");
        let digits = match base {
            16 => text.trim_start_matches("0x"),
            8 => text.trim_start_matches("0o"),
            2 => text.trim_start_matches("0b"),
            _ => &text,
        };
        let fraction = || text.parse::<f64>().ok().filter(|number| number.is_finite() && base == 10);
        i64::from_str_radix(digits, base).ok().or_else(|| fraction().map(|number| number as i64))
    };
    Ok(match (value.as_str(), fraction(value), value.kind()) {
        (Some(text), ..) => read(text).map_or(default, Value::from),
        (None, Some(number), _) if number.is_finite() => Value::from(number as i64),
        (None, None, ValueKind::Number) => value.clone(),
        (None, None, ValueKind::Bool) => Value::from(i64::from(value.is_true())),
        _ => default,
    })
}

/// The test `sequence`: in Python texts and mappings have a length and items, too.
fn is_sequence(value: &Value) -> bool {
    matches!(value.kind(), ValueKind::Seq | ValueKind::String | ValueKind::Map)
}

/// The test `iterable`: all but nothing, truths and numbers; what is not defined iterates as empty.
fn is_iterable(value: &Value) -> bool {
    use ValueKind::{Iterable, Map, Seq, String, Undefined};
    matches!(value.kind(), Iterable | Map | Seq | String | Undefined)
}

fn raise(message: &Value) -> Result<Value, Error> {
    Err(Error::new(ErrorKind::InvalidOperation, "raise_exception was called").with_source(Raised(message.to_string())))
}

fn too_long() -> Error {
    Error::new(ErrorKind::WriteFailure, "too long").with_source(TooLong(LONGEST >> 20))
}

/// Bytes up to [`LONGEST`].
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len().saturating_add(bytes.len()) > LONGEST {
            return Err(io::Error::other(TooLong(LONGEST >> 20)));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The same for text.
struct BoundedText(String);

impl std::fmt::Write for BoundedText {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        if self.0.len().saturating_add(text.len()) > LONGEST {
            return Err(std::fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}
