//! Plug-in files for vLLM, taken in by a real vLLM.

use super::program;
use serde_json::{Value, json};
use std::process::Command;
use vramdeck::lab::tools::{formats, plugin};

/// Takes in every file named, reads the texts at once and a character at a time, and prints the calls of both ways.
const SCRIPT: &str = r#"
import json, sys
from vllm.tool_parsers.abstract_tool_parser import ToolParserManager
from vllm.entrypoints.openai.chat_completion.protocol import ChatCompletionRequest

class Tokenizer:
    def get_vocab(self):
        return {}

ask = json.loads(sys.argv[1])
for path in ask["files"]:
    ToolParserManager.import_tool_parser(path)
out = []
for name, text in ask["texts"]:
    request = ChatCompletionRequest(messages=[{"role": "user", "content": "x"}], model="m", tools=ask["tools"])
    make = lambda: ToolParserManager.get_tool_parser(name)(Tokenizer(), request.tools)
    whole = make().extract_tool_calls(text, request)
    told = [[call.function.name, json.loads(call.function.arguments)] for call in whole.tool_calls]
    parser, seen, streamed, content = make(), "", [], ""
    for letter in text:
        before, seen = seen, seen + letter
        delta = parser.extract_tool_calls_streaming(before, seen, letter, [], [], [], request)
        streamed += [[one.function.name, json.loads(one.function.arguments)] for one in (delta.tool_calls if delta else [])]
        content += (delta.content or "") if delta else ""
    out.append([told, streamed, whole.content, content])
print("answer " + json.dumps(out))
"#;

#[test]
fn vllm_reads_calls_by_our_plugins() {
    let Some(program) = program("VRAMDECK_TEST_VLLM") else { return };
    let python = program.parent().unwrap().join("python");
    let folder = tempfile::tempdir().unwrap();
    let files: Vec<String> = formats()
        .iter()
        .filter_map(|format| {
            let path = folder.path().join(format!("plugin_{}.py", format.name));
            std::fs::write(&path, plugin(format).ok()?).unwrap();
            Some(path.to_string_lossy().into_owned())
        })
        .collect();
    assert!(files.len() > 30, "{files:?}");
    let one = json!([["f", {"a": 1}]]);
    let two = json!([["f", {"a": 1}], ["g", {}]]);
    let table: [(&str, &str, &Value, &str); 6] = [
        ("hermes", "hi <tool_call>{\"name\": \"f\", \"arguments\": {\"a\": 1}}</tool_call>", &one, "hi "),
        (
            "qwen3_coder",
            "hi <tool_call>\n<function=f>\n<parameter=a>\n1\n</parameter>\n</function>\n</tool_call>",
            &one,
            "hi \n\n",
        ),
        (
            "glm47",
            "<tool_call>f<arg_key>a</arg_key><arg_value>1</arg_value></tool_call><tool_call>g</tool_call>",
            &two,
            "",
        ),
        ("mistral_v11", "[TOOL_CALLS]f[ARGS]{\"a\": 1}[TOOL_CALLS]g{}", &two, ""),
        (
            "kimi_k2",
            "<|tool_call_begin|>functions.f:0<|tool_call_argument_begin|>{\"a\": 1}<|tool_call_end|>",
            &one,
            "",
        ),
        (
            "seed_tool_call",
            "TOOL_CALL: {\"name\": \"f\", \"arguments\": {\"a\": 1}}\nTOOL_CALL: {\"name\": \"g\"}",
            &two,
            "\n",
        ),
    ];
    let texts: Vec<_> = table.iter().map(|(name, text, ..)| (name, text)).collect();
    let tools = json!([{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {"a": {"type": "integer"}}}}}]);
    let ask = json!({"files": files, "texts": texts, "tools": tools}).to_string();
    let done = Command::new(python).args(["-c", SCRIPT, &ask]).env("VLLM_NO_USAGE_STATS", "1").output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    let answer = said.lines().find_map(|line| line.strip_prefix("answer "));
    let answer = answer.unwrap_or_else(|| panic!("{said}{}", String::from_utf8_lossy(&done.stderr)));
    let answers: Vec<(Value, Value, Option<String>, String)> = serde_json::from_str(answer).unwrap();
    for ((name, _, calls, content), (whole, streamed, text, pieces)) in table.iter().zip(&answers) {
        assert_eq!((whole, streamed, pieces.as_str()), (*calls, *calls, *content), "{name}");
        assert_eq!(text.as_deref(), Some(*content).filter(|text| !text.trim().is_empty()), "{name}");
    }
}
