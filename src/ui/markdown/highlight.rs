//! Which parts of code are keywords, strings and so on. The tables are large and each language's
//! grammar takes a while to compile: both happen on a thread of their own when the first code block of a language is
//! drawn; until then its code is plain.

use super::roles::Roles;
use ratatui::style::Style;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxSet};

/// A longer line is left plain: the grammars' expressions can take very long on it.
const LINE_BYTES: usize = 1000;
/// Names of languages come from the model: no more than these are looked up, nor longer ones.
const MOST_LANGUAGES: usize = 100;
const LANGUAGE_BYTES: usize = 40;

/// What a part of code is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    Plain,
    Keyword,
    String,
    Comment,
    Number,
    Function,
    Type,
}

impl Token {
    pub fn style(self, roles: &Roles) -> Style {
        roles.code_block.patch(match self {
            Self::Plain => Style::new(),
            Self::Keyword => roles.keyword,
            Self::String => roles.string,
            Self::Comment => roles.comment,
            Self::Number => roles.number,
            Self::Function => roles.function,
            Self::Type => roles.type_name,
        })
    }
}

/// A part of a line of code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub text: String,
    pub token: Token,
}

impl Piece {
    pub fn plain(text: String) -> Self {
        Self { text, token: Token::Plain }
    }
}

struct Tables {
    syntaxes: SyntaxSet,
    /// Beginnings of scope names and what they mean; of two that fit, the later is the more exact.
    meanings: Vec<(Scope, Token)>,
}

const MEANINGS: &[(&str, Token)] = &[
    ("comment", Token::Comment),
    ("string", Token::String),
    ("constant", Token::Number),
    ("constant.character", Token::String),
    ("keyword", Token::Keyword),
    ("keyword.operator", Token::Plain),
    ("keyword.operator.logical.python", Token::Keyword),
    ("storage", Token::Keyword),
    ("variable.language", Token::Keyword),
    ("entity.name", Token::Type),
    ("entity.name.function", Token::Function),
    ("entity.name.tag", Token::Keyword),
    ("entity.other.inherited-class", Token::Type),
    ("entity.other.attribute-name", Token::Type),
    ("support.function", Token::Function),
    ("support.type", Token::Type),
    ("support.class", Token::Type),
    ("variable.function", Token::Function),
    ("meta.interpolation", Token::Plain),
];

static TABLES: OnceLock<Tables> = OnceLock::new();
/// Languages asked for, and whether they are ready.
static LANGUAGES: Mutex<BTreeMap<String, bool>> = Mutex::new(BTreeMap::new());
static READY: AtomicUsize = AtomicUsize::new(0);

/// Lines that bring a grammar into its usual states, so that its expressions are compiled before they are needed.
const WARM_UP: &str = r#"fn main() { let x: u32 = 12 + f("s\n", 'c', &a[0]); } // c
def f(a, b=1.5e3, *c): # d
    return "x %s" % a if not b else [g(x) for x in {"k": None}]
class A(B): pass
import a.b as c; from d import e; use f::{g, h};
pub struct S<T> where T: U { a: &'a str, b: Vec<u8> } impl S { async fn f(&self) -> Result<(), E> { Ok(()) } }
const f = async (a, { b }) => `x ${a}`; export function g() { return new A(/r/g, true, null); }
{"k": [1, true, null, "s\u00e9"]}
if [ -f "$X" ]; then echo $(ls -l) | grep 'a' > b && export C=${D:-e}; fi
<a href="b" class='c'>d &amp; e</a> <!-- f -->
SELECT a, count(*) FROM b WHERE c = 'd' AND e > 1; -- f
/* c */ #include <x.h>
template <typename T> static inline int f(const T *p) { for (int i = 0; i < 10; ++i) p->g(i); return 0x1f; }
key: value # c
- a: "b"
[section]
"#;

/// How many languages became ready so far. When it grows, code drawn plain before may get colours at the next layout.
pub fn generation() -> usize {
    READY.load(Ordering::Acquire)
}

/// Makes a language ready now: loads the tables and compiles the expressions of its grammar. Takes tens of
/// milliseconds; drawing does it on a thread of its own.
pub fn prepare(language: &str) {
    let name = token_of(language);
    let tables = tables();
    if let Some(syntax) = tables.syntaxes.find_syntax_by_token(&name) {
        let mut running = ParseState::new(syntax);
        for line in WARM_UP.lines() {
            let line = format!("{line}\n");
            // What the lines mean does not matter, nor whether the grammar can read them.
            let _ = ParseState::new(syntax).parse_line(&line, &tables.syntaxes);
            let _ = running.parse_line(&line, &tables.syntaxes);
        }
    }
    languages().insert(name, true);
    READY.fetch_add(1, Ordering::AcqRel);
}

fn tables() -> &'static Tables {
    TABLES.get_or_init(|| Tables {
        syntaxes: SyntaxSet::load_defaults_newlines(),
        meanings: MEANINGS.iter().filter_map(|(name, token)| Some((Scope::new(name).ok()?, *token))).collect(),
    })
}

fn languages() -> MutexGuard<'static, BTreeMap<String, bool>> {
    // A thread that ended in the middle leaves the map whole.
    LANGUAGES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a language is ready; if nobody asked for it before, it begins to be made ready.
fn is_ready(name: &str) -> bool {
    let mut languages = languages();
    if let Some(ready) = languages.get(name) {
        return *ready;
    }
    if languages.len() < MOST_LANGUAGES {
        languages.insert(name.to_owned(), false);
        let owned = name.to_owned();
        // Without a thread code stays plain, which is no failure to speak of.
        drop(std::thread::Builder::new().name("highlight".to_owned()).spawn(move || prepare(&owned)));
    }
    false
}

/// The name or extension by which the tables know a language.
fn token_of(language: &str) -> String {
    match language.to_ascii_lowercase().as_str() {
        "ts" | "tsx" | "jsx" | "typescript" | "mjs" => "js".to_owned(),
        "shell" | "console" | "zsh" | "shell-session" => "sh".to_owned(),
        "jsonc" | "json5" | "jsonl" => "json".to_owned(),
        "c++" | "cuda" | "cu" => "cpp".to_owned(),
        "py" | "python3" | "ipython" => "python".to_owned(),
        other => other.to_owned(),
    }
}

/// The state between lines of one code block.
#[derive(Debug, Clone)]
pub(super) struct Highlighter {
    parse: ParseState,
    scopes: ScopeStack,
}

impl Highlighter {
    /// For a language by its usual name or file extension. None for an unknown one, or while it is not ready.
    pub fn new(language: &str) -> Option<Self> {
        let name = token_of(language);
        if name.is_empty() || name.len() > LANGUAGE_BYTES || !is_ready(&name) {
            return None;
        }
        let syntax = tables().syntaxes.find_syntax_by_token(&name)?;
        Some(Self { parse: ParseState::new(syntax), scopes: ScopeStack::new() })
    }

    /// The parts of the next line, which is given without its line end.
    pub fn line(&mut self, line: &str) -> Vec<Piece> {
        let whole = || vec![Piece::plain(line.to_owned())];
        let tables = tables();
        if line.len() > LINE_BYTES {
            return whole();
        }
        let with_end = format!("{line}\n");
        let Ok(changes) = self.parse.parse_line(&with_end, &tables.syntaxes) else { return whole() };
        let mut pieces: Vec<Piece> = Vec::new();
        let mut from = 0;
        for (at, change) in changes.iter().chain([&(line.len(), syntect::parsing::ScopeStackOp::Noop)]) {
            if let Some(text) = line.get(from..(*at).min(line.len())).filter(|text| !text.is_empty()) {
                add(&mut pieces, text, tables.meaning(&self.scopes));
                from = *at;
            }
            if self.scopes.apply(change).is_err() {
                self.scopes = ScopeStack::new();
            }
        }
        pieces
    }
}

fn add(pieces: &mut Vec<Piece>, text: &str, token: Token) {
    match pieces.last_mut() {
        Some(last) if last.token == token => last.text.push_str(text),
        _ => pieces.push(Piece { text: text.to_owned(), token }),
    }
}

impl Tables {
    /// What the innermost scope with a meaning says.
    fn meaning(&self, scopes: &ScopeStack) -> Token {
        let of_scope = |scope: &Scope| {
            self.meanings.iter().rev().find(|(name, _)| name.is_prefix_of(*scope)).map(|(_, token)| *token)
        };
        scopes.as_slice().iter().rev().find_map(of_scope).unwrap_or(Token::Plain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coloured(language: &str, lines: &[&str]) -> Vec<(String, Token)> {
        prepare(language);
        let mut highlighter = Highlighter::new(language).unwrap();
        let pieces = lines.iter().flat_map(|line| highlighter.line(line));
        pieces
            .filter(|piece| piece.token != Token::Plain)
            .map(|piece| (piece.text.trim().to_owned(), piece.token))
            .collect()
    }

    #[test]
    fn knows_the_parts_of_code() {
        let rust = coloured("rust", &["fn main() { // hi", "let x: u8 = 12; /* a", "b */ f(\"s\"); }"]);
        for expected in [
            ("fn", Token::Keyword),
            ("main", Token::Function),
            ("// hi", Token::Comment),
            ("u8", Token::Keyword),
            ("12", Token::Number),
            ("b */", Token::Comment),
            ("\"s\"", Token::String),
        ] {
            assert!(rust.contains(&(expected.0.to_owned(), expected.1)), "{expected:?} in {rust:?}");
        }
        let python = coloured("py", &["def f(a):", "  return 'x' # c"]);
        assert_eq!(python[0], ("def".to_owned(), Token::Keyword));
        assert!(python.contains(&("# c".to_owned(), Token::Comment)), "{python:?}");
        for language in ["ts", "bash", "json", "c++", "go", "html", "sql", "yaml"] {
            assert!(tables().syntaxes.find_syntax_by_token(&token_of(language)).is_some(), "{language}");
        }
        prepare("klingon");
        assert!(Highlighter::new("klingon").is_none());
    }

    #[test]
    fn every_byte_of_a_line_stays() {
        for language in ["rust", "json", "md"] {
            prepare(language);
            let mut highlighter = Highlighter::new(language).unwrap();
            for line in ["", "  x", "日本 \"語\" // ü", "}}}}) <b", &"x".repeat(2000)] {
                let text: String = highlighter.line(line).into_iter().map(|piece| piece.text).collect();
                assert_eq!(text, line, "{language}");
            }
        }
    }
}
