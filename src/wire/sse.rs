//! Server-sent events, from bytes cut anywhere.

use super::lines::{LineTooLong, Lines, text};

/// One event of the stream.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SseEvent {
    /// The `event:` field; empty for a plain message.
    pub name: String,
    /// The `data:` lines, joined by newlines.
    pub data: String,
}

/// Parser of one stream. Memory is bounded: neither a line nor the data of one event may exceed the limit.
#[derive(Debug, Default)]
pub struct SseParser {
    lines: Lines,
    event: Pending,
    replaced: u64,
}

/// The event being collected.
#[derive(Debug, Default)]
struct Pending {
    name: String,
    data: Vec<u8>,
    has_data: bool,
    too_long: bool,
}

impl SseParser {
    /// A parser with the given bound, in bytes, on one line and on the data of one event.
    pub fn with_limit(limit: usize) -> Self {
        Self { lines: Lines::with_limit(limit), ..Self::default() }
    }

    /// Takes bytes, cut anywhere, and adds the events they complete to `out`.
    ///
    /// # Errors
    /// When a line, or the data of one event, exceeds the bound; events before it are in `out`.
    pub fn feed(&mut self, bytes: &[u8], out: &mut Vec<SseEvent>) -> Result<(), LineTooLong> {
        let limit = self.lines.limit();
        let (event, replaced) = (&mut self.event, &mut self.replaced);
        self.lines.feed(bytes, |line| event.take(line, limit, replaced, out))?;
        if self.event.too_long { Err(LineTooLong { limit }) } else { Ok(()) }
    }

    /// Adds the last event, where the stream ended without the empty line that completes it. (The standard drops such
    /// an event; a server that forgets the last newline after `[DONE]` is common enough to be heard.)
    pub fn finish(&mut self, out: &mut Vec<SseEvent>) {
        let limit = self.lines.limit();
        let (event, replaced) = (&mut self.event, &mut self.replaced);
        self.lines.finish(|line| event.take(line, limit, replaced, out));
        event.take(b"", limit, replaced, out);
    }

    /// How many invalid UTF-8 sequences were replaced.
    pub fn replaced(&self) -> u64 {
        self.replaced
    }
}

impl Pending {
    fn take(&mut self, line: &[u8], limit: usize, replaced: &mut u64, out: &mut Vec<SseEvent>) {
        if line.is_empty() {
            return self.dispatch(replaced, out);
        }
        let (field, value) = match line.iter().position(|byte| *byte == b':') {
            Some(at) => (&line[..at], line[at + 1..].strip_prefix(b" ").unwrap_or(&line[at + 1..])),
            None => (line, &b""[..]),
        };
        match field {
            b"data" => self.push(value, limit),
            // llama-server has written errors as a field of their own.
            b"error" => {
                "error".clone_into(&mut self.name);
                self.push(value, limit);
            }
            b"event" => self.name = text(value, replaced),
            _ => {}
        }
    }

    fn push(&mut self, value: &[u8], limit: usize) {
        if self.too_long || self.data.len() + value.len() >= limit {
            *self = Self { too_long: true, ..Self::default() };
            return;
        }
        if self.has_data {
            self.data.push(b'\n');
        }
        self.data.extend_from_slice(value);
        self.has_data = true;
    }

    fn dispatch(&mut self, replaced: &mut u64, out: &mut Vec<SseEvent>) {
        let name = std::mem::take(&mut self.name);
        if std::mem::take(&mut self.has_data) {
            out.push(SseEvent { name, data: text(&self.data, replaced) });
            self.data.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(bytes: &[u8], cuts: &[usize]) -> (Vec<SseEvent>, u64) {
        let (mut parser, mut out, mut at) = (SseParser::default(), Vec::new(), 0);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
        cuts.sort_unstable();
        for cut in cuts.into_iter().chain([bytes.len()]) {
            parser.feed(&bytes[at..cut], &mut out).unwrap();
            at = cut;
        }
        parser.finish(&mut out);
        (out, parser.replaced())
    }

    fn data(bytes: &[u8]) -> Vec<String> {
        parse(bytes, &[]).0.into_iter().map(|event| event.data).collect()
    }

    #[test]
    fn reads_what_the_standard_says() {
        for (bytes, events) in [
            (&b"data: a\n\ndata:b\n\n"[..], &["a", "b"][..]),
            (b"\xef\xbb\xbfdata: a\r\n\r\n: ping\r\n\r\ndata: b\r\rdata\n\n", &["a", "b", ""]),
            (b"data: one\ndata: two\n\n", &["one\ntwo"]),
            (b"id: 7\nretry: 10\n\n", &[]),
            (b"data:  two spaces\n\n", &[" two spaces"]),
            (b"data: [DONE]", &["[DONE]"]),
        ] {
            assert_eq!(data(bytes), events, "{:?}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn names_events() {
        let (events, _) = parse(b"event: error\ndata: {}\n\nerror: {\"code\":500}\n\ndata: x\n\n", &[]);
        let seen: Vec<(&str, &str)> = events.iter().map(|e| (e.name.as_str(), e.data.as_str())).collect();
        assert_eq!(seen, [("error", "{}"), ("error", "{\"code\":500}"), ("", "x")]);
    }

    #[test]
    fn invalid_utf8_is_replaced_and_counted() {
        assert_eq!(
            parse(b"data: a\xffb\xe2\x82\n\n", &[8]),
            (vec![SseEvent { name: String::new(), data: "a\u{fffd}b\u{fffd}".into() }], 2)
        );
    }

    #[test]
    fn endless_lines_and_endless_events_are_errors() {
        let mut parser = SseParser::with_limit(1 << 16);
        let mut out = Vec::new();
        parser.feed(b"data: first\n\ndata: ", &mut out).unwrap();
        let piece = vec![b'x'; 1 << 14];
        let fed = (0..65_536).find(|_| parser.feed(&piece, &mut out).is_err());
        assert_eq!((fed, out.len()), (Some(3), 1));
        let mut parser = SseParser::with_limit(1 << 16);
        let line = [b"data: ".as_slice(), &piece, b"\n"].concat();
        assert!((0..5).any(|_| parser.feed(&line, &mut out).is_err()));
        assert!(parser.event.data.capacity() == 0);
    }

    proptest! {
        #[test]
        fn any_cut_gives_the_same_events(
            pieces in prop::collection::vec(prop::sample::select(vec![
                "data: ", "data:", "événement ✓", "\n", "\r\n", "\r", "\n\n", ": c", "event: e", "🙂", "{\"a\":1}", "\u{feff}", "error: x",
            ]), 0..24),
            cuts in prop::collection::vec(0usize..400, 0..8),
        ) {
            let bytes = pieces.concat().into_bytes();
            prop_assert_eq!(parse(&bytes, &cuts), parse(&bytes, &[]));
        }
    }
}
