//! What a back end will not do of a schema, before it is sent.
//!
//! The rules of xgrammar are those of vLLM's gate (`has_xgrammar_unsupported_json_features`) and of xgrammar itself as held
//! against wrong values (0.2.8); those of llama.cpp were read off the grammars that llama-server makes (b11669); of guidance,
//! llguidance itself is asked. Only places where a schema stands are looked at: a property named `format` is no keyword, and
//! what stands in `enum`, `const`, `default` and `examples` is data.

mod guidance;
mod llama_cpp;
mod opinion;
#[cfg(test)]
mod tests;
mod walk;
mod xgrammar;

use self::walk::{Place, places};
use serde_json::Value;

/// Findings that are told of one schema.
const MOST: usize = 500;

/// What turns a schema into the tokens a model may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Backend {
    /// xgrammar, as vLLM gates it.
    Xgrammar,
    /// guidance (llguidance), vLLM's second choice.
    Guidance,
    /// llama.cpp's converter, and so Ollama's.
    LlamaCpp,
}

/// What becomes of a keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// It is passed over: a reply may break it.
    Ignored,
    /// The request is refused, or goes to another back end.
    Refused,
    /// It is done otherwise than JSON Schema says.
    Differs,
}

/// One keyword that a back end will not do as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Whose it is.
    pub backend: Backend,
    /// The keyword.
    pub keyword: String,
    /// JSON pointer into the schema, to the keyword.
    pub path: String,
    /// What becomes of it.
    pub effect: Effect,
    /// Why, and what that means for the reply.
    pub why: String,
}

impl Backend {
    /// All back ends, in the order shown.
    pub const ALL: [Self; 3] = [Self::Xgrammar, Self::Guidance, Self::LlamaCpp];

    /// The name in JSON and on screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Xgrammar => "xgrammar",
            Self::Guidance => "guidance",
            Self::LlamaCpp => "llama.cpp",
        }
    }

    /// Finds a back end by its name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|backend| backend.name() == name)
    }
}

impl Effect {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ignored => "ignored",
            Self::Refused => "refused",
            Self::Differs => "differs",
        }
    }
}

/// What the back ends will not do of a schema, place by place; llguidance itself is asked for its opinion, which takes some
/// milliseconds. Nothing is looked up outside of the schema. At most 500 findings are told.
pub fn lint(schema: &Value) -> Vec<Finding> {
    let (mut findings, ours) =
        by_rule(schema).into_iter().partition::<Vec<_>, _>(|one| one.backend != Backend::Guidance);
    findings.extend(opinion::settled(schema, ours));
    findings.sort_by_key(|one| one.backend);
    findings.truncate(MOST);
    findings
}

/// The same by the rules alone, without asking llguidance: fast enough for each key typed.
pub fn by_rule(schema: &Value) -> Vec<Finding> {
    let mut found = Notes::default();
    for place in places(schema) {
        for backend in Backend::ALL {
            found.backend = Some(backend);
            match backend {
                Backend::Xgrammar => xgrammar::look(&place, &mut found),
                Backend::Guidance => guidance::look(&place, &mut found),
                Backend::LlamaCpp => llama_cpp::look(&place, &mut found),
            }
        }
        if found.all.len() > MOST {
            break;
        }
    }
    found.all
}

/// Findings as they are noted.
#[derive(Debug, Default)]
struct Notes {
    all: Vec<Finding>,
    backend: Option<Backend>,
}

impl Notes {
    fn add(&mut self, place: &Place<'_>, keyword: &str, effect: Effect, why: impl Into<String>) {
        let Some(backend) = self.backend else { return };
        let path = format!("{}/{}", place.path, walk::escaped(keyword));
        let known = |one: &Finding| one.backend == backend && one.path == path;
        if !self.all.iter().rev().take(40).any(known) {
            self.all.push(Finding { backend, keyword: keyword.to_owned(), path, effect, why: why.into() });
        }
    }

    /// Notes each of the keywords that the schema has.
    fn each(&mut self, place: &Place<'_>, keywords: &[&str], effect: Effect, why: &str) {
        for keyword in keywords.iter().filter(|keyword| place.has(keyword)) {
            self.add(place, keyword, effect, why);
        }
    }
}
