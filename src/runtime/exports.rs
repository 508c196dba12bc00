//! A launch as files that do it without vramdeck: what is known of the machine is looked up here, for the screen and the
//! commands alike.

use crate::base::Problem;
use crate::engines::flags::verify;
use crate::engines::litellm::RUNS;
use crate::engines::naming::is_valid;
use crate::engines::plan::{Given, Proxy, plan};
use crate::engines::recipe::{Export, export};
use crate::engines::{EngineKind, Found, Plan, Request, live};
use crate::store::{Paths, files};
use std::path::{Path, PathBuf};

/// The plan of a server of one's own; an engine that is not here is named by its usual name.
///
/// # Errors
/// When its flags cannot be used, or it would serve what is only here at this moment.
pub fn planned(paths: &Paths, request: &Request) -> Result<(Plan, Option<String>), Problem> {
    let spec = &request.spec;
    let found = live::find(paths, spec.engine, spec.program.as_deref());
    let found = found.unwrap_or_else(|_| Found { command: vec![usual(spec.engine).to_owned()], ..Found::default() });
    let table = live::flag_table(paths, spec.engine, &found)?;
    verify(spec.engine, &spec.flags, &table).or_else(|problem| match request.unchecked {
        true => Ok(Vec::new()),
        false => Err(problem),
    })?;
    if spec.engine == EngineKind::LiteLlm && spec.model == RUNS {
        let why = "runs stands for what is ready at this moment";
        return Err(Problem::usage("this launch cannot be exported", why, "name a configuration file instead"));
    }
    let free_port = match spec.engine {
        EngineKind::LlamaCpp => 8080,
        EngineKind::Ollama => 11_434,
        _ => 8000,
    };
    let version = found.version.clone();
    let given = Given {
        found,
        free_port,
        model_is_local: std::path::Path::new(&spec.model).exists(),
        simulated_card: paths.simulated_card().to_string_lossy().into_owned(),
        simulated_dialect: request.simulated_dialect,
        url: request.url.clone(),
        key: request.key.clone(),
        proxy: (spec.engine == EngineKind::LiteLlm)
            .then(|| Proxy { config: spec.model.clone(), first: spec.model.clone() }),
    };
    Ok((plan(spec, &given, &table)?, version))
}

fn usual(engine: EngineKind) -> &'static str {
    match engine {
        EngineKind::LlamaCpp => "llama-server",
        EngineKind::Ollama => "ollama",
        _ => "vllm",
    }
}

/// Writes a launch in every kind that it can be written in, readable by the user alone. Gives the files, and why there is none
/// of a kind.
///
/// # Errors
/// When it can be written in no kind, or a file cannot be written.
pub fn write(paths: &Paths, name: &str, request: &Request) -> Result<(Vec<PathBuf>, Vec<String>), Problem> {
    if !is_valid(name) {
        let why = "names are letters, digits, `.`, `_`, `-`, at most 64";
        return Err(Problem::usage(format!("no file can be called {name}"), why, "give the run another name"));
    }
    let (plan, version) = planned(paths, request)?;
    let folder = paths.data.join("exports");
    let (mut written, mut refused): (Vec<PathBuf>, Vec<Problem>) = (Vec::new(), Vec::new());
    for kind in Export::ALL {
        match export(kind, &plan, version.as_deref()) {
            Ok(file) => {
                let path = free(&folder, kind, name, &file.text);
                files::write_private(&path, file.text.as_bytes())?;
                written.push(path);
            }
            Err(problem) => refused.push(problem),
        }
    }
    if written.is_empty()
        && let Some(problem) = refused.pop()
    {
        return Err(problem);
    }
    Ok((written, refused.iter().map(|problem| format!("{}: {}", problem.what, problem.why)).collect()))
}

/// The path of a file with this text: one that is there with another text stays, and the next number is taken.
fn free(folder: &Path, kind: Export, name: &str, text: &str) -> PathBuf {
    let path = |number: u32| {
        let name = if number == 1 { name.to_owned() } else { format!("{name}-{number}") };
        folder.join(kind.file_name(&name))
    };
    let is_free = |path: &PathBuf| match std::fs::read(path) {
        Ok(there) => there == text.as_bytes(),
        Err(_) => !path.exists(),
    };
    (1..1000).map(path).find(is_free).unwrap_or_else(|| path(1000))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines::LaunchSpec;

    #[test]
    fn a_launch_is_written_in_every_kind_and_nothing_that_was_changed_is_lost() {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        let spec = LaunchSpec {
            engine: EngineKind::Vllm,
            model: "org/m".into(),
            name: None,
            port: Some(8123),
            program: None,
            flags: Vec::new(),
            env: vec![("HF_TOKEN".into(), "hf_secret".into())],
        };
        let request = Request { spec, url: None, key: None, simulated_dialect: None, unchecked: true };
        let (files, _) = write(&paths, "mine", &request).unwrap();
        let names = |files: &[PathBuf]| -> Vec<String> {
            files.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect()
        };
        assert_eq!(names(&files), ["mine.sh", "mine.compose.yaml", "mine.service"]);
        for file in &files {
            let text = std::fs::read_to_string(file).unwrap();
            assert!(text.contains("org/m") && !text.contains("hf_secret"), "{text}");
        }
        assert_eq!(write(&paths, "mine", &request).unwrap().0, files, "the same again is the same file");
        std::fs::write(&files[0], "changed by hand").unwrap();
        assert_eq!(names(&write(&paths, "mine", &request).unwrap().0)[0], "mine-2.sh");
        assert_eq!(std::fs::read_to_string(&files[0]).unwrap(), "changed by hand");
        assert_eq!(write(&paths, "../mine", &request).unwrap_err().exit_code(), 2);
    }
}
