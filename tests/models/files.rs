//! Folders and files of this machine: whole ones are judged, cut and hostile ones are problems.

use super::stand::{Stand, TINY, name};
use serde_json::Value;

const CARD: [&str; 3] = ["--gpu", "5080", "--json"];

fn tiny(file: &str) -> Vec<u8> {
    std::fs::read(format!("{TINY}/{file}")).unwrap()
}

#[test]
fn whole_files_are_judged_by_their_headers() {
    let stand = Stand::new();
    let folder = stand.write("model/config.json", tiny("config.json"));
    stand.write("model/model.safetensors", tiny("model.safetensors"));
    let gguf = stand.write("one/tiny-f16.gguf", tiny("tiny-f16.gguf"));
    let judged = stand.json(&[&["fit", name(folder.parent().unwrap())], &CARD[..]].concat());
    assert_eq!((judged["engine"].as_str(), judged["basis"]["weights"].as_str()), (Some("vllm"), Some("safetensors")));
    let judged = stand.json(&[&["fit", name(&gguf)], &CARD[..]].concat());
    assert_eq!((judged["engine"].as_str(), judged["basis"]["geometry"].as_str()), (Some("llama.cpp"), Some("gguf")));
    assert!(judged["weights_bytes"].as_u64().unwrap() > 0);
}

#[test]
fn cut_and_hostile_files_are_problems() {
    let stand = Stand::new();
    let gguf = tiny("tiny-f16.gguf");
    let mut boastful = gguf.clone();
    // So many tensors are said to follow.
    boastful[8..16].copy_from_slice(&u64::MAX.to_le_bytes());
    let huge = [&u64::MAX.to_le_bytes()[..], b"{}"].concat();
    let lies = [&10u64.to_le_bytes()[..], b"{\"a\": nope"].concat();
    for (what, file, bytes) in [
        ("a GGUF cut in its header", "a.gguf", gguf[..100].to_vec()),
        ("an empty GGUF", "b.gguf", Vec::new()),
        ("a GGUF that is none", "c.gguf", b"hello".to_vec()),
        ("a GGUF of endless tensors", "d.gguf", boastful),
        ("a header longer than any file", "e/model.safetensors", huge),
        ("a header that is no JSON", "f/model.safetensors", lies),
        ("a file of three bytes", "g/model.safetensors", vec![1, 2, 3]),
    ] {
        let path = stand.write(file, bytes);
        let path = match file.split_once('/') {
            Some((folder, _)) => {
                stand.write(&format!("{folder}/config.json"), tiny("config.json"));
                stand.path(folder)
            }
            None => path,
        };
        let output = stand.run(&[&["fit", name(&path)], &CARD[..]].concat());
        if output.status.success() {
            // The config is judged in its place, which is said.
            let judged: Value = serde_json::from_slice(&output.stdout).unwrap();
            assert_ne!(judged["verdict"], "fits", "{what}: {judged}");
            assert!(judged["doubts"].to_string().contains("not whole"), "{what}: {judged}");
        } else {
            assert_eq!(output.status.code(), Some(1), "{what}: {output:?}");
            let problem: Value = serde_json::from_slice(&output.stderr).unwrap();
            assert!(problem["error"]["hint"].is_string() && output.stdout.is_empty(), "{what}: {output:?}");
        }
    }
}

#[test]
fn paths_that_are_no_models_say_what_is_looked_for() {
    let stand = Stand::new();
    let empty = stand.write("empty/notes.txt", "nothing");
    let wrong = stand.write("wrong/config.json", "{\"hidden_size\": ");
    let endless = stand.write("long.json", vec![b' '; (16 << 20) + 2]);
    for (path, says) in
        [(empty.parent().unwrap(), "holds no model"), (wrong.parent().unwrap(), "config"), (&*endless, "16 MiB")]
    {
        let problem = stand.error(&[&["fit", name(path)], &CARD[..]].concat(), 1);
        assert!(problem.to_string().contains(says), "{problem}");
    }
    let missing = stand.error(&["fit", "m", "--config", "/nowhere/config.json", "--gpu", "5080", "--json"], 1);
    assert!(missing["what"].as_str().unwrap().contains("/nowhere/config.json"));
}
