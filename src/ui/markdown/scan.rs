//! Lines to top-level blocks, one line at a time, without looking ahead. A simplification of CommonMark's block
//! structure that only has to find where a block surely begins; what it keeps together is parsed in full later.

/// What a block is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// Anything that the Markdown parser reads as a whole.
    Flow,
    /// One item of a list, with its number in the list.
    Item {
        /// None for a bullet.
        number: Option<u64>,
    },
    /// A fenced code block.
    Code {
        /// The word after the fence.
        language: String,
        /// Columns that the fence stands in from the left; as much goes from each line.
        indent: usize,
    },
}

/// Where a line belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Placed {
    /// Nowhere.
    Blank,
    /// To the block before.
    Continues,
    /// It begins a block.
    Begins {
        /// Of this kind.
        kind: Kind,
        /// Whether an empty row stands before it.
        gap: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fence {
    mark: u8,
    length: usize,
}

/// The list that the last block belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct List {
    mark: u8,
    number: u64,
    /// Lines at least so far in belong to the item.
    content: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Open {
    #[default]
    Nothing,
    Flow,
    /// A block of one line: a heading, a fence that was closed.
    Closed,
    Item(List),
    Code(Fence),
}

/// The state between lines.
#[derive(Debug, Clone, Default)]
pub(super) struct Scan {
    open: Open,
    blank: bool,
}

impl Scan {
    /// Places the next line, given without its line end.
    pub fn place(&mut self, line: &str) -> Placed {
        if let Open::Code(fence) = self.open {
            if closes(line, fence) {
                self.open = Open::Closed;
            }
            return Placed::Continues;
        }
        if line.trim().is_empty() {
            self.blank = true;
            return Placed::Blank;
        }
        let blank = std::mem::take(&mut self.blank);
        let indent = indent_of(line);
        if let Open::Item(list) = self.open
            && indent >= list.content
        {
            return Placed::Continues;
        }
        self.place_outside(line, indent, blank)
    }

    /// Places a line that is not inside a list item or fence.
    fn place_outside(&mut self, line: &str, indent: usize, blank: bool) -> Placed {
        let body = line.trim_start();
        if indent > 3 {
            // Code by indent, or the lazy rest of a paragraph.
            return self.continue_or_begin(blank, false);
        }
        if let Some((fence, language)) = fence_of(body) {
            self.open = Open::Code(fence);
            return Placed::Begins { kind: Kind::Code { language, indent }, gap: true };
        }
        if is_heading(body) {
            self.open = Open::Closed;
            return Placed::Begins { kind: Kind::Flow, gap: true };
        }
        let rule = is_rule(body);
        if let Some(item) = marker_of(line).filter(|item| !rule && self.may_begin(item, blank)) {
            return self.begin_item(item, blank);
        }
        let interrupts = rule || body.starts_with('>');
        self.continue_or_begin(blank, interrupts)
    }

    fn continue_or_begin(&mut self, blank: bool, ends_item: bool) -> Placed {
        let continues = match self.open {
            Open::Flow => !blank,
            Open::Item(_) => !blank && !ends_item,
            Open::Nothing | Open::Closed | Open::Code(_) => false,
        };
        if continues {
            return Placed::Continues;
        }
        self.open = Open::Flow;
        Placed::Begins { kind: Kind::Flow, gap: true }
    }

    /// A list interrupts a paragraph only with an item that has text, and, numbered, that is the first.
    fn may_begin(&self, item: &Marker, blank: bool) -> bool {
        let in_paragraph = self.open == Open::Flow && !blank;
        !in_paragraph || (!item.empty && item.number.is_none_or(|number| number == 1))
    }

    fn begin_item(&mut self, item: Marker, blank: bool) -> Placed {
        let before = match self.open {
            Open::Item(list) if list.mark == item.mark => Some(list),
            _ => None,
        };
        let number = item.number.map(|own| before.map_or(own, |list| list.number.saturating_add(1)));
        let list = List { mark: item.mark, number: number.unwrap_or(0), content: item.content };
        let after_list = matches!(self.open, Open::Item(_) | Open::Flow);
        self.open = Open::Item(list);
        Placed::Begins { kind: Kind::Item { number }, gap: blank || !after_list }
    }
}

struct Marker {
    mark: u8,
    number: Option<u64>,
    content: usize,
    empty: bool,
}

/// The list mark that a line begins with.
fn marker_of(line: &str) -> Option<Marker> {
    let indent = indent_of(line);
    let body = line.trim_start();
    let digits = body.bytes().take_while(u8::is_ascii_digit).count();
    let mark = *body.as_bytes().get(digits)?;
    let number = match (digits, mark) {
        (0, b'-' | b'*' | b'+') => None,
        (1..=9, b'.' | b')') => Some(body[..digits].parse().ok()?),
        _ => return None,
    };
    let after = &body[digits + 1..];
    if !after.is_empty() && !after.starts_with([' ', '\t']) {
        return None;
    }
    let spaces = indent_of(after);
    let empty = after.trim().is_empty();
    // More than four spaces are code within the item; its content begins one column after the mark.
    let spaces = if empty || spaces > 4 { 1 } else { spaces };
    Some(Marker { mark, number, content: indent + digits + 1 + spaces, empty })
}

/// Columns of white space that a line begins with; a tab goes on to the next multiple of four.
pub(super) fn indent_of(line: &str) -> usize {
    let mut columns = 0;
    for b in line.bytes() {
        match b {
            b' ' => columns += 1,
            b'\t' => columns += 4 - columns % 4,
            _ => break,
        }
    }
    columns
}

fn fence_of(body: &str) -> Option<(Fence, String)> {
    let mark = *body.as_bytes().first().filter(|mark| b"`~".contains(mark))?;
    let length = body.bytes().take_while(|b| *b == mark).count();
    let info = body[length..].trim();
    if length < 3 || (mark == b'`' && info.contains('`')) {
        return None;
    }
    let language = info.split([' ', ',', '{', '\t']).next().unwrap_or("");
    Some((Fence { mark, length }, language.to_owned()))
}

fn closes(line: &str, fence: Fence) -> bool {
    let body = line.trim();
    indent_of(line) <= 3 && body.len() >= fence.length && body.bytes().all(|b| b == fence.mark)
}

fn is_heading(body: &str) -> bool {
    let level = body.bytes().take_while(|b| *b == b'#').count();
    (1..=6).contains(&level) && body[level..].chars().next().is_none_or(char::is_whitespace)
}

fn is_rule(body: &str) -> bool {
    let mut marks = body.bytes().filter(|b| !b.is_ascii_whitespace());
    let Some(mark) = marks.next().filter(|mark| b"-*_".contains(mark)) else { return false };
    let rest: Vec<u8> = marks.collect();
    rest.len() >= 2 && rest.iter().all(|b| *b == mark)
}

/// Whether an unfinished line is only marks so far, of which one cannot yet say what they mean: drawn only once that is
/// known.
pub(super) fn undecided(line: &str) -> bool {
    let body = line.trim();
    let marks = |text: &str| text.bytes().all(|b| b"-=*_+#>`~|:. \t)".contains(&b));
    body.len() < 80 && marks(body.trim_start_matches(|c: char| c.is_ascii_digit())) && !body.is_empty()
}

/// Whether a line closes the fence that opens a code block's text.
pub(super) fn closes_fence(opening: &str, line: &str) -> bool {
    fence_of(opening.trim_start()).is_some_and(|(fence, _)| closes(line, fence))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each line's mark: `F`low, `I`tem with number, `C`ode, `.` continues, `_` blank; lower case without a gap.
    fn places(text: &str) -> String {
        let mut scan = Scan::default();
        let mark = |placed| match placed {
            Placed::Blank => "_".to_owned(),
            Placed::Continues => ".".to_owned(),
            Placed::Begins { kind, gap } => {
                let mark = match kind {
                    Kind::Flow => "F".to_owned(),
                    Kind::Item { number } => format!("I{}", number.map_or(String::new(), |number| number.to_string())),
                    Kind::Code { language, .. } => format!("C{language}"),
                };
                if gap { mark } else { mark.to_lowercase() }
            }
        };
        text.lines().map(|line| mark(scan.place(line))).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn finds_where_blocks_begin() {
        for (text, expected) in [
            ("a\nb\n\nc", "F . _ F"),
            ("# h\ntext\n## h", "F F F"),
            ("a\n===\n---", "F . ."),
            ("to do:\n- a\n- b\n\n- c", "F i i _ I"),
            ("- a\n  more\nlazy\n\n  para\n\nout", "I . . _ . _ F"),
            ("1. a\n1. b\n   - in\n1) other", "I1 i2 . i1"),
            ("in 1986.\n1986. not a list", "F ."),
            ("- a\n---\n- - -", "I F ."),
            ("```rs x\n# no\n\n- no\n```\nafter", "Crs . . . . F"),
            ("~~~\n```\n~~~~", "C . ."),
            ("- a\n\n  ```\n  x\n\n  ```\n- b", "I _ . . _ . i"),
            ("```\n````", "C ."),
            ("    code\n\n    code", "F _ F"),
            ("- a\n> q", "I F"),
        ] {
            assert_eq!(places(text), expected, "{text}");
        }
    }

    #[test]
    fn bare_marks_wait() {
        for (line, waits) in [("-", true), ("12.", true), ("``", true), ("| --", true), ("- a", false), ("", false)] {
            assert_eq!(undecided(line), waits, "{line}");
        }
    }
}
