//! What is drawn.

use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use vramdeck::app::keymap::Keymap;
use vramdeck::app::model::Shared;
use vramdeck::app::screens::chat::{Attach, Attached, Effect, Msg as Chat, Preset, Started, StreamId};
use vramdeck::app::{Effect as Any, Env, Key, Model, Msg, ScreenId, update};
use vramdeck::base::Problem;
use vramdeck::engines::{Dialect, EngineKind, Phase, RunId, RunState};
use vramdeck::lab::chat::image::{Image, Media, Thumb};
use vramdeck::lab::sampling::{Param, Setting, Settings};
use vramdeck::ui::theme::{Depth, Gallery};
use vramdeck::ui::{Cache, Theme, view};
use vramdeck::wire::{Delta, StreamEvent, ToolCallDelta, Usage};

/// A deck with the Chat screen in front and a simulated run.
pub struct Deck {
    pub model: Model,
    now: Duration,
    cache: Cache,
    theme: Theme,
    pub stream: Option<StreamId>,
}

impl Deck {
    pub fn new(width: u16, height: u16) -> Self {
        let mut shared = Shared::empty();
        shared.keymap = Keymap::shipped().unwrap();
        shared.size = (width, height);
        shared.runs = vec![run()];
        let model = Model::new(shared, ScreenId::Chat);
        let theme = Gallery::shipped(Depth::Ansi16).theme("terminal");
        let mut deck = Self { model, now: Duration::ZERO, cache: Cache::default(), theme, stream: None };
        deck.send(Msg::Tick);
        let settings = Settings([(Param::Temperature, Setting::Real(0.3))].into());
        let presets = vec![Preset { name: "careful".into(), settings, shipped: true }];
        deck.send(Msg::Chat(Chat::Started(Box::new(Started { presets, ..Started::default() }))));
        deck
    }

    fn env(&self) -> Env {
        Env { now: SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000) + self.now, uptime: self.now }
    }

    pub fn send(&mut self, msg: Msg) {
        self.now += Duration::from_millis(50);
        let env = self.env();
        for effect in update(&mut self.model, msg, &env) {
            match effect {
                Any::Chat(Effect::Write { ticket, .. }) => {
                    self.send(Msg::Chat(Chat::Written { ticket, result: Ok(()) }));
                }
                Any::Chat(Effect::Ask(ask)) => self.stream = Some(ask.stream),
                _ => {}
            }
        }
    }

    pub fn press(&mut self, keys: &str) {
        keys.split_whitespace().for_each(|key| self.send(Msg::Key(Key::parse(key).unwrap())));
    }

    pub fn say(&mut self, text: &str) {
        self.send(Msg::Paste(text.to_owned()));
        self.press("enter");
    }

    pub fn events(&mut self, events: Vec<(f64, StreamEvent)>, over: bool) {
        let stream = self.stream.expect("a request has left");
        self.send(Msg::Chat(Chat::Streamed { stream, events, over }));
    }

    pub fn draw(&mut self) -> Buffer {
        let (width, height) = self.model.shared.size;
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        let env = self.env();
        let (seen, _) = view(&self.model, &env, &self.theme, false, &mut self.cache, &mut buffer);
        self.model.shared.seen = seen;
        buffer
    }
}

fn run() -> RunState {
    RunState {
        run: RunId("qwen3-8b-awq".into()),
        engine: EngineKind::Simulated,
        dialect: Dialect::Vllm,
        model: "Qwen/Qwen3-8B-AWQ".into(),
        served_name: "qwen3-8b-awq".into(),
        endpoint: Some("http://127.0.0.1:9".into()),
        leader: None,
        keeper: None,
        pids: Vec::new(),
        phase: Phase::Ready,
        started_at: 0.0,
        ready_at: Some(1.0),
        context_tokens: Some(39_300),
        memory: None,
        owner_alive: true,
        argv: Vec::new(),
        log: None,
        facts: Default::default(),
    }
}

pub fn text(content: &str) -> StreamEvent {
    StreamEvent::Delta(Delta { content: content.into(), ..Delta::default() })
}

fn reasoning(content: &str) -> StreamEvent {
    StreamEvent::Delta(Delta { reasoning: content.into(), ..Delta::default() })
}

/// Rows with a mark where the style changes: `⟦bold fg:4⟧`.
fn styled(buffer: &Buffer) -> String {
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let (mut line, mut last) = (String::new(), String::new());
        let mut skip = 0;
        for x in 0..buffer.area.width {
            if skip > 0 {
                skip -= 1;
                continue;
            }
            let cell = &buffer[(x, y)];
            let style = style(cell.fg, cell.bg, cell.modifier);
            if style != last {
                line.push_str(&format!("⟦{style}⟧"));
                last = style;
            }
            line.push_str(cell.symbol());
            skip = vramdeck::base::text::width(cell.symbol()).saturating_sub(1);
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

fn style(fg: Color, bg: Color, modifier: Modifier) -> String {
    let mut parts = Vec::new();
    if !modifier.is_empty() {
        parts.push(format!("{modifier:?}").to_ascii_lowercase());
    }
    for (name, colour) in [("fg", fg), ("bg", bg)] {
        if colour != Color::Reset {
            parts.push(format!("{name}:{colour}"));
        }
    }
    parts.join(" ")
}

fn plain(buffer: &Buffer) -> String {
    let rows = buffer.content.chunks(buffer.area.width.max(1).into());
    rows.map(|row| row.iter().map(|cell| cell.symbol()).collect::<String>() + "\n").collect()
}

/// A conversation with everything in it.
fn talk(deck: &mut Deck) {
    deck.say("What's the weather in Oslo and 15 × 23?");
    let call = ToolCallDelta {
        index: 0,
        id: Some("a".into()),
        name: Some("get_weather".into()),
        arguments: r#"{"city":"Oslo"}"#.into(),
    };
    let calls = StreamEvent::Delta(Delta { tool_calls: vec![call], ..Delta::default() });
    let usage = Usage { prompt_tokens: 120, completion_tokens: 84, reasoning_tokens: Some(40), ..Usage::default() };
    deck.events(
        vec![
            (0.18, reasoning("Weather first,")),
            (1.38, reasoning(" then arithmetic.")),
            (1.5, text("# Both\n\nIt is **4 °C** in Oslo.\n\n- `15 * 23` = **345**\n")),
            (2.1, calls),
            (2.1, StreamEvent::Usage(usage)),
            (2.1, StreamEvent::Done),
        ],
        true,
    );
    deck.press("ctrl+s right right right");
    deck.press("down down down n");
    deck.press("esc");
    deck.say("And in Bergen?");
    let broke = Problem::failed("the answer broke off", "the connection was reset", "look at the run's log");
    deck.events(vec![(0.2, text("It \u{1b}[31mrains")), (0.4, StreamEvent::Failed(broke))], true);
    deck.press("ctrl+r");
    deck.events(vec![(0.25, text("It rains, as ")), (0.5, text("ever"))], false);
    deck.say("thanks");
}

#[test]
fn looks_as_it_should() {
    for (width, height) in [(80, 24), (120, 40), (200, 50)] {
        let mut deck = Deck::new(width, height);
        insta::assert_snapshot!(format!("empty_{width}x{height}"), styled(&deck.draw()));
        talk(&mut deck);
        insta::assert_snapshot!(format!("talk_{width}x{height}"), styled(&deck.draw()));
    }
}

#[test]
fn panes_and_dialogs_look_as_they_should() {
    let mut deck = Deck::new(80, 24);
    talk(&mut deck);
    for (name, keys) in [
        ("sampling", "ctrl+s"),
        ("typing", "down 9 enter"),
        ("targets", "esc ctrl+t"),
        ("endpoint", "a"),
        ("presets", "esc ctrl+s p"),
        ("list", "esc esc ctrl+o"),
        ("delete", "d"),
        ("system", "esc alt+s"),
        ("selected", "esc esc shift+up shift+up o"),
    ] {
        deck.press(keys);
        insta::assert_snapshot!(name, styled(&deck.draw()));
    }
}

#[test]
fn text_of_a_model_cannot_steer_the_terminal() {
    let mut deck = Deck::new(100, 30);
    deck.say("paint it red");
    let evil = "\u{1b}]52;c;aGk=\u{7}\u{9b}31m\u{202e}red\r\n\u{1b}[2J";
    let call = ToolCallDelta { index: 0, id: None, name: Some(evil.into()), arguments: evil.into() };
    let calls = StreamEvent::Delta(Delta { tool_calls: vec![call], ..Delta::default() });
    let why = Problem::failed(evil, evil, evil);
    let events = vec![(0.1, reasoning(evil)), (0.2, text(evil)), (0.3, calls), (0.4, StreamEvent::Failed(why))];
    deck.events(events, true);
    deck.press("esc o");
    let shown = plain(&deck.draw());
    assert!(shown.contains("red"), "{shown}");
    assert!(!shown.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'), "{shown:?}");
}

#[test]
fn scrolled_up_it_stays_and_says_that_there_is_more() {
    let mut deck = Deck::new(80, 24);
    deck.say("count");
    deck.events((0..60).map(|n| (0.1, text(&format!("line {n}\n\n")))).collect(), false);
    let end = plain(&deck.draw());
    assert!(end.contains("line 59") && !end.contains("line 20 "), "{end}");
    deck.press("pageup");
    let before = plain(&deck.draw());
    assert!(before.contains("below"), "{before}");
    deck.events((60..90).map(|n| (0.2, text(&format!("line {n}\n\n")))).collect(), false);
    let after = plain(&deck.draw());
    let top = |screen: &str| screen.lines().nth(3).unwrap_or_default().to_owned();
    assert_eq!(top(&before), top(&after), "what is read does not move");
    deck.press("pagedown pagedown pagedown pagedown pagedown pagedown pagedown pagedown");
    deck.draw();
    deck.press("ctrl+end");
    assert!(plain(&deck.draw()).contains("line 89"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn no_size_and_no_key_breaks_it(width in 1u16..320, height in 1u16..90, keys in prop::collection::vec(0usize..24, 0..24)) {
        const KEYS: [&str; 24] = [
            "esc", "enter", "tab", "up", "down", "pageup", "pagedown", "ctrl+s", "ctrl+o", "ctrl+t", "ctrl+f", "ctrl+r",
            "left", "right", "p", "S", "d", "o", "e", "a", "alt+s", "ctrl+n", "shift+up", "x",
        ];
        let mut deck = Deck::new(120, 40);
        talk(&mut deck);
        deck.send(Msg::Resize(width, height));
        for key in keys {
            deck.press(KEYS[key]);
            deck.draw();
        }
        deck.draw();
    }
}

fn pictured(depth: Depth) -> Deck {
    let mut deck = Deck::new(80, 24);
    deck.theme = Gallery::shipped(depth).theme("terminal");
    let image = Image {
        hash: "0f".repeat(32),
        name: "a cat on a very long sofa in the evening sun.png".into(),
        media: Media::Png,
        width: 640,
        height: 480,
        bytes: 120_000,
    };
    let attached = Attached { image: image.clone(), sees: Ok(true), most_tokens: None };
    let asked = Attach { conversation: deck.model.chat.front.id(), path: "x".into(), pasted: true, whom: None };
    deck.send(Msg::Chat(Chat::Attached { asked: Box::new(asked), result: Ok(Box::new(attached)) }));
    deck.say("What is on it?");
    let usage = Usage { prompt_tokens: 310, completion_tokens: 5, ..Usage::default() };
    deck.events(vec![(0.2, text("A cat.")), (0.4, StreamEvent::Usage(usage)), (0.4, StreamEvent::Done)], true);
    let turn = deck.model.chat.front.tree.leaf().unwrap();
    let conversation = deck.model.chat.front.id();
    deck.send(Msg::Chat(Chat::ImageTokens { conversation, turn, tokens: 289 }));
    deck.draw();
    let row = |y: u8| (0..8u8).map(|x| ([x * 30, y * 60, 0], [0, y * 60, x * 30])).collect();
    let thumb = Thumb { rows: (0..3).map(row).collect() };
    deck.send(Msg::Chat(Chat::Previewed { file: image.file().unwrap(), thumb: Some(Arc::new(thumb)) }));
    deck
}

#[test]
fn images_are_marks_and_drawn_where_colours_are_known() {
    insta::assert_snapshot!("image_marks", styled(&pictured(Depth::Ansi256).draw()));
    insta::assert_snapshot!("image_drawn", styled(&pictured(Depth::True).draw()));
    let mut deck = Deck::new(80, 24);
    deck.press("alt+i");
    insta::assert_snapshot!("image_attach", styled(&deck.draw()));
}
