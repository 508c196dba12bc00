//! A recipe kept under a name: a TOML file of the user, without secrets.

use super::{Extra, Profile};
use crate::base::{Problem, secret::is_secret_name, text};
use crate::engines::{EngineKind, FlagSetting, LaunchSpec};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A recipe under a name.
#[derive(Debug, Clone, PartialEq)]
pub struct Named {
    /// What is asked for.
    pub spec: LaunchSpec,
    /// The profile it was composed with.
    pub profile: Option<Profile>,
    /// What was chosen beside it.
    pub extras: Vec<Extra>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    engine: EngineKind,
    model: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    profile: Option<Profile>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    with: Vec<Extra>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    port: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    program: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    flag: Vec<Pair>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    env: Vec<Pair>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pair {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<String>,
}

impl Named {
    /// The folder of the files, in the folder of the settings.
    pub const FOLDER: &'static str = "recipes";

    /// The name of the file of a recipe.
    ///
    /// # Errors
    /// When the name cannot be one.
    pub fn file(name: &str) -> Result<String, Problem> {
        if crate::engines::naming::is_valid(name) {
            return Ok(format!("{name}.toml"));
        }
        Err(Problem::usage(
            format!("a recipe cannot be called `{name}`"),
            "names are letters, digits, `.`, `_`, `-`, at most 64",
            crate::engines::naming::from_model(name),
        ))
    }

    /// The file's text, and the names of secrets that it leaves out.
    ///
    /// # Errors
    /// When it cannot be written as TOML.
    pub fn to_toml(&self) -> Result<(String, Vec<String>), Problem> {
        let spec = &self.spec;
        let flags = spec.flags.iter().map(|set| &set.flag);
        let secrets: Vec<String> =
            flags.chain(spec.env.iter().map(|(name, _)| name)).filter(|name| is_secret_name(name)).cloned().collect();
        let open = spec.without_secrets();
        let file = File {
            engine: open.engine,
            model: open.model,
            profile: self.profile,
            with: self.extras.clone(),
            name: open.name,
            port: open.port,
            program: open.program,
            flag: open.flags.into_iter().map(|set| Pair { name: set.flag, value: set.value }).collect(),
            env: open.env.into_iter().map(|(name, value)| Pair { name, value: Some(value) }).collect(),
        };
        let text = toml::to_string(&file).map_err(|error| {
            Problem::failed("the recipe cannot be written", error.to_string(), "this is a fault of vramdeck")
        })?;
        Ok((text, secrets))
    }

    /// Reads a file's text; `file` is its name, for messages.
    ///
    /// # Errors
    /// With the line that cannot be read, or what cannot be launched.
    pub fn parse(text: &str, file: &str) -> Result<Self, Problem> {
        let read: File = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| text.bytes().take(span.start).filter(|b| *b == b'\n').count() + 1);
            let why = error.message().lines().next().unwrap_or_default().to_owned();
            Problem::usage(
                format!("{file} line {line} cannot be read"),
                why,
                "vramdeck launch … --save NAME writes such a file",
            )
        })?;
        let refused =
            |why: String| Err(Problem::usage(format!("{file} cannot be used"), why, "mend that line, or save it anew"));
        if let Some(flag) = read.flag.iter().find(|flag| !text::is_flag(&flag.name)) {
            return refused(format!("`{}` is no flag", flag.name));
        }
        if let Some(one) = read.env.iter().find(|one| one.name.is_empty() || one.name.contains(['=', '\0'])) {
            return refused(format!("`{}` is no variable", one.name));
        }
        let values = read.flag.iter().chain(&read.env).filter_map(|pair| pair.value.as_ref());
        if values.chain([&read.model]).any(|value| value.contains('\0')) {
            return refused("a value holds a zero byte".to_owned());
        }
        let spec = LaunchSpec {
            engine: read.engine,
            model: read.model,
            name: read.name,
            port: read.port,
            program: read.program,
            flags: read.flag.into_iter().map(|pair| FlagSetting { flag: pair.name, value: pair.value }).collect(),
            env: read.env.into_iter().map(|pair| (pair.name, pair.value.unwrap_or_default())).collect(),
        };
        Ok(Self { spec, profile: read.profile, extras: read.with })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named() -> Named {
        let set = |flag: &str, value: Option<&str>| FlagSetting { flag: flag.into(), value: value.map(str::to_owned) };
        let spec = LaunchSpec {
            engine: EngineKind::Vllm,
            model: "org/m".into(),
            name: None,
            port: Some(8001),
            program: Some("/x".into()),
            flags: vec![
                set("--max-num-seqs", Some("4")),
                set("--enforce-eager", None),
                set("--hf-overrides", Some("{\"a\":\n1}")),
            ],
            env: vec![("A".into(), "b c".into())],
        };
        Named { spec, profile: Some(Profile::LongContext), extras: vec![Extra::CpuOffload] }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let (text, secrets) = named().to_toml().unwrap();
        assert_eq!((Named::parse(&text, "x").unwrap(), secrets), (named(), Vec::<String>::new()), "{text}");
    }

    #[test]
    fn secrets_are_left_out_and_named() {
        let mut with = named();
        with.spec.flags.push(FlagSetting { flag: "--api-key".into(), value: Some("sk-1".into()) });
        with.spec.env.push(("HF_TOKEN".into(), "hf_1".into()));
        let (text, secrets) = with.to_toml().unwrap();
        assert!(!text.contains("sk-1") && !text.contains("hf_1"), "{text}");
        assert_eq!(secrets, ["--api-key", "HF_TOKEN"]);
        assert_eq!(Named::parse(&text, "x").unwrap(), named());
    }

    #[test]
    fn wrong_files_are_told_with_the_line() {
        for (text, says) in [
            ("engine = \"vllm\"\nmodel = \"m\"\npurple = 1", "line 3"),
            ("engine = \"purple\"\nmodel = \"m\"", "line 1"),
            ("engine = \"vllm\"", "model"),
            ("engine = \"vllm\"\nmodel = \"m\"\n[[flag]]\nname = \"x\"", "no flag"),
            ("engine = \"vllm\"\nmodel = \"m\"\n[[env]]\nname = \"A=B\"", "no variable"),
            ("engine = \"vllm\"\nmodel = \"m\\u0000\"", "zero byte"),
        ] {
            let problem = Named::parse(text, "mine.toml").unwrap_err().to_string();
            assert!(problem.contains(says), "{text}: {problem}");
        }
        for name in ["../x", "", ".x", "a b"] {
            assert!(Named::file(name).is_err(), "{name}");
        }
    }
}
