//! The simulated card across processes: what one takes is gone for the others, and comes back when it dies.

use super::command::vramdeck;
use super::standin::claim_holder;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const GIB: u64 = 1 << 30;

/// A holder and what it said; killed when dropped.
struct Holder {
    child: Child,
    said: String,
}

impl Holder {
    fn start(dir: &Path, bytes: u64) -> Self {
        let mut child = Command::new(claim_holder())
            .arg(dir)
            .arg(bytes.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
        Self { child, said: said.trim().to_owned() }
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What `gpu --demo headless --json` says of card 0.
fn card(home: &Path) -> (Value, PathBuf) {
    let output = vramdeck(home).args(["--demo", "headless", "gpu", "--json"]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((value["source"].as_str(), value["scenario"].as_str()), (Some("simulated"), Some("headless")));
    (value["cards"][0].clone(), home.join("state/demo/simulated-card"))
}

#[test]
fn a_killed_holder_gives_its_memory_back_and_only_its_own() {
    let home = tempfile::tempdir().unwrap();
    let (empty, dir) = card(home.path());
    assert_eq!(
        (empty["memory_used_bytes"].as_u64(), empty["memory_total_bytes"].as_u64()),
        (Some(0), Some(16_303 << 20))
    );
    let (mut first, second) = (Holder::start(&dir, 9 * GIB), Holder::start(&dir, 4 * GIB));
    assert_eq!((first.said.as_str(), second.said.as_str()), ("held", "held"));
    let (full, _) = card(home.path());
    let pids: Vec<u64> = full["processes"].as_array().unwrap().iter().filter_map(|p| p["pid"].as_u64()).collect();
    let mut expected = vec![u64::from(first.child.id()), u64::from(second.child.id())];
    expected.sort_unstable();
    assert_eq!((full["memory_used_bytes"].as_u64(), pids), (Some(13 * GIB), expected));
    assert_eq!(Holder::start(&dir, 5 * GIB).said, "asked for 5.00 GiB, 2.51 GiB free");
    first.child.kill().unwrap();
    // Not yet waited for: a corpse holds nothing, as with a real driver.
    while nix::sys::wait::waitid(
        nix::sys::wait::Id::Pid(nix::unistd::Pid::from_raw(i32::try_from(first.child.id()).unwrap())),
        nix::sys::wait::WaitPidFlag::WEXITED | nix::sys::wait::WaitPidFlag::WNOWAIT,
    )
    .is_err()
    {}
    assert_eq!(card(home.path()).0["memory_used_bytes"].as_u64(), Some(4 * GIB));
    assert_eq!(Holder::start(&dir, 11 * GIB).said, "held");
}

#[test]
fn of_many_at_once_only_as_many_as_fit_get_theirs() {
    let home = tempfile::tempdir().unwrap();
    let (_, dir) = card(home.path());
    let holders: Vec<Holder> = std::thread::scope(|scope| {
        let start = |_| scope.spawn(|| Holder::start(&dir, 5 * GIB));
        let started: Vec<_> = (0..8).map(start).collect();
        started.into_iter().map(|handle| handle.join().unwrap()).collect()
    });
    assert_eq!(holders.iter().filter(|holder| holder.said == "held").count(), 3);
    assert_eq!(card(home.path()).0["memory_used_bytes"].as_u64(), Some(15 * GIB));
}

#[test]
fn the_text_says_that_it_is_simulated() {
    let home = tempfile::tempdir().unwrap();
    let output = vramdeck(home.path()).args(["gpu", "--demo"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("SIMULATED: the cards of the scenario desktop"), "{text}");
    assert!(text.contains("firefox") && text.contains("gnome-shell"));
    let wrong = vramdeck(home.path()).args(["--demo", "nowhere", "gpu", "--json"]).output().unwrap();
    assert_eq!(wrong.status.code(), Some(2));
    let error: Value = serde_json::from_slice(&wrong.stderr).unwrap();
    assert!(error["error"]["why"].as_str().unwrap().contains("two-cards"), "{error}");
}
