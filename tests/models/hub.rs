//! Names that only the Hub knows: found, gated, missing, gone, and forbidden to ask.

use super::stand::{Stand, TINY};
use serde_json::json;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// A Hub that holds `Org/Whole` and refuses the rest, each in its own way. It ends with the test program.
fn hub() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let mut stream = stream;
                let mut head = BufReader::new(stream.try_clone().unwrap());
                let (mut first, mut line) = (String::new(), String::new());
                let _ = head.read_line(&mut first);
                while head.read_line(&mut line).is_ok_and(|read| read > 2) {
                    line.clear();
                }
                let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
                let (status, headers, body) = answer(&path);
                let length = body.len();
                let _ = write!(
                    stream,
                    "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n"
                );
                let _ = stream.write_all(&body);
            });
        }
    });
    url
}

fn answer(path: &str) -> (&'static str, &'static str, Vec<u8>) {
    let path = path.split('?').next().unwrap_or_default();
    let file = |name: &str| std::fs::read(format!("{TINY}/{name}")).unwrap();
    match path {
        _ if path.contains("Gated") => ("403 Forbidden", "x-error-code: GatedRepo\r\n", b"gated".to_vec()),
        _ if path.contains("Down") => ("503 Service Unavailable", "", b"later".to_vec()),
        "/api/models/Org/Whole/revision/main" => {
            let sibling = |name: &str| json!({"rfilename": name, "size": file(name).len(), "blobId": &COMMIT[..40]});
            let files = [sibling("config.json"), sibling("model.safetensors")];
            let info = json!({"id": "Org/Whole", "sha": COMMIT, "gated": false, "siblings": files});
            ("200 OK", "", info.to_string().into_bytes())
        }
        "/api/models/Org/Mixes/revision/main" => {
            let sibling = |name: &str, more: usize| {
                let size = file("tiny-f16.gguf").len() + more;
                let lfs = json!({"sha256": "a".repeat(64), "size": size, "pointerSize": 134});
                json!({"rfilename": name, "size": size, "blobId": COMMIT, "lfs": lfs})
            };
            let files = [sibling("x-F16.gguf", 0), sibling("x-Q8_0.gguf", 4096)];
            let info = json!({"id": "Org/Mixes", "sha": COMMIT, "gated": false, "siblings": files});
            ("200 OK", "", info.to_string().into_bytes())
        }
        _ if path.ends_with("/x-F16.gguf") => ("200 OK", "", file("tiny-f16.gguf")),
        _ if path.ends_with("/x-Q8_0.gguf") => ("200 OK", "", [file("tiny-f16.gguf"), vec![0; 4096]].concat()),
        _ if path.ends_with("/config.json") && path.contains("Whole") => ("200 OK", "", file("config.json")),
        _ if path.ends_with("/model.safetensors") => ("200 OK", "", file("model.safetensors")),
        _ => ("404 Not Found", "x-error-code: RepoNotFound\r\n", b"no such repository".to_vec()),
    }
}

fn fit(name: &str) -> [&str; 5] {
    ["fit", name, "--gpu", "5080", "--json"]
}

#[test]
fn a_repository_of_the_hub_is_judged_by_its_headers() {
    let stand = Stand::online(&hub());
    let judged = stand.json(&fit("Org/Whole"));
    assert_eq!((judged["verdict"].as_str(), judged["basis"]["weights"].as_str()), (Some("fits"), Some("safetensors")));
}

#[test]
fn the_quantisation_of_a_name_is_the_one_that_is_read() {
    let stand = Stand::online(&hub());
    for name in ["Org/Mixes", "Org/Mixes:F16", "Org/Mixes:q8_0"] {
        let judged = stand.json(&fit(name));
        assert_eq!(
            (judged["verdict"].as_str(), judged["engine"].as_str()),
            (Some("fits"), Some("llama.cpp")),
            "{name}"
        );
    }
    let of_flag = ["fit", "Org/Mixes", "--quantization", "Q8_0", "--gpu", "5080", "--json"];
    assert_eq!(stand.json(&of_flag)["verdict"], "fits");
    let lacking = stand.error(&fit("Org/Mixes:Q9_9"), 2);
    assert!(lacking["what"].as_str().unwrap().contains("Org/Mixes has no Q9_9"), "{lacking}");
    assert_eq!(lacking["why"], "it has F16, Q8_0");
    assert_eq!(stand.error(&fit("Org/Whole:Q4_K_M"), 2)["why"], "it has no GGUF files");
}

#[test]
fn gated_missing_and_unreachable_repositories_say_so() {
    let stand = Stand::online(&hub());
    for (name, says) in [("Org/Gated", "terms"), ("Org/Missing", "Missing"), ("Org/Down", "503")] {
        let problem = stand.error(&fit(name), 1);
        assert!(problem.to_string().contains(says), "{name}: {problem}");
    }
    // Nobody listens on this port.
    let nobody = Stand::online("http://127.0.0.1:9");
    assert!(nobody.error(&fit("Org/Whole"), 1)["why"].is_string());
}

#[test]
fn offline_is_said_by_the_name_of_its_variable() {
    let stand = Stand::new();
    let problem = stand.error(&fit("Org/Whole"), 1);
    assert!(problem["why"].as_str().unwrap().contains("HF_HUB_OFFLINE"), "{problem}");
    // What ships is judged without a Hub, and a word that looks like it is offered.
    assert_eq!(stand.json(&fit("Qwen/Qwen3-8B-AWQ"))["verdict"], "fits");
    let near = stand.error(&fit("Qwen/Qwen3-8"), 1);
    assert!(near["hint"].as_str().unwrap().contains("Qwen/Qwen3-8B"), "{near}");
    let unknown = stand.error(&fit("no-such-thing"), 2);
    assert!(unknown["hint"].as_str().unwrap().contains("vramdeck models"), "{unknown}");
}

/// A model in more parts than the process may have files open.
#[test]
fn many_parts_take_few_open_files() {
    let stand = Stand::new();
    let empty = [&b"GGUF\x03\0\0\0"[..], &[0; 16]].concat();
    let first = stand.write("x/x-Q8_0-00001-of-00300.gguf", std::fs::read(format!("{TINY}/tiny-f16.gguf")).unwrap());
    for number in 2..=300 {
        stand.write(&format!("x/x-Q8_0-{number:05}-of-00300.gguf"), &empty);
    }
    let judged = stand.json(&fit(first.to_str().unwrap()));
    let few = std::process::Command::new("/bin/sh")
        .args(["-c", "ulimit -n 100 && exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_vramdeck")])
        .args(fit(first.to_str().unwrap()))
        .env_clear()
        .envs([
            ("HOME", stand.path("")),
            ("VRAMDECK_HOME", stand.path("deck")),
            ("VRAMDECK_NVML_LIB", stand.path("none.so")),
        ])
        .output()
        .unwrap();
    assert!(few.status.success(), "{few:?}");
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&few.stdout).unwrap(), judged);
}
