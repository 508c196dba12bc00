//! `vramdeck chat` and servers that mean harm: a clear problem, nothing on stdout that is not the contract's, bounded
//! memory and time.

use crate::check::safe;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// Longer than any of these may take.
const LONG: Duration = Duration::from_secs(40);
/// Resident memory that the client may reach, in a debug build.
const MOST_KIB: u64 = 150 << 10;

type Answer = Arc<dyn Fn(&mut TcpStream) + Send + Sync>;

/// A server that answers every request the same way until the test ends.
struct Server {
    port: u16,
}

impl Server {
    fn start(answer: impl Fn(&mut TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let answer: Answer = Arc::new(answer);
        thread::spawn(move || {
            for socket in listener.incoming().map_while(Result::ok) {
                let answer = Arc::clone(&answer);
                thread::spawn(move || serve(socket, &answer));
            }
        });
        Self { port }
    }

    fn bytes(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        // A client that has heard enough hangs up.
        Self::start(move |socket| drop(socket.write_all(&answer)))
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

/// Reads the whole request first: closing with bytes unread would reset the connection.
fn serve(mut socket: TcpStream, answer: &Answer) {
    let _ = socket.set_read_timeout(Some(Duration::from_secs(5)));
    let (mut read, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let head = read.windows(4).position(|end| end == b"\r\n\r\n").map(|at| at + 4);
        if let Some(head) = head {
            let text = String::from_utf8_lossy(&read[..head]).to_lowercase();
            let length = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
            if read.len() >= head + length.unwrap_or(0) {
                break;
            }
        }
        match socket.read(&mut buffer) {
            Ok(count @ 1..) => read.extend_from_slice(&buffer[..count]),
            _ => return,
        }
    }
    answer(&mut socket);
}

fn http(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

fn events(body: &[u8]) -> Vec<u8> {
    http("200 OK", "Content-Type: text/event-stream\r\n", body)
}

/// What the client did, and the most memory it had resident, in KiB.
fn ask(url: &str, more: &[&str]) -> (Output, u64) {
    let home = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_vramdeck"))
        .args(["chat", "--url", url, "--prompt", "hi"])
        .args(more)
        .env("VRAMDECK_HOME", home.path())
        .env_remove("VRAMDECK_API_KEY")
        .env_remove("OPENAI_API_KEY")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let drain = |mut from: Box<dyn Read + Send>| {
        thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = from.read_to_end(&mut bytes);
            bytes
        })
    };
    let stdout = drain(Box::new(child.stdout.take().unwrap()));
    let stderr = drain(Box::new(child.stderr.take().unwrap()));
    let (begun, mut peak) = (Instant::now(), 0);
    let ended = loop {
        peak = peak.max(resident(&status));
        if let Some(ended) = child.try_wait().unwrap() {
            break ended;
        }
        if begun.elapsed() > LONG {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("{url} {more:?}: no end after {LONG:?}");
        }
        thread::sleep(Duration::from_millis(5));
    };
    (Output { status: ended, stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap() }, peak)
}

fn resident(status: &str) -> u64 {
    let text = std::fs::read_to_string(status).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok()).unwrap_or(0)
}

/// The problem told in JSON, whole and safe; `with` of the questions it answers holds `words`.
#[track_caller]
fn problem(output: &Output, words: &str) -> Value {
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(told.trim_end().lines().count(), 1, "one document on stderr: {told}");
    let value: Value = serde_json::from_str(&told).unwrap_or_else(|error| panic!("{error}: {told}"));
    for part in ["what", "why", "hint"] {
        let text = value["error"][part].as_str().unwrap_or_default();
        assert!(!text.trim().is_empty(), "no {part}: {told}");
        safe(part, text);
    }
    assert!(value["error"].to_string().to_lowercase().contains(words), "`{words}` is not in {told}");
    value
}

/// Nothing came of it: no answer on stdout, the problem on stderr, in JSON and as text.
#[track_caller]
fn refuses(server: &Server, words: &str) {
    const GIVEN: [&str; 4] = ["--model", "m", "--dialect", "openai"];
    for more in [&GIVEN[..], &["--model", "m", "--dialect", "openai", "--no-stream"], &["--model", "m"]] {
        let (output, _) = ask(&server.url(), &[more, &["--json"]].concat());
        assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{more:?}");
        // Detection asks other paths first, and may word the same fault in its own way.
        problem(&output, if more.len() > 2 { words } else { "" });
    }
    let (output, _) = ask(&server.url(), &GIVEN);
    assert_eq!((output.status.code(), output.stdout.is_empty()), (Some(1), true), "{output:?}");
    let told = String::from_utf8(output.stderr).expect("stderr is text");
    assert!(told.to_lowercase().contains(words) && !told.contains('\u{1b}'), "`{words}` is not in {told}");
}

#[test]
fn a_web_page() {
    let page = b"<!DOCTYPE html><html><head><title>Router \x1b[2J login</title></head><body>hi</body></html>";
    refuses(&Server::bytes(http("200 OK", "Content-Type: text/html\r\n", page)), "web page");
}

#[test]
fn a_page_of_an_error() {
    let page = b"<html><head><title>500 Internal Error</title></head></html>";
    refuses(&Server::bytes(http("500 Internal Server Error", "Content-Type: text/html\r\n", page)), "500");
}

#[test]
fn a_refusal_that_is_a_string() {
    let body = br#""Unauthorized: \u001b]52;c;aGk=\u0007 bring a key""#;
    refuses(&Server::bytes(http("401 Unauthorized", "Content-Type: application/json\r\n", body)), "key");
}

#[test]
fn too_many_requests() {
    let headers = "Content-Type: application/json\r\nRetry-After: 17\r\n";
    let server = Server::bytes(http("429 Too Many Requests", headers, br#"{"error":{"message":"slow down"}}"#));
    refuses(&server, "17 s");
}

#[test]
fn another_content_type() {
    refuses(&Server::bytes(http("200 OK", "Content-Type: image/png\r\n", b"\x89PNG\r\n\x1a\n\0\0\0\xff")), "not");
    refuses(&Server::bytes(http("200 OK", "Content-Type: application/json\r\n", b"[1, 2]")), "not");
    refuses(&Server::bytes(http("200 OK", "Content-Type: application/json\r\n", &b"[".repeat(100_000))), "not");
}

#[test]
fn packed_that_is_not_packed() {
    let headers = "Content-Type: text/event-stream\r\nContent-Encoding: gzip\r\n";
    refuses(&Server::bytes(http("200 OK", headers, b"\x1f\x8b this is no gzip \xff\xfe")), "");
}

#[test]
fn sent_on_for_ever() {
    let server = Server::bytes(http("307 Temporary Redirect", "Location: /v1/chat/completions?again\r\n", b""));
    refuses(&server, "elsewhere");
    let hidden = "Location: http://x/\u{202e}\u{9b}31m\r\n";
    refuses(&Server::bytes(http("308 Permanent Redirect", hidden, b"")), "elsewhere");
}

#[test]
fn a_huge_head() {
    refuses(&Server::bytes(http("200 OK", &format!("X-Long: {}\r\n", "x".repeat(4 << 20)), b"{}")), "");
    refuses(&Server::bytes(http("200 OK", &"X-Many: 1\r\n".repeat(50_000), b"{}")), "");
}

#[test]
fn not_http_at_all() {
    refuses(&Server::bytes(&b"SSH-2.0-OpenSSH_9.9\r\n"[..]), "");
    refuses(&Server::bytes(&b"\x16\x03\x01\0\xff\xff"[..]), "");
    refuses(&Server::bytes(&b""[..]), "");
}

#[test]
fn a_line_without_an_end() {
    for (kind, chunk) in [("text/event-stream", b'x'), ("application/json", b' '), ("application/x-ndjson", b'[')] {
        let server = Server::start(move |socket| {
            let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nTransfer-Encoding: chunked\r\n\r\n");
            let body = vec![chunk; 1 << 20];
            let mut sent = socket.write_all(head.as_bytes());
            for n in 0..1024 {
                let first: &[u8] = if n == 0 { b"data: {\"choices\":[{\"delta\":{\"content\":\"" } else { b"" };
                let first = if kind == "text/event-stream" { first } else { b"" };
                let size = format!("{:x}\r\n", body.len() + first.len());
                sent = sent.and_then(|()| socket.write_all(&[size.as_bytes(), first, &body, b"\r\n"].concat()));
                if sent.is_err() {
                    return;
                }
            }
            let _ = socket.write_all(b"0\r\n\r\n");
        });
        let (output, peak) = ask(&server.url(), &["--model", "m", "--dialect", "openai", "--json"]);
        assert_eq!(output.stdout, b"", "{kind}");
        problem(&output, "");
        assert!((1..MOST_KIB).contains(&peak), "{kind}: {peak} KiB resident");
    }
}

#[test]
fn an_answer_without_an_end_can_be_left() {
    let server = Server::start(|socket| {
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n: wait\n\n");
        // Silence until the client hangs up or its patience is over.
        let _ = socket.read(&mut [0; 16]);
        thread::sleep(Duration::from_secs(30));
    });
    let home = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_vramdeck"))
        .args(["chat", "--url", &server.url(), "--prompt", "hi", "--model", "m", "--dialect", "openai", "--json"])
        .env("VRAMDECK_HOME", home.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    thread::sleep(Duration::from_millis(700));
    assert!(child.try_wait().unwrap().is_none(), "it waits");
    let pid = nix::unistd::Pid::from_raw(child.id() as i32);
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).unwrap();
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(begun.elapsed() < Duration::from_secs(10), "Ctrl-C ends the waiting");
        thread::sleep(Duration::from_millis(5));
    }
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.stdout, b"");
    problem(&output, "ctrl-c");
}

#[test]
fn cut_in_the_middle() {
    let text = br#"data: {"choices":[{"index":0,"delta":{"content":"so far"}}]}"#;
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    let body = [head.as_bytes(), format!("{:x}\r\n", text.len() + 50).as_bytes(), text, b"\n\nda"].concat();
    let server = Server::bytes(body);
    let given = ["--model", "m", "--dialect", "openai"];
    let (output, _) = ask(&server.url(), &[&given[..], &["--json"]].concat());
    problem(&output, "cut off");
    let document: Value = serde_json::from_slice(&output.stdout).expect("one document with what came");
    assert_eq!(document["content"], "so far");
    assert!(document["error"]["what"].is_string() && document["finish_reason"].is_null());
    let (output, _) = ask(&server.url(), &given);
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stdout).trim()), (Some(1), "so far"));
}

/// Text that would steer the terminal, and bytes that are no text: printed harmless, in JSON escaped.
#[test]
fn text_that_steers() {
    let piece = |content: &[u8], end: &str| {
        [
            &b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\""[..],
            content,
            b"\"}",
            end.as_bytes(),
            b"}]}\n\n",
        ]
        .concat()
    };
    let first = piece(b"a\\u001b]52;c;aGk=\\u0007b\\u009b2Jc\\r\xff\xfed\\u202e\\u001b", "");
    let last = piece(b"[31mred\\u007f", ",\"finish_reason\":\"stop\"");
    let server = Server::bytes(events(&[&first[..], &last, b"data: [DONE]\n\n"].concat()));
    for more in [&["--model", "m", "--dialect", "openai"][..], &["--model", "m", "--dialect", "openai", "--json"]] {
        let (output, _) = ask(&server.url(), more);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let out = String::from_utf8(output.stdout).expect("stdout is text");
        let err = String::from_utf8(output.stderr).expect("stderr is text");
        safe("stdout", &out);
        safe("stderr", &err);
        if let Ok(document) = serde_json::from_str::<Value>(&out) {
            let want = "a\u{1b}]52;c;aGk=\u{7}b\u{9b}2Jc\r\u{fffd}\u{fffd}d\u{202e}\u{1b}[31mred\u{7f}";
            assert_eq!(document["content"], want, "the document holds the text as the model wrote it");
        } else {
            assert!(out.contains("aGk=") && out.contains("\u{241b}[31mred"), "the text itself is there: {out:?}");
        }
    }
}

/// A control character as it stands is no JSON.
#[test]
fn an_escape_in_the_json_itself() {
    refuses(&Server::bytes(events(b"data: {\"choices\":[{\"delta\":{\"content\":\"\x1b[31m\"}}]}\n\n")), "read");
}

/// Names and words of a server are shown too: models it lists, reasons it gives.
#[test]
fn names_that_steer() {
    let list = br#"{"data":[{"id":"a\u001b[2J"},{"id":"b\u009b1m\u202e"}]}"#;
    let server = Server::bytes(http("200 OK", "Content-Type: application/json\r\n", list));
    let (output, _) = ask(&server.url(), &[]);
    let told = String::from_utf8(output.stderr).expect("stderr is text");
    assert_eq!((output.status.code(), output.stdout.is_empty()), (Some(2), true), "{told}");
    assert!(told.contains("several") && !told.contains(|c: char| c.is_control() && c != '\n'), "{told:?}");
    let tools = br#"{"choices":[{"message":{"reasoning":"r\u001b[1m","tool_calls":[{"function":{"name":"f\u001b[2J","arguments":"\u001b]0;x\u0007"}}]},"finish_reason":"tool\u001b"}]}"#;
    let server = Server::bytes(http("200 OK", "Content-Type: application/json\r\n", tools));
    let (output, _) = ask(&server.url(), &["--model", "m\u{1b}[31m", "--dialect", "openai"]);
    let told = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(told.contains("tool call: f") && !told.contains('\u{1b}'), "{told:?}");
}

/// Records and logs on disk are read as if somebody else had written them.
#[test]
fn records_that_steer() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("state/runs/mine");
    std::fs::create_dir_all(&folder).unwrap();
    let state = include_str!("corpus/run_state/failed").replace("http://", "http://\\u001b[2J\\u009b1m");
    let state = state.replace("\"facts\":{}", "\"facts\":{\"note\":\"n\\u001b]0;x\\u0007\\r\\nz\"}");
    let state = state.replace("\"started_at\":1.5", &format!("\"started_at\":{}", u32::MAX));
    assert!(state.contains("note"));
    std::fs::write(folder.join("state.json"), state).unwrap();
    std::fs::write(folder.join("engine.log"), b"1.5 plain\nnan \x1b[2Jred\r\n\xff\xc2\x9b\n9e999 last").unwrap();
    for more in [&["ps", "--all"][..], &["ps", "--all", "--json"], &["logs", "mine"], &["logs", "mine", "--json"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vramdeck"));
        let output = command.args(more).env("VRAMDECK_HOME", home.path()).output().unwrap();
        let told = String::from_utf8([output.stdout, output.stderr].concat()).expect("text");
        assert!(output.status.success() && told.contains(if more[0] == "ps" { "mine" } else { "plain" }), "{told}");
        safe(more[0], &told);
    }
}
