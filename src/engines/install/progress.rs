//! What pip and uv say while they work, read into progress.

use super::Stage;
use crate::base::text;
use serde::{Deserialize, Serialize};

/// How far an install has come. Serialised as the progress objects of `vramdeck engines install --json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// The stage.
    pub stage: Stage,
    /// The step within all steps, from 1.
    pub step: usize,
    /// All steps.
    pub steps: usize,
    /// What the tool said last, cleaned.
    pub text: String,
    /// Packages fetched, and how many there are, where the tool said so.
    pub packages: Option<(u64, u64)>,
    /// Bytes fetched, and how many there are, where the tool said so. uv and pip name sizes of large packages only.
    pub bytes: Option<(u64, u64)>,
    /// Seconds since the install began.
    pub seconds: f64,
    /// Seconds since the tool last said something.
    pub silent_seconds: f64,
}

/// Counts what a tool says, line by line.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Counter {
    /// Packages in all.
    total: Option<u64>,
    /// Packages fetched.
    fetched: u64,
    /// Sizes of the packages being fetched or fetched.
    sizes: Vec<(String, u64, bool)>,
    /// Bytes of the file that pip fetches now.
    raw: Option<(u64, u64)>,
}

/// Sizes remembered at most.
const MOST: usize = 4096;

impl Counter {
    /// Takes in one line. Answers with what to show, or nothing where the line only counts.
    pub fn line(&mut self, line: &str) -> Option<String> {
        let line = text::clean_line(&text::strip_ansi(line));
        let line = line.trim();
        if line.is_empty() {
            return None;
        }
        if let Some((done, total)) = line.strip_prefix("Progress ").and_then(|rest| rest.split_once(" of ")) {
            self.raw = done.parse().ok().zip(total.parse().ok());
            return None;
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["Resolved" | "Would", count, rest @ ..] | ["Would", _, count, rest @ ..] if is_packages(rest) => {
                self.total = count.parse().ok();
            }
            ["Prepared" | "Installed", count, rest @ ..] if is_packages(rest) => {
                self.fetched = count.parse().unwrap_or(self.fetched);
                self.total = self.total.or(Some(self.fetched));
            }
            ["Downloading", name, ..] => self.begins(name, size(line)),
            ["Downloaded" | "Built", name, ..] => self.ends(name),
            _ => {}
        }
        Some(text::fit(line, 200).into_owned())
    }

    fn begins(&mut self, name: &str, bytes: Option<u64>) {
        // pip names one file after the other: what came before is through.
        let open = self.sizes.iter_mut().rev().find(|one| !one.2);
        if let (Some((_, total)), Some(last)) = (self.raw.take(), open) {
            (last.1, last.2) = (total, true);
        }
        if self.sizes.len() < MOST {
            self.sizes.push((name.to_owned(), bytes.unwrap_or(0), false));
        }
    }

    fn ends(&mut self, name: &str) {
        if let Some(one) = self.sizes.iter_mut().find(|one| one.0 == name && !one.2) {
            one.2 = true;
        }
    }

    /// Packages fetched, of all.
    pub fn packages(&self) -> Option<(u64, u64)> {
        let done = self.sizes.iter().filter(|one| one.2).count() as u64;
        self.total.map(|total| (done.max(self.fetched).min(total), total))
    }

    /// Bytes fetched, of those named so far.
    pub fn bytes(&self) -> Option<(u64, u64)> {
        let sum = |done: bool| {
            self.sizes.iter().filter(|one| one.2 || !done).fold(0_u64, |sum, one| sum.saturating_add(one.1))
        };
        let (done, total) = (sum(true), sum(false));
        let raw = self.raw.unwrap_or_default().0;
        (total > 0).then(|| (done.saturating_add(raw).min(total), total))
    }
}

fn is_packages(rest: &[&str]) -> bool {
    rest.first().is_some_and(|word| word.starts_with("package"))
}

/// The size in parentheses: `(789.4MiB)`, `(12.3 MB)`.
fn size(line: &str) -> Option<u64> {
    let inside = line.rsplit_once('(')?.1.split_once(')')?.0;
    let unit_at = inside.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = inside.split_at_checked(unit_at)?;
    let number: f64 = number.trim().parse().ok()?;
    let scale: f64 = match unit {
        "B" | "bytes" => 1.0,
        "kB" | "KB" => 1e3,
        "MB" => 1e6,
        "GB" => 1e9,
        "KiB" => 1024.0,
        "MiB" => 1024.0 * 1024.0,
        "GiB" => 1024.0 * 1024.0 * 1024.0,
        _ => return None,
    };
    // Foreign figures: what is no size of a package is none. The cast saturates.
    (number.is_finite() && number >= 0.0).then(|| ((number * scale) as u64).min(1 << 50))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn counted(lines: &[&str]) -> Counter {
        let mut counter = Counter::default();
        for line in lines {
            counter.line(line);
        }
        counter
    }

    #[test]
    fn uv_names_sizes_of_large_packages() {
        let counter = counted(&[
            "Using Python 3.12.1 environment at: x",
            "Resolved 164 packages in 2.10s",
            "Downloading torch (500.0MiB)",
            "Downloading numpy (16.0MiB)",
            " Downloaded numpy",
        ]);
        assert_eq!(counter.packages(), Some((1, 164)));
        assert_eq!(counter.bytes(), Some((16 << 20, 516 << 20)));
        let counter =
            counted(&["Resolved 3 packages in 1ms", "Prepared 3 packages in 2s", "Installed 3 packages in 9ms"]);
        assert_eq!((counter.packages(), counter.bytes()), (Some((3, 3)), None));
    }

    #[test]
    fn pip_names_one_file_after_the_other() {
        let mut counter =
            counted(&["Collecting a", "Downloading a-1-py3-none-any.whl (10 MB)", "Progress 4000000 of 10000000"]);
        assert_eq!(counter.bytes(), Some((4_000_000, 10_000_000)));
        counter.line("Collecting b");
        counter.line("Downloading b-1-py3-none-any.whl (2.0 kB)");
        assert_eq!(counter.bytes(), Some((10_000_000, 10_002_000)));
        assert_eq!(counter.line("Progress 1 of 2"), None);
    }

    #[test]
    fn what_is_shown_is_cleaned() {
        let shown = Counter::default().line("\u{1b}[31mred\u{1b}[0m\u{7}").unwrap();
        assert!(shown.starts_with("red") && shown.chars().all(text::is_safe), "{shown:?}");
        assert_eq!(Counter::default().line("  "), None);
    }

    proptest! {
        #[test]
        fn any_lines_are_survived(lines in proptest::collection::vec("(Downloading|Downloaded|Progress|Resolved|x) [0-9a-z. ]{0,20}(of|package|\\([0-9.e]{0,30}(GiB|MB|B)\\))?[0-9 ]{0,25}", 0..30)) {
            let mut counter = Counter::default();
            for line in &lines {
                counter.line(line);
            }
            for (done, total) in counter.packages().into_iter().chain(counter.bytes()) {
                prop_assert!(done <= total);
            }
        }
    }
}
