//! Constraints: which tokens may come next under a schema, a regular expression, a choice or a grammar.
//! llguidance keeps the state; here the model's habit under constraint is added, so that strings, lists and numbers
//! come to an end.

mod habit;

use self::habit::Habit;
use super::model::{END, LanguageModel, Vocab};
use llguidance::api::TopLevelGrammar;
use llguidance::{Matcher, ParserFactory};
use serde_json::{Value, json};
use std::sync::Arc;
use toktrie::{ApproximateTokEnv, InferenceCapabilities, TokEnv, TokRxInfo, TokTrie};

/// What an answer has to obey.
#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    /// A JSON schema.
    Schema(Value),
    /// A schema of a tool: keywords that cannot be enforced are left out instead of refused.
    ToolSchema(Value),
    /// Any JSON object.
    JsonObject,
    /// A regular expression over the whole answer.
    Regex(String),
    /// One of these strings.
    Choice(Vec<String>),
    /// A Lark grammar, or a GBNF one (`root ::= …`), which is translated.
    Grammar(String),
}

/// Compiles rules for one vocabulary.
pub struct Compiler {
    factory: ParserFactory,
}

impl std::fmt::Debug for Compiler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Compiler")
    }
}

impl Compiler {
    /// A compiler for the model's vocabulary.
    ///
    /// # Errors
    /// When llguidance refuses the vocabulary.
    pub fn new(model: &LanguageModel) -> Result<Self, String> {
        let vocab = model.vocab();
        let words: Vec<Vec<u8>> = (0..vocab.len() as u32).map(|token| trie_word(vocab, token)).collect();
        let info = TokRxInfo::new(words.len() as u32, END);
        let env: TokEnv = Arc::new(ApproximateTokEnv::new(TokTrie::from(&info, &words)));
        let mut factory = ParserFactory::new(&env, InferenceCapabilities::default(), &[]).map_err(|e| e.to_string())?;
        factory.quiet();
        Ok(Self { factory })
    }

    /// Compiles a rule.
    ///
    /// # Errors
    /// llguidance's own words on what is wrong with it.
    pub fn compile(&self, rule: &Rule) -> Result<Constraint, String> {
        let parser = self.factory.create_parser(grammar(rule)?).map_err(|e| e.to_string())?;
        let mut matcher = Matcher::new(Ok(parser));
        let mask = matcher.compute_mask_or_eos().map_err(|e| e.to_string())?;
        if mask.is_zero() {
            return Err("no text can satisfy it".to_owned());
        }
        let json = matches!(rule, Rule::Schema(_) | Rule::ToolSchema(_) | Rule::JsonObject);
        Ok(Constraint { matcher, habit: json.then(Habit::default), taken: 0, run: 0 })
    }
}

fn trie_word(vocab: &Vocab, token: u32) -> Vec<u8> {
    let bytes = vocab.bytes(token);
    if Vocab::is_special(token) { [&[0xff], bytes].concat() } else { bytes.to_vec() }
}

fn grammar(rule: &Rule) -> Result<TopLevelGrammar, String> {
    Ok(match rule {
        Rule::Schema(schema) => TopLevelGrammar::from_json_schema(with_options(schema, false)),
        Rule::ToolSchema(schema) => TopLevelGrammar::from_json_schema(with_options(schema, true)),
        Rule::JsonObject => TopLevelGrammar::from_json_schema(with_options(&json!({"type": "object"}), false)),
        Rule::Regex(regex) => TopLevelGrammar::from_regex(regex),
        Rule::Choice(words) => {
            if words.is_empty() {
                return Err("a choice needs at least one string".to_owned());
            }
            let words: Vec<String> = words.iter().map(|w| Value::from(w.as_str()).to_string()).collect();
            TopLevelGrammar::from_lark(format!("start: {}", words.join(" | ")))
        }
        Rule::Grammar(text) if text.contains("::=") => TopLevelGrammar::from_lark(crate::base::gbnf::to_lark(text)?),
        Rule::Grammar(text) => TopLevelGrammar::from_lark(text.clone()),
    })
}

/// The schema with fixed separators: a model of n-grams would otherwise fill the gaps with blanks for ever.
fn with_options(schema: &Value, lenient: bool) -> Value {
    let mut schema = match schema {
        Value::Object(map) => map.clone(),
        Value::Bool(true) => serde_json::Map::new(),
        other => return other.clone(),
    };
    let options =
        json!({"whitespace_flexible": false, "item_separator": ", ", "key_separator": ": ", "lenient": lenient});
    schema.insert("x-guidance".to_owned(), options);
    Value::Object(schema)
}

/// The state of one answer under a rule.
#[derive(Clone)]
pub struct Constraint {
    matcher: Matcher,
    /// Where in a JSON text the answer is; absent for other rules.
    habit: Option<Habit>,
    taken: u32,
    /// Tokens of letters and digits since the last mark.
    run: u32,
}

impl std::fmt::Debug for Constraint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Constraint")
    }
}

impl Constraint {
    /// Sets the probability of every token to zero that would break the rule, and leans towards an end the longer
    /// nothing was closed. Gives false where nothing may come any more.
    pub fn restrict(&mut self, vocab: &Vocab, probs: &mut [f32]) -> bool {
        let Ok(mask) = self.matcher.compute_mask_or_eos() else { return false };
        let mut kept = vec![0.0; probs.len()];
        mask.iter_set_entries(|token| {
            // A floor keeps every allowed token reachable, however unlikely the model finds it.
            kept[token] = (probs[token] + self.floor()) * self.lean(vocab, token as u32);
        });
        probs.copy_from_slice(&kept);
        !mask.is_zero()
    }

    fn floor(&self) -> f32 {
        self.habit.as_ref().map_or(1e-7, Habit::floor)
    }

    fn lean(&self, vocab: &Vocab, token: u32) -> f32 {
        match &self.habit {
            Some(_) if token == END => 1e6,
            Some(habit) => habit.lean(vocab.bytes(token)),
            None if token == END => (0.5 * self.taken as f32).min(30.0).exp(),
            // After a long run of letters a mark is due, where the rule knows one.
            None if vocab.bytes(token).first().is_some_and(|b| !b.is_ascii_alphanumeric()) => {
                (1.5 * self.run as f32).min(40.0).exp()
            }
            None => 1.0,
        }
    }

    /// Takes a token. Gives false where the rule does not allow it.
    pub fn take(&mut self, vocab: &Vocab, token: u32) -> bool {
        self.taken += 1;
        let letters = vocab.bytes(token).iter().all(u8::is_ascii_alphanumeric);
        self.run = if letters { self.run + 1 } else { 0 };
        if let Some(habit) = &mut self.habit {
            habit.take(vocab.bytes(token));
        }
        self.matcher.consume_token(token).is_ok()
    }

    /// Whether nothing but the end may come.
    pub fn is_over(&self) -> bool {
        self.matcher.is_stopped()
    }
}

#[cfg(test)]
mod tests;
