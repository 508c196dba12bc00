use super::*;
use crate::engines::simulated::model::ASSISTANT;
use crate::engines::simulated::rng::Rng;
use crate::engines::simulated::sampling::{History, Settings, pick};
use proptest::prelude::*;
use std::sync::LazyLock;

static MODEL: LazyLock<LanguageModel> = LazyLock::new(LanguageModel::trained);
static COMPILER: LazyLock<Compiler> = LazyLock::new(|| Compiler::new(&MODEL).unwrap());

/// An answer under `rule`, and whether it came to its end within `most` tokens.
fn answer(rule: &Rule, seed: u64, most: usize) -> (String, bool) {
    let mut constraint = COMPILER.compile(rule).unwrap();
    let focus = MODEL.focus("a table of cards");
    let (mut tokens, mut probs) = (vec![ASSISTANT], Vec::new());
    let mut rng = Rng::new(seed, 0);
    let settings = Settings { temperature: 0.9, ..Settings::default() };
    for length in 0..most {
        MODEL.next(&focus, &tokens, length, false, &mut probs);
        assert!(constraint.restrict(MODEL.vocab(), &mut probs));
        let token = pick(&settings, &mut probs, &History::default(), END, &mut rng);
        if token == END {
            return (String::from_utf8(MODEL.vocab().decode(&tokens)).unwrap(), true);
        }
        tokens.push(token);
        assert!(constraint.take(MODEL.vocab(), token));
    }
    (String::from_utf8_lossy(&MODEL.vocab().decode(&tokens)).into_owned(), false)
}

fn person() -> Value {
    json!({
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "mood": {"type": "string", "enum": ["calm", "cross"]},
            "age": {"type": "integer", "minimum": 10, "maximum": 99},
            "tags": {"type": "array", "items": {"type": "string", "maxLength": 8}, "maxItems": 3},
            "ok": {"type": "boolean"},
        },
        "required": ["name", "mood", "age", "tags", "ok"],
        "additionalProperties": false,
    })
}

#[test]
fn a_schema_is_always_obeyed() {
    for seed in 0..12 {
        let (text, whole) = answer(&Rule::Schema(person()), seed, 300);
        assert!(whole, "{text}");
        let value: Value = serde_json::from_str(&text).unwrap();
        assert!(["calm", "cross"].contains(&value["mood"].as_str().unwrap()), "{text}");
        assert!((10..=99).contains(&value["age"].as_i64().unwrap()), "{text}");
        assert!(value["ok"].is_boolean() && value["name"].is_string() && value["tags"].as_array().unwrap().len() <= 3);
        assert_eq!(value.as_object().unwrap().len(), 5);
    }
}

#[test]
fn other_rules_are_obeyed() {
    let lark = Rule::Grammar("start: (\"a\" | \"b\")+ \"!\"".to_owned());
    for seed in 0..6 {
        let (text, whole) = answer(&Rule::Regex("[A-Z]{3}-[0-9]{2}".to_owned()), seed, 30);
        assert!(whole && text.len() == 6 && text.as_bytes()[3] == b'-', "{text}");
        let (text, whole) = answer(&Rule::Choice(vec!["yes".into(), "no \"really\"".into()]), seed, 30);
        assert!(whole && ["yes", "no \"really\""].contains(&text.as_str()), "{text}");
        let (text, _) = answer(&lark, seed, 200);
        assert!(text.trim_end_matches('!').bytes().all(|b| b == b'a' || b == b'b'), "{text}");
        let (text, whole) = answer(&Rule::Grammar("root ::= \"yes\" | \"no\"".into()), seed, 30);
        assert!(whole && ["yes", "no"].contains(&text.as_str()), "{text}");
        let (text, whole) = answer(&Rule::JsonObject, seed, 400);
        assert!(whole && serde_json::from_str::<Value>(&text).unwrap().is_object(), "{text}");
    }
}

#[test]
fn bad_rules_are_refused_in_words() {
    for (rule, word) in [
        (Rule::Schema(json!({"type": "nonsense"})), "nonsense"),
        (Rule::Regex("([".to_owned()), "regex"),
        (Rule::Grammar("start: /[/".to_owned()), ""),
        (Rule::Choice(Vec::new()), "at least one"),
        (Rule::Schema(json!({"type": "array", "uniqueItems": true})), "uniqueItems"),
    ] {
        let error = COMPILER.compile(&rule).unwrap_err();
        assert!(error.contains(word), "{rule:?}: {error}");
    }
    assert!(COMPILER.compile(&Rule::ToolSchema(json!({"type": "array", "uniqueItems": true}))).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_small_object_is_reached(keys in proptest::collection::btree_set("[a-z\u{e4}\u{65e5}]{1,6}", 1..4), seed in 0u64..99) {
        let properties: serde_json::Map<String, Value> =
            keys.iter().map(|key| (key.clone(), json!({"type": "integer"}))).collect();
        let schema = json!({"type": "object", "properties": properties, "required": keys, "additionalProperties": false});
        let (text, whole) = answer(&Rule::Schema(schema), seed, 200);
        prop_assert!(whole, "{}", text);
        let value: Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(value.as_object().unwrap().len(), keys.len());
    }
}
