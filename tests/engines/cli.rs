//! The command line, as a script uses it.

use super::stand::{Stand, VRAMDECK, alive, gone, kill, model};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use vramdeck::engines::RunId;

/// A stand-in for llama-server: answers `--version` and `--help`, otherwise runs the script.
fn program(stand: &Stand, script: &str) -> PathBuf {
    let path = stand.dir.path().join("llama-server");
    let text = format!(
        "#!/bin/sh\ncase \"$*\" in *--version*) echo 'version: 11669 (abc)'; exit;; *--help*) exit 1;; esac\nHERE={}\n{script}\n",
        stand.dir.path().display()
    );
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

fn command(stand: &Stand, args: &[&str]) -> Command {
    let mut command = Command::new(VRAMDECK);
    command.args(args).env("VRAMDECK_HOME", stand.dir.path()).env("OLLAMA_HOST", "127.0.0.1:9").stdin(Stdio::null());
    command
}

fn run(stand: &Stand, args: &[&str]) -> Output {
    command(stand, args).output().unwrap()
}

fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

fn error(output: &Output) -> (i32, String) {
    let value: Value = serde_json::from_slice(&output.stderr).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    let error = &value["error"];
    assert!(error["what"].is_string() && error["why"].is_string() && error["hint"].is_string(), "{value}");
    (output.status.code().unwrap(), error.to_string())
}

#[test]
fn launch_ps_logs_stop() {
    let stand = Stand::new();
    let program = program(&stand, "echo \"got $*\"; exec sleep 300");
    let (program, gguf) = (program.to_str().unwrap(), model("tiny-f16.gguf"));
    let launched =
        run(&stand, &["launch", gguf.to_str().unwrap(), "--program", program, "--detach", "--json", "--", "-c", "512"]);
    let launched = json(&launched);
    for field in ["run", "engine", "model", "pid", "endpoint", "phase"] {
        assert!(!launched[field].is_null(), "{field}: {launched}");
    }
    let name = launched["run"].as_str().unwrap();
    stand.until(&RunId(name.into()), "the first line", |_| !run(&stand, &["logs", name]).stdout.is_empty());
    let listed = json(&run(&stand, &["ps", "--json"]));
    let row = &listed["runs"][0];
    for field in
        ["run", "engine", "model", "pid", "pids", "endpoint", "phase", "memory_bytes", "started_at", "owner_alive"]
    {
        assert!(row.get(field).is_some(), "{field}: {row}");
    }
    assert_eq!((row["owner_alive"].as_bool(), row["memory_bytes"].is_null()), (Some(true), true), "{row}");
    assert!(row["memory_unknown"].is_string());
    let log = String::from_utf8(run(&stand, &["logs", name, "-n", "1"]).stdout).unwrap();
    assert!(log.contains("got -m") && log.contains("--host 127.0.0.1") && log.contains("-c 512"), "{log}");
    let stopped = json(&run(&stand, &["stop", name, "--json"]));
    assert_eq!(stopped["stopped"][0]["killed"], false);
    gone(&[row["pid"].as_u64().unwrap() as u32]);
    assert_eq!(json(&run(&stand, &["ps", "--json"]))["runs"].as_array().unwrap().len(), 0);
    assert_eq!(json(&run(&stand, &["ps", "--all", "--json"]))["runs"][0]["phase"], "exited");
}

fn joined<'a>(head: &[&'a str], rest: &[&'a str]) -> Vec<&'a str> {
    [head, rest].concat()
}

#[test]
fn what_would_fail_is_said_before_it_is_started() {
    let stand = Stand::new();
    let program = program(&stand, "exec sleep 300");
    let program = program.to_str().unwrap();
    let gguf = model("tiny-f16.gguf");
    let gguf = gguf.to_str().unwrap();
    let whole = std::fs::read(gguf).unwrap();
    let (cut, text) = (stand.dir.path().join("cut.gguf"), stand.dir.path().join("text.gguf"));
    std::fs::write(&cut, &whole[..whole.len() / 2]).unwrap();
    std::fs::write(&text, "hello").unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let hf = model("");
    let venv = stand.dir.path().join("bin/vllm");
    std::fs::create_dir_all(venv.parent().unwrap()).unwrap();
    std::fs::copy(program, &venv).unwrap();
    let venv = venv.to_str().unwrap();
    let llama_head = ["launch", "--engine", "llama.cpp", "--program", program, "--json"];
    let vllm_head = ["launch", "--engine", "vllm", "--program", venv, "--json"];
    for (args, code, says) in [
        (joined(&llama_head, &["/nowhere/x.gguf"]), 1, "No such file"),
        (joined(&llama_head, &[cut.to_str().unwrap()]), 1, "truncated"),
        (joined(&llama_head, &[text.to_str().unwrap()]), 1, "does not begin with `GGUF`"),
        (joined(&llama_head, &[gguf, "--port", &port]), 1, "is taken"),
        (joined(&llama_head, &[gguf, "--", "--gpu-mem-util", "0.5"]), 2, "no flag --gpu-mem-util"),
        (joined(&llama_head, &[gguf, "--", "-c", "2000000000"]), 2, "no context length"),
        (joined(&llama_head, &[gguf, "--", "-ctk", "q9_9"]), 2, "one of f32"),
        (joined(&vllm_head, &["/nowhere/model"]), 1, "no model at"),
        (joined(&vllm_head, &["not a name"]), 1, "no model at"),
        (joined(&vllm_head, &[hf.to_str().unwrap(), "--", "--max-model-len", "100000"]), 2, "made for 4096"),
        (joined(&vllm_head, &[hf.to_str().unwrap(), "--", "--swap-space", "4"]), 2, "--kv-offloading-size"),
        (joined(&vllm_head, &["some/model", "--env", "HF_HUB_OFFLINE=1"]), 1, "HF_HUB_OFFLINE"),
        (vec!["launch", "--json", "--engine", "ollama", "--program", "/nowhere/ollama", "m"], 1, "ollama.com"),
        (vec!["launch", "--json", "--engine", "endpoint", "m"], 2, "--url"),
        (vec!["launch", "--json", "--engine", "nosuch", "m"], 2, "it is one of"),
        (vec!["stop", "--json", "nosuch"], 2, "no run called nosuch"),
        (vec!["logs", "--json", "../../etc"], 2, "no run called"),
    ] {
        let (seen, text) = error(&run(&stand, &args));
        assert!(seen == code && text.contains(says), "{args:?}: {seen} {text}");
    }
    assert!(stand.carriers().is_empty(), "nothing was started");
}

#[test]
fn a_dry_run_shows_command_checks_and_no_secret() {
    let stand = Stand::new();
    let program = program(&stand, "exec sleep 300");
    let gguf = model("tiny-f16.gguf");
    let args = ["launch", gguf.to_str().unwrap(), "--program", program.to_str().unwrap(), "--dry-run", "--json"];
    let rest = ["--env", "HF_TOKEN=hf_secret", "--", "--api-key", "sk-secret"];
    let output = run(&stand, &[&args[..], &rest].concat());
    let shown = json(&output);
    let names: Vec<&str> = shown["checks"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["program", "version", "flags", "model", "port", "disk"]);
    assert_eq!(shown["env"]["HF_TOKEN"], "***");
    assert!(!String::from_utf8_lossy(&output.stdout).contains("secret"), "{shown}");
    assert!(shown.get("fit").is_some_and(Value::is_null));
    assert!(stand.carriers().is_empty());
}

#[test]
fn an_engine_that_fails_gives_its_last_lines_and_the_cause() {
    let stand = Stand::new();
    let program = program(&stand, "echo one; echo 'error: invalid argument: --x'; exit 1");
    let gguf = model("tiny-f16.gguf");
    let output = run(&stand, &["launch", gguf.to_str().unwrap(), "--program", program.to_str().unwrap(), "--json"]);
    let (code, text) = error(&output);
    assert!(code == 1 && text.contains("invalid argument: --x") && text.contains("\"one\""), "{text}");
}

#[test]
fn ctrl_c_while_waiting_stops_the_run_and_a_killed_deck_does_not() {
    let stand = Stand::new();
    let program = program(&stand, "echo $$ > $HERE/pid; exec sleep 300");
    let gguf = model("tiny-f16.gguf");
    let args = ["launch", gguf.to_str().unwrap(), "--program", program.to_str().unwrap()];
    let mut deck = command(&stand, &args).stderr(Stdio::null()).spawn().unwrap();
    let engine = stand.pid("pid");
    kill(deck.id(), "INT");
    assert_eq!(deck.wait().unwrap().code(), Some(1));
    gone(&[engine]);
    std::fs::remove_file(stand.dir.path().join("pid")).unwrap();

    let mut deck = command(&stand, &args).stderr(Stdio::null()).spawn().unwrap();
    let engine = stand.pid("pid");
    kill(deck.id(), "KILL");
    deck.wait().unwrap();
    let listed = json(&run(&stand, &["ps", "--json"]));
    assert_eq!(listed["runs"][0]["owner_alive"], true, "{listed}");
    assert!(alive(engine), "the run flies on");
    json(&run(&stand, &["stop", "--all", "--json"]));
    gone(&[engine]);
    assert!(stand.carriers().is_empty());
}

#[test]
fn a_followed_log_ends_with_its_run() {
    let stand = Stand::new();
    let program = program(&stand, "for n in 1 2 3 4 5; do echo line $n; sleep 0.1; done; exit 0");
    let gguf = model("tiny-f16.gguf");
    json(&run(
        &stand,
        &[
            "launch",
            gguf.to_str().unwrap(),
            "--program",
            program.to_str().unwrap(),
            "--detach",
            "--json",
            "--name",
            "r",
        ],
    ));
    let followed = run(&stand, &["logs", "r", "-f"]);
    let text = String::from_utf8(followed.stdout).unwrap();
    assert_eq!(text.lines().collect::<Vec<_>>(), ["line 1", "line 2", "line 3", "line 4", "line 5"]);
}

#[test]
fn in_the_demo_a_run_takes_and_gives_back_memory_of_the_simulated_card() {
    let stand = Stand::new();
    let demo = |args: &[&str]| run(&stand, &[&["--demo=desktop"], args].concat());
    let launched = json(&demo(&["launch", "tiny-0.5b", "--engine", "vllm", "--json"]));
    assert_eq!(
        (launched["phase"].as_str(), launched["engine"].as_str()),
        (Some("ready"), Some("simulated")),
        "{launched}"
    );
    assert_eq!(launched["dialect"], "vllm");
    let row = json(&demo(&["ps", "--json"]))["runs"][0].clone();
    let held = row["memory_bytes"].as_u64().unwrap();
    assert!(held > 1 << 30, "{row}");
    assert!(
        json(&run(&stand, &["ps", "--json"]))["runs"].as_array().unwrap().is_empty(),
        "the demo's runs are its own"
    );
    let stopped = json(&demo(&["stop", "tiny-0.5b", "--json"]));
    assert_eq!(stopped["stopped"][0]["freed_bytes"].as_u64(), Some(held), "{stopped}");
    let refused =
        demo(&["launch", "tiny-0.5b", "--engine", "vllm", "--json", "--", "--gpu-memory-utilization", "0.99"]);
    let (code, text) = error(&refused);
    assert!(
        code == 1 && text.contains("Free memory on device") && text.contains("--gpu-memory-utilization 0.99 → 0."),
        "{text}"
    );
}
