//! What servers show of the text that a model read and wrote, before and after templates and parsers.
//!
//! vLLM names the tokens themselves (`return_token_ids`, then `/detokenize`), llama-server shows prompt and text of a whole
//! answer (`verbose`); the others show neither.

use super::Dialect;
use serde_json::{Map, Value, json};

/// What an answer showed of the text behind it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seen {
    /// The prompt as the model read it.
    pub prompt: Option<String>,
    /// The prompt's tokens, by number.
    pub prompt_ids: Vec<u32>,
    /// What the model wrote.
    pub text: Option<String>,
    /// Its tokens, by number.
    pub ids: Vec<u32>,
    /// A text of the request ended the answer, so that its last token is none that ends.
    pub stopped_by_text: bool,
}

/// What a model wrote, before a server took it apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Raw {
    /// The text, without the token that ends it.
    pub text: String,
    /// The token that ends it, where one is known.
    pub end: String,
    /// How it is known.
    pub basis: &'static str,
}

/// A prompt as the model reads it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Prompt {
    /// The whole text.
    pub text: String,
    /// How many tokens the engine counts in it, where it says.
    pub tokens: Option<u64>,
    /// How it is known.
    pub basis: &'static str,
}

/// A text in its tokens.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pieces {
    /// The texts of the tokens; together they are the text. Tokens that hold part of a character are joined.
    pub pieces: Vec<String>,
    /// How they are known.
    pub basis: &'static str,
}

/// Fields of a chat request by which a server shows what stood behind its answer; none where it shows nothing.
pub fn fields(dialect: Dialect, stream: bool) -> Vec<(String, Value)> {
    match (dialect, stream) {
        (Dialect::Vllm, _) => vec![("return_token_ids".to_owned(), true.into())],
        // While it streams it shows the prompt alone.
        (Dialect::LlamaCpp, _) => vec![("verbose".to_owned(), true.into())],
        (Dialect::Ollama | Dialect::OpenAi, _) => Vec::new(),
    }
}

/// Why a server does not show what the model wrote; `None` where it does.
pub fn hidden(dialect: Dialect, stream: bool) -> Option<&'static str> {
    match (dialect, stream) {
        (Dialect::Vllm, _) | (Dialect::LlamaCpp, false) => None,
        (Dialect::LlamaCpp, true) => {
            Some("llama-server shows the raw text of whole answers only, not of streamed ones")
        }
        (Dialect::Ollama, _) => Some("Ollama's /v1 does not show the raw text"),
        (Dialect::OpenAi, _) => Some("this endpoint is not known to show the raw text"),
    }
}

/// What one chunk or whole answer shows.
pub(super) fn seen_in(answer: &Map<String, Value>) -> Option<Seen> {
    let choice = answer.get("choices").and_then(|all| all.get(0)).filter(|choice| {
        // Only the first of several answers is looked into.
        choice.get("index").and_then(Value::as_u64).unwrap_or(0) == 0
    });
    let of_choice = |name: &str| choice.and_then(|choice| choice.get(name));
    let verbose = answer.get("__verbose");
    let told = |name: &str| verbose.and_then(|all| all.get(name)?.as_str()).filter(|text| !text.is_empty());
    let seen = Seen {
        prompt: told("prompt").map(str::to_owned),
        prompt_ids: numbers(answer.get("prompt_token_ids")),
        text: told("content").map(str::to_owned),
        ids: numbers(of_choice("token_ids")),
        stopped_by_text: of_choice("stop_reason").is_some_and(Value::is_string),
    };
    (seen != Seen::default()).then_some(seen)
}

fn numbers(list: Option<&Value>) -> Vec<u32> {
    let all = list.and_then(Value::as_array).into_iter().flatten();
    all.filter_map(|value| u32::try_from(value.as_u64()?).ok()).collect()
}

impl Seen {
    /// Takes a later piece in.
    pub fn extend(&mut self, more: Self) {
        self.prompt = more.prompt.or(self.prompt.take());
        self.text = more.text.or(self.text.take());
        self.prompt_ids.extend(more.prompt_ids);
        self.ids.extend(more.ids);
        self.stopped_by_text |= more.stopped_by_text;
    }
}

/// The body that asks an engine for the prompt it makes of a conversation, and the path it goes to.
pub(super) fn prompt_request(
    dialect: Dialect,
    model: &str,
    messages: &[Value],
    tools: Option<&Value>,
    more: &[(String, Value)],
) -> Option<(&'static str, Value)> {
    let mut body = json!({"model": model, "messages": messages});
    let fields = body.as_object_mut()?;
    fields.extend(tools.map(|tools| ("tools".to_owned(), tools.clone())));
    fields.extend(more.iter().cloned());
    match dialect {
        Dialect::Vllm => Some(("/tokenize", body)),
        Dialect::LlamaCpp => Some(("/apply-template", body)),
        Dialect::Ollama | Dialect::OpenAi => None,
    }
}

/// The body that asks for the tokens of a text.
pub(super) fn tokens_request(dialect: Dialect, model: &str, text: &str) -> Option<Value> {
    match dialect {
        Dialect::Vllm => Some(json!({"model": model, "prompt": text, "add_special_tokens": false})),
        Dialect::LlamaCpp => {
            Some(json!({"content": text, "add_special": false, "parse_special": true, "with_pieces": true}))
        }
        Dialect::Ollama | Dialect::OpenAi => None,
    }
}

/// How many tokens an answer to that tells.
pub(super) fn count_in(answer: &Value) -> Option<u64> {
    let listed = || answer.get("tokens").and_then(Value::as_array).map(|all| all.len() as u64);
    answer.get("count").and_then(Value::as_u64).or_else(listed)
}

/// The tokens' numbers in an answer: bare (vLLM), or beside their texts (llama-server).
pub(super) fn ids_in(answer: &Value) -> Vec<u32> {
    let all = answer.get("tokens").and_then(Value::as_array).into_iter().flatten();
    all.filter_map(|token| u32::try_from(token.get("id").unwrap_or(token).as_u64()?).ok()).collect()
}

/// The tokens' texts in an answer of llama-server, which gives bytes where they are no text.
pub(super) fn pieces_in(answer: &Value) -> Vec<Vec<u8>> {
    let all = answer.get("tokens").and_then(Value::as_array).into_iter().flatten();
    all.filter_map(|token| match token.get("piece")? {
        Value::String(text) => Some(text.clone().into_bytes()),
        Value::Array(bytes) => bytes.iter().map(|byte| u8::try_from(byte.as_u64()?).ok()).collect(),
        _ => None,
    })
    .collect()
}

/// Tokens as a vocabulary spells them, made readable: `Ġ` and `▁` are blanks, and where every character is one of the byte-level
/// alphabet of GPT-2 (bytes that are no printable character stand from U+0100 on), the bytes are put back.
pub(super) fn spelled(tokens: Vec<String>) -> Vec<String> {
    let bytes: Option<Vec<Vec<u8>>> = tokens.iter().map(|token| token.chars().map(byte).collect()).collect();
    let whole = bytes.as_ref().is_some_and(|all| std::str::from_utf8(&all.concat()).is_ok());
    match bytes.filter(|_| whole) {
        Some(all) => all.iter().map(|token| String::from_utf8_lossy(token).into_owned()).collect(),
        None => tokens.iter().map(|token| token.replace(['\u{120}', '\u{2581}'], " ")).collect(),
    }
}

/// The byte that a character of that alphabet stands for.
fn byte(c: char) -> Option<u8> {
    let printable = |byte: &u8| matches!(byte, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff);
    match u32::from(c) {
        code @ 0..=0xff => u8::try_from(code).ok().filter(printable),
        code => {
            let nth = usize::try_from(code.checked_sub(0x100)?).ok()?;
            (0..=u8::MAX).filter(|byte| !printable(byte)).nth(nth)
        }
    }
}

/// Texts of tokens laid over the text that they make up: where a token holds part of a character it is joined with the next.
/// `None` where they are not that text.
pub(super) fn laid(text: &str, pieces: impl IntoIterator<Item = String>) -> Option<Vec<String>> {
    let (mut out, mut rest, mut open): (Vec<String>, &str, bool) = (Vec::new(), text, false);
    for piece in pieces {
        if piece.contains('\u{fffd}') && !rest.starts_with(piece.as_str()) {
            open = true;
            continue;
        }
        let at = if open { rest.find(piece.as_str())? } else { 0 };
        let (between, from) = rest.split_at_checked(at)?;
        out.extend((!between.is_empty()).then(|| between.to_owned()));
        rest = from.strip_prefix(piece.as_str())?;
        out.push(piece);
        open = false;
    }
    match (rest.is_empty(), open) {
        (true, _) => Some(out),
        (false, true) => {
            out.push(rest.to_owned());
            Some(out)
        }
        (false, false) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(answer: &Value) -> Option<Seen> {
        seen_in(answer.as_object().unwrap())
    }

    #[test]
    fn what_servers_show_is_read() {
        assert_eq!(seen(&json!({"choices": [{"index": 0, "delta": {}}]})), None);
        let first = seen(&json!({"choices": [{"index": 0}], "prompt_token_ids": [1, 2]})).unwrap();
        let later = seen(&json!({"choices": [{"index": 0, "token_ids": [7], "stop_reason": "END"}]})).unwrap();
        let mut all = Seen::default();
        for piece in [first, later.clone(), later] {
            all.extend(piece);
        }
        let want = Seen { prompt_ids: vec![1, 2], ids: vec![7, 7], stopped_by_text: true, ..Seen::default() };
        assert_eq!(all, want);
        assert_eq!(seen(&json!({"choices": [{"index": 1, "token_ids": [7]}]})), None);
        let whole = json!({"choices": [{}], "__verbose": {"prompt": "p", "content": "<tool_call>", "tokens": []}});
        let whole = seen(&whole).unwrap();
        assert_eq!((whole.prompt.as_deref(), whole.text.as_deref()), (Some("p"), Some("<tool_call>")));
        assert_eq!(seen(&json!({"choices": 4, "__verbose": 5, "prompt_token_ids": "x"})), None);
    }

    #[test]
    fn tokens_are_laid_over_their_text() {
        let lay = |text: &str, pieces: &[&str]| laid(text, pieces.iter().map(|piece| (*piece).to_owned()));
        assert_eq!(lay("ab c", &["a", "b", " c"]), Some(vec!["a".into(), "b".into(), " c".into()]));
        assert_eq!(lay("é!", &["\u{fffd}", "\u{fffd}", "!"]), Some(vec!["é".into(), "!".into()]));
        assert_eq!(lay("x€", &["x", "\u{fffd}", "\u{fffd}\u{fffd}"]), Some(vec!["x".into(), "€".into()]));
        assert_eq!(lay("ab", &["a"]), None);
        assert_eq!(lay("ab", &["b", "a"]), None);
        assert_eq!(lay("", &[]), Some(Vec::new()));
        // A text may hold that character itself.
        assert_eq!(lay("\u{fffd}a", &["\u{fffd}", "a"]), Some(vec!["\u{fffd}".into(), "a".into()]));
    }

    #[test]
    fn tokens_of_vocabularies_are_made_readable() {
        let spell = |tokens: &[&str]| spelled(tokens.iter().map(|token| (*token).to_owned()).collect());
        assert_eq!(spell(&["Z", "o", "\u{c3}\u{ab}", "\u{120}d", "ay"]), ["Z", "o", "\u{eb}", " d", "ay"]);
        assert_eq!(spell(&["\u{c3}", "\u{ab}"]), ["\u{fffd}", "\u{fffd}"]);
        assert_eq!(
            spell(&["[CLS]", "\u{2581}Berl", "##in", "\u{e9}t\u{e9}"]),
            ["[CLS]", " Berl", "##in", "\u{e9}t\u{e9}"]
        );
        assert_eq!(byte('\u{10a}'), Some(b'\n'));
    }

    #[test]
    fn counts_and_pieces_are_read() {
        assert_eq!(count_in(&json!({"count": 3, "tokens": [1]})), Some(3));
        assert_eq!(count_in(&json!({"tokens": [1, 2]})), Some(2));
        assert_eq!(count_in(&json!({"error": 1})), None);
        let answer = json!({"tokens": [{"id": 1, "piece": "a"}, {"id": 2, "piece": [195]}, {"id": 3}]});
        assert_eq!(pieces_in(&answer), [b"a".to_vec(), vec![195]]);
        assert_eq!((ids_in(&answer), ids_in(&json!({"tokens": [4, 5]}))), (vec![1, 2, 3], vec![4, 5]));
    }
}
