//! Formats as data: which markers a model's text holds and how a call is written between them.
//!
//! The same description serves the formats that are built in (`presets/tools/formats.toml`) and those of a user. A format
//! has pairs of reasoning markers, markers that are neither text nor call, and ways to write a call, tried by their opening.

use crate::base::Problem;
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

const BUILT_IN: &str = include_str!("../../../presets/tools/formats.toml");

/// The formats that are built in, in the order in which `auto` prefers them.
static FORMATS: LazyLock<Vec<Format>> = LazyLock::new(|| read(BUILT_IN).unwrap_or_default());

/// How a call's text between its markers is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// A JSON object that holds name and arguments, or an array of such.
    Json,
    /// A name, then the arguments as a JSON object.
    Named,
    /// A name, then keys and values between tags.
    Tagged,
    /// Calls as Python writes them.
    Python,
    /// `call:name{key:value}` with strings between `quote` tokens.
    Gemma,
    /// A channel header that ends with `separator`; with a recipient a call follows.
    Channel,
    /// A line with a name, then JSON arguments or code.
    Lines,
    /// Code of the interpreter to the end of the text, unless JSON follows.
    Code,
}

/// What is cut off a value between tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trim {
    /// Nothing.
    #[default]
    None,
    /// One line break at the start and one at the end.
    Lines,
    /// One line break at either end, where there is one at the start.
    Pair,
    /// White space at both ends.
    Space,
}

/// A pair of markers around reasoning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Think {
    /// Begins reasoning; empty where the prompt itself begins it.
    #[serde(default)]
    pub open: String,
    /// Ends it; empty where only another marker does.
    #[serde(default)]
    pub close: String,
}

/// One way to write a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallForm {
    /// How the text between the markers is written.
    pub body: Body,
    /// Markers that begin a call.
    #[serde(default)]
    pub open: Vec<String>,
    /// Markers that end it; where none comes, the end of its last value does.
    #[serde(default)]
    pub close: Vec<String>,
    /// Tokens that may stand between the opening and the call.
    #[serde(default)]
    pub skip: Vec<String>,
    /// The opening is the first character of the call and may stand in ordinary text: what is no call stays text.
    #[serde(default)]
    pub bare: bool,
    /// Members that hold the name, in the order of preference.
    #[serde(default = "name_keys")]
    pub name: Vec<String>,
    /// Members that hold the arguments.
    #[serde(default = "argument_keys")]
    pub arguments: Vec<String>,
    /// The name is the only key of the object and the arguments its value.
    #[serde(default)]
    pub keyed: bool,
    /// A call may lack its name.
    #[serde(default)]
    pub nameless: bool,
    /// Stands between name and arguments.
    #[serde(default)]
    pub separator: Vec<String>,
    /// What stands before the name within the header, up to this token, is not part of it.
    #[serde(default)]
    pub name_after: String,
    /// Ends the name of a tagged call.
    #[serde(default)]
    pub name_end: String,
    /// Begins a key.
    #[serde(default)]
    pub key: String,
    /// Ends it.
    #[serde(default)]
    pub key_end: String,
    /// Stands between the end of a key and its value.
    #[serde(default)]
    pub value: String,
    /// Ends a value.
    #[serde(default)]
    pub value_end: String,
    /// Markers of what surrounds a tagged call; they end it as well.
    #[serde(default)]
    pub around: Vec<String>,
    /// What is cut off a value.
    #[serde(default)]
    pub trim: Trim,
    /// Values without a type in the tools are read as JSON where they are JSON; otherwise they stay text.
    #[serde(default)]
    pub json_values: bool,
    /// Values may hold the five entities of XML and CDATA sections.
    #[serde(default)]
    pub entities: bool,
    /// The token around strings.
    #[serde(default)]
    pub quote: String,
}

fn name_keys() -> Vec<String> {
    ["name", "tool_name", "function", "tool"].map(str::to_owned).to_vec()
}

fn argument_keys() -> Vec<String> {
    ["arguments", "parameters", "args"].map(str::to_owned).to_vec()
}

/// The description of a format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Format {
    /// By which it is asked for.
    pub name: String,
    /// Other names, such as an engine gives its parser.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Models that write it, in words.
    #[serde(default)]
    pub models: String,
    /// Markers around reasoning.
    #[serde(default)]
    pub think: Vec<Think>,
    /// Markers that are neither text nor call.
    #[serde(default)]
    pub markers: Vec<String>,
    /// Markers that end a channel.
    #[serde(default)]
    pub resets: Vec<String>,
    /// Characters that may stand between two calls besides white space.
    #[serde(default)]
    pub between: String,
    /// The first way to write a call may begin the text without its opening.
    #[serde(default)]
    pub at_start: bool,
    /// Ways to write a call.
    #[serde(default)]
    pub call: Vec<CallForm>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: Vec<Format>,
}

/// The formats that are built in.
pub fn formats() -> &'static [Format] {
    &FORMATS
}

/// Reads descriptions of formats from TOML: an array of tables `format`, each with its array `call`.
///
/// # Errors
/// When the text is no such TOML, or a description cannot work: two of one name, no call, a call without opening or
/// without the markers that its body needs.
pub fn read(text: &str) -> Result<Vec<Format>, Problem> {
    let refuse = |why: String| {
        let hint = "write one [[format]] with name and [[format.call]] with body and open, as the built-in formats are";
        Problem::usage("the description of a tool format cannot be used", why, hint)
    };
    let file: File = toml::from_str(text).map_err(|error| refuse(error.to_string()))?;
    for (at, format) in file.format.iter().enumerate() {
        if file.format[..at].iter().any(|one| one.name == format.name) {
            return Err(refuse(format!("{} is described twice", format.name)));
        }
        if let Some(why) = fault(format) {
            return Err(refuse(format!("{}: {why}", format.name)));
        }
    }
    Ok(file.format)
}

fn fault(format: &Format) -> Option<String> {
    let lacks = |name: &str| Some(format!("a call of this body needs `{name}`"));
    if format.name.is_empty() || format.name == "auto" {
        return Some("a format needs a name, other than auto".to_owned());
    }
    if format.call.is_empty() {
        return Some("it has no call".to_owned());
    }
    format.call.iter().find_map(|call| {
        if call.open.iter().all(String::is_empty) {
            return Some("a call needs an opening".to_owned());
        }
        match call.body {
            Body::Tagged if call.key.is_empty() => lacks("key"),
            Body::Tagged if call.key_end.is_empty() => lacks("key_end"),
            Body::Tagged if call.value_end.is_empty() => lacks("value_end"),
            Body::Tagged if call.close.is_empty() => lacks("close"),
            Body::Gemma if call.quote.is_empty() => lacks("quote"),
            Body::Channel if call.separator.is_empty() => lacks("separator"),
            _ => None,
        }
    })
}

/// The format of this name or alias among the built-in ones.
///
/// # Errors
/// When there is none; the names are told.
pub fn named(name: &str) -> Result<&'static Format, Problem> {
    let is = |format: &&Format| format.name == name || format.aliases.iter().any(|alias| alias == name);
    formats().iter().find(is).ok_or_else(|| {
        let names: Vec<&str> = formats().iter().map(|format| format.name.as_str()).collect();
        let near = names
            .iter()
            .copied()
            .max_by(|a, b| strsim::jaro_winkler(a, name).total_cmp(&strsim::jaro_winkler(b, name)));
        let hint = format!("try {}, auto, or one of: {}", near.unwrap_or("hermes"), names.join(" "));
        Problem::usage("the format is not known", format!("there is no format {name}"), hint)
    })
}
