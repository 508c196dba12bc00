//! What a key means. One name each, used in the keymap file, the help, the palette and in tests.

use crate::app::screens::{card, chat, engines, lab, models, structured, tools};

/// Declares a set of actions with their names and one-line descriptions.
#[macro_export]
macro_rules! actions {
    ($(#[$meta:meta])* pub enum $set:ident { $($variant:ident = $name:literal : $text:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $set { $(#[doc = $text] $variant),* }

        impl $set {
            /// Every action of this set.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name in the keymap file.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// What it does, in a few words.
            pub fn describe(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }
        }
    };
}

actions! {
    /// Actions that exist on every screen.
    pub enum Global {
        Quit = "quit": "leave vramdeck",
        Help = "help": "show the keys",
        Palette = "palette": "find an action",
        NextScreen = "screen.next": "next tab",
        PreviousScreen = "screen.previous": "previous tab",
        Screen1 = "screen.1": "first tab",
        Screen2 = "screen.2": "second tab",
        Screen3 = "screen.3": "third tab",
        Screen4 = "screen.4": "fourth tab",
        Screen5 = "screen.5": "fifth tab",
        Screen6 = "screen.6": "sixth tab",
        Screen7 = "screen.7": "seventh tab",
        FocusNext = "focus.next": "focus the next pane",
        FocusPrevious = "focus.previous": "focus the previous pane",
        Theme = "theme.next": "next theme",
        Themes = "theme.choose": "choose a theme",
        Mouse = "mouse.toggle": "give the mouse back to the terminal, or take it",
        Redraw = "redraw": "draw everything anew",
        Suspend = "suspend": "suspend to the shell",
        FasterSampling = "sampling.faster": "sample the card more often",
        SlowerSampling = "sampling.slower": "sample the card less often",
        RelieveByStop = "reserve.stop": "stop the run that holds most of the card",
        RelieveBySleep = "reserve.sleep": "put the run that holds most of the card to sleep",
        Dismiss = "dismiss": "close what is on top, or the newest notice",
        Details = "problem.details": "show the newest problem in full",
    }
}

actions! {
    /// Actions inside lists, menus and dialogs.
    pub enum Menu {
        Up = "menu.up": "up",
        Down = "menu.down": "down",
        PageUp = "menu.page-up": "one page up",
        PageDown = "menu.page-down": "one page down",
        First = "menu.first": "to the first",
        Last = "menu.last": "to the last",
        Accept = "menu.accept": "accept",
        Cancel = "menu.cancel": "close",
    }
}

/// Any action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Everywhere.
    Global(Global),
    /// In overlays with a list.
    Menu(Menu),
    /// On the Card screen.
    Card(card::Action),
    /// On the Models screen.
    Models(models::Action),
    /// On the Engines screen.
    Engines(engines::Action),
    /// On the Chat screen.
    Chat(chat::Action),
    /// On the Tools screen.
    Tools(tools::Action),
    /// On the Structured screen.
    Structured(structured::Action),
    /// On the Lab screen.
    Lab(lab::Action),
}

impl Action {
    /// Every action there is.
    pub fn all() -> impl Iterator<Item = Self> {
        let global = Global::ALL.iter().copied().map(Self::Global);
        let menu = Menu::ALL.iter().copied().map(Self::Menu);
        let card = card::Action::ALL.iter().copied().map(Self::Card);
        let models = models::Action::ALL.iter().copied().map(Self::Models);
        let engines = engines::Action::ALL.iter().copied().map(Self::Engines);
        let chat = chat::Action::ALL.iter().copied().map(Self::Chat);
        let tools = tools::Action::ALL.iter().copied().map(Self::Tools);
        let structured = structured::Action::ALL.iter().copied().map(Self::Structured);
        let lab = lab::Action::all().map(Self::Lab);
        let older = global.chain(menu).chain(card).chain(models).chain(engines).chain(chat).chain(tools);
        older.chain(structured).chain(lab)
    }

    /// The name in the keymap file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Global(action) => action.name(),
            Self::Menu(action) => action.name(),
            Self::Card(action) => action.name(),
            Self::Models(action) => action.name(),
            Self::Engines(action) => action.name(),
            Self::Chat(action) => action.name(),
            Self::Tools(action) => action.name(),
            Self::Structured(action) => action.name(),
            Self::Lab(action) => action.name(),
        }
    }

    /// What it does, in a few words.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Global(action) => action.describe(),
            Self::Menu(action) => action.describe(),
            Self::Card(action) => action.describe(),
            Self::Models(action) => action.describe(),
            Self::Engines(action) => action.describe(),
            Self::Chat(action) => action.describe(),
            Self::Tools(action) => action.describe(),
            Self::Structured(action) => action.describe(),
            Self::Lab(action) => action.describe(),
        }
    }

    /// A word or two for the key line: the end of its name, unless that alone would not be understood.
    pub fn label(self) -> String {
        let said = match self {
            Self::Global(Global::Themes) => "theme",
            Self::Global(Global::Theme) => "next theme",
            Self::Global(Global::NextScreen | Global::FocusNext) => "next",
            Self::Global(Global::PreviousScreen | Global::FocusPrevious) => "previous",
            Self::Global(Global::Mouse) => "mouse",
            Self::Global(Global::Palette) => "find",
            Self::Global(Global::Help) => "keys",
            _ => self.name().rsplit('.').next().unwrap_or_default(),
        };
        said.replace('-', " ")
    }

    /// Finds an action by its name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::all().find(|action| action.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_find_their_action() {
        for action in Action::all() {
            assert_eq!(Action::from_name(action.name()), Some(action), "{}", action.name());
        }
    }
}
