//! What was changed between two answers, so that the transcript can say so.

use super::tree::Conversation;
use super::turn::{Role, Turn, TurnId};
use crate::lab::sampling::{Param, Setting, Settings};
use std::collections::BTreeSet;

/// One parameter that differs; `None` is unset.
#[derive(Debug, Clone, PartialEq)]
pub struct SettingChange {
    /// The parameter.
    pub param: Param,
    /// Its value before.
    pub from: Option<Setting>,
    /// Its value after.
    pub to: Option<Setting>,
}

/// What differs between an answer and the one before it on the path.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The later answer; the marker stands before it.
    pub before: TurnId,
    /// Model before and after, when another answered.
    pub model: Option<(String, String)>,
    /// Parameters that differ.
    pub settings: Vec<SettingChange>,
}

impl Conversation {
    /// The changes along the active path, in order.
    pub fn changes(&self) -> Vec<Change> {
        changes_along(&self.path())
    }
}

/// The changes between consecutive answers of a path.
pub fn changes_along(path: &[&Turn]) -> Vec<Change> {
    let answers: Vec<&&Turn> = path.iter().filter(|turn| turn.role == Role::Assistant).collect();
    answers.windows(2).filter_map(|pair| change(pair[0], pair[1])).collect()
}

fn change(earlier: &Turn, later: &Turn) -> Option<Change> {
    let model = earlier.model.clone().zip(later.model.clone()).filter(|(from, to)| from != to);
    let settings = match (&earlier.settings, &later.settings) {
        (Some(from), Some(to)) => differences(from, to),
        _ => Vec::new(),
    };
    (model.is_some() || !settings.is_empty()).then_some(Change { before: later.id, model, settings })
}

/// The parameters in which two sets of settings differ.
pub fn differences(from: &Settings, to: &Settings) -> Vec<SettingChange> {
    let params: BTreeSet<Param> = from.0.keys().chain(to.0.keys()).copied().collect();
    let differs = |param: &Param| from.0.get(param) != to.0.get(param);
    params
        .into_iter()
        .filter(differs)
        .map(|param| SettingChange { param, from: from.0.get(&param).cloned(), to: to.0.get(&param).cloned() })
        .collect()
}

impl std::fmt::Display for Change {
    /// One line: `model a → b · temperature 0.7 → 0.9 · top_p unset → 0.9`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let model = self.model.iter().map(|(from, to)| format!("model {from} → {to}"));
        let settings = self.settings.iter().map(|change| {
            format!("{} {} → {}", as_text(&change.param), value(change.from.as_ref()), value(change.to.as_ref()))
        });
        f.write_str(&model.chain(settings).collect::<Vec<_>>().join(" · "))
    }
}

/// A setting as a person reads it.
fn value(setting: Option<&Setting>) -> String {
    setting.map_or_else(|| "unset".to_owned(), as_text)
}

/// The serialised name or value; strings without their quotes.
fn as_text<T: serde::Serialize>(thing: &T) -> String {
    match serde_json::to_value(thing) {
        Ok(serde_json::Value::String(text)) => text,
        Ok(value) => value.to_string(),
        Err(error) => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_between_two_answers_is_told_once() {
        let settings = |pairs: &[(Param, Setting)]| Settings(pairs.iter().cloned().collect());
        let warm =
            settings(&[(Param::Temperature, Setting::Real(0.9)), (Param::Stop, Setting::Strings(vec!["\n".into()]))]);
        let mut conversation = Conversation::new(1.0);
        let mut answer = |settings: &Settings, model: &str| {
            conversation.add_user("q", 2.0);
            let id = conversation.begin_answer(settings.clone(), model, 2.0).unwrap();
            conversation.cancel(id);
            (id, conversation.changes())
        };
        let cold = settings(&[(Param::Temperature, Setting::Real(0.5))]);
        assert_eq!(answer(&cold, "a").1, []);
        assert_eq!(answer(&cold, "a").1, []);
        let (id, changes) = answer(&warm, "b");
        assert_eq!(changes.len(), 1);
        assert_eq!(changes[0].before, id);
        assert_eq!(changes[0].to_string(), r#"model a → b · temperature 0.5 → 0.9 · stop unset → ["\n"]"#);
        assert_eq!(answer(&warm, "b").1.len(), 1);
    }
}
