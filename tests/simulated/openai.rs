//! Shapes of the OpenAI routes, as the engines were seen to answer.

use crate::engine::ready;
use serde_json::{Value, json};

const VLLM: &str = "vllm";
const LLAMA: &str = "llama.cpp";

fn hello(more: Value) -> Value {
    let mut body =
        json!({"model": "demo-0.5B", "messages": [{"role": "user", "content": "Tell me about the KV cache"}]});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

fn text(chunks: &[Value], field: &str) -> String {
    chunks.iter().filter_map(|c| c["choices"][0]["delta"][field].as_str()).collect()
}

#[tokio::test]
async fn it_names_itself_everywhere() {
    for dialect in [VLLM, LLAMA, "ollama"] {
        let engine = ready(dialect, &[], "").await;
        let answer = engine.http.get(format!("{}/v1/models", engine.url)).send().await.unwrap();
        assert_eq!(answer.headers()["x-engine"], "vramdeck-simulated");
        assert_eq!(answer.headers()["server"], "vramdeck-simulated");
        let models: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        assert_eq!(models["data"][0]["owned_by"], "vramdeck-simulated", "{dialect}");
        assert!(engine.log().lines().next().unwrap().contains("simulated engine"), "{dialect}");
    }
}

#[tokio::test]
async fn a_stream_is_the_whole_answer_in_pieces() {
    for dialect in [VLLM, LLAMA] {
        let engine = ready(dialect, &[], "").await;
        let body = |stream: bool| {
            hello(json!({"seed": 5, "max_tokens": 60, "stream": stream, "stream_options": {"include_usage": true}}))
        };
        let (status, whole) = engine.post("/v1/chat/completions", &body(false)).await;
        assert_eq!(status, 200, "{whole}");
        let (chunks, done) = engine.stream("/v1/chat/completions", &body(true)).await;
        assert!(done);
        let content = whole["choices"][0]["message"]["content"].as_str().unwrap();
        assert_eq!(text(&chunks, "content"), content, "{dialect}: same seed, same text");
        let last = chunks.last().unwrap();
        assert_eq!(
            (&last["choices"], &last["usage"]["completion_tokens"]),
            (&json!([]), &whole["usage"]["completion_tokens"])
        );
        assert_eq!(last["usage"]["prompt_tokens"], whole["usage"]["prompt_tokens"]);
        let first = &chunks[0]["choices"][0]["delta"]["content"];
        assert_eq!(*first, if dialect == VLLM { json!("") } else { Value::Null });
    }
}

#[tokio::test]
async fn chunks_are_not_tokens() {
    let engine = ready(VLLM, &[], "").await;
    let body = hello(
        json!({"max_tokens": 100, "ignore_eos": true, "stream": true, "stream_options": {"include_usage": true}}),
    );
    let (chunks, _) = engine.stream("/v1/chat/completions", &body).await;
    let pieces = chunks.iter().filter(|c| c["choices"][0]["delta"]["content"].as_str().is_some_and(|t| !t.is_empty()));
    assert_eq!(chunks.last().unwrap()["usage"]["completion_tokens"], 100);
    assert!(pieces.count() < 95);
}

#[tokio::test]
async fn refusals_have_the_dialects_shape() {
    let vllm = ready(VLLM, &["--max-model-len", "256"], "").await;
    let long = "hello world ".repeat(300);
    for (more, status, path, value) in [
        (json!({"temperature": 3}), 400, "/error/param", json!("temperature")),
        (json!({"model": "nope"}), 404, "/error/type", json!("NotFoundError")),
        (json!({"messages": [{"role": "user", "content": long}]}), 400, "/error/param", json!("input_tokens")),
        (json!({"messages": []}), 400, "/error/code", json!(400)),
        (
            json!({"response_format": {"type": "json_schema", "json_schema": {"schema": {"type": "nonsense"}}}}),
            400,
            "/error/type",
            json!("BadRequestError"),
        ),
        (json!({"structured_outputs": {"regex": "(["}}), 400, "/error/code", json!(400)),
        (json!({"frobnicate": 1, "max_tokens": 2}), 200, "/object", json!("chat.completion")),
    ] {
        let (got, body) = vllm.post("/v1/chat/completions", &hello(more.clone())).await;
        assert_eq!((got, body.pointer(path)), (status, Some(&value)), "{more}: {body}");
    }
    assert_eq!(vllm.get("/v1/nope").await, (404, json!({"detail": "Not Found"}).to_string()));
    let llama = ready(LLAMA, &["--max-model-len", "256"], "").await;
    let (status, body) =
        llama.post("/v1/chat/completions", &hello(json!({"messages": [{"role": "user", "content": long}]}))).await;
    assert_eq!(
        (status, &body["error"]["type"], &body["error"]["n_ctx"]),
        (400, &json!("exceed_context_size_error"), &json!(256))
    );
    for more in [json!({"temperature": -1}), json!({"model": "nope"}), json!({"messages": []})] {
        let mut body = hello(more.clone());
        body["max_tokens"] = json!(3);
        assert_eq!(llama.post("/v1/chat/completions", &body).await.0, 200, "{more}");
    }
}

#[tokio::test]
async fn tools_stream_in_the_dialects_shape() {
    let tools = json!([{"type": "function", "function": {"name": "get_weather", "description": "Weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}]);
    let ask = json!({"messages": [{"role": "user", "content": "What is the weather in Paris?"}], "tools": tools, "stream": true});
    for dialect in [VLLM, LLAMA] {
        let engine = ready(dialect, &[], "").await;
        let (chunks, _) = engine.stream("/v1/chat/completions", &ask).await;
        let calls: Vec<&Value> =
            chunks.iter().filter_map(|c| c["choices"][0]["delta"].get("tool_calls")).map(|t| &t[0]).collect();
        assert_eq!(calls[0]["function"]["name"], "get_weather", "{dialect}");
        assert_eq!(calls[0]["function"].get("arguments").is_some(), dialect == LLAMA);
        let arguments: String = calls.iter().filter_map(|c| c["function"]["arguments"].as_str()).collect();
        assert!(serde_json::from_str::<Value>(&arguments).unwrap()["city"].is_string(), "{arguments}");
        let last = chunks.iter().rfind(|c| c["choices"][0].is_object()).unwrap();
        assert_eq!(last["choices"][0]["finish_reason"], "tool_calls");
    }
}

#[tokio::test]
async fn reasoning_comes_in_its_own_field() {
    for (dialect, field) in [(VLLM, "reasoning"), (LLAMA, "reasoning_content"), ("ollama", "reasoning")] {
        let engine = ready(dialect, &["--reasoning", "--seed", "3"], "").await;
        let (_, whole) = engine.post("/v1/chat/completions", &hello(json!({}))).await;
        let message = &whole["choices"][0]["message"];
        assert!(!message[field].as_str().unwrap().is_empty() && !message["content"].as_str().unwrap().is_empty());
        let off = hello(json!({"chat_template_kwargs": {"enable_thinking": false}}));
        let (_, whole) = engine.post("/v1/chat/completions", &off).await;
        assert!(whole["choices"][0]["message"][field].is_null(), "{dialect}: {whole}");
    }
}

#[tokio::test]
async fn the_key_is_asked_for_where_the_engine_asks() {
    let engine = ready(VLLM, &["--api-key", "sesame"], "").await;
    assert_eq!(engine.get("/v1/models").await, (401, json!({"error": "Unauthorized"}).to_string()));
    assert_eq!(engine.get("/metrics").await.0, 200);
    let with = engine.http.get(format!("{}/v1/models", engine.url)).bearer_auth("sesame").send().await.unwrap();
    assert_eq!(with.status(), 200);
}

#[tokio::test]
async fn beams_and_plain_completions() {
    let engine = ready(VLLM, &[], "").await;
    let (status, beams) = engine
        .post(
            "/v1/completions",
            &json!({"prompt": "The card", "n": 2, "use_beam_search": true, "temperature": 0, "max_tokens": 6}),
        )
        .await;
    assert_eq!((status, beams["choices"].as_array().unwrap().len()), (200, 2), "{beams}");
    let (_, plain) =
        engine.post("/v1/completions", &json!({"prompt": "The card", "max_tokens": 4, "logprobs": 2})).await;
    assert_eq!(plain["choices"][0]["logprobs"]["tokens"].as_array().unwrap().len(), 4);
    assert_eq!(plain["usage"]["completion_tokens"], 4);
}
