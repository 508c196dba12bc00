//! Which templates a model's own files hold, in the order in which Hugging Face's libraries take them.

use crate::base::text::clean_line;
use crate::base::{Problem, Reading, Unknown};
use serde_json::Value;

/// The names of special tokens that a template may use as variables.
const SPECIAL: [&str; 7] = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

/// One template and where it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// `default`, `tool_use`, `rag`, or a name of the model's own.
    pub name: String,
    /// The file, and the key in it.
    pub source: String,
    /// Its text.
    pub text: String,
}

/// The templates of a model and what else its files tell for rendering.
#[derive(Debug, Clone, PartialEq)]
pub struct Templates {
    /// In the order found; no two have one name.
    pub all: Vec<Found>,
    /// Special tokens by the names that templates use.
    pub special: Vec<(String, String)>,
    /// The longest context by the model's own files, tokens.
    pub context: Reading<u64>,
    /// What else to know of them, in words.
    pub notes: Vec<String>,
}

impl Default for Templates {
    fn default() -> Self {
        let context = Err(Unknown::because("the model's files do not tell the context"));
        Self { all: Vec::new(), special: Vec::new(), context, notes: Vec::new() }
    }
}

/// The texts of the files of a model's folder; `None` where one is not there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Files {
    /// `chat_template.jinja`.
    pub jinja: Option<String>,
    /// The files of `additional_chat_templates/`, by name without ending.
    pub additional: Vec<(String, String)>,
    /// `tokenizer_config.json`.
    pub tokenizer_config: Option<String>,
    /// `chat_template.json`.
    pub legacy: Option<String>,
    /// `special_tokens_map.json`.
    pub special_tokens: Option<String>,
    /// `config.json`.
    pub config: Option<String>,
}

impl Templates {
    /// One template that stands alone.
    pub fn alone(text: String, source: &str) -> Self {
        let one = Found { name: "default".to_owned(), source: source.to_owned(), text };
        let notes = vec!["the template stands alone: no special tokens and no tokenizer are known".to_owned()];
        Self { all: vec![one], notes, ..Self::default() }
    }

    /// The templates of a folder. Files of their own (`chat_template.jinja`, `additional_chat_templates/`) take the place of
    /// those in `tokenizer_config.json`; `chat_template.json`, of older processors, is the last.
    ///
    /// # Errors
    /// When a JSON file that is needed cannot be read.
    pub fn of(files: &Files) -> Result<Self, Problem> {
        let mut out = Self::default();
        let config = files.tokenizer_config.as_deref().map(|text| json(text, "tokenizer_config.json")).transpose()?;
        out.all.extend(files.jinja.iter().map(|text| found("default", "chat_template.jinja", text)));
        for (name, text) in &files.additional {
            out.add(found(name, &format!("additional_chat_templates/{name}.jinja"), text));
        }
        let in_config = config.as_ref().map(|config| listed(config, "tokenizer_config.json")).unwrap_or_default();
        let legacy = match &files.legacy {
            Some(text) => listed(&json(text, "chat_template.json")?, "chat_template.json"),
            None => Vec::new(),
        };
        for (others, file) in [(in_config, "tokenizer_config.json"), (legacy, "chat_template.json")] {
            if out.all.is_empty() {
                out.all = others;
            } else if others.iter().any(|other| {
                out.all.iter().any(|one| one.name == other.name && one.text.trim_end() != other.text.trim_end())
            }) {
                let taken = out.all.first().map(|one| one.source.clone()).unwrap_or_default();
                out.notes.push(format!("{file} holds another template: {taken} goes before it"));
            }
        }
        let map = files.special_tokens.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
        let holders = || config.iter().chain(&map);
        let token = |name: &str| holders().find_map(|holder| special(holder.get(name)?));
        out.special = SPECIAL.iter().filter_map(|name| Some(((*name).to_owned(), token(name)?))).collect();
        if let Some(text) = &files.config {
            out.context = context(text);
        }
        Ok(out)
    }

    /// Adds one, unless its name is there already.
    pub(super) fn add(&mut self, one: Found) {
        if self.all.iter().all(|other| other.name != one.name) {
            self.all.push(one);
        }
    }

    /// The template to render by: the one of the name, else `tool_use` where tools are offered and it is there, else
    /// `default`.
    ///
    /// # Errors
    /// When there is none, or none of the name; those that are there are told.
    pub fn choose(&self, wanted: Option<&str>, tools: bool) -> Result<&Found, Problem> {
        let named = |name: &str| self.all.iter().find(|one| one.name == name);
        let names = || self.all.iter().map(|one| clean_line(&one.name)).collect::<Vec<_>>().join(", ");
        if self.all.is_empty() {
            let why = "its files hold none: it may be a base model, or its template lies in its original repository";
            let hint = "give the template as a .jinja file, or ask an engine that serves it with --url";
            return Err(Problem::failed("the model has no chat template", why, hint));
        }
        if let Some(wanted) = wanted {
            let missing = || {
                let what = format!("there is no template {}", clean_line(wanted));
                Problem::usage(
                    what,
                    format!("there are {}", names()),
                    "give one of them with --template, or leave it out",
                )
            };
            return named(wanted).ok_or_else(missing);
        }
        let usual = if tools { named("tool_use").or_else(|| named("default")) } else { named("default") };
        let only = || self.all.first().filter(|_| self.all.len() == 1);
        usual.or_else(only).ok_or_else(|| {
            let what = "it is not said which template is meant";
            Problem::usage(what, format!("there are {}, none is called default", names()), "name one with --template")
        })
    }
}

fn found(name: &str, source: &str, text: &str) -> Found {
    Found { name: name.to_owned(), source: source.to_owned(), text: text.to_owned() }
}

fn json(text: &str, file: &str) -> Result<Value, Problem> {
    serde_json::from_str(text).map_err(|error| {
        Problem::failed(format!("{file} cannot be read"), error.to_string(), "download the model's files again")
    })
}

/// `chat_template` of a JSON file: one text, or a list of `{"name", "template"}`.
fn listed(holder: &Value, file: &str) -> Vec<Found> {
    let source = format!("{file}: chat_template");
    match holder.get("chat_template") {
        Some(Value::String(text)) => vec![found("default", &source, text)],
        Some(Value::Array(all)) => {
            let one =
                |entry: &Value| Some(found(entry.get("name")?.as_str()?, &source, entry.get("template")?.as_str()?));
            all.iter().filter_map(one).collect()
        }
        Some(Value::Object(all)) => {
            all.iter().filter_map(|(name, text)| Some(found(name, &source, text.as_str()?))).collect()
        }
        _ => Vec::new(),
    }
}

/// A special token: its text, or an object that holds it.
fn special(value: &Value) -> Option<String> {
    value.as_str().or_else(|| value.get("content")?.as_str()).map(str::to_owned)
}

/// `max_position_embeddings` of a `config.json`, or of the text model in it.
fn context(text: &str) -> Reading<u64> {
    let unknown = |why: &'static str| Unknown::because(why);
    let config: Value = serde_json::from_str(text).map_err(|_| unknown("config.json cannot be read"))?;
    let holders = [Some(&config), config.get("text_config"), config.get("llm_config")];
    let found = holders.into_iter().flatten().find_map(|holder| holder.get("max_position_embeddings")?.as_u64());
    found.filter(|length| *length > 0).ok_or_else(|| unknown("config.json does not tell max_position_embeddings"))
}
