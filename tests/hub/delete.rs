//! Deletion: what goes, what stays, what is refused.

use crate::tree::{Hub, Store, named, names, places, safetensors, sha256, tiny, write};
use std::fs;
use std::os::unix::fs::symlink;
use vramdeck::models::live::{delete, scan, unused};
use vramdeck::models::local::{InUse, Places, Removal, Shelf, plan_delete};

#[test]
fn the_only_model_of_a_repository_takes_its_folder_along() {
    let root = tempfile::tempdir().unwrap();
    let hub = Hub(root.path().join("hub"));
    hub.tiny("Org/Tiny", "aaaaaaaaaa");
    hub.tiny("Org/Other", "aaaaaaaaaa");
    let places = places(root.path());
    let found = scan(&places);
    let model = named(&found, "Org/Tiny");
    let plan = plan_delete(model, &found.models, &[]).unwrap();
    assert_eq!(plan.files, [Removal::Folder(hub.home("Org/Tiny"))]);
    assert_eq!((plan.bytes_freed, plan.kept_shared.len()), (model.bytes, 0));
    assert_eq!(delete(&plan, &places).unwrap().removed, 1);
    assert!(!hub.home("Org/Tiny").exists());
    assert_eq!(names(&scan(&places)), ["Org/Other"]);
    assert_eq!(fs::read_dir(&hub.0).unwrap().count(), 1, "no trash is left");
    assert_eq!(delete(&plan, &places).unwrap().removed, 0, "gone already is no fault");
}

#[test]
fn shared_blobs_stay() {
    let root = tempfile::tempdir().unwrap();
    let hub = Hub(root.path().join("hub"));
    hub.tiny("Org/Tiny", "aaaaaaaaaa");
    hub.file("Org/Tiny", "bbbbbbbbbb", "config.json", &tiny("config.json"));
    let weights = hub.file("Org/Tiny", "bbbbbbbbbb", "model.safetensors", &safetensors("x", 5000, 1));
    let places = places(root.path());
    let found = scan(&places);
    let plan = plan_delete(named(&found, "Org/Tiny@bbbbbbb"), &found.models, &[]).unwrap();
    assert_eq!(plan.bytes_freed, fs::metadata(&weights).unwrap().len());
    assert_eq!(plan.kept_shared, [hub.home("Org/Tiny").join("blobs").join(sha256(&tiny("config.json")))]);
    delete(&plan, &places).unwrap();
    let left = scan(&places);
    assert_eq!(names(&left), ["Org/Tiny"]);
    assert!(left.models[0].complete && !weights.exists());
    assert!(!hub.home("Org/Tiny").join("snapshots/bbbbbbbbbb").exists(), "the empty folder went as well");
}

#[test]
fn one_quantisation_leaves_the_others() {
    let root = tempfile::tempdir().unwrap();
    let hub = Hub(root.path().join("hub"));
    hub.file("Org/G", "r", "t-F16.gguf", &tiny("tiny-f16.gguf"));
    hub.file("Org/G", "r", "t-Q8_0.gguf", &[tiny("tiny-f16.gguf"), vec![0]].concat());
    hub.main("Org/G", "r");
    let places = places(root.path());
    let found = scan(&places);
    let plan = plan_delete(named(&found, "Org/G:F16"), &found.models, &[]).unwrap();
    assert!(matches!(&plan.files[0], Removal::File(path) if path.ends_with("t-F16.gguf")), "the name goes first");
    delete(&plan, &places).unwrap();
    assert_eq!(names(&scan(&places)), ["Org/G:Q8_0"]);
    assert!(hub.home("Org/G").join("refs/main").exists(), "the revision is still there");
}

#[test]
fn an_ollama_model_leaves_the_layers_of_others() {
    let root = tempfile::tempdir().unwrap();
    let store = Store(root.path().join("ollama"));
    store.model("registry.ollama.ai/library/tiny/a", &[("model", &tiny("tiny-f16.gguf")), ("license", b"MIT")]);
    store.model("registry.ollama.ai/library/tiny/b", &[("model", &tiny("tiny-f16.gguf")), ("system", b"be kind")]);
    let places = places(root.path());
    let found = scan(&places);
    let plan = plan_delete(named(&found, "tiny:a"), &found.models, &[]).unwrap();
    assert!(plan.files[0].path().ends_with("tiny/a"), "the manifest goes first: {:?}", plan.files);
    assert_eq!(plan.files.len(), 2, "manifest and licence");
    delete(&plan, &places).unwrap();
    let left = scan(&places);
    assert!(left.models[0].complete, "{:?}", left.models);
    let plan = plan_delete(&left.models[0], &left.models, &[]).unwrap();
    assert!(plan.bytes_freed >= tiny("tiny-f16.gguf").len() as u64);
    delete(&plan, &places).unwrap();
    assert_eq!(fs::read_dir(store.0.join("blobs")).unwrap().count(), 0);
    write(&store.0.join("manifests/registry.ollama.ai/library/bad/x"), "{");
    store.model("registry.ollama.ai/library/tiny/a", &[("model", b"GGUF")]);
    let found = scan(&places);
    let problem = plan_delete(named(&found, "tiny:a"), &found.models, &[]).unwrap_err();
    assert!(problem.why.contains("another manifest") && problem.hint == "ollama rm tiny:a", "{problem}");
}

#[test]
fn a_folder_keeps_what_is_not_the_models() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("models/mine");
    for file in ["config.json", "model.safetensors"] {
        write(&folder.join(file), tiny(file));
    }
    write(&folder.join("diary.odt"), "dear diary");
    let places = places(root.path());
    let found = scan(&places);
    delete(&plan_delete(named(&found, "mine"), &found.models, &[]).unwrap(), &places).unwrap();
    assert!(folder.join("diary.odt").exists() && !folder.join("config.json").exists());
    fs::remove_file(folder.join("diary.odt")).unwrap();
    for file in ["config.json", "model.safetensors"] {
        write(&folder.join(file), tiny(file));
    }
    delete(&plan_delete(named(&scan(&places), "mine"), &found.models, &[]).unwrap(), &places).unwrap();
    assert!(!folder.exists(), "an empty folder goes as well");
    assert!(root.path().join("models").exists());
}

#[test]
fn nothing_outside_is_touched() {
    let root = tempfile::tempdir().unwrap();
    let hub = Hub(root.path().join("hub"));
    hub.tiny("Org/Tiny", "aaaaaaaaaa");
    let precious = root.path().join("precious");
    write(&precious.join("file"), "x");
    symlink(&precious, hub.0.join("models--way--out")).unwrap();
    symlink(&precious, hub.home("Org/Tiny").join("snapshots/aaaaaaaaaa/out")).unwrap();
    let places = places(root.path());
    let found = scan(&places);
    let good = plan_delete(named(&found, "Org/Tiny"), &found.models, &[]).unwrap();
    for (files, why) in [
        (vec![Removal::File(precious.join("file"))], "outside"),
        (vec![Removal::File(hub.0.join("models--way--out/file"))], "outside"),
        (vec![Removal::Folder(hub.0.join("models--way--out"))], "is no folder"),
        (vec![Removal::Folder(hub.0.join("../precious"))], "outside"),
        (vec![Removal::Folder(hub.0.clone())], "outside"),
        (vec![Removal::File(hub.home("Org/Tiny"))], "is a folder"),
        (vec![Removal::File(hub.home("Org/Tiny").join("refs/main")), Removal::File("/etc/hostname".into())], "outside"),
    ] {
        let mut plan = good.clone();
        plan.files = files;
        let problem = delete(&plan, &places).unwrap_err();
        assert!(problem.why.contains(why), "{problem}");
    }
    let elsewhere = Places::default().with(Shelf::HuggingFace, root.path().join("nowhere"));
    assert!(delete(&good, &elsewhere).unwrap_err().why.contains("none of the folders"));
    assert!(hub.home("Org/Tiny").join("refs/main").exists(), "a refused plan touches nothing");
    delete(&good, &places).unwrap();
    assert!(precious.join("file").exists(), "links are not followed");
}

#[test]
fn trash_of_a_crash_is_cleared_and_a_live_one_is_not() {
    let root = tempfile::tempdir().unwrap();
    let hub = Hub(root.path().join("hub"));
    hub.tiny("Org/Tiny", "aaaaaaaaaa");
    let (dead, alive) = (hub.0.join(".vramdeck-trash-4194999-0"), hub.0.join(".vramdeck-trash-1-0"));
    write(&dead.join("0/config.json"), "x");
    write(&alive.join("0"), "x");
    let places = places(root.path());
    let found = scan(&places);
    assert_eq!(names(&found), ["Org/Tiny"], "trash is no model");
    delete(&plan_delete(&found.models[0], &found.models, &[]).unwrap(), &places).unwrap();
    assert!(!dead.exists() && alive.exists());
}

fn using(run: &str, model: &str) -> InUse {
    InUse { run: Some(run.to_owned()), pid: Some(7), model: model.to_owned(), dir: None }
}

#[test]
fn what_a_run_works_with_is_not_deleted() {
    let root = tempfile::tempdir().unwrap();
    let hub = Hub(root.path().join("hub"));
    hub.tiny("Org/Tiny", "aaaaaaaaaa");
    hub.tiny("Org/Other", "aaaaaaaaaa");
    let found = scan(&places(root.path()));
    let model = named(&found, "Org/Tiny");
    let path = |below: &str| model.path.join(below).display().to_string();
    for (uses, refused) in [
        ("Org/Tiny", true),
        (path("").trim_end_matches('/'), true),
        (&path("config.json"), true),
        (hub.home("Org/Tiny").to_str().unwrap(), true),
        ("Org/Other", false),
        ("Org/Tiny-2", false),
        (hub.0.to_str().unwrap(), false),
        ("/", false),
        ("", false),
    ] {
        let in_use = [using("else", "Org/Else"), using("flight", uses)];
        match plan_delete(model, &found.models, &in_use) {
            Ok(plan) => assert!(!refused && plan.warnings.is_empty(), "{uses}"),
            Err(problem) => {
                assert!(refused, "{uses}: {problem}");
                assert!(problem.why.contains("the run flight (process 7)"), "{problem}");
                assert!(problem.hint.contains("stop it first"), "{problem}");
            }
        }
    }
}

/// Between the question and the yes a run may begin, and its path may lead there by another way.
#[test]
fn a_run_that_came_since_is_found_by_whatever_way_its_path_leads() {
    let root = tempfile::tempdir().unwrap();
    let hub = Hub(root.path().join("hub"));
    hub.tiny("Org/Tiny", "aaaaaaaaaa");
    write(&root.path().join("models/a/mine.gguf"), tiny("tiny-f16.gguf"));
    symlink(root.path().join("models"), root.path().join("way")).unwrap();
    symlink(hub.home("Org/Tiny"), root.path().join("short")).unwrap();
    let found = scan(&places(root.path()));
    let plan = |name: &str| plan_delete(named(&found, name), &found.models, &[]).unwrap();
    let (file, whole) = (plan("mine"), plan("Org/Tiny"));
    let at = |dir: &str, model: &str| InUse { dir: Some(root.path().join(dir)), ..using("flight", model) };
    let through = root.path().join("way/a/mine.gguf").display().to_string();
    for (plan, one, refused) in [
        (&file, using("flight", &through), true),
        (&file, at("models", "a/mine.gguf"), true),
        (&file, at("models/a", "../a/./mine.gguf"), true),
        (&file, at("hub", "../way/a/mine.gguf"), true),
        (&file, at("models", "mine.gguf"), false),
        (&file, at("models/a", ""), false),
        (&whole, at("", "short/snapshots/aaaaaaaaaa"), true),
        (&whole, at("short", "snapshots/aaaaaaaaaa/config.json"), true),
        (&whole, at("short", "Org/Tiny"), true),
        (&whole, at("", "hub"), false),
        (&whole, using("flight", "/"), false),
    ] {
        let said = unused(plan, std::slice::from_ref(&one));
        assert_eq!(said.is_err(), refused, "{one:?}: {said:?}");
    }
    assert!(unused(&file, &[]).is_ok());
}

#[test]
fn an_ollama_run_holds_its_tag_with_and_without_latest() {
    let root = tempfile::tempdir().unwrap();
    let store = Store(root.path().join("ollama"));
    store.model("registry.ollama.ai/library/tiny/latest", &[("model", &tiny("tiny-f16.gguf"))]);
    let found = scan(&places(root.path()));
    let plan = |uses: &str| plan_delete(&found.models[0], &found.models, &[using("flight", uses)]);
    for uses in ["tiny", "tiny:latest", "library/tiny"] {
        assert!(plan(uses).unwrap_err().why.contains("flight"), "{uses}");
    }
    assert!(plan("tiny:b").is_ok() && plan("other").is_ok());
}
