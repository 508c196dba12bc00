//! The sampling pane: a selected parameter, a value being typed, presets.

use super::effect::Preset;
use crate::app::field::Field;
use crate::base::Problem;
use crate::lab::sampling::{self, Kind, Param, Setting, Settings};
use crate::wire::Dialect;

/// State of the sampling pane. The settings hold for the next request of any conversation.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sampling {
    /// What is set.
    pub settings: Settings,
    /// Index of the selected parameter.
    pub selected: usize,
    /// First row shown.
    pub offset: usize,
    /// The value being typed.
    pub editing: Option<Field>,
    /// Why what was typed cannot be taken.
    pub wrong: Option<Problem>,
    /// The presets there are.
    pub presets: Vec<Preset>,
    /// The preset loaded or saved last.
    pub preset: Option<String>,
    /// Whether the settings changed since they were handed to the store.
    pub unsaved: bool,
}

impl Sampling {
    /// The selected parameter.
    pub fn param(&self) -> Param {
        Param::ALL[self.selected.min(Param::ALL.len() - 1)]
    }

    /// Selects a parameter; a value being typed is given up.
    pub fn select(&mut self, index: usize) {
        self.selected = index.min(Param::ALL.len() - 1);
        self.editing = None;
        self.wrong = None;
    }

    /// Moves the selection.
    pub fn walk(&mut self, rows: isize) {
        self.select(self.selected.saturating_add_signed(rows));
    }

    /// Sets a parameter, or unsets it.
    pub fn set(&mut self, param: Param, value: Option<Setting>) {
        if self.settings.0.get(&param) != value.as_ref() {
            self.settings.set(param, value);
            self.unsaved = true;
        }
        self.wrong = None;
    }

    /// Moves the selected slider by steps.
    pub fn nudge(&mut self, steps: i32, dialect: Dialect) {
        let param = self.param();
        let value = self.settings.0.get(&param).cloned();
        self.set(param, sampling::nudge(param, value, steps, dialect));
    }

    /// Puts a slider to a place from 0 to 1, or left of its least: unset.
    pub fn drag(&mut self, param: Param, fraction: Option<f64>, dialect: Dialect) {
        if sampling::support(param, dialect).range().is_some() {
            self.set(param, fraction.and_then(|fraction| sampling::at_fraction(param, fraction, dialect)));
        }
    }

    /// Begins to type a value; flips a switch at once.
    pub fn edit(&mut self, dialect: Dialect) {
        let param = self.param();
        if sampling::support(param, dialect).range().is_none() {
            return;
        }
        let value = self.settings.0.get(&param).cloned();
        if param.kind() == Kind::Switch {
            let next = match value {
                None | Some(Setting::Switch(false)) => Setting::Switch(true),
                _ => Setting::Switch(false),
            };
            return self.set(param, Some(next));
        }
        self.editing = Some(value.map_or_else(Field::default, |value| Field::with(sampling::value::format(&value))));
    }

    /// Takes what was typed; what cannot be taken stays with the reason.
    pub fn accept(&mut self, dialect: Dialect) {
        let Some(field) = &self.editing else { return };
        let param = self.param();
        match sampling::value::parse(param, field.text(), dialect) {
            Ok(value) => {
                self.editing = None;
                self.set(param, value);
            }
            Err(problem) => self.wrong = Some(problem),
        }
    }

    /// Gives up what was typed.
    pub fn give_up(&mut self) {
        self.editing = None;
        self.wrong = None;
    }

    /// Loads a preset.
    pub fn load(&mut self, index: usize) {
        let Some(preset) = self.presets.get(index) else { return };
        self.unsaved |= self.settings != preset.settings;
        self.settings = preset.settings.clone();
        self.preset = Some(preset.name.clone());
        self.give_up();
    }

    /// The name of the preset in use, and whether the settings differ from it by now.
    pub fn preset(&self) -> Option<(&str, bool)> {
        let name = self.preset.as_deref()?;
        let preset = self.presets.iter().find(|preset| preset.name == name)?;
        Some((name, preset.settings != self.settings))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unset_lies_left_of_the_least() {
        let mut sampling = Sampling::default();
        sampling.nudge(1, Dialect::Vllm);
        assert_eq!(sampling.settings.real(Param::Temperature), Some(0.0));
        sampling.nudge(-1, Dialect::Vllm);
        assert_eq!(sampling.settings, Settings::default());
        sampling.drag(Param::Temperature, Some(0.5), Dialect::Vllm);
        assert_eq!(sampling.settings.real(Param::Temperature), Some(1.0));
        sampling.drag(Param::Temperature, None, Dialect::Vllm);
        assert_eq!(sampling.settings, Settings::default());
    }

    #[test]
    fn typed_values_are_checked() {
        let mut sampling = Sampling::default();
        sampling.edit(Dialect::Vllm);
        sampling.editing = Some(Field::with("9"));
        sampling.accept(Dialect::Vllm);
        assert!(sampling.wrong.is_some() && sampling.editing.is_some());
        sampling.editing = Some(Field::with("0.7"));
        sampling.accept(Dialect::Vllm);
        assert_eq!((sampling.settings.real(Param::Temperature), &sampling.wrong), (Some(0.7), &None));
        sampling.preset = Some("mine".into());
        sampling.presets.push(Preset { name: "mine".into(), settings: sampling.settings.clone(), shipped: false });
        assert_eq!(sampling.preset(), Some(("mine", false)));
        sampling.nudge(1, Dialect::Vllm);
        assert_eq!(sampling.preset(), Some(("mine", true)));
        sampling.load(0);
        assert_eq!(sampling.preset(), Some(("mine", false)));
    }

    #[test]
    fn what_is_not_there_cannot_be_moved() {
        let mut sampling = Sampling::default();
        sampling.select(Param::ALL.iter().position(|p| *p == Param::UseBeamSearch).unwrap());
        sampling.edit(Dialect::OpenAi);
        sampling.nudge(2, Dialect::OpenAi);
        sampling.drag(Param::UseBeamSearch, Some(1.0), Dialect::OpenAi);
        assert_eq!(sampling.settings, Settings::default());
    }
}
