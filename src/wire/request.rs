//! A chat request as the JSON that is sent.

use super::ChatRequest;
use serde_json::{Map, Value, json};

/// The path of chat completions below the base URL.
pub const CHAT_PATH: &str = "/v1/chat/completions";

/// The body of a chat request. Fields come in the order given; they cannot replace the model, the messages or
/// whether to stream. A stream is asked for its token counts unless a field `stream_options` says otherwise.
pub fn body(model: &str, request: &ChatRequest) -> Value {
    let mut body = Map::new();
    for (name, value) in &request.fields {
        body.insert(name.clone(), value.clone());
    }
    if request.stream {
        body.entry("stream_options").or_insert_with(|| json!({ "include_usage": true }));
    }
    let mut whole = Map::new();
    whole.insert("model".into(), model.into());
    whole.insert("messages".into(), request.messages.clone().into());
    whole.insert("stream".into(), request.stream.into());
    for (name, value) in body {
        whole.entry(name).or_insert(value);
    }
    Value::Object(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent() {
        let mut request = ChatRequest {
            messages: vec![json!({"role": "user", "content": "hi"})],
            fields: vec![("temperature".into(), json!(0.5)), ("model".into(), json!("other"))],
            stream: true,
        };
        assert_eq!(
            body("tiny", &request).to_string(),
            r#"{"model":"tiny","messages":[{"role":"user","content":"hi"}],"stream":true,"temperature":0.5,"stream_options":{"include_usage":true}}"#
        );
        request.stream = false;
        assert!(body("tiny", &request).get("stream_options").is_none());
    }
}
