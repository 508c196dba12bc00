//! Stop strings in a stream: text that may be the start of one is held back until it is known.

/// Looks for stop strings, also across the borders of tokens.
#[derive(Debug, Clone, Default)]
pub struct StopScanner {
    stops: Vec<String>,
    keep: bool,
    held: String,
}

impl StopScanner {
    /// Looks for `stops`; `keep` leaves the stop string itself in the text.
    pub fn new(stops: Vec<String>, keep: bool) -> Self {
        Self { stops: stops.into_iter().filter(|s| !s.is_empty()).collect(), keep, held: String::new() }
    }

    /// Adds text; gives what may be written now and the stop string that was reached.
    pub fn push(&mut self, text: &str) -> (String, Option<String>) {
        if self.stops.is_empty() {
            return (text.to_owned(), None);
        }
        self.held.push_str(text);
        let hit = self.stops.iter().filter_map(|s| self.held.find(s.as_str()).map(|at| (at, s))).min_by_key(|h| h.0);
        if let Some((at, stop)) = hit {
            let stop = stop.clone();
            let end = if self.keep { at + stop.len() } else { at };
            let out = self.held[..end].to_owned();
            self.held.clear();
            return (out, Some(stop));
        }
        let keep = self.stops.iter().map(|stop| overlap(&self.held, stop)).max().unwrap_or(0);
        let rest = self.held.split_off(self.held.len() - keep);
        (std::mem::replace(&mut self.held, rest), None)
    }

    /// What was held back, when no more comes.
    pub fn finish(&mut self) -> String {
        std::mem::take(&mut self.held)
    }
}

/// Bytes at the end of `text` that `stop` begins with.
fn overlap(text: &str, stop: &str) -> usize {
    (1..stop.len().min(text.len() + 1))
        .rev()
        .find(|&n| stop.is_char_boundary(n) && text.as_bytes().ends_with(&stop.as_bytes()[..n]))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn run(stops: &[&str], pieces: &[&str]) -> (String, Option<String>) {
        let mut scanner = StopScanner::new(stops.iter().map(|&s| s.to_owned()).collect(), false);
        let mut out = String::new();
        for piece in pieces {
            let (text, hit) = scanner.push(piece);
            out.push_str(&text);
            if hit.is_some() {
                return (out, hit);
            }
        }
        (out + &scanner.finish(), None)
    }

    #[test]
    fn stops_where_told() {
        for (stops, pieces, text, hit) in [
            (&["END"][..], &["a", " E", "N", "D b"][..], "a ", Some("END")),
            (&["END"], &["a E", "Nx"], "a ENx", None),
            (&["b", "a"], &["xab"], "x", Some("a")),
            (&["ß!"], &["gro", "ß", "! ok"], "gro", Some("ß!")),
            (&["\n\n"], &["one\n", "\ntwo"], "one", Some("\n\n")),
            (&[""], &["kept"], "kept", None),
        ] {
            assert_eq!(run(stops, pieces), (text.to_owned(), hit.map(str::to_owned)), "{stops:?} {pieces:?}");
        }
    }

    proptest! {
        #[test]
        fn any_cut_gives_the_same(text in "[ab\u{e4}]{0,30}", stop in "[ab\u{e4}]{1,4}", cut in 1usize..5) {
            let whole = run(&[&stop], &[&text]);
            let pieces: Vec<String> = text.chars().collect::<Vec<_>>().chunks(cut).map(|c| c.iter().collect()).collect();
            let cut: Vec<&str> = pieces.iter().map(String::as_str).collect();
            prop_assert_eq!(run(&[&stop], &cut), whole);
        }
    }
}
