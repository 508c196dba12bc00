//! Models that lie more than once.

use super::LocalModel;
use std::collections::BTreeMap;

/// Groups of indices of models whose content is the same, each of two or more, in the order of the list.
pub fn duplicates(models: &[LocalModel]) -> Vec<Vec<usize>> {
    let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, model) in models.iter().enumerate() {
        if let Some(digest) = &model.digest {
            groups.entry(digest).or_default().push(index);
        }
    }
    let mut groups: Vec<Vec<usize>> = groups.into_values().filter(|group| group.len() > 1).collect();
    groups.sort();
    groups
}
