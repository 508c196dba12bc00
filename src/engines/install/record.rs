//! What vramdeck keeps about an environment it made.

use super::{Build, Package};
use serde::{Deserialize, Serialize};

/// Lies in a slot as `vramdeck.json`, written last: a slot without it is not whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Which package.
    pub package: Package,
    /// Which build.
    pub build: Build,
    /// Its version, as asked for.
    pub version: String,
    /// What the installed program said of its version.
    pub said: String,
    /// The Python it was made with, as `3.12`.
    pub python: String,
    /// The requirement it was made from.
    pub requirement: String,
    /// Seconds since the epoch when it was made.
    pub made_at: f64,
    /// Seconds the making took.
    pub seconds: f64,
    /// Bytes it held when it was made.
    pub disk_bytes: u64,
    /// Packages it held when it was made; 0 where they were not counted.
    #[serde(default)]
    pub packages: u64,
}

/// What the user decided for a package; lies beside the slots as `pin.json`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Pin {
    /// The version that must stay.
    pub version: Option<String>,
}

/// The name of a slot that is not among `taken`: `VERSION-N`, counted from 1.
pub fn slot_name(version: &str, taken: &[String]) -> String {
    (1_u64..)
        .map(|number| format!("{version}-{number}"))
        .find(|name| !taken.contains(name))
        .unwrap_or_else(|| version.to_owned())
}

/// Whether a name may be a slot's: a version, a dash and a number. Names are joined to paths, so no separators.
pub fn is_slot(name: &str) -> bool {
    let Some((version, number)) = name.rsplit_once('-') else { return false };
    is_version(version) && !number.is_empty() && number.len() < 12 && number.bytes().all(|b| b.is_ascii_digit())
}

/// Whether a text can be a version: letters, digits, `.`, `+`, `_`, `!`, `-`; begins with a digit; at most 40 characters.
pub fn is_version(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'+' | b'_' | b'!' | b'-');
    text.len() <= 40 && text.starts_with(|c: char| c.is_ascii_digit()) && text.bytes().all(fits)
}

/// Orders versions by their numbers: `0.9` before `0.10`; a pre-release (`rc1`) before the release.
pub fn older(left: &str, right: &str) -> bool {
    order(left) < order(right)
}

fn order(version: &str) -> Vec<(u64, bool, u64)> {
    let release = version.split('+').next().unwrap_or_default();
    let part = |part: &str| {
        let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
        let rest = part.get(digits.len()..).unwrap_or_default();
        let tail: String = rest.chars().filter(char::is_ascii_digit).collect();
        (digits.parse().unwrap_or(0), rest.is_empty(), tail.parse().unwrap_or(0))
    };
    let mut parts: Vec<_> = release.split('.').map(part).collect();
    while parts.last().is_some_and(|last| *last == (0, true, 0)) {
        parts.pop();
    }
    // Where one version ends and the other goes on, the end counts as `.0` of a release.
    parts.resize(parts.len().max(8), (0, true, 0));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_named_by_version_and_number() {
        assert_eq!(slot_name("0.32.0", &[]), "0.32.0-1");
        assert_eq!(slot_name("0.32.0", &["0.32.0-1".into(), "0.31.0-2".into()]), "0.32.0-2");
        for (name, is) in [
            ("0.32.0-1", true),
            ("1.0rc1+cpu-12", true),
            ("../0-1", false),
            ("0.1/x-1", false),
            ("current", false),
            ("0.1-", false),
            ("0.1-x", false),
            ("-1", false),
        ] {
            assert_eq!(is_slot(name), is, "{name}");
        }
    }

    #[test]
    fn versions_are_ordered_by_number() {
        for (left, right) in [
            ("0.9.0", "0.10.0"),
            ("0.33.0rc1", "0.33.0"),
            ("0.33.0rc1", "0.33.0rc2"),
            ("1.2", "1.2.1"),
            ("0.32.0", "1"),
        ] {
            assert!(older(left, right) && !older(right, left), "{left} {right}");
        }
        assert!(!older("1.0", "1.0.0") && !older("1.0.0", "1.0") && !older("0.32.0+cpu", "0.32.0"));
        assert!(!older("", "") && older("99999999999999999999", "1"), "what is no number counts as 0");
    }

    #[test]
    fn hostile_versions_are_refused() {
        for bad in ["", "--index-url", "1; rm", "1 2", "../1", &"1".repeat(41)] {
            assert!(!is_version(bad), "{bad}");
        }
        assert!(is_version("0.32.0+cpu") && is_version("1.0rc1"));
    }
}
