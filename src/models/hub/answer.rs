//! What the Hub says about a repository.

use super::name::{is_commit, is_path};
use crate::base::text::clean_line;
use serde_json::Value;

/// A file of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteFile {
    /// Its name below the repository.
    pub path: String,
    /// Bytes of it.
    pub bytes: u64,
    /// Its name among the blobs of the cache: SHA-256 of large files, git's own digest of small ones.
    pub blob: String,
    /// SHA-256 of its content, for large files.
    pub sha256: Option<String>,
}

/// A repository at a revision.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Repository {
    /// Its name as the Hub spells it: what was asked may be an old name.
    pub name: String,
    /// The name that it was asked by. The cache's folder is called after it: an engine that is given this name looks there,
    /// and no answer leads into another repository's folder.
    pub asked: String,
    /// The commit.
    pub commit: String,
    /// Whether its terms must be accepted first.
    pub gated: bool,
    /// Its files with known sizes, by name.
    pub files: Vec<RemoteFile>,
    /// Names, as listed, of entries that were left out because their name, size or digest cannot be trusted; empty where
    /// there is no name. No paths: they are compared and told, nothing else.
    pub left_out: Vec<String>,
}

impl Repository {
    /// Reads the answer to `/api/models/NAME/revision/REVISION?blobs=true`; `asked` is the name that was asked for.
    ///
    /// # Errors
    /// In words, when it is no such answer.
    pub fn parse(json: &[u8], asked: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_slice(json).map_err(|error| clean_line(&error.to_string()))?;
        let commit = value.get("sha").and_then(Value::as_str).filter(|sha| is_commit(sha));
        let commit = commit.ok_or("it names no commit")?.to_ascii_lowercase();
        let name = value.get("id").or_else(|| value.get("modelId")).and_then(Value::as_str).unwrap_or(asked);
        let name = super::Asked::parse(name).map_err(|_| "its name is no name of a repository")?.repo;
        let list = value.get("siblings").and_then(Value::as_array).ok_or("it lists no files")?;
        let (mut files, mut left_out) = (Vec::<RemoteFile>::new(), Vec::new());
        for entry in list {
            match file(entry) {
                Some(file) => files.push(file),
                None => left_out.push(entry.get("rfilename").and_then(Value::as_str).unwrap_or_default().to_owned()),
            }
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files.dedup_by(|a, b| a.path == b.path);
        Ok(Self { name, asked: asked.to_owned(), commit, gated: is_gated(&value), files, left_out })
    }

    /// A file by its name.
    pub fn file(&self, path: &str) -> Option<&RemoteFile> {
        self.files.iter().find(|file| file.path == path)
    }
}

/// Whether terms must be accepted first: `gated` is false, or says who accepts (`auto`, `manual`).
pub(super) fn is_gated(repository: &Value) -> bool {
    !matches!(repository.get("gated"), None | Some(Value::Null | Value::Bool(false)))
}

fn file(entry: &Value) -> Option<RemoteFile> {
    let path = entry.get("rfilename")?.as_str().filter(|path| is_path(path))?;
    let lfs = entry.get("lfs").filter(|lfs| lfs.is_object());
    let hex = |text: &&str, length: usize| text.len() == length && text.bytes().all(|b| b.is_ascii_hexdigit());
    let sha256 = lfs.and_then(|lfs| lfs.get("sha256")?.as_str()).filter(|text| hex(text, 64));
    let git = entry.get("blobId").and_then(Value::as_str).filter(|text| hex(text, 40));
    if lfs.is_some() && sha256.is_none() {
        return None;
    }
    let bytes = lfs.and_then(|lfs| lfs.get("size")).or_else(|| entry.get("size"))?.as_u64()?;
    Some(RemoteFile {
        path: path.to_owned(),
        bytes,
        blob: sha256.or(git)?.to_ascii_lowercase(),
        sha256: sha256.map(str::to_ascii_lowercase),
    })
}
