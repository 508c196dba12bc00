//! Who uses an environment.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Processes whose command line names a file below the folder: `RUN` for those of a run, else `process PID (NAME)`. This
/// process is none of them.
pub(super) fn of(folder: &Path) -> Vec<String> {
    // Both the folder as it is written and where it leads to.
    let mut places = vec![folder.to_owned()];
    places.extend(folder.canonicalize().ok().filter(|real| real != folder));
    let below: Vec<Vec<u8>> = places.iter().map(|place| [place.as_os_str().as_bytes(), b"/"].concat()).collect();
    let mut found = Vec::new();
    for process in super::super::proc::all() {
        let own = process.pid == std::process::id() || process.zombie;
        let line = fs::read(format!("/proc/{}/cmdline", process.pid)).unwrap_or_default();
        let mut words = line.split(|byte| *byte == 0).take(8);
        if own || !words.any(|word| below.iter().any(|place| word.starts_with(place))) {
            continue;
        }
        let who = run_of(process.pid).map_or_else(
            || format!("process {} ({})", process.pid, super::super::proc::name(process.pid).unwrap_or_default()),
            |run| format!("run {run}"),
        );
        if !found.contains(&who) {
            found.push(who);
        }
    }
    found
}

fn run_of(pid: u32) -> Option<String> {
    let mark = format!("{}=", super::super::members::RUN_VARIABLE);
    let environment = super::super::proc::environment(pid);
    let value = environment.split(|byte| *byte == 0).find_map(|entry| entry.strip_prefix(mark.as_bytes()))?;
    Some(crate::base::text::clean_line(&String::from_utf8_lossy(value)))
}
