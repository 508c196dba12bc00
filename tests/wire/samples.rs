//! Many answers to one prompt, asked of a scripted server: how several are asked for, what becomes of refusals and breaks, and
//! `vramdeck sample` as a process.

use crate::LONG;
use crate::openai::{Answer as Scripted, Server, delta, finish, usage};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use vramdeck::lab::samples::{Grid, Outcome, Place, Plan, Step, Wish, axis, branch, plan};
use vramdeck::lab::sampling::{Param, Setting, Settings};
use vramdeck::runtime::samples::{Ended, Target, go_on, run};
use vramdeck::wire::live::Client;
use vramdeck::wire::{Dialect, Endpoint};

const CHAT: &str = "/v1/chat/completions";
const TEXT: &str = "/v1/completions";

fn planned(dialect: Dialect, base: &[(Param, Setting)], axes: &[&str]) -> Plan {
    let axes = axes.iter().map(|text| axis(text).unwrap()).collect();
    let grid = Grid { base: Settings(base.iter().cloned().collect()), axes };
    plan(&Wish { prompt: "hi".into(), system: None, grid, drawn_seed: 40, stream: true }, dialect).unwrap()
}

fn target(server: &Server, dialect: Dialect) -> Target {
    let endpoint = Endpoint { base_url: server.url(), key: None, dialect, model: "tiny".into() };
    Target { client: Client::new(), endpoint, context: Some(2048) }
}

async fn asked(plan: Plan, target: &Target, at_once: usize) -> (Ended, Vec<Step>) {
    let (tx, mut rx) = mpsc::channel(4);
    let cancel = CancellationToken::new();
    let listening = async {
        let mut steps = Vec::new();
        while let Some(step) = rx.recv().await {
            steps.push(step);
        }
        steps
    };
    let asking = run(Arc::new(plan), target, at_once, &cancel, tx);
    timeout(LONG, async { tokio::join!(asking, listening) }).await.unwrap()
}

/// A piece of one of several answers, with its token.
fn piece(index: u32, content: &str, logprob: f64) -> Value {
    let token = json!({"token": content, "logprob": logprob, "top_logprobs": [{"token": content, "logprob": logprob}]});
    json!({"choices": [{"index": index, "delta": {"content": content}, "logprobs": {"content": [token]}}]})
}

fn end(index: u32) -> Value {
    json!({"choices": [{"index": index, "delta": {}, "finish_reason": "stop"}]})
}

fn n(count: i64) -> (Param, Setting) {
    (Param::N, Setting::Whole(count))
}

#[tokio::test]
async fn several_answers_come_in_one_stream() {
    let server = Server::start().await;
    let stream = [
        piece(0, "Pa", -0.1),
        piece(1, "Ro", -0.5),
        piece(0, "ris", -0.3),
        end(0),
        piece(7, "hostile", 0.0),
        piece(1, "me", -0.7),
        end(1),
        usage(9, 4),
    ];
    server.on(CHAT, Scripted::stream(stream));
    let base = [n(2), (Param::Seed, Setting::Whole(5)), (Param::Logprobs, Setting::Whole(1))];
    let (ended, steps) = asked(planned(Dialect::Vllm, &base, &[]), &target(&server, Dialect::Vllm), 4).await;
    let told: Vec<_> = ended
        .answers
        .iter()
        .map(|one| (one.place.index, one.text.as_str(), one.logprob_sum().unwrap(), one.seed, one.prompt_tokens))
        .collect();
    assert_eq!(told, [(0, "Paris", -0.4, Some(5), Some(9)), (1, "Rome", -1.2, Some(6), Some(9))]);
    assert!(ended.answers.iter().all(|one| one.seconds.is_some() && one.counted.is_none()), "{ended:?}");
    let texts = steps.iter().filter(|step| matches!(step, Step::Text { .. })).count();
    assert_eq!((texts, steps.len()), (4, 6), "an answer that was not asked for is not told");
    assert!(matches!(&steps[5], Step::Ended(_)));
    let sent = &server.requests()[0].body;
    assert_eq!((&sent["n"], &sent["seed"], &sent["top_logprobs"]), (&json!(2), &json!(5), &json!(1)));
}

#[tokio::test]
async fn an_engine_that_refuses_several_is_asked_one_by_one() {
    let server = Server::start().await;
    let why = "Field 'n': Value must be between 1 <= value <= 2, but got 3";
    server.on(CHAT, Scripted::json(400, &json!({"error": {"message": why, "code": 400}})));
    server.on(CHAT, Scripted::stream([delta("a"), finish("stop"), usage(3, 1)]));
    let plan = planned(Dialect::LlamaCpp, &[n(3)], &[]);
    let (ended, steps) = asked(plan, &target(&server, Dialect::LlamaCpp), 1).await;
    assert_eq!(ended.answers.iter().map(|one| one.seed).collect::<Vec<_>>(), [Some(40), Some(41), Some(42)]);
    assert!(ended.apart[&0].contains("Field 'n'") && ended.answers.iter().all(|one| one.counted == Some(1)));
    assert!(steps.iter().any(|step| matches!(step, Step::Apart { setting: 0, .. })));
    let bodies: Vec<Value> = server.requests().into_iter().map(|request| request.body).collect();
    let ns: Vec<bool> = bodies.iter().map(|body| body.get("n").is_some()).collect();
    assert_eq!(ns, [true, false, false, false]);
}

#[tokio::test]
async fn a_server_that_gives_fewer_is_asked_for_the_rest() {
    let server = Server::start().await;
    server.on(CHAT, Scripted::stream([delta("a"), finish("stop")]));
    let (ended, _) = asked(planned(Dialect::OpenAi, &[n(4)], &[]), &target(&server, Dialect::OpenAi), 4).await;
    assert_eq!(ended.answers.len(), 4);
    assert!(ended.apart[&0].starts_with("of 4 answers asked for in one request 1 came"), "{:?}", ended.apart);
    assert_eq!(server.requests().len(), 4);
}

#[tokio::test]
async fn what_fails_is_told_and_the_rest_stays() {
    let server = Server::start().await;
    server.on(CHAT, Scripted::json(400, &json!({"error": {"message": "temperature is wrong"}})));
    server.on(CHAT, Scripted::pieces([format!("data: {}\n\n", delta("half"))]).cut());
    server.on(CHAT, Scripted::stream([delta("a"), finish("length"), usage(3, 1)]));
    let plan = planned(Dialect::Ollama, &[n(3), (Param::Temperature, Setting::Real(1.0))], &[]);
    let (ended, _) = asked(plan, &target(&server, Dialect::Ollama), 1).await;
    let [refused, cut, whole] = &ended.answers[..] else { panic!("{ended:?}") };
    let failed = |outcome: &Outcome| matches!(outcome, Outcome::Failed(_));
    assert!(failed(&refused.outcome) && failed(&cut.outcome) && cut.text == "half", "{ended:?}");
    assert_eq!((whole.finish(), whole.text.as_str(), ended.failed()), (Some("length"), "a", None));
    let none = asked(planned(Dialect::Vllm, &[n(2)], &[]), &target(&Server::start().await, Dialect::Vllm), 1).await.0;
    assert!(none.failed().is_some() && none.answers.len() == 2, "{none:?}");
}

#[tokio::test]
async fn so_many_at_a_time_and_all_end_at_once() {
    let server = Server::start().await;
    server.on(CHAT, Scripted::pieces([format!("data: {}\n\n", delta("a"))]).endless());
    let plan = Arc::new(planned(Dialect::Ollama, &[n(6), (Param::Temperature, Setting::Real(1.0))], &[]));
    let (target, cancel) = (target(&server, Dialect::Ollama), CancellationToken::new());
    let (tx, mut steps) = mpsc::channel(4);
    let asking = tokio::spawn({
        let cancel = cancel.clone();
        async move { run(plan, &target, 2, &cancel, tx).await }
    });
    // Nobody takes more than these: the sockets wait, and so does the server.
    let mut seen = std::collections::BTreeSet::new();
    while seen.len() < 2 {
        let Some(Step::Text { place, .. }) = timeout(LONG, steps.recv()).await.unwrap() else { panic!() };
        seen.insert(place.index);
    }
    assert_eq!(server.requests().len(), 2, "the others wait for their turn");
    cancel.cancel();
    let ended = timeout(LONG, asking).await.unwrap().unwrap();
    assert!(ended.stopped && ended.answers.is_empty());
    timeout(LONG, server.left()).await.unwrap();
}

#[tokio::test]
async fn a_branch_goes_on_with_the_text_the_model_had_written() {
    let server = Server::start().await;
    server.on(CHAT, Scripted::stream([piece(0, "I", -0.1), piece(0, " cannot", -0.2), end(0), usage(9, 2)]));
    server.on("/apply-template", Scripted::json(200, &json!({"prompt": "<user>hi<assistant>"})));
    server.on("/tokenize", Scripted::json(200, &json!({"tokens": [1, 2, 3]})));
    let more = |text: &str| json!({"choices": [{"index": 0, "text": text, "logprobs": {"tokens": [text], "token_logprobs": [-0.5], "top_logprobs": [null]}}]});
    let done = json!({"choices": [{"index": 0, "text": "", "finish_reason": "stop"}]});
    server.on(TEXT, Scripted::stream([more(" help"), more("."), done, usage(11, 2)]));
    let target = target(&server, Dialect::LlamaCpp);
    let plan = planned(Dialect::LlamaCpp, &[(Param::Logprobs, Setting::Whole(2))], &[]);
    let (ended, _) = asked(plan.clone(), &target, 1).await;
    let branch = branch(&ended.answers[0], 1, " can", Dialect::LlamaCpp).unwrap();
    let (tx, mut rx) = mpsc::channel(64);
    let place = Place { setting: 0, index: 1 };
    let answer = timeout(LONG, go_on(&plan, &target, branch, place, &tx)).await.unwrap().unwrap();
    assert_eq!((answer.text.as_str(), answer.finish()), ("I can help.", Some("stop")));
    let tokens: Vec<_> = answer.tokens.iter().map(|token| (token.text.as_str(), token.logprob)).collect();
    assert_eq!(tokens, [("I", Some(-0.1)), (" can", None), (" help", Some(-0.5)), (".", Some(-0.5))]);
    assert_eq!((answer.token_count(), answer.prompt_tokens), (Ok(4), Some(9)));
    assert!(answer.mean_logprob().is_err(), "a token of one's own has no log probability");
    assert_eq!(rx.recv().await, Some(Step::Text { place, text: "I can".into() }));
    let sent = server.requests().into_iter().find(|request| request.path == TEXT).unwrap().body;
    assert_eq!((&sent["prompt"], &sent["logprobs"]), (&json!("<user>hi<assistant>I can"), &json!(2)));
    assert_eq!(sent["max_tokens"], json!(2048 - 3 - 2), "as far as the context goes");
    assert!(sent.get("top_logprobs").is_none() && sent.get("messages").is_none(), "{sent}");
}

/// Runs `vramdeck sample` with arguments, apart from this user's files and keys.
async fn sample(args: &[&str]) -> (Option<i32>, String, String) {
    let home = tempfile::tempdir().unwrap();
    let out = tokio::process::Command::new(env!("CARGO_BIN_EXE_vramdeck"))
        .arg("sample")
        .args(args)
        .env("VRAMDECK_HOME", home.path())
        .env_remove("OPENAI_API_KEY")
        .env_remove("VRAMDECK_API_KEY")
        .stdin(std::process::Stdio::null())
        .output()
        .await
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (out.status.code(), text(&out.stdout), text(&out.stderr))
}

async fn vllm() -> Server {
    let server = Server::start().await;
    let models = json!({"data": [{"id": "tiny", "owned_by": "vllm", "max_model_len": 2048}]});
    server.on("/v1/models", Scripted::json(200, &models));
    server
}

#[tokio::test]
async fn the_command_tells_groups_and_tokens() {
    let server = vllm().await;
    let three = [piece(0, "Paris", -0.1), end(0), piece(1, "Rome", -0.5), end(1), piece(2, "Paris\n", -0.2), end(2)];
    server.on(CHAT, Scripted::stream(three));
    let url = server.url();
    let args = ["-p", "hi", "--url", &url, "-n", "3", "--grid", "temperature=0.7,1.2", "--logprobs", "1"];
    let (code, out, err) = sample(&[&args[..], &["--json"]].concat()).await;
    assert_eq!(code, Some(0), "{err}");
    let told: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&told["model"], &told["engine"], &told["url"]), (&json!("tiny"), &json!("vllm"), &json!(url)));
    assert_eq!((told["settings"].as_array().unwrap().len(), &told["asked"]), (2, &json!("n in one request")));
    assert_eq!((&told["emulated"], told["answers"].as_array().unwrap().len()), (&json!(null), 6));
    let group = &told["groups"][0];
    assert_eq!((&group["text"], &group["count"], &group["forms"]), (&json!("Paris"), &json!(2), &json!(2)));
    assert!((group["share"].as_f64().unwrap() - 2.0 / 3.0).abs() < 1e-9);
    let first = &told["answers"][0];
    assert_eq!((&first["group"], &first["tokens"], &first["finish"]), (&json!(0), &json!(1), &json!("stop")));
    let token = &first["logprobs"][0];
    assert_eq!((&token["token"], &token["rank"], &token["logprob"]), (&json!("Paris"), &json!(1), &json!(-0.1)));
    assert!(token["entropy"].as_f64().unwrap() > 0.0 && token["entropy_of"] == 1, "{token}");
    let (code, out, err) = sample(&[&args[..], &["--diff", "--exact"]].concat()).await;
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("temperature 1.20 · 3 answers · n in one request"), "{out}");
    assert!(out.contains("1 ×  33.3 %") && out.contains("difference: [-Paris-]{+Rome+}"), "{out}");
}

#[tokio::test]
async fn the_command_says_what_it_emulates_and_refuses() {
    let server = vllm().await;
    let two = [piece(0, "worse", -2.0), end(0), piece(1, "better", -0.5), end(1)];
    server.on(CHAT, Scripted::stream(two));
    let url = server.url();
    let (code, out, err) = sample(&["-p", "hi", "--url", &url, "--best-of", "2", "--json"]).await;
    assert_eq!(code, Some(0), "{err}");
    let told: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&told["emulated"]["param"], &told["emulated"]["k"]), (&json!("best_of"), &json!(2)));
    assert_eq!(told["emulated"]["settings"][0], json!({"setting": 0, "chosen": 1, "ranked": [1, 0]}));
    assert_eq!((&told["answers"][0]["chosen"], &told["answers"][1]["chosen"]), (&json!(false), &json!(true)));
    let refusals: [(&[&str], &str); 5] = [
        (&["--grid", "heat=1"], "is no axis of a grid"),
        (&["-n", "65"], "65 answers are not asked for"),
        (&["--beam", "3", "--dialect", "llama.cpp"], "no beam search"),
        (&["--what-if", "x"], "names no other token"),
        (&["--grid", "temperature=0,9"], "temperature cannot be 9"),
    ];
    for (args, says) in refusals {
        let (code, out, err) = sample(&[&["-p", "hi", "--url", &url, "--json"], args].concat()).await;
        assert!(code == Some(2) && out.is_empty() && err.contains(says), "{args:?}: {err}");
        assert!(serde_json::from_str::<Value>(&err).unwrap()["error"]["why"].is_string(), "{err}");
    }
    let (code, _, err) =
        sample(&["-p", "hi", "--url", "http://127.0.0.1:9", "--dialect", "vllm", "--model", "m"]).await;
    assert!(code == Some(1) && err.contains("nothing listens there"), "{err}");
}
