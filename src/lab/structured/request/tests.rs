use super::*;

fn schema() -> Constraint {
    Constraint::Schema { name: "a b".into(), schema: json!({"type": "object"}) }
}

fn tag() -> Constraint {
    Constraint::Tag(json!({"format": {"type": "json_schema", "json_schema": {"type": "object"}}}))
}

fn grammar(syntax: Syntax) -> Constraint {
    Constraint::Grammar { text: "root ::= \"a\"".into(), syntax }
}

fn choice() -> Constraint {
    Constraint::Choice(vec!["red".into(), "blue".into()])
}

fn written(constraint: &Constraint, dialect: Dialect, shape: Shape) -> Option<Value> {
    let options = Options { shape, ..Options::default() };
    request(constraint, dialect, &options).ok().map(|request| request.to_json())
}

#[test]
fn each_engine_has_its_own_shape() {
    let format = json!({"response_format": {"type": "json_schema",
        "json_schema": {"name": "a_b", "schema": {"type": "object"}, "strict": true}}});
    let object = json!({"response_format": {"type": "json_object"}});
    let regex = Constraint::Regex("a+".into());
    let tagged =
        json!({"type": "structural_tag", "format": {"type": "json_schema", "json_schema": {"type": "object"}}});
    let so = |value: Value| Some(json!({"structured_outputs": value}));
    let gbnf = |text: &str| Some(json!({"grammar": text}));
    use Dialect::{LlamaCpp, Ollama, OpenAi, Vllm};
    use Shape::{Auto, Own, ResponseFormat};
    for (constraint, dialect, shape, want) in [
        (Constraint::JsonMode, Vllm, Auto, Some(object.clone())),
        (Constraint::JsonMode, Vllm, Own, so(json!({"json_object": true}))),
        (schema(), Vllm, Auto, Some(format.clone())),
        (schema(), Vllm, ResponseFormat, Some(format.clone())),
        (schema(), Vllm, Own, so(json!({"json": {"type": "object"}}))),
        (regex.clone(), Vllm, Auto, so(json!({"regex": "a+"}))),
        (regex.clone(), Vllm, ResponseFormat, None),
        (choice(), Vllm, Auto, so(json!({"choice": ["red", "blue"]}))),
        (grammar(Syntax::Ebnf), Vllm, Auto, so(json!({"grammar": "root ::= \"a\""}))),
        (grammar(Syntax::Lark), Vllm, Own, so(json!({"grammar": "root ::= \"a\""}))),
        (tag(), Vllm, Auto, Some(json!({"response_format": tagged}))),
        (tag(), Vllm, Own, so(json!({"structural_tag": tagged.to_string()}))),
        (Constraint::JsonMode, LlamaCpp, Auto, Some(object.clone())),
        (Constraint::JsonMode, LlamaCpp, Own, Some(json!({"json_schema": {"type": "object"}}))),
        (schema(), LlamaCpp, Auto, Some(format.clone())),
        (schema(), LlamaCpp, Own, Some(json!({"json_schema": {"type": "object"}}))),
        (regex.clone(), LlamaCpp, Auto, gbnf("root ::= (\"a\")+")),
        (choice(), LlamaCpp, Auto, gbnf("root ::= \"red\" | \"blue\"")),
        (grammar(Syntax::Gbnf), LlamaCpp, Auto, gbnf("root ::= \"a\"")),
        (grammar(Syntax::Ebnf), LlamaCpp, Auto, gbnf("root ::= \"a\"")),
        (grammar(Syntax::Lark), LlamaCpp, Auto, None),
        (tag(), LlamaCpp, Auto, None),
        (Constraint::JsonMode, Ollama, Auto, Some(object.clone())),
        (Constraint::JsonMode, Ollama, Own, Some(json!({"format": "json"}))),
        (schema(), Ollama, Auto, Some(format.clone())),
        (schema(), Ollama, Own, Some(json!({"format": {"type": "object"}}))),
        (choice(), Ollama, Own, Some(json!({"format": {"type": "string", "enum": ["red", "blue"]}}))),
        (regex.clone(), Ollama, Auto, None),
        (grammar(Syntax::Gbnf), Ollama, Auto, None),
        (tag(), Ollama, Auto, None),
        (Constraint::JsonMode, OpenAi, Auto, Some(object)),
        (schema(), OpenAi, Auto, Some(format)),
        (schema(), OpenAi, Own, None),
        (regex, OpenAi, Auto, None),
        (choice(), OpenAi, Auto, None),
        (grammar(Syntax::Gbnf), OpenAi, Auto, None),
        (tag(), OpenAi, Auto, None),
    ] {
        assert_eq!(written(&constraint, dialect, shape), want, "{constraint:?} {dialect:?} {shape:?}");
    }
}

#[test]
fn rewritings_and_idle_options_are_told() {
    let options = Options { disable_any_whitespace: true, ..Options::default() };
    let vllm = request(&schema(), Dialect::Vllm, &options).unwrap();
    assert_eq!(
        vllm.to_json(),
        json!({"structured_outputs": {"json": {"type": "object"}, "disable_any_whitespace": true}})
    );
    assert!(vllm.notes[0].contains("has no effect"), "{:?}", vllm.notes);
    assert!(request(&schema(), Dialect::LlamaCpp, &options).unwrap().notes[0].contains("vLLM's"));
    let quoted = request(&choice(), Dialect::Ollama, &Options::default()).unwrap();
    assert!(quoted.notes[0].contains("quotes") && quoted.asked.kind() == Kind::Schema, "{quoted:?}");
    let through = Options { behind: Some(Dialect::Vllm), ..Options::default() };
    let told = request(&choice(), Dialect::OpenAi, &through).unwrap();
    assert_eq!(told.to_json(), json!({"structured_outputs": {"choice": ["red", "blue"]}}));
    assert!(told.notes[0].contains("LiteLLM"), "{:?}", told.notes);
    assert!(request(&schema(), Dialect::OpenAi, &through).unwrap().notes.is_empty());
    let native = request(&schema(), Dialect::Ollama, &Options { shape: Shape::Own, ..Options::default() }).unwrap();
    assert!(native.native);
}

#[test]
fn what_no_engine_can_use_is_refused() {
    for constraint in [
        Constraint::Choice(Vec::new()),
        Constraint::Choice(vec![String::new()]),
        Constraint::Regex("a\0".into()),
        Constraint::Grammar { text: " \n".into(), syntax: Syntax::Gbnf },
        Constraint::Schema { name: String::new(), schema: json!([]) },
        Constraint::Tag(json!({"type": "structural_tag"})),
    ] {
        for dialect in Dialect::ALL {
            let problem = request(&constraint, dialect, &Options::default()).unwrap_err();
            assert_eq!(problem.exit_code(), 2, "{constraint:?}");
        }
    }
}
