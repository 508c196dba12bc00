//! A request as a curl command that anyone can repeat; never with the key in it.

use serde_json::Value;

/// The shell command that posts `body` to a chat endpoint of `base_url` (without `/v1`). With a key, the command takes it
/// from the variable `VRAMDECK_API_KEY`.
pub fn as_curl(base_url: &str, with_key: bool, body: &Value) -> String {
    let url = quoted(&format!("{base_url}/v1/chat/completions"));
    let key = if with_key { " \\\n  -H \"Authorization: Bearer $VRAMDECK_API_KEY\"" } else { "" };
    let body = serde_json::to_string_pretty(body).unwrap_or_default();
    format!("curl -N {url}{key} \\\n  -H 'Content-Type: application/json' \\\n  -d {}\n", quoted(&body))
}

/// In single quotes for a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_shell_reads_the_body_back() {
        let body = json!({"messages": [{"role": "user", "content": "it's `$HOME`\n\"x\" \\ '"}]});
        let command = as_curl("http://127.0.0.1:8000", true, &body);
        assert!(command.contains("Bearer $VRAMDECK_API_KEY"));
        // A shell function in place of curl prints the last argument: the body.
        let script = format!("curl() {{ for last; do :; done; printf %s \"$last\"; }}\n{command}");
        let out = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&out.stdout).unwrap(), body);
        assert!(!as_curl("http://h", false, &body).contains("Authorization"));
    }
}
