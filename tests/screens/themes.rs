//! The shipped themes: whole, without unknown keys, and readable.

use vramdeck::ui::theme::{Depth, Gallery, Role, colour, gallery};

/// Roles that are drawn as marks or lines, not as words.
const LINES: &[Role] =
    &[Role::Border, Role::Axis, Role::BarFree, Role::SliderEmpty, Role::MdTable, Role::MdRule, Role::Unavailable];

#[test]
fn every_shipped_theme_parses_without_a_word() {
    let mut loaded = Gallery::shipped(Depth::True);
    for (name, text) in gallery::SHIPPED {
        let problems = loaded.add(name, text, name);
        assert!(problems.is_empty(), "{name}: {problems:?}");
    }
    assert!(gallery::SHIPPED.len() >= 9);
}

#[test]
fn words_stand_out_from_their_ground() {
    let loaded = Gallery::shipped(Depth::True);
    for name in loaded.names() {
        let theme = loaded.theme(&name);
        let ground = theme.style(Role::Text).bg;
        for role in Role::ALL {
            let style = theme.style(*role);
            let (Some(fg), Some(bg)) = (style.fg, style.bg.or(ground)) else { continue };
            let Some(contrast) = colour::contrast(fg, bg) else { continue };
            let least = match role {
                role if LINES.contains(role) => 1.6,
                _ if name == "high-contrast" => 7.0,
                _ => 3.8,
            };
            assert!(contrast >= least, "{name}: {} has a contrast of {contrast:.1}, not {least}", role.name());
        }
    }
}

#[test]
fn neighbours_in_the_bar_differ() {
    let loaded = Gallery::shipped(Depth::True);
    let bar = [
        Role::BarDriver,
        Role::BarDesktop,
        Role::BarForeign,
        Role::BarRun1,
        Role::BarRun2,
        Role::BarRun3,
        Role::BarRun4,
    ];
    for name in loaded.names().into_iter().filter(|name| name != "mono") {
        let theme = loaded.theme(&name);
        for pair in bar.windows(2) {
            assert_ne!(theme.style(pair[0]), theme.style(pair[1]), "{name}: {pair:?}");
        }
    }
}

#[test]
fn without_colours_there_are_none() {
    let loaded = Gallery::shipped(Depth::Mono);
    for name in loaded.names() {
        let theme = loaded.theme(&name);
        for role in Role::ALL {
            let style = theme.style(*role);
            assert_eq!((style.fg, style.bg), (None, None), "{name}: {}", role.name());
        }
        let selected = theme.style(Role::Selection);
        assert_ne!(selected, theme.style(Role::Text), "what is selected is seen");
    }
}

#[test]
fn the_terminals_theme_uses_the_terminals_colours() {
    use ratatui::style::Color;
    let theme = Gallery::shipped(Depth::True).theme("terminal");
    for role in Role::ALL {
        let style = theme.style(*role);
        for colour in [style.fg, style.bg].into_iter().flatten() {
            assert!(!matches!(colour, Color::Rgb(..) | Color::Indexed(_) | Color::DarkGray), "{}", role.name());
        }
    }
}

#[test]
fn a_users_theme_is_read_as_far_as_it_is_right() {
    let mut loaded = Gallery::shipped(Depth::True);
    let text = "inherits = \"nord\"\ncolor = 1\n[palette]\naccent = \"#ff0000\"\nred = \"crimson\"\n[roles]\nacent = \"red\"\n\
                good = \"grean\"\ntab-active = { fg = \"accent\", blink = true }\nwarn = { fg = \"accent\", bold = 3 }\nbad = 7\ndim = \"208\"\n";
    let problems = loaded.add("mine", text, "themes/mine.toml");
    let all: Vec<String> = problems.iter().map(ToString::to_string).collect();
    for (line, needle) in [
        (2, "`color` is no part of a theme"),
        (5, "`red` is given no colour"),
        (7, "`acent` is no role"),
        (8, "`grean` is neither in the palette nor a colour"),
        (9, "`blink` is no part of a role"),
        (10, "this is true or false"),
        (11, "a role is no integer"),
    ] {
        let told =
            all.iter().any(|said| said.contains(&format!("themes/mine.toml, line {line}")) && said.contains(needle));
        assert!(told, "line {line}: {needle}\n{all:#?}");
    }
    assert_eq!(all.len(), 7, "{all:#?}");
    let mine = loaded.theme("mine");
    assert_eq!(mine.style(Role::Dim).fg, Some(ratatui::style::Color::Indexed(208)));
    assert_eq!(mine.style(Role::Accent).fg, Some(ratatui::style::Color::Rgb(255, 0, 0)), "its palette, nord's role");
    assert_eq!(mine.style(Role::Text), loaded.theme("nord").style(Role::Text));
    for wrong in ["inherits = \"nowhere\"", "[roles", "roles = 1", "\u{0}"] {
        let problems = loaded.add("broken", wrong, "themes/broken.toml");
        assert_eq!(problems.len(), 1, "{wrong}: {problems:?}");
        assert!(problems[0].what.contains("line 1"), "{}", problems[0]);
    }
}
