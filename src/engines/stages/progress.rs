//! Progress bars as engines draw them: tqdm's, llama.cpp's, dots.

use crate::base::units::{GIB, KIB, MIB};

/// A tqdm bar: `NAME:  45%|████▌ | 450M/1.00G [00:05<00:06, 90MB/s]`.
#[derive(Debug, PartialEq)]
pub(super) struct Bar<'a> {
    /// What stands before the percentage.
    pub name: &'a str,
    /// Done and total as they stand there.
    pub done: &'a str,
    pub total: Option<&'a str>,
}

/// The last bar of a piece: several at once are parted by cursor movements, which are gone by now. One that is cut off
/// within its counts says nothing.
pub(super) fn tqdm(line: &str) -> Option<Bar<'_>> {
    let (head, rest) = line.rsplit_once("%|")?;
    let name = head.rsplit_once(':').map_or("", |(name, _)| name).trim();
    // A bar before this one on the same line ends with `]`.
    let name = name.rsplit_once(']').map_or(name, |(_, own)| own).trim();
    let tail = rest.split_once('|').map_or(rest, |(_, tail)| tail);
    let counts = tail.split_once('[')?.0.trim();
    let (done, total) = counts.split_once('/').unwrap_or((counts, ""));
    let total = Some(total.trim()).filter(|total| !total.is_empty() && *total != "?");
    Some(Bar { name, done: done.trim(), total })
}

/// A plain count.
pub(super) fn count(text: &str) -> Option<u64> {
    text.trim().replace(',', "").parse().ok()
}

/// A size as tqdm and llama.cpp write it: `450M`, `1.00G`, `450 MB`, `1.2 GiB`, `812`. tqdm's letters are decimal.
pub(super) fn size(text: &str) -> Option<u64> {
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let number: f64 = number.parse().ok().filter(|n: &f64| n.is_finite() && *n >= 0.0)?;
    let unit = unit.trim();
    let binary = unit.get(1..).is_some_and(|rest| rest.starts_with("iB"));
    let factor = match (unit.chars().next(), binary) {
        (None | Some('B'), _) => 1.0,
        (Some('k' | 'K'), false) => 1e3,
        (Some('M'), false) => 1e6,
        (Some('G'), false) => 1e9,
        (Some('T'), false) => 1e12,
        (Some('k' | 'K'), true) => KIB as f64,
        (Some('M'), true) => MIB as f64,
        (Some('G'), true) => GIB as f64,
        _ => return None,
    };
    Some((number * factor) as u64)
}

/// The number of seconds right after `marker`.
pub(super) fn seconds(line: &str, marker: &str) -> Option<f64> {
    let rest = line.split_once(marker)?.1.trim_start();
    let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
    rest.get(..end)?.trim_end_matches('.').parse().ok().filter(|n: &f64| n.is_finite() && *n < 1e7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_and_sizes_are_read() {
        for (line, name, done, total) in [
            (
                "model-1.safetensors:  45%|████▌     | 450M/1.00G [00:05<00:06, 90MB/s]",
                "model-1.safetensors",
                "450M",
                Some("1.00G"),
            ),
            ("Fetching 12 files:  25%|██▌       | 3/12 [00:01<00:03, 3it/s]", "Fetching 12 files", "3", Some("12")),
            (
                "a:  1%| | 1/9 [00:00<?, ?B/s]b: downloading bytes:  2%|▏ | 2M/9M [00:01<00:02]",
                "b: downloading bytes",
                "2M",
                Some("9M"),
            ),
            ("  0%|          | 0.00/? [00:00<?, ?B/s]", "", "0.00", None),
        ] {
            assert_eq!(tqdm(line), Some(Bar { name, done, total }), "{line}");
        }
        assert_eq!(tqdm("100 % of nothing"), None);
        assert_eq!(tqdm("Capturing CUDA graphs:  30%|███ | 20/6"), None, "of 67");
        for (text, bytes) in [
            ("450M", Some(450_000_000)),
            ("1.00G", Some(1_000_000_000)),
            ("12 MB", Some(12_000_000)),
            ("2 GiB", Some(2 << 30)),
            ("812", Some(812)),
            ("x", None),
            ("-3M", None),
        ] {
            assert_eq!(size(text), bytes, "{text}");
        }
        assert_eq!(seconds("took 0.04 seconds", "took "), Some(0.04));
    }
}
