//! The whole state behind the screen.

use crate::app::action::Action;
use crate::app::env::Env;
use crate::app::gauges::Watch;
use crate::app::keymap::Keymap;
use crate::app::mouse::Mouse;
use crate::app::overlay::Overlay;
use crate::app::probed::Probed;
use crate::app::reserve::Warning;
use crate::app::screens::{card, chat, engines, lab, models, structured, tools};
use crate::app::seen::{Hit, Seen, Target};
use crate::app::toast::Toasts;
use crate::base::{Bytes, Reading};
use crate::engines::metrics::Live;
use crate::engines::{RunId, RunState};
use crate::gpu::Sample;
use crate::gpu::reserve::Guard;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The tabs that exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScreenId {
    /// Who holds the memory.
    Card,
    /// What fits.
    Models,
    /// What runs.
    Engines,
    /// Talk.
    Chat,
    /// Calls of tools.
    Tools,
    /// Structured outputs.
    Structured,
    /// Sampling, probes, pooling.
    Lab,
}

impl ScreenId {
    /// In the order of the tabs.
    pub const ALL: [Self; 7] =
        [Self::Card, Self::Models, Self::Engines, Self::Chat, Self::Tools, Self::Structured, Self::Lab];

    /// The word on the tab.
    pub fn title(self) -> &'static str {
        match self {
            Self::Card => "Card",
            Self::Models => "Models",
            Self::Engines => "Engines",
            Self::Chat => "Chat",
            Self::Tools => "Tools",
            Self::Structured => "Structured",
            Self::Lab => "Lab",
        }
    }

    /// The keymap context of the screen.
    pub fn context(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::Models => "models",
            Self::Engines => "engines",
            Self::Chat => "chat",
            Self::Tools => "tools",
            Self::Structured => "structured",
            Self::Lab => "lab",
        }
    }
}

/// What every screen may read besides its own state.
#[derive(Debug, Clone, PartialEq)]
pub struct Shared {
    /// Newest reading of card and host.
    pub sample: Option<Arc<Sample>>,
    /// The last ten minutes.
    pub history: crate::gpu::History,
    /// Runs on this machine.
    pub runs: Vec<RunState>,
    /// What each ready run says of itself, or why it does not.
    pub gauges: BTreeMap<RunId, Reading<Box<Live>>>,
    /// What was asked of the world last.
    pub watch: Watch,
    /// The demo scenario, when everything is simulated; said on every screen.
    pub demo: Option<String>,
    /// The size of the terminal (columns, rows).
    pub size: (u16, u16),
    /// Whether the terminal can tell Shift+Enter from Enter.
    pub enhanced_keys: bool,
    /// Whether vramdeck has the mouse.
    pub mouse: bool,
    /// Name of the theme in use.
    pub theme: String,
    /// Names of all themes.
    pub themes: Vec<String>,
    /// Samples a second.
    pub sample_hz: f64,
    /// What the desktop may hold of each card, whatever models do.
    pub reserve: Bytes,
    /// Watches who grows into it.
    pub guard: Guard,
    /// The last warning that somebody grew into it, while it stands.
    pub warning: Option<Warning>,
    /// Where each thing was drawn last.
    pub seen: Seen,
    /// The capability cards that are kept.
    pub probed: Probed,
    /// The keymap.
    pub keymap: Keymap,
    /// Notices.
    pub toasts: Toasts,
    /// An overlay that a screen wants on top; the root takes it after each message.
    pub ask: Option<Overlay>,
}

impl Shared {
    /// Nothing read yet, the shipped keymap absent: for tests and as the start of a real one.
    pub fn empty() -> Self {
        Self {
            sample: None,
            history: crate::gpu::History::default(),
            runs: Vec::new(),
            gauges: BTreeMap::new(),
            watch: Watch::default(),
            demo: None,
            size: (80, 24),
            enhanced_keys: false,
            mouse: true,
            theme: "terminal".to_owned(),
            themes: Vec::new(),
            sample_hz: 2.0,
            reserve: Bytes(0),
            guard: Guard::default(),
            warning: None,
            seen: Seen::default(),
            probed: Probed::default(),
            keymap: Keymap::default(),
            toasts: Toasts::default(),
            ask: None,
        }
    }
}

/// Everything.
#[derive(Debug, Clone)]
pub struct Model {
    /// What every screen may read.
    pub shared: Shared,
    /// The tab in front.
    pub screen: ScreenId,
    /// What lies on top, the last has the keys.
    pub overlays: Vec<Overlay>,
    /// Card screen.
    pub card: card::State,
    /// Models screen.
    pub models: models::State,
    /// Engines screen.
    pub engines: engines::State,
    /// Chat screen.
    pub chat: chat::State,
    /// Tools screen.
    pub tools: tools::State,
    /// Structured screen.
    pub structured: structured::State,
    /// Lab screen.
    pub lab: lab::State,
    /// What the pressed mouse button holds on to.
    pub grabbed: Option<Hit<Target>>,
    /// Whether something visible changed since the last frame.
    pub dirty: bool,
}

impl Model {
    /// A screen in front of what every screen may read; nothing else has happened yet.
    pub fn new(shared: Shared, screen: ScreenId) -> Self {
        Self {
            shared,
            screen,
            overlays: Vec::new(),
            card: card::State::default(),
            models: models::State::default(),
            engines: engines::State::default(),
            chat: chat::State::default(),
            tools: tools::State::default(),
            structured: structured::State::default(),
            lab: lab::State::default(),
            grabbed: None,
            dirty: true,
        }
    }

    /// Keymap contexts of the focus, innermost first; the global one is always last.
    pub fn contexts(&self) -> Vec<&'static str> {
        if let Some(overlay) = self.overlays.last() {
            return match overlay {
                Overlay::Help(_) | Overlay::Palette(_) | Overlay::Themes { .. } => vec!["menu.filter", "menu"],
                _ => vec!["menu"],
            };
        }
        self.screen_contexts()
    }

    /// The same, of the screen below all overlays.
    pub fn screen_contexts(&self) -> Vec<&'static str> {
        let mut contexts = match self.screen {
            ScreenId::Card => card::contexts(&self.card),
            ScreenId::Models => models::contexts(&self.models),
            ScreenId::Engines => engines::contexts(&self.engines),
            ScreenId::Chat => chat::contexts(&self.chat),
            ScreenId::Tools => tools::contexts(&self.tools),
            ScreenId::Structured => structured::contexts(&self.structured),
            ScreenId::Lab => lab::contexts(&self.lab),
        };
        contexts.push("global");
        contexts
    }

    /// Whether typed characters belong to a text field: only contexts that end in `.input` or `.filter` may then bind
    /// plain characters.
    pub fn typing(&self) -> bool {
        self.contexts().first().is_some_and(|context| context.ends_with(".input") || context.ends_with(".filter"))
    }

    /// The actions of the focus that the key line names, most useful first.
    pub fn hints(&self) -> Vec<Action> {
        use crate::app::action::Menu::{Accept, Cancel};
        if let Some(overlay) = self.overlays.last() {
            return match overlay {
                Overlay::Help(_) | Overlay::Problem { .. } => vec![Action::Menu(Cancel)],
                _ => vec![Action::Menu(Accept), Action::Menu(Cancel)],
            };
        }
        match self.screen {
            ScreenId::Card => card::hints(&self.card),
            ScreenId::Models => models::hints(&self.models),
            ScreenId::Engines => engines::hints(&self.engines),
            ScreenId::Chat => chat::hints(&self.chat),
            ScreenId::Tools => tools::hints(&self.tools),
            ScreenId::Structured => structured::hints(&self.structured),
            ScreenId::Lab => lab::hints(&self.lab),
        }
    }

    /// Whether and when (as uptime) a [`crate::app::Msg::Tick`] is needed: a notice goes, a clock on screen moves on.
    pub fn wants_tick(&self, env: &Env) -> Option<std::time::Duration> {
        let screen = match self.screen {
            ScreenId::Card => None,
            ScreenId::Models => models::wants_tick(&self.models, env),
            ScreenId::Engines => engines::wants_tick(&self.engines, &self.shared),
            ScreenId::Chat => chat::wants_tick(&self.chat, &self.shared, env),
            ScreenId::Tools => tools::wants_tick(&self.tools, env),
            ScreenId::Structured => structured::wants_tick(&self.structured, env),
            ScreenId::Lab => lab::wants_tick(&self.lab, env),
        };
        let storage = chat::wants_storage(&self.chat);
        [self.shared.toasts.next_expiry(), screen, storage].into_iter().flatten().min()
    }

    /// What the mouse points at.
    pub fn point(&self, gesture: crate::app::mouse::Gesture, x: u16, y: u16) -> Mouse {
        use crate::app::mouse::Gesture::{Drag, Release};
        let hit = match gesture {
            Drag | Release => self.grabbed.clone(),
            _ => self.shared.seen.at(x, y).cloned(),
        };
        Mouse { gesture, x, y, hit }
    }
}
