//! The simulated engine asked by somebody who means no good, over HTTP, in each dialect.

use crate::mutate::{Rng, input};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const TOKENS: &[&[u8]] = &[
    b"\"messages\":[",
    b"{\"role\":\"user\",\"content\":",
    b"\"max_tokens\":",
    b"\"temperature\":",
    b"\"n\":",
    b"\"stop\":[\"\"]",
    b"\"stream\":true",
    b"\"logprobs\":true",
    b"\"top_logprobs\":20",
    b"\"logit_bias\":{\"1\":",
    b"\"response_format\":{\"type\":\"json_object\"}",
    b"\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"schema\":",
    b"\"guided_regex\":\"",
    b"\"structured_outputs\":{\"regex\":\"(a|b)*\"}",
    b"\"grammar\":\"root ::= \\\"a\\\"\"",
    b"\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":",
    b"\"tool_choice\":\"required\"",
    b"\"use_beam_search\":true",
    b"\"format\":\"json\"",
    b"\"options\":{\"num_predict\":",
    b"\"keep_alive\":",
    b"\"prompt\":[1,2,",
    b"\"min_tokens\":",
    b"\"ignore_eos\":true",
    b"\"seed\":",
    b"null",
    b"1e308",
    b"{\"$ref\":\"#\"}",
];

const SEEDS: &[&str] = &[
    r#"{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"hello"}],"max_tokens":4,"temperature":0.7,"stop":["x"],"seed":1,"logprobs":true,"top_logprobs":2,"stream":true,"stream_options":{"include_usage":true}}"#,
    r#"{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}],"max_tokens":8,"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"]}}}],"tool_choice":"auto"}"#,
    r#"{"model":"m","prompt":"once","max_tokens":5,"n":2,"echo":true,"logprobs":1,"min_p":0.1,"top_k":5,"repetition_penalty":1.1}"#,
    r#"{"model":"m","messages":[{"role":"user","content":"x"}],"max_tokens":12,"response_format":{"type":"json_schema","json_schema":{"name":"s","schema":{"type":"object","properties":{"a":{"enum":["b","c"]}}}}}}"#,
    r#"{"model":"m","prompt":"p","stream":false,"options":{"num_predict":4,"temperature":0.5,"stop":["q"]},"format":{"type":"array","items":{"type":"boolean"}},"keep_alive":"5m","think":true}"#,
    r#"{"content":"some text","tokens":[1,2,3],"with_pieces":true,"name":"m","source":"m","destination":"n","prompt":"a"}"#,
];

struct Engine {
    child: Child,
    port: u16,
    log: std::path::PathBuf,
    _home: tempfile::TempDir,
}

impl Engine {
    fn start(dialect: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let log = home.path().join("log");
        let child = Command::new(env!("CARGO_BIN_EXE_vramdeck"))
            .args(["simulate", "--model", "m", "--dialect", dialect, "--max-model-len", "48", "--seed", "1"])
            .args(["--port", &port.to_string()])
            .env("VRAMDECK_HOME", home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let engine = Self { child, port, log, _home: home };
        let begun = Instant::now();
        while !matches!(engine.ask("GET", "/v1/models", b""), Ok((200, _))) {
            assert!(begun.elapsed() < Duration::from_secs(60), "no engine: {}", engine.said());
            std::thread::sleep(Duration::from_millis(30));
        }
        engine
    }

    fn said(&self) -> String {
        let log = std::fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(&log[log.len().saturating_sub(3000)..]).into_owned()
    }

    /// Status and body of the whole answer.
    fn ask(&self, method: &str, path: &str, body: &[u8]) -> Result<(u16, Vec<u8>), String> {
        let told = |error: std::io::Error| error.to_string();
        let mut socket = TcpStream::connect(("127.0.0.1", self.port)).map_err(told)?;
        socket.set_read_timeout(Some(Duration::from_secs(20))).map_err(told)?;
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        socket.write_all(&[head.as_bytes(), body].concat()).map_err(told)?;
        let mut reader = BufReader::new(socket);
        let mut status = String::new();
        reader.read_line(&mut status).map_err(told)?;
        let code = status.split(' ').nth(1).and_then(|code| code.parse().ok());
        let code = code.ok_or_else(|| format!("no status line but {status:?}"))?;
        let mut rest = Vec::new();
        reader.read_to_end(&mut rest).map_err(told)?;
        let head = rest.windows(4).position(|end| end == b"\r\n\r\n").ok_or("no end of the head")?;
        Ok((code, rest.split_off(head + 4)))
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A refusal says why.
#[track_caller]
fn refused(body: &[u8]) {
    let value: serde_json::Value = serde_json::from_slice(body).expect("a refusal is JSON");
    let error = &value["error"];
    let why = error.as_str().or(error["message"].as_str()).unwrap_or_default();
    assert!(!why.is_empty(), "no reason in {value}");
}

/// Whatever the body, the engine answers in time with 200 or a 4xx, and goes on.
fn besiege(dialect: &str, paths: &[&str]) {
    let mut engine = Engine::start(dialect);
    let seeds: Vec<Vec<u8>> = SEEDS.iter().map(|seed| seed.as_bytes().to_vec()).collect();
    let asked: Option<u64> = std::env::var("FUZZ_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    let time = asked.map_or(Duration::from_millis(1200), Duration::from_secs);
    let begun = Instant::now();
    for round in 0..if asked.is_some() { u64::MAX } else { 600 } {
        if begun.elapsed() > time {
            break;
        }
        let mut rng = Rng::new(round);
        let body = match seeds.get(round as usize / paths.len()) {
            Some(seed) => seed.clone(),
            None => input(&mut rng, &seeds, TOKENS),
        };
        let path = paths[round as usize % paths.len()];
        let shown = body.escape_ascii().to_string();
        let shown = &shown[..shown.len().min(3000)];
        match engine.ask("POST", path, &body) {
            Ok((400, told)) => refused(&told),
            Ok((200 | 401..=499, _)) => {}
            // Ollama itself words some wrong bodies as a 500.
            Ok((500, told)) if dialect == "ollama" => refused(&told),
            Ok((status, _)) => panic!("{dialect} {path}: HTTP {status} for {shown}\n{}", engine.said()),
            Err(why) => panic!("{dialect} {path}: {why} for {shown}\n{}", engine.said()),
        }
        assert!(engine.child.try_wait().unwrap().is_none(), "{dialect} {path} died of {shown}\n{}", engine.said());
    }
    let log = std::fs::read_to_string(&engine.log).expect("the log is text");
    assert!(!log.contains("panicked"), "{dialect}: {log}");
}

#[test]
fn simulated_vllm_answers_anything() {
    besiege("vllm", &["/v1/chat/completions", "/v1/completions", "/tokenize", "/detokenize"]);
}

#[test]
fn simulated_llama_answers_anything() {
    besiege("llama.cpp", &["/v1/chat/completions", "/completion", "/tokenize", "/detokenize"]);
}

#[test]
fn simulated_ollama_answers_anything() {
    besiege("ollama", &["/api/chat", "/api/generate", "/v1/chat/completions", "/api/show", "/api/copy", "/api/delete"]);
}
