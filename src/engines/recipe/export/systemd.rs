//! A unit for the user's own systemd.

use super::{Exported, Piece, needed, open_env, pieces, title};
use crate::engines::{EngineKind, Plan};

pub(super) fn write(plan: &Plan) -> Exported {
    let pieces = pieces(plan, &plan.argv);
    let needed = needed(plan, &pieces);
    let name = crate::engines::naming::from_model(&plan.name);
    let mut text = format!("[Unit]\nDescription={}\nAfter=network-online.target\n\n[Service]\n", percent(&title(plan)));
    for (name, value) in open_env(plan) {
        text.push_str(&format!("Environment={}\n", quoted(&format!("{name}={value}"), false)));
    }
    if !needed.is_empty() {
        text.push_str(&format!("EnvironmentFile=%h/.config/vramdeck/{name}.env\n"));
    }
    let words: Vec<String> = pieces.iter().enumerate().map(|(at, piece)| word(at, piece)).collect();
    text.push_str(&format!("ExecStart={}\n", words.join(" ")));
    if plan.engine == EngineKind::Ollama {
        // The unit counts as started before the server answers.
        let wait = "until \"$0\" list >/dev/null 2>&1; do sleep 1; done; exec \"$0\" pull \"$1\"";
        let program = plan.argv.first().map(|program| quoted(program, true)).unwrap_or_default();
        let (wait, model) = (quoted(wait, true), quoted(&plan.model, true));
        text.push_str(&format!("ExecStartPost=/bin/sh -c {wait} {program} {model}\n"));
    }
    // Weights may be fetched first: a start takes as long as it takes.
    text.push_str("TimeoutStartSec=infinity\nRestart=on-failure\nRestartSec=10\nKillMode=mixed\nTimeoutStopSec=60\n");
    text.push_str("\n[Install]\nWantedBy=default.target\n");
    let mut notes = vec![format!(
        "put it at ~/.config/systemd/user/{name}.service, then systemctl --user daemon-reload and systemctl --user enable --now {name}"
    )];
    if !needed.is_empty() {
        let lines = needed.iter().map(|name| format!("{name}=…")).collect::<Vec<_>>().join(", ");
        notes.push(format!(
            "secrets are not written: put {lines} into ~/.config/vramdeck/{name}.env, readable by you alone (chmod 600)"
        ));
    }
    if !plan.argv.first().is_some_and(|program| program.starts_with('/')) {
        notes.push("systemd does not search your PATH: give the program's full path in ExecStart".to_owned());
    }
    Exported { text, notes }
}

fn word(at: usize, piece: &Piece) -> String {
    match piece {
        // The program is no place for variables, and a dollar stays itself there.
        Piece::Plain(word) => quoted(word, at > 0),
        Piece::Secret(before, name) => format!("{}${{{name}}}", percent(before)),
    }
}

/// Specifiers begin with a per cent sign.
fn percent(text: &str) -> String {
    text.replace('%', "%%")
}

/// A word as systemd reads it: always in double quotes, with the escapes of C; a dollar doubled where variables are filled in.
fn quoted(word: &str, variables: bool) -> String {
    let mut text = String::from("\"");
    for c in word.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\t' => text.push_str("\\t"),
            '\r' => text.push_str("\\r"),
            '%' => text.push_str("%%"),
            '$' if variables => text.push_str("$$"),
            c if c.is_ascii_control() => text.push_str(&format!("\\x{:02x}", u32::from(c))),
            c if c.is_control() => text.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => text.push(c),
        }
    }
    text.push('"');
    text
}
