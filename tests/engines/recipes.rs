//! Recipes on the command line: composed, kept, written as files, read from a paste.

use super::stand::{Stand, VRAMDECK};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output, Stdio};

fn run(stand: &Stand, args: &[&str]) -> Output {
    let mut command = Command::new(VRAMDECK);
    command.args(args).env("VRAMDECK_HOME", stand.dir.path()).env("OLLAMA_HOST", "127.0.0.1:9");
    command.env("HOME", stand.dir.path()).stdin(Stdio::null()).output().unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

fn out(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Stands in for vLLM: says its version.
fn vllm(stand: &Stand) -> String {
    let path = stand.dir.path().join("vllm");
    std::fs::write(&path, "#!/bin/sh\necho 0.33.0\n").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_profile_is_shown_with_reasons_before_anything_runs() {
    let stand = Stand::new();
    let program = vllm(&stand);
    let base = ["launch", "Qwen/Qwen3-8B-AWQ", "--engine", "vllm", "--program", &program, "--gpu", "RTX 5080"];
    let rest = ["--profile", "agents", "--dry-run", "--json", "--", "--max-num-seqs", "7"];
    let shown = json(&run(&stand, &[&base[..], &rest[..]].concat()));
    let argv: Vec<&str> = shown["argv"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let rows = shown["recipe"].as_array().unwrap();
    assert!(rows.len() > 8, "{shown}");
    for row in rows {
        for field in ["flag", "value", "default", "why", "cost", "source", "origin"] {
            assert!(row.get(field).is_some(), "{field}: {row}");
        }
        assert!(argv.contains(&row["flag"].as_str().unwrap()), "{row}: {argv:?}");
    }
    let seqs = rows.iter().find(|row| row["flag"] == "--max-num-seqs").unwrap();
    assert_eq!((seqs["value"].as_str(), seqs["origin"].as_str()), (Some("7"), Some("person")));
    let notes = shown["notes"].to_string();
    assert!(notes.contains("was set by hand and stays") && notes.contains("as shipped with vramdeck"), "{notes}");
    assert_eq!(shown["fit"]["verdict"], "fits", "{shown}");
    let text = out(&run(&stand, &[&base[..], &["--profile", "fast-boot", "--dry-run"]].concat()));
    assert!(
        text.contains("--enforce-eager  (False by default; profile)") && text.contains("why  no torch.compile"),
        "{text}"
    );
    let wrong = run(&stand, &["launch", "m", "--profile", "purple"]);
    assert_eq!(wrong.status.code(), Some(2));
}

#[test]
fn recipes_are_kept_listed_and_loaded() {
    let stand = Stand::new();
    let program = vllm(&stand);
    let save = ["launch", "org/m", "--program", &program, "--save", "mine", "--dry-run", "--json", "--env", "A=b c"];
    let kept = run(&stand, &[&save[..], &["--", "--max-num-seqs", "7", "--api-key", "sk-secret"]].concat());
    assert!(String::from_utf8_lossy(&kept.stderr).contains("without --api-key"), "{kept:?}");
    let file = stand.dir.path().join("config/recipes/mine.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(!text.contains("sk-secret"), "{text}");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let listed = json(&run(&stand, &["launch", "--recipes", "--json"]));
    assert_eq!(
        (listed["recipes"][0]["name"].as_str(), listed["recipes"][0]["model"].as_str()),
        (Some("mine"), Some("org/m"))
    );
    let again = json(&run(&stand, &["launch", "--recipe", "mine", "--dry-run", "--json", "--", "--seed", "1"]));
    let argv = again["argv"].to_string();
    assert!(argv.contains("\"--max-num-seqs\",\"7\",\"--seed\",\"1\"") && again["env"]["A"] == "b c", "{again}");
    assert_eq!(run(&stand, &["launch", "--recipe", "other", "--dry-run"]).status.code(), Some(2));
}

#[test]
fn a_pasted_command_is_read_and_written_as_files() {
    let stand = Stand::new();
    let program = vllm(&stand);
    let line = "HF_HUB_OFFLINE=0 vllm serve org/m --port 8123 --swap-space 4 --max-num-seqs 7 --hf-overrides '{\"a\": \"it'\\''s\"}'";
    let read = json(&run(&stand, &["launch", "--import", line, "--program", &program, "--dry-run", "--json"]));
    let argv = read["argv"].to_string();
    assert!(argv.contains("--max-num-seqs") && argv.contains("8123") && !argv.contains("swap-space"), "{read}");
    assert!(read["notes"].to_string().contains("--kv-offloading-size"), "{read}");
    let script = out(&run(&stand, &["launch", "--import", line, "--program", &program, "--export", "sh"]));
    assert!(script.starts_with("#!/bin/sh") && script.contains("export HF_HUB_OFFLINE=0"), "{script}");
    let again = json(&run(&stand, &["launch", "--import", &script, "--program", &program, "--dry-run", "--json"]));
    assert_eq!(again["argv"], read["argv"]);
    assert!(again["notes"].to_string().contains(&format!("it calls {program};")), "{again}");
    // Also for an engine that is not here.
    let compose = out(&run(&stand, &["launch", "--import", line, "--export", "compose"]));
    assert!(compose.contains("127.0.0.1:8123:8000") && compose.contains("vllm/vllm-openai:"), "{compose}");
    let unit = out(&run(&stand, &["launch", "org/m", "--program", &program, "--export", "systemd"]));
    assert!(unit.contains("ExecStart=\"/") && unit.contains("WantedBy=default.target"), "{unit}");
}

#[test]
fn faults_of_a_paste_and_what_is_left_open_are_said() {
    let stand = Stand::new();
    let program = vllm(&stand);
    let wrong = run(&stand, &["launch", "--import", "vllm serve 'org/m", "--dry-run", "--json"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("at character 12 is never closed"), "{wrong:?}");
    let open = ["launch", "--import", "vllm serve org/m --max-num-seqs $N", "--program", &program, "--unchecked"];
    let refused = run(&stand, &open);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("$N is not known"), "{refused:?}");
    let argument = ["launch", "org/m", "--program", &program, "--dry-run", "--json"];
    let more = ["--arg", "best_of=2", "--arg", "tensor_parallel_size=1", "--arg", "temperature=0.5"];
    let read = json(&run(&stand, &[&argument[..], &more[..]].concat()));
    let notes = read["notes"].to_string();
    assert!(notes.contains("removed") && notes.contains("temperature of each request"), "{notes}");
    assert!(read["argv"].to_string().contains("--tensor-parallel-size"));
}
