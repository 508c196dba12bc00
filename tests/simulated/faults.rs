//! Faults that a script asks for.

use crate::engine::{begin, ready};
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

fn ask() -> Value {
    json!({"messages": [{"role": "user", "content": "hello"}], "stream": true, "ignore_eos": true, "max_tokens": 200})
}

#[tokio::test]
async fn starts_fail_as_described() {
    for (dialect, script, words, code) in [
        ("vllm", "fail = \"bad-flag\"", "unrecognized arguments", 2),
        ("vllm", "fail = \"truncated-weights\"", "Engine core initialization failed", 1),
        ("vllm", "fail = \"out-of-memory\"\nexit_code = 9", "out of memory", 9),
        ("llama.cpp", "fail = \"model-missing\"", "failed to load model", 1),
    ] {
        let mut engine = begin(dialect, &[], script, &[]);
        assert_eq!(engine.ended().await.code(), Some(code), "{script}");
        engine.until_log(words).await;
    }
    let mut wrong = begin("vllm", &[], "hang_after = 3", &[]);
    assert_eq!(wrong.ended().await.code(), Some(2), "an unknown key is an error");
}

#[tokio::test]
async fn connections_are_cut() {
    for script in ["cut_after_tokens = 3", "cut_after_bytes = 400"] {
        let engine = ready("vllm", &[], script).await;
        let mut stream = engine.send("/v1/chat/completions", &ask()).await;
        let mut bytes = 0;
        let broken = loop {
            match stream.chunk().await {
                Ok(Some(chunk)) => bytes += chunk.len(),
                Ok(None) => break false,
                Err(_) => break true,
            }
        };
        assert!(broken, "{script}: it ended in good order");
        if script.contains("bytes") {
            assert!(bytes <= 400, "{bytes}");
        }
    }
}

#[tokio::test]
async fn requests_get_the_scripts_answers() {
    let script = "[requests.1]\nstatus = 503\n[requests.2]\nstatus = 200\nbody = \"not json\"\n[requests.3]\nstatus = 429\nbody = \"{\\\"error\\\":\\\"slow down\\\"}\"\n";
    let engine = ready("vllm", &[], script).await;
    let (status, body) = engine.post("/v1/chat/completions", &ask()).await;
    assert_eq!((status, &body["error"]["code"]), (503, &json!(503)));
    assert_eq!(engine.post("/v1/chat/completions", &ask()).await, (200, json!("not json")));
    assert_eq!(engine.post("/v1/chat/completions", &ask()).await, (429, json!({"error": "slow down"})));
    let (chunks, done) = engine.stream("/v1/chat/completions", &ask()).await;
    assert!(done && chunks.len() > 3, "the fourth is answered");
}

#[tokio::test]
async fn texts_and_bytes_come_as_written() {
    let engine = ready("vllm", &[], "text = \"exactly\\n  this \u{65e5}\u{672c} \\u001b[31m\"").await;
    let (_, whole) =
        engine.post("/v1/chat/completions", &json!({"messages": [{"role": "user", "content": "x"}]})).await;
    assert_eq!(whole["choices"][0]["message"]["content"], "exactly\n  this \u{65e5}\u{672c} \u{1b}[31m");
    let raw = ready("vllm", &[], "raw = [58, 32, 255, 254, 10, 10]\nhuge_line = 100000\ntext = \"x\"").await;
    let bytes = raw.send("/v1/chat/completions", &ask()).await.bytes().await.unwrap();
    assert!(bytes.len() > 100_000 && bytes.windows(2).any(|pair| pair == [255, 254]));
}

#[tokio::test]
async fn it_hangs_and_it_dies() {
    let hang = ready("vllm", &[], "hang_after_tokens = 3").await;
    let mut stream = hang.send("/v1/chat/completions", &ask()).await;
    let all = async { while stream.chunk().await.unwrap().is_some() {} };
    assert!(tokio::time::timeout(Duration::from_millis(400), all).await.is_err(), "nothing more comes");
    for (by, signal, code) in [("kill", Some(9), None), ("abort", Some(6), None), ("exit", None, Some(7))] {
        let mut engine = begin("vllm", &[], &format!("die_after = 0.05\ndie_by = \"{by}\"\nexit_code = 7"), &[]);
        let status = engine.ended().await;
        assert_eq!((status.signal(), status.code()), (signal, code), "{by}");
    }
}

#[tokio::test]
async fn it_may_not_obey() {
    let mut engine = ready("vllm", &[], "ignore_sigterm = true").await;
    engine.signal(Signal::SIGTERM);
    assert_eq!(engine.get("/health").await.0, 200);
    assert!(engine.is_alive());
    engine.signal(Signal::SIGINT);
    assert_eq!(engine.ended().await.code(), Some(0));
}

#[tokio::test]
async fn children_stay_behind() {
    let mut engine = ready("vllm", &[], "children = [\"group\", \"session\"]").await;
    let parent = engine.pid();
    let children = || -> Vec<(i32, i32)> {
        let all = std::fs::read_dir("/proc").unwrap().filter_map(|e| e.ok()?.file_name().to_str()?.parse::<i32>().ok());
        let stat = |pid: i32| -> Option<(i32, i32)> {
            let command = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).ok()?;
            let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
            let fields: Vec<i32> =
                text.rsplit(')').next()?.split_whitespace().skip(1).filter_map(|f| f.parse().ok()).collect();
            let session = *fields.get(2)?;
            (command.contains("--straggler") && fields.first() == Some(&parent)).then_some((pid, session))
        };
        all.filter_map(stat).collect()
    };
    let end = std::time::Instant::now() + crate::engine::PATIENCE;
    let found = loop {
        let found = children();
        // The one of its own session leads it once it came so far.
        if found.len() == 2 && found.iter().any(|(pid, session)| pid == session) {
            break found;
        }
        assert!(std::time::Instant::now() < end, "{found:?}: {}", engine.log());
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    tokio::time::sleep(Duration::from_millis(100)).await;
    engine.signal(Signal::SIGTERM);
    engine.ended().await;
    for (pid, _) in found {
        let pid = nix::unistd::Pid::from_raw(pid);
        nix::sys::signal::kill(pid, Signal::SIGTERM).unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let state = stat.rsplit(')').next().unwrap_or_default().trim().chars().next();
        nix::sys::signal::kill(pid, Signal::SIGKILL).unwrap();
        assert!(state.is_some_and(|s| s != 'Z'), "{pid} obeyed");
    }
}
