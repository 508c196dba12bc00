//! The user's presets of sampling settings, in `sampling.toml` of the configuration folder.

use crate::app::screens::chat::Preset;
use crate::base::Problem;
use crate::lab::sampling::{Presets, Settings};
use crate::store::{Paths, files};
use std::path::PathBuf;

/// The name of the file.
const FILE: &str = "sampling.toml";

fn path(paths: &Paths) -> PathBuf {
    paths.config.join(FILE)
}

fn users(paths: &Paths) -> Result<Presets, Problem> {
    let path = path(paths);
    match files::read_text(&path)? {
        Some(text) => Presets::parse(&text, &path.display().to_string()),
        None => Ok(Presets::default()),
    }
}

fn list(users: &Presets) -> Vec<Preset> {
    let all = users.with_shipped().0.into_iter();
    all.map(|(name, settings)| Preset { shipped: !users.0.contains_key(&name), name, settings }).collect()
}

/// The presets that ship with vramdeck.
pub(super) fn shipped() -> Vec<Preset> {
    list(&Presets::default())
}

/// All presets.
pub(super) fn load(paths: &Paths) -> Result<Vec<Preset>, Problem> {
    Ok(list(&users(paths)?))
}

/// Keeps settings under a name; answers with all presets.
pub(super) fn save(paths: &Paths, name: &str, settings: Settings) -> Result<Vec<Preset>, Problem> {
    let mut users = users(paths)?;
    users.save(name, settings)?;
    files::write_private(&path(paths), users.to_toml().as_bytes())?;
    Ok(list(&users))
}

/// Forgets a preset; answers with all presets.
pub(super) fn delete(paths: &Paths, name: &str) -> Result<Vec<Preset>, Problem> {
    let mut users = users(paths)?;
    users.delete(name);
    files::write_private(&path(paths), users.to_toml().as_bytes())?;
    Ok(list(&users))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::sampling::{Param, Setting};

    #[test]
    fn saved_presets_come_back_and_shipped_ones_stay() {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        let mut settings = Settings::default();
        settings.set(Param::Temperature, Some(Setting::Real(0.25)));
        save(&paths, "mine", settings.clone()).unwrap();
        let all = load(&paths).unwrap();
        assert!(all.contains(&Preset { name: "mine".into(), settings, shipped: false }), "{all:?}");
        assert!(all.iter().any(|preset| preset.shipped));
        assert_eq!(delete(&paths, "mine").unwrap(), shipped());
    }
}
