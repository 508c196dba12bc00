//! From a wish and what the machine has to the exact steps.

use super::record::is_version;
use super::{Build, Package, Recipe};
use crate::base::{Bytes, Problem, Reading};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What a person asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// Which package.
    pub package: Package,
    /// Which version; none: the newest known.
    pub version: Option<String>,
    /// Which build; none: by the machine.
    pub build: Option<Build>,
}

/// A Python that can make environments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Python {
    /// The interpreter itself, no shim of a version manager.
    pub path: PathBuf,
    /// Major and minor version.
    pub version: (u32, u32),
}

/// What matters of a machine.
#[derive(Debug, Clone, PartialEq)]
pub struct Machine {
    /// uv, when it is there.
    pub uv: Option<PathBuf>,
    /// Every usable Python, preferred ones first.
    pub pythons: Vec<Python>,
    /// Whether the driver shows an NVIDIA card.
    pub card: bool,
    /// Whether gcc, nm and readelf are there.
    pub compiler: bool,
    /// Bytes free where environments lie.
    pub free: Reading<Bytes>,
    /// Where downloads are kept until an install is through.
    pub cache: PathBuf,
}

impl Machine {
    /// The build that suits it: CUDA where a card is, else the processor. LiteLLM computes nothing.
    pub fn build(&self, package: Package) -> Build {
        if self.card && package == Package::Vllm { Build::Cuda } else { Build::Cpu }
    }
}

/// The stages of an install, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// An empty environment is made.
    Environment,
    /// Which packages are needed is worked out.
    Resolve,
    /// They are fetched and unpacked.
    Packages,
    /// What the packages lack is added.
    Adapt,
    /// Modules are compiled to byte code, so that the first start is quick.
    Compile,
    /// The installed program is asked for its version.
    Verify,
}

impl Stage {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Environment => "making the environment",
            Self::Resolve => "working out which packages",
            Self::Packages => "fetching and unpacking packages",
            Self::Adapt => "adding what the packages lack",
            Self::Compile => "compiling to byte code",
            Self::Verify => "asking the installed program for its version",
        }
    }
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Run a program.
    Run {
        /// Program and arguments.
        argv: Vec<String>,
        /// Variables set for it besides those of every step.
        env: Vec<(String, String)>,
        /// Whether its failure is no obstacle.
        may_fail: bool,
    },
    /// Write a file.
    Write {
        /// Where.
        path: PathBuf,
        /// What.
        text: String,
    },
    /// Remove a file or folder below the slot.
    Remove(PathBuf),
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// To which stage it belongs.
    pub stage: Stage,
    /// What it does.
    pub act: Act,
}

/// Everything that will be done, decided before anything is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstallPlan {
    /// Which package.
    pub package: Package,
    /// Which build.
    pub build: Build,
    /// Which version.
    pub version: String,
    /// The slot.
    pub slot: PathBuf,
    /// The Python it is made with.
    pub python: Python,
    /// The requirement.
    pub requirement: String,
    /// Bytes the environment will hold, and where the figure is from.
    pub disk: (Bytes, String),
    /// What the person should know.
    pub notes: Vec<String>,
    /// The steps.
    pub steps: Vec<Step>,
}

/// Variables that lead pip, uv or Python out of the environment; they are removed for every step.
pub const REMOVED: &[&str] = &[
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONUSERBASE",
    "PYTHONSTARTUP",
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "PIP_USER",
    "PIP_TARGET",
    "PIP_PREFIX",
    "PIP_ROOT",
    "PIP_REQUIREMENT",
    "PIP_CONSTRAINT",
    "PIP_DRY_RUN",
    "PIP_REQUIRE_VIRTUALENV",
    "PIP_PYTHON",
    "UV_PROJECT_ENVIRONMENT",
    "UV_SYSTEM_PYTHON",
    "UV_TARGET",
    "UV_PREFIX",
    "UV_PYTHON",
    "UV_BREAK_SYSTEM_PACKAGES",
    "UV_CONSTRAINT",
    "UV_OVERRIDE",
    "UV_REQUIRE_HASHES",
    "UV_NO_CACHE",
    "UV_OFFLINE",
];

/// Where the packages of a slot lie.
pub fn site(slot: &Path, python: &Python) -> PathBuf {
    let (major, minor) = python.version;
    slot.join(format!("venv/lib/python{major}.{minor}/site-packages"))
}

/// Works out the steps. `slot` is the folder to be made, which does not exist yet.
///
/// # Errors
/// When the version cannot be one or cannot be made this way, no Python fits, or the disk is too full.
pub fn plan(wish: &Wish, recipe: &Recipe, machine: &Machine, slot: &Path) -> Result<InstallPlan, Problem> {
    let version = version(wish, recipe)?;
    let python = python(recipe, machine)?;
    let slim = recipe.slim.as_ref().filter(|_| machine.compiler);
    let disk = Bytes(slim.map_or(recipe.disk_bytes, |slim| slim.disk_bytes));
    room(recipe, disk, machine)?;
    let work = Work { recipe, version: &version, python: &python, machine, slot, slim: slim.is_some() };
    let mut notes = Vec::new();
    if slim.is_some() {
        notes.push("CUDA libraries that a CPU run never calls are left out; stand-ins let torch load".to_owned());
    }
    if recipe.build == Build::Cpu && machine.card && recipe.engine == Package::Vllm {
        notes.push("this build computes on the processor and leaves the card alone; --cuda is for the card".to_owned());
    }
    Ok(InstallPlan {
        package: recipe.engine,
        build: recipe.build,
        requirement: work.requirement(),
        slot: slot.to_owned(),
        disk: (disk, recipe.disk_basis.clone()),
        notes,
        steps: work.steps(),
        python,
        version,
    })
}

fn version(wish: &Wish, recipe: &Recipe) -> Result<String, Problem> {
    let version = wish.version.clone().unwrap_or_else(|| recipe.version.clone());
    let title = recipe.engine.title();
    if !is_version(&version) {
        let why = "a version begins with a digit and has letters, digits and .+_!- only";
        return Err(Problem::usage(format!("{version} is no version"), why, format!("for example {}", recipe.version)));
    }
    if recipe.only_version && version != recipe.version {
        let why = format!("how the {} build is put together is known for {} only", recipe.build, recipe.version);
        let hint = format!(
            "leave --version out, or install it yourself and name it in config.toml (engines.{}.venv)",
            recipe.engine
        );
        return Err(Problem::usage(format!("{title} {version} cannot be installed"), why, hint));
    }
    Ok(version)
}

fn python(recipe: &Recipe, machine: &Machine) -> Result<Python, Problem> {
    let [least, most] = recipe.python;
    let fits = |python: &&Python| (least..=most).contains(&python.version);
    machine.pythons.iter().find(fits).cloned().ok_or_else(|| {
        let seen: Vec<String> =
            machine.pythons.iter().map(|one| format!("{}.{}", one.version.0, one.version.1)).collect();
        let why = match seen.is_empty() {
            true => "there is no Python with venv and ensurepip on this machine".to_owned(),
            false => format!("there is only {}", seen.join(", ")),
        };
        Problem::failed(
            format!("{} needs Python {}.{} to {}.{}", recipe.engine.title(), least.0, least.1, most.0, most.1),
            why,
            "install one by your distribution (python3-venv with it) or a version manager, then try again",
        )
    })
}

/// A tenth more than the environment holds, for what is unpacked by the way.
fn room(recipe: &Recipe, disk: Bytes, machine: &Machine) -> Result<(), Problem> {
    let needed = Bytes(disk.0.saturating_add(disk.0 / 10));
    match &machine.free {
        Ok(free) if *free < needed => Err(Problem::failed(
            format!("{} does not fit on the disk", recipe.engine.title()),
            format!("it needs {needed} ({}), {free} are free", recipe.disk_basis),
            "free some space, or set VRAMDECK_HOME to a folder on another disk",
        )),
        _ => Ok(()),
    }
}

/// What the steps are made from.
struct Work<'a> {
    recipe: &'a Recipe,
    version: &'a str,
    python: &'a Python,
    machine: &'a Machine,
    slot: &'a Path,
    slim: bool,
}

impl Work<'_> {
    fn requirement(&self) -> String {
        self.recipe.requirement.replace("{version}", self.version)
    }

    fn venv(&self, inside: &str) -> String {
        text(&self.slot.join("venv").join(inside))
    }

    fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        let needs_uv = !self.recipe.overrides.is_empty();
        let uv = match &self.machine.uv {
            Some(uv) => Some(text(uv)),
            None if needs_uv => Some(self.bring_uv(&mut steps)),
            None => None,
        };
        match uv {
            Some(uv) => self.by_uv(&uv, &mut steps),
            None => self.by_pip(&mut steps),
        }
        self.adapt(&mut steps);
        self.finish(&mut steps);
        steps
    }

    /// uv in a small environment of its own, which goes when all is done.
    fn bring_uv(&self, steps: &mut Vec<Step>) -> String {
        let tools = self.slot.join("tools");
        steps.push(run(Stage::Environment, [text(&self.python.path), "-m".into(), "venv".into(), text(&tools)]));
        let pip = [text(&tools.join("bin/python")), "-m".into(), "pip".into(), "install".into()];
        let rest = ["--retries", "1", "--timeout", "15", "uv"].map(str::to_owned);
        steps.push(run(Stage::Environment, pip.into_iter().chain(rest)));
        text(&tools.join("bin/uv"))
    }

    fn by_uv(&self, uv: &str, steps: &mut Vec<Step>) {
        let words =
            |rest: &[&str]| std::iter::once(uv.to_owned()).chain(rest.iter().map(|word| (*word).to_owned())).collect();
        let venv = text(&self.slot.join("venv"));
        steps.push(run(Stage::Environment, words(&["venv", "--python", &text(&self.python.path), &venv])));
        let overrides = self.slot.join("overrides.txt");
        let mut install: Vec<String> =
            words(&["pip", "install", "--python", &self.venv("bin/python"), &self.requirement()]);
        if let Some(slim) = self.recipe.slim.as_ref().filter(|_| self.slim) {
            install.extend(slim.with.iter().cloned());
        }
        if !self.recipe.overrides.is_empty() {
            steps.push(Step {
                stage: Stage::Resolve,
                act: Act::Write { path: overrides.clone(), text: self.overrides() },
            });
            install.extend(["--override".to_owned(), text(&overrides)]);
        }
        // Asked first with little patience: without a network it says so within seconds, and nothing is half done.
        let dry = install.iter().cloned().chain(["--dry-run".to_owned()]).collect();
        let hasty =
            vec![("UV_HTTP_RETRIES".to_owned(), "1".to_owned()), ("UV_HTTP_TIMEOUT".to_owned(), "15".to_owned())];
        steps.push(Step { stage: Stage::Resolve, act: Act::Run { argv: dry, env: hasty, may_fail: false } });
        steps.push(run(Stage::Packages, install));
    }

    fn overrides(&self) -> String {
        let mut lines = self.recipe.overrides.clone();
        if let Some(slim) = self.recipe.slim.as_ref().filter(|_| self.slim) {
            // A condition that never holds leaves a package out.
            lines.extend(slim.without.iter().map(|name| format!("{name}; python_version < '3'")));
        }
        lines.join("\n") + "\n"
    }

    fn by_pip(&self, steps: &mut Vec<Step>) {
        let venv = text(&self.slot.join("venv"));
        steps.push(run(Stage::Environment, [text(&self.python.path), "-m".into(), "venv".into(), venv]));
        let install = [self.venv("bin/python"), "-m".into(), "pip".into(), "install".into()];
        let manner = ["--no-compile", "--progress-bar", "raw", "--retries", "2", "--timeout", "20"].map(str::to_owned);
        steps.push(run(Stage::Packages, install.into_iter().chain(manner).chain([self.requirement()])));
    }

    fn adapt(&self, steps: &mut Vec<Step>) {
        let site = site(self.slot, self.python);
        if self.slim {
            let argv =
                ["sh".to_owned(), "-c".to_owned(), STAND_INS.to_owned(), "cuda-stand-ins".to_owned(), text(&site)];
            steps.push(run(Stage::Adapt, argv));
        }
        if let Some(shim) = &self.recipe.shim {
            let version = shim.version.replace("{version}", self.version);
            let folder = site.join(format!("{}-{version}.dist-info", shim.name));
            let metadata = format!("Metadata-Version: 2.1\nName: {}\nVersion: {version}\n", shim.name);
            for (name, text) in
                [("METADATA", metadata), ("INSTALLER", "vramdeck\n".to_owned()), ("RECORD", String::new())]
            {
                steps.push(Step { stage: Stage::Adapt, act: Act::Write { path: folder.join(name), text } });
            }
        }
    }

    fn finish(&self, steps: &mut Vec<Step>) {
        let site = site(self.slot, self.python);
        if !self.recipe.compile.is_empty() {
            let head =
                [self.venv("bin/python"), "-m".into(), "compileall".into(), "-q".into(), "-j".into(), "0".into()];
            let folders = self.recipe.compile.iter().map(|name| text(&site.join(name)));
            let argv = head.into_iter().chain(folders).collect();
            // Some packages hold templates that are no Python.
            steps.push(Step { stage: Stage::Compile, act: Act::Run { argv, env: Vec::new(), may_fail: true } });
        }
        for left in ["tools", "overrides.txt"] {
            steps.push(Step { stage: Stage::Compile, act: Act::Remove(self.slot.join(left)) });
        }
        steps.push(run(Stage::Verify, self.verify()));
    }

    fn verify(&self) -> [String; 2] {
        [self.venv(&format!("bin/{}", self.recipe.program)), "--version".to_owned()]
    }
}

const STAND_INS: &str = include_str!("../../../presets/engines/cuda-stand-ins.sh");

/// A step as one line, as a person would type it; a script is named instead of shown.
pub fn shown(act: &Act) -> String {
    match act {
        Act::Run { argv, env, .. } => {
            let set = env.iter().map(|(name, value)| format!("{name}={value}"));
            let words =
                argv.iter().map(|word| if word == STAND_INS { "«cuda-stand-ins.sh»".to_owned() } else { word.clone() });
            let words: Vec<String> = set.chain(words).collect();
            crate::engines::plan::shell_line(&words)
        }
        Act::Write { path, text } => format!("write {} ({} bytes)", path.display(), text.len()),
        Act::Remove(path) => format!("remove {}", path.display()),
    }
}

fn run(stage: Stage, argv: impl IntoIterator<Item = String>) -> Step {
    Step { stage, act: Act::Run { argv: argv.into_iter().collect(), env: Vec::new(), may_fail: false } }
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests;
