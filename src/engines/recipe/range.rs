//! Ranges of versions, compute capabilities and counts, as the rules write them.

use serde::{Deserialize, Deserializer, de::Error};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Op {
    Less,
    AtMost,
    Is,
    AtLeast,
    More,
}

/// Comparisons that all have to hold: `>=0.30`, `>=0.21 <0.33`, `12.0`, `>1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Range(Vec<(Op, (u32, u32))>);

impl Range {
    fn parse(text: &str) -> Option<Self> {
        let parts: Option<Vec<_>> = text.split_whitespace().map(one).collect();
        parts.filter(|parts| !parts.is_empty()).map(Self)
    }

    /// Whether a pair of major and minor number lies in it.
    pub(super) fn holds(&self, at: (u32, u32)) -> bool {
        self.0.iter().all(|(op, bound)| match op {
            Op::Less => at < *bound,
            Op::AtMost => at <= *bound,
            Op::Is => at == *bound,
            Op::AtLeast => at >= *bound,
            Op::More => at > *bound,
        })
    }
}

fn one(text: &str) -> Option<(Op, (u32, u32))> {
    let ops = [(">=", Op::AtLeast), ("<=", Op::AtMost), (">", Op::More), ("<", Op::Less), ("=", Op::Is)];
    let (op, rest) =
        ops.into_iter().find_map(|(sign, op)| Some((op, text.strip_prefix(sign)?))).unwrap_or((Op::Is, text));
    let (major, minor) = rest.split_once('.').unwrap_or((rest, "0"));
    Some((op, (major.parse().ok()?, minor.parse().ok()?)))
}

impl<'de> Deserialize<'de> for Range {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text)
            .ok_or_else(|| D::Error::custom(format!("`{text}` is no range; write >=0.30 or >=0.21 <0.33")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_hold_where_they_say() {
        for (range, at, holds) in [
            (">=0.30", (0, 33), true),
            (">=0.30", (0, 29), false),
            (">=0.21 <0.33", (0, 32), true),
            (">=0.21 <0.33", (0, 33), false),
            ("12.0", (12, 0), true),
            ("12.0", (12, 1), false),
            (">1", (1, 0), false),
            (">1", (2, 0), true),
        ] {
            assert_eq!(Range::parse(range).unwrap().holds(at), holds, "{range} {at:?}");
        }
        for wrong in ["", ">=", "a.b", ">=1.x", "1 or 2"] {
            assert_eq!(Range::parse(wrong), None, "{wrong}");
        }
    }
}
