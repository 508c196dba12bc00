//! Recipes of this machine: what a composition needs is looked up here, for the screen and the commands alike; named
//! recipes are kept in the configuration folder.

use crate::base::Problem;
use crate::engines::fit::rules;
use crate::engines::flags::{FlagTable, bundled};
use crate::engines::recipe::{Asked, Named, Recipe, Rules, Situation, compose as put_together};
use crate::engines::{EngineKind, Found, live};
use crate::gpu::live::{Options, SimCard, SourceChoice, read_once};
use crate::models::Facts;
use crate::models::catalogue::{Catalogue, Entry};
use crate::models::fit::learned::{Lessons, Place};
use crate::models::fit::{Engine, Version};
use crate::models::lookup::{Meant, lookup};
use crate::models::solve::{Solution, solve_for};
use crate::runtime::learning::{self, Machine};
use crate::runtime::shelves;
use crate::store::{GeneralSettings, Paths, files};
use std::path::{Path, PathBuf};

/// Composes the recipe. Reads the disk and may ask the engine for its version.
///
/// # Errors
/// For an endpoint, which runs already, and flags that cannot be read.
pub fn compose(paths: &Paths, demo: bool, asked: &Asked) -> Result<Recipe, Problem> {
    let engine = rules(asked.kind, asked.dialect).map_err(|why| {
        Problem::usage("there is no recipe for this", why.why.to_string(), "--engine vllm, llama.cpp or ollama")
    })?;
    let (catalogue, mut problems) = shelves::catalogue(paths);
    let (rules, wrong) = users_rules(paths, engine);
    problems.extend(wrong);
    let (found, table) = installed(paths, asked)?;
    let place = asked.ground.as_ref().ok().and_then(|ground| ground.place.clone().or_else(|| at_hand(paths, demo)));
    let known = Known::of(paths, demo, &asked.model, engine, &catalogue).taught(paths, place.as_ref());
    let stated = asked.ground.as_ref().is_ok_and(|ground| ground.stated);
    let cpu_build = !stated && found.version.as_deref().is_some_and(|version| version.contains("+cpu"));
    let version = found.version.as_deref().and_then(release);
    let solution = solution(asked, engine, version, cpu_build, known.facts.as_ref());
    let ground = asked.ground.as_ref().ok();
    let at = Situation {
        kind: asked.kind,
        engine,
        version,
        cpu_build,
        table: &table,
        rules: &rules,
        room: ground.map(|ground| ground.room),
        compute: ground.and_then(|ground| ground.compute),
        cards: ground.map_or(0, |ground| ground.cards),
        wsl: std::env::var_os("WSL_DISTRO_NAME").is_some(),
        facts: known.facts.as_ref(),
        entry: known.entry,
        solution: solution.as_ref().map_err(String::as_str),
    };
    let mut recipe = put_together(&at, &asked.choices);
    recipe.notes.extend(problems.iter().map(|problem| format!("{}: {}", problem.what, problem.why)));
    Ok(recipe)
}

/// The rules with the user's own over them.
fn users_rules(paths: &Paths, engine: Engine) -> (Rules, Option<Problem>) {
    let file = paths.config.join("profiles").join(Rules::file(engine));
    match files::read_text(&file) {
        Ok(text) => Rules::with_file(engine, text.as_deref(), &file.display().to_string()),
        Err(problem) => (Rules::shipped(engine).clone(), Some(problem)),
    }
}

/// The installed engine with its flags; the shipped ones where there is none.
fn installed(paths: &Paths, asked: &Asked) -> Result<(Found, FlagTable), Problem> {
    if asked.kind == EngineKind::Simulated {
        return Ok((Found::default(), bundled(EngineKind::Simulated)?));
    }
    let found = live::find(paths, asked.kind, asked.program.as_deref()).unwrap_or_default();
    let table = live::flag_table(paths, asked.kind, &found)?;
    Ok((found, table))
}

/// `0.32.0+cpu`, `v0.32`: major and minor number. A build number is none.
fn release(text: &str) -> Option<Version> {
    let (major, rest) = text.trim_start_matches('v').split_once('.')?;
    let minor: String = rest.chars().take_while(char::is_ascii_digit).collect();
    Some(Version(major.parse().ok()?, minor.parse().ok()?))
}

fn solution(
    asked: &Asked,
    engine: Engine,
    version: Option<Version>,
    cpu_build: bool,
    facts: Option<&Facts>,
) -> Result<Solution, String> {
    if cpu_build {
        return Err("the engine is a build for the CPU".to_owned());
    }
    let ground = asked.ground.as_ref().map_err(Clone::clone)?;
    let facts = facts.ok_or_else(|| format!("nothing is known here of {}", asked.model))?;
    let version = version.filter(|_| engine == Engine::Vllm);
    let solved = solve_for(facts, engine, version, ground.room, asked.choices.profile.wish());
    solved.map_err(|problem| format!("{}: {}", problem.what, problem.why))
}

/// What is known of a model here. The Hub is not asked.
struct Known<'a> {
    facts: Option<Facts>,
    entry: Option<&'a Entry>,
}

impl<'a> Known<'a> {
    fn of(paths: &Paths, demo: bool, name: &str, engine: Engine, catalogue: &'a Catalogue) -> Self {
        let path = learning::home(name);
        if path.exists() {
            let entry = cached(&path).and_then(|repo| entry(&repo, engine, catalogue));
            return Self { facts: learning::facts(name, engine, catalogue, &[]), entry };
        }
        let folders = GeneralSettings::load(paths).map(|loaded| loaded.value.model_folders).unwrap_or_default();
        let local = shelves::local(&folders, demo).models;
        let (repo, _) = learning::repository(name);
        let entry = entry(name, engine, catalogue).or_else(|| entry(repo, engine, catalogue));
        Self { facts: learning::facts(name, engine, catalogue, &local), entry }
    }

    /// With what starts on that card taught.
    fn taught(self, paths: &Paths, place: Option<&Place>) -> Self {
        let facts = self.facts.map(|facts| match place {
            Some(place) => Facts { learned: Lessons::of(&learning::lessons(paths), &facts, place), ..facts },
            None => facts,
        });
        Self { facts, ..self }
    }
}

/// Where the card at hand is, by which it is known what starts taught.
fn at_hand(paths: &Paths, demo: bool) -> Option<Place> {
    let source = match demo {
        true => SourceChoice::Simulated(SimCard::open(&paths.simulated_card()).ok()?),
        false => SourceChoice::Nvml,
    };
    Machine::of(&read_once(source, Options::default())).ok().map(|machine| machine.place)
}

fn entry<'a>(name: &str, engine: Engine, catalogue: &'a Catalogue) -> Option<&'a Entry> {
    match lookup(name, Some(engine), None, catalogue, &[]) {
        Some(Meant::Variant(entry, _)) => Some(entry),
        _ => None,
    }
}

/// The repository that a path in the cache of the hub belongs to: `models--ORG--NAME`.
fn cached(path: &Path) -> Option<String> {
    let parts = path.components().filter_map(|part| part.as_os_str().to_str());
    parts.filter_map(|part| part.strip_prefix("models--")).map(|part| part.replacen("--", "/", 1)).next_back()
}

fn file(paths: &Paths, name: &str) -> Result<PathBuf, Problem> {
    Ok(paths.config.join(Named::FOLDER).join(Named::file(name)?))
}

/// Keeps a recipe under a name, readable by the user alone. Gives the file, and the names of secrets left out.
///
/// # Errors
/// When the name cannot be one, or the file cannot be written.
pub fn save(paths: &Paths, name: &str, named: &Named) -> Result<(PathBuf, Vec<String>), Problem> {
    let file = file(paths, name)?;
    let (text, secrets) = named.to_toml()?;
    files::write_private(&file, text.as_bytes())?;
    Ok((file, secrets))
}

/// The recipe of a name.
///
/// # Errors
/// When there is none, with the names there are; or its file cannot be used.
pub fn load(paths: &Paths, name: &str) -> Result<Named, Problem> {
    let file = file(paths, name)?;
    match files::read_text(&file)? {
        Some(text) => Named::parse(&text, &file.display().to_string()),
        None => {
            let names: Vec<String> = list(paths).into_iter().map(|(name, _)| name).collect();
            let hint = if names.is_empty() { "--save NAME keeps one".to_owned() } else { names.join(", ") };
            Err(Problem::usage(format!("there is no recipe {name}"), format!("{} is not there", file.display()), hint))
        }
    }
}

/// All recipes by name, with what is wrong with those that cannot be used.
pub fn list(paths: &Paths) -> Vec<(String, Result<Named, Problem>)> {
    let folder = paths.config.join(Named::FOLDER);
    let named = |(name, text): (String, Result<String, Problem>)| {
        let read = text.and_then(|text| Named::parse(&text, &folder.join(&name).display().to_string()));
        (name.trim_end_matches(".toml").to_owned(), read)
    };
    files::texts(&folder, ".toml").into_iter().map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines::Dialect;
    use crate::engines::recipe::{Choices, Profile};
    use std::os::unix::fs::PermissionsExt;

    fn asked(model: &str) -> Asked {
        Asked {
            kind: EngineKind::Simulated,
            dialect: Some(Dialect::Vllm),
            model: model.to_owned(),
            program: None,
            ground: Err("none".to_owned()),
            choices: Choices { profile: Profile::Agents, ..Choices::default() },
        }
    }

    #[test]
    fn named_recipes_are_private_and_come_back() {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        let text = "engine = \"vllm\"\nmodel = \"m\"\n[[flag]]\nname = \"--api-key\"\nvalue = \"sk-1\"";
        let named = Named::parse(text, "x").unwrap();
        let (file, secrets) = save(&paths, "mine", &named).unwrap();
        assert_eq!(secrets, ["--api-key"]);
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!std::fs::read_to_string(&file).unwrap().contains("sk-1"));
        assert_eq!(load(&paths, "mine").unwrap().spec, named.spec.without_secrets());
        std::fs::write(file.with_file_name("broken.toml"), "x").unwrap();
        let all = list(&paths);
        assert!(all.len() == 2 && all[0].0 == "broken" && all[0].1.is_err() && all[1].1.is_ok());
        assert!(load(&paths, "other").unwrap_err().hint.contains("mine"));
        assert!(save(&paths, "../evil", &named).is_err());
    }

    #[test]
    fn the_users_rules_count_and_their_faults_are_said() {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        let folder = paths.config.join("profiles");
        std::fs::create_dir_all(&folder).unwrap();
        let rule = "engine = \"vllm\"\n[[rule]]\nid = \"mine\"\nnote = \"hello there\"";
        std::fs::write(folder.join("vllm.toml"), rule).unwrap();
        let recipe = compose(&paths, true, &asked("org/m")).unwrap();
        assert!(recipe.notes.iter().any(|note| note == "hello there"), "{recipe:?}");
        std::fs::write(folder.join("vllm.toml"), "purple = 1").unwrap();
        let recipe = compose(&paths, true, &asked("org/m")).unwrap();
        assert!(recipe.notes.iter().any(|note| note.contains("vllm.toml line 1")), "{recipe:?}");
        assert!(compose(&paths, true, &Asked { kind: EngineKind::Endpoint, ..asked("m") }).is_err());
    }

    #[test]
    fn releases_and_repositories() {
        for (text, is) in [("0.32.0+cpu", Some(Version(0, 32))), ("11669", None), ("0.33rc2", Some(Version(0, 33)))] {
            assert_eq!(release(text), is, "{text}");
        }
        let path = Path::new("/h/hub/models--Qwen--Qwen3-8B--x/snapshots/1");
        assert_eq!(cached(path).as_deref(), Some("Qwen/Qwen3-8B--x"));
    }
}
