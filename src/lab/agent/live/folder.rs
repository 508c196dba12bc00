//! The user's own tools and MCP servers: `tools/*.json` and `mcp.json` in the folder of settings.

use crate::base::Problem;
use crate::lab::agent::definition::{Definition, Library, parse};
use crate::lab::agent::mcp::{Server, Servers as Named, read};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Files that are read.
const FILES: usize = 512;
/// Bytes of one file.
const BYTES: u64 = 4 * 1024 * 1024;

/// The folder of the user's tools.
pub fn tools_folder(config: &Path) -> PathBuf {
    config.join("tools")
}

/// The file of the user's MCP servers.
pub fn servers_file(config: &Path) -> PathBuf {
    config.join("mcp.json")
}

/// The shipped tools with those of `<config>/tools/*.json` laid over them in the order of the files' names, and what is wrong
/// with files that cannot be used. At most 512 files of 4 MiB are read; a folder that is not there is an empty one.
pub fn folder(config: &Path) -> (Library, Vec<Problem>) {
    let (files, mut problems) = files(config);
    let (library, more) = Library::with(files.iter().map(|(path, text)| (name(path), text.as_str())));
    problems.extend(more);
    (library, problems)
}

/// The names of the tools that the user's files define, also those that take a shipped one's place, in order.
pub fn own(config: &Path) -> Vec<String> {
    let read = files(config).0.into_iter().filter_map(|(_, text)| parse(&text, "").ok());
    let names: BTreeSet<String> = read.flatten().map(|tool| tool.name).collect();
    names.into_iter().collect()
}

/// Writes a tool into the user's folder: in the file that defines it now, else in one of its own. A reader sees the old file
/// or the new one. Gives the file.
///
/// # Errors
/// When the tool cannot be used, or the file cannot be written.
pub fn save(config: &Path, tool: &Definition) -> Result<PathBuf, Problem> {
    if let Some(fault) = tool.faults().first() {
        return Err(Problem::failed(format!("the tool {} is not saved", tool.name), fault, "correct it first"));
    }
    let own = tools_folder(config).join(format!("{}.json", tool.name));
    // Of several files that define it the last one counts.
    let holder = holders(config, &tool.name).pop();
    let (path, mut tools) = holder.unwrap_or_else(|| (free(own), Vec::new()));
    match tools.iter_mut().find(|one| one.name == tool.name) {
        Some(one) => *one = tool.clone(),
        None => tools.push(tool.clone()),
    }
    write(&path, &Library { tools }.to_file())?;
    Ok(path)
}

/// Takes a tool out of the user's folder; a shipped one of its name comes back by it. Whether there was one.
///
/// # Errors
/// When a file cannot be written.
pub fn delete(config: &Path, name: &str) -> Result<bool, Problem> {
    let holders = holders(config, name);
    for (path, mut tools) in holders.iter().cloned() {
        tools.retain(|one| one.name != name);
        if tools.is_empty() {
            fs::remove_file(&path).map_err(|error| broken(&path, &error))?;
        } else {
            write(&path, &Library { tools }.to_file())?;
        }
    }
    Ok(!holders.is_empty())
}

/// The MCP servers of `<config>/mcp.json`, none where there is no file. None of them is started by it.
///
/// # Errors
/// When the file is there and cannot be read or used.
pub fn servers(config: &Path) -> Result<Named, Problem> {
    let path = servers_file(config);
    match text(&path) {
        Ok(Some(text)) => read(&text, &|name| std::env::var(name).ok()),
        Ok(None) => Ok(Named::default()),
        Err(problem) => Err(problem),
    }
}

/// Keeps a server in `<config>/mcp.json`, in place of one of its name; its variables stay unreplaced.
///
/// # Errors
/// When the file is there and is no file of MCP servers, or cannot be written.
pub fn save_server(config: &Path, server: &Server) -> Result<PathBuf, Problem> {
    let path = servers_file(config);
    let mut all = match text(&path)? {
        None => json!({}),
        Some(text) => serde_json::from_str(&text).map_err(|error| {
            Problem::failed(format!("{} cannot be used", path.display()), error.to_string(), "correct the file")
        })?,
    };
    if !all.is_object() {
        let what = format!("{} cannot be used", path.display());
        return Err(Problem::failed(what, "it is no JSON object", "correct the file"));
    }
    if !all["mcpServers"].is_object() {
        all["mcpServers"] = Value::Object(Map::new());
    }
    all["mcpServers"][&server.name] = server.to_entry();
    write(&path, &serde_json::to_string_pretty(&all).unwrap_or_default())?;
    Ok(path)
}

fn name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or("a file")
}

/// A path at which nothing lies: a file that cannot be used is not written over.
fn free(path: PathBuf) -> PathBuf {
    let numbered = (2..1000).map(|count| path.with_extension(format!("{count}.json")));
    std::iter::once(path.clone()).chain(numbered).find(|path| !path.exists()).unwrap_or(path)
}

/// The files that define a tool of this name, with all their tools, in the order in which they are read.
fn holders(config: &Path, name: &str) -> Vec<(PathBuf, Vec<Definition>)> {
    let read = files(config).0.into_iter().filter_map(|(path, text)| Some((path, parse(&text, "").ok()?)));
    read.filter(|(_, tools)| tools.iter().any(|tool| tool.name == name)).collect()
}

/// The files of the folder with their texts.
fn files(config: &Path) -> (Vec<(PathBuf, String)>, Vec<Problem>) {
    let folder = tools_folder(config);
    let (mut out, mut problems) = (Vec::new(), Vec::new());
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return (out, problems),
        Err(error) => return (out, vec![broken(&folder, &error)]),
    };
    let paths = entries.flatten().map(|entry| entry.path());
    let fitting = |path: &PathBuf| {
        path.extension().is_some_and(|end| end == "json") && path.is_file() && !name(path).starts_with('.')
    };
    let mut paths: Vec<PathBuf> = paths.filter(fitting).collect();
    paths.sort();
    if paths.len() > FILES {
        let why = format!("it holds {} files; the first {FILES} are read", paths.len());
        problems.push(Problem::failed(
            format!("{} is not read whole", folder.display()),
            why,
            "put tools together in fewer files",
        ));
    }
    for path in paths.into_iter().take(FILES) {
        match text(&path) {
            Ok(Some(text)) => out.push((path, text)),
            Ok(None) => {}
            Err(problem) => problems.push(problem),
        }
    }
    (out, problems)
}

/// The text of a file; `None` where there is none.
fn text(path: &Path) -> Result<Option<String>, Problem> {
    let file = match fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(broken(path, &error)),
    };
    let mut text = String::new();
    file.take(BYTES + 1).read_to_string(&mut text).map_err(|error| broken(path, &error))?;
    if text.len() as u64 > BYTES {
        let why = format!("it is larger than {} MiB", BYTES >> 20);
        return Err(Problem::failed(format!("{} is not read", path.display()), why, "split it"));
    }
    Ok(Some(text))
}

/// Writes a file whole or not at all, for its owner only: entries may hold keys.
fn write(path: &Path, text: &str) -> Result<(), Problem> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let temporary = folder.join(format!(".{}.{}.new", name(path), std::process::id()));
    let written = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).and_then(|()| {
        let mut file = fs::OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&temporary)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    });
    written.map_err(|error| {
        // The error that counts is the first.
        let _ = fs::remove_file(&temporary);
        broken(path, &error)
    })
}

fn broken(path: &Path, error: &std::io::Error) -> Problem {
    let hint = "check who owns it and its mode; VRAMDECK_HOME moves all of vramdeck's folders";
    Problem::failed(format!("{} cannot be used", path.display()), error.to_string(), hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(name: &str, words: &str) -> Definition {
        Definition::read(&json!({"name": name, "description": words})).unwrap()
    }

    fn words(config: &Path, name: &str) -> Option<String> {
        folder(config).0.get(name).map(|tool| tool.description.clone())
    }

    #[test]
    fn tools_are_kept_changed_and_taken_out() {
        let home = tempfile::tempdir().unwrap();
        let config = home.path().join("config");
        assert_eq!(folder(&config), (Library::shipped().clone(), Vec::new()));
        let path = save(&config, &tool("own", "one")).unwrap();
        assert_eq!(path, tools_folder(&config).join("own.json"));
        assert_eq!(words(&config, "own").as_deref(), Some("one"));
        // A file of the user's that is read later counts, so the change goes there.
        fs::write(tools_folder(&config).join("z.json"), r#"[{"name": "own", "description": "z"}, {"name": "other"}]"#)
            .unwrap();
        assert_eq!(save(&config, &tool("own", "two")).unwrap(), tools_folder(&config).join("z.json"));
        assert_eq!(words(&config, "own").as_deref(), Some("two"));
        assert_eq!(own(&config), ["other", "own"]);
        assert!(delete(&config, "own").unwrap() && !delete(&config, "own").unwrap());
        assert_eq!((words(&config, "own"), words(&config, "other").as_deref()), (None, Some("")));
        save(&config, &tool("calculator", "mine")).unwrap();
        assert_eq!(words(&config, "calculator").as_deref(), Some("mine"));
        assert!(
            delete(&config, "calculator").unwrap() && words(&config, "calculator").is_some(),
            "the shipped one is back"
        );
        let left: Vec<_> = fs::read_dir(tools_folder(&config)).unwrap().flatten().map(|one| one.file_name()).collect();
        assert_eq!(left, ["z.json"], "nothing else stays");
    }

    #[test]
    fn files_that_cannot_be_used_are_told_and_left_alone() {
        let home = tempfile::tempdir().unwrap();
        let tools = tools_folder(home.path());
        fs::create_dir_all(tools.join("folder.json")).unwrap();
        fs::write(tools.join("own.json"), "nope").unwrap();
        fs::write(tools.join("b.json"), [0xff, 0xfe]).unwrap();
        fs::write(tools.join("large.json"), " ".repeat(BYTES as usize + 1)).unwrap();
        fs::write(tools.join("note.txt"), "nope").unwrap();
        let (library, problems) = folder(home.path());
        assert_eq!((library.tools.len(), problems.len()), (Library::shipped().tools.len(), 3), "{problems:?}");
        assert_eq!(save(home.path(), &tool("own", "one")).unwrap(), tools.join("own.2.json"), "the user's file stays");
        assert_eq!(words(home.path(), "own").as_deref(), Some("one"));
        let mut wrong = tool("own", "");
        wrong.name = "../own".to_owned();
        assert!(save(home.path(), &wrong).unwrap_err().why.contains("'/'"));
    }

    #[test]
    fn servers_are_kept_as_they_were_written() {
        let home = tempfile::tempdir().unwrap();
        assert_eq!(servers(home.path()).unwrap(), Named::default());
        let entry = json!({"command": "a", "args": ["--key", "${KEY_OF_A_TEST:-x}"]});
        let read = read(&json!({"mcpServers": {"one": entry}}).to_string(), &|_| None).unwrap();
        let path = save_server(home.path(), &read.servers[0]).unwrap();
        save_server(home.path(), &read.servers[0]).unwrap();
        let kept: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(kept, json!({"mcpServers": {"one": entry}}));
        assert_eq!(servers(home.path()).unwrap().servers, read.servers);
        fs::write(&path, "[]").unwrap();
        assert!(save_server(home.path(), &read.servers[0]).is_err() && servers(home.path()).is_err());
    }
}
