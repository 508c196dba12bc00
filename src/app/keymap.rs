//! Keys as data: contexts, bindings, conflicts. The defaults are `presets/keys.toml`; a user's file is laid over them.

use crate::app::action::Action;
use crate::app::key::Key;
use crate::base::Problem;
use std::collections::BTreeMap;

/// The defaults, compiled in.
pub const DEFAULTS: &str = include_str!("../../presets/keys.toml");

/// Every context a binding may stand in, with what it is.
pub const CONTEXTS: &[(&str, &str)] = &[
    ("global", "everywhere"),
    ("menu", "in lists and dialogs"),
    ("menu.filter", "in lists with a filter"),
    ("card", "Card"),
    ("models", "Models"),
    ("models.filter", "Models: filter"),
    ("models.detail", "Models: detail"),
    ("models.compare", "Models: two compared"),
    ("models.together", "Models: several planned together"),
    ("models.cards.filter", "Models: menu of cards"),
    ("engines", "Engines"),
    ("engines.log", "Engines: log"),
    ("engines.log.input", "Engines: log search"),
    ("engines.dialog", "Engines: start dialog"),
    ("engines.dialog.choice", "Engines: a choice of the start dialog"),
    ("engines.dialog.input", "Engines: a field of the start dialog"),
    ("engines.doctor", "Engines: the doctor"),
    ("engines.ollama", "Engines: Ollama's models"),
    ("engines.installed", "Engines: what is installed"),
    ("engines.ollama.input", "Engines: a name being typed"),
    ("chat", "Chat"),
    ("chat.busy", "Chat: while an answer comes"),
    ("chat.transcript", "Chat: transcript"),
    ("chat.input", "Chat: composer"),
    ("chat.sampling", "Chat: sampling"),
    ("chat.sampling.input", "Chat: a value being typed"),
    ("chat.list", "Chat: conversations"),
    ("chat.list.input", "Chat: search in history"),
    ("chat.system.input", "Chat: system prompt"),
    ("chat.dialog", "Chat: dialogs"),
    ("chat.dialog.input", "Chat: a field of a dialog"),
    ("tools", "Tools"),
    ("tools.list", "Tools: the tools there are"),
    ("tools.knobs", "Tools: how an exchange is led"),
    ("tools.input", "Tools: the question"),
    ("tools.busy", "Tools: while an exchange goes on"),
    ("tools.tree", "Tools: what happened"),
    ("tools.ask", "Tools: a call waits for a yes"),
    ("tools.x-ray", "Tools: an answer looked through"),
    ("tools.targets", "Tools: whom to ask, servers to start"),
    ("tools.edit.input", "Tools: a definition being written"),
    ("tools.scores", "Tools: scores of suites"),
    ("structured", "Structured"),
    ("structured.list", "Structured: the constraints there are"),
    ("structured.knobs", "Structured: how the model is asked"),
    ("structured.input", "Structured: the question"),
    ("structured.busy", "Structured: while an answer comes"),
    ("structured.tree", "Structured: the tree"),
    ("structured.view", "Structured: text, verdict, request, cost"),
    ("structured.targets", "Structured: whom to ask"),
    ("structured.scores", "Structured: scores of suites"),
    ("structured.edit.input", "Structured: a constraint being written"),
    ("lab", "Lab"),
    ("lab.sampling", "Lab: sampling"),
    ("lab.sampling.answers", "Lab: sampling, the answers"),
    ("lab.sampling.tokens", "Lab: sampling, the tokens of an answer"),
    ("lab.sampling.targets", "Lab: sampling, whom to ask"),
    ("lab.sampling.input", "Lab: sampling, a field"),
    ("lab.probes", "Lab: probes"),
    ("lab.pooling", "Lab: pooling"),
];

/// Bindings by context.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Keymap {
    bindings: BTreeMap<&'static str, BTreeMap<Key, Action>>,
}

type Source = BTreeMap<String, BTreeMap<String, toml::Spanned<String>>>;

impl Keymap {
    /// The shipped keymap.
    ///
    /// # Errors
    /// Never for the shipped file; a test reads it.
    pub fn shipped() -> Result<Self, Problem> {
        let mut keymap = Self::default();
        match keymap.overlay(DEFAULTS, "presets/keys.toml").into_iter().next() {
            Some(problem) => Err(problem),
            None => Ok(keymap),
        }
    }

    /// Lays a file over this keymap: each binding replaces, `"none"` takes one away. Everything that can be used is;
    /// every fault is reported with file, line and what is allowed.
    pub fn overlay(&mut self, text: &str, file: &str) -> Vec<Problem> {
        let source: Source = match toml::from_str(text) {
            Ok(source) => source,
            Err(error) => return vec![broken(file, text, error.span().map_or(0, |s| s.start), error.message())],
        };
        let mut problems = Vec::new();
        for (context, bindings) in &source {
            let Some((context, _)) = CONTEXTS.iter().find(|(name, _)| name == context) else {
                let names: Vec<&str> = CONTEXTS.iter().map(|(name, _)| *name).collect();
                let at = text.find(context.as_str()).unwrap_or(0);
                problems.push(broken(file, text, at, &format!("`{context}` is no context: {}", names.join(", "))));
                continue;
            };
            let mut taken: BTreeMap<Key, &str> = BTreeMap::new();
            for (spelling, action) in bindings {
                match bind(spelling, action.get_ref(), &taken) {
                    Ok((key, action)) => {
                        taken.insert(key, spelling);
                        let map = self.bindings.entry(context).or_default();
                        match action {
                            Some(action) => map.insert(key, action),
                            None => map.remove(&key),
                        };
                    }
                    Err(why) => problems.push(broken(file, text, action.span().start, &why)),
                }
            }
        }
        problems
    }

    /// The action of a key in the innermost context that binds it. While typing, plain characters are looked up only
    /// in contexts of the text field itself.
    pub fn find(&self, contexts: &[&'static str], key: Key, typing: bool) -> Option<Action> {
        contexts
            .iter()
            .filter(|context| {
                !typing || key.typed().is_none() || context.ends_with(".input") || context.ends_with(".filter")
            })
            .find_map(|context| self.bindings.get(context)?.get(&key).copied())
    }

    /// Every binding of a context, by key.
    pub fn of(&self, context: &str) -> impl Iterator<Item = (Key, Action)> + '_ {
        self.bindings.get(context).into_iter().flatten().map(|(key, action)| (*key, *action))
    }

    /// The keys that lead to an action from these contexts, innermost first, leaving out those hidden by an inner one.
    pub fn keys_of(&self, contexts: &[&'static str], action: Action) -> Vec<Key> {
        let mut keys: Vec<Key> = contexts
            .iter()
            .flat_map(|context| self.of(context))
            .filter(|(key, found)| *found == action && self.find(contexts, *key, false) == Some(action))
            .map(|(key, _)| key)
            .collect();
        keys.dedup();
        keys
    }
}

fn bind(spelling: &str, action: &str, taken: &BTreeMap<Key, &str>) -> Result<(Key, Option<Action>), String> {
    let key = Key::parse(spelling)?;
    if let Some(other) = taken.get(&key) {
        return Err(format!("conflict: `{spelling}` and `{other}` are the same key"));
    }
    if action == "none" {
        return Ok((key, None));
    }
    let found = Action::from_name(action).ok_or_else(|| {
        let mut near: Vec<&str> = Action::all().map(Action::name).collect();
        near.sort_by_key(|name| distance(name, action));
        format!("`{action}` is no action; near it: {}; or \"none\"", near[..4.min(near.len())].join(", "))
    })?;
    Ok((key, Some(found)))
}

fn distance(a: &str, b: &str) -> usize {
    let common = a.chars().zip(b.chars()).take_while(|(x, y)| x == y).count();
    let tail = a.rsplit('.').next().unwrap_or(a);
    let same = usize::from(b.ends_with(tail)) * 8;
    100 + a.len().abs_diff(b.len()) - common.min(50) - same
}

fn broken(file: &str, text: &str, at: usize, why: &str) -> Problem {
    let line = text.as_bytes().iter().take(at).filter(|b| **b == b'\n').count() + 1;
    Problem::usage(
        format!("{file}, line {line}: a key binding cannot be used"),
        why.trim().to_owned(),
        "the other bindings hold; `vramdeck` shows all actions with Ctrl+P",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::action::Global;

    fn key(text: &str) -> Key {
        Key::parse(text).unwrap()
    }

    #[test]
    fn the_shipped_keymap_parses() {
        Keymap::shipped().unwrap();
    }

    #[test]
    fn the_innermost_context_wins_and_fields_swallow_letters() {
        let keymap = Keymap::shipped().unwrap();
        let quit = Some(Action::Global(Global::Quit));
        assert_eq!(keymap.find(&["card", "global"], key("q"), false), quit);
        assert_eq!(keymap.find(&["chat.input", "chat", "global"], key("q"), true), None);
        assert_eq!(
            keymap.find(&["chat.input", "chat", "global"], key("ctrl+p"), true),
            Some(Action::Global(Global::Palette))
        );
    }

    #[test]
    fn a_user_file_is_laid_over_and_faults_name_line_and_choices() {
        let mut keymap = Keymap::shipped().unwrap();
        let problems = keymap.overlay(
            "[global]\nq = \"none\"\nx = \"quit\"\ny = \"quti\"\n\"hyper+z\" = \"quit\"\n\"ctrl+b\" = \"quit\"\n\"Ctrl+B\" = \"help\"\n[nowhere]\na = \"quit\"\n",
            "keys.toml",
        );
        assert_eq!(keymap.find(&["global"], key("q"), false), None);
        assert_eq!(keymap.find(&["global"], key("x"), false), Some(Action::Global(Global::Quit)));
        let all: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(problems.len(), 4, "{all:#?}");
        for needle in ["line 4", "near it: quit", "hyper", "conflict", "`nowhere` is no context"] {
            assert!(all.iter().any(|problem| problem.contains(needle)), "{needle}: {all:#?}");
        }
    }

    #[test]
    fn a_broken_file_is_one_problem() {
        let problems = Keymap::default().overlay("[global]\nq = 3\n", "keys.toml");
        assert_eq!(problems.len(), 1);
        assert!(problems[0].what.contains("line 2"), "{:?}", problems[0]);
    }
}
