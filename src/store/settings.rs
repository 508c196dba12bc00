//! The general settings file, `config.toml` in the user's config folder.

use super::Paths;
use super::config::{self, Loaded};
use crate::base::Problem;
use serde::Deserialize;
use std::path::PathBuf;

/// The shipped defaults, which name every setting there is.
pub const DEFAULTS: &str = include_str!("../../presets/config.toml");

/// Settings of the deck as a whole.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct GeneralSettings {
    /// Samples of the card per second, 0.2 to 10.
    pub sample_hz: SampleHz,
    /// Minutes of card history kept, 1 to 120.
    pub history_minutes: HistoryMinutes,
    /// Name of the theme.
    pub theme: String,
    /// Draw with ASCII only.
    pub ascii: bool,
    /// Whether the deck takes the mouse.
    pub mouse: bool,
    /// Seconds between SIGTERM and SIGKILL when a run is stopped.
    pub stop_grace_seconds: GraceSeconds,
    /// GiB of each card that the desktop may hold, whatever models do, 0 to 1024.
    pub reserve_gib: ReserveGib,
    /// Folders with models, besides the engines' own caches.
    pub model_folders: Vec<PathBuf>,
    /// Where engines are, when not on PATH.
    pub engines: EnginePlaces,
}

/// Where each engine is; an empty path means that vramdeck looks for it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct EnginePlaces {
    /// vLLM.
    pub vllm: VenvPlace,
    /// llama-server.
    #[serde(rename = "llama.cpp")]
    pub llama_cpp: ProgramPlace,
    /// Ollama.
    pub ollama: ProgramPlace,
}

/// An engine that is one program.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ProgramPlace {
    /// Path of the program; empty: looked for on PATH.
    pub program: PathBuf,
}

/// An engine that lives in a Python environment.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct VenvPlace {
    /// Path of the program; empty: looked for in `venv`, then on PATH.
    pub program: PathBuf,
    /// Folder of the virtual environment; empty: none.
    pub venv: PathBuf,
}

macro_rules! bounded {
    ($(#[$doc:meta])* $name:ident, $number:ty, $low:literal, $high:literal, $unit:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Deserialize)]
        #[serde(try_from = "f64")]
        pub struct $name(pub $number);

        impl TryFrom<f64> for $name {
            type Error = String;
            fn try_from(value: f64) -> Result<Self, String> {
                if ($low..=$high).contains(&value) {
                    Ok(Self(value as $number))
                } else {
                    Err(format!("{value} is not between {} and {} {}", $low, $high, $unit))
                }
            }
        }
    };
}

bounded!(
    /// Samples per second.
    SampleHz, f64, 0.2, 10.0, "samples per second"
);
bounded!(
    /// Minutes of history.
    HistoryMinutes, f64, 1.0, 120.0, "minutes"
);
bounded!(
    /// Seconds of grace.
    GraceSeconds, f64, 0.0, 600.0, "seconds"
);

bounded!(
    /// GiB kept for the desktop.
    ReserveGib, f64, 0.0, 1024.0, "GiB"
);

impl GeneralSettings {
    /// Reads the user's `config.toml` over the defaults.
    ///
    /// # Errors
    /// Only when the shipped defaults are broken.
    pub fn load(paths: &Paths) -> Result<Loaded<Self>, Problem> {
        config::load(DEFAULTS, &paths.config.join("config.toml"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn shipped_defaults_fit_and_name_every_setting() {
        let loaded: Loaded<GeneralSettings> = config::overlay(DEFAULTS, "", Path::new("x")).unwrap();
        assert_eq!((loaded.value.sample_hz, loaded.value.history_minutes), (SampleHz(2.0), HistoryMinutes(10.0)));
        let again: Loaded<GeneralSettings> = config::overlay(DEFAULTS, DEFAULTS, Path::new("x")).unwrap();
        assert_eq!(again.problems, [], "no shipped key is unknown");
    }

    #[test]
    fn ranges_are_told() {
        let loaded: Loaded<GeneralSettings> = config::overlay(
            DEFAULTS,
            "sample_hz = 50\nstop_grace_seconds = 3\n[engines.vllm]\nvenv = \"/v\"\n",
            Path::new("config.toml"),
        )
        .unwrap();
        assert_eq!(loaded.problems.len(), 1);
        assert!(loaded.problems[0].why.contains("between 0.2 and 10 samples per second"), "{}", loaded.problems[0]);
        assert_eq!(loaded.value.stop_grace_seconds, GraceSeconds(3.0));
        assert_eq!(loaded.value.engines.vllm.venv, Path::new("/v"));
    }
}
