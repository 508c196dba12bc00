//! The official JSON-Schema-Test-Suite, from a copy of its folder `tests`:
//! `JSON_SCHEMA_SUITE=…/tests cargo test --test structured -- --ignored --nocapture`.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use vramdeck::lab::schema::Schema;
use vramdeck::lab::structured::verdict::Verdict;
use vramdeck::lab::structured::watch::Watch;

/// Drafts with the name that `$schema` has where the suite leaves it out.
const DRAFTS: [(&str, &str); 5] = [
    ("draft4", "http://json-schema.org/draft-04/schema#"),
    ("draft6", "http://json-schema.org/draft-06/schema#"),
    ("draft7", "http://json-schema.org/draft-07/schema#"),
    ("draft2019-09", "https://json-schema.org/draft/2019-09/schema"),
    ("draft2020-12", "https://json-schema.org/draft/2020-12/schema"),
];

#[derive(Default)]
struct Score {
    same: usize,
    other: usize,
    refused: usize,
    /// Prefixes of valid texts that were said to be lost, of how many.
    wrong_no: usize,
    prefixes: usize,
    /// Invalid texts that were known to be so before their last byte.
    early: usize,
    invalid: usize,
}

#[test]
#[ignore = "needs a copy of the suite"]
fn the_official_suite_agrees() {
    let Ok(folder) = std::env::var("JSON_SCHEMA_SUITE") else { panic!("JSON_SCHEMA_SUITE is not set") };
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    let mut wrong = 0;
    for (draft, name) in DRAFTS {
        for part in ["", "optional"] {
            let mut score = Score::default();
            for entry in std::fs::read_dir(Path::new(&folder).join(draft).join(part)).unwrap() {
                let path = entry.unwrap().path();
                if path.extension().is_some_and(|end| end == "json") {
                    file(&path, name, &mut score, &mut reasons);
                }
            }
            println!(
                "{draft:<13} {part:<8} agrees {}, differs {}, schema refused {}; valid prefixes said to be lost {} of {}; invalid texts seen early {} of {}",
                score.same, score.other, score.refused, score.wrong_no, score.prefixes, score.early, score.invalid
            );
            wrong += score.wrong_no;
        }
    }
    reasons.iter().for_each(|(reason, count)| println!("{count:>4} {reason}"));
    assert_eq!(wrong, 0, "a text that obeys was said to be lost");
}

fn file(path: &Path, draft: &str, score: &mut Score, reasons: &mut BTreeMap<String, usize>) {
    let cases: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let name = path.file_stem().unwrap().to_string_lossy().into_owned();
    for case in cases.as_array().unwrap() {
        let mut schema = case["schema"].clone();
        if let Some(all) = schema.as_object_mut() {
            all.entry("$schema").or_insert(json!(draft));
        }
        let tests = case["tests"].as_array().unwrap();
        let ready = match Schema::read(&schema) {
            Ok(ready) => ready,
            Err(problem) => {
                score.refused += tests.len();
                let why = if problem.why.contains("nothing is fetched") {
                    "refers elsewhere".to_owned()
                } else {
                    problem.why
                };
                *reasons.entry(format!("refused, {name}: {why}")).or_default() += tests.len();
                continue;
            }
        };
        for test in tests {
            let text = test["data"].to_string();
            let mut watch = Watch::new(Some(&ready), None);
            watch.push(&text);
            let lost = watch.impossible_at();
            watch.finish();
            let told = Verdict::of(&watch, Some(&ready));
            let valid = test["valid"] == true;
            if told.valid == Some(valid) {
                score.same += 1;
            } else {
                score.other += 1;
                *reasons
                    .entry(format!("differs, {draft} {name}: {}, {}", case["description"], test["description"]))
                    .or_default() += 1;
            }
            if told.valid == Some(true) {
                score.prefixes += text.len();
                if lost.is_some() {
                    score.wrong_no += 1;
                    println!("LOST {draft} {name} {schema} {text} {:?}", watch.possible().unwrap().faults());
                }
            } else {
                score.invalid += 1;
                score.early += usize::from(lost.is_some_and(|at| at + 1 < text.len()));
            }
        }
    }
}
