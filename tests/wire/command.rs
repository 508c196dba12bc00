//! `vramdeck chat` as a process.

use crate::LONG;
use crate::openai::{Answer, Server, delta, finish, usage};
use serde_json::{Value, json};
use std::process::{Output, Stdio};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;
use tokio::time::timeout;

const CHAT: &str = "/v1/chat/completions";

/// Runs `vramdeck chat` with arguments and stdin, apart from this user's files and keys.
async fn chat(home: &std::path::Path, args: &[&str], stdin: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_vramdeck"))
        .arg("chat")
        .args(args)
        .env("VRAMDECK_HOME", home)
        .env_remove("OPENAI_API_KEY")
        .env("VRAMDECK_API_KEY", "sk-test")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    // A command that fails early does not read.
    let _ = pipe.write_all(stdin.as_bytes()).await;
    drop(pipe);
    child.wait_with_output().await.unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

async fn server(answer: Answer) -> Server {
    let server = Server::start().await;
    server.on(
        "/v1/models",
        Answer::json(200, &json!({"data": [{"id": "tiny", "owned_by": "vllm", "max_model_len": 2048}]})),
    );
    server.on(CHAT, answer);
    server
}

#[tokio::test]
async fn prints_the_answer_cleaned() {
    let home = tempfile::tempdir().unwrap();
    let server =
        server(Answer::stream([delta("Hel"), delta("lo \u{1b}]52;c;eA==\u{7}"), finish("stop"), usage(3, 2)])).await;
    let out = chat(home.path(), &["--url", &server.url(), "--prompt", "hi", "--system", "be brief"], "").await;
    assert_eq!((text(&out.stdout).as_str(), out.status.code()), ("Hello ␛]52;c;eA==␇\n", Some(0)), "{out:?}");
    let asked = server.requests().pop().unwrap();
    assert_eq!(
        asked.body["messages"],
        json!([{"role": "system", "content": "be brief"}, {"role": "user", "content": "hi"}])
    );
    assert_eq!((&asked.body["model"], asked.headers["authorization"].as_str()), (&json!("tiny"), "Bearer sk-test"));
}

#[tokio::test]
async fn prints_one_document() {
    let home = tempfile::tempdir().unwrap();
    let call = json!({"choices": [{"index": 0, "delta": {"reasoning": "hm", "tool_calls": [{"index": 0, "id": "c", "function": {"name": "f", "arguments": "{}"}}]}}]});
    let server = server(Answer::stream([delta("a\u{1b}b"), call, finish("tool_calls"), usage(3, 2)])).await;
    let args = ["--url", &server.url(), "--json", "--seed", "3", "--typical-p", "0.5", "--stop", "X", "--stop", "Y"];
    let out = chat(home.path(), &args, "from stdin\n").await;
    let document: Value = serde_json::from_slice(&out.stdout).unwrap_or_else(|_| panic!("{out:?}"));
    for (pointer, value) in [
        ("/content", json!("a\u{1b}b")),
        ("/reasoning", json!("hm")),
        ("/tool_calls/0", json!({"id": "c", "name": "f", "arguments": "{}"})),
        ("/choices/0/finish_reason", json!("tool_calls")),
        ("/usage/completion_tokens", json!(2)),
        ("/settings", json!({"typical_p": 0.5, "seed": 3, "stop": ["X", "Y"]})),
        ("/notes", json!(["typical_p is not sent: vLLM has no typical_p"])),
        ("/model", json!("tiny")),
        ("/url", json!(server.url())),
        ("/dialect", json!("vllm")),
    ] {
        assert_eq!(document.pointer(pointer), Some(&value), "{pointer}: {document}");
    }
    assert!(document["ttft_seconds"].as_f64().unwrap() > 0.0);
    let asked = server.requests().pop().unwrap().body;
    assert_eq!(
        (&asked["messages"][0]["content"], &asked["seed"], &asked["typical_p"]),
        (&json!("from stdin"), &json!(3), &Value::Null)
    );
}

#[tokio::test]
async fn shows_the_best_of_several() {
    let home = tempfile::tempdir().unwrap();
    let answer = |index: u32, text: &str, logprob: f64| json!({"choices": [{"index": index, "delta": {"content": text}, "logprobs": {"content": [{"token": text, "logprob": logprob, "top_logprobs": []}]}, "finish_reason": "stop"}]});
    let server = server(Answer::stream([answer(0, "worse", -2.0), answer(1, "better", -0.1)])).await;
    let out = chat(home.path(), &["--url", &server.url(), "--prompt", "x", "--best-of", "2"], "").await;
    assert_eq!(text(&out.stdout), "better\n", "{out:?}");
    let asked = server.requests().pop().unwrap().body;
    assert_eq!((&asked["n"], &asked["logprobs"], &asked["best_of"]), (&json!(2), &json!(true), &Value::Null));
}

#[tokio::test]
async fn a_preset_of_the_user_is_overridden_by_flags() {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join("config")).unwrap();
    let file = home.path().join("config/sampling.toml");
    std::fs::write(&file, "[mine]\ntemperature = 0.3\ntop_p = 0.5\n").unwrap();
    let server = server(Answer::stream([delta("a"), finish("stop")])).await;
    let args = ["--url", &server.url(), "--prompt", "x", "--preset", "mine", "--top-p", "0.6"];
    assert!(chat(home.path(), &args, "").await.status.success());
    let asked = server.requests().pop().unwrap().body;
    assert_eq!((&asked["temperature"], &asked["top_p"]), (&json!(0.3), &json!(0.6)));
    std::fs::write(&file, "[mine]\nheat = 1\n").unwrap();
    let out = chat(home.path(), &args, "").await;
    assert!(text(&out.stderr).contains("sampling.toml line 2") && out.status.code() == Some(2), "{out:?}");
}

#[tokio::test]
async fn failures_have_the_exit_codes_of_the_contract() {
    let home = tempfile::tempdir().unwrap();
    let broken = server(Answer::pieces([format!("data: {}\n\n", delta("half"))]).cut()).await;
    let url = broken.url();
    let cases: [(&[&str], &str, i32, &str); 8] = [
        (&["--url", &url, "--prompt", "x"], "half\n", 1, "the answer was cut off"),
        (&["--url", &url, "--prompt", "x", "--temperature", "3"], "", 2, "0.00 to 2.00"),
        (&["--url", &url, "--prompt", "x", "--dialect", "klingon"], "", 2, "vllm, llama.cpp, ollama, openai"),
        (&["--url", "nonsense url", "--prompt", "x"], "", 2, "no URL"),
        (&["--url", "http://127.0.0.1:1", "--prompt", "x"], "", 1, "nothing listens there"),
        (&["--prompt", "x"], "", 2, "--url"),
        (&["--url", &url], "", 2, "stdin was empty"),
        (&["--url", &url, "--prompt", "x", "--preset", "none"], "", 2, "balanced"),
    ];
    for (args, stdout, code, says) in cases {
        let out = chat(home.path(), args, "").await;
        assert_eq!((text(&out.stdout).as_str(), out.status.code()), (stdout, Some(code)), "{args:?} {out:?}");
        assert!(text(&out.stderr).contains(says), "{args:?} {out:?}");
        let out = chat(home.path(), &[args, &["--json"]].concat(), "").await;
        let error: Value = serde_json::from_slice(&out.stderr).unwrap_or_else(|_| panic!("{args:?} {out:?}"));
        assert!(error["error"].to_string().contains(says) && error["error"]["hint"].is_string(), "{error}");
        assert_eq!(out.status.code(), Some(code));
    }
}

#[tokio::test]
async fn ctrl_c_stops_the_engine_and_keeps_what_came() {
    let home = tempfile::tempdir().unwrap();
    let (answer, gate) = Answer::stream([delta("so far"), delta("never")]).gated();
    let server = server(answer).await;
    let mut child = Command::new(env!("CARGO_BIN_EXE_vramdeck"))
        .args(["chat", "--url", &server.url(), "--prompt", "x"])
        .env("VRAMDECK_HOME", home.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    gate.open(1);
    let mut said = [0; 6];
    timeout(LONG, child.stdout.as_mut().unwrap().read_exact(&mut said)).await.unwrap().unwrap();
    assert_eq!(&said, b"so far");
    let pid = nix::unistd::Pid::from_raw(child.id().unwrap().cast_signed());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).unwrap();
    timeout(LONG, server.left()).await.expect("the server sees the client leave");
    let out = timeout(LONG, child.wait_with_output()).await.unwrap().unwrap();
    assert!(text(&out.stderr).contains("stopped") && out.status.code() == Some(1), "{out:?}");
}

#[tokio::test]
async fn images_go_along_and_are_counted() {
    const GIF: &[u8] = b"GIF89a\x02\0\x03\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x02\0\x03\0\0\x02\x02\x04\x0a\0;";
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("cat.gif");
    std::fs::write(&file, GIF).unwrap();
    let server = server(Answer::stream([delta("A cat."), finish("stop"), usage(300, 2)])).await;
    server.on("/tokenize", Answer::json(200, &json!({"count": 12, "tokens": [1]})));
    server.on("/detokenize", Answer::json(200, &json!({"prompt": "x"})));
    let path = file.to_str().unwrap();
    let args = ["--url", &server.url(), "--prompt", "what?", "--image", path, "--json"];
    let out = chat(home.path(), &args, "").await;
    let told: Value = serde_json::from_slice(&out.stdout).unwrap_or_else(|_| panic!("{out:?}"));
    assert_eq!((&told["image_tokens"], &told["images"][0]["height"]), (&json!(288), &json!(3)), "{told}");
    let sent = server.requests();
    let asked = sent.iter().find(|one| one.path == CHAT).unwrap();
    let content = &asked.body["messages"][0]["content"];
    assert!(content[0]["image_url"]["url"].as_str().unwrap().starts_with("data:image/gif;base64,"), "{content}");
    assert_eq!(content[1], json!({"type": "text", "text": "what?"}));
    let counted = sent.iter().find(|one| one.path == "/tokenize").unwrap();
    assert_eq!(counted.body["messages"][0]["content"], "what?");
    std::fs::write(&file, "no picture").unwrap();
    let out = chat(home.path(), &args, "").await;
    assert!(text(&out.stderr).contains("no PNG") && out.status.code() == Some(2), "{out:?}");
}
