//! The flags of the start dialog: every flag of the engine's version, searchable, with its help, checked by type.

use crate::app::field::Field;
use crate::engines::FlagSetting;
use crate::engines::flags::{FlagKind, FlagSpec, FlagTable};
use std::sync::Arc;

/// The list of flags with the values set so far.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Flags {
    /// The table, once read.
    pub table: Option<Arc<FlagTable>>,
    /// Whether the installed engine's own help is still being read.
    pub reading: bool,
    /// What was typed to find a flag.
    pub search: Field,
    /// Index among the rows that match.
    pub selected: usize,
    /// First row shown.
    pub offset: usize,
    /// The value being typed, with what is wrong with it.
    pub editing: Option<(Field, Option<String>)>,
    /// The values set, in the order they were set.
    pub settings: Vec<FlagSetting>,
}

impl Flags {
    /// The field that takes letters now.
    pub fn field_mut(&mut self) -> &mut Field {
        match &mut self.editing {
            Some((field, _)) => field,
            None => &mut self.search,
        }
    }

    /// The field that takes letters now, for drawing.
    pub fn field(&self) -> &Field {
        self.editing.as_ref().map_or(&self.search, |(field, _)| field)
    }

    /// The rows that match the search: flags that are set first, then those that matter on one card, then the rest.
    pub fn rows(&self) -> Vec<&FlagSpec> {
        let Some(table) = &self.table else { return Vec::new() };
        let wanted: Vec<String> = self.search.text().split_whitespace().map(str::to_lowercase).collect();
        let mut rows: Vec<&FlagSpec> = table.flags.iter().filter(|spec| matches(spec, &wanted)).collect();
        rows.sort_by_key(|spec| {
            let named = wanted.iter().all(|word| spec.name().contains(word.as_str()));
            (self.setting(spec).is_none(), !named, !spec.common)
        });
        rows
    }

    /// What a flag is set to.
    pub fn setting(&self, spec: &FlagSpec) -> Option<&FlagSetting> {
        self.settings.iter().find(|set| is_of(set, spec))
    }

    /// The selected flag.
    pub fn current(&self) -> Option<&FlagSpec> {
        self.rows().get(self.selected).copied()
    }

    /// Moves the selection; tells whether it could move (so that leaving the list upwards is possible).
    pub fn step(&mut self, by: isize, height: usize) -> bool {
        let last = self.rows().len().saturating_sub(1);
        let to = self.selected.saturating_add_signed(by).min(last);
        let moved = to != self.selected;
        self.selected = to;
        self.offset = self.offset.min(to).max((to + 1).saturating_sub(height));
        moved
    }

    /// The search was typed into: back to the first row.
    pub fn search_changed(&mut self) {
        if self.editing.is_none() {
            (self.selected, self.offset) = (0, 0);
        }
    }

    /// Enter on a flag: a switch turns, a choice goes to its next, a value is edited or taken. Tells whether a setting
    /// changed.
    pub fn accept(&mut self) -> bool {
        let Some(spec) = self.current().cloned() else { return false };
        if let Some((field, _)) = &self.editing {
            let text = field.text().trim().to_owned();
            return match check(&spec, &text) {
                Ok(()) => {
                    self.editing = None;
                    self.set(&spec, text);
                    true
                }
                Err(why) => {
                    let field = field.clone();
                    self.editing = Some((field, Some(why)));
                    false
                }
            };
        }
        if spec.kind == FlagKind::Bool {
            self.turn(&spec);
            return true;
        }
        let now = self.setting(&spec).and_then(|set| set.value.clone());
        self.editing = Some((Field::with(now.unwrap_or_default()), None));
        false
    }

    /// A switch goes unset → on → off (where the engine has a `--no-…` for it) → unset.
    fn turn(&mut self, spec: &FlagSpec) {
        let name = spec.name().to_owned();
        let off = format!("--no-{}", name.trim_start_matches("--"));
        let has_off = spec.names.contains(&off);
        let next = match self.setting(spec).map(|set| set.flag.clone()) {
            None => Some(name),
            Some(flag) if flag != off && has_off => Some(off),
            Some(_) => None,
        };
        self.unset(spec);
        if let Some(flag) = next {
            self.settings.push(FlagSetting { flag, value: None });
        }
    }

    fn set(&mut self, spec: &FlagSpec, text: String) {
        self.unset(spec);
        if !text.is_empty() {
            self.settings.push(FlagSetting { flag: spec.name().to_owned(), value: Some(text) });
        }
    }

    fn unset(&mut self, spec: &FlagSpec) {
        self.settings.retain(|set| !is_of(set, spec));
    }

    /// Takes the selected flag's value away; tells whether there was one.
    pub fn clear(&mut self) -> bool {
        let Some(spec) = self.current().cloned() else { return false };
        let before = self.settings.len();
        self.editing = None;
        self.unset(&spec);
        before != self.settings.len()
    }

    /// The next (or previous) choice for a flag that has few, while its value is edited.
    pub fn choose(&mut self, forward: bool) -> bool {
        let Some(spec) = self.current().cloned().filter(|spec| !spec.choices.is_empty()) else { return false };
        let Some((field, why)) = &mut self.editing else { return false };
        let count = spec.choices.len();
        let at = spec.choices.iter().position(|choice| choice == field.text());
        let to = match (at, forward) {
            (None, true) => 0,
            (None, false) => count - 1,
            (Some(at), true) => (at + 1) % count,
            (Some(at), false) => (at + count - 1) % count,
        };
        *field = Field::with(&spec.choices[to]);
        *why = None;
        true
    }
}

fn is_of(set: &FlagSetting, spec: &FlagSpec) -> bool {
    spec.names.contains(&set.flag)
        || set.flag.strip_prefix("--no-").is_some_and(|rest| spec.name() == format!("--{rest}"))
}

fn matches(spec: &FlagSpec, wanted: &[String]) -> bool {
    wanted.iter().all(|word| {
        spec.names.iter().any(|name| name.to_lowercase().contains(word))
            || spec.group.to_lowercase().contains(word)
            || spec.help.as_ref().is_some_and(|help| help.to_lowercase().contains(word))
    })
}

/// Whether a value is of the flag's type; empty means unset.
pub fn check(spec: &FlagSpec, text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Ok(());
    }
    let good = match spec.kind {
        FlagKind::Bool => text.is_empty(),
        FlagKind::Int => text.parse::<i64>().is_ok(),
        FlagKind::Float => text.parse::<f64>().is_ok_and(f64::is_finite),
        FlagKind::Choice => spec.open || spec.choices.iter().any(|choice| choice == text),
        FlagKind::Json => serde_json::from_str::<serde_json::Value>(text).is_ok(),
        FlagKind::Size => is_size(text),
        FlagKind::Str | FlagKind::List => true,
    };
    if good || (spec.open && spec.choices.iter().any(|choice| choice == text)) {
        return Ok(());
    }
    Err(match spec.kind {
        FlagKind::Choice => format!("one of: {}", spec.choices.join(", ")),
        kind => format!("`{text}` is no {}", kind.name()),
    })
}

fn is_size(text: &str) -> bool {
    let digits = text.trim_end_matches(['k', 'K', 'm', 'M', 'g', 'G', 't', 'T']);
    text == "auto" || text == "-1" || (text.len() - digits.len() <= 1 && digits.parse::<f64>().is_ok_and(|n| n >= 0.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines::EngineKind;
    use crate::engines::flags::bundled;

    fn vllm() -> Flags {
        Flags { table: Some(Arc::new(bundled(EngineKind::Vllm).unwrap())), ..Flags::default() }
    }

    fn find(flags: &mut Flags, text: &str) {
        flags.search = Field::with(text);
        flags.search_changed();
    }

    #[test]
    fn search_finds_and_values_are_checked_by_type() {
        let mut flags = vllm();
        find(&mut flags, "max-num-seqs");
        assert_eq!(flags.current().unwrap().name(), "--max-num-seqs");
        assert!(!flags.accept(), "Enter opens the value");
        flags.editing = Some((Field::with("many"), None));
        assert!(!flags.accept());
        assert!(flags.editing.as_ref().unwrap().1.as_ref().unwrap().contains("number"), "says what is wrong");
        flags.editing = Some((Field::with("64"), None));
        assert!(flags.accept());
        assert_eq!(flags.settings, [FlagSetting { flag: "--max-num-seqs".into(), value: Some("64".into()) }]);
        assert!(flags.clear());
        assert!(flags.settings.is_empty());
    }

    #[test]
    fn a_switch_goes_on_off_unset() {
        let mut flags = vllm();
        find(&mut flags, "enable-prefix-caching");
        assert_eq!(flags.current().unwrap().name(), "--enable-prefix-caching");
        assert!(flags.accept());
        assert_eq!(flags.settings.len(), 1);
        let mut steps = 1;
        while !flags.settings.is_empty() {
            flags.accept();
            steps += 1;
            assert!(steps <= 3);
        }
    }

    #[test]
    fn sizes() {
        for (text, good) in [
            ("4096", true),
            ("32k", true),
            ("auto", true),
            ("-1", true),
            ("2.5G", true),
            ("kk", false),
            ("", false),
            ("-5", false),
        ] {
            assert_eq!(is_size(text), good, "{text}");
        }
    }
}
