//! Finds engines on this machine, their versions and their flags.

use super::http;
use super::install::{Room, program as own_program, quick};
use super::program::{is_program, on_path, output};
use crate::base::Problem;
use crate::engines::flags::{self, FlagTable, TableSource};
use crate::engines::install::Package;
use crate::engines::{EngineKind, Found};
use crate::store::{GeneralSettings, Paths};
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Finds an engine: the program named here or in the settings, vramdeck's own, one on the PATH, or for vLLM a Python that can
/// import it.
///
/// # Errors
/// When there is none; the hint says how to get it.
pub fn find(paths: &Paths, engine: EngineKind, program: Option<&Path>) -> Result<Found, Problem> {
    let configured = if program.is_none() { configured(paths, engine) } else { None };
    let program = program.or(configured.as_deref());
    if engine == EngineKind::Endpoint {
        return Ok(Found::default());
    }
    let command = match own(paths, engine).filter(|_| program.is_none()) {
        Some(own) => vec![text(&own)],
        None => command(engine, program)?,
    };
    let version = version(paths, engine, &command);
    Ok(Found { command, version, running: None })
}

/// How an engine is called: the program named, else the one of this machine. What vramdeck installed is not looked at.
pub(super) fn command(engine: EngineKind, program: Option<&Path>) -> Result<Vec<String>, Problem> {
    match engine {
        EngineKind::Endpoint => Ok(Vec::new()),
        EngineKind::Simulated => simulated(program),
        EngineKind::Vllm => vllm(program),
        EngineKind::LlamaCpp => plain(program, "llama-server", &["", "bin", "build/bin"], LLAMA_HINT),
        EngineKind::Ollama => plain(program, "ollama", &["", "bin"], OLLAMA_HINT),
        EngineKind::LiteLlm => plain(program, "litellm", &["bin", ""], LITELLM_HINT),
    }
}

/// The program that vramdeck installed, where it is not broken. By the folder it lies in and not by the link to it, so that
/// an upgrade does not pull it from under a run.
fn own(paths: &Paths, engine: EngineKind) -> Option<PathBuf> {
    let room = Room::of(paths, Package::of(engine)?);
    let (slot, record) = room.used()?;
    quick(&slot, &record).ok().map(|()| own_program(&slot, &record))
}

/// Whether a program is one that vramdeck installed.
pub(super) fn is_own(paths: &Paths, program: &str) -> bool {
    Path::new(program).starts_with(paths.data.join("engines"))
}

/// The program or virtual environment that the user's settings name. Faults of the file are the deck's to report.
pub(super) fn configured(paths: &Paths, engine: EngineKind) -> Option<PathBuf> {
    let places = GeneralSettings::load(paths).ok()?.value.engines;
    let named = match engine {
        EngineKind::Vllm => {
            [places.vllm.program, places.vllm.venv].into_iter().find(|path| !path.as_os_str().is_empty())?
        }
        EngineKind::LlamaCpp => places.llama_cpp.program,
        EngineKind::Ollama => places.ollama.program,
        EngineKind::LiteLlm | EngineKind::Endpoint | EngineKind::Simulated => return None,
    };
    (!named.as_os_str().is_empty()).then_some(named)
}

const VLLM_HINT: &str = "vramdeck engines install vllm; or name one with --program, or put it on the PATH";
const LLAMA_HINT: &str = "install llama.cpp (your distribution, Homebrew, or its releases), or name it with --program";
const OLLAMA_HINT: &str = "install Ollama (ollama.com/download), or name it with --program";

const LITELLM_HINT: &str = "vramdeck engines install litellm; or name one with --program, or put it on the PATH";

fn missing(name: &str, why: String, hint: &str) -> Problem {
    Problem::failed(format!("{name} is not installed"), why, hint)
}

fn simulated(program: Option<&Path>) -> Result<Vec<String>, Problem> {
    let program = program.map_or_else(itself, |program| Ok(program.to_owned()))?;
    Ok(vec![program.to_string_lossy().into_owned(), "simulate".to_owned()])
}

/// vramdeck's own program; the one that took its place, where it was replaced while it runs.
fn itself() -> Result<PathBuf, Problem> {
    let gone = |why: String| missing("vramdeck", why, "leave and start vramdeck again, or reinstall it");
    let own = std::env::current_exe().map_err(|error| gone(error.to_string()))?;
    let now = replaced(&own);
    if is_program(&now) { Ok(now) } else { Err(gone(format!("{} is there no more", now.display()))) }
}

/// Where a program lay that Linux calls deleted: a new version may lie there now.
fn replaced(own: &Path) -> PathBuf {
    own.to_str().and_then(|own| own.strip_suffix(" (deleted)")).map_or_else(|| own.to_owned(), PathBuf::from)
}

fn plain(program: Option<&Path>, name: &str, folders: &[&str], hint: &str) -> Result<Vec<String>, Problem> {
    let found = match program {
        None => on_path(name),
        Some(path) if path.is_dir() => {
            folders.iter().map(|folder| path.join(folder).join(name)).find(|p| is_program(p))
        }
        Some(path) => named(path),
    };
    let place =
        || program.map_or("it is not on the PATH".to_owned(), |path| format!("{} is no such program", path.display()));
    found.map(|path| vec![text(&path)]).ok_or_else(|| missing(name, place(), hint))
}

fn vllm(program: Option<&Path>) -> Result<Vec<String>, Problem> {
    let Some(path) = program else {
        if let Some(found) = on_path("vllm") {
            return Ok(vec![text(&found)]);
        }
        let pythons = ["python3", "python"].iter().filter_map(|name| on_path(name));
        let importable = pythons.into_iter().find(|python| has_vllm(python));
        let why = "neither `vllm` nor a Python that can import it is on the PATH".to_owned();
        return importable.map(|python| by_module(&python)).ok_or_else(|| missing("vLLM", why, VLLM_HINT));
    };
    let command = if path.is_dir() {
        let script = ["bin/vllm", "vllm"].iter().map(|name| path.join(name)).find(|p| is_program(p));
        let python = || ["bin/python3", "bin/python"].iter().map(|name| path.join(name)).find(|p| has_vllm(p));
        script.map(|script| vec![text(&script)]).or_else(|| python().map(|python| by_module(&python)))
    } else {
        let is_python = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("python"));
        named(path).map(|found| if is_python { by_module(&found) } else { vec![text(&found)] })
    };
    command.ok_or_else(|| missing("vLLM", format!("{} holds none", path.display()), VLLM_HINT))
}

fn by_module(python: &Path) -> Vec<String> {
    vec![text(python), "-m".to_owned(), "vllm.entrypoints.cli.main".to_owned()]
}

fn has_vllm(python: &Path) -> bool {
    let ask = "import importlib.util,sys; sys.exit(importlib.util.find_spec('vllm') is None)";
    is_program(python)
        && output(&[text(python), "-c".into(), ask.into()], Duration::from_secs(10)).is_some_and(|(ok, _)| ok)
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn named(path: &Path) -> Option<PathBuf> {
    if is_program(path) {
        return Some(path.to_owned());
    }
    let bare = path.components().count() == 1;
    path.to_str().filter(|_| bare).and_then(on_path)
}

/// The version of a program: from the package's metadata where it lies beside it, else by asking, and remembered.
pub(super) fn version(paths: &Paths, engine: EngineKind, command: &[String]) -> Option<String> {
    let program = Path::new(command.first()?);
    match engine {
        EngineKind::Simulated => return Some(env!("CARGO_PKG_VERSION").to_owned()),
        EngineKind::Vllm | EngineKind::LiteLlm => {
            if let Some(version) = from_metadata(program, engine.name()) {
                return Some(version);
            }
        }
        _ => {}
    }
    let memory = cache_file(paths, program, "version");
    if let Some(known) = memory.as_ref().and_then(|file| fs::read_to_string(file).ok()) {
        return Some(known);
    }
    let mut ask = command.to_vec();
    ask.push("--version".to_owned());
    let (_, said) = output(
        &ask,
        Duration::from_secs(match engine {
            EngineKind::Vllm | EngineKind::LiteLlm => 90,
            _ => 5,
        }),
    )?;
    let version = version_in(&said)?;
    remember(memory.as_deref(), version.as_bytes());
    Some(version)
}

/// `lib/python3.X/site-packages/vllm-0.32.0.dist-info` beside `bin/vllm`: importing vLLM takes half a minute.
pub(super) fn from_metadata(program: &Path, package: &str) -> Option<String> {
    let root = program.parent()?.parent()?.join("lib");
    let packages = fs::read_dir(root).ok()?.filter_map(|entry| Some(entry.ok()?.path().join("site-packages")));
    let names = packages.filter_map(|folder| fs::read_dir(folder).ok()).flatten();
    let mut names = names.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.find_map(|name| Some(name.strip_prefix(package)?.strip_prefix('-')?.strip_suffix(".dist-info")?.to_owned()))
}

/// The first word that looks like a version, or llama-server's build number.
fn version_in(said: &str) -> Option<String> {
    let words = said.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_ascii_alphanumeric()));
    let mut dotted = words.filter(|word| word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.'));
    let build = said.split_once("version: ").and_then(|(_, rest)| rest.split_whitespace().next());
    build
        .filter(|word| word.starts_with(|c: char| c.is_ascii_digit()))
        .or_else(|| dotted.next())
        .map(|word| crate::base::text::fit(word, 40).into_owned())
}

/// Where something about a program is remembered: by path, time and size, so that an update asks anew.
fn cache_file(paths: &Paths, program: &Path, what: &str) -> Option<PathBuf> {
    let meta = fs::metadata(program).ok()?;
    let mut hasher = std::hash::DefaultHasher::new();
    (program, meta.len(), meta.modified().ok(), from_metadata(program, "vllm")).hash(&mut hasher);
    Some(paths.cache.join("engines").join(format!("{:016x}-{what}", hasher.finish())))
}

fn remember(file: Option<&Path>, bytes: &[u8]) {
    let Some(file) = file else { return };
    // What cannot be remembered is asked again.
    if let Some(folder) = file.parent() {
        let _ = fs::create_dir_all(folder);
    }
    let _ = super::records::write_atomic(file, bytes);
}

/// The flags of a found engine: those its own help lists where it was read, else the bundled table.
///
/// # Errors
/// When the bundled table cannot be read.
pub fn flag_table(paths: &Paths, engine: EngineKind, found: &Found) -> Result<FlagTable, Problem> {
    let bundled = flags::bundled(engine)?;
    let Some(program) = found.command.first() else { return Ok(bundled) };
    if let Some(table) = remembered(paths, program) {
        return Ok(table);
    }
    // llama-server answers at once; vLLM takes up to a minute, which is for a background job.
    if engine != EngineKind::LlamaCpp {
        return Ok(bundled);
    }
    read_help(paths, engine, found).or_else(|_| Ok(remembered(paths, program).unwrap_or(bundled)))
}

/// The file of remembered flags; its number counts the ways in which help was read.
const FLAGS: &str = "flags-2.json";

fn remembered(paths: &Paths, program: &str) -> Option<FlagTable> {
    let file = cache_file(paths, Path::new(program), FLAGS)?;
    serde_json::from_slice(&fs::read(file).ok()?).ok()
}

/// Asks the installed engine for its help, reads the flags out of it and remembers them. Takes up to two minutes
/// for vLLM: run it in the background.
///
/// # Errors
/// When it does not answer, or with nothing that reads as flags.
pub fn read_help(paths: &Paths, engine: EngineKind, found: &Found) -> Result<FlagTable, Problem> {
    let (args, at_most): (&[&str], u64) = match engine {
        EngineKind::Vllm => (&["serve", "--help=all"], 180),
        EngineKind::LlamaCpp => (&["--help"], 10),
        _ => return flags::bundled(engine),
    };
    let mut ask = found.command.clone();
    ask.extend(args.iter().map(|arg| (*arg).to_owned()));
    let silent = |why: &str| {
        Problem::failed(
            format!("the flags of {engine} are not known"),
            format!("`{}` {why}", ask.join(" ")),
            "the bundled table is used instead",
        )
    };
    let (_, said) = output(&ask, Duration::from_secs(at_most)).ok_or_else(|| silent("did not answer in time"))?;
    let flags = if engine == EngineKind::Vllm { flags::parse_argparse(&said) } else { flags::parse_llama(&said) };
    let keep = |table: &FlagTable| {
        if let (Some(program), Ok(bytes)) = (found.command.first(), serde_json::to_vec(table)) {
            remember(cache_file(paths, Path::new(program), FLAGS).as_deref(), &bytes);
        }
    };
    if flags.len() < 20 {
        // The next start does not ask again.
        let shipped = flags::bundled(engine)?;
        keep(&FlagTable { source: TableSource::Unreadable(shipped.version().to_owned()), ..shipped });
        return Err(silent("did not list its flags in a format that is known"));
    }
    let version = found.version.clone().unwrap_or_else(|| "of unknown version".to_owned());
    let mut table = FlagTable { source: TableSource::Installed(version), flags };
    table.enrich(&flags::bundled(engine)?);
    keep(&table);
    Ok(table)
}

/// The Ollama server that runs already: at `OLLAMA_HOST`, else at its usual port.
pub(super) fn running_ollama(env: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let host = env("OLLAMA_HOST").filter(|host| !host.is_empty()).unwrap_or_else(|| "127.0.0.1:11434".to_owned());
    let url = ollama_url(&host);
    let asked = url.clone();
    let answers = async move {
        let client = http::client_for(&asked, Duration::from_secs(2)).ok()?;
        let response = client.get(format!("{asked}/api/version")).send().await.ok()?;
        http::text(response).await.ok().filter(|body| body.contains("version"))
    };
    block(answers).flatten().map(|_| url)
}

/// `0.0.0.0`, `:11434`, `host`, `host:port`, `http://host` as a URL one can reach.
fn ollama_url(host: &str) -> String {
    let (scheme, rest) = host.split_once("://").unwrap_or(("http", host));
    let rest = rest.trim_end_matches('/');
    let (name, port) = rest.rsplit_once(':').unwrap_or((rest, "11434"));
    let name = if name.is_empty() || name == "0.0.0.0" { "127.0.0.1" } else { name };
    format!("{scheme}://{name}:{port}")
}

/// Waits for a future from a place that may be inside or outside of a runtime.
fn block<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> Option<T> {
    let run = || Some(tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?.block_on(future));
    std::thread::spawn(run).join().ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_programs_say() {
        for (said, version) in [
            ("version: 11669 (abc)\nbuilt with gcc 14.2", Some("11669")),
            ("ollama version is 0.33.0", Some("0.33.0")),
            ("INFO x\n0.32.0+cpu", Some("0.32.0+cpu")),
            ("nothing", None),
        ] {
            assert_eq!(version_in(said).as_deref(), version, "{said}");
        }
    }

    #[test]
    fn a_program_that_was_replaced_is_the_new_one() {
        for (own, now) in [("/usr/bin/vramdeck (deleted)", "/usr/bin/vramdeck"), ("/a b/vramdeck", "/a b/vramdeck")] {
            assert_eq!(replaced(Path::new(own)), Path::new(now));
        }
        assert_eq!(itself().unwrap(), std::env::current_exe().unwrap());
    }

    #[test]
    fn ollama_hosts_become_urls() {
        for (host, url) in [
            ("0.0.0.0", "http://127.0.0.1:11434"),
            (":8080", "http://127.0.0.1:8080"),
            ("box:1", "http://box:1"),
            ("https://box:443/", "https://box:443"),
        ] {
            assert_eq!(ollama_url(host), url);
        }
    }
}
