//! A value that must not reach a log or a screen.

use serde::{Deserialize, Serialize};

/// A key or token. `Debug` and `Display` show a mask; [`Secret::expose`] is the only way to the text.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(***)")
    }
}

impl std::fmt::Display for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// Whether the value of an environment variable or flag of this name is to be masked when shown.
///
/// A token is a secret where the name ends with it (`HF_TOKEN`), not where it counts (`--bytes-per-token`) or says more of
/// it (`--decode-token-threshold`); so is a key, but for public ones.
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_uppercase().replace('-', "_");
    let words: Vec<&str> = name.split('_').filter(|word| word.parse::<u32>().is_err()).collect();
    let last = match words.as_slice() {
        [.., "PER" | "PUBLIC", _] => false,
        [.., last] => matches!(*last, "TOKEN" | "KEY" | "KEYS" | "PASS" | "PASSWD" | "CREDENTIALS" | "AUTHORIZATION"),
        [] => false,
    };
    let pair = |pair: &[&str]| matches!(pair, ["API" | "MASTER" | "ACCESS" | "PRIVATE", "KEY" | "KEYS"]);
    last || words.iter().any(|word| matches!(*word, "SECRET" | "PASSWORD" | "APIKEY")) || words.windows(2).any(pair)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_shows_itself() {
        let key = Secret::new("sk-123");
        assert_eq!(format!("{key} {key:?}"), "*** Secret(***)");
        assert_eq!(key.expose(), "sk-123");
    }

    #[test]
    fn knows_secret_names() {
        for name in [
            "HF_TOKEN",
            "--hf-token",
            "HF_TOKEN_2",
            "--api-key",
            "OPENAI_API_KEY",
            "litellm-master-key",
            "LITELLM_SALT_KEY",
            "AWS_ACCESS_KEY_ID",
            "DB_PASSWORD",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in [
            "VLLM_CPU_KVCACHE_SPACE",
            "--max-model-len",
            "--tokenizer",
            "--kv-bytes-per-token",
            "--dbo-decode-token-threshold",
            "--return-tokens-as-token-ids",
            "--max-num-batched-tokens",
            "--ssl-keyfile",
            "SSH_PUBLIC_KEY",
        ] {
            assert!(!is_secret_name(name), "{name}");
        }
    }
}
