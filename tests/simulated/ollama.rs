//! Ollama's own routes.

use crate::engine::ready;
use serde_json::{Value, json};

#[tokio::test]
async fn models_are_loaded_and_put_away() {
    let engine = ready("ollama", &[], "").await;
    assert_eq!(engine.get("/api/ps").await.1, json!({"models": []}).to_string(), "nothing is loaded at start");
    let (_, answer) = engine
        .post(
            "/api/chat",
            &json!({"model": "demo-0.5B", "stream": false, "options": {"num_predict": 5},
        "messages": [{"role": "user", "content": "hello"}]}),
        )
        .await;
    assert_eq!((&answer["done"], &answer["eval_count"]), (&json!(true), &json!(5)), "{answer}");
    let ps: Value = serde_json::from_str(&engine.get("/api/ps").await.1).unwrap();
    assert_eq!(ps["models"][0]["name"], "demo-0.5B:latest");
    assert!(ps["models"][0]["size_vram"].as_u64().unwrap() > 1_000_000_000);
    let (_, gone) = engine.post("/api/generate", &json!({"model": "demo-0.5B", "keep_alive": 0})).await;
    assert_eq!(gone["done_reason"], "unload");
    assert_eq!(engine.get("/api/ps").await.1, json!({"models": []}).to_string());
}

#[tokio::test]
async fn idle_models_go_by_themselves() {
    let engine = ready("ollama", &[], "").await;
    let load = json!({"model": "demo-0.5B", "keep_alive": "200ms"});
    assert_eq!(engine.post("/api/generate", &load).await.1["done_reason"], "load");
    engine.until_log("runner unloaded").await;
    assert_eq!(engine.get("/api/ps").await.1, json!({"models": []}).to_string());
}

#[tokio::test]
async fn lines_end_with_counts() {
    let engine = ready("ollama", &["--reasoning"], "").await;
    let body = json!({"model": "demo-0.5B", "think": true, "messages": [{"role": "user", "content": "What is VRAM?"}]});
    let (lines, done) = engine.stream("/api/chat", &body).await;
    assert!(!done, "no [DONE] here");
    let last = lines.last().unwrap();
    assert_eq!((&last["done"], &last["done_reason"]), (&json!(true), &json!("stop")));
    assert!(last["eval_count"].as_u64().unwrap() > 10 && last["prompt_eval_count"].as_u64().unwrap() > 1);
    assert!(lines.iter().any(|l| l["message"]["thinking"].is_string()));
    let (status, _) =
        engine.post("/api/chat", &json!({"model": "nope", "messages": [{"role": "user", "content": "x"}]})).await;
    assert_eq!(status, 404);
    let (status, wrong) =
        engine.post("/api/chat", &json!({"model": "demo-0.5B", "options": {"temperature": "hot"}})).await;
    assert_eq!((status, wrong), (500, json!({"error": "option \"temperature\" must be of type float32"})));
}

#[tokio::test]
async fn pulling_is_pretended_and_says_so() {
    let engine = ready("ollama", &[], "").await;
    let (lines, _) = engine.stream("/api/pull", &json!({"model": "other-1B"})).await;
    assert!(lines[0]["status"].as_str().unwrap().contains("simulated"));
    assert!(lines.iter().any(|l| l["completed"].as_u64() == Some(2_000_000_000) && l["total"] == l["completed"]));
    assert_eq!(lines.last().unwrap()["status"], "success");
    assert!(engine.get("/api/tags").await.1.contains("other-1B:latest"));
    let url = format!("{}/api/delete", engine.url);
    let gone = engine.http.delete(&url).body(json!({"model": "other-1B"}).to_string()).send().await.unwrap();
    assert_eq!(gone.status(), 200);
    assert!(!engine.get("/api/tags").await.1.contains("other-1B"));
}
