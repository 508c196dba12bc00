//! What the server makes of a model: reasoning apart from the answer, pictures.

use crate::lab::probes::ask::{Answer, Ask, Said};
use crate::lab::probes::bench::{Bench, Need, fields, user};
use crate::lab::probes::rule::unanswered;
use crate::lab::probes::verdict::{Finding, Verdict};
use crate::wire::Dialect;
use serde_json::{Value, json};

type Found = Result<Finding, Need>;

/// Eight by eight red pixels, as PNG.
const RED: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEUlEQVR42mP4z8CAFTEMLQkAKP8/wc53yE8AAAAASUVORK5CYII=";
/// Fewer tokens than these no picture takes.
const PICTURE: u64 = 8;
/// Questions before which a model that can think may.
const HARD: [&str; 3] = [
    "Think step by step: what is 17 times 23?",
    "A farmer has 17 sheep; all but 9 run away. How many are left? Think first.",
    "Say hello, and do not write JSON.",
];

/// Reasoning comes in a field of its own.
pub(in crate::lab::probes) fn reasoning(bench: &Bench) -> Found {
    let mut with = fields(json!({"temperature": 0, "max_tokens": 128}));
    if matches!(bench.situation.dialect, Dialect::Vllm | Dialect::LlamaCpp) {
        with.insert("chat_template_kwargs".into(), json!({"enable_thinking": true}));
    }
    let answers = bench.round("questions to think about, greedy", false, || {
        HARD.iter().map(|text| Ask::Chat { messages: user(text), fields: with.clone(), stream: false }).collect()
    })?;
    if let Some(found) = unanswered(answers, &[]) {
        return Ok(found);
    }
    let all: Vec<&Said> = answers.iter().filter_map(Answer::said).collect();
    let inside =
        |said: &&&Said| ["<think>", "<|channel|>analysis", "[THINK]"].iter().any(|tag| said.text().contains(tag));
    let apart = |said: &&&Said| said.choices.first().is_some_and(|choice| !choice.reasoning.trim().is_empty());
    let (inside, apart) = (all.iter().filter(inside).count(), all.iter().filter(apart).count());
    Ok(match (inside, apart) {
        (0, 0) => Finding::unknown("the model did not think"),
        (0, apart) => {
            Finding::plain(Verdict::Yes, format!("apart from the answer in {apart} of {}", all.len()), all.len())
        }
        (inside, _) => {
            let why = format!("the tags of its thoughts stand in the text of {inside} of {} answers", all.len());
            Finding::plain(Verdict::No, why, all.len())
        }
    })
}

/// A picture is read: it takes tokens of the prompt.
pub(in crate::lab::probes) fn images(bench: &Bench) -> Found {
    let answers = bench.round("one picture, and none", true, || {
        let text = json!({"type": "text", "text": "Which colour is this?"});
        let ask = |parts: Vec<Value>| Ask::Chat {
            messages: vec![json!({"role": "user", "content": parts})],
            fields: fields(json!({"temperature": 0, "max_tokens": 8})),
            stream: false,
        };
        vec![ask(vec![text.clone(), json!({"type": "image_url", "image_url": {"url": RED}})]), ask(vec![text])]
    })?;
    let (with, without) = answers.split_at(1.min(answers.len()));
    if let Some(found) = unanswered(with, without) {
        return Ok(found);
    }
    let tokens = |answers: &[Answer]| answers.first().and_then(Answer::said).and_then(|said| said.prompt_tokens);
    Ok(match (tokens(with), tokens(without)) {
        (Some(with), Some(without)) if with >= without + PICTURE => {
            Finding::plain(Verdict::Yes, format!("the picture takes {} tokens of the prompt", with - without), 2)
        }
        (Some(with), Some(without)) if with == without => {
            Finding::plain(Verdict::Ignored, "the prompt has as many tokens with the picture as without", 2)
        }
        (Some(with), Some(without)) => {
            Finding::unknown(format!("{with} tokens with the picture, {without} without: too few for one to be read"))
        }
        _ => Finding::unknown("the endpoint does not count the prompt's tokens"),
    })
}
