//! Search in what was said.

use crate::{exchange, open};
use proptest::prelude::*;
use vramdeck::store::{Hit, Store};

fn filled(store: &mut Store) {
    let talks = [
        ("How is the weather in Oslo?", "Rain, rain and more rain in Oslo today."),
        ("Write C++ code", "```cpp\nint x = a->b; // 100%_sure\n```"),
        ("日本語で話して", "こんにちは、世界。元気ですか。"),
        ("Crème brûlée?", "A weather-proof dessert, once mentioned with rain."),
    ];
    for (n, (asked, answered)) in talks.iter().enumerate() {
        store.save(&exchange(n as f64 + 1.0, asked, answered).batch_of_all()).unwrap();
    }
}

fn marked(hit: &Hit) -> Vec<&str> {
    hit.snippet.marks.iter().map(|mark| &hit.snippet.text[mark.clone()]).collect()
}

#[test]
fn finds_by_words_by_parts_and_in_any_script() {
    let home = tempfile::tempdir().unwrap();
    let mut store = open(home.path());
    filled(&mut store);
    for (query, title, marks) in [
        ("rain", "How is the weather in Oslo?", vec!["Rain", "rain", "rain"]),
        ("RAI oslo", "How is the weather in Oslo?", vec!["Rain", "rain", "rain", "Oslo"]),
        ("creme", "Crème brûlée?", vec!["Crème"]),
        ("->b", "Write C++ code", vec!["->b"]),
        ("100%_", "Write C++ code", vec!["100%_"]),
        ("世界", "日本語で話して", vec!["世界"]),
        ("essert", "Crème brûlée?", vec!["essert"]),
    ] {
        let hits = store.search(query, 9).unwrap();
        let first = hits.first().unwrap_or_else(|| panic!("{query}: nothing found"));
        assert_eq!((first.title.as_str(), marked(first)), (title, marks), "{query}");
    }
    assert_eq!(store.search("rain", 1).unwrap().len(), 1);
    for nothing in ["", " \n", "\0", "absent", "rain absent"] {
        assert_eq!(store.search(nothing, 9).unwrap(), [], "{nothing:?}");
    }
}

#[test]
fn any_query_is_answered() {
    let home = tempfile::tempdir().unwrap();
    let mut store = open(home.path());
    filled(&mut store);
    let operators = r#"["'*^:(){}+\-~%_\\]|AND|OR|NOT|NEAR|rain|plain|[ \x00-\x1f]|\PC"#;
    let query = proptest::collection::vec(operators, 0..30).prop_map(|parts| parts.concat());
    proptest!(ProptestConfig::with_cases(400), |(query in query)| {
        for hit in store.search(&query, 5).unwrap() {
            let _ = marked(&hit);
        }
    });
    assert!(store.search(&"x\" OR ".repeat(100_000), 5).is_ok());
}
