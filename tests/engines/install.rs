//! Installs: stand-ins for uv, the interpreter and what it brings, which fail, hang and are killed at each stage.

use super::stand::{Stand, VRAMDECK, alive, gone, kill};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const STAGES: [&str; 6] = ["half", "venv", "resolve", "install", "late", "verify"];

struct Place {
    stand: Stand,
}

impl Place {
    fn new() -> Self {
        let stand = Stand::new();
        let bin = stand.dir.path().join("bin");
        std::fs::create_dir(&bin).unwrap();
        for name in ["uv", "python3.12"] {
            std::fs::write(bin.join(name), include_str!("uv.sh")).unwrap();
            std::fs::set_permissions(bin.join(name), std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        Self { stand }
    }

    fn command(&self, mode: &str, args: &[&str]) -> Command {
        let home = self.stand.dir.path();
        let mut command = Command::new(VRAMDECK);
        command.arg("engines").args(args).env("VRAMDECK_HOME", home).env("STAND", home).env("STAND_MODE", mode);
        command.env("HOME", home.join("nobody")).env("PATH", format!("{}/bin:/usr/bin:/bin", home.display()));
        command.env("PYENV_ROOT", home.join("nowhere")).env("PYTHONPATH", "/leak").env("PIP_USER", "1");
        command.env("VRAMDECK_NVML_LIB", "/nowhere").stdin(Stdio::null());
        command
    }

    fn run(&self, mode: &str, args: &[&str]) -> Output {
        self.command(mode, args).output().unwrap()
    }

    fn spawn(&self, mode: &str, args: &[&str]) -> Child {
        self.command(mode, args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    fn root(&self) -> PathBuf {
        self.stand.paths.data.join("engines/litellm")
    }

    /// Names of the slots that lie there, and what `current` leads to.
    fn lying(&self) -> (Vec<String>, Option<String>) {
        let names = std::fs::read_dir(self.root()).into_iter().flatten().flatten();
        let names = names.filter(|entry| entry.file_type().unwrap().is_dir());
        let mut names: Vec<String> = names.map(|entry| entry.file_name().into_string().unwrap()).collect();
        names.sort();
        let current = std::fs::read_link(self.root().join("current")).ok();
        (names, current.map(|path| path.to_string_lossy().into_owned()))
    }

    fn one(&self, name: &str) -> bool {
        self.lying() == (vec![name.to_owned()], Some(name.to_owned()))
    }

    fn listed(&self) -> Value {
        let output = self.run("", &["list", "litellm", "--json"]);
        let value: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
        value["engines"][0].clone()
    }

    /// The tool that hangs in this stage.
    fn hanging(&self) -> u32 {
        let pid = self.stand.pid("pid");
        std::fs::remove_file(self.stand.dir.path().join("pid")).unwrap();
        pid
    }
}

fn lines(output: &Output) -> Vec<Value> {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn error(output: &Output) -> (i32, String) {
    let value: Value = serde_json::from_slice(&output.stderr).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    (output.status.code().unwrap(), value["error"].to_string())
}

const INSTALL: [&str; 4] = ["install", "litellm", "--yes", "--json"];

#[test]
fn install_pin_upgrade_remove() {
    let place = Place::new();
    let told = lines(&place.run("install:slow", &["install", "litellm", "--yes", "--json", "--version", "1.100.0"]));
    let stages: Vec<&str> = told.iter().filter_map(|line| line["stage"].as_str()).collect();
    for stage in ["environment", "resolve", "packages", "compile", "verify"] {
        assert!(stages.contains(&stage), "{stage}: {stages:?}");
    }
    assert!(
        told.iter().any(|line| line["bytes_done"].as_u64() > Some(0) && line["bytes_total"].as_u64() > Some(1 << 20))
    );
    let result = told.last().unwrap();
    assert_eq!((&result["event"], &result["said"]), (&Value::from("result"), &Value::from("stand-in 1.100.0")));
    assert!(place.one("1.100.0-1"), "{:?}", place.lying());
    let listed = place.listed();
    assert_eq!((&listed["whose"], &listed["can_upgrade"]), (&Value::from("own"), &Value::from(true)), "{listed}");

    assert!(place.run("", &["pin", "litellm", "--json"]).status.success());
    let (code, text) = error(&place.run("", &["upgrade", "litellm", "--yes", "--json"]));
    assert!(code == 2 && text.contains("unpin"), "{text}");
    assert_eq!(place.listed()["pinned"], "1.100.0");
    assert!(place.run("", &["unpin", "litellm"]).status.success());

    lines(&place.run("", &["upgrade", "litellm", "--yes", "--json"]));
    assert!(place.one("1.106.2-1"), "{:?}", place.lying());
    assert_eq!(lines(&place.run("", &INSTALL)).last().unwrap()["already"], true);

    lines(&place.run("", &["remove", "litellm", "--yes", "--json"]));
    assert_eq!(place.lying(), (Vec::new(), None));
    let (code, text) = error(&place.run("", &["remove", "litellm", "--yes", "--json"]));
    assert!(code == 2 && text.contains("has installed no LiteLLM"), "{text}");
    assert!(!place.stand.dir.path().join("nobody").exists(), "nothing is written into the home folder");

    assert!(place.run("", &["pin", "litellm", "--version", "1.105.0"]).status.success());
    lines(&place.run("", &INSTALL));
    assert!(place.one("1.105.0-1"), "where no version is named, the pinned one: {:?}", place.lying());
}

#[test]
fn what_is_broken_is_named_and_made_anew() {
    let place = Place::new();
    lines(&place.run("", &INSTALL));
    let healthy = lines(&place.run("", &["repair", "litellm", "--yes", "--json"]));
    assert!(healthy.last().unwrap()["was_broken"].is_null() && place.one("1.106.2-1"));
    let python = place.root().join("1.106.2-1/venv/bin/python");
    std::fs::remove_file(&python).unwrap();
    std::os::unix::fs::symlink("/nowhere/python3.12", &python).unwrap();
    let listed = place.listed();
    let broken = listed["places"][0]["broken"].to_string();
    assert!(broken.contains("/nowhere/python3.12") && broken.contains("repair litellm"), "{listed}");
    assert!(listed["whose"].is_null(), "a broken one is not used");
    lines(&place.run("", &["repair", "litellm", "--yes", "--json"]));
    assert!(place.one("1.106.2-2"), "{:?}", place.lying());
    let site = place.root().join("1.106.2-2/venv/lib/python3.12/site-packages");
    std::fs::write(site.join("litellm/__init__.py"), "x").unwrap();
    let listed = place.listed();
    assert!(listed["places"][0]["broken"]["why"].to_string().contains("__init__.py"), "{listed}");
    assert_eq!(listed["whose"], "own", "its program is there, so a launch takes it");
    let repaired = lines(&place.run("", &["repair", "litellm", "--yes", "--json"]));
    assert!(repaired.last().unwrap()["was_broken"].to_string().contains("__init__.py"), "{repaired:?}");
    assert!(place.one("1.106.2-1"), "{:?}", place.lying());
    std::fs::remove_dir_all(place.root().join("1.106.2-1/venv/lib/python3.12/site-packages/litellm-1.106.2.dist-info"))
        .unwrap();
    assert!(place.listed()["places"][0]["broken"]["why"].to_string().contains("1 of its 1 packages are gone"));
    let again = lines(&place.run("", &INSTALL));
    assert_eq!(again.last().unwrap()["already"], false, "what is broken is not there already");
}

#[test]
fn a_tool_sees_nothing_that_leads_it_out() {
    let place = Place::new();
    let marker = place.stand.dir.path().join("env");
    place.run("install:fail", &INSTALL);
    let environment = std::fs::read_to_string(marker).unwrap();
    // Those that look at the machine may see them; those of the install may not.
    let last = environment.rsplit("UV_CACHE_DIR").next().unwrap();
    assert!(!last.contains("PYTHONPATH=/leak") && !last.contains("PIP_USER"), "{last}");
}

#[test]
fn a_failure_at_any_stage_leaves_what_was_there() {
    let place = Place::new();
    for stage in STAGES {
        let (code, text) = error(&place.run(&format!("{stage}:fail"), &INSTALL));
        assert!(code == 1 && text.contains("is not installed") && text.contains("it broke"), "{stage}: {text}");
        assert_eq!(place.lying(), (Vec::new(), None), "{stage}");
        assert!(place.listed()["last_failure"].is_string(), "{stage}");
    }
    lines(&place.run("compile:fail", &["install", "litellm", "--yes", "--json", "--version", "1.100.0"]));
    for stage in STAGES {
        let (code, _) = error(&place.run(&format!("{stage}:fail"), &["upgrade", "litellm", "--yes", "--json"]));
        assert!(code == 1 && place.one("1.100.0-1"), "{stage}: {:?}", place.lying());
    }
    lines(&place.run("", &["upgrade", "litellm", "--yes", "--json"]));
    assert!(place.listed()["last_failure"].is_null() && place.one("1.106.2-1"));
}

#[test]
fn kill_at_any_stage_and_the_next_command_puts_it_right() {
    let place = Place::new();
    for (round, stage) in STAGES.into_iter().chain(["compile"]).enumerate() {
        let mut installer = place.spawn(&format!("{stage}:hang"), &INSTALL);
        let tool = place.hanging();
        kill(installer.id(), "KILL");
        installer.wait().unwrap();
        assert!(alive(tool), "the tool outlives its installer: that is what is tried here");
        if round % 2 == 0 {
            let listed = place.listed();
            assert!(listed["recovered"].as_str().is_some_and(|text| text.contains("was cut off")), "{stage}: {listed}");
        } else {
            lines(&place.run("", &INSTALL));
            assert!(place.one("1.106.2-1"), "{stage}: {:?}", place.lying());
            lines(&place.run("", &["remove", "litellm", "--yes", "--json"]));
        }
        gone(&[tool]);
        assert_eq!(place.lying(), (Vec::new(), None), "{stage}");
    }
}

#[test]
fn a_killed_upgrade_leaves_the_old_one_in_use() {
    let place = Place::new();
    lines(&place.run("", &["install", "litellm", "--yes", "--json", "--version", "1.100.0"]));
    let mut installer = place.spawn("late:hang", &["upgrade", "litellm", "--yes"]);
    let tool = place.hanging();
    assert_eq!(place.lying().1.as_deref(), Some("1.100.0-1"), "while it is made");
    kill(installer.id(), "KILL");
    installer.wait().unwrap();
    assert_eq!(place.lying().0.len(), 2);
    assert_eq!(place.listed()["version"], "1.100.0");
    gone(&[tool]);
    assert!(place.one("1.100.0-1"), "{:?}", place.lying());
}

#[test]
fn asked_to_end_it_ends_cleanly() {
    let place = Place::new();
    for signal in ["INT", "TERM", "HUP"] {
        let installer = place.command("install:hang", &INSTALL).stderr(Stdio::piped()).stdout(Stdio::null()).spawn();
        let installer = installer.unwrap();
        let tool = place.hanging();
        kill(installer.id(), signal);
        let output = installer.wait_with_output().unwrap();
        let (code, text) = error(&output);
        assert!(code == 1 && text.contains("is cancelled"), "{signal}: {text}");
        gone(&[tool]);
        assert_eq!(place.lying(), (Vec::new(), None), "{signal}");
    }
}

#[test]
fn two_installers_do_not_meet() {
    let place = Place::new();
    let mut first = place.spawn("install:hang", &INSTALL);
    let tool = place.hanging();
    let (code, text) = error(&place.run("", &INSTALL));
    assert!(code == 1 && text.contains(&format!("process {}", first.id())), "{text}");
    let listed = place.listed();
    assert_eq!(listed["installing"]["pid"], first.id(), "{listed}");
    assert_eq!(listed["installing"]["progress"]["stage"], "packages", "{listed}");
    assert!(listed["recovered"].is_null() && alive(tool));
    kill(first.id(), "TERM");
    first.wait().unwrap();
    gone(&[tool]);
    lines(&place.run("", &INSTALL));
}

#[test]
fn what_is_used_is_not_removed_and_survives_an_upgrade() {
    let place = Place::new();
    lines(&place.run("", &["install", "litellm", "--yes", "--json", "--version", "1.100.0"]));
    let program = place.root().join("1.100.0-1/venv/bin/litellm");
    let mut user = Command::new(&program);
    user.env("STAND", place.stand.dir.path()).env("STAND_MODE", "").stdin(Stdio::null()).stdout(Stdio::null());
    let mut user = user.arg("serve").spawn_script();
    let (code, text) = error(&place.run("", &["remove", "litellm", "--yes", "--json"]));
    assert!(code == 1 && text.contains(&format!("process {}", user.id())), "{text}");
    let told = lines(&place.run("", &["upgrade", "litellm", "--yes", "--json"]));
    assert!(told.last().unwrap()["notes"].to_string().contains("1.100.0-1 stays"), "{told:?}");
    assert_eq!(place.lying(), (vec!["1.100.0-1".into(), "1.106.2-1".into()], Some("1.106.2-1".into())));
    user.kill().unwrap();
    user.wait().unwrap();
    place.listed();
    assert!(place.one("1.106.2-1"), "{:?}", place.lying());
}

trait SpawnScript {
    fn spawn_script(&mut self) -> Child;
}

impl SpawnScript for Command {
    /// Starts it and waits until it shows the script's path; between fork and exec it does not.
    fn spawn_script(&mut self) -> Child {
        let child = self.spawn().unwrap();
        let began = Instant::now();
        let shown = || std::fs::read_to_string(format!("/proc/{}/cmdline", child.id())).unwrap_or_default();
        while !shown().contains("1.100.0-1") {
            assert!(began.elapsed() < Duration::from_secs(5), "{}", shown());
            std::thread::sleep(Duration::from_millis(5));
        }
        child
    }
}

#[test]
fn what_stands_in_the_way_is_named() {
    let place = Place::new();
    for (mode, says) in [("resolve:net", "cannot be reached"), ("install:full", "the disk is full")] {
        let began = Instant::now();
        let (code, text) = error(&place.run(mode, &INSTALL));
        assert!(code == 1 && text.contains(says), "{mode}: {text}");
        assert!(began.elapsed() < Duration::from_secs(10));
    }
    for (args, code, says) in [
        (&["install", "litellm", "--json"][..], 2, "no terminal to ask on"),
        (&["install", "--json"], 2, "no engine is named"),
        (&["install", "nosuch", "--json"], 2, "it is one of"),
        (&["install", "litellm", "--cuda", "--yes", "--json"], 2, "no cuda build"),
        (&["install", "litellm", "--version", "--x", "--yes", "--json"], 2, "--x"),
        (&["install", "litellm", "--version=../1", "--yes", "--json"], 2, "is no version"),
        (&["upgrade", "litellm", "--yes", "--json"], 2, "has installed no LiteLLM"),
        (&["repair", "ollama", "--yes", "--json"], 2, "not vramdeck's to install"),
        (&["remove", "llama.cpp", "--yes", "--json"], 2, "not vramdeck's to install"),
    ] {
        let (seen, text) = error(&place.run("", args));
        assert!(seen == code && text.contains(says), "{args:?}: {seen} {text}");
    }
    assert_eq!(place.lying(), (Vec::new(), None));
    let calls = std::fs::read_to_string(place.stand.dir.path().join("calls")).unwrap();
    let dry = lines(&place.run("", &["install", "litellm", "--dry-run", "--json"]));
    assert!(dry[0]["steps"].as_array().unwrap().len() > 4, "{dry:?}");
    let after = std::fs::read_to_string(place.stand.dir.path().join("calls")).unwrap();
    assert!(!after[calls.len()..].contains("uv venv"), "a dry run makes nothing");
}

#[test]
fn a_launch_takes_vramdecks_own_and_not_a_broken_one() {
    let place = Place::new();
    lines(&place.run("", &["install", "vllm", "--cuda", "--yes", "--json"]));
    let launch = || {
        let mut command = place.command("", &[]);
        let args = ["launch", "--engine", "vllm", "some/model", "--dry-run", "--json"];
        let mut again = Command::new(VRAMDECK);
        again.args(args).envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.stdin(Stdio::null());
        let output = again.stdin(Stdio::null()).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
    };
    let shown = launch();
    assert!(shown.contains("engines/vllm/0.33.0-1/venv/bin/vllm") && shown.contains("vramdeck's own"), "{shown}");
    std::fs::remove_file(place.stand.paths.data.join("engines/vllm/0.33.0-1/venv/bin/python")).unwrap();
    let shown = launch();
    assert!(!shown.contains("vramdeck's own") && shown.contains("vramdeck engines install vllm"), "{shown}");
}

/// Installs for real what is small, or what `VRAMDECK_TEST_INSTALL` names, and runs it.
#[test]
fn a_real_install() {
    let wanted = match std::env::var("VRAMDECK_TEST_INSTALL") {
        Ok(value) if value == "vllm" => "vllm",
        Ok(value) if !value.is_empty() && value != "0" => "litellm",
        _ if std::env::var_os("CI").is_some() => panic!("in CI VRAMDECK_TEST_INSTALL has to be set"),
        _ => {
            eprintln!("skipped: VRAMDECK_TEST_INSTALL=1 installs LiteLLM for real, =vllm the CPU build of vLLM");
            return;
        }
    };
    let stand = Stand::new();
    let vramdeck = |args: &[&str]| {
        let mut command = Command::new(VRAMDECK);
        let output =
            command.arg("engines").args(args).env("VRAMDECK_HOME", stand.dir.path()).stdin(Stdio::null()).output();
        lines(&output.unwrap())
    };
    let told = vramdeck(&["install", wanted, "--cpu", "--yes", "--json"]);
    let result = told.last().unwrap();
    let version = result["version"].as_str().unwrap();
    eprintln!("{wanted} {version}: {} s, {} bytes", result["seconds"], result["disk_bytes"]);
    assert!(result["said"].as_str().unwrap().contains(version), "{result}");
    let said = Command::new(result["path"].as_str().unwrap()).arg("--version").output().unwrap();
    assert!(said.status.success(), "{said:?}");
    assert!(vramdeck(&["repair", wanted, "--yes", "--json"]).last().unwrap()["was_broken"].is_null());
    vramdeck(&["remove", wanted, "--yes", "--json"]);
    assert!(!stand.paths.data.join("engines").join(wanted).join("current").exists());
}
