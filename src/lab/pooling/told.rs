//! What a pooling model gave, in the order in which it is read.

use super::labels::name;
use super::similar::Similarity;
use crate::base::{Reading, Unknown};
use crate::wire::pooling::{Answer, Ask, Class, Pooled};

/// An answer with its question.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// The question.
    pub ask: Ask,
    /// The model as the server names it.
    pub model: String,
    /// Tokens that the server read.
    pub tokens: Reading<u64>,
    /// Seconds from sending to the whole answer.
    pub seconds: f64,
    /// What was given.
    pub given: Given,
}

/// What was given, by kind.
#[derive(Debug, Clone, PartialEq)]
pub enum Given {
    /// Vectors, compared.
    Similar(Similarity),
    /// A number for each text.
    Ranked(Ranked),
    /// Labels of each text.
    Labels(Vec<Labelled>),
    /// Labels of the tokens of each text.
    Tokens(Vec<Tokens>),
}

/// Texts by their numbers.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ranked {
    /// Position of each text and its number, the highest number first, equal ones in the order sent.
    pub order: Vec<(usize, f64)>,
}

impl Ranked {
    /// Which share of a bar a number fills: the number itself where all lie between 0 and 1, else its place between the
    /// lowest and the highest.
    pub fn share(&self, number: f64) -> f64 {
        let (high, low) = (self.order.first().map_or(0.0, |one| one.1), self.order.last().map_or(0.0, |one| one.1));
        let share = match (low >= 0.0 && high <= 1.0, high - low) {
            (true, _) => number,
            (false, span) if span > 0.0 => (number - low) / span,
            (false, _) => 1.0,
        };
        share.clamp(0.0, 1.0)
    }

    /// What the whole of a bar stands for.
    pub fn scale(&self) -> &'static str {
        let within = self.order.iter().all(|(_, number)| (0.0..=1.0).contains(number));
        if within { "bars from 0 to 1" } else { "bars from the lowest to the highest" }
    }
}

/// The labels of one text, the most probable first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Labelled {
    /// Name and number of each label.
    pub labels: Vec<(String, f64)>,
}

/// One token and its label.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Token {
    /// The token's text, or why it is not known.
    pub text: Option<String>,
    /// Name of the most probable label.
    pub label: String,
    /// Its number.
    pub score: f64,
}

/// The tokens of one text.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tokens {
    /// The tokens in their order.
    pub tokens: Vec<Token>,
    /// Why their texts are not known, where they are not.
    pub textless: Option<Unknown>,
}

/// Neighbouring tokens of one label.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// Their text together.
    pub text: String,
    /// The label without `B-` and `I-`.
    pub label: String,
    /// The lowest number of its tokens.
    pub score: f64,
}

impl Tokens {
    /// Neighbouring tokens whose label is the same and is not `O`: names, places and the like, where the texts are known.
    pub fn spans(&self) -> Vec<Span> {
        let mut spans: Vec<(Span, usize)> = Vec::new();
        for (at, token) in self.tokens.iter().enumerate() {
            let Some(text) = &token.text else { continue };
            let (begins, label) = match token.label.split_at_checked(2) {
                Some(("B-", label)) => (true, label),
                Some(("I-" | "E-" | "S-", label)) => (false, label),
                _ => (false, token.label.as_str()),
            };
            if label == "O" {
                continue;
            }
            match spans.last_mut().filter(|(span, end)| *end == at && !begins && span.label == label) {
                Some((span, end)) => {
                    span.text.push_str(text.strip_prefix("##").unwrap_or(text));
                    span.score = span.score.min(token.score);
                    *end = at + 1;
                }
                None => {
                    let span = Span { text: text.trim_start().to_owned(), label: label.to_owned(), score: token.score };
                    spans.push((span, at + 1));
                }
            }
        }
        spans.into_iter().map(|(span, _)| span).collect()
    }
}

/// Puts an answer in order. `names` are those of the labels; `texts` are the texts of the tokens, for each text sent.
pub fn tell(ask: Ask, answer: Answer, names: &[String], texts: Vec<Reading<Vec<String>>>, seconds: f64) -> Told {
    let given = match answer.pooled {
        Pooled::Vectors(vectors) => Given::Similar(Similarity::of(vectors)),
        Pooled::Numbers(numbers) => Given::Ranked(ranked(numbers)),
        Pooled::Classes(classes) => Given::Labels(classes.into_iter().map(|class| labelled(class, names)).collect()),
        Pooled::Tokens(all) => {
            let texts = texts.into_iter().map(Some).chain(std::iter::repeat_with(|| None));
            Given::Tokens(all.into_iter().zip(texts).map(|(rows, texts)| tokens(&rows, texts, names)).collect())
        }
    };
    let tokens = answer.tokens.ok_or(Unknown::because("the server does not count them"));
    Told { ask, model: answer.model, tokens, seconds, given }
}

fn ranked(numbers: Vec<f64>) -> Ranked {
    let mut order: Vec<(usize, f64)> = numbers.into_iter().enumerate().collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1));
    Ranked { order }
}

fn labelled(class: Class, names: &[String]) -> Labelled {
    let best = best(&class.probs).map(|(at, _)| at);
    let named = |(at, prob): (usize, f32)| match &class.label {
        // The server names the most probable one; the configuration may be that of another model.
        Some(label) if Some(at) == best => (label.clone(), f64::from(prob)),
        _ => (name(names, at), f64::from(prob)),
    };
    let mut labels: Vec<(String, f64)> = class.probs.iter().copied().enumerate().map(named).collect();
    labels.sort_by(|a, b| b.1.total_cmp(&a.1));
    Labelled { labels }
}

fn best(row: &[f32]) -> Option<(usize, f32)> {
    row.iter().copied().enumerate().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))
}

fn tokens(rows: &[Vec<f32>], texts: Option<Reading<Vec<String>>>, names: &[String]) -> Tokens {
    let texts = texts.unwrap_or(Err(Unknown::because("the server does not show its tokens")));
    let texts = texts.and_then(|texts| match texts.len() == rows.len() {
        true => Ok(texts),
        false => {
            let why = format!("the server labelled {} tokens and shows {}", rows.len(), texts.len());
            Err(Unknown::because(why))
        }
    });
    let token = |(at, row): (usize, &Vec<f32>)| {
        let (label, score) = best(row).unwrap_or_default();
        let text = texts.as_ref().ok().and_then(|texts| texts.get(at)).cloned();
        // A model with one number a token judges; it has no labels to name.
        let label = if row.len() == 1 { String::new() } else { name(names, label) };
        Token { text, label, score: f64::from(score) }
    };
    Tokens { tokens: rows.iter().enumerate().map(token).collect(), textless: texts.err() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::pooling::Task;

    fn told(task: Task, pooled: Pooled, names: &[&str], texts: Vec<Reading<Vec<String>>>) -> Given {
        let ask = Ask::new(task, "", vec!["a".into(), "b".into(), "c".into()]);
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        tell(ask, Answer { pooled, model: "m".into(), tokens: None }, &names, texts, 0.5).given
    }

    #[test]
    fn numbers_are_ranked_and_bars_have_a_scale() {
        let Given::Ranked(ranked) = told(Task::Rerank, Pooled::Numbers(vec![0.5, 0.25, 0.5]), &[], Vec::new()) else {
            panic!("ranked")
        };
        assert_eq!(ranked.order, [(0, 0.5), (2, 0.5), (1, 0.25)]);
        assert_eq!((ranked.share(0.25), ranked.scale()), (0.25, "bars from 0 to 1"));
        let wide = super::ranked(vec![-4.0, 4.0, 0.0]);
        assert_eq!(
            (wide.share(0.0), wide.share(-4.0), wide.scale()),
            (0.5, 0.0, "bars from the lowest to the highest")
        );
        assert_eq!((super::ranked(vec![7.0]).share(7.0), super::ranked(Vec::new()).share(1.0)), (1.0, 1.0));
    }

    #[test]
    fn labels_come_with_their_names() {
        let class = Class { label: Some("ugly".into()), probs: vec![0.1, 0.2, 0.7] };
        let bare = Class { label: None, probs: vec![0.5, 0.5, 0.0] };
        let Given::Labels(labels) = told(Task::Classify, Pooled::Classes(vec![class, bare]), &["good"], Vec::new())
        else {
            panic!("labels")
        };
        let names = |at: usize| labels[at].labels.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>();
        assert_eq!((names(0), names(1)), (vec!["ugly", "label 1", "good"], vec!["good", "label 1", "label 2"]));
    }

    #[test]
    fn tokens_of_one_label_stand_together() {
        let rows = |labels: &[usize]| -> Vec<Vec<f32>> {
            labels.iter().map(|label| (0..4).map(|at| if at == *label { 0.9 } else { 0.03 }).collect()).collect()
        };
        let words = ["[CLS]", "An", "##na", " Smith", " in", " Oslo", " Anna"].map(str::to_owned).to_vec();
        let pooled = Pooled::Tokens(vec![rows(&[0, 1, 2, 2, 0, 3, 1]), rows(&[1]), rows(&[0, 0])]);
        let short = vec!["x".to_owned(), "y".to_owned()];
        let given = told(Task::Tokens, pooled, &["O", "B-PER", "I-PER", "B-LOC"], vec![Ok(words), Ok(short)]);
        let Given::Tokens(all) = given else { panic!("tokens") };
        let spans: Vec<(String, String)> = all[0].spans().into_iter().map(|span| (span.text, span.label)).collect();
        let want = [("Anna Smith", "PER"), ("Oslo", "LOC"), ("Anna", "PER")];
        assert_eq!(spans, want.map(|(text, label)| (text.to_owned(), label.to_owned())));
        assert!(all[1].textless.as_ref().unwrap().why.contains("labelled 1 tokens and shows 2"));
        assert!(all[2].textless.is_some() && all[2].spans().is_empty());
    }

    #[test]
    fn a_judge_of_steps_has_no_labels() {
        let given = told(Task::Reward, Pooled::Tokens(vec![vec![vec![0.5], vec![-2.0]]]), &[], Vec::new());
        let Given::Tokens(all) = given else { panic!("tokens") };
        assert_eq!((all[0].tokens[1].label.as_str(), all[0].tokens[1].score), ("", -2.0));
    }
}
