//! Constraints made ready by llguidance over single bytes: no vocabulary of a model is needed to follow a text.

use super::Grammar;
use crate::base::{Problem, gbnf};
use crate::lab::structured::size::beyond;
use llguidance::api::TopLevelGrammar;
use llguidance::{Matcher, ParserFactory};
use serde_json::{Value, json};
use std::sync::OnceLock;
use toktrie::{ApproximateTokEnv, InferenceCapabilities};

/// Bytes of a constraint that are compiled.
const LARGEST: usize = 8 * 1024 * 1024;
/// Levels of a schema: llguidance goes down by recursion.
const DEEPEST: usize = 128;
/// Members of one object of a schema: llguidance takes a level of recursion for each, and 3,000 overflow the stack of a thread.
/// Forms of one `anyOf`: it holds each against each.
const WIDEST: usize = 1000;
/// Work that the expressions of a constraint may cost before they are refused; about 50,000 a millisecond when optimised.
const FUEL: u64 = 2_000_000;
/// Work that one byte may cost.
const STEP_FUEL: u64 = 200_000;

fn factory() -> Result<&'static ParserFactory, String> {
    static FACTORY: OnceLock<Result<ParserFactory, String>> = OnceLock::new();
    let make = || {
        let env = ApproximateTokEnv::single_byte_env();
        let mut factory =
            ParserFactory::new(&env, InferenceCapabilities::default(), &[]).map_err(|error| error.to_string())?;
        factory.quiet();
        let limits = factory.limits_mut();
        limits.initial_lexer_fuel = FUEL;
        limits.step_lexer_fuel = STEP_FUEL;
        limits.verbose_errors = false;
        limits.precompute_large_lexemes = false;
        Ok(factory)
    };
    FACTORY.get_or_init(make).as_ref().map_err(Clone::clone)
}

pub(super) fn compile(grammar: &Grammar) -> Result<Matcher, Problem> {
    if size(grammar) > LARGEST {
        return Err(too_large(format!("the constraint is larger than {} MiB", LARGEST / 1024 / 1024)));
    }
    if matches!(grammar, Grammar::Schema(schema) if beyond(schema, DEEPEST, WIDEST)) {
        let why =
            format!("the schema is deeper than {DEEPEST} levels, or has over {WIDEST} members or forms in one place");
        return Err(too_large(why));
    }
    let made = top(grammar).and_then(|top| factory()?.create_parser(top).map_err(|error| error.to_string()));
    let mut matcher = Matcher::new(Ok(made.map_err(|why| refused(&why))?));
    match matcher.compute_mask_or_eos() {
        Ok(mask) if mask.is_zero() => Err(refused("no text can satisfy it")),
        Ok(_) => Ok(matcher),
        Err(error) => Err(refused(&error.to_string())),
    }
}

fn size(grammar: &Grammar) -> usize {
    match grammar {
        Grammar::Schema(schema) => schema.to_string().len(),
        Grammar::Json => 0,
        Grammar::Regex(text) | Grammar::Rules(text) => text.len(),
        Grammar::Choice(words) => words.iter().map(String::len).fold(0, usize::saturating_add),
    }
}

fn top(grammar: &Grammar) -> Result<TopLevelGrammar, String> {
    Ok(match grammar {
        Grammar::Schema(schema) => TopLevelGrammar::from_json_schema(schema.clone()),
        Grammar::Json => TopLevelGrammar::from_json_schema(json!({"type": "object"})),
        Grammar::Regex(regex) => TopLevelGrammar::from_regex(regex),
        Grammar::Choice(words) if words.is_empty() => return Err("a choice needs at least one text".to_owned()),
        Grammar::Choice(words) => {
            let words: Vec<String> = words.iter().map(|word| Value::from(word.as_str()).to_string()).collect();
            TopLevelGrammar::from_lark(format!("start: {}", words.join(" | ")))
        }
        Grammar::Rules(text) if text.contains("::=") => TopLevelGrammar::from_lark(gbnf::to_lark(text)?),
        Grammar::Rules(text) => TopLevelGrammar::from_lark(text.clone()),
    })
}

/// The first line of what llguidance says: what follows are places in its own code.
pub(super) fn first_line(why: &str) -> String {
    let line = why.lines().find(|line| !line.trim().is_empty()).unwrap_or("it gave no reason");
    line.chars().take(300).collect()
}

fn too_large(why: String) -> Problem {
    Problem::failed("the text cannot be followed byte by byte", why, "go by the verdict at the end")
}

fn refused(why: &str) -> Problem {
    Problem::failed(
        "the text cannot be followed byte by byte",
        format!("llguidance refuses the constraint: {}", first_line(why)),
        "leave out what it names, or go by the verdict at the end",
    )
}
