//! Servers that are not ours: endpoints by URL, an Ollama server, a stranger on our port.

use super::stand::{Stand, failure, plan};
use axum::Router;
use axum::body::Bytes as Body;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use vramdeck::base::{Bytes, Secret};
use vramdeck::engines::live::{self, ollama::Ollama};
use vramdeck::engines::{Dialect, EngineKind, Phase, Plan, RunState};

type Answer = fn(&str, &HeaderMap, &[u8]) -> (u16, String);
type Seen = Arc<Mutex<Vec<String>>>;

/// A server on the loopback interface that answers as told and remembers what it was asked.
struct Server {
    url: String,
    seen: Seen,
    _runtime: tokio::runtime::Runtime,
}

fn serve(answer: Answer) -> Server {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let seen = Seen::default();
    let handle = async move |State(seen): State<Seen>, method: Method, uri: Uri, headers: HeaderMap, body: Body| {
        let what = format!("{method} {uri}");
        seen.lock().unwrap().push(format!("{what} {}", String::from_utf8_lossy(&body)));
        let (status, text) = answer(&what, &headers, &body);
        (StatusCode::from_u16(status).unwrap(), text)
    };
    let app = Router::new().fallback(handle).with_state(Arc::clone(&seen));
    runtime.spawn(async move { axum::serve(listener, app).await });
    Server { url, seen, _runtime: runtime }
}

fn models(_: &str, headers: &HeaderMap, _: &[u8]) -> (u16, String) {
    match headers.get("authorization").map(|value| value.to_str().unwrap()) {
        Some("Bearer sk-right") => (200, r#"{"data":[{"id":"stand-in","max_model_len":4096}]}"#.into()),
        _ => (401, r#"{"error":{"message":"wrong \u001b[31mkey"}}"#.into()),
    }
}

#[test]
fn an_endpoint_is_a_run_without_a_process() {
    let (stand, server) = (Stand::new(), serve(models));
    let mut wish = plan(EngineKind::Endpoint, Dialect::OpenAi, &server.url);
    wish.key = Some(Secret::new("sk-right"));
    let state = stand.start(&wish);
    let state = stand.until(&state.run, "ready", |state| state.phase == Phase::Ready);
    assert_eq!((state.context_tokens, state.pids.len(), state.leader), (Some(4096), 0, None));
    let endpoint = live::endpoint(&stand.paths, &state.run).unwrap();
    assert_eq!(endpoint.key.unwrap().expose(), "sk-right");
    let report = live::stop(&stand.paths, &state.run, Duration::from_secs(1)).unwrap();
    assert_eq!((report.phase, report.killed), ("exited", false));
}

#[test]
fn an_endpoint_that_refuses_says_so_in_its_own_words() {
    fn html(_: &str, _: &HeaderMap, _: &[u8]) -> (u16, String) {
        (200, "<html>hello</html>".into())
    }
    fn others(_: &str, _: &HeaderMap, _: &[u8]) -> (u16, String) {
        (200, r#"{"data":[{"id":"other-model"}]}"#.into())
    }
    for (answer, says) in [(models as Answer, "wrong ␛[31mkey"), (html, "OpenAI-compatible"), (others, "other-model")]
    {
        let (stand, server) = (Stand::new(), serve(answer));
        let state = stand.start(&plan(EngineKind::Endpoint, Dialect::OpenAi, &server.url));
        let failure = failure(&stand.ended(&state.run));
        assert!(failure.why.contains(says), "{failure:?}");
    }
}

#[test]
fn a_stranger_on_our_port_is_not_our_engine() {
    fn healthy(_: &str, _: &HeaderMap, _: &[u8]) -> (u16, String) {
        (200, "{}".into())
    }
    let (stand, server) = (Stand::new(), serve(healthy));
    let mut wish = stand.script("sleep 300");
    wish.endpoint.clone_from(&server.url);
    let state = stand.start(&wish);
    let state = stand.until(&state.run, "the note", |state| state.facts.note.is_some());
    assert!(state.facts.note.as_deref().unwrap().contains("another process"), "{state:?}");
    assert_ne!(state.phase, Phase::Ready);
}

fn ollama(what: &str, _: &HeaderMap, body: &[u8]) -> (u16, String) {
    let body = String::from_utf8_lossy(body);
    match what {
        "GET /api/version" => (200, r#"{"version":"0.33.0"}"#.into()),
        "GET /api/tags" => (
            200,
            r#"{"models":[{"name":"tiny:latest","size":2004165,"details":{"parameter_size":"968K","quantization_level":"F16","context_length":4096}}]}"#.into(),
        ),
        "GET /api/ps" => (200, r#"{"models":[{"name":"tiny:latest","size":6752827,"size_vram":0,"context_length":1024}]}"#.into()),
        "POST /api/pull" if body.contains("good") => (
            200,
            "{\"status\":\"pulling manifest\"}\n{\"status\":\"pulling abc\",\"total\":100,\"completed\":40}\n{\"status\":\"success\"}\n".into(),
        ),
        "POST /api/pull" => (200, "{\"status\":\"pulling manifest\"}\n{\"error\":\"pull model manifest: no such host\"}\n".into()),
        "POST /api/create" => (200, "{\"status\":\"parsing GGUF\"}\n{\"status\":\"success\"}".into()),
        "POST /api/generate" if body.contains("tiny") || body.contains("stand-in") => (200, r#"{"done":true}"#.into()),
        "GET /v1/models" => (200, r#"{"data":[]}"#.into()),
        _ if what.starts_with("HEAD /api/blobs/") => (404, String::new()),
        _ if what.starts_with("POST /api/blobs/") => (201, String::new()),
        _ => (404, r#"{"error":"model 'nope' not found"}"#.into()),
    }
}

#[tokio::test]
async fn an_ollama_server_is_asked_in_its_own_way() {
    let server = tokio::task::spawn_blocking(|| serve(ollama)).await.unwrap();
    let client = Ollama::new(&server.url).unwrap();
    let list = client.list().await.unwrap();
    assert_eq!((list[0].name.as_str(), list[0].size, list[0].context), ("tiny:latest", Bytes(2_004_165), Some(4096)));
    let loaded = client.loaded().await.unwrap();
    assert_eq!((loaded[0].size, loaded[0].on_card, loaded[0].context), (Bytes(6_752_827), Bytes(0), Some(1024)));
    let mut steps = Vec::new();
    client.pull("good", |step| steps.push(step)).await.unwrap();
    assert_eq!((steps[1].done, steps[1].total), (Some(Bytes(40)), Some(Bytes(100))));
    let problem = client.pull("bad", |_| ()).await.unwrap_err();
    assert!(problem.why.contains("no such host"), "{problem}");
    let problem = client.load("nope", -1).await.unwrap_err();
    assert_eq!((problem.why.as_str(), problem.hint.as_str()), ("HTTP 404: model 'nope' not found", "ollama pull nope"));
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "hello").unwrap();
    client.create("mine", file.path(), |_| ()).await.unwrap();
    let digest = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    let seen = server.seen.lock().unwrap().clone();
    assert!(seen.iter().any(|asked| *asked == format!("POST /api/blobs/{digest} hello")), "{seen:?}");
    assert!(seen.iter().any(|asked| asked.starts_with("POST /api/create") && asked.contains(digest)));
    tokio::task::spawn_blocking(|| drop(server)).await.unwrap();
}

#[test]
fn a_running_ollama_server_loads_and_unloads_the_model() {
    let (stand, server) = (Stand::new(), serve(ollama));
    let state = stand.start(&plan(EngineKind::Ollama, Dialect::Ollama, &server.url));
    let state = stand.until(&state.run, "ready", |state| state.phase == Phase::Ready);
    live::stop(&stand.paths, &state.run, Duration::from_secs(1)).unwrap();
    let seen = server.seen.lock().unwrap().clone();
    let kept: Vec<&String> = seen.iter().filter(|asked| asked.starts_with("POST /api/generate")).collect();
    assert!(kept[0].contains("\"keep_alive\":-1") && kept[1].contains("\"keep_alive\":0"), "{kept:?}");
}

fn gauges_of_vllm(what: &str, headers: &HeaderMap, _: &[u8]) -> (u16, String) {
    let has_key = headers.get("authorization").is_some_and(|value| value == "Bearer sk-right");
    match what {
        "GET /health" => (200, String::new()),
        "GET /metrics" if has_key => (200, "vllm:num_requests_running 3\n".to_owned()),
        "POST /sleep?level=1" if has_key => (200, String::new()),
        "POST /wake_up" => (500, r#"{"error":"CUDA out of memory"}"#.to_owned()),
        _ => (404, r#"{"detail":"Not Found"}"#.to_owned()),
    }
}

#[test]
fn gauges_are_asked_with_the_key_and_a_run_is_put_to_sleep() {
    let (stand, server) = (Stand::new(), serve(gauges_of_vllm));
    let mut wish = plan(EngineKind::Endpoint, Dialect::Vllm, &server.url);
    wish.key = Some(Secret::new("sk-right"));
    let run = stand.start(&wish).run;
    stand.until(&run, "ready", |state| state.phase == Phase::Ready);
    let seen = live::look_at(&stand.paths, std::slice::from_ref(&run)).remove(0).unwrap();
    assert_eq!(seen.running, Ok(3));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(live::sleep(&stand.paths, &run)).unwrap();
    let problem = runtime.block_on(live::wake(&stand.paths, &run)).unwrap_err();
    assert!(problem.why.contains("CUDA out of memory") && problem.hint.contains("--enable-sleep-mode"), "{problem}");
}

#[test]
fn a_health_answer_without_end_is_not_read_to_its_end() {
    let (stand, server) = (Stand::new(), serve(|_, _, _| (200, "x".repeat(5 << 20))));
    let run = stand.start(&plan(EngineKind::Endpoint, Dialect::Vllm, &server.url)).run;
    let says = |state: &RunState| state.facts.note.as_deref().is_some_and(|note| note.contains("more than 4 MiB"));
    let state = stand.until(&run, "a note", says);
    assert_ne!(state.phase, Phase::Ready);
    live::stop(&stand.paths, &run, Duration::from_secs(1)).unwrap();
}

#[test]
fn who_does_not_answer_or_too_much_has_no_gauges() {
    let stand = Stand::new();
    let of = |endpoint: String, name: &str| {
        let run = stand.start(&Plan { endpoint, name: name.to_owned(), ..stand.script("sleep 60") }).run;
        let began = std::time::Instant::now();
        let why = live::look_at(&stand.paths, &[run]).remove(0).unwrap_err().why;
        assert!(began.elapsed() < Duration::from_secs(5), "{why}");
        why
    };
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    assert!(of(format!("http://{}", silent.local_addr().unwrap()), "silent").contains("no answer within 3 s"));
    let endless = serve(|_, _, _| (200, "x".repeat(5 << 20)));
    assert!(of(endless.url.clone(), "endless").contains("more than 4 MiB"));
    let without = serve(|_, _, _| (404, r#"{"detail":"Not Found"}"#.to_owned()));
    assert!(of(without.url.clone(), "without").contains("/metrics: HTTP 404"));
    assert!(of("http://127.0.0.1:9".to_owned(), "nobody").starts_with("/metrics: "));
}
