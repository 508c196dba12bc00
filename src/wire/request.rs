//! A chat request as the JSON that is sent.

use super::ChatRequest;
use serde_json::{Map, Value, json};

/// The path of chat completions below the base URL.
pub const CHAT_PATH: &str = "/v1/chat/completions";
/// The path where a text is completed.
pub const TEXT_PATH: &str = "/v1/completions";

/// The body of a chat request. Fields come in the order given; they cannot replace the model, the messages or
/// whether to stream. A stream is asked for its token counts unless a field `stream_options` says otherwise.
pub fn body(model: &str, request: &ChatRequest) -> Value {
    let messages = ("messages", request.messages.clone().into());
    with_fields(model, messages, &request.fields, request.stream)
}

/// The body of a request to complete a text, which the model reads as it stands; the rest as [`body`].
pub fn text_body(model: &str, text: &str, fields: &[(String, Value)], stream: bool) -> Value {
    with_fields(model, ("prompt", text.into()), fields, stream)
}

fn with_fields(model: &str, asked: (&str, Value), fields: &[(String, Value)], stream: bool) -> Value {
    let mut body = Map::new();
    for (name, value) in fields {
        body.insert(name.clone(), value.clone());
    }
    if stream {
        body.entry("stream_options").or_insert_with(|| json!({ "include_usage": true }));
    }
    let mut whole = Map::new();
    whole.insert("model".into(), model.into());
    whole.insert(asked.0.into(), asked.1);
    whole.insert("stream".into(), stream.into());
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
        assert_eq!(
            text_body("tiny", "Once", &[("max_tokens".into(), json!(4))], false).to_string(),
            r#"{"model":"tiny","prompt":"Once","stream":false,"max_tokens":4}"#
        );
    }
}
