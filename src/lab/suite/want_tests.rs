use super::*;
use proptest::prelude::*;

fn right(want: &Value, given: Value) -> Result<(), String> {
    Want::read(want).unwrap().check(&given, "").map_err(|miss| miss.path)
}

#[test]
fn each_form_accepts_what_it_says() {
    let table = [
        (json!("a"), json!("a"), json!("A")),
        (json!(3), json!(3.0), json!("3")),
        (json!(null), json!(null), json!(0)),
        (json!({"$any": ["a", 1]}), json!(1), json!(2)),
        (json!({"$number": 2.5, "within": 0.1}), json!(2.55), json!(2.7)),
        (json!({"$number": 2}), json!(2), json!(3)),
        (json!({"$text": "New York, NY"}), json!("new york NY"), json!("new york")),
        (json!({"$contains": "milk"}), json!("Buy Milk!"), json!("Buy bread")),
        (json!([1, 2]), json!([1, 2]), json!([2, 1])),
        (json!({"$set": [1, {"$any": [1, 2]}]}), json!([2, 1]), json!([2, 2])),
        (json!({"a": 1, "b": {"$optional": 2}}), json!({"a": 1}), json!({"b": 2})),
        (json!({"a": 1, "b": {"$optional": 2}}), json!({"a": 1, "b": 2}), json!({"a": 1, "b": 3})),
        (json!({"a": 1}), json!({"a": 1}), json!({"a": 1, "c": 1})),
        (json!({"$anything": 0}), json!([]), Value::Null),
    ];
    for (want, yes, no) in table {
        assert_eq!(right(&want, yes), Ok(()), "{want}");
        assert_eq!(right(&want, no.clone()).is_err(), no != Value::Null, "{want} {no}");
    }
}

#[test]
fn a_miss_names_its_place() {
    let want = json!({"a": [{"b/c": 1}]});
    assert_eq!(right(&want, json!({"a": [{"b/c": 2}]})), Err("/a/0/b~1c".to_owned()));
    assert_eq!(right(&want, json!({"a": [{}]})), Err("/a/0/b~1c".to_owned()));
    assert_eq!(right(&want, json!({"a": [{"b/c": 1}], "z": 0})), Err("/z".to_owned()));
}

#[test]
fn what_no_answer_set_is_is_refused() {
    for bad in [
        json!({"$other": 1}),
        json!({"$any": []}),
        json!({"$any": 1}),
        json!({"$text": "?!"}),
        json!({"$number": "1"}),
        json!({"$number": 1, "within": -1}),
        json!({"$number": 1, "width": 1}),
        json!({"$set": [1], "more": 1}),
        json!({"a": [{"$x": 1}]}),
        (0..100).fold(json!(1), |inner, _| json!([inner])),
    ] {
        assert!(Want::read(&bad).is_err(), "{bad}");
    }
}

/// Any JSON of modest size.
pub(in crate::lab::suite) fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[ -~é\u{1f38c}]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec(("[a-c$/~]{0,3}", inner), 0..4)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn nothing_panics_and_a_sample_is_right(set in any_json(), given in any_json()) {
        if let Ok(want) = Want::read(&set) {
            let _ = want.check(&given, "");
            if let Some(sample) = want.sample() {
                // An optional item of a list is no item of a sample; everything else is right.
                let listed = set.to_string().contains("$optional");
                prop_assert!(listed || want.check(&sample, "").is_ok(), "{set} {sample}");
            }
        }
    }

    #[test]
    fn the_order_of_a_set_does_not_matter(mut items in proptest::collection::vec(0..5_i64, 1..6), turn in 0..6_usize) {
        let want = Want::read(&json!({"$set": items})).unwrap();
        let by = turn % items.len();
        items.rotate_left(by);
        prop_assert!(want.check(&json!(items), "").is_ok());
    }
}
