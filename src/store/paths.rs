//! Where vramdeck's files lie.

use crate::base::Problem;
use std::path::{Path, PathBuf};

/// The folders of one user. Nothing is created by making this value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// Settings, keymap, themes and presets of the user.
    pub config: PathBuf,
    /// Conversations.
    pub data: PathBuf,
    /// Run records, logs.
    pub state: PathBuf,
    /// What can be made again: engine help texts.
    pub cache: PathBuf,
}

impl Paths {
    /// Folders from the environment: under `VRAMDECK_HOME` when set, else the platform's usual ones.
    ///
    /// # Errors
    /// When the user has no home directory.
    pub fn from_env() -> Result<Self, Problem> {
        if let Some(home) = std::env::var_os("VRAMDECK_HOME").filter(|home| !home.is_empty()) {
            return Ok(Self::under(Path::new(&home)));
        }
        let dirs = directories::ProjectDirs::from("", "", "vramdeck").ok_or_else(|| {
            Problem::failed(
                "no place for vramdeck's files",
                "this user has no home directory",
                "set HOME, or VRAMDECK_HOME to a folder",
            )
        })?;
        let data = dirs.data_local_dir().to_owned();
        Ok(Self {
            config: dirs.config_dir().to_owned(),
            state: dirs.state_dir().map_or_else(|| data.join("state"), Path::to_owned),
            cache: dirs.cache_dir().to_owned(),
            data,
        })
    }

    /// All folders below one.
    pub fn under(home: &Path) -> Self {
        Self {
            config: home.join("config"),
            data: home.join("data"),
            state: home.join("state"),
            cache: home.join("cache"),
        }
    }

    /// The same folders for the demo: its own data and state, so that simulated runs and conversations never mix with
    /// real ones; the user's settings stay.
    pub fn for_demo(&self) -> Self {
        Self { data: self.data.join("demo"), state: self.state.join("demo"), ..self.clone() }
    }

    /// Folder of run records: one folder a run.
    pub fn runs(&self) -> PathBuf {
        self.state.join("runs")
    }

    /// The database of conversations.
    pub fn database(&self) -> PathBuf {
        self.data.join("vramdeck.sqlite3")
    }

    /// Folder of the simulated card's state (claims of simulated engines).
    pub fn simulated_card(&self) -> PathBuf {
        self.state.join("simulated-card")
    }
}
