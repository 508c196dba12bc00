//! What the hub says about a repository, and how its refusals read.

use crate::server::{COMMIT, Fake, REPO, Turn, file};
use crate::tree::{safetensors, tiny, write};
use serde_json::json;
use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;
use vramdeck::base::Problem;
use vramdeck::models::Exact;
use vramdeck::models::fit::Engine;
use vramdeck::models::hub::Asked;
use vramdeck::models::live::{Hub, Remote, access};

async fn inspect(fake: &Fake, name: &str) -> Result<Remote, Problem> {
    Hub::new(fake.access(Path::new("/nowhere"))).unwrap().inspect(&Asked::parse(name).unwrap()).await
}

#[tokio::test]
async fn heads_are_read_and_no_weights() {
    let fake = Fake::start().await;
    let weights = tiny("model.safetensors");
    fake.repository(&[
        ("config.json", tiny("config.json")),
        ("model.safetensors", weights.clone()),
        ("README.md", vec![1]),
    ]);
    let remote = inspect(&fake, REPO).await.unwrap();
    assert_eq!((remote.repository.name.as_str(), remote.repository.commit.as_str()), (REPO, COMMIT));
    let [model] = remote.models.as_slice() else { panic!("{remote:?}") };
    let facts = model.facts.as_ref().unwrap();
    assert!(matches!(&facts.exact, Exact::Headers(sums) if sums.total > 0), "{facts:?}");
    assert_eq!((model.files.len(), model.engines.as_slice()), (2, [Engine::Vllm].as_slice()));
    let asked = fake.asked(&file("model.safetensors"));
    assert_eq!(asked.len(), 1);
    assert!(asked[0].headers["range"].starts_with("bytes=0-"), "{asked:?}");
    assert_eq!(asked[0].headers["authorization"], "Bearer hf_secret");
    assert_eq!(fake.all()[0].query, "blobs=true");
}

#[tokio::test]
async fn the_index_says_which_files_count() {
    let fake = Fake::start().await;
    let long = format!("model.layers.0.{}", "x".repeat(200_000));
    let index = json!({"metadata": {}, "weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}});
    fake.repository(&[
        ("config.json", tiny("config.json")),
        ("model.safetensors.index.json", index.to_string().into_bytes()),
        ("model-1.safetensors", safetensors(&long, 70, 1)),
        ("model-2.safetensors", safetensors("lm_head.weight", 50, 1)),
        ("extra.safetensors", safetensors("c", 50, 1)),
    ]);
    let remote = inspect(&fake, REPO).await.unwrap();
    let facts = remote.models[0].facts.as_ref().unwrap();
    let Exact::Headers(sums) = &facts.exact else { panic!("{facts:?}") };
    assert_eq!((sums.total, sums.head), (120, 50));
    assert_eq!(fake.asked(&file("model-1.safetensors")).len(), 2, "a long header takes a second request");
    assert_eq!(fake.asked(&file("extra.safetensors")).len(), 0);
}

#[tokio::test]
async fn gguf_files_are_read_one_by_one() {
    let fake = Fake::start().await;
    let gguf = tiny("tiny-f16.gguf");
    fake.repository(&[("x-F16.gguf", gguf.clone()), ("x-Q8_0.gguf", [&gguf[..], &[0; 9]].concat())]);
    fake.turns(&file("x-Q8_0.gguf"), [Turn::Whole]);
    let remote = inspect(&fake, &format!("{REPO}:Q8_0")).await.unwrap();
    let labels: Vec<_> =
        remote.models.iter().map(|model| (model.label.as_deref().unwrap(), model.facts.is_ok())).collect();
    assert_eq!(labels, [("F16", false), ("Q8_0", true)]);
    assert_eq!(remote.models[1].bytes, gguf.len() as u64 + 9);
    let remote = inspect(&fake, REPO).await.unwrap();
    assert!(remote.models[0].facts.is_ok() && remote.models[1].facts.as_ref().unwrap_err().contains("ask for"));
}

#[tokio::test]
async fn a_model_whose_listing_lacks_a_part_is_not_judged_by_the_rest() {
    let fake = Fake::start().await;
    let digest = "a".repeat(64);
    let sound = |name: &str| json!({"rfilename": name, "lfs": {"sha256": digest, "size": 100}});
    let config = json!({"rfilename": "config.json", "size": 10, "blobId": COMMIT});
    let odd = |name: &str| json!({"rfilename": name, "size": 100, "lfs": {"sha256": "?"}});
    let siblings = [
        config,
        sound("model-00001-of-00002.safetensors"),
        odd("model-00002-of-00002.safetensors"),
        sound("x-Q8_0-00001-of-00002.gguf"),
        odd("x-Q8_0-00002-of-00002.gguf"),
    ];
    let info = json!({"id": REPO, "sha": COMMIT, "siblings": siblings});
    fake.put(&format!("/api/models/{REPO}/revision/main"), info.to_string().into_bytes());
    let remote = inspect(&fake, REPO).await.unwrap();
    for (model, name) in remote.models.iter().zip(["model-00002-of", "x-Q8_0-00002-of"]) {
        assert!(model.facts.as_ref().unwrap_err().contains(name), "{model:?}");
    }
    assert_eq!((remote.models.len(), fake.all().len()), (2, 1), "no file was asked for");
}

#[tokio::test]
async fn damaged_heads_are_told() {
    for (bytes, why) in [
        (b"12".to_vec(), "no safetensors file"),
        (vec![0xff; 64], "no safetensors file"),
        (9000_u64.to_le_bytes().to_vec(), "longer than the file"),
        (tiny("model.safetensors")[..20_000].to_vec(), "should be"),
    ] {
        let fake = Fake::start().await;
        fake.repository(&[("config.json", tiny("config.json")), ("model.safetensors", bytes)]);
        let problem = inspect(&fake, REPO).await.unwrap_err();
        assert!(problem.why.contains(why), "{problem}");
    }
}

#[tokio::test]
async fn refusals_say_what_to_do() {
    let code = |code: &str| vec![("x-error-code", code.to_owned())];
    for (status, headers, what, hint) in [
        (401, code("GatedRepo"), "is gated", format!("/{REPO}")),
        (403, code("GatedRepo"), "is gated", "let the token read".to_owned()),
        (401, code("RepoNotFound"), "is not there", "HF_TOKEN needs access".to_owned()),
        (404, code("RevisionNotFound"), "no revision main", "commits".to_owned()),
        (
            401,
            vec![("x-error-message", "Invalid credentials in Authorization header".to_owned())],
            "token is refused",
            "renew the token in HF_TOKEN".to_owned(),
        ),
        (429, vec![("retry-after", "42".to_owned())], "too many questions", "42 s".to_owned()),
        (500, vec![], "failed", "later".to_owned()),
        (302, vec![("location", "ftp://x/".to_owned())], "cannot be read", "HF_ENDPOINT".to_owned()),
        (302, vec![], "cannot be read", "HF_ENDPOINT".to_owned()),
    ] {
        let fake = Fake::start().await;
        fake.repository(&[]);
        fake.turns(&format!("/api/models/{REPO}/revision/main"), [Turn::Status(status, headers)]);
        let problem = inspect(&fake, REPO).await.unwrap_err();
        assert!(problem.what.contains(what) && problem.hint.contains(&hint), "{status}: {problem}");
        assert!(!problem.to_string().contains("hf_secret"));
    }
    let fake = Fake::start().await;
    assert!(inspect(&fake, "Org/Missing").await.unwrap_err().what.contains("is not there"));
}

#[tokio::test]
async fn a_renamed_repository_is_followed_and_a_circle_is_left() {
    let fake = Fake::start().await;
    fake.repository(&[("config.json", tiny("config.json")), ("model.safetensors", tiny("model.safetensors"))]);
    let old = "/api/models/Old/Name/revision/main";
    let to = |path: String| Turn::Status(307, vec![("location", path)]);
    fake.turns(old, [to(format!("/api/models/{REPO}/revision/main"))]);
    assert_eq!(inspect(&fake, "Old/Name").await.unwrap().repository.name, REPO);
    assert_eq!(
        fake.asked(&format!("/api/models/{REPO}/revision/main"))[0].headers["authorization"],
        "Bearer hf_secret"
    );
    fake.turns(old, vec![to(old.to_owned()); 20]);
    assert!(inspect(&fake, "Old/Name").await.unwrap_err().why.contains("on and on"));
}

#[tokio::test]
async fn offline_silence_and_nobody_are_told_apart() {
    let fake = Fake::start().await;
    let mut offline = fake.access(Path::new("/nowhere"));
    offline.offline = Some("HF_HUB_OFFLINE");
    let asked = Asked::parse(REPO).unwrap();
    let problem = Hub::new(offline).unwrap().inspect(&asked).await.unwrap_err();
    assert!(problem.why.contains("HF_HUB_OFFLINE is set"), "{problem}");
    assert!(fake.all().is_empty(), "nothing was asked");
    let path = format!("/api/models/{REPO}/revision/main");
    fake.put(&path, vec![b' '; 100]);
    fake.turns(&path, [Turn::Stall(10)]);
    let hub = Hub::with_patience(fake.access(Path::new("/nowhere")), Duration::from_millis(200)).unwrap();
    let problem = hub.inspect(&asked).await.unwrap_err();
    assert!(problem.why.contains("fell silent"), "{problem}");
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let mut nobody = fake.access(Path::new("/nowhere"));
    nobody.endpoint = format!("http://{free}");
    let problem = Hub::new(nobody).unwrap().inspect(&asked).await.unwrap_err();
    assert!(problem.what.contains("cannot be reached") && problem.hint.contains("connection"), "{problem}");
    for wrong in ["", "ftp://x", "huggingface.co", "https://user@x", "https://:secret@x", "https://x/?key=secret"] {
        let mut access = fake.access(Path::new("/nowhere"));
        access.endpoint = wrong.to_owned();
        let problem = Hub::new(access).unwrap_err();
        assert_eq!(problem.exit_code(), 2, "{wrong}");
        assert!(!problem.to_string().contains("secret"), "{problem}");
    }
}

#[test]
fn the_places_of_the_hubs_own_tools_are_read() {
    let root = tempfile::tempdir().unwrap();
    let home = root.path().display().to_string();
    write(&root.path().join("hf/token"), "hf_file\n");
    write(&root.path().join("other"), "hf_other");
    let read = |vars: &[(&str, &str)]| {
        let vars: HashMap<String, String> =
            vars.iter().map(|(name, value)| ((*name).to_owned(), value.replace('~', &home))).collect();
        access(&|name| vars.get(name).map(Into::into))
    };
    let plain = read(&[("HOME", "~")]);
    assert_eq!(plain.endpoint, "https://huggingface.co");
    assert_eq!((plain.token, plain.offline), (None, None));
    assert!(plain.cache.ends_with(".cache/huggingface/hub"));
    let all = read(&[
        ("HF_HOME", "~/hf"),
        ("HF_ENDPOINT", "https://mirror.example/"),
        ("HF_HUB_OFFLINE", "1"),
        ("HF_TOKEN", ""),
    ]);
    assert_eq!((all.endpoint.as_str(), all.offline), ("https://mirror.example", Some("HF_HUB_OFFLINE")));
    assert!(all.cache.ends_with("hf/hub"));
    let token = all.token.unwrap();
    assert_eq!((token.secret.expose(), token.from.ends_with("hf/token")), ("hf_file", true));
    for (vars, want) in [
        (vec![("HF_TOKEN", " a "), ("HUGGING_FACE_HUB_TOKEN", "b")], Some("a")),
        (vec![("HUGGING_FACE_HUB_TOKEN", "b")], Some("b")),
        (vec![("HF_TOKEN_PATH", "~/other"), ("HF_HOME", "~/hf")], Some("hf_other")),
        (vec![("HF_TOKEN", "a"), ("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")], None),
    ] {
        assert_eq!(read(&vars).token.map(|token| token.secret.expose().to_owned()).as_deref(), want, "{vars:?}");
    }
    assert_eq!(read(&[("HF_HUB_OFFLINE", "0"), ("HF_HUB_CACHE", "/x")]).offline, None);
    assert_eq!(read(&[("XDG_CACHE_HOME", "/c")]).cache, Path::new("/c/huggingface/hub"));
}

#[test]
fn a_token_is_a_short_plain_file() {
    let root = tempfile::tempdir().unwrap();
    let read = |name: &str| {
        let path = root.path().join(name).display().to_string();
        access(&|variable| (variable == "HF_TOKEN_PATH").then(|| path.clone().into())).token
    };
    write(&root.path().join("long"), format!("hf_x{}", " ".repeat(1 << 20)));
    assert_eq!(read("long"), None);
    assert_eq!(read("."), None);
    write(&root.path().join("odd"), [b'h', 0xff]);
    assert_eq!(read("odd"), None);
    // Nobody ever writes to it: whoever waits for that waits for good.
    nix::unistd::mkfifo(&root.path().join("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let (done, ended) = std::sync::mpsc::channel();
    let pipe = root.path().join("pipe").display().to_string();
    std::thread::spawn(move || {
        let token = access(&|variable| (variable == "HF_TOKEN_PATH").then(|| pipe.clone().into())).token;
        let _ = done.send(token);
    });
    assert_eq!(ended.recv_timeout(Duration::from_secs(20)), Ok(None));
}
