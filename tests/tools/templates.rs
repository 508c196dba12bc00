//! Templates rendered by us and, beforehand, by Hugging Face's library: the same text, or both refuse.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::time::{Duration, Instant};
use vramdeck::base::Problem;
use vramdeck::lab::template::{Conversation, Now, Rendered, Template, shipped};

fn hello() -> Conversation {
    let messages = vec![json!({"role": "user", "content": "hi"})];
    Conversation { messages, add_generation_prompt: true, ..Conversation::default() }
}

fn render(source: &str, extra: &Map<String, Value>) -> Result<Rendered, Problem> {
    Template::new(source, &[])?.render(&Conversation { extra: extra.clone(), ..hello() }, Now::default())
}

fn plain(source: &str) -> Result<String, Problem> {
    render(source, &Map::new()).map(|rendered| rendered.prompt)
}

#[test]
fn every_row_is_rendered_as_by_hugging_face() {
    let mut rows = include_str!("templates.jsonl").lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let first = rows.next().unwrap();
    let variables = first["variables"].as_object().unwrap();
    let mut count = 0;
    for row in rows {
        let source = row["source"].as_str().unwrap();
        let ours = render(source, variables);
        match (row["prompt"].as_str(), ours) {
            (Some(theirs), Ok(ours)) => assert_eq!(ours.prompt, theirs, "{source}"),
            (None, Err(_)) => {}
            (theirs, ours) => panic!("{source}\ntheirs {theirs:?}\nours   {ours:?}"),
        }
        count += 1;
    }
    assert!(count > 110, "{count}");
}

#[test]
fn the_tiny_model_reads_what_it_was_trained_on() {
    let template = Template::new(include_str!("../models/tiny-tools/chat_template.jinja"), &[]).unwrap();
    let by_name = |name: &str| shipped().iter().find(|one| one.name == name).unwrap();
    let prompt = |one: &Conversation| template.render(one, Now::default()).unwrap().prompt;
    assert_eq!(prompt(by_name("plain")), "<|im_start|>user\nHello!<|im_end|>\n<|im_start|>assistant\n");
    let mut quiet = by_name("plain").clone();
    quiet.extra.insert("enable_thinking".to_owned(), false.into());
    assert!(prompt(&quiet).ends_with("assistant\n<think>\n\n</think>\n\n"));
    assert_eq!(
        prompt(by_name("nested arguments")),
        concat!(
            "<|im_start|>system\n# Tools\nYou may call one or more functions.\n<tools>\n",
            r#"{"type": "function", "function": {"name": "book", "description": "Book a table.", "#,
            r#""parameters": {"type": "object", "properties": {"guests": {"type": "array", "items": {"type": "object", "#,
            r#""properties": {"name": {"type": "string"}, "age": {"type": "integer"}}}}, "price": {"type": "number"}, "#,
            r#""code": {"type": "string"}}, "required": ["guests"]}}}"#,
            "\n</tools>\nReturn each call as <tool_call>\n{\"name\": NAME, \"arguments\": ARGS}\n</tool_call><|im_end|>\n",
            "<|im_start|>user\nBook it.<|im_end|>\n<|im_start|>assistant\n<tool_call>\n",
            r#"{"name": "book", "arguments": {"guests": [{"name": "Zoë", "age": 4}, {"name": "O'Neil", "vegan": true, "#,
            r#""note": null}], "price": 12.5, "code": "0042", "note": "say \"hi\""}}"#,
            "\n</tool_call><|im_end|>\n",
        )
    );
}

#[test]
fn special_tokens_and_the_date_are_variables() {
    let special = [("bos_token".to_owned(), "<s>".to_owned())];
    let template = Template::new("{{ bos_token }}{{ eos_token }}|{{ strftime_now('%d %b %Y') }}", &special).unwrap();
    let rendered = template.render(&hello(), Now { epoch: Duration::from_secs(1_795_303_371) }).unwrap();
    assert_eq!(rendered.prompt, "<s>|21 Nov 2026");
    assert!(rendered.notes[0].contains("2026-11-21"), "{:?}", rendered.notes);
}

#[test]
fn arguments_in_a_text_become_an_object() {
    let call = |arguments: Value| {
        let message = json!({"role": "assistant", "content": null, "tool_calls": [{"function": {"name": "f", "arguments": arguments}}]});
        let conversation = Conversation { messages: vec![message], ..Conversation::default() };
        let source = "{% for c in messages[0].tool_calls %}{{ c.function.arguments|tojson }}{% endfor %}{{ messages[0].content }}";
        Template::new(source, &[]).unwrap().render(&conversation, Now::default()).unwrap()
    };
    for (given, is, notes) in [
        (json!({"a": 1}), r#"{"a": 1}"#, 1),
        (json!(r#"{"b":[1.0,"é"],"a":null}"#), r#"{"b": [1.0, "é"], "a": null}"#, 2),
        (json!(""), "{}", 2),
        (json!(null), "{}", 2),
        (json!("{broken"), r#""{broken""#, 2),
        (json!("[1]"), r#""[1]""#, 2),
    ] {
        let rendered = call(given.clone());
        assert_eq!((rendered.prompt.as_str(), rendered.notes.len()), (is, notes), "{given}: {:?}", rendered.notes);
    }
}

#[test]
fn what_fails_names_its_line_and_what_to_try() {
    for (source, what, why) in [
        (
            "a\n{{ raise_exception('Roles must alternate') }}",
            "refuses this conversation",
            "line 2: Roles must alternate",
        ),
        ("{% macro m() %}\n\n{{ raise_exception('inner') }}{% endmacro %}{{ m() }}", "refuses", "line 3: inner"),
        ("\n\n{% if %}", "cannot be read", "line 3"),
        ("{{ messages[0].nothing.more }}", "cannot be rendered", "line 1"),
        ("{{ 1|strange }}", "cannot be rendered", "strange"),
        ("{{ [].append(1) }}", "cannot be rendered", "append would change a value"),
        ("{% include 'other' %}", "cannot be rendered", "line 1"),
    ] {
        let problem = plain(source).unwrap_err();
        assert!(problem.what.contains(what) && problem.why.contains(why), "{source}: {problem}");
        assert!(!problem.hint.is_empty() && problem.exit_code() == 1, "{problem}");
    }
    let problem = plain("\u{1b}]52;c;\u{7}{{ raise_exception('\u{1b}[2J') }}").unwrap_err();
    assert!(!problem.to_string().contains('\u{1b}'), "{problem}");
}

#[test]
fn hostile_templates_end_with_a_problem() {
    let began = Instant::now();
    let deep = format!("{}1{}", "[".repeat(5000), "]".repeat(5000));
    for (source, says) in [
        ("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", "steps"),
        ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "recursion"),
        ("{% for a in range(99999) %}{{ 'x' * 1000 }}{% endfor %}", "MiB"),
        ("{% set x %}{% for a in range(99999) %}{{ 'x' * 1000 }}{% endfor %}{% endset %}", "MiB"),
        ("{{ 'x' * 999999999999 }}", "line 1"),
        (
            "{% set ns = namespace(x=[]) %}{% for a in range(30) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
            "MiB",
        ),
        (
            "{% set ns = namespace(x=[]) %}{% for a in range(30) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x|tojson }}",
            "too large",
        ),
        (
            "{% set ns = namespace(x=1) %}{% for a in range(400) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x|tojson }}",
            "too deep",
        ),
        (&format!("{{{{ {deep} }}}}"), "line 1"),
        (&"{% if true %}".repeat(5000), "line 1"),
        (&"x".repeat(2 << 20), "bytes"),
    ] {
        let problem = plain(source).unwrap_err();
        let cut: String = source.chars().take(80).collect();
        assert!(problem.why.contains(says), "{cut}: {problem}");
    }
    assert!(began.elapsed() < Duration::from_secs(120), "{:?}", began.elapsed());
}

const PIECES: [&str; 24] = [
    "{{ ",
    " }}",
    "{% for m in messages %}",
    "{% endfor %}",
    "{% if ",
    " %}",
    "{% endif %}",
    "m.role",
    "m['content']",
    " | tojson",
    " ~ 'a'",
    "{%- set x = ",
    "x",
    "[1, none, true]",
    "{'a': 1.5}",
    ".items()",
    "{% generation %}",
    "{% endgeneration %}",
    "{# ",
    " #}",
    "{% raw %}",
    "\r\n",
    "é",
    "|string|length",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_text_is_rendered_or_refused(text in "\\PC{0,80}") {
        let _ = plain(&text);
    }

    #[test]
    fn any_mix_of_jinja_is_rendered_or_refused(pieces in proptest::collection::vec(0..PIECES.len(), 0..20)) {
        let _ = plain(&pieces.into_iter().map(|at| PIECES[at]).collect::<String>());
    }

    #[test]
    fn a_text_without_jinja_is_itself(text in "[a-zA-Z <>|'\"é日\n]{0,60}") {
        // Jinja drops one newline at the end.
        let is = text.strip_suffix('\n').unwrap_or(&text);
        prop_assert_eq!(plain(&text).unwrap(), is);
    }

    #[test]
    fn tojson_reads_back(text in "\\PC*", number in any::<f64>(), whole in any::<i64>()) {
        let value = json!({"t": text, "n": number, "w": whole, "l": [text, null, true]});
        for filter in ["tojson", "tojson(indent=2)", "tojson(ensure_ascii=true, sort_keys=true)"] {
            let extra = Map::from_iter([("v".to_owned(), value.clone())]);
            let told = render(&format!("{{{{ v|{filter} }}}}"), &extra).unwrap().prompt;
            prop_assert_eq!(&serde_json::from_str::<Value>(&told).unwrap(), &value);
        }
    }
}
