//! Own texts: `tests/tools/own.toml`.

use crate::{calls, read};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;
use vramdeck::lab::tools::{Compiled, Tools, detect, format, formats, parse};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    case: Vec<Case>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    what: String,
    pub format: String,
    pub text: String,
    #[serde(default)]
    calls: Option<String>,
    content: Option<String>,
    reasoning: Option<String>,
    #[serde(default)]
    problems: Vec<String>,
    #[serde(default)]
    tools: Option<String>,
}

impl Case {
    pub fn offered(&self) -> Tools {
        self.tools.as_deref().map_or_else(Tools::default, |text| Tools::read(text).unwrap())
    }
}

pub fn cases() -> Vec<Case> {
    toml::from_str::<File>(include_str!("own.toml")).unwrap().case
}

#[test]
fn own_texts_are_read_as_written_down() {
    for case in cases() {
        let parsed = read(&case.format, case.text.as_bytes(), &case.offered(), 0);
        let wanted: Vec<Vec<Value>> =
            case.calls.as_deref().map_or_else(Vec::new, |text| serde_json::from_str(text).unwrap());
        let got: Vec<Vec<Value>> = parsed
            .calls
            .iter()
            .map(|call| {
                let text = || Value::String(call.arguments_text.clone());
                let arguments = call.arguments.clone().map_or_else(text, Value::Object);
                let mut told = vec![Value::String(call.name.clone()), arguments];
                told.extend((!call.complete).then_some(Value::Bool(false)));
                told
            })
            .collect();
        assert_eq!(got, wanted, "{}: {:?}", case.what, parsed.problems);
        assert_eq!((&parsed.content, &parsed.reasoning), (&case.content, &case.reasoning), "{}", case.what);
        let begins = parsed.problems.len() == case.problems.len()
            && parsed.problems.iter().zip(&case.problems).all(|(got, wanted)| got.starts_with(wanted));
        assert!(begins, "{}: {:?}, not {:?}", case.what, parsed.problems, case.problems);
    }
}

#[test]
fn the_format_is_found() {
    let table = [
        ("<|tool_call_start|>[f(a=1)]<|tool_call_end|>", "lfm2"),
        ("[f(a=1)]", "pythonic"),
        ("{\"name\":\"f\",\"parameters\":{}}", "llama3_json"),
        ("<tool_call>f<arg_key>a</arg_key><arg_value>1</arg_value></tool_call>", "glm47"),
        ("<tool_call>\n<function=f>\n<parameter=a>\n1\n</parameter>\n</function>\n</tool_call>", "qwen3_coder"),
        ("<tool_call>\n{\"name\": \"f\", \"arguments\": {}}\n</tool_call>", "hermes"),
        ("[TOOL_CALLS]f[ARGS]{}", "mistral_v11"),
        ("TOOL_CALL: {\"name\": \"f\"}", "seed_tool_call"),
        ("f\n{\"a\": 1}", "functionary_v32"),
        ("<|channel|>final<|message|>Hello", "harmony"),
        ("[THINK]a[/THINK]b", "mistral_v11"),
        ("plain", "hermes"),
    ];
    for (text, expected) in table {
        let found = detect(text.as_bytes(), formats(), &Arc::new(Tools::default()), 0);
        assert_eq!(found.format, expected, "{text}");
        assert_eq!(found.calls.is_empty(), !text.contains('f') || text.contains("final"), "{text}");
    }
}

#[test]
fn a_user_describes_a_format() {
    let own = format::read(
        "[[format]]\nname = \"mine\"\n[[format.call]]\nbody = \"tagged\"\nopen = [\"@call \"]\nname_end = \"\\n\"\n\
         close = [\"@end\"]\nkey = \"@\"\nkey_end = \"=\"\nvalue_end = \"\\n\"\njson_values = true\n",
    )
    .unwrap();
    let compiled = Arc::new(Compiled::new(&own[0]).unwrap());
    let parsed = parse(b"hi @call f\n@a=1\n@b=x\n@end bye", &compiled, &Arc::default(), 0);
    assert_eq!(calls(&parsed), [("f", Some(serde_json::json!({"a": 1, "b": "x"})))]);
    assert_eq!(parsed.content.as_deref(), Some("hi  bye"));
    let bad = [
        ("name = 1", "unknown field"),
        ("[[format]]\nname = \"x\"", "no call"),
        ("[[format]]\nname = \"x\"\n[[format.call]]\nbody = \"json\"", "opening"),
        ("[[format]]\nname = \"x\"\n[[format.call]]\nbody = \"tagged\"\nopen = [\"a\"]", "`key`"),
        ("[[format]]\nname = \"auto\"\n[[format.call]]\nbody = \"json\"\nopen = [\"a\"]", "name"),
        ("[[format]]\nname = \"x\"\nnope = 1", "nope"),
    ];
    for (text, why) in bad {
        let problem = format::read(text).unwrap_err();
        assert!(problem.why.contains(why), "{text}: {}", problem.why);
    }
    assert!(formats().len() >= 45, "{}", formats().len());
}
