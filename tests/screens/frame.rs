//! The frame around the screens: tabs, banner, VRAM line, key line, overlays, notices, and too little room.

use crate::look;
use crate::support::{self, check, draw, draw_ascii, press, send};
use vramdeck::app::{Model, Msg};
use vramdeck::base::Problem;
use vramdeck::engines::Phase;

fn engines(sample: vramdeck::gpu::Sample) -> Model {
    let mut model = support::model(sample);
    press(&mut model, "3");
    model
}

#[test]
fn the_frame_at_three_sizes_and_in_three_themes() {
    let model = engines(support::desktop());
    for size in [(80, 24), (120, 40), (200, 50)] {
        check(&format!("frame_{}x{}", size.0, size.1), &edges(&draw(&model, "terminal", size)));
    }
    for theme in ["light", "mono"] {
        check(&format!("frame_{theme}"), &edges(&draw(&model, theme, (120, 40))));
    }
    check("frame_ascii", &edges(&draw_ascii(&model, "terminal", (120, 40))));
}

/// The first two and the last two rows: the frame without the screen inside it.
fn edges(buffer: &ratatui::buffer::Buffer) -> ratatui::buffer::Buffer {
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;
    let (width, height) = (buffer.area.width, buffer.area.height);
    let mut out = Buffer::empty(Rect::new(0, 0, width, 3));
    for (to, from) in [(0, 0), (1, height - 2), (2, height - 1)] {
        for x in 0..width {
            out[(x, to)] = buffer[(x, from)].clone();
        }
    }
    out
}

#[test]
fn a_simulation_is_named_on_every_screen() {
    let mut model = support::model(support::simulated());
    for screen in ["1", "2", "3", "4"] {
        press(&mut model, &format!("alt+{screen}"));
        for size in [(80, 24), (300, 80)] {
            let drawn = look::symbols(&draw(&model, "mono", size));
            assert!(drawn.lines().next().unwrap().contains("SIMULATED desktop"), "{drawn}");
        }
    }
}

#[test]
fn the_banner_says_what_is_wrong_and_what_helps() {
    let mut model = support::model(support::no_driver());
    for size in [(80, 24), (200, 50)] {
        check(&format!("banner_{}x{}", size.0, size.1), &draw(&model, "light", size));
    }
    press(&mut model, "f2");
    check("banner_in_full", &draw(&model, "terminal", (80, 24)));
}

#[test]
fn overlays() {
    let mut model = support::flown(support::desktop());
    send(&mut model, Msg::Runs(vec![support::run("qwen3-8b-awq", Phase::Ready, &[41_822])]));
    for (name, keys, theme) in [
        ("help", "?", "terminal"),
        ("help_search", "? s o r t down", "light"),
        ("palette", "ctrl+p", "terminal"),
        ("palette_search", "ctrl+p c h o o s e space a space t h", "mono"),
        ("palette_nothing", "ctrl+p z z z z", "terminal"),
        ("themes", "t", "terminal"),
        ("quit", "q", "terminal"),
        ("quit_mono", "q down", "mono"),
        ("end_process", "x", "terminal"),
        ("end_process_yes", "x right", "mono"),
    ] {
        let mut model = model.clone();
        press(&mut model, keys);
        check(&format!("overlay_{name}"), &draw(&model, theme, (80, 24)));
    }
}

#[test]
fn a_problem_in_full_scrolls() {
    let mut model = support::model(support::desktop());
    let lines = (1..40).map(|line| format!("line {line} of the log"));
    send(&mut model, Msg::Problem(Problem::failed("qwen3 failed", "no room", "shorten it").with_detail(lines)));
    check("toast_problem", &draw(&model, "terminal", (80, 24)));
    press(&mut model, "f2 down down pagedown");
    check("problem_scrolled", &draw(&model, "light", (80, 24)));
    let copied = press(&mut model, "c");
    assert!(matches!(&copied[..], [vramdeck::app::Effect::Copy(text)] if text.contains("line 39 of the log")));
}

#[test]
fn notices_come_and_go() {
    let mut model = support::model(support::desktop());
    press(&mut model, "plus");
    check("toast_info", &draw(&model, "mono", (80, 24)));
    press(&mut model, "esc");
    assert_eq!(model.shared.toasts.iter().count(), 0);
}

#[test]
fn too_small_is_said_and_nothing_breaks() {
    let model = support::flown(support::desktop());
    check("too_small", &draw(&model, "terminal", (79, 24)));
    check("too_small_tiny", &draw(&model, "terminal", (12, 3)));
}

#[test]
fn hostile_names_do_not_reach_the_terminal() {
    let mut sample = support::desktop();
    sample.cards[0].name = Ok("\u{1b}]0;owned\u{7}card".to_owned());
    if let Ok(processes) = &mut sample.cards[0].processes {
        processes[1].name = Ok("\u{1b}[31mred\u{202e}".to_owned());
        processes[1].command = Ok("\u{9b}31m\nnew line".to_owned());
    }
    let mut model = support::model(sample);
    for keys in ["1", "down", "2", "3", "4"] {
        press(&mut model, keys);
        let drawn = look::symbols(&draw(&model, "terminal", (160, 48)));
        assert!(drawn.chars().all(|c| c == '\n' || !c.is_control()), "{drawn:?}");
        assert!(!drawn.contains('\u{202e}'));
    }
}
