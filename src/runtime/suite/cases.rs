//! Which cases a word means: those that come with vramdeck, one category of them, or a file of one's own.

use crate::base::Problem;
use crate::base::text::clean_line;
use crate::lab::suite::{Case, Family, Library, Size, bfcl, cases, shipped, shipped_of};
use std::path::{Path, PathBuf};

/// All families.
const FAMILIES: [Family; 2] = [Family::Tools, Family::Structured];
/// Most bytes of a file of cases.
const MOST: u64 = 64 << 20;

/// A suite, ready to be asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Suite {
    /// What it measures.
    pub family: Family,
    /// Its name: `quick`, `full`, a category, or the name of its file.
    pub name: String,
    /// Its cases.
    pub cases: Vec<Case>,
    /// Its cases as JSONL, where they are one's own; empty for those that come with vramdeck.
    pub own: String,
    /// What was left out of a file, in words.
    pub notes: Vec<String>,
}

/// Finds a suite: `quick`, `full`, a category of the shipped cases, or a file of cases as JSONL. A question file of the Berkeley
/// Function Calling Leaderboard is converted; its answers lie in `answers`, or beside it in `possible_answer`.
///
/// # Errors
/// When there is no such suite or the file cannot be used.
pub fn suite(name: &str, answers: Option<&Path>) -> Result<Suite, Problem> {
    if let Some(suite) = FAMILIES.into_iter().find_map(|family| kept(family, name)) {
        return Ok(suite);
    }
    let path = Path::new(name);
    if !path.exists() {
        let categories = names(&shipped(Size::Full));
        return Err(Problem::usage(
            format!("there is no suite {}", clean_line(name)),
            format!("there are quick, full, {}, and no file has that name", categories.join(", ")),
            "name one of these, or a file of cases, one JSON object a line",
        ));
    }
    from_file(path, answers)
}

/// Finds a suite of a family by the name that a person gives it: `quick`, `full`, a category of its shipped cases, or a file.
///
/// # Errors
/// When there is no such suite or the file cannot be used.
pub fn suite_of(family: Family, name: &str, answers: Option<&Path>) -> Result<Suite, Problem> {
    if family == Family::Tools {
        return suite(name, answers);
    }
    if let Some(suite) = kept(family, &family.kept_as(name)) {
        return Ok(suite);
    }
    let path = Path::new(name);
    if !path.exists() {
        return Err(Problem::usage(
            format!("there is no suite {}", clean_line(name)),
            format!(
                "there are quick, full, {}, and no file has that name",
                names(&shipped_of(family, Size::Full)).join(", ")
            ),
            "name one of these, or a file of cases, one JSON object a line",
        ));
    }
    let suite = from_file(path, None)?;
    if suite.cases.iter().all(|case| case.constraint.is_none()) {
        let hint = "give each case a constraint, or score it with vramdeck tools run";
        return Err(Problem::usage(format!("{name} is not used"), "none of its cases has a constraint", hint));
    }
    Ok(Suite { family, ..suite })
}

/// The shipped suite that is kept under a name.
fn kept(family: Family, name: &str) -> Option<Suite> {
    let suite = |cases| Suite { family, name: name.to_owned(), cases, own: String::new(), notes: Vec::new() };
    for (own, size) in [("quick", Size::Quick), ("full", Size::Full)] {
        if family.kept_as(own) == name {
            return Some(suite(shipped_of(family, size)));
        }
    }
    let mut all = shipped_of(family, Size::Full);
    all.retain(|case| family.kept_as(&case.category) == name);
    (!all.is_empty()).then(|| suite(all))
}

/// The cases of a kept run: those that come with vramdeck by their name, else those that were kept with it.
pub(super) fn again(name: &str, own: &str) -> Result<Vec<Case>, Problem> {
    match own {
        "" => suite(name, None).map(|suite| suite.cases),
        own => cases(own, name, Library::shipped()),
    }
}

fn names(cases: &[Case]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for case in cases {
        if !names.contains(&case.category) {
            names.push(case.category.clone());
        }
    }
    names
}

fn from_file(path: &Path, answers: Option<&Path>) -> Result<Suite, Problem> {
    let name = path.file_stem().map_or_else(|| "own".to_owned(), |stem| clean_line(&stem.to_string_lossy()));
    let text = read(path)?;
    if !bfcl::is_question_file(&text) {
        let cases = cases(&text, &path.display().to_string(), Library::shipped())?;
        return Ok(Suite { family: Family::Tools, name, cases, own: text, notes: Vec::new() });
    }
    let beside = answers.map(Path::to_path_buf).or_else(|| answers_beside(path));
    let right = beside.as_deref().map(read).transpose()?;
    let bfcl::Converted { lines, notes } = bfcl::convert(&text, right.as_deref(), &name);
    if lines.is_empty() {
        let hint = "give its answers with --answers FILE; single-turn questions about calls can be used";
        return Err(Problem::usage(format!("{} holds no case", path.display()), notes.join("; "), hint));
    }
    let cases = cases(&lines, &path.display().to_string(), &Library::default())?;
    Ok(Suite { family: Family::Tools, name, cases, own: lines, notes })
}

/// `possible_answer/FILE` beside the questions.
fn answers_beside(path: &Path) -> Option<PathBuf> {
    let beside = path.parent().unwrap_or(Path::new(".")).join("possible_answer").join(path.file_name()?);
    beside.is_file().then_some(beside)
}

fn read(path: &Path) -> Result<String, Problem> {
    let refuse = |why: String| Problem::usage(format!("{} cannot be read", path.display()), why, "give a text file");
    let bytes = std::fs::metadata(path).map_err(|error| refuse(error.to_string()))?.len();
    if bytes > MOST {
        return Err(refuse(format!("it is longer than {} MiB", MOST >> 20)));
    }
    std::fs::read_to_string(path).map_err(|error| refuse(error.to_string()))
}
