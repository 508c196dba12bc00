use super::*;
use serde_json::json;
use std::time::Duration;

#[test]
fn names_are_checked() {
    for (text, repo, revision, quant) in [
        ("Qwen/Qwen3-8B", "Qwen/Qwen3-8B", "main", None),
        ("gpt2", "gpt2", "main", None),
        ("Org/Name:Q4_K_M", "Org/Name", "main", Some("Q4_K_M")),
        ("Org/Name@refs/pr/3", "Org/Name", "refs/pr/3", None),
        ("https://huggingface.co/Org/Name/", "Org/Name", "main", None),
        ("https://huggingface.co/Org/Name/tree/v1.0", "Org/Name", "v1.0", None),
        ("hf.co/Org/Name:IQ2_XS", "Org/Name", "main", Some("IQ2_XS")),
    ] {
        let asked = Asked::parse(text).unwrap();
        assert_eq!((asked.repo.as_str(), asked.revision.as_str(), asked.quant.as_deref()), (repo, revision, quant));
    }
    let long = "x".repeat(97);
    let odd =
        ["", "/", "a/b/c", "../x", "a/..", "a/.b", "-a/b", "a/b.git", "a--b/c", "a b/c", "a/b?x=1", "a/b#c", "a/b\n"];
    let more = ["a/b@../x", "a/b@", "a/b:", "a/b:x y", "a/b@-x", "https://example.org/a/b", "a/b@x//y", &long];
    for text in odd.into_iter().chain(more).chain(["a/b\u{1b}[2J", "ä/b", "a%2fb"]) {
        let problem = Asked::parse(text).unwrap_err();
        assert_eq!(problem.exit_code(), 2, "{text}");
        assert!(!problem.to_string().contains('\u{1b}'));
    }
}

#[test]
fn file_names_stay_below_their_folder() {
    for path in ["a/b.json", "a b+c#.gguf", ".gitattributes"] {
        assert!(is_path(path), "{path}");
    }
    for path in ["../a", "/a", "a//b", "a/./b", "a/..", "a\\b", "a\0", "", "a\nb"] {
        assert!(!is_path(path), "{path:?}");
    }
}

fn repository() -> Repository {
    let lfs = |name: &str, size: u64| json!({"rfilename": name, "size": size, "blobId": "b".repeat(40), "lfs": {"sha256": "A".repeat(64), "size": size, "pointerSize": 130}});
    let small = |name: &str| json!({"rfilename": name, "size": 10, "blobId": "c".repeat(40)});
    let answer = json!({
        "id": "Org/Name", "sha": "d".repeat(40), "gated": "manual",
        "siblings": [
            small("config.json"), small("tokenizer.json"), small("README.md"), small("model.safetensors.index.json"),
            lfs("model-1.safetensors", 100), lfs("model-2.safetensors", 50), lfs("model.safetensors", 150),
            lfs("consolidated.safetensors", 150), lfs("pytorch_model.bin", 150), lfs("original/a.pth", 1),
            lfs("x-Q4_K_M.gguf", 30), lfs("q8/x-Q8_0-00001-of-00002.gguf", 40), lfs("q8/x-Q8_0-00002-of-00002.gguf", 20),
            lfs("mmproj-F16.gguf", 5),
            {"rfilename": "../evil", "size": 1, "blobId": "c".repeat(40)},
            {"rfilename": "odd", "size": 1, "blobId": "../../x"},
            {"rfilename": "half", "size": 1, "blobId": "c".repeat(40), "lfs": {"sha256": "zz"}},
        ],
    });
    Repository::parse(answer.to_string().as_bytes(), "org/name").unwrap()
}

#[test]
fn an_answer_is_read_and_what_cannot_be_trusted_is_left_out() {
    let repository = repository();
    assert_eq!((repository.name.as_str(), repository.gated), ("Org/Name", true));
    assert_eq!(repository.left_out, ["../evil", "odd", "half"]);
    let file = repository.file("model-1.safetensors").unwrap();
    assert_eq!((file.bytes, file.blob.len(), file.sha256.as_deref()), (100, 64, Some(&*"a".repeat(64))));
    assert_eq!(repository.file("config.json").unwrap().blob, "c".repeat(40));
    let no_list = json!({"sha": "d".repeat(40)}).to_string();
    for bad in ["", "{}", "[]", "{\"sha\":\"x\",\"siblings\":[]}", &no_list] {
        assert!(Repository::parse(bad.as_bytes(), "a/b").is_err(), "{bad}");
    }
}

#[test]
fn only_what_an_engine_needs_is_chosen() {
    let repository = repository();
    let names = |choice| choose(&repository, &choice).unwrap().into_iter().map(|file| file.path).collect::<Vec<_>>();
    let parts = ["model-1.safetensors", "model-2.safetensors", "model.safetensors.index.json"];
    assert_eq!(names(Choice::Transformer), [&["config.json"], &parts[..], &["tokenizer.json"]].concat());
    let q8 = ["q8/x-Q8_0-00001-of-00002.gguf", "q8/x-Q8_0-00002-of-00002.gguf"];
    assert_eq!(names(Choice::Gguf("q8_0".into())), q8);
    let sets = gguf_sets(&repository);
    let told: Vec<_> = sets.iter().map(|set| (set.label.as_str(), set.bytes())).collect();
    assert_eq!(told, [("Q4_K_M", 30), ("Q8_0", 60)]);
    let problem = choose(&repository, &Choice::Gguf("Q2_K".into())).unwrap_err();
    assert_eq!(problem.why, "it has Q4_K_M, Q8_0");
    assert!(choose(&Repository::default(), &Choice::Transformer).is_err());
}

#[test]
fn a_file_that_is_needed_and_was_left_out_is_told() {
    let sound = repository();
    let with = |entry: serde_json::Value| {
        let file = |file: &RemoteFile| json!({"rfilename": file.path, "size": file.bytes, "blobId": "c".repeat(40)});
        let mut siblings: Vec<_> = sound.files.iter().map(file).collect();
        siblings.retain(|known| known["rfilename"] != entry["rfilename"]);
        siblings.push(entry);
        let answer = json!({"id": "Org/Name", "sha": "d".repeat(40), "siblings": siblings});
        Repository::parse(answer.to_string().as_bytes(), "Org/Name").unwrap()
    };
    let no_digest = |name: &str| with(json!({"rfilename": name, "size": 10}));
    for name in ["tokenizer.json", "model-2.safetensors", "model-3.safetensors", "model.safetensors.index.json"] {
        let problem = choose(&no_digest(name), &Choice::Transformer).unwrap_err();
        assert!(problem.why.contains(name) && problem.what.contains("cannot be fetched whole"), "{problem}");
        assert!(choose(&no_digest(name), &Choice::Gguf("Q8_0".into())).is_ok(), "{name} is no part of it");
    }
    for name in ["README.md", "original/b.pth", "x-Q2_K.gguf", "q8/x-Q8_0-00002-of-00002.gguf", "model.safetensors"] {
        assert!(choose(&no_digest(name), &Choice::Transformer).is_ok(), "{name} is not needed");
    }
    for (name, label) in
        [("q8/x-Q8_0-00002-of-00002.gguf", "q8_0"), ("x-Q4_K_M.gguf", "Q4_K_M"), ("x-Q2_K.gguf", "Q2_K")]
    {
        let problem = choose(&no_digest(name), &Choice::Gguf(label.into())).unwrap_err();
        assert!(problem.why.contains(name), "{problem}");
        assert!(gguf_sets(&no_digest(name)).iter().all(|set| !set.files.is_empty()));
    }
    let nameless = choose(&with(json!({"size": 10})), &Choice::Transformer).unwrap_err();
    assert!(nameless.why.contains("a file without a name"), "{nameless}");
    let twice = with(json!({"rfilename": "a\u{1b}[2J.json", "size": 1}));
    assert!(!choose(&twice, &Choice::Transformer).unwrap_err().to_string().contains('\u{1b}'));
}

#[test]
fn every_fault_says_what_to_do() {
    let mut access = Access::public("/cache");
    let with = |status, code: &str, message: &str, retry_after| Answered {
        status,
        code: code.into(),
        message: message.into(),
        retry_after,
    };
    for (answered, what, hint) in [
        (with(401, "GatedRepo", "", None), "is gated", "huggingface.co/Org/Name, then set HF_TOKEN"),
        (with(403, "GatedRepo", "", None), "is gated", "accept its terms"),
        (with(401, "RepoNotFound", "", None), "is not there", "check the name"),
        (with(404, "", "", None), "is not there", "check the name"),
        (with(404, "RevisionNotFound", "", None), "no revision v9", "commits"),
        (with(404, "EntryNotFound", "", None), "lacks a file", "tree/v9"),
        (with(401, "", "Invalid credentials", None), "token is refused", "HF_TOKEN"),
        (with(429, "", "", Some(17)), "too many", "17 s"),
        (with(503, "", "down", None), "failed", "later"),
    ] {
        let problem = Fault::of(&answered, false).problem(&access, "Org/Name", "v9");
        assert!(problem.what.contains(what) && problem.hint.contains(hint), "{problem}");
        assert!(!problem.why.is_empty());
    }
    access.token = Some(Token { secret: crate::base::Secret::new("hf_x"), from: "HF_TOKEN".into() });
    let problem = Fault::of(&with(403, "GatedRepo", "", None), true).problem(&access, "Org/Name", "main");
    assert!(problem.why.contains("HF_TOKEN") && !problem.to_string().contains("hf_x"), "{problem}");
    assert!(Fault::Busy(None).passes() && Fault::Broken(502, String::new()).passes() && !Fault::Gated.passes());
}

#[test]
fn rates_are_those_of_the_last_seconds() {
    let mut meter = Meter::default();
    assert_eq!(meter.rate(), None);
    meter.note(Duration::ZERO, 0);
    meter.note(Duration::from_millis(100), 1 << 40);
    assert_eq!(meter.rate(), None, "too short to say");
    let mut meter = Meter::default();
    for second in 0..60 {
        meter.note(Duration::from_secs(second), if second < 30 { 0 } else { (second - 30) * 1000 });
    }
    assert!((meter.rate().unwrap() - 1000.0).abs() < 1.0, "{meter:?}");
    assert_eq!(meter.left(5000), Some(Duration::from_secs(5)));
    let mut stuck = Meter::default();
    stuck.note(Duration::ZERO, 5);
    stuck.note(Duration::from_secs(5), 5);
    assert_eq!(stuck.left(1), None);
    let mut many = Meter::default();
    (0..100_000).for_each(|n| many.note(Duration::from_micros(n * 500), n));
    assert!((many.rate().unwrap() - 2000.0).abs() < 50.0, "{:?}", many.rate());
}
