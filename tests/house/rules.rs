//! The rules of the house about who may name what, and the check of one file against them.

use crate::mentions::{Mention, mentions, module};
use crate::tokens::{Token, tokens};
use std::collections::BTreeSet;

/// One broken rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    pub rule: &'static str,
    pub file: String,
    pub line: usize,
    pub why: String,
}

impl std::fmt::Display for Breach {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "src/{}:{}: [{}] {}", self.file, self.line, self.rule, self.why)
    }
}

/// What each room may import besides itself; the order of the house. A room that is not listed here is none.
const ORDER: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("gpu", &["base"]),
    ("models", &["base"]),
    ("wire", &["base"]),
    ("store", &["base"]),
    ("engines", &["base", "gpu", "models", "wire", "store"]),
    ("lab", &["base", "models", "wire", "store"]),
    ("bench", &["base", "gpu", "models", "wire", "store", "engines", "lab"]),
    ("gateway", &["base", "gpu", "models", "wire", "store", "engines", "lab"]),
    ("app", &["base", "gpu", "models", "wire", "store", "engines", "lab", "bench", "gateway"]),
    ("ui", &["base", "gpu", "models", "wire", "store", "engines", "lab", "bench", "gateway", "app"]),
    ("runtime", &["base", "gpu", "models", "wire", "store", "engines", "lab", "bench", "gateway", "app", "ui"]),
    ("cli", &["base", "gpu", "models", "wire", "store", "engines", "lab", "bench", "gateway", "app", "ui", "runtime"]),
];

/// Rooms that may hold what `store` keeps, but not reach for the disk: of `store` they see only what its plain modules
/// declare, by the module or by the name that `store` gives it. Those modules touch neither disk nor database.
const STORE_TYPES_ONLY: &[&str] = &["lab", "app", "ui"];
const STORE_PLAIN: &[&str] = &["records", "settings"];

/// Rooms that may name a `live` module besides other `live` modules.
const LIVE_FROM: &[&str] = &["runtime", "cli"];

/// Crates and modules that only some places may name. `*/live` is every file in or named `live`.
const CONFINED: &[(&[&str], &[&str])] = &[
    (&["reqwest"], &["*/live"]),
    (&["ratatui"], &["ui", "runtime", "app/editor"]),
    (&["tui_textarea"], &["ui", "runtime", "app/editor"]),
    (&["crossterm", "ratatui::crossterm"], &["runtime"]),
    (&["nvml_wrapper", "nvml_wrapper_sys"], &["gpu/live"]),
    (&["rusqlite", "rusqlite_migration"], &["store"]),
    (&["axum"], &["engines/simulated/live", "gateway/live"]),
    (&["sysinfo"], &["*/live"]),
    (&["directories"], &["*/live", "store"]),
    (&["arboard"], &["runtime"]),
    (&["nix"], &["*/live", "store", "runtime", "cli"]),
];

/// The outside world, and the places where it may be touched. Test code may, to set its stage.
const OUTSIDE: &[&str] =
    &["std::fs", "std::net", "std::os::unix::net", "std::process", "tokio::fs", "tokio::net", "tokio::process"];
const OUTSIDE_FROM: &[&str] = &["*/live", "store", "runtime", "cli"];
/// Plain data that happens to live in those modules.
const PLAIN: &[&str] = &[
    "std::net::IpAddr",
    "std::net::Ipv4Addr",
    "std::net::Ipv6Addr",
    "std::net::SocketAddr",
    "std::net::AddrParseError",
    "std::process::ExitCode",
];

/// Names that the plain modules of `store` declare, out of all sources (paths below `src`, texts).
pub fn store_types<'a>(sources: impl IntoIterator<Item = (&'a str, &'a str)>) -> BTreeSet<String> {
    let texts = sources.into_iter().filter(|(file, _)| is_plain(&module(file))).map(|(_, text)| tokens(text));
    texts.flat_map(|tokens| declared(&tokens)).chain(STORE_PLAIN.iter().map(|name| (*name).to_owned())).collect()
}

fn is_plain(place: &[String]) -> bool {
    matches!(place, [room, name, ..] if room == "store" && STORE_PLAIN.contains(&name.as_str()))
}

fn declared(tokens: &[Token]) -> Vec<String> {
    let public = tokens.windows(3).filter_map(|window| match window {
        [public, kind, name] if public.text == "pub" => Some((kind.text.as_str(), name.text.clone())),
        _ => None,
    });
    public.filter(|(kind, _)| ["struct", "enum", "type", "const"].contains(kind)).map(|(_, name)| name).collect()
}

/// Every rule that `source` breaks, as the file `file` below `src`; `plain` is what `store_types` gave.
pub fn breaches(file: &str, source: &str, plain: &BTreeSet<String>) -> Vec<Breach> {
    let place = module(file);
    let Some(room) = place.first() else { return Vec::new() };
    if !ORDER.iter().any(|(name, _)| name == room) {
        let why =
            format!("`{room}` is no room of the house; its rooms stand in src/lib.rs and in tests/house/rules.rs");
        return vec![Breach { rule: "unknown room", file: file.to_owned(), line: 1, why }];
    }
    let found = mentions(source, &place);
    let each = found.iter().flat_map(|mention| {
        [order(room, mention), store(&place, mention, plain), live(&place, mention), confined(&place, mention)]
            .into_iter()
            .chain([outside(&place, mention)])
            .flatten()
            .map(|(rule, why)| Breach { rule, file: file.to_owned(), line: mention.line, why })
    });
    each.collect()
}

type Broken = Option<(&'static str, String)>;

fn order(room: &str, mention: &Mention) -> Broken {
    let other = room_of(mention)?;
    let (_, below) = ORDER.iter().find(|(name, _)| *name == room)?;
    let known = ORDER.iter().any(|(name, _)| *name == other);
    (known && other != room && !below.contains(&other)).then(|| {
        let below = if below.is_empty() { "no other room".to_owned() } else { below.join(", ") };
        ("room order", format!("`{room}` imports `{}`; it may import {below}", mention.path.join("::")))
    })
}

fn store(place: &[String], mention: &Mention, plain: &BTreeSet<String>) -> Broken {
    let room = place.first().map_or("", String::as_str);
    let told = mention.path.join("::");
    let inner = mention.path.get(2).map_or("", String::as_str);
    if STORE_TYPES_ONLY.contains(&room) && room_of(mention) == Some("store") && !plain.contains(inner) {
        let modules = STORE_PLAIN.join(" and ");
        return Some((
            "store types only",
            format!("`{room}` names `{told}`; of `store` it may name what {modules} declare"),
        ));
    }
    let touches = OUTSIDE.iter().chain(&["rusqlite"]).any(|name| covers(name, &mention.path));
    (is_plain(place) && touches && !mention.test)
        .then(|| ("store types only", format!("a plain module of `store` names `{told}`")))
}

fn live(place: &[String], mention: &Mention) -> Broken {
    let foreign = mention.path.first().is_some_and(|first| first != "crate" && !is_live(first));
    let room = place.first().map_or("", String::as_str);
    let allowed = LIVE_FROM.contains(&room) || place.iter().any(|part| is_live(part));
    (!foreign && !allowed && mention.path.iter().any(|part| is_live(part))).then(|| {
        let why = format!("`{}` is named outside live files, runtime and cli", mention.path.join("::"));
        ("live from live", why)
    })
}

fn confined(place: &[String], mention: &Mention) -> Broken {
    let hit = |(names, places): &&(&[&str], &[&str])| {
        names.iter().any(|name| covers(name, &mention.path)) && !places.iter().any(|allowed| within(place, allowed))
    };
    CONFINED.iter().find(hit).map(|(_, places)| {
        ("crate confined", format!("`{}` belongs in {} only", mention.path.join("::"), places.join(", ")))
    })
}

fn outside(place: &[String], mention: &Mention) -> Broken {
    let test = mention.test || place.iter().any(|part| part == "tests");
    let touches = OUTSIDE.iter().any(|name| covers(name, &mention.path));
    let plain = PLAIN.iter().any(|name| mention.path.join("::").starts_with(name));
    (touches && !plain && !test && !OUTSIDE_FROM.iter().any(|allowed| within(place, allowed))).then(|| {
        let why =
            format!("`{}` touches the outside; that belongs in {}", mention.path.join("::"), OUTSIDE_FROM.join(", "));
        ("I/O confined", why)
    })
}

fn room_of(mention: &Mention) -> Option<&str> {
    let first = mention.path.first()?;
    (first == "crate").then(|| mention.path.get(1).map(String::as_str)).flatten()
}

fn is_live(part: &str) -> bool {
    part == "live" || part.starts_with("live_")
}

fn within(place: &[String], allowed: &str) -> bool {
    let mut parts = place.iter();
    allowed == "*/live" && place.iter().any(|part| is_live(part))
        || allowed
            .split('/')
            .all(|want| parts.next().is_some_and(|part| part == want || want == "live" && is_live(part)))
}

/// Whether `path` names `name`, something in it, or brings it in with a glob.
fn covers(name: &str, path: &[String]) -> bool {
    let mut wanted = name.split("::");
    for part in path {
        match wanted.next() {
            None => return true,
            Some(want) if want == part => {}
            Some(_) => return part == "*",
        }
    }
    wanted.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::{breaches, store_types};
    use std::collections::BTreeSet;

    fn rules(file: &str, source: &str) -> Vec<&'static str> {
        let store = [
            ("store/records.rs", "pub struct TurnRow; struct Hidden; pub fn load() {}"),
            ("store/db.rs", "pub struct Db;"),
        ];
        breaches(file, source, &store_types(store)).into_iter().map(|breach| breach.rule).collect()
    }

    #[test]
    fn each_rule_fires() {
        for (file, source, rule) in [
            ("base/units.rs", "use crate::gpu::Card;", "room order"),
            ("gpu/mod.rs", "use crate::wire::Event;", "room order"),
            ("wire/sse.rs", "fn f(a: crate::store::Paths) {}", "room order"),
            ("engines/run.rs", "use crate::{base::Problem, lab::chat::Turn};", "room order"),
            ("lab/chat/mod.rs", "use super::super::engines::Run;", "room order"),
            ("bench/mod.rs", "use crate::gateway::Route;", "room order"),
            ("app/update.rs", "use crate::ui::theme::Theme;", "room order"),
            ("ui/view.rs", "use crate::runtime;", "room order"),
            ("runtime/mod.rs", "use crate::cli::output;", "room order"),
            ("helpers/mod.rs", "", "unknown room"),
            ("app/model.rs", "use crate::store::Paths;", "store types only"),
            ("lab/chat/export.rs", "use crate::store::*;", "store types only"),
            ("lab/chat/export.rs", "use crate::store::load;", "store types only"),
            ("app/model.rs", "use crate::store::{Db, TurnRow};", "store types only"),
            ("store/records.rs", "use rusqlite::Row;", "store types only"),
            ("store/settings.rs", "fn f() { std::fs::read(x) }", "store types only"),
            ("engines/plan.rs", "use crate::engines::live::spawn;", "live from live"),
            ("engines/mod.rs", "pub use live::Keeper;", "live from live"),
            ("app/update.rs", "fn f() { crate::gpu::live::nvml::read() }", "live from live"),
            ("wire/request.rs", "use reqwest::Client;", "crate confined"),
            ("app/screens/card.rs", "use ratatui::layout::Rect;", "crate confined"),
            ("app/keymap.rs", "use crossterm::event::KeyCode;", "crate confined"),
            ("ui/view.rs", "use ratatui::crossterm::event::KeyCode;", "crate confined"),
            ("engines/live/keeper.rs", "use nvml_wrapper::Nvml;", "crate confined"),
            ("lab/chat/search.rs", "use rusqlite::Connection;", "crate confined"),
            ("wire/live.rs", "use axum::Router;", "crate confined"),
            ("engines/plan.rs", "use std::fs;", "I/O confined"),
            ("engines/plan.rs", "use std::{io, process::Command};", "I/O confined"),
            ("engines/plan.rs", "use std::*;", "I/O confined"),
            ("ui/theme.rs", "fn f() { std::fs::read(x) }", "I/O confined"),
            ("wire/sse.rs", "use tokio::{net::TcpStream, sync::mpsc};", "I/O confined"),
        ] {
            assert_eq!(rules(file, source), [rule], "{file}: {source}");
        }
    }

    #[test]
    fn what_the_house_allows_passes() {
        for (file, source) in [
            ("base/units.rs", "use crate::base::Problem; use std::fmt; use std::io::Write;"),
            ("engines/run.rs", "use crate::{base::Problem, gpu::Card, store::Paths, wire::Endpoint};"),
            ("lab/chat/mod.rs", "use crate::store::records::Turn; use crate::store::TurnRow; use crate::wire::Event;"),
            ("engines/live/spawn.rs", "use std::process::Command; use super::super::plan; use crate::gpu::live::nvml;"),
            ("engines/simulated/live/server.rs", "use axum::Router; use tokio::net::TcpListener;"),
            ("gpu/live.rs", "use nvml_wrapper::Nvml;"),
            ("runtime/mod.rs", "use crate::gpu::live::Sampler; use crossterm::event; use ratatui::Terminal;"),
            ("cli/gpu.rs", "use crate::gpu::live::Sampler; use std::process::ExitCode;"),
            ("app/editor.rs", "use tui_textarea::TextArea;"),
            ("engines/spec.rs", "use std::net::{IpAddr, SocketAddr};"),
            ("engines/plan.rs", "#[cfg(test)] mod tests { use std::fs; }"),
            ("engines/plan/tests.rs", "use std::fs;"),
            ("engines/plan.rs", "// use crate::ui;\nconst A: &str = \"std::fs::read\";"),
            ("gpu/card.rs", "let live = tokio::sync::mpsc::channel::<u8>(1);"),
            ("main.rs", "fn main() { vramdeck::cli::main() }"),
            ("lib.rs", "pub mod app;"),
        ] {
            assert_eq!(rules(file, source), [""; 0], "{file}: {source}");
        }
    }

    #[test]
    fn a_breach_says_where_and_why() {
        let told: Vec<String> = breaches("gpu/mod.rs", "\n\nuse crate::ui::Theme;", &BTreeSet::new())
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(told, ["src/gpu/mod.rs:3: [room order] `gpu` imports `crate::ui::Theme`; it may import base"]);
    }
}
