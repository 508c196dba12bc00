use super::*;
use serde_json::json;

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
    ] {
        assert_eq!(tree(text).to_value(), Ok(value), "{text}");
    }
}
