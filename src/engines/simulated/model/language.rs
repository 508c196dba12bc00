//! The language model as a whole: trained at start, focused on what the person just said.

use super::corpus::{self, Exchange};
use super::ngram::Ngram;
use super::vocab::{ASSISTANT, END, THINK, THINK_END, TokenId, USER, Vocab};
use std::collections::{HashMap, HashSet};

/// Share of probability that a token unseen in the corpus keeps, all of them together.
const UNSEEN: f32 = 1e-4;
/// From this length on, an answer grows more likely to end at the end of each sentence.
const LONG_ANSWER: usize = 320;
/// The same for reasoning.
const LONG_THOUGHT: usize = 90;
/// How many exchanges of the corpus a question brings to mind.
const REMINDED: usize = 4;

/// The trained model.
#[derive(Debug)]
pub struct LanguageModel {
    vocab: Vocab,
    base: Ngram,
    thoughts: Ngram,
    unigram: Vec<f32>,
    memories: Vec<Memory>,
    rarity: HashMap<String, f32>,
}

#[derive(Debug)]
struct Memory {
    tokens: Vec<TokenId>,
    words: HashSet<String>,
    thinking: bool,
}

/// What a request draws the model's attention to.
#[derive(Debug, Default)]
pub struct Focus {
    topic: Ngram,
    thoughts: Ngram,
}

impl LanguageModel {
    /// Trains on vramdeck's own texts.
    pub fn trained() -> Self {
        let exchanges = corpus::exchanges();
        let texts = exchanges.iter().flat_map(|e| [e.question.as_str(), e.answer.as_str()]);
        let vocab = Vocab::from_texts(texts);
        let (mut base, mut thoughts) = (Ngram::default(), Ngram::default());
        let mut counts = vec![0.0f32; vocab.len()];
        let memories: Vec<Memory> = exchanges.iter().map(|exchange| memory(&vocab, exchange)).collect();
        for memory in &memories {
            if memory.thinking { &mut thoughts } else { &mut base }.learn(&memory.tokens, 1.0);
            for &token in &memory.tokens {
                counts[token as usize] += 1.0;
            }
        }
        let unigram = smoothed(&counts);
        let rarity = rarity(&memories);
        Self { vocab, base, thoughts, unigram, memories, rarity }
    }

    /// The vocabulary.
    pub fn vocab(&self) -> &Vocab {
        &self.vocab
    }

    /// Tokens of a prompt as the model reads it: each turn with its marks.
    pub fn read_prompt(&self, turns: &[(bool, &str)]) -> Vec<TokenId> {
        let mut tokens = Vec::new();
        for &(assistant, text) in turns {
            tokens.push(if assistant { ASSISTANT } else { USER });
            tokens.extend(self.vocab.encode(text.as_bytes()));
            tokens.push(END);
        }
        tokens.push(ASSISTANT);
        tokens
    }

    /// Draws attention to what resembles `text`, and to its very words, so that answers can echo them.
    pub fn focus(&self, text: &str) -> Focus {
        let said = words_of(text);
        let mut scored: Vec<(f32, &Memory)> = self
            .memories
            .iter()
            .map(|m| (said.iter().filter(|w| m.words.contains(*w)).filter_map(|w| self.rarity.get(w)).sum(), m))
            .collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0));
        let best = scored.first().map_or(1.0, |(score, _)| *score);
        let mut focus = Focus::default();
        for (score, memory) in scored.iter().take(REMINDED).filter(|(score, _)| *score > 0.0) {
            let of = if memory.thinking { &mut focus.thoughts } else { &mut focus.topic };
            of.learn(&memory.tokens, score / best);
        }
        // The words themselves, a little: enough to be quoted, not enough to parrot the question.
        let echo: String = text.chars().take(400).collect();
        focus.topic.learn(&self.vocab.encode(echo.as_bytes()), 0.3);
        focus
    }

    /// Adds phrases that the model should readily write as quoted values.
    pub fn quote(&self, focus: &mut Focus, phrases: &[String]) {
        for phrase in phrases {
            for (open, close) in [("\"", "\""), (": \"", "\""), (": \"", "\"}")] {
                let text = format!("{open}{phrase}{close}");
                focus.topic.learn(&self.vocab.encode(text.as_bytes()), 6.0);
            }
        }
    }

    /// The probability of every token after `history`, of which the last `length` tokens are the answer so far.
    pub fn next(&self, focus: &Focus, history: &[TokenId], length: usize, thinking: bool, probs: &mut Vec<f32>) {
        probs.clear();
        probs.extend_from_slice(&self.unigram);
        self.base.apply(history, 1.2, probs);
        if thinking {
            self.thoughts.apply(history, 0.9, probs);
            focus.thoughts.apply(history, 0.8, probs);
        } else {
            focus.topic.apply(history, 0.8, probs);
        }
        shun_repetition(history, length, probs);
        let (end, other_end) = if thinking { (THINK_END, END) } else { (END, THINK_END) };
        probs[end as usize] += probs[other_end as usize];
        for special in [USER, ASSISTANT, THINK, other_end] {
            probs[special as usize] = 0.0;
        }
        let hazard = self.ending(history, length, if thinking { LONG_THOUGHT } else { LONG_ANSWER });
        let rest = 1.0 - hazard;
        let sum: f32 = probs.iter().sum();
        for p in probs.iter_mut() {
            *p *= rest / sum;
        }
        probs[end as usize] += hazard;
    }

    /// How likely the answer ends here for its length alone: at the end of a sentence or line, much later anywhere.
    fn ending(&self, history: &[TokenId], length: usize, long: usize) -> f32 {
        if length < long {
            return 0.0;
        }
        let last = history.last().map_or(&[][..], |&token| self.vocab.bytes(token));
        let at_end = matches!(last.last(), Some(b'.' | b'!' | b'?' | b'\n'));
        let beyond = (length - long) as f32;
        if at_end { (0.3 + beyond / 150.0).min(0.98) } else { ((beyond - 80.0) / 400.0).clamp(0.0, 0.9) }
    }
}

/// What followed the last three tokens before, in this answer, is less likely to follow them again: without this the
/// likeliest words would go round in circles.
fn shun_repetition(history: &[TokenId], length: usize, probs: &mut [f32]) {
    const SEEN: usize = 256;
    let recent = &history[history.len() - length.min(SEEN).min(history.len())..];
    let Some(tail) = recent.len().checked_sub(3).map(|at| &recent[at..]) else { return };
    for window in recent.windows(4) {
        if window[..3] == *tail
            && let Some(p) = probs.get_mut(window[3] as usize)
        {
            *p *= 0.15;
        }
    }
}

fn memory(vocab: &Vocab, exchange: &Exchange) -> Memory {
    let mut tokens = vec![if exchange.thinking { THINK } else { ASSISTANT }];
    tokens.extend(vocab.encode(exchange.answer.as_bytes()));
    tokens.push(if exchange.thinking { THINK_END } else { END });
    let mut words = words_of(&exchange.question);
    // The question says what an answer is about; its own words help a little less, so only the longer ones count.
    words.extend(words_of(&exchange.answer).into_iter().filter(|w| w.len() > 6));
    Memory { tokens, words, thinking: exchange.thinking }
}

/// Words that say what a text is about: the longer ones, and abbreviations.
fn words_of(text: &str) -> HashSet<String> {
    let telling = |w: &&str| w.len() > 2 || (w.len() > 1 && w.chars().all(char::is_uppercase));
    text.split(|c: char| !c.is_alphanumeric()).filter(telling).map(str::to_lowercase).collect()
}

fn rarity(memories: &[Memory]) -> HashMap<String, f32> {
    let mut counts: HashMap<String, f32> = HashMap::new();
    for memory in memories.iter().filter(|m| !m.thinking) {
        for word in &memory.words {
            *counts.entry(word.clone()).or_default() += 1.0;
        }
    }
    let all = memories.len() as f32;
    counts.into_iter().map(|(word, n)| (word, (all / n).ln().max(0.0))).collect()
}

fn smoothed(counts: &[f32]) -> Vec<f32> {
    let total: f32 = counts.iter().sum::<f32>().max(1.0);
    let floor = UNSEEN / counts.len() as f32;
    counts.iter().map(|count| floor + (1.0 - UNSEEN) * count / total).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_true_probabilities_everywhere() {
        let model = LanguageModel::trained();
        let focus = model.focus("How much memory does the KV cache take?");
        let mut history = vec![ASSISTANT];
        let mut probs = Vec::new();
        for length in 0..60 {
            model.next(&focus, &history, length, false, &mut probs);
            assert_eq!(probs.len(), model.vocab().len());
            assert!((probs.iter().sum::<f32>() - 1.0).abs() < 1e-3);
            assert_eq!(probs[USER as usize], 0.0);
            let best = (0..probs.len()).max_by(|&a, &b| probs[a].total_cmp(&probs[b])).unwrap();
            if best == END as usize {
                return;
            }
            history.push(best as TokenId);
        }
    }

    #[test]
    fn a_question_brings_its_subject_to_mind() {
        let model = LanguageModel::trained();
        let mut probs = Vec::new();
        let greedy = |question: &str, probs: &mut Vec<f32>| {
            let focus = model.focus(question);
            let mut history = vec![ASSISTANT];
            for length in 0..200 {
                model.next(&focus, &history, length, false, probs);
                let best = (0..probs.len()).max_by(|&a, &b| probs[a].total_cmp(&probs[b])).unwrap();
                history.push(best as TokenId);
                if best == END as usize {
                    break;
                }
            }
            String::from_utf8_lossy(&model.vocab().decode(&history)).into_owned()
        };
        let first = greedy("What is the KV cache?", &mut probs);
        let second = greedy("Write a haiku please", &mut probs);
        assert!(first.contains("cache"), "{first}");
        assert_ne!(first, second);
    }
}
