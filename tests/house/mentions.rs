//! Every path that a source file names, in `use` trees and inline, made absolute.

use crate::tokens::{Token, tokens};

/// One path, as `["crate", "ui", "theme"]` or `["std", "fs", "read"]`; a glob ends in `*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    pub path: Vec<String>,
    pub line: usize,
    /// Inside an item under `#[cfg(test)]`.
    pub test: bool,
}

/// The module path of a file below `src`: `gpu/live/nvml.rs` gives `["gpu", "live", "nvml"]`.
pub fn module(file: &str) -> Vec<String> {
    let mut path: Vec<String> = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if path.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str())) {
        path.pop();
    }
    path
}

/// All paths that `source`, the text of the module `module`, names.
pub fn mentions(source: &str, module: &[String]) -> Vec<Mention> {
    let mut walk =
        Walk { tokens: tokens(source), at: 0, module, blocks: Vec::new(), test_ahead: false, found: Vec::new() };
    while walk.at < walk.tokens.len() {
        walk.step();
    }
    walk.found
}

struct Block {
    module: Option<String>,
    test: bool,
}

struct Walk<'a> {
    tokens: Vec<Token>,
    at: usize,
    module: &'a [String],
    blocks: Vec<Block>,
    /// `#[cfg(test)]` was read and its item has not begun.
    test_ahead: bool,
    found: Vec<Mention>,
}

impl Walk<'_> {
    fn text(&self, index: usize) -> &str {
        self.tokens.get(index).map_or("", |token| token.text.as_str())
    }

    fn behind(&self, count: usize) -> &str {
        self.at.checked_sub(count).map_or("", |index| self.text(index))
    }

    fn step(&mut self) {
        match self.text(self.at) {
            "{" => self.open(),
            "}" => drop(self.blocks.pop()),
            ";" => self.test_ahead = false,
            "#" if self.cfg_test() => self.test_ahead = true,
            "use" if self.text(self.at + 1) != "<" => return self.import(),
            word if is_name(word) && self.text(self.at + 1) == "::" && self.path_starts() => return self.inline(),
            _ => {}
        }
        self.at += 1;
    }

    fn cfg_test(&self) -> bool {
        (1..).zip(["[", "cfg", "(", "test", ")", "]"]).all(|(ahead, want)| self.text(self.at + ahead) == want)
    }

    fn open(&mut self) {
        let module = (self.behind(2) == "mod").then(|| self.behind(1).to_owned());
        let test = self.test_ahead || self.in_test();
        self.test_ahead = false;
        self.blocks.push(Block { module, test });
    }

    fn in_test(&self) -> bool {
        self.blocks.last().is_some_and(|block| block.test)
    }

    /// Neither the middle of a longer path (a leading `::` may stand before) nor a method with a turbofish.
    fn path_starts(&self) -> bool {
        if self.behind(1) == "." && self.behind(2) != "." {
            return false;
        }
        self.behind(1) != "::" || !(is_name(self.behind(2)) || self.behind(2) == ">")
    }

    fn import(&mut self) {
        self.at += 1;
        self.tree(&[]);
    }

    /// One branch of a `use` tree; leaves `at` on the token after it.
    fn tree(&mut self, prefix: &[String]) {
        let line = self.tokens.get(self.at).map_or(0, |token| token.line);
        let mut path = prefix.to_vec();
        while self.at < self.tokens.len() {
            match self.text(self.at) {
                "::" => self.at += 1,
                "{" => return self.branches(&path),
                "as" => self.at += 2,
                "self" if !path.is_empty() => self.at += 1,
                word if is_name(word) || word == "*" => {
                    path.push(word.to_owned());
                    self.at += 1;
                }
                _ => break,
            }
        }
        self.note(&path, line);
    }

    fn branches(&mut self, prefix: &[String]) {
        self.at += 1;
        while self.at < self.tokens.len() {
            match self.text(self.at) {
                "}" => {
                    self.at += 1;
                    return;
                }
                "," => self.at += 1,
                _ => self.tree(prefix),
            }
        }
    }

    fn inline(&mut self) {
        let line = self.tokens.get(self.at).map_or(0, |token| token.line);
        let mut path = vec![self.text(self.at).to_owned()];
        self.at += 1;
        while self.text(self.at) == "::" && is_name(self.text(self.at + 1)) {
            path.push(self.text(self.at + 1).to_owned());
            self.at += 2;
        }
        self.note(&path, line);
    }

    fn note(&mut self, path: &[String], line: usize) {
        if path.is_empty() {
            return;
        }
        let test = self.test_ahead || self.in_test();
        self.found.push(Mention { path: self.absolute(path), line, test });
    }

    fn absolute(&self, path: &[String]) -> Vec<String> {
        let inner = self.blocks.iter().filter_map(|block| block.module.clone());
        let mut here: Vec<String> = self.module.iter().cloned().chain(inner).collect();
        let supers = path.iter().take_while(|part| *part == "super").count();
        let rest = match path.first().map(String::as_str) {
            Some("super") => {
                here.truncate(here.len().saturating_sub(supers));
                path.get(supers..)
            }
            Some("self") => path.get(1..),
            _ => return path.to_vec(),
        };
        ["crate".to_owned()].into_iter().chain(here).chain(rest.unwrap_or_default().iter().cloned()).collect()
    }
}

fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::{mentions, module};

    fn paths(file: &str, source: &str) -> Vec<String> {
        mentions(source, &module(file)).into_iter().map(|found| found.path.join("::")).collect()
    }

    #[test]
    fn trees_are_flattened() {
        let source = "pub use crate::{a::{self, b as c, d::*}, e}; use ::std::{fs, io::Write as _};";
        let want = ["crate::a", "crate::a::b", "crate::a::d::*", "crate::e", "std::fs", "std::io::Write"];
        assert_eq!(paths("x.rs", source), want);
    }

    #[test]
    fn inline_paths_are_found_in_every_position() {
        let source = "fn f(a: &crate::ui::Theme) -> Vec<std::fs::File> { ::reqwest::get(x)?.y::<crate::app::Msg>() }";
        assert_eq!(paths("x.rs", source), ["crate::ui::Theme", "std::fs::File", "reqwest::get", "crate::app::Msg"]);
    }

    #[test]
    fn super_and_self_are_resolved_through_inline_modules() {
        assert_eq!(paths("gpu/live/nvml.rs", "use super::super::card::Card;"), ["crate::gpu::card::Card"]);
        assert_eq!(paths("gpu/mod.rs", "use super::ui; mod tests { use super::super::ui; }"), ["crate::ui"; 2]);
        assert_eq!(paths("gpu/mod.rs", "fn f() { if x { super::ui::y() } }"), ["crate::ui::y"]);
        assert_eq!(paths("gpu/mod.rs", "pub use self::live::Nvml;"), ["crate::gpu::live::Nvml"]);
    }

    #[test]
    fn test_code_is_marked_and_only_that() {
        let source =
            "use a::b; #[cfg(test)] mod tests { use c::d; fn f() { e::f() } } #[cfg(test)] use g::h; use i::j;";
        let marks: Vec<bool> = mentions(source, &[]).into_iter().map(|found| found.test).collect();
        assert_eq!(marks, [false, true, true, true, false]);
    }

    #[test]
    fn precise_capture_is_no_import() {
        assert_eq!(paths("x.rs", "fn f() -> impl Sized + use<'_> { a::b }"), ["a::b"]);
    }
}
