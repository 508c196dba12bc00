//! Equal answers together.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::HashMap;

/// When two answers are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Equal {
    /// Byte for byte.
    Exact,
    /// But for white space: a run of it is one blank, and none counts at the ends.
    #[default]
    Spaced,
}

/// Answers that are equal.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// The text of the first of them.
    pub text: String,
    /// Which they are, in their order.
    pub members: Vec<usize>,
    /// How many different texts they have, byte for byte.
    pub forms: usize,
    /// Their share of all answers, 0 to 1.
    pub share: f64,
}

/// Groups texts; the largest first, equal sizes by what came first. Numbers of members are positions among the texts.
pub fn groups<'a>(texts: impl IntoIterator<Item = &'a str>, equal: Equal) -> Vec<Group> {
    let mut places: HashMap<Cow<'a, str>, usize> = HashMap::new();
    let mut found: Vec<(Vec<usize>, Vec<&'a str>)> = Vec::new();
    let mut count = 0;
    for (at, text) in texts.into_iter().enumerate() {
        count = at + 1;
        let place = *places.entry(equal.key(text)).or_insert(found.len());
        match found.get_mut(place) {
            Some((members, forms)) => {
                members.push(at);
                if !forms.contains(&text) {
                    forms.push(text);
                }
            }
            None => found.push((vec![at], vec![text])),
        }
    }
    let group = |(members, forms): (Vec<usize>, Vec<&str>)| Group {
        text: forms.first().copied().unwrap_or_default().to_owned(),
        forms: forms.len(),
        share: members.len() as f64 / count as f64,
        members,
    };
    let mut groups: Vec<Group> = found.into_iter().map(group).collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.members.len()));
    groups
}

impl Equal {
    /// What equal texts have in common.
    fn key(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Exact => Cow::Borrowed(text),
            Self::Spaced => Cow::Owned(text.split_whitespace().collect::<Vec<_>>().join(" ")),
        }
    }
}
