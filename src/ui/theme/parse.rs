//! Theme files: a palette of named colours and the roles that use them, laid over the theme they inherit from.

use crate::base::Problem;
use crate::ui::theme::{Role, Theme, colour};
use ratatui::style::{Color, Modifier, Style};
use std::collections::BTreeMap;
use toml::de::{DeTable, DeValue};

/// The theme a file inherits from when it does not say.
pub const BASE: &str = "terminal";

type Table<'a> = DeTable<'a>;
type Value<'a> = toml::Spanned<DeValue<'a>>;

/// Where something stands, for the one who has to mend it.
struct Source<'a> {
    file: &'a str,
    text: &'a str,
}

impl Source<'_> {
    fn wrong(&self, at: usize, why: impl Into<String>, allowed: impl Into<String>) -> Problem {
        let line = self.text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1;
        Problem::usage(
            format!("{}, line {line}: this part of the theme cannot be used", self.file),
            why.into(),
            allowed.into(),
        )
    }
}

/// Reads a theme file. What is wrong is left out and told, one problem each; the rest holds.
///
/// `find` answers with the theme of a name, for `inherits`.
pub fn parse(name: &str, text: &str, file: &str, find: &dyn Fn(&str) -> Option<Theme>) -> (Theme, Vec<Problem>) {
    let source = Source { file, text };
    let mut problems = Vec::new();
    let document = match DeTable::parse(text) {
        Ok(document) => document.into_inner(),
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            problems.push(source.wrong(at, error.message().replace('\n', "; "), "a theme is a TOML file"));
            DeTable::new()
        }
    };
    let mut theme = inherited(&document, &source, find, &mut problems);
    name.clone_into(&mut theme.name);
    for (key, value) in &document {
        match key.get_ref().as_ref() {
            "inherits" | "palette" | "roles" => {}
            other => problems.push(source.wrong(
                key.span().start,
                format!("`{other}` is no part of a theme"),
                format!("allowed: inherits, palette, roles (`{other}` holds {})", value.get_ref().type_str()),
            )),
        }
    }
    palette(&document, &source, &mut theme, &mut problems);
    roles(&document, &source, &mut theme, &mut problems);
    theme.resolve();
    (theme, problems)
}

fn inherited(
    document: &Table<'_>,
    source: &Source<'_>,
    find: &dyn Fn(&str) -> Option<Theme>,
    problems: &mut Vec<Problem>,
) -> Theme {
    let from = document.get("inherits");
    let name = from.and_then(|value| value.get_ref().as_str()).unwrap_or(BASE);
    find(name).unwrap_or_else(|| {
        if let Some(from) = from {
            problems.push(source.wrong(
                from.span().start,
                format!("there is no theme `{name}` to inherit from"),
                format!("inherit from a shipped theme, or leave the line out for `{BASE}`"),
            ));
        }
        find(BASE).unwrap_or_default()
    })
}

fn section<'a, 'd>(
    document: &'a Table<'d>,
    name: &str,
    source: &Source<'_>,
    problems: &mut Vec<Problem>,
) -> Option<&'a Table<'d>> {
    let value = document.get(name)?;
    let table = value.get_ref().as_table();
    if table.is_none() {
        problems.push(source.wrong(value.span().start, format!("`{name}` is no table"), format!("write [{name}]")));
    }
    table
}

fn palette(document: &Table<'_>, source: &Source<'_>, theme: &mut Theme, problems: &mut Vec<Problem>) {
    let Some(table) = section(document, "palette", source, problems) else { return };
    for (key, value) in table {
        match value.get_ref().as_str().and_then(colour::parse) {
            Some(colour) => {
                theme.palette.insert(key.get_ref().to_string(), colour);
            }
            None => problems.push(source.wrong(
                value.span().start,
                format!("`{}` is given no colour", key.get_ref()),
                colour::ALLOWED,
            )),
        }
    }
}

fn roles(document: &Table<'_>, source: &Source<'_>, theme: &mut Theme, problems: &mut Vec<Problem>) {
    let Some(table) = section(document, "roles", source, problems) else { return };
    for (key, value) in table {
        let Some(role) = Role::from_name(key.get_ref()) else {
            let names: Vec<&str> = Role::ALL.iter().map(|role| role.name()).collect();
            problems.push(source.wrong(
                key.span().start,
                format!("`{}` is no role", key.get_ref()),
                format!("allowed: {}", names.join(", ")),
            ));
            continue;
        };
        match paint(value, &theme.palette, source) {
            Ok(paint) => theme.paints[role as usize] = paint,
            Err(problem) => problems.push(problem),
        }
    }
}

/// How a role is painted, in words of the palette, so that a theme that inherits may bring its own palette.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Paint {
    fg: Option<String>,
    bg: Option<String>,
    underline: Option<String>,
    modifiers: Modifier,
}

impl Paint {
    pub(super) fn style(&self, palette: &BTreeMap<String, Color>) -> Style {
        let find =
            |name: &Option<String>| name.as_deref().and_then(|name| palette.get(name).copied().or(colour::parse(name)));
        Style {
            fg: find(&self.fg),
            bg: find(&self.bg),
            underline_color: find(&self.underline),
            ..Style::new().add_modifier(self.modifiers)
        }
    }
}

const MODIFIERS: &[(&str, Modifier)] = &[
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("underline", Modifier::UNDERLINED),
    ("reverse", Modifier::REVERSED),
    ("strike", Modifier::CROSSED_OUT),
];

fn paint(value: &Value<'_>, palette: &BTreeMap<String, Color>, source: &Source<'_>) -> Result<Paint, Problem> {
    if value.get_ref().is_str() {
        return Ok(Paint { fg: Some(named(value, palette, source)?), ..Paint::default() });
    }
    let Some(table) = value.get_ref().as_table() else {
        let why = format!("a role is no {}", value.get_ref().type_str());
        return Err(source.wrong(value.span().start, why, "a colour, or { fg, bg, bold, … }"));
    };
    let mut paint = Paint::default();
    for (key, value) in table {
        let modifier = MODIFIERS.iter().find(|(name, _)| name == key.get_ref());
        match (key.get_ref().as_ref(), modifier) {
            ("fg", _) => paint.fg = Some(named(value, palette, source)?),
            ("bg", _) => paint.bg = Some(named(value, palette, source)?),
            ("underline-colour", _) => paint.underline = Some(named(value, palette, source)?),
            (_, Some((_, modifier))) => match value.get_ref().as_bool() {
                Some(on) => paint.modifiers.set(*modifier, on),
                None => return Err(source.wrong(value.span().start, "this is true or false", "true or false")),
            },
            (other, None) => {
                let names: Vec<&str> = MODIFIERS.iter().map(|(name, _)| *name).collect();
                let why = format!("`{other}` is no part of a role");
                let allowed = format!("allowed: fg, bg, underline-colour, {}", names.join(", "));
                return Err(source.wrong(key.span().start, why, allowed));
            }
        }
    }
    Ok(paint)
}

fn named(value: &Value<'_>, palette: &BTreeMap<String, Color>, source: &Source<'_>) -> Result<String, Problem> {
    let text = value.get_ref().as_str().unwrap_or_default();
    if palette.contains_key(text) || colour::parse(text).is_some() {
        return Ok(text.to_owned());
    }
    let names: Vec<&str> = palette.keys().map(String::as_str).collect();
    let why = format!("`{text}` is neither in the palette nor a colour");
    Err(source.wrong(value.span().start, why, format!("{}; in the palette: {}", colour::ALLOWED, names.join(", "))))
}
