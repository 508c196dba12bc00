//! Names of repositories, revisions and files: checked before they become a URL or a path.

use crate::base::Problem;
use crate::base::text::{clean_line, fit};

/// What a person asks for: `ORG/NAME`, with `@REVISION` or `:QUANTISATION` after it, or the address of its page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The repository, `ORG/NAME` (a few old ones have no organisation).
    pub repo: String,
    /// Branch, tag or commit.
    pub revision: String,
    /// Which GGUF file: its quantisation.
    pub quant: Option<String>,
}

impl Asked {
    /// Reads a name.
    ///
    /// # Errors
    /// Usage, when it is no name that the Hub could have.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let wrong = |why: &str| {
            let shown = fit(&clean_line(text), 100).into_owned();
            Problem::usage(format!("`{shown}` names no repository"), why, "name it like Qwen/Qwen3-8B")
        };
        let page = ["https://huggingface.co/", "http://huggingface.co/", "https://hf.co/", "huggingface.co/", "hf.co/"];
        let rest = page.iter().find_map(|page| text.strip_prefix(page)).unwrap_or(text).trim_end_matches('/');
        let (rest, tree) = rest.split_once("/tree/").map_or((rest, None), |(rest, tree)| (rest, Some(tree)));
        let (rest, at) = rest.split_once('@').map_or((rest, None), |(rest, at)| (rest, Some(at)));
        let (repo, quant) = rest.split_once(':').map_or((rest, None), |(rest, quant)| (rest, Some(quant)));
        let revision = at.or(tree).unwrap_or("main");
        if !is_repo(repo) {
            return Err(wrong("a name is ORG/NAME, of letters, digits, `-`, `_` and `.`, at most 96 each"));
        }
        if !is_revision(revision) {
            return Err(wrong("the revision is neither a branch nor a tag nor a commit"));
        }
        if quant.is_some_and(|quant| !is_word(quant)) {
            return Err(wrong("after the colon comes a quantisation like Q4_K_M"));
        }
        Ok(Self { repo: repo.to_owned(), revision: revision.to_owned(), quant: quant.map(str::to_owned) })
    }
}

/// The rules of the Hub for a repository's name.
fn is_repo(name: &str) -> bool {
    let parts: Vec<&str> = name.split('/').collect();
    let fine = |part: &&str| is_word(part) && !part.starts_with(['-', '.']) && !part.ends_with(['-', '.']);
    (1..=2).contains(&parts.len())
        && parts.iter().all(fine)
        && !name.contains("--")
        && !name.contains("..")
        && !name.ends_with(".git")
}

fn is_word(part: &str) -> bool {
    (1..=96).contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// Whether a text can be a branch, tag or commit.
pub fn is_revision(text: &str) -> bool {
    let fine = |part: &str| is_word(part) && !part.starts_with(['-', '.']) && !part.contains("..");
    text.len() <= 200 && text.split('/').all(fine)
}

/// Whether a text is a full commit.
pub fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether a file's name stays below the folder it is put in.
pub fn is_path(text: &str) -> bool {
    let fine = |part: &str| {
        !part.is_empty()
            && part != "."
            && part != ".."
            && part.len() <= 255
            && !part.contains('\\')
            && !part.contains(char::is_control)
    };
    !text.is_empty() && text.len() <= 1024 && text.split('/').count() <= 16 && text.split('/').all(fine)
}
