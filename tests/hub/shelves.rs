//! What a look at the shelves finds.

use crate::tree::{Hub, Store, named, names, places, safetensors, sha256, tiny, write};
use serde_json::json;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::{Duration, Instant, SystemTime};
use vramdeck::models::fit::Engine;
use vramdeck::models::live::{look, scan};
use vramdeck::models::local::{Places, Shelf, Twin, twins};
use vramdeck::models::{Exact, Source};

#[test]
fn a_model_of_the_hub_is_read_to_its_tensors() {
    let root = tempfile::tempdir().unwrap();
    let hub = Hub(root.path().join("hub"));
    hub.tiny("Org/Tiny", "aaaaaaaaaa");
    let found = scan(&places(root.path()));
    assert_eq!((found.problems.len(), names(&found)), (0, vec!["Org/Tiny"]));
    let model = named(&found, "Org/Tiny");
    let whole: usize = ["config.json", "tokenizer.json", "model.safetensors"].iter().map(|file| tiny(file).len()).sum();
    assert_eq!((model.bytes, model.complete, model.shelf), (whole as u64, true, Shelf::HuggingFace));
    assert_eq!(model.engines, [Engine::Vllm]);
    assert_eq!(model.digest.as_deref(), Some(&*format!("sha256:{}", sha256(&tiny("model.safetensors")))));
    assert!(model.path.ends_with("snapshots/aaaaaaaaaa"));
    let facts = model.facts.as_ref().unwrap();
    let Exact::Headers(sums) = &facts.exact else { panic!("{facts:?}") };
    assert_eq!((facts.name.as_str(), facts.source), ("Org/Tiny", Source::Config));
    assert!(sums.total > 0 && sums.layers.len() == facts.geometry.layers.len(), "{sums:?}");
    let age = SystemTime::now().duration_since(model.last_used.unwrap()).unwrap_or_default();
    assert!(age < Duration::from_secs(600), "{age:?}");
}

#[test]
fn a_revision_with_the_same_weights_is_the_same_model() {
    let root = tempfile::tempdir().unwrap();
    let hub = Hub(root.path().join("hub"));
    hub.tiny("Org/Tiny", "aaaaaaaaaa");
    hub.tiny("Org/Tiny", "bbbbbbbbbb");
    hub.file("Org/Tiny", "bbbbbbbbbb", "README.md", b"newer");
    hub.file("Org/Tiny", "cccccccccc", "config.json", &tiny("config.json"));
    hub.file("Org/Tiny", "cccccccccc", "model.safetensors", &safetensors("other", 100, 1));
    let found = scan(&places(root.path()));
    assert_eq!(names(&found), ["Org/Tiny", "Org/Tiny@ccccccc"]);
    let model = named(&found, "Org/Tiny");
    assert!(model.path.ends_with("bbbbbbbbbb"), "main comes first: {}", model.path.display());
    let once: usize = ["config.json", "tokenizer.json", "model.safetensors"].iter().map(|f| tiny(f).len()).sum();
    assert_eq!(model.bytes, once as u64 + 5, "blobs count once");
}

#[test]
fn what_is_missing_is_said() {
    let root = tempfile::tempdir().unwrap();
    let hub = Hub(root.path().join("hub"));
    let index = json!({"metadata": {"total_size": 5000}, "weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors", "c": "model-3.safetensors"}});
    hub.file("Org/Parts", "r", "config.json", &tiny("config.json"));
    hub.file("Org/Parts", "r", "model.safetensors.index.json", index.to_string().as_bytes());
    hub.file("Org/Parts", "r", "model-1.safetensors", &safetensors("a", 100, 1));
    hub.link("Org/Parts", "r", "model-2.safetensors", "gone");
    write(&hub.home("Org/Parts").join("blobs/abc.incomplete"), vec![0; 2048]);
    hub.file("Org/Cut", "r", "config.json", &tiny("config.json"));
    hub.file("Org/Cut", "r", "model.safetensors", &tiny("model.safetensors")[..5000]);
    write(&hub.home("Org/Begun").join("blobs/abc.incomplete"), vec![0; 2048]);
    hub.file("Org/Words", "r", "config.json", &tiny("config.json"));
    hub.file("Org/Words", "r", "tokenizer.json", b"{}");
    hub.file("Org/Lora", "r", "adapter_config.json", b"{}");
    hub.file("Org/Lora", "r", "adapter_model.safetensors", &safetensors("a", 10, 1));
    let found = scan(&places(root.path()));
    for (name, amiss) in [
        (
            "Org/Parts",
            vec![
                "model-3.safetensors is missing",
                "model-2.safetensors: its link leads nowhere",
                "2 KiB of a download",
            ],
        ),
        ("Org/Cut", vec!["model.safetensors: it should be"]),
        ("Org/Begun", vec!["2 KiB of a download"]),
        ("Org/Words", vec!["there are no weights"]),
    ] {
        let model = named(&found, name);
        assert!(!model.complete, "{name}");
        let told = model.disk.amiss.join("; ");
        assert!(amiss.iter().all(|amiss| told.contains(amiss)), "{name}: {told}");
    }
    assert_eq!(named(&found, "Org/Parts").facts.as_ref().unwrap().exact, Exact::Total(5000), "as the index states it");
    let adapter = named(&found, "Org/Lora");
    assert!(adapter.engines.is_empty() && adapter.facts.as_ref().unwrap_err().contains("LoRA"), "{adapter:?}");
}

#[test]
fn gguf_repositories_give_one_model_a_quantisation() {
    let root = tempfile::tempdir().unwrap();
    let hub = Hub(root.path().join("hub"));
    let gguf = tiny("tiny-f16.gguf");
    hub.file("Org/Tiny-GGUF", "r", "tiny-F16.gguf", &gguf);
    hub.file("Org/Tiny-GGUF", "r", "BF16/tiny-BF16-00001-of-00002.gguf", &[&gguf[..], &[1]].concat());
    hub.file("Org/Tiny-GGUF", "r", "mmproj-F16.gguf", &gguf[..100]);
    hub.file("Org/Tiny-GGUF", "r", "config.json", &tiny("config.json"));
    hub.file("Org/Tiny-GGUF", "r", "tiny-Q4_K_M.gguf", b"not a model");
    let found = scan(&places(root.path()));
    assert_eq!(names(&found), ["Org/Tiny-GGUF:BF16", "Org/Tiny-GGUF:F16", "Org/Tiny-GGUF:Q4_K_M"]);
    let whole = named(&found, "Org/Tiny-GGUF:F16");
    assert_eq!(
        (whole.complete, whole.bytes, whole.engines.as_slice()),
        (true, gguf.len() as u64, [Engine::LlamaCpp].as_slice())
    );
    let facts = whole.facts.as_ref().unwrap();
    assert!(matches!(&facts.exact, Exact::Headers(sums) if sums.total > 0), "{facts:?}");
    let half = named(&found, "Org/Tiny-GGUF:BF16");
    assert!(
        !half.complete && half.disk.amiss[0].contains("00002-of-00002.gguf: it is missing"),
        "{:?}",
        half.disk.amiss
    );
    let none = named(&found, "Org/Tiny-GGUF:Q4_K_M");
    assert!(none.facts.as_ref().unwrap_err().contains("GGUF") && none.engines.is_empty(), "{none:?}");
}

#[test]
fn an_ollama_store_is_read_by_its_manifests() {
    let root = tempfile::tempdir().unwrap();
    let store = Store(root.path().join("ollama"));
    let gguf = tiny("tiny-f16.gguf");
    store.model("registry.ollama.ai/library/tiny/latest", &[("model", &gguf), ("template", b"{{ }}")]);
    store.model("registry.ollama.ai/library/tiny/f16", &[("model", &gguf), ("license", b"MIT")]);
    store.model("registry.ollama.ai/someone/short/latest", &[("model", b"GGUFxxxx")]);
    store.model("registry.ollama.ai/library/away/cloud", &[]);
    write(
        &store.0.join("manifests/registry.ollama.ai/library/bad/latest"),
        "{\"layers\":[{\"digest\":\"sha256:../../x\"}]}",
    );
    fs::write(store.0.join(format!("blobs/sha256-{}", sha256(b"GGUFxxxx"))), b"GG").unwrap();
    let found = scan(&places(root.path()));
    assert_eq!(names(&found), ["away:cloud", "bad:latest", "someone/short:latest", "tiny:f16", "tiny:latest"]);
    let model = named(&found, "tiny:latest");
    assert!(model.complete && model.facts.is_ok(), "{model:?}");
    assert_eq!(model.engines, [Engine::Ollama, Engine::LlamaCpp]);
    assert!(model.path.ends_with(format!("blobs/sha256-{}", sha256(&gguf))));
    assert_eq!(twins(&found.models, 3), [Twin { index: 4, shared: true, likely: false }]);
    assert_eq!(twins(&found.models, 4), [Twin { index: 3, shared: true, likely: false }]);
    assert_eq!(twins(&found.models, 0), []);
    let short = named(&found, "someone/short:latest");
    assert!(
        !short.complete && short.disk.amiss[0].contains("should be 8 bytes long and is 2"),
        "{:?}",
        short.disk.amiss
    );
    assert!(named(&found, "bad:latest").facts.as_ref().unwrap_err().contains("manifest"));
    assert!(named(&found, "away:cloud").facts.as_ref().unwrap_err().contains("elsewhere"));
}

#[test]
fn the_cache_of_llama_cpp_names_repositories() {
    let root = tempfile::tempdir().unwrap();
    let cache = root.path().join("llama.cpp");
    write(&cache.join("ggml-org_tiny-GGUF_tiny-f16.gguf"), tiny("tiny-f16.gguf"));
    write(
        &cache.join("manifest=ggml-org=tiny-GGUF=latest.json"),
        json!({"ggufFile": {"rfilename": "tiny-f16.gguf"}}).to_string(),
    );
    write(&cache.join("other-Q8_0.gguf.downloadInProgress"), "x");
    let found = scan(&places(root.path()));
    assert_eq!(names(&found), ["ggml-org/tiny-GGUF:F16", "other-Q8_0"]);
    assert!(named(&found, "ggml-org/tiny-GGUF:F16").complete);
    let coming = named(&found, "other-Q8_0");
    assert!(!coming.complete && coming.disk.amiss[0].contains("cut off"), "{:?}", coming.disk.amiss);
}

#[test]
fn folders_are_searched_to_a_depth_and_never_in_circles() {
    let root = tempfile::tempdir().unwrap();
    let models = root.path().join("models");
    for file in ["config.json", "tokenizer.json", "model.safetensors"] {
        write(&models.join("publisher/tiny").join(file), tiny(file));
    }
    write(&models.join("a/b/c/d/deep-Q8_0.gguf"), tiny("tiny-f16.gguf"));
    write(&models.join("a/b/c/d/e/deeper-Q8_0.gguf"), tiny("tiny-f16.gguf"));
    symlink(&models, models.join("a/loop")).unwrap();
    symlink("self.gguf", models.join("self.gguf")).unwrap();
    write(&models.join("notes/list.txt"), "no model");
    write(&models.join("notes/settings.json"), "{}");
    let locked = models.join("locked");
    fs::create_dir(&locked).unwrap();
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).unwrap();
    let found = scan(&places(root.path()));
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(names(&found), ["deep-Q8_0", "publisher/tiny", "self"]);
    assert!(!named(&found, "self").complete);
    assert_eq!(named(&found, "publisher/tiny").engines, [Engine::Vllm]);
    assert_eq!(named(&found, "deep-Q8_0").digest, None, "nothing else is as large");
    assert!(found.problems.len() <= 2 && found.problems.iter().all(|problem| problem.what.contains("cannot be read")));
}

#[test]
fn likely_duplicates_are_marked() {
    let root = tempfile::tempdir().unwrap();
    let hub = Hub(root.path().join("hub"));
    hub.file("Org/Tiny-GGUF", "r", "tiny-F16.gguf", &tiny("tiny-f16.gguf"));
    write(&root.path().join("models/copy.gguf"), tiny("tiny-f16.gguf"));
    let mut other = tiny("tiny-f16.gguf");
    *other.last_mut().unwrap() ^= 1;
    write(&root.path().join("models/other.gguf"), other);
    let found = scan(&places(root.path()));
    let (copy, model) = (named(&found, "copy"), named(&found, "Org/Tiny-GGUF:F16"));
    assert_eq!(copy.digest, model.digest);
    assert!(copy.disk.digest_is_likely && !model.disk.digest_is_likely);
    let place = |name: &str| found.models.iter().position(|model| model.name == name).unwrap();
    let twin = Twin { index: place("copy"), shared: false, likely: true };
    assert_eq!(twins(&found.models, place("Org/Tiny-GGUF:F16")), [twin]);
    assert_eq!(twins(&found.models, place("other")), [], "it differs in its tail");
}

#[test]
fn a_look_is_no_use_of_a_model() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("models/old.gguf");
    write(&file, tiny("tiny-f16.gguf"));
    let past = SystemTime::UNIX_EPOCH + Duration::from_secs(1_600_000_000);
    let times = fs::FileTimes::new().set_accessed(past).set_modified(past);
    fs::File::options().write(true).open(&file).unwrap().set_times(times).unwrap();
    for _ in 0..2 {
        let found = scan(&places(root.path()));
        assert_eq!(named(&found, "old").last_used, Some(past));
    }
}

#[test]
fn a_person_names_a_file_or_a_folder() {
    let root = tempfile::tempdir().unwrap();
    let hub = Hub(root.path().join("hub"));
    hub.tiny("Org/Tiny", "aaaaaaaaaa");
    let folder = root.path().join("plain");
    for file in ["config.json", "model.safetensors", "tiny-f16.gguf"] {
        write(&folder.join(file), tiny(file));
    }
    for (path, want) in [
        (hub.home("Org/Tiny"), "Org/Tiny"),
        (hub.home("Org/Tiny").join("snapshots/aaaaaaaaaa"), "aaaaaaaaaa"),
        (hub.0.clone(), "Org/Tiny"),
        (folder.join("tiny-f16.gguf"), "tiny-f16"),
        (folder.join("model.safetensors"), "plain"),
        (folder.join("config.json"), "plain"),
    ] {
        let found = look(&path).unwrap();
        assert_eq!(names(&found), [want], "{}", path.display());
        assert!(found.models[0].facts.is_ok() && found.models[0].complete);
    }
    assert_eq!(names(&look(&folder).unwrap()), ["plain", "tiny-f16"]);
    for (path, why, code) in [("none", "No such file", 1), ("empty", "no weights", 1), ("a.txt", "ends neither", 2)] {
        fs::create_dir_all(root.path().join("empty")).unwrap();
        write(&root.path().join("a.txt"), "x");
        let problem = look(&root.path().join(path)).unwrap_err();
        assert!(problem.why.contains(why) && problem.exit_code() == code, "{problem}");
    }
}

#[test]
fn nothing_there_is_no_fault() {
    let root = tempfile::tempdir().unwrap();
    let found = scan(&places(root.path()));
    assert!(found.models.is_empty() && found.problems.is_empty());
    write(&root.path().join("hub"), "a file where a folder should be");
    assert_eq!(scan(&places(root.path())).problems.len(), 1);
}

#[test]
fn three_hundred_models_take_less_than_a_second() {
    let root = tempfile::tempdir().unwrap();
    let hub = Hub(root.path().join("hub"));
    let tensors: serde_json::Map<_, _> = (0..300)
        .map(|n| {
            (
                format!("model.layers.{n}.mlp.down_proj.weight"),
                json!({"dtype": "BF16", "shape": [2, 2], "data_offsets": [n * 8, n * 8 + 8]}),
            )
        })
        .collect();
    let header = serde_json::Value::Object(tensors).to_string();
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend_from_slice(header.as_bytes());
    file.resize(file.len() + 2400, 0);
    for n in 0..300 {
        let repo = format!("Org/Model-{n}");
        let own = [&file[..file.len() - 8], &(n as u64).to_le_bytes()].concat();
        hub.file(&repo, "r", "model.safetensors", &own);
        for name in ["config.json", "tokenizer.json"] {
            hub.file(&repo, "r", name, &tiny(name));
        }
        hub.main(&repo, "r");
    }
    let begun = Instant::now();
    let found = scan(&places(root.path()));
    let took = begun.elapsed();
    assert_eq!(found.models.len(), 300);
    assert!(found.models.iter().all(|model| model.complete && model.facts.is_ok()), "{:?}", found.models[0]);
    // Unoptimised and beside other tests it takes some times as long.
    let most = Duration::from_secs(if cfg!(debug_assertions) { 6 } else { 1 });
    assert!(took < most, "{took:?}");
}

#[test]
fn the_same_place_twice_shows_each_model_once() {
    let root = tempfile::tempdir().unwrap();
    Hub(root.path().join("hub")).tiny("Org/Tiny", "aaaaaaaaaa");
    let twice = Places::default()
        .with(Shelf::HuggingFace, root.path().join("hub"))
        .with(Shelf::Folder, root.path().join("hub"));
    assert_eq!(names(&scan(&twice)), ["Org/Tiny"]);
}
