//! The recipes vramdeck ships: which version of what, and how it is put together.

use super::{Build, Package};
use crate::base::Problem;
use serde::Deserialize;

const SHIPPED: &str = include_str!("../../../presets/engines/installs.toml");

/// How one build of a package is made.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Which package.
    pub engine: Package,
    /// Which build.
    pub build: Build,
    /// The newest version known to install.
    pub version: String,
    /// The requirement for pip or uv; `{version}` stands for the version.
    pub requirement: String,
    /// The program it brings, in `bin`.
    pub program: String,
    /// The module that must be there.
    pub imports: String,
    /// The least and the greatest Python, as major and minor number.
    pub python: [(u32, u32); 2],
    /// Bytes of the finished environment.
    pub disk_bytes: u64,
    /// Where that figure is from.
    pub disk_basis: String,
    /// Requirements that overrule those of the packages.
    #[serde(default)]
    pub overrides: Vec<String>,
    /// Metadata under another name, which the program asks for.
    #[serde(default)]
    pub shim: Option<Shim>,
    /// Modules that are compiled to byte code after the install.
    #[serde(default)]
    pub compile: Vec<String>,
    /// Whether no other version can be put together this way.
    #[serde(default)]
    pub only_version: bool,
    /// The smaller way, where a C compiler is at hand.
    #[serde(default)]
    pub slim: Option<Slim>,
}

/// Metadata under another name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shim {
    /// The name.
    pub name: String,
    /// The version; `{version}` stands for that of the package.
    pub version: String,
}

/// What is left out and what stands in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slim {
    /// Bytes of the finished environment.
    pub disk_bytes: u64,
    /// Packages that must be there all the same.
    pub with: Vec<String>,
    /// Packages left out.
    pub without: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shipped {
    recipe: Vec<Recipe>,
}

/// The recipe for a build of a package.
///
/// # Errors
/// When none is shipped; the hint names the builds there are.
pub fn known(package: Package, build: Build) -> Result<Recipe, Problem> {
    let all = all()?;
    let builds: Vec<&str> = all.iter().filter(|one| one.engine == package).map(|one| one.build.name()).collect();
    let names = builds.join(", ");
    let found = all.iter().find(|one| one.engine == package && one.build == build).cloned();
    found.ok_or_else(|| {
        let hint = if names.is_empty() {
            format!("vramdeck engines install {package} shows the way the system offers")
        } else {
            format!("builds that are known: {names}")
        };
        let what = format!("{} has no {build} build to install", package.title());
        Problem::usage(what, "vramdeck ships no recipe for it", hint)
    })
}

/// The newest version of a package that vramdeck knows to install, of the build or of any.
pub fn newest(package: Package, build: Option<Build>) -> Option<String> {
    let all = all().ok()?;
    let fits = |one: &&Recipe| one.engine == package && build.is_none_or(|build| one.build == build);
    all.iter().find(fits).map(|one| one.version.clone())
}

fn all() -> Result<Vec<Recipe>, Problem> {
    let broken = |error: toml::de::Error| {
        Problem::failed("the shipped recipes cannot be read", error.to_string(), "reinstall vramdeck")
    };
    toml::from_str::<Shipped>(SHIPPED).map(|shipped| shipped.recipe).map_err(broken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shipped_recipes_are_read_whole_and_no_key_is_unknown() {
        let all = all().unwrap();
        assert_eq!(all.len(), 3);
        for recipe in &all {
            assert!(recipe.requirement.contains("{version}"), "{recipe:?}");
            assert!(recipe.python[0] <= recipe.python[1] && recipe.disk_bytes > 100_000_000, "{recipe:?}");
            assert!(recipe.engine.is_own() && recipe.program == recipe.engine.program(), "{recipe:?}");
        }
        assert!(toml::from_str::<Shipped>(&SHIPPED.replace("imports =", "import =")).is_err());
    }

    #[test]
    fn what_is_not_shipped_is_told_with_what_is() {
        assert!(known(Package::Vllm, Build::Cpu).unwrap().slim.is_some());
        assert!(known(Package::LiteLlm, Build::Cuda).unwrap_err().hint.ends_with("known: cpu"));
        assert_eq!(newest(Package::Vllm, Some(Build::Cpu)).as_deref(), Some("0.32.0"));
        assert_eq!(newest(Package::Ollama, None), None);
    }
}
