//! Builds caches out of small files.

use serde_json::json;
use sha2::{Digest, Sha256};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use vramdeck::models::local::{LocalModel, Places, Scan, Shelf};

/// The small real model that comes with the tests.
pub const TINY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/models/tiny-tools");

pub fn write(path: &Path, bytes: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn tiny(file: &str) -> Vec<u8> {
    fs::read(Path::new(TINY).join(file)).unwrap()
}

/// A safetensors file with one tensor of so many bytes, each `fill`.
pub fn safetensors(name: &str, bytes: usize, fill: u8) -> Vec<u8> {
    let header = json!({name: {"dtype": "U8", "shape": [bytes], "data_offsets": [0, bytes]}}).to_string();
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend_from_slice(header.as_bytes());
    file.resize(file.len() + bytes, fill);
    file
}

/// A Hugging Face cache.
pub struct Hub(pub PathBuf);

impl Hub {
    /// A file of a repository at a revision: a blob named by its digest, and a link to it.
    pub fn file(&self, repo: &str, revision: &str, name: &str, bytes: &[u8]) -> PathBuf {
        let home = self.home(repo);
        let digest = sha256(bytes);
        write(&home.join("blobs").join(&digest), bytes);
        self.link(repo, revision, name, &digest);
        home.join("blobs").join(digest)
    }

    /// A link to a blob that need not exist.
    pub fn link(&self, repo: &str, revision: &str, name: &str, blob: &str) {
        let link = self.home(repo).join("snapshots").join(revision).join(name);
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        let up = "../".repeat(2 + name.matches('/').count());
        symlink(format!("{up}blobs/{blob}"), link).unwrap();
    }

    pub fn main(&self, repo: &str, revision: &str) {
        write(&self.home(repo).join("refs/main"), revision);
    }

    pub fn home(&self, repo: &str) -> PathBuf {
        self.0.join(format!("models--{}", repo.replace('/', "--")))
    }

    /// The tiny model under a name.
    pub fn tiny(&self, repo: &str, revision: &str) {
        for file in ["config.json", "tokenizer.json", "model.safetensors"] {
            self.file(repo, revision, file, &tiny(file));
        }
        self.main(repo, revision);
    }
}

/// An Ollama store.
pub struct Store(pub PathBuf);

impl Store {
    /// A model of these layers (kind, bytes).
    pub fn model(&self, path: &str, layers: &[(&str, &[u8])]) {
        let layers: Vec<_> = layers
            .iter()
            .map(|(kind, bytes)| {
                let digest = sha256(bytes);
                write(&self.0.join(format!("blobs/sha256-{digest}")), bytes);
                json!({"mediaType": format!("application/vnd.ollama.image.{kind}"), "digest": format!("sha256:{digest}"), "size": bytes.len()})
            })
            .collect();
        let config = b"{}";
        let digest = sha256(config);
        write(&self.0.join(format!("blobs/sha256-{digest}")), config);
        let config = json!({"mediaType": "application/vnd.docker.container.image.v1+json", "digest": format!("sha256:{digest}"), "size": 2});
        let manifest = json!({"schemaVersion": 2, "config": config, "layers": layers});
        write(&self.0.join("manifests").join(path), manifest.to_string());
    }
}

/// The places of a whole home folder.
pub fn places(root: &Path) -> Places {
    Places::default()
        .with(Shelf::HuggingFace, root.join("hub"))
        .with(Shelf::Ollama, root.join("ollama"))
        .with(Shelf::LlamaCpp, root.join("llama.cpp"))
        .with(Shelf::Folder, root.join("models"))
}

#[track_caller]
pub fn named<'a>(scan: &'a Scan, name: &str) -> &'a LocalModel {
    let names: Vec<&str> = scan.models.iter().map(|model| model.name.as_str()).collect();
    scan.models.iter().find(|model| model.name == name).unwrap_or_else(|| panic!("{name} is not among {names:?}"))
}

pub fn names(scan: &Scan) -> Vec<&str> {
    scan.models.iter().map(|model| model.name.as_str()).collect()
}
