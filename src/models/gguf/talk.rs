//! What a head says for conversations: chat templates and special tokens. [`super::read`] leaves these texts out.

use super::Broken;
use super::bytes::Source;
use super::head::{opening, opening_of_list, width};
use std::collections::BTreeMap;
use std::io::Read;

/// The longest template that is kept, bytes.
const TEMPLATE: u64 = 4 << 20;
/// The longest token that is kept, bytes.
const TOKEN: u64 = 256;
/// The most tokens and the most bytes of them that are kept.
const TOKENS: u64 = 1 << 20;
const TOKEN_BYTES: usize = 64 << 20;
/// The most templates that are kept.
const TEMPLATES: usize = 64;

/// Templates and special tokens of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Talk {
    /// By name; the first and usual one has none.
    pub templates: Vec<(String, String)>,
    /// `bos_token` and the like, as templates call them.
    pub special: Vec<(String, String)>,
    /// `ARCH.context_length`, tokens.
    pub context: Option<u64>,
}

#[derive(Default)]
struct Kept {
    templates: BTreeMap<String, String>,
    ids: BTreeMap<String, u64>,
    lengths: BTreeMap<String, u64>,
    architecture: String,
    tokens: Vec<String>,
    token_bytes: usize,
}

/// Reads the head as far as its keys go.
///
/// # Errors
/// What is wrong with the file.
pub fn talk(from: impl Read) -> Result<Talk, Broken> {
    let mut source = Source::new(from);
    let (_tensors, keys) = opening(&mut source)?;
    let mut kept = Kept::default();
    for _ in 0..keys {
        let key = source.text(128)?;
        let kind = source.u32()?;
        kept.take(&mut source, key, kind)?;
    }
    Ok(kept.told())
}

impl Kept {
    fn take<R: Read>(&mut self, source: &mut Source<R>, key: String, kind: u32) -> Result<(), Broken> {
        match kind {
            8 if key.starts_with("tokenizer.chat_template") && self.templates.len() < TEMPLATES => {
                let text = source.text(TEMPLATE)?;
                let name = key.trim_start_matches("tokenizer.chat_template").trim_start_matches('.').to_owned();
                self.templates.insert(name, text);
            }
            8 if key == "general.architecture" => self.architecture = source.text(TOKEN)?,
            8 => drop(source.text(0)?),
            9 => self.list(source, &key)?,
            4 => {
                let number = source.u32()?;
                self.number(key, number.into());
            }
            10 => {
                let number = source.u64()?;
                self.number(key, number);
            }
            kind => source.skip(width(kind)?)?,
        }
        Ok(())
    }

    fn number(&mut self, key: String, number: u64) {
        if let Some(name) = key.strip_prefix("tokenizer.ggml.").and_then(|key| key.strip_suffix("_token_id")) {
            self.ids.insert(name.to_owned(), number);
        } else if key.ends_with(".context_length") {
            self.lengths.insert(key, number);
        }
    }

    fn list<R: Read>(&mut self, source: &mut Source<R>, key: &str) -> Result<(), Broken> {
        let (kind, count) = opening_of_list(source)?;
        if kind != 8 {
            return source.skip(count.saturating_mul(width(kind)?));
        }
        for at in 0..count {
            let wanted = key == "tokenizer.ggml.tokens" && at < TOKENS && self.token_bytes < TOKEN_BYTES;
            let text = source.text(if wanted { TOKEN } else { 0 })?;
            if wanted {
                self.token_bytes = self.token_bytes.saturating_add(text.len());
                self.tokens.push(text);
            }
        }
        Ok(())
    }

    fn told(self) -> Talk {
        let names = [
            ("bos", "bos_token"),
            ("eos", "eos_token"),
            ("unknown", "unk_token"),
            ("seperator", "sep_token"),
            ("padding", "pad_token"),
            ("cls", "cls_token"),
            ("mask", "mask_token"),
        ];
        let token = |id: u64| self.tokens.get(usize::try_from(id).ok()?).cloned();
        let special = names.into_iter().filter_map(|(key, name)| Some((name.to_owned(), token(*self.ids.get(key)?)?)));
        Talk {
            special: special.collect(),
            context: self.lengths.get(&format!("{}.context_length", self.architecture)).copied(),
            templates: self.templates.into_iter().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::gguf::tests::{Put, write};
    use proptest::prelude::*;

    fn sample() -> Vec<u8> {
        let keys = [
            ("general.architecture", Put::Text("qwen3")),
            ("qwen3.context_length", Put::U32(4096)),
            ("tokenizer.ggml.tokens", Put::Texts(&["<s>", "</s>", "a"])),
            ("tokenizer.ggml.token_type", Put::U32s(&[3, 3, 1])),
            ("tokenizer.ggml.bos_token_id", Put::U32(0)),
            ("tokenizer.ggml.eos_token_id", Put::U32(1)),
            ("tokenizer.ggml.padding_token_id", Put::U32(9)),
            ("tokenizer.chat_template", Put::Text("plain")),
            ("tokenizer.chat_template.tool_use", Put::Text("tools")),
            ("tokenizer.chat_templates", Put::Texts(&["tool_use"])),
        ];
        write(&keys, &[])
    }

    #[test]
    fn templates_and_tokens_are_kept() {
        let talk = talk(sample().as_slice()).unwrap();
        let pair = |one: &str, other: &str| (one.to_owned(), other.to_owned());
        assert_eq!(talk.templates, [pair("", "plain"), pair("tool_use", "tools")]);
        assert_eq!(talk.special, [pair("bos_token", "<s>"), pair("eos_token", "</s>")]);
        assert_eq!(talk.context, Some(4096));
    }

    #[test]
    fn every_cut_is_seen() {
        let file = sample();
        for cut in 0..file.len() - 32 {
            assert!(talk(&file[..cut]).is_err(), "{cut}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = talk([b"GGUF\x03\0\0\0".as_slice(), &bytes].concat().as_slice());
        }
    }
}
