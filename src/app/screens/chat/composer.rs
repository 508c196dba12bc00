//! Where the message is written: a text area with chips for big pastes and a history of what was sent.

use crate::app::editor::Editor;
use crate::app::key::{Code, Key};
use crate::lab::chat::{Image, Said};

/// A paste of more lines than this becomes a chip.
pub const CHIP_LINES: usize = 20;

/// A big paste or an image, shown as a chip.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Chip {
    label: String,
    text: String,
    image: Option<Image>,
}

/// The composer of one conversation.
#[derive(Debug, Clone, Default)]
pub struct Composer {
    /// The text with its chips.
    pub editor: Editor,
    chips: Vec<Chip>,
    /// Position in the history, counted from the newest, and the text that stood here before.
    browsing: Option<(usize, String)>,
    /// Whether the text differs from the draft that was last handed to the store.
    pub unsaved: bool,
}

impl Composer {
    /// A composer with a draft in it.
    pub fn with(text: &str) -> Self {
        let mut composer = Self::default();
        composer.paste(text);
        composer.unsaved = false;
        composer
    }

    /// The message as it is sent: chips expanded.
    pub fn text(&self) -> String {
        let mut text = self.editor.text();
        for chip in &self.chips {
            text = text.replacen(&chip.label, &chip.text, 1);
        }
        text
    }

    /// Whether there is nothing to send.
    pub fn is_blank(&self) -> bool {
        self.editor.text().trim().is_empty()
    }

    /// Replaces everything.
    pub fn set(&mut self, text: &str) {
        *self = Self::with(text);
        self.unsaved = true;
    }

    /// Takes the message out.
    pub fn take(&mut self) -> Said {
        let said = Said { text: self.text(), images: self.images() };
        *self = Self { unsaved: true, ..Self::default() };
        // The blank beside a chip stays behind with it.
        Said { text: if said.images.is_empty() { said.text } else { said.text.trim().to_owned() }, ..said }
    }

    /// The images whose chips stand in the text, in their order there.
    pub fn images(&self) -> Vec<Image> {
        let text = self.editor.text();
        let mut placed: Vec<(usize, &Image)> =
            self.chips.iter().filter_map(|chip| Some((text.find(&chip.label)?, chip.image.as_ref()?))).collect();
        placed.sort_by_key(|(at, _)| *at);
        placed.into_iter().map(|(_, image)| image.clone()).collect()
    }

    /// Puts an image beside the text: its chip stands where the cursor is.
    pub fn attach(&mut self, image: Image) {
        let chip = image.chip();
        let taken = self.chips.iter().filter(|other| other.label.starts_with(chip.trim_end_matches(']'))).count();
        let label = match taken {
            0 => chip,
            n => format!("{}, {}]", chip.trim_end_matches(']'), n + 1),
        };
        self.editor.insert(&format!("{label} "));
        self.unsaved = true;
        self.chips.push(Chip { label, text: String::new(), image: Some(image) });
    }

    /// Pasted text: a chip when it is big.
    pub fn paste(&mut self, text: &str) {
        let text = crate::base::text::clean(text).replace('\r', "\n");
        let lines = text.lines().count();
        self.unsaved = true;
        if lines <= CHIP_LINES {
            self.editor.insert(&text);
            return;
        }
        let label = match self.chips.len() {
            0 => format!("[pasted {lines} lines]"),
            n => format!("[pasted {lines} lines, {}]", n + 1),
        };
        self.editor.insert(&label);
        self.chips.push(Chip { label, text, image: None });
    }

    /// Applies a key; tells whether there was a use for it. Backspace takes a chip as a whole.
    pub fn key(&mut self, key: Key) -> bool {
        if key == Key::plain(Code::Backspace) {
            let before = self.editor.before_cursor();
            // The blank that was put behind a chip goes with it.
            let ends = |chip: &Chip| before.strip_suffix(' ').unwrap_or(&before).ends_with(&chip.label);
            if let Some(at) = self.chips.iter().position(ends) {
                let chip = self.chips.remove(at);
                let blank = usize::from(before.ends_with(' '));
                self.editor.delete_before(chip.label.chars().count() + blank);
                self.unsaved = true;
                return true;
            }
        }
        let used = self.editor.key(key);
        self.unsaved |= used;
        used
    }

    /// Up: the message sent before where the cursor is in the first line, else the line above.
    pub fn previous(&mut self, history: &[String]) {
        let at = self.browsing.as_ref().map_or(0, |(at, _)| at + 1);
        match history.len().checked_sub(at + 1).and_then(|index| history.get(index)) {
            Some(text) if self.editor.at_first_line() => {
                let kept = self.browsing.take().map_or_else(|| self.text(), |(_, kept)| kept);
                self.set(text);
                self.browsing = Some((at, kept));
            }
            _ => {
                self.editor.key(Key::plain(Code::Up));
            }
        }
    }

    /// Down: the message sent after where the cursor is in the last line, else the line below.
    pub fn next(&mut self, history: &[String]) {
        let Some((at, kept)) = self.browsing.clone().filter(|_| self.editor.at_last_line()) else {
            self.editor.key(Key::plain(Code::Down));
            return;
        };
        if at == 0 {
            self.set(&kept);
            return;
        }
        let text = history.len().checked_sub(at).and_then(|index| history.get(index)).cloned().unwrap_or_default();
        self.set(&text);
        self.browsing = Some((at - 1, kept));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(composer: &mut Composer, keys: &[&str]) {
        for key in keys {
            composer.key(Key::parse(key).unwrap());
        }
    }

    #[test]
    fn letters_are_letters() {
        let mut composer = Composer::default();
        press(&mut composer, &["q", "?", "1", "space", "é"]);
        composer.editor.newline();
        press(&mut composer, &["j"]);
        assert_eq!(composer.text(), "q?1 é\nj");
        press(&mut composer, &["ctrl+u"]);
        assert_eq!(composer.text(), "q?1 é\n");
    }

    #[test]
    fn a_big_paste_is_a_chip_that_expands() {
        let mut composer = Composer::default();
        let big: String = (0..120).map(|n| format!("line {n}\n")).collect();
        press(&mut composer, &["s", "e", "e", "space"]);
        composer.paste(&big);
        assert_eq!(composer.editor.text(), "see [pasted 120 lines]");
        assert_eq!(composer.text(), format!("see {big}"));
        composer.paste(&big);
        assert_eq!(composer.text(), format!("see {big}{big}"));
        press(&mut composer, &["backspace"]);
        assert_eq!(composer.editor.text(), "see [pasted 120 lines]", "a chip goes as a whole");
        composer.paste("small\npaste \u{1b}[31m");
        assert!(composer.editor.text().ends_with("small\npaste ␛[31m"));
    }

    #[test]
    fn an_image_is_a_chip_that_goes_along() {
        let image = |name: &str| Image {
            hash: "0".repeat(64),
            name: name.to_owned(),
            media: crate::lab::chat::image::Media::Png,
            width: 2,
            height: 3,
            bytes: 4,
        };
        let mut composer = Composer::default();
        composer.attach(image("a.png"));
        composer.attach(image("a.png"));
        press(&mut composer, &["h", "i"]);
        assert_eq!(composer.editor.text(), "[image a.png 2x3 4 B] [image a.png 2x3 4 B, 2] hi");
        press(&mut composer, &["backspace", "backspace", "backspace"]);
        assert_eq!(composer.editor.text(), "[image a.png 2x3 4 B] ");
        composer.attach(image("b.png"));
        press(&mut composer, &["?"]);
        let names: Vec<String> = composer.images().into_iter().map(|image| image.name).collect();
        assert_eq!(names, ["a.png", "b.png"]);
        let said = composer.take();
        assert_eq!((said.text.as_str(), said.images.len()), ("?", 2));
        assert!(composer.is_blank() && composer.images().is_empty());
    }

    #[test]
    fn history_keeps_what_was_being_written() {
        let history = ["first".to_owned(), "second".to_owned()];
        let mut composer = Composer::with("draft");
        composer.previous(&history);
        assert_eq!(composer.text(), "second");
        composer.previous(&history);
        composer.previous(&history);
        assert_eq!(composer.text(), "first");
        composer.next(&history);
        assert_eq!(composer.text(), "second");
        composer.next(&history);
        assert_eq!(composer.text(), "draft");
        composer.next(&history);
        assert_eq!(composer.text(), "draft");
    }
}
