//! A format as a plug-in file for `vllm serve --tool-parser-plugin`.

use super::format::{Body, Format};
use crate::base::Problem;

const TEMPLATE: &str = include_str!("../../../presets/tools/plugin.py");

/// The text of a Python file that teaches vLLM the format, to be named by `--tool-parser-plugin`; the format's name is then
/// a value of `--tool-call-parser`.
///
/// # Errors
/// When calls of the format are not written as JSON or between tags, or its name is no word.
pub fn plugin(format: &Format) -> Result<String, Problem> {
    let refuse = |why: String| {
        let hint = "vllm serve --help=tool-call-parser lists the parsers that vLLM has built in";
        Problem::usage("no plug-in can be written", why, hint)
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !format.name.chars().all(plain) {
        return Err(refuse(format!("{} is no name for a parser", format.name)));
    }
    let able = |body: Body| matches!(body, Body::Json | Body::Named | Body::Tagged);
    if format.at_start || !format.call.iter().all(|call| able(call.body)) {
        return Err(refuse(format!("{} is written in a way that plug-ins do not cover", format.name)));
    }
    let broken = |error: serde_json::Error| refuse(error.to_string());
    // A JSON string is a string of Python: the format goes in as JSON, within one.
    let json = serde_json::to_string(format).and_then(|json| serde_json::to_string(&json)).map_err(broken)?;
    Ok(TEMPLATE.replace("@NAME@", &format.name).replace("@FORMAT@", &json))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::tools::named;

    #[test]
    fn formats_of_json_and_tags_become_plugins() {
        let text = plugin(named("qwen3_coder").unwrap()).unwrap();
        assert!(text.contains("--tool-call-parser qwen3_coder") && text.contains(r#"\"<function=\""#));
        assert!(!text.contains("@NAME@") && !text.contains("@FORMAT@"));
        for name in ["pythonic", "harmony", "functionary_v32"] {
            assert_eq!(plugin(named(name).unwrap()).map_err(|problem| problem.exit_code()), Err(2), "{name}");
        }
        let odd = Format { name: "\"\nimport os".to_owned(), ..named("hermes").unwrap().clone() };
        assert!(plugin(&odd).is_err());
    }
}
