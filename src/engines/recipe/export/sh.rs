//! A script for `sh`: environment, then the command, a flag a line.

use super::{Exported, Piece, needed, open_env, pieces, title};
use crate::base::text::is_flag;
use crate::engines::recipe::quote;
use crate::engines::{EngineKind, Plan};

pub(super) fn write(plan: &Plan) -> Exported {
    let pieces = pieces(plan, &plan.argv);
    let mut text = format!("#!/bin/sh\n# {}.\nset -eu\n", title(plan));
    let needed = needed(plan, &pieces);
    for name in &needed {
        text.push_str(&format!(": \"${{{name}:?set {name} before you start this}}\"\n"));
    }
    for (name, value) in open_env(plan) {
        text.push_str(&format!("export {name}={}\n", quote(value)));
    }
    let command = command(&pieces);
    if plan.engine == EngineKind::Ollama {
        let model = quote(&plan.model);
        let program = plan.argv.first().map(|program| quote(program)).unwrap_or_default();
        text.push_str(&format!(
            "{command} &\nserver=$!\ntrap 'kill \"$server\"' EXIT INT TERM\n\
             until {program} list >/dev/null 2>&1; do kill -0 \"$server\" || exit 1; sleep 1; done\n\
             {program} pull {model}\nwait \"$server\"\n"
        ));
    } else {
        text.push_str(&format!("exec {command}\n"));
    }
    let mut notes = vec!["run it with sh FILE; Ctrl-C ends it".to_owned()];
    if !needed.is_empty() {
        notes.push(format!("secrets are not written: set {} first", needed.join(", ")));
    }
    Exported { text, notes }
}

fn command(pieces: &[Piece]) -> String {
    let mut line = String::new();
    for (at, piece) in pieces.iter().enumerate() {
        let (word, flag) = match piece {
            Piece::Plain(word) => (quote(word), is_flag(word)),
            Piece::Secret(before, name) => (format!("{}\"${name}\"", bare(before)), !before.is_empty()),
        };
        if at > 0 {
            line.push_str(if flag { " \\\n  " } else { " " });
        }
        line.push_str(&word);
    }
    line
}

fn bare(before: &str) -> String {
    if before.is_empty() { String::new() } else { quote(before) }
}
