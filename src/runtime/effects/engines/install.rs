//! Installs engines. Each install is a process of its own, the same as on the command line: it goes on when the deck is left,
//! and the deck reads how far it is from what it writes down.

use crate::app::Msg as Root;
use crate::app::screens::engines::Msg;
use crate::app::screens::engines::installed::{Effect, Msg as Said, Work};
use crate::base::Problem;
use crate::engines::install::Package;
use crate::engines::live::install as live;
use crate::runtime::world::World;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

fn said(said: Said) -> Root {
    Root::Engines(Msg::Installed(said))
}

/// Runs one effect.
pub fn run(effect: Effect, world: &World) {
    let paths = world.paths.clone();
    match effect {
        Effect::List => world.spawn_blocking(move || Some(said(Said::Listed(live::statuses(&paths))))),
        Effect::Follow => world.spawn_blocking(move || Some(said(Said::Followed(live::at_work_now(&paths))))),
        Effect::Offers(package) => {
            world.spawn_blocking(move || Some(said(Said::Offered(package, live::offers(package)))))
        }
        Effect::Cancel(package) => world.spawn_blocking(move || live::cancel(&paths, package).err().map(Root::Problem)),
        Effect::Do(package, work) => start(package, work, world),
    }
}

/// The thread that waits for it is none of those the deck waits for when leaving.
fn start(package: Package, work: Work, world: &World) {
    let common = world.common.clone();
    common.tell(said(Said::Begun(package, work)));
    std::thread::spawn(move || {
        let result = by_process(package, work);
        common.tell(said(Said::Done(package, work, result)));
    });
}

fn by_process(package: Package, work: Work) -> Result<String, Problem> {
    let word = work.word();
    let title = package.title();
    let cannot = |error: std::io::Error| {
        Problem::failed(
            format!("{word} of {title} cannot be started"),
            error.to_string(),
            "check the limits on processes",
        )
    };
    // The link finds this program even after its file was replaced by an update.
    let mut child = Command::new("/proc/self/exe")
        .arg0("vramdeck")
        .args(["engines", word, package.name(), "--yes", "--json"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(cannot)?;
    let mut text = String::new();
    if let Some(stderr) = child.stderr.take() {
        // A problem is a few lines; what cannot be read is told by the exit code.
        let _ = stderr.take(64 << 10).read_to_string(&mut text);
    }
    let status = child.wait().map_err(cannot)?;
    if status.success() {
        return Ok(format!("{title}: {word} is done"));
    }
    Err(told(&text).unwrap_or_else(|| {
        Problem::failed(
            format!("{word} of {title} failed"),
            format!("it ended with {status}"),
            "try it on the command line",
        )
    }))
}

/// The problem as the command line writes it.
fn told(text: &str) -> Option<Problem> {
    let value: serde_json::Value = serde_json::from_str(text.lines().last()?).ok()?;
    let error = value.get("error")?;
    let word = |name: &str| error.get(name).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
    let detail = error.get("detail").and_then(serde_json::Value::as_array).into_iter().flatten();
    let detail: Vec<String> = detail.filter_map(|line| line.as_str().map(str::to_owned)).collect();
    Some(Problem::failed(word("what"), word("why"), word("hint")).with_detail(detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_comes_back_whole() {
        let problem = Problem::failed("a", "b", "c").with_detail(["d".to_owned()]);
        let text = serde_json::json!({ "error": problem }).to_string();
        assert_eq!(told(&format!("warning: x\n{text}\n")), Some(problem));
        assert_eq!(told("killed"), None);
    }
}
