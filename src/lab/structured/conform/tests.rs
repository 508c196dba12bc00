use super::*;
use serde_json::json;

fn follow(grammar: &Grammar, text: &str) -> Matcher {
    let mut matcher = Matcher::new(grammar).unwrap();
    matcher.push(text.as_bytes());
    let mut slow = Matcher::new(grammar).unwrap();
    text.bytes().for_each(|byte| slow.push(&[byte]));
    assert_eq!((slow.conforming(), slow.first_impossible()), (matcher.conforming(), matcher.first_impossible()));
    assert_eq!((slow.may_end(), slow.expected()), (matcher.may_end(), matcher.expected()), "{text}");
    matcher
}

#[test]
fn the_first_impossible_byte_is_found() {
    let person = json!({"type": "object", "properties": {"name": {"type": "string"},
        "age": {"type": "integer", "minimum": 0, "maximum": 150}}, "required": ["name", "age"],
        "additionalProperties": false});
    let schema = Grammar::Schema(person);
    let rules = Grammar::Rules("start: \"a\" | \"b\" /[0-9]+/".to_owned());
    let gbnf = Grammar::Rules("root ::= \"yes\" | \"no\"".to_owned());
    let regex = Grammar::Regex("[a-c]{2,3}".to_owned());
    let choice = Grammar::Choice(vec!["yes".to_owned(), "no \"q\"".to_owned()]);
    for (grammar, text, conforming, wrong, may_end, words) in [
        (&schema, "", 0, None, false, "{"),
        (&schema, " \n{", 3, None, false, "\" or white space"),
        (&schema, r#"{"name":"Bob","age":4"#, 21, None, false, "} a digit or white space"),
        (&schema, r#"{"name":"Bob","age":4}"#, 22, None, true, "the end"),
        (&schema, "{\"name\":\"Bob\",\"age\":4}\n ", 24, None, true, "white space or the end"),
        (&schema, "{\"name\":\"Bob\",\"age\":4}\n x", 24, Some(24), false, "white space or the end"),
        (&schema, r#"{"name":"Bob","age":200"#, 22, Some(22), false, ""),
        (&schema, r#"{"age":4"#, 2, Some(2), false, "n"),
        (&Grammar::Json, r#"{"a":[1,{"#, 9, None, false, ""),
        (&Grammar::Json, "[", 0, Some(0), false, "{"),
        (&regex, "ab", 2, None, true, "a b c or the end"),
        (&regex, "abcd", 3, Some(3), false, ""),
        (&choice, "no ", 3, None, false, "\""),
        (&choice, "yes", 3, None, true, "the end"),
        (&choice, "yes!", 3, Some(3), false, "the end"),
        (&rules, "b1", 2, None, true, "a digit or the end"),
        (&gbnf, "n", 1, None, false, "o"),
        (&gbnf, "x", 0, Some(0), false, "n or y"),
    ] {
        let mut matcher = follow(grammar, text);
        let told = (matcher.conforming(), matcher.first_impossible(), matcher.may_end());
        assert_eq!(told, (conforming, wrong, may_end), "{text}");
        assert!(words.is_empty() || matcher.expected().words() == words, "{text}: {}", matcher.expected().words());
    }
}

#[test]
fn what_cannot_be_followed_is_refused_with_the_reason() {
    for (grammar, why) in [
        (Grammar::Schema(json!({"uniqueItems": true})), "uniqueItems"),
        (Grammar::Schema(json!({"$ref": "https://example.com/x"})), "example.com"),
        (Grammar::Schema(json!(7)), ""),
        (Grammar::Schema(json!(false)), ""),
        (Grammar::Choice(Vec::new()), "at least one"),
        (Grammar::Regex("(".to_owned()), ""),
        (Grammar::Rules("no rule".to_owned()), ""),
        (Grammar::Regex("(a{1,1000}){1,1000}{1,1000}".to_owned()), ""),
    ] {
        let problem = Matcher::new(&grammar).expect_err(&format!("{grammar:?}"));
        assert!(problem.why.contains(why), "{problem}");
        assert!(!problem.why.contains('\n'));
    }
}
