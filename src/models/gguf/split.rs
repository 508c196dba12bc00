//! Models in several files (`NAME-00001-of-00003.gguf`).

use super::Broken;
use super::head::{Gguf, read};
use std::io::Read;

/// Which part of how many a file is, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part<'a> {
    /// The name without `-00001-of-00003.gguf`.
    pub stem: &'a str,
    /// Its number, from 1.
    pub number: u32,
    /// How many there are.
    pub of: u32,
}

impl Part<'_> {
    /// The file names of all parts, first to last.
    pub fn names(&self) -> impl Iterator<Item = String> + '_ {
        (1..=self.of).map(|number| format!("{}-{number:05}-of-{:05}.gguf", self.stem, self.of))
    }
}

/// The part that a file name says it is; `None` for a model in one file.
pub fn part(file_name: &str) -> Option<Part<'_>> {
    let base = file_name.strip_suffix(".gguf")?;
    let (front, of) = base.rsplit_once("-of-")?;
    let (stem, number) = front.rsplit_once('-')?;
    let digits = |text: &str| (text.len() == 5).then(|| text.parse::<u32>().ok())?;
    let part = Part { stem, number: digits(number)?, of: digits(of)? };
    (part.number >= 1 && part.number <= part.of).then_some(part)
}

/// The heads of all parts as one: keys of the first, tensors of all.
///
/// # Errors
/// What is wrong with a part, or that their number is not `split.count`.
pub fn join<R: Read>(parts: impl IntoIterator<Item = R>) -> Result<Gguf, Broken> {
    let mut parts = parts.into_iter();
    let mut whole = read(parts.next().ok_or(Broken::Short)?)?;
    let mut found = 1_u64;
    for reader in parts {
        let part = read(reader)?;
        whole.tensors.extend(part.tensors);
        whole.least_bytes = whole.least_bytes.saturating_add(part.least_bytes);
        found += 1;
        if whole.tensors.len() > 1 << 18 {
            return Err(Broken::Head("more tensors than can be".to_owned()));
        }
    }
    match whole.number("split.count") {
        Some(count) if count > 1 && count != found => Err(Broken::Head(format!("{found} of {count} parts are there"))),
        _ => Ok(whole),
    }
}
