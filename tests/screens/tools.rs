//! The Tools screen: the tools, what happens, what waits for a yes, an answer looked through.

use crate::support::{self, check, draw, draw_ascii, press, send};
use std::sync::Arc;
use vramdeck::app::screens::tools::{Effect, Msg as Tools, Told};
use vramdeck::app::{Effect as Root, Model, Msg};
use vramdeck::base::Unknown;
use vramdeck::engines::{FlagSetting, Phase};
use vramdeck::lab::agent::run::Outcome;
use vramdeck::lab::agent::{Answered, Asked, CallId, Library};
use vramdeck::lab::xray::{Cost, Exchange, Returned};
use vramdeck::wire::raw::{Pieces, Prompt, Raw};

const HERMES: &str = "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Lisbon\"}}\n</tool_call>";
const PROMPT: &str = "<|im_start|>system\n# Tools\n{\"type\": \"function\", \"function\": {\"name\": \"get_weather\"}}<|im_end|>\n<|im_start|>user\nWhat is the weather in Lisbon?<|im_end|>\n<|im_start|>assistant\n";

fn deck() -> Model {
    let mut run = support::run("qwen3-8b-awq", Phase::Ready, &[41_822]);
    run.context_tokens = Some(32_768);
    let flag = FlagSetting { flag: "--tool-call-parser".into(), value: Some("pythonic".into()) };
    if let Some(asked) = &mut run.facts.asked {
        asked.flags.push(flag);
    }
    let mut model = support::model(support::desktop());
    send(&mut model, Msg::Runs(vec![run]));
    press(&mut model, "5");
    let library = Library::shipped().clone();
    send(
        &mut model,
        Msg::Tools(Tools::Library {
            library,
            own: vec!["read_page".into()],
            servers: Vec::new(),
            problems: Vec::new(),
        }),
    );
    model
}

fn ask(model: &mut Model) -> u64 {
    let asked = press(model, "r").into_iter().find_map(|effect| match effect {
        Root::Tools(Effect::Ask { trial, .. }) => Some(trial),
        _ => None,
    });
    asked.unwrap()
}

fn answer(model: &mut Model, trial: u64, raw: &str, content: &str, calls: &[&str]) -> Vec<Root> {
    let asked = |arguments: &&str| Asked { id: "c".into(), name: "get_weather".into(), arguments: (*arguments).into() };
    let calls: Vec<Asked> = calls.iter().map(asked).collect();
    let finish = if calls.is_empty() { "stop" } else { "tool_calls" };
    let exchange = Exchange {
        tools: model.tools.chosen(),
        prompt: Ok(Prompt { text: PROMPT.into(), tokens: Some(213), basis: "vLLM's own template" }),
        cost: Ok(Cost { tokens: 180, share: Some(0.0055) }),
        raw: Ok(Raw { text: raw.into(), end: String::new(), basis: "the answer's tokens by number" }),
        pieces: Ok(Pieces { pieces: raw.split_inclusive([' ', '\n']).map(str::to_owned).collect(), basis: "as told" }),
        returned: Returned {
            content: content.into(),
            calls: calls.clone(),
            finish: Some(finish.into()),
            tokens: Some((213, 23)),
            ..Returned::default()
        },
        server_parser: Some("pythonic".into()),
        prompted: None,
    };
    let answered = Answered { content: content.into(), calls, ..Answered::default() };
    let told = Ok(Box::new(Told { answered, exchange: Arc::new(exchange) }));
    send(model, Msg::Tools(Tools::Answered { trial, told }))
}

#[test]
fn tools_and_settings() {
    let mut model = deck();
    check("tools_80x24", &draw(&model, "terminal", (80, 24)));
    check("tools_ascii", &draw_ascii(&model, "terminal", (80, 24)));
    press(&mut model, "w");
    check("tools_targets_80x24", &draw(&model, "terminal", (80, 24)));
    press(&mut model, "esc n");
    check("tools_edit_80x24", &draw(&model, "terminal", (80, 24)));
    press(&mut model, "x");
    check("tools_edit_wrong_200x50", &draw(&model, "terminal", (200, 50)));
}

#[test]
fn what_happens_is_a_tree_and_a_call_waits() {
    let mut model = deck();
    let trial = ask(&mut model);
    check("tools_asking_80x24", &draw(&model, "terminal", (80, 24)));
    answer(&mut model, trial, HERMES, "", &["{\"city\": \"Lisbon\"}"]);
    check("tools_asked_80x24", &draw(&model, "terminal", (80, 24)));
    send(
        &mut model,
        Msg::Tools(Tools::Ran { trial, call: CallId(0), outcome: Outcome::Answered(b"never asked for".to_vec()) }),
    );
    assert!(model.tools.shows_asked(), "what was not allowed has no result");
    let refused = press(&mut model, "n");
    assert!(refused.iter().any(|effect| matches!(effect, Root::Tools(Effect::Ask { .. }))));
    answer(&mut model, trial, "I may not look it up.", "I may not look it up.", &[]);
    check("tools_refused_200x50", &draw(&model, "terminal", (200, 50)));
}

#[test]
fn an_answer_is_looked_through() {
    let mut model = deck();
    let trial = ask(&mut model);
    answer(&mut model, trial, HERMES, HERMES, &[]);
    check("tools_loss_80x24", &draw(&model, "terminal", (80, 24)));
    press(&mut model, "x");
    check("tools_xray_calls_80x24", &draw(&model, "terminal", (80, 24)));
    check("tools_xray_200x50", &draw(&model, "terminal", (200, 50)));
    press(&mut model, "h");
    check("tools_xray_raw_80x24", &draw(&model, "terminal", (80, 24)));
    press(&mut model, "h");
    check("tools_xray_prompt_80x24", &draw(&model, "terminal", (80, 24)));
    press(&mut model, "l l p p p");
    check("tools_xray_other_parser_80x24", &draw(&model, "terminal", (80, 24)));
    if let Some(look) = &mut model.tools.look {
        let hidden = Exchange {
            raw: Err(Unknown::because("Ollama's /v1 does not show the raw text")),
            ..(*look.exchange).clone()
        };
        *look = vramdeck::app::screens::tools::look::Look::new(0, Arc::new(hidden), look.dialect);
    }
    check("tools_xray_hidden_80x24", &draw(&model, "terminal", (80, 24)));
}
