//! How a group of answers with a field is held against answers without it.

use super::ask::{Answer, Said};
use super::stats::{ALPHA, NOISE, binomial, fisher};
use super::verdict::{Finding, Verdict};

/// A mark that an answer with an obeyed field bears, and others do not.
pub(super) struct Marked<'a> {
    /// Answers with the field.
    pub(super) treated: &'a [Answer],
    /// Answers without it.
    pub(super) control: &'a [Answer],
    /// Whether an answer bears the mark; `None` where this one cannot tell.
    pub(super) mark: &'a dyn Fn(&Said) -> Option<bool>,
    /// Whether an engine that obeys can never miss it: then a single miss shows that it does not.
    pub(super) strict: bool,
    /// What the mark is: "are the greedy answer".
    pub(super) says: &'a str,
}

/// How many bear a mark, of how many that can tell.
fn share(answers: &[Answer], mark: &dyn Fn(&Said) -> Option<bool>) -> (u32, u32) {
    let told = answers.iter().filter_map(Answer::said).filter_map(mark);
    told.fold((0, 0), |(hits, n), hit| (hits + u32::from(hit), n + 1))
}

/// The finding where requests were refused or failed; `None` where all were answered.
pub(super) fn unanswered(treated: &[Answer], control: &[Answer]) -> Option<Finding> {
    let refused: Vec<&String> = treated.iter().filter_map(refused).collect();
    let bad = |answers: &[Answer]| {
        answers.iter().find_map(|answer| match answer {
            Answer::Failed(words) | Answer::Refused(words) => Some(words.clone()),
            _ => None,
        })
    };
    if let Some(words) = bad(control) {
        return Some(Finding::unknown(format!("a request without it was not answered: {words}")));
    }
    match refused.first() {
        Some(words) if refused.len() == treated.len() => {
            Some(Finding::plain(Verdict::No, format!("refused: {words}"), treated.len()))
        }
        _ => bad(treated).map(|words| Finding::unknown(format!("not every request was answered: {words}"))),
    }
}

fn refused(answer: &Answer) -> Option<&String> {
    match answer {
        Answer::Refused(words) => Some(words),
        _ => None,
    }
}

impl Marked<'_> {
    /// What follows. A yes needs Fisher's exact test to rule out that the field was ignored; an "ignored" needs more misses than
    /// an honest engine's noise makes. Both at [`ALPHA`]; between them nothing is said.
    pub(super) fn finding(&self) -> Finding {
        if let Some(found) = unanswered(self.treated, self.control) {
            return found;
        }
        let (treated, control) = (share(self.treated, self.mark), share(self.control, self.mark));
        let missed = treated.1 - treated.0;
        let samples = (treated.1 + control.1) as usize;
        let of = |(hits, n): (u32, u32)| format!("{hits} of {n}");
        let why = format!("{} with it {}, {} without", of(treated), self.says, of(control));
        let told = |verdict| Finding { alpha: Some(ALPHA), ..Finding::plain(verdict, why.clone(), samples) };
        let proved = fisher(treated, control) <= ALPHA && (missed == 0 || !self.strict);
        let many = treated.1 > 0 && binomial(missed, treated.1, NOISE) <= ALPHA;
        match () {
            () if treated.1 == 0 => Finding::unknown(format!("no answer with it can tell whether it {}", self.says)),
            () if proved => told(Verdict::Yes),
            () if many => told(Verdict::Ignored),
            () if self.strict && missed > 0 => Finding::plain(Verdict::No, format!("not always: {why}"), samples),
            () if u64::from(control.0) * 4 > u64::from(control.1) => {
                Finding { samples: samples as u32, ..Finding::unknown(format!("nothing shows: {why}")) }
            }
            () => Finding { samples: samples as u32, ..Finding::unknown(format!("not decided: {why}")) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::probes::ask::Choice;

    fn answers(texts: &str) -> Vec<Answer> {
        let one = |c: char| match c {
            'R' => Answer::Refused("no such field".into()),
            'F' => Answer::Failed("gone".into()),
            c => {
                let choice = Choice { text: c.to_string(), ..Choice::default() };
                Answer::Said(Said { choices: vec![choice], ..Said::default() })
            }
        };
        texts.chars().map(one).collect()
    }

    #[test]
    fn what_follows_from_what() {
        use Verdict as V;
        let none = ".".repeat(16);
        let some = format!("x{}", ".".repeat(15));
        for (treated, control, strict, verdict) in [
            ("xxxxx", none.as_str(), true, V::Yes),
            ("xxxxx", &some, false, V::Yes),
            ("xxxx.", &none, false, V::Unknown),
            ("xxxx.", &none, true, V::No),
            ("x....", &none, false, V::Ignored),
            (".....", &none, true, V::Ignored),
            ("xxxxx", "xxxxxxxxxxxxxxxx", false, V::Unknown),
            ("RRRRR", &none, false, V::No),
            ("xxRxx", &none, false, V::Unknown),
            ("xxxxx", "....F", false, V::Unknown),
            // '?' cannot tell.
            ("?????", &none, true, V::Unknown),
            ("???x.", &none, true, V::No),
        ] {
            let mark = |said: &Said| (said.text() != "?").then(|| said.text() == "x");
            let (treated, control) = (answers(treated), answers(control));
            let test = Marked { treated: &treated, control: &control, mark: &mark, strict, says: "bear it" };
            let found = test.finding();
            assert_eq!(found.verdict, verdict, "{found:?}");
            assert_eq!(found.alpha.is_some(), matches!(verdict, V::Yes | V::Ignored), "{found:?}");
        }
    }
}
