//! The Tools screen: the tools, what happens, what waits for a yes, an answer looked through.

use crate::support::{self, check, draw, draw_ascii, press, send};
use std::sync::Arc;
use vramdeck::app::screens::tools::{Effect, Msg as Tools};
use vramdeck::app::{Effect as Root, Model, Msg};
use vramdeck::base::Unknown;
use vramdeck::engines::{FlagSetting, Phase};
use vramdeck::lab::agent::run::Outcome;
use vramdeck::lab::agent::{Answered, Asked, CallId, Library};
use vramdeck::lab::suite::Family;
use vramdeck::lab::xray::{Cost, Exchange, Returned, Told};
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
    let told = Ok(Arc::new(Told::new(answered, exchange)));
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
            ..look.told.exchange.clone()
        };
        let told = Arc::new(Told::new(look.told.answered.clone(), hidden));
        *look = vramdeck::app::screens::tools::look::Look::new(0, told, look.dialect);
    }
    check("tools_xray_hidden_80x24", &draw(&model, "terminal", (80, 24)));
}

fn kept(id: i64, model: &str, share: f64) -> vramdeck::lab::suite::Kept {
    use vramdeck::lab::suite::{About, Brief, Kept, Setting, stats::Rate};
    let about = About {
        suite: "quick".into(),
        model: model.into(),
        engine: "vllm 0.33.0".into(),
        started: "2026-09-21T12:00:00Z".into(),
        ..About::default()
    };
    let brief = Brief {
        setting: Setting::default().key(),
        headline: Some(share),
        pass: Rate::of(9, 10),
        categories: Vec::new(),
        verdict: "no limit found in what was tried".into(),
    };
    Kept {
        id,
        family: Default::default(),
        about,
        weights: String::new(),
        endpoint: "http://127.0.0.1:8000".into(),
        at: 0.0,
        changed_at: 0.0,
        state: "done",
        total: 38,
        done: 38,
        right: 30,
        failed: 0,
        brief: Some(brief),
    }
}

/// Every case answered with the first right call, or with a wrong text where its number is a multiple of `wrong`.
fn score(model: &str, wrong: usize) -> vramdeck::app::scores::Score {
    use vramdeck::lab::suite::{About, Answer, MadeCall, Plan, Run, Size, shipped};
    let mut run = Run::new(Plan::default(), shipped(Size::Quick), Vec::new()).unwrap();
    while let Some(job) = run.next_job() {
        let work = run.work(job).unwrap();
        let mut dialogue = work.dialogue();
        for turn in &work.case.turns {
            let right = turn.expect.calls.iter().filter(|_| job.case % wrong > 0);
            let calls = right.map(|call| MadeCall { name: call.name.clone(), arguments: call.sample().to_string() });
            let content = Some("12 °C in Ulm?".to_owned());
            dialogue.take(Answer { content, calls: calls.collect(), ..Answer::default() });
        }
        while dialogue.ask().is_some() {
            dialogue.take(Answer { content: Some("?".into()), ..Answer::default() });
        }
        run.finish(dialogue.outcome(&work.setting.key(), 0).unwrap());
    }
    let about = About { suite: "quick".into(), model: model.into(), engine: "vllm 0.33.0".into(), ..About::default() };
    let outcomes = run.outcomes().cloned().collect();
    vramdeck::app::scores::Score::new(about, run.plan().clone(), outcomes)
}

#[test]
fn scores_are_listed_read_and_compared() {
    use vramdeck::app::scores::{Effect as Ask, Msg as Scores};
    use vramdeck::lab::suite::Progress;
    let mut model = deck();
    let say = |model: &mut Model, msg: Scores| send(model, Msg::Scores(Family::Tools, msg));
    let asks = |effects: Vec<Root>| -> Vec<Ask> {
        let own = effects.into_iter().filter_map(|effect| match effect {
            Root::Scores(Family::Tools, ask) => Some(ask),
            _ => None,
        });
        own.collect()
    };
    assert_eq!(asks(press(&mut model, "u")), [Ask::List]);
    say(&mut model, Scores::Listed(Vec::new()));
    check("scores_none_80x24", &draw(&model, "terminal", (80, 24)));
    let run = asks(press(&mut model, "r"));
    assert!(matches!(&run[..], [Ask::Run { suite: "quick", target, .. }] if target.model == "qwen3-8b"), "{run:?}");
    assert!(asks(press(&mut model, "f")).is_empty(), "one at a time");
    let progress = Progress { total: 38, done: 12, given: 4, right: 9, failed: 0 };
    assert_eq!(asks(say(&mut model, Scores::Flies { id: Some(3), progress })), [Ask::List]);
    assert_eq!(asks(say(&mut model, Scores::Flies { id: Some(3), progress })), []);
    press(&mut model, "s");
    assert!(asks(press(&mut model, "s")).is_empty(), "asked once");
    let all = vec![kept(2, "qwen3-8b-fp8", 0.92), kept(1, "qwen3-8b-awq", 0.71)];
    assert_eq!(asks(say(&mut model, Scores::Listed(all.clone()))), [Ask::Read(2)]);
    say(&mut model, Scores::Read(2, Ok(Arc::new(score("qwen3-8b-fp8", 4)))));
    check("scores_running_80x24", &draw(&model, "terminal", (80, 24)));
    assert_eq!(asks(say(&mut model, Scores::Ended(Ok(())))), [Ask::List]);
    assert_eq!(model.tools.scores.current().map(|kept| kept.id), Some(2));
    check("scores_200x50", &draw(&model, "terminal", (200, 50)));
    assert_eq!(asks(press(&mut model, "j")), [Ask::Read(1)]);
    say(&mut model, Scores::Read(1, Ok(Arc::new(score("qwen3-8b-awq", 2)))));
    press(&mut model, "space k");
    check("scores_compared_80x24", &draw(&model, "terminal", (80, 24)));
    let (_, comparison) = model.tools.scores.comparison().unwrap();
    assert!(!comparison.gained.is_empty() && comparison.lost.is_empty(), "{comparison:?}");
    // One that has changed meanwhile is read anew.
    let changed = vec![vramdeck::lab::suite::Kept { right: 31, ..all[0].clone() }, all[1].clone()];
    assert_eq!(asks(say(&mut model, Scores::Listed(changed.clone()))), [Ask::Read(2)]);
    // So is the one it is held against; what is being read is not asked for again.
    let both = vec![changed[0].clone(), vramdeck::lab::suite::Kept { right: 29, ..all[1].clone() }];
    assert_eq!(asks(say(&mut model, Scores::Listed(both))), [Ask::Read(1)]);
    assert!(model.tools.scores.comparison().is_none(), "neither is there yet");
    model.tools.scores.offset = 7;
    say(&mut model, Scores::Ended(Ok(())));
    assert_eq!(model.tools.scores.offset, 0, "another score begins at its top");
}
