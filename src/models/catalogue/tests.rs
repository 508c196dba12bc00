//! The shipped data: whole, strict, and in agreement with the published sizes.

use super::*;
use crate::models::fit::Engine;
use crate::models::{Exact, Source};
use std::collections::BTreeMap;

fn all() -> &'static [Entry] {
    &Catalogue::shipped().entries
}

#[test]
fn every_line_is_an_entry() {
    let mut count = 0;
    for (file, text) in FILES {
        let part = Catalogue::parse(file, text).unwrap();
        assert_eq!(part.entries.len(), text.lines().count(), "{file}");
        count += part.entries.len();
    }
    assert!(count >= 286, "{count} models");
    assert_eq!(count, all().len());
}

#[test]
fn every_branch_of_the_taxonomy_is_there() {
    let mut counts: BTreeMap<Taxonomy, usize> = BTreeMap::new();
    all().iter().for_each(|entry| *counts.entry(entry.taxonomy).or_default() += 1);
    let least = [10, 6, 8, 90, 19, 37, 28, 5, 13, 8, 6, 48, 8];
    for (branch, least) in Taxonomy::ALL.into_iter().zip(least) {
        let count = counts.get(&branch).copied().unwrap_or_default();
        assert!(count >= least, "{}: {count} of {least}", branch.name());
    }
}

#[test]
fn ids_are_unique_and_every_model_has_a_published_form() {
    let mut seen = std::collections::BTreeSet::new();
    for entry in all() {
        assert!(seen.insert(entry.id.to_lowercase()), "{} twice", entry.id);
        let own = |one: &&Variant| one.repo.as_ref().is_some_and(|repo| repo.value == entry.id);
        assert_eq!(entry.variants.iter().filter(own).count(), 1, "{}", entry.id);
        assert!(entry.params.0 >= entry.params.1 && entry.params.1 > 0, "{}", entry.id);
        assert!(entry.context > 0, "{}", entry.id);
    }
}

/// Parameters by the dimensions alone, without what was added to meet the published count.
fn counted(entry: &Entry) -> u64 {
    let mut geometry = entry.variants[0].facts.geometry.clone();
    let all = crate::models::tensors::groups(&geometry).iter().map(|group| group.params()).sum::<u64>();
    let explained = geometry.doubts.iter().all(|doubt| !doubt.what.contains("by count alone"));
    if explained { all } else { all - std::mem::take(&mut geometry.other_params) }
}

#[test]
fn parameters() {
    for entry in all() {
        if entry.variants[0].facts.geometry.layers.is_empty() {
            println!("SHELL {}", entry.id);
            continue;
        }
        let n = counted(entry);
        let off = (n as f64 / entry.params.0 as f64 - 1.0) * 100.0;
        println!(
            "{off:+.1} {:?} {} {} {n} doubts {:?}",
            entry.confidence,
            entry.id,
            entry.params.0,
            entry.variants[0].facts.geometry.doubts.iter().map(|d| &d.what).collect::<Vec<_>>()
        );
    }
}
