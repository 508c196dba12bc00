//! Whether a run works with a model that is to be deleted.

use super::{DeletePlan, Removal, Shelf, ollama};
use crate::base::Problem;
use std::path::{Path, PathBuf};

/// A run or program that works with a model.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InUse {
    /// The name of the run, where it is one.
    pub run: Option<String>,
    /// Its process, where known.
    pub pid: Option<u32>,
    /// What it was started with: a path, or a name as the engine knows it.
    pub model: String,
    /// The folder in which it was started, where known: what a relative path begins at.
    pub dir: Option<PathBuf>,
}

impl InUse {
    /// What it was started with, read as a path; `None` for nothing, and for a relative one of which nobody knows where it
    /// begins.
    pub fn path(&self) -> Option<PathBuf> {
        let named = Path::new(&self.model);
        match &self.dir {
            _ if self.model.is_empty() => None,
            _ if named.is_absolute() => Some(named.to_owned()),
            dir => dir.as_ref().map(|dir| dir.join(named)),
        }
    }

    fn said(&self) -> String {
        match (&self.run, self.pid) {
            (Some(run), Some(pid)) => format!("the run {run} (process {pid})"),
            (Some(run), None) => format!("the run {run}"),
            (None, Some(pid)) => format!("process {pid}"),
            (None, None) => "a run".to_owned(),
        }
    }
}

impl DeletePlan {
    /// Whether the run works with what would be removed, as far as names and paths tell that are spelled alike.
    pub fn is_used_by(&self, one: &InUse) -> bool {
        self.is_called(&one.model) || one.path().is_some_and(|path| self.is_at(&path))
    }

    /// Whether an engine that was given this path has opened something of it: a file of it, a folder of it, or the folder
    /// that holds it within its cache.
    pub fn is_at(&self, path: &Path) -> bool {
        let around = path != self.root && path.starts_with(&self.root);
        self.opened.iter().any(|file| file == path || around && file.starts_with(path))
            || self.files.iter().any(|removal| match removal {
                Removal::File(file) => file == path,
                Removal::Folder(folder) => path.starts_with(folder),
            })
    }

    /// Whether an engine that is given this name means the model. A file in a folder has none: it is given by its path.
    fn is_called(&self, name: &str) -> bool {
        match self.shelf {
            Shelf::Folder => false,
            Shelf::Ollama => {
                let tag = |name: &str| ollama::manifest(&name.to_ascii_lowercase());
                tag(name).is_some_and(|means| tag(&self.name) == Some(means))
            }
            Shelf::HuggingFace | Shelf::LlamaCpp => {
                name.eq_ignore_ascii_case(&self.name) || name.eq_ignore_ascii_case(repository(&self.name))
            }
        }
    }

    /// Whether a download of this repository (`ORG/NAME`, also with `:LABEL`) writes into the folder that would go.
    pub fn is_filled_by(&self, repo: &str) -> bool {
        self.shelf == Shelf::HuggingFace && repository(&self.name).eq_ignore_ascii_case(repository(repo))
    }

    /// Says that the model is not deleted while this is downloaded.
    pub fn refusal_while_filled(&self, repo: &str) -> Problem {
        let what = format!("{} is not deleted", self.name);
        Problem::failed(
            what,
            format!("{repo} is being downloaded"),
            "cancel the download with D first, or wait for its end",
        )
    }

    /// Says that the model is not deleted while this works with it.
    pub fn refusal(&self, one: &InUse) -> Problem {
        let what = format!("{} is not deleted", self.name);
        Problem::failed(what, format!("{} is working with it", one.said()), "stop it first, on the Engines screen")
    }
}

/// The name without a quantisation or revision.
pub fn repository(name: &str) -> &str {
    let name = name.split('@').next().unwrap_or(name);
    if name.contains('/') { name.split(':').next().unwrap_or(name) } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(shelf: Shelf, name: &str, root: &str, path: &str) -> DeletePlan {
        DeletePlan {
            name: name.to_owned(),
            shelf,
            root: root.into(),
            opened: vec![path.into()],
            files: vec![Removal::File(path.into())],
            bytes_freed: 0,
            kept_shared: Vec::new(),
            warnings: Vec::new(),
        }
    }

    #[test]
    fn a_download_is_known_by_its_repository() {
        let path = "/c/hub/models--Org--G/snapshots/r/g.gguf";
        for (shelf, name, repo, want) in [
            (Shelf::HuggingFace, "Org/G", "Org/G", true),
            (Shelf::HuggingFace, "Org/G@abcdef0", "org/g", true),
            (Shelf::HuggingFace, "Org/G:Q8_0", "Org/G:F16", true),
            (Shelf::HuggingFace, "Org/G", "Org/G-2", false),
            (Shelf::Folder, "Org/G", "Org/G", false),
        ] {
            assert_eq!(plan(shelf, name, "/c/hub", path).is_filled_by(repo), want, "{name} {repo}");
        }
    }

    #[test]
    fn a_run_is_known_by_name_or_path() {
        let hub = plan(Shelf::HuggingFace, "Org/G:Q8_0", "/c/hub", "/c/hub/models--Org--G/snapshots/r/g-Q8_0.gguf");
        let tiny = plan(Shelf::Ollama, "tiny:latest", "/o", "/o/manifests/registry.ollama.ai/library/tiny/latest");
        let own = plan(Shelf::Ollama, "me/tiny:a", "/o", "/o/manifests/registry.ollama.ai/me/tiny/a");
        let file = plan(Shelf::Folder, "tiny", "/m", "/m/a/tiny.gguf");
        for (plan, model, dir, want) in [
            (&hub, "Org/G:Q8_0", None, true),
            (&hub, "org/g:q8_0", None, true),
            (&hub, "Org/G", None, true),
            (&hub, "Org/G:F16", None, false),
            (&hub, "/c/hub/models--Org--G/snapshots/r/g-Q8_0.gguf", None, true),
            (&hub, "/c/hub/models--Org--G/snapshots/r/g-F16.gguf", None, false),
            (&hub, "/c/hub/models--Org--G/snapshots/r", None, true),
            (&hub, "/c/hub", None, false),
            (&hub, "/", None, false),
            (&hub, "", Some("/c/hub/models--Org--G/snapshots/r"), false),
            (&tiny, "tiny", None, true),
            (&tiny, "tiny:latest", None, true),
            (&tiny, "Tiny", None, true),
            (&tiny, "library/tiny", None, true),
            (&tiny, "registry.ollama.ai/library/tiny:latest", None, true),
            (&tiny, "tiny:a", None, false),
            (&tiny, "", None, false),
            (&own, "me/tiny:a", None, true),
            (&own, "me/tiny", None, false),
            (&file, "tiny", None, false),
            (&file, "tiny", Some("/m/a"), false),
            (&file, "tiny.gguf", Some("/m/a"), true),
            (&file, "tiny.gguf", Some("/m/b"), false),
            (&file, "a/tiny.gguf", Some("/m"), true),
            (&file, "tiny.gguf", None, false),
        ] {
            let one = InUse { model: model.to_owned(), dir: dir.map(PathBuf::from), ..InUse::default() };
            assert_eq!(plan.is_used_by(&one), want, "{} by {model} in {dir:?}", plan.name);
        }
    }
}
