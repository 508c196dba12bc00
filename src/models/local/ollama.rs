//! Ollama's names and manifests.

use crate::base::text::clean_line;
use serde_json::Value;

/// The host that names leave out.
const HOST: &str = "registry.ollama.ai";
/// The namespace that names leave out.
const NAMESPACE: &str = "library";

/// The name that Ollama shows for the folders of a manifest (host, namespaces, model, tag): the usual host and namespace
/// are left out.
pub fn name(parts: &[String]) -> String {
    let Some((tag, rest)) = parts.split_last() else { return String::new() };
    let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
    let rest = match rest.as_slice() {
        [HOST, NAMESPACE, model] => std::slice::from_ref(model),
        // With more namespaces the first of them would be read as a host.
        [host, rest @ ..] if *host == HOST && rest.len() == 2 => rest,
        rest => rest,
    };
    format!("{}:{tag}", rest.join("/"))
}

/// The folders of the manifest that a name means: the inverse of [`name`]. A name without a tag means `latest`, one
/// without a namespace the library. `None` for what cannot be a name, also for what would lead out of the store.
pub fn manifest(name: &str) -> Option<Vec<String>> {
    let (path, tag) = match name.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => (path, tag),
        _ => (name, "latest"),
    };
    let mut parts: Vec<&str> = path.split('/').collect();
    if parts.len() == 1 {
        parts.insert(0, NAMESPACE);
    }
    if parts.len() == 2 {
        parts.insert(0, HOST);
    }
    parts.push(tag);
    let fine = |part: &&str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':'))
    };
    (parts.len() <= 6 && parts.iter().all(fine)).then(|| parts.into_iter().map(str::to_owned).collect())
}

/// One layer of a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// Its media type, for example `application/vnd.ollama.image.model`.
    pub kind: String,
    /// SHA-256 of its content, 64 lower-case hexadecimal digits; its file is `blobs/sha256-DIGEST`.
    pub digest: String,
    /// Its length, bytes; 0 where the manifest does not say.
    pub size: u64,
}

impl Layer {
    /// Whether it holds weights.
    pub fn is_model(&self) -> bool {
        self.kind == "application/vnd.ollama.image.model"
    }
}

/// The layers of a manifest, its configuration last.
///
/// # Errors
/// Why it is no manifest, one clause.
pub fn layers(bytes: &[u8]) -> Result<Vec<Layer>, String> {
    let value: Value = serde_json::from_slice(bytes).map_err(|error| clean_line(&error.to_string()))?;
    let list = value.get("layers").and_then(Value::as_array).ok_or("it names no layers")?;
    list.iter().chain(value.get("config")).map(layer).collect()
}

fn layer(layer: &Value) -> Result<Layer, String> {
    let text = |key: &str| layer.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let digest = text("digest");
    let hex = digest.strip_prefix("sha256:").or_else(|| digest.strip_prefix("sha256-")).unwrap_or_default();
    if hex.len() != 64 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(format!("`{}` is no digest", clean_line(&digest)));
    }
    let size = layer.get("size").and_then(Value::as_u64).unwrap_or(0);
    Ok(Layer { kind: text("mediaType"), digest: hex.to_ascii_lowercase(), size })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_ollama_shows() {
        for (parts, want) in [
            (["registry.ollama.ai", "library", "qwen3", "8b"].as_slice(), "qwen3:8b"),
            (&["registry.ollama.ai", "someone", "model", "latest"], "someone/model:latest"),
            (&["hf.co", "bartowski", "Qwen3-8B-GGUF", "Q4_K_M"], "hf.co/bartowski/Qwen3-8B-GGUF:Q4_K_M"),
        ] {
            let parts: Vec<String> = parts.iter().map(|part| (*part).to_owned()).collect();
            assert_eq!(name(&parts), want);
            assert_eq!(manifest(want), Some(parts));
        }
        assert_eq!(manifest("qwen3").unwrap().last().map(String::as_str), Some("latest"));
        for odd in ["", "a//b", "../../etc:x", "a/..:b", "a b", "a:", "a/b/c/d/e/f/g"] {
            assert_eq!(manifest(odd), None, "{odd}");
        }
    }

    #[test]
    fn manifests_name_layers() {
        let digest = "aB".repeat(32);
        let manifest = format!(
            r#"{{"config":{{"digest":"sha256:{digest}","size":3}},
            "layers":[{{"mediaType":"application/vnd.ollama.image.model","digest":"sha256:{digest}","size":5}}]}}"#
        );
        let found = layers(manifest.as_bytes()).unwrap();
        assert_eq!((found.len(), found[0].size, found[0].is_model(), found[1].is_model()), (2, 5, true, false));
        assert_eq!(found[0].digest, "ab".repeat(32));
        for broken in ["", "{}", r#"{"layers":[{"digest":"sha256:../../x"}]}"#, r#"{"layers":[1]}"#] {
            assert!(layers(broken.as_bytes()).is_err(), "{broken}");
        }
    }
}
