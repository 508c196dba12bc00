//! The driver comes, goes, or is not there; memory moves and processes end while the deck looks on.

use super::command::{Watch, gpu, json};
use super::standin::Standin;
use serde_json::{Value, json};
use std::process::{Command, Stdio};

const MIB: u64 = 1 << 20;

#[test]
fn memory_moves_and_a_killed_process_goes() {
    let mut child = Command::new("sleep").arg("600").stdin(Stdio::null()).spawn().unwrap();
    let listed = format!("used 4000\nproc {} 3000\n", child.id());
    let standin = Standin::new(&listed);
    let mut watch = Watch::start(standin.env());
    let first = watch.next();
    assert_eq!(first["cards"][0]["processes"][0]["name"], "sleep");
    standin.say(&listed.replace("4000", "9000"));
    watch.until("the memory moves", |value| value["cards"][0]["memory_used_bytes"] == 9000 * MIB);
    child.kill().and_then(|()| child.wait()).unwrap();
    // The driver's list lags behind: the dead process is still on it and must not be dressed as alive.
    let lagging = watch.until("the name goes", |value| value["cards"][0]["processes"][0]["name"].is_null());
    assert_eq!(lagging["cards"][0]["processes"][0]["own"], false);
    standin.say("used 1000\n");
    let empty = watch.until("the process goes", |value| value["cards"][0]["processes"] == json!([]));
    assert_eq!(empty["cards"][0]["memory_used_bytes"], 1000 * MIB);
}

#[test]
fn a_driver_that_goes_is_told_and_comes_back_by_itself() {
    let standin = Standin::new("");
    let mut watch = Watch::start(standin.env());
    assert_eq!(watch.next()["source"], "nvml");
    for (code, why) in [(9, "the NVIDIA driver is not loaded"), (1, "NVML was shut down")] {
        standin.say(&format!("fail all {code}\n"));
        let gone = watch.until("the driver goes", |value| value["source"] == "none");
        assert_eq!((&gone["cards"], &gone["driver_version"]), (&json!([]), &Value::Null));
        assert_eq!(
            (&gone["problem"]["what"], &gone["problem"]["why"]),
            (&json!("the NVIDIA driver went away"), &json!(why))
        );
        assert!(gone["problem"]["hint"].as_str().unwrap().len() > 10);
        standin.say("driver 590.10\n");
        let back = watch.until("the driver comes back", |value| value["source"] == "nvml");
        assert_eq!((&back["driver_version"], &back["problem"]), (&json!("590.10"), &Value::Null));
    }
}

#[test]
fn one_lost_card_leaves_the_other_and_all_lost_is_a_problem() {
    let standin = Standin::new("cards 2\n1.name NVIDIA GeForce RTX 3060\n");
    let mut watch = Watch::start(standin.env());
    let names: Vec<Value> = watch.next()["cards"].as_array().unwrap().iter().map(|card| card["name"].clone()).collect();
    assert_eq!(names, ["NVIDIA GeForce RTX 5080", "NVIDIA GeForce RTX 3060"]);
    standin.say("cards 2\n1.fail all 15\n");
    let one = watch.until("card 1 is lost", |value| value["problem"]["what"] == "card 1 is lost");
    assert_eq!((&one["source"], one["cards"][0]["temperature_celsius"].is_u64()), (&json!("nvml"), true));
    assert_eq!(one["cards"][1]["memory_used_bytes_unknown"], "GPU is lost: it fell off the bus");
    standin.say("cards 2\n0.fail all 15\n1.fail all 15\n");
    let all = watch.until("both are lost", |value| value["source"] == "none");
    assert!(all["problem"]["what"].as_str().unwrap().contains("lost"), "{all}");
    standin.say("cards 2\n");
    watch.until("both come back", |value| value["cards"].as_array().unwrap().len() == 2 && value["problem"].is_null());
}

#[test]
fn pcie_is_measured_in_turn() {
    let standin = Standin::new("rx 7\ntx 9\n");
    let mut watch = Watch::start(standin.env());
    let first = watch.next();
    let link = |value: &Value| {
        (value["cards"][0]["pcie_rx_kib_per_second"].clone(), value["cards"][0]["pcie_tx_kib_per_second"].clone())
    };
    assert_eq!(link(&first), (json!(7), Value::Null), "one measurement a reading: each makes the caller wait");
    assert_eq!(first["cards"][0]["pcie_tx_kib_per_second_unknown"], "not measured yet");
    let both = watch.until("its turn comes", |value| !link(value).1.is_null());
    assert_eq!(link(&both), (json!(7), json!(9)));
    let apart = both["at_seconds"].as_f64().unwrap() - first["at_seconds"].as_f64().unwrap();
    assert!(apart > 0.9, "not twice a second: {apart}");
}

#[test]
fn no_driver_is_an_answer_not_an_error() {
    let refusing = Standin::new("fail init 9\n");
    let forbidding = Standin::new("fail init 4\n");
    let mismatched = Standin::new("fail init 18\n");
    let empty = Standin::new("cards 0\n");
    let rubbish = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(rubbish.path(), "not a library").unwrap();
    let library = |path: &std::path::Path| vec![("VRAMDECK_NVML_LIB", path.to_owned())];
    for (env, source, words) in [
        (refusing.env().to_vec(), "none", "the NVIDIA driver is not loaded"),
        (forbidding.env().to_vec(), "none", "no permission to talk to the driver"),
        (mismatched.env().to_vec(), "none", "different versions"),
        (empty.env().to_vec(), "nvml", "it counts none"),
        (library("/nowhere/libnvidia-ml.so.1".as_ref()), "none", "cannot be loaded"),
        (library(rubbish.path()), "none", "cannot be loaded"),
        (library("libc.so.6".as_ref()), "none", "it lacks nvmlInit_v2"),
    ] {
        let value = json(env.clone());
        assert_eq!((&value["source"], &value["cards"]), (&json!(source), &json!([])), "{words}");
        let why = value["problem"]["why"].as_str().unwrap();
        assert!(why.contains(words), "{why}");
        assert!(!value["problem"]["hint"].as_str().unwrap().is_empty());
        let output = gpu(&[], env);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && text.contains(words) && text.contains("try: "), "{text}");
    }
}

#[test]
fn wrong_use_is_refused() {
    for seconds in ["0", "-1", "x", "nan"] {
        let output = gpu(&["--json", &format!("--watch={seconds}")], [("A", "b")]);
        assert_eq!((output.status.code(), output.stdout.is_empty()), (Some(2), true), "{seconds}");
        let error: Value = serde_json::from_slice(&output.stderr).unwrap();
        assert!(error["error"]["why"].is_string());
    }
}
