use super::*;
use jiter::{JsonValue, PartialMode};
use proptest::prelude::*;
use serde_json::{Value, json};

fn tree(text: &str) -> Tree {
    let mut tree = Tree::new();
    tree.push(text);
    tree
}

#[test]
fn a_cut_text_has_what_is_there() {
    for (text, value) in [
        (r#"{"a":[1,2,{"b":"hel"#, Some(json!({"a": [1, 2, {"b": "hel"}]}))),
        (r#"{"a":tr"#, Some(json!({}))),
        (r#"{"a":true"#, Some(json!({"a": true}))),
        (r#"{"a":1,"b"#, Some(json!({"a": 1}))),
        (r#"[12"#, Some(json!([12]))),
        (r#"["a\ud83d\ude0"#, Some(json!(["a"]))),
        (r#"["a\ud83d\ude00"#, Some(json!(["a😀"]))),
        (r#"-"#, None),
        ("", None),
        ("  12", Some(json!(12))),
        ("[1e999, -1e999]", Some(json!([f64::MAX, f64::MIN]))),
    ] {
        assert_eq!(tree(text).to_value(), Ok(value), "{text}");
    }
}

#[test]
fn what_is_no_json_is_told_with_its_byte() {
    for (text, at, why) in [
        ("[1,]", 3, "`]` where a value should be"),
        ("{\"a\":1,}", 7, "`}` where a key in quotes should be"),
        ("{a:1}", 1, "`a` where a key in quotes or } should be"),
        ("{\"a\" 1}", 5, "`1` where : should be"),
        ("{\"a\":1 \"b\"", 7, "`\"` where , or } should be"),
        ("[01]", 2, "`1` where , or ] should be"),
        ("[1.]", 3, "`]` where a digit should be"),
        ("[+1]", 1, "`+` where a value or ] should be"),
        ("[1e]", 3, "`]` where a digit, + or - should be"),
        ("[nul]", 4, "`]` where `l` should be"),
        ("[NaN]", 1, "`N` where a value or ] should be"),
        ("\"a\u{1}", 2, "U+0001 stands bare in a string, it must be escaped"),
        ("\"a\nb", 2, "U+000A stands bare in a string, it must be escaped"),
        ("\"\\x", 2, "`x` where one of \" \\ / b f n r t u should be"),
        ("\"\\u12g", 5, "`g` where a hexadecimal digit should be"),
        ("[}", 1, "`}` where a value or ] should be"),
        ("['a']", 1, "`'` where a value or ] should be"),
        ("[\u{a0}1]", 1, "U+00A0 where a value or ] should be"),
    ] {
        let tree = tree(text);
        let stop = tree.broken().unwrap_or_else(|| panic!("{text}"));
        assert_eq!((stop.at, stop.fault.words().as_str()), (at, why), "{text}");
        assert_eq!(tree.bytes(), text.len());
    }
}

#[test]
fn text_around_is_told_apart() {
    for (text, starts, before, after, whole) in [
        ("{} \n", Some(0), 0, None, true),
        ("  {}", Some(2), 0, None, true),
        ("Sure: {} ", Some(6), 6, None, true),
        ("```json\n{}\n```", Some(8), 8, Some(11), true),
        ("{} {}", Some(0), 0, Some(3), true),
        ("12 apples", Some(0), 0, Some(3), true),
        ("1. Look: {\"a\"", Some(9), 9, None, false),
        ("no, [1]", Some(4), 4, None, true),
        ("nullable", None, 8, None, false),
        ("Use {name} as in {\"a\":1}", Some(17), 17, None, true),
        ("\u{feff}[]", Some(3), 3, None, true),
        ("hello", None, 5, None, false),
        ("", None, 0, None, false),
    ] {
        let tree = tree(text);
        let told = (tree.starts_at(), tree.before(), tree.after(), tree.is_whole());
        assert_eq!(told, (starts, before, after, whole), "{text}");
        assert!(tree.broken().is_none(), "{text}");
    }
}

#[test]
fn repeated_keys_and_lone_surrogates_mark_their_nodes() {
    let tree = tree(r#"{"a":1,"a":[2],"b":"\udc00x","c":"\ud800","d":"\ud800\ud800\udc00","\ud800":1}"#);
    assert!(tree.is_whole() && tree.broken().is_none());
    let told: Vec<(String, State)> =
        tree.invalid().iter().map(|id| (tree.pointer(*id), tree.node(*id).unwrap().state())).collect();
    let bad = |fault| State::Invalid(fault);
    assert_eq!(
        told,
        [
            ("/a".to_owned(), bad(Fault::Duplicate)),
            ("/b".to_owned(), bad(Fault::Surrogate)),
            ("/c".to_owned(), bad(Fault::Surrogate)),
            ("/d".to_owned(), bad(Fault::Surrogate)),
            ("/\u{fffd}".to_owned(), bad(Fault::Surrogate)),
        ]
    );
    let cut = self::tree(r#"{"a":1,"a":{"a":1},"a"#);
    assert_eq!(cut.invalid().len(), 1);
    let key = cut.open_key().unwrap();
    assert_eq!((key.text, key.whole, cut.key_pointer().as_deref()), ("a", false, Some("/a")));
}

#[test]
fn bytes_that_are_no_text_break_it() {
    for (bytes, at) in
        [(&b"[\"a\xffb\"]"[..], Some(3)), (b"{\xc3(", Some(1)), (b"[\"\xf0\x9f", None), (b"[1]\xff", None)]
    {
        let mut tree = Tree::new();
        bytes.iter().for_each(|byte| tree.push_bytes(&[*byte]));
        let mut whole = Tree::new();
        whole.push_bytes(bytes);
        assert_eq!(whole.broken(), tree.broken());
        assert_eq!(tree.broken().map(|stop| stop.at), at, "{}", bytes.escape_ascii());
    }
}

#[test]
fn ten_thousand_levels_cost_no_stack() {
    let text = "[".repeat(10_000) + &"]".repeat(10_000);
    let tree = tree(&text);
    assert!(tree.is_whole());
    assert_eq!(tree.nodes().len(), 10_000);
    assert_eq!(tree.to_value(), Err(TooDeep));
    assert_eq!(tree.pointer(NodeId(9_999)).len(), 9_999 * 2);
}

#[test]
fn rows_leave_out_what_is_folded() {
    let tree = tree(r#"{"a":[1,2,{"b":3}],"c":{"d":[]},"e":4"#);
    let at = |place| NodeId(place);
    for (folded, rows) in [
        (vec![], vec![0, 1, 2, 3, 4, 5, 6, 7, 8]),
        (vec![1], vec![0, 1, 6, 7, 8]),
        (vec![4, 6], vec![0, 1, 2, 3, 4, 6, 8]),
        (vec![1, 4, 2], vec![0, 1, 6, 7, 8]),
        (vec![0, 6], vec![0]),
    ] {
        let rows: Vec<NodeId> = rows.into_iter().map(at).collect();
        let seen = tree.rows(&folded.iter().copied().map(at).collect());
        assert_eq!(seen.count(), rows.len());
        for from in 0..=rows.len() {
            assert_eq!(seen.from(from).collect::<Vec<_>>(), rows[from..], "{folded:?}");
        }
        for place in 0..9 {
            assert_eq!(seen.of(at(place)), rows.iter().position(|row| *row == at(place)));
        }
    }
}

/// Any JSON text, with white space, escapes and numbers of all shapes.
fn text() -> impl Strategy<Value = String> {
    let blank = || prop::sample::select(vec!["", "", " ", "\n\t ", "\r\n"]);
    let piece = prop::sample::select(vec![
        "a",
        "é",
        "😀",
        "\\n",
        "\\\"",
        "\\\\",
        "\\/",
        "\\u00e9",
        "\\ud83d\\ude00",
        "\\u0000",
        " ",
        "{",
        "]",
        ",",
        ":",
        "long text of words",
    ]);
    let string = prop::collection::vec(piece, 0..4).prop_map(|parts| format!("\"{}\"", parts.concat())).boxed();
    let number = prop::sample::select(vec![
        "0",
        "-0",
        "12",
        "-7",
        "1.50",
        "0.001",
        "1e5",
        "1E+2",
        "2.5e-3",
        "18446744073709551615",
        "123456789012345678901234567890",
        "-9223372036854775808",
    ]);
    let leaf = prop_oneof![
        string.clone(),
        number.prop_map(str::to_owned),
        prop::sample::select(vec!["true", "false", "null"]).prop_map(str::to_owned)
    ];
    let value = leaf.prop_recursive(5, 48, 5, move |inner| {
        let join = |parts: Vec<String>, open, close| format!("{open}{}{close}", parts.join(","));
        let around = (blank(), inner, blank()).prop_map(|(before, value, after)| format!("{before}{value}{after}"));
        let member = (blank(), 0..1000u32, string.clone(), blank(), around.clone());
        let member =
            member.prop_map(|(before, n, key, after, value)| format!("{before}\"{n}{}{after}:{value}", &key[1..]));
        prop_oneof![
            prop::collection::vec(around, 0..5).prop_map(move |parts| join(parts, "[", "]")),
            prop::collection::vec(member, 0..5).prop_map(move |parts| join(parts, "{", "}")),
        ]
    });
    (blank(), value, blank()).prop_map(|(before, value, after)| format!("{before}{value}{after}"))
}

fn of_jiter(value: &JsonValue<'_>) -> Value {
    match value {
        JsonValue::Null => Value::Null,
        JsonValue::Bool(is) => json!(is),
        JsonValue::Int(n) => json!(n),
        JsonValue::BigInt(n) => serde_json::from_str(&n.to_string()).unwrap(),
        JsonValue::Float(n) => json!(n),
        JsonValue::Str(text) => json!(text),
        JsonValue::Array(items) => items.iter().map(of_jiter).collect(),
        JsonValue::Object(all) => {
            Value::Object(all.iter().map(|(key, value)| (key.to_string(), of_jiter(value))).collect())
        }
    }
}

/// Figures by what they are worth: jiter reads `-0` and `1e5` by other rules than serde_json.
fn alike(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            let (one, other) = (one.as_f64().unwrap(), other.as_f64().unwrap());
            (one - other).abs() <= one.abs() * 1e-12
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| alike(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, one)| other.get(key).is_some_and(|other| alike(one, other)))
        }
        _ => one == other,
    }
}

proptest! {
    /// The nodes of a prefix are the first nodes of the whole tree: what is whole is equal, what grows has begun the same.
    #[test]
    fn the_tree_of_a_prefix_is_a_prefix_of_the_tree(text in text()) {
        let whole = tree(&text);
        prop_assert!(whole.is_json_so_far() && whole.broken().is_none(), "{text}");
        prop_assume!(whole.invalid().is_empty());
        let mut growing = Tree::new();
        for (at, c) in text.char_indices() {
            growing.push(c.encode_utf8(&mut [0; 4]));
            let cut = tree(&text[..at + c.len_utf8()]);
            prop_assert_eq!(&cut, &growing, "the pieces make a difference");
            for (place, node) in cut.nodes().iter().enumerate() {
                let (id, full) = (NodeId(place as u32), &whole.nodes()[place]);
                prop_assert_eq!((node.parent, node.kind, node.index, node.depth, &node.key), (full.parent, full.kind, full.index, full.depth, &full.key));
                prop_assert!(whole.text(id).starts_with(cut.text(id)) && node.span.start == full.span.start);
                if node.whole {
                    prop_assert_eq!(node, full);
                    prop_assert_eq!(cut.text(id), whole.text(id));
                }
            }
        }
    }

    /// jiter and serde_json see the same.
    #[test]
    fn others_read_the_same(text in text(), cut in any::<prop::sample::Index>()) {
        let mut whole = tree(&text);
        whole.finish();
        let theirs: Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(whole.to_value(), Ok(Some(theirs)));
        let ends: Vec<usize> = text.char_indices().map(|(at, c)| at + c.len_utf8()).collect();
        let part = &text[..*cut.get(&ends)];
        let ours = tree(part).to_value().unwrap();
        let mode = PartialMode::TrailingStrings;
        if let Ok(theirs) = JsonValue::parse_with_config(part.as_bytes(), true, mode) {
            let theirs = of_jiter(&theirs);
            if let Some(ours) = ours {
                prop_assert!(alike(&ours, &theirs), "{part}: {ours} and {theirs}");
            }
        }
    }

    /// What serde_json refuses is not taken for whole JSON, and the other way round.
    #[test]
    fn strictness_is_that_of_others(mut text in text(), at in any::<prop::sample::Index>(), c in "[{}\\[\\]\",:0-9a-z\\\\ .+-]") {
        let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        prop_assume!(!ends.is_empty());
        text.insert_str(*at.get(&ends), &c);
        let mut ours = tree(&text);
        ours.finish();
        let surrogate = |id: &NodeId| ours.node(*id).unwrap().state() == State::Invalid(Fault::Surrogate);
        let fine = ours.is_whole() && ours.is_json_so_far() && !ours.invalid().iter().any(surrogate);
        prop_assert_eq!(fine, serde_json::from_str::<Value>(&text).is_ok(), "{}", text);
    }
}
