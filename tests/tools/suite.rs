//! Suites asked of a scripted server: what is counted, kept, gone on with and given up.

use crate::openai::{Answer, Gate, Server, delta, finish, usage};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};
use tokio::process::Command;
use tokio_util::sync::CancellationToken;
use vramdeck::lab::suite::{Case, Family, Label, Library, Outcome, Plan, Run, State, cases};
use vramdeck::runtime::suite::{GoOn, Keeper, Order, Step, Subject, Suite, Target, drive, list, newest, run};
use vramdeck::store::{Paths, Store, StoreHandle};
use vramdeck::wire::live::Client;
use vramdeck::wire::{Dialect, Endpoint};

const CHAT: &str = "/v1/chat/completions";
const KEY: &str = "sk-not-to-be-kept";
const CASES: &str = r#"{"id": "timer", "category": "single", "quick": true, "messages": "12 minutes", "tools": ["set_timer"], "calls": [{"name": "set_timer", "arguments": {"minutes": 12}}]}
{"id": "weather", "category": "multi-turn", "messages": "Bergen?", "tools": ["get_weather"], "calls": [{"name": "get_weather", "arguments": {"city": "Bergen"}, "result": {"temperature": 11}}], "then": [{"says": ["11"]}]}
{"id": "hello", "category": "none", "messages": "hi", "tools": ["set_timer"]}
"#;

fn call(name: &str, arguments: &str) -> Value {
    let function = json!({"name": name, "arguments": arguments});
    json!({"id": "c", "model": "tiny", "choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, "id": "x", "function": function}]}}]})
}

fn called(name: &str, arguments: &str) -> Answer {
    Answer::stream([call(name, arguments), finish("tool_calls"), usage(30, 7)])
}

fn said(text: &str) -> Answer {
    Answer::stream([delta(text), finish("stop"), usage(30, 3)])
}

/// A server that answers these in order, and the last one again and again.
async fn server(answers: Vec<Answer>) -> Server {
    let server = Server::start().await;
    let models = json!({"data": [{"id": "tiny", "owned_by": "someone", "max_model_len": 400}]});
    server.on("/v1/models", Answer::json(200, &models));
    server.on("/health", Answer::json(200, &json!({})));
    answers.into_iter().for_each(|answer| server.on(CHAT, answer));
    server
}

fn right() -> Vec<Answer> {
    vec![
        called("set_timer", r#"{"minutes": 12}"#),
        called("get_weather", r#"{"city": "Bergen"}"#),
        said("It is 11 degrees."),
        said("Hello\u{1b}[31m!"),
    ]
}

fn own(home: &Path) -> String {
    let path = home.join("mine.jsonl");
    std::fs::write(&path, CASES).unwrap();
    path.to_string_lossy().into_owned()
}

fn command(home: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vramdeck"));
    command.arg("tools").args(args).env("VRAMDECK_HOME", home.join("deck")).env("VRAMDECK_API_KEY", KEY);
    command.env_remove("OPENAI_API_KEY").kill_on_drop(true);
    command
}

async fn tools(home: &Path, args: &[&str]) -> Output {
    command(home, args).output().await.unwrap()
}

async fn json(home: &Path, args: &[&str]) -> Value {
    let out = tools(home, args).await;
    serde_json::from_slice(&out.stdout).unwrap_or_else(|_| panic!("{out:?}"))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[tokio::test]
async fn a_suite_is_scored_kept_and_compared() {
    let home = tempfile::tempdir().unwrap();
    let (home, file) = (home.path(), own(home.path()));
    let good = server(right()).await;
    let out = home.join("out.jsonl").to_string_lossy().into_owned();
    let args = ["run", &file, "--url", &good.url(), "--concurrency", "1", "--json", "--out", &out];
    let score = json(home, &args).await;
    for (pointer, value) in [
        ("/suite", json!("mine")),
        ("/model", json!("tiny")),
        ("/id", json!(1)),
        ("/state", json!("done")),
        ("/jobs", json!(3)),
        ("/failed_requests", json!(0)),
        ("/settings/0/headline", json!(1.0)),
        ("/settings/0/categories/1/category", json!("multi-turn")),
        ("/settings/0/all/trigger_f1", json!(1.0)),
        ("/settings/0/categories/1/completion_tokens", json!(10.0)),
        ("/verdict", json!("no limit found in what was tried")),
    ] {
        assert_eq!(score.pointer(pointer), Some(&value), "{pointer} in {score}");
    }
    let asked: Vec<Value> =
        good.requests().into_iter().filter(|request| request.path == CHAT).map(|request| request.body).collect();
    assert_eq!(asked.len(), 4);
    assert_eq!(
        (&asked[0]["temperature"], &asked[0]["max_tokens"], &asked[0]["stream"]),
        (&json!(0.0), &json!(100), &json!(true))
    );
    assert_eq!((&asked[0]["tools"][0]["function"]["name"], asked[0].get("tool_choice")), (&json!("set_timer"), None));
    let result = &asked[2]["messages"][2];
    assert_eq!((&result["role"], &result["content"]), (&json!("tool"), &json!(r#"{"temperature":11}"#)));
    assert_eq!(result["tool_call_id"], asked[2]["messages"][1]["tool_calls"][0]["id"]);

    let bad = server(vec![said("no"), called("set_clock", "{}")]).await;
    let told = tools(home, &["run", &file, "--url", &bad.url(), "--concurrency", "1", "--variant", "worse"]).await;
    assert_eq!(told.status.code(), Some(0), "{told:?}");
    let shown = text(&told.stdout);
    assert!(shown.contains("single     0 % (0–79, n=1)") && shown.contains("kept as 2"), "{shown}");
    let listed = json(home, &["results", "--json"]).await;
    assert_eq!((&listed["results"][0]["variant"], &listed["results"][1]["right"]), (&json!("worse"), &json!(3)));
    let full = text(&tools(home, &["results", "2"]).await.stdout);
    assert!(full.contains("timer: missing call: set_timer: was not called"), "{full}");
    assert!(full.contains("hello: hallucinated name: set_clock"), "{full}");
    let difference = json(home, &["compare", "2", &out, "--json"]).await;
    assert_eq!((&difference["gained"], &difference["lost"]), (&json!(["hello", "timer", "weather"]), &json!([])));
    assert_eq!(difference["rows"][3]["difference"]["value"], 1.0);
    let again = tools(home, &["replay", "1", "--format", "hermes"]).await;
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again.stderr).contains("did not show its raw text"), "{again:?}");
    let tables = text(&tools(home, &["export", "1", "--markdown"]).await.stdout);
    assert!(tables.starts_with("# mine: tiny"), "{tables}");
    assert_eq!(tools(home, &["results", "9"]).await.status.code(), Some(2));
    no_secret(home);
}

/// The key is in no file.
fn no_secret(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            no_secret(&path);
        } else if let Ok(bytes) = std::fs::read(&path) {
            assert!(!bytes.windows(KEY.len()).any(|part| part == KEY.as_bytes()), "{}", path.display());
        }
    }
}

#[tokio::test]
async fn raw_text_shows_what_a_parser_dropped() {
    let home = tempfile::tempdir().unwrap();
    let (home, file) = (home.path(), own(home.path()));
    let raw = r#"<tool_call>{"name": "set_timer", "arguments": {"minutes": 12}}</tool_call>"#;
    let lost = json!({"id": "c", "model": "tiny", "choices": [{"index": 0, "message": {"role": "assistant", "content": ""}, "finish_reason": "stop"}], "__verbose": {"content": raw}});
    let server = server(vec![Answer::json(200, &lost)]).await;
    let args = ["run", &file, "--url", &server.url(), "--dialect", "llama.cpp", "--model", "tiny", "--whole", "--json"];
    let score = json(home, &args).await;
    assert_eq!(score["settings"][0]["categories"][0]["labels"], json!({"parser_loss": 1}), "{score}");
    assert_eq!(score["verdict"], "try another parser: the server drops calls");
    let again = json(home, &["replay", "1", "--format", "hermes", "--json"]).await;
    assert_eq!((&again["gained"], &again["lost"]), (&json!(["timer"]), &json!([])), "{again}");
}

#[tokio::test]
async fn a_request_that_fails_is_tried_again_and_never_wrong() {
    let home = tempfile::tempdir().unwrap();
    let (home, file) = (home.path(), own(home.path()));
    let refused = || Answer::json(400, &json!({"error": {"message": "no tools here"}}));
    let mut answers = vec![Answer::hang_up()];
    answers.extend(right().drain(..3));
    answers.extend([refused(), refused()]);
    let server = server(answers).await;
    let args = ["run", &file, "--url", &server.url(), "--concurrency", "1", "--json"];
    let score = json(home, &args).await;
    assert_eq!(score["failed_requests"], 1, "{score}");
    assert_eq!((&score["settings"][0]["headline"], &score["settings"][0]["all"]["failed"]), (&json!(1.0), &json!(1)));
    assert!(score["failures"][0]["why"].as_str().unwrap().contains("no tools here"), "{score}");
    // Whoever refuses all is told of, with the reason.
    let server = self::server(vec![refused()]).await;
    let out = tools(home, &["run", &file, "--url", &server.url(), "--json"]).await;
    let problem: Value = serde_json::from_slice(&out.stderr).unwrap();
    assert_eq!(out.status.code(), Some(1));
    assert!(problem["error"]["why"].as_str().unwrap().contains("no tools here"), "{problem}");
    let score: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!((&score["failed_requests"], &score["verdict"]), (&json!(3), &json!("no request was answered")));
    for (args, says) in [
        (vec!["run", "no-suite", "--url", "http://127.0.0.1:9"], "there are quick, full, single"),
        (vec!["run", "quick", "--url", "http://127.0.0.1:9", "--temperature", "99"], "temperature 99"),
        (vec!["run", "quick", "--url", "http://127.0.0.1:9", "--repeats", "0"], "begin at 1"),
    ] {
        let out = tools(home, &args).await;
        assert!(out.status.code() == Some(2) && text(&out.stderr).contains(says), "{out:?}");
    }
}

fn cases_of(text: &str) -> Vec<Case> {
    cases(text, "test", Library::shipped()).unwrap()
}

fn target(url: &str) -> Target {
    let endpoint = Endpoint { base_url: url.to_owned(), key: None, dialect: Dialect::OpenAi, model: "tiny".to_owned() };
    let pauses = vec![Duration::from_millis(5); 2];
    Target { pauses, ..Target::new(Client::new(), endpoint) }
}

fn fresh(repeats: u32) -> Run {
    asking(repeats, 1)
}

fn asking(repeats: u32, concurrency: u32) -> Run {
    Run::new(Plan { repeats, concurrency, ..Plan::default() }, cases_of(CASES), Vec::new()).unwrap()
}

#[tokio::test]
async fn who_is_gone_is_given_up_soon() {
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let target = target(&format!("http://{address}"));
    let cancel = CancellationToken::new();
    let mut seen = Vec::new();
    let driven = drive(fresh(20), target, &Keeper::default(), &cancel, |outcome, _, _| seen.push(outcome.label)).await;
    assert_eq!(seen, [Label::Failed; 3]);
    assert!(driven.given_up && driven.trouble.unwrap().why.contains("nothing listens"), "{seen:?}");
    assert_eq!(driven.run.state(), State::Cancelled);
}

#[tokio::test]
async fn several_are_asked_at_a_time_and_a_cancel_ends_them_at_once() {
    let (answer, gate): (Answer, Gate) = said("Hello").gated();
    let server = server(vec![answer]).await;
    let cancel = CancellationToken::new();
    let mut done = 0;
    let keeper = Keeper::default();
    let work = drive(asking(20, 5), target(&server.url()), &keeper, &cancel, |_, _, _| done += 1);
    let stop = async {
        // Three pieces and the end of one answer.
        gate.open(4);
        while server.requests().iter().filter(|request| request.path == CHAT).count() < 6 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        cancel.cancel();
    };
    let (driven, ()) = tokio::join!(work, stop);
    let progress = driven.run.progress();
    assert_eq!((done, progress.done, progress.given, driven.run.state()), (1, 1, 0, State::Cancelled));
    assert!(!driven.given_up && driven.trouble.is_none());
    server.left().await;
}

#[tokio::test]
async fn an_answer_without_end_is_given_up() {
    let server = server(vec![Answer::silent()]).await;
    let target = Target { patience: Duration::from_millis(50), ..target(&server.url()) };
    let mut run = asking(1, 4);
    run.next_job();
    let driven = drive(run, target, &Keeper::default(), &CancellationToken::new(), |_, _, _| {}).await;
    let why: Vec<String> = driven.run.outcomes().map(|outcome| outcome.reasons[0].why.clone()).collect();
    assert!(why.len() == 2 && why[0].contains("takes too long"), "{why:?}");
}

/// Own cases of the tiny model at an endpoint.
fn order(url: &str, go_on: GoOn) -> Order {
    let (family, name, notes) = (Family::Tools, "mine".to_owned(), Vec::new());
    Order {
        suite: Suite { family, name, cases: cases_of(CASES), own: CASES.to_owned(), notes },
        plan: Plan::default(),
        subject: Subject { model: "tiny".to_owned(), endpoint: url.to_owned(), ..Subject::default() },
        target: target(url),
        go_on,
    }
}

/// What the deck does: the same on a task of its own, with messages.
#[tokio::test]
async fn a_run_is_driven_from_a_task_and_gone_on_with() {
    let home = tempfile::tempdir().unwrap();
    let paths = Paths::under(home.path());
    let store = StoreHandle::start(paths.clone(), |_, _| {}).unwrap();
    let (sender, mut steps) = tokio::sync::mpsc::unbounded_channel();
    let server = server(right()).await;
    let (first, cancel) = (order(&server.url(), GoOn::Alike), CancellationToken::new());
    let (own, stop) = (store.clone(), cancel.clone());
    let task = tokio::spawn(async move {
        run(first, Some(&own), &cancel, |step| {
            let line = match step {
                Step::Begun { earlier, progress, .. } => format!("begun {earlier}/{}", progress.total),
                Step::Done { outcome, progress } => format!("{} {}", outcome.case, progress.done),
                Step::Unsaved(problem) => problem.to_string(),
            };
            if line == "timer 1" {
                stop.cancel();
            }
            sender.send(line).unwrap();
        })
        .await
    });
    let ended = task.await.unwrap().unwrap();
    assert_eq!((ended.id, ended.state), (Some(1), State::Cancelled));
    let mut lines = Vec::new();
    while let Ok(line) = steps.try_recv() {
        lines.push(line);
    }
    assert_eq!(lines, ["begun 0/3", "timer 1"]);
    // The scripted answers went on to the second case, which is asked anew.
    let server = self::server(right().split_off(1)).await;
    let mut earlier = None;
    let never = CancellationToken::new();
    let again = run(order(&server.url(), GoOn::Alike), Some(&store), &never, |step| {
        if let Step::Begun { earlier: count, .. } = step {
            earlier = Some(count);
        }
    });
    let ended = again.await.unwrap();
    assert_eq!((ended.id, ended.state, earlier), (Some(1), State::Done, Some(1)));
    let labels: Vec<Label> = ended.run.outcomes().map(|outcome: &Outcome| outcome.label).collect();
    assert_eq!(labels, [Label::Right; 3]);
    let kept = store.call(|store| newest(store)).await.unwrap();
    assert_eq!((kept.len(), kept[0].brief.as_ref().unwrap().headline), (1, Some(1.0)));
    // One that is done is not gone on with.
    let server = self::server(right()).await;
    let ended = run(order(&server.url(), GoOn::Alike), Some(&store), &CancellationToken::new(), |_| {}).await.unwrap();
    assert_eq!(ended.id, Some(2));
    assert!(run(order(&server.url(), GoOn::With(7)), Some(&store), &CancellationToken::new(), |_| {}).await.is_err());
    let mut other = order(&server.url(), GoOn::With(2));
    other.subject.model = "large".to_owned();
    let refused = run(other, Some(&store), &CancellationToken::new(), |_| {}).await.unwrap_err();
    assert_eq!((refused.exit_code(), refused.why.as_str()), (2, "its model is tiny, not large"));
    let (store, _) = Store::open(&paths);
    assert_eq!(list(&store, None, Some("tiny"), 9).unwrap().len(), 2);
}

/// Waits until so many cases of the first run are kept.
async fn kept(home: &Path, count: u64) {
    let began = Instant::now();
    while json(home, &["results", "--json"]).await["results"][0]["jobs_done"].as_u64() != Some(count) {
        assert!(began.elapsed() < Duration::from_secs(30), "nothing is kept");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_run_that_is_killed_or_interrupted_goes_on_where_it_was() {
    for signal in ["KILL", "INT"] {
        let home = tempfile::tempdir().unwrap();
        let (home, file) = (home.path(), own(home.path()));
        let mut answers = right();
        let (last, _closed) = answers.pop().unwrap().gated();
        answers.push(last);
        let server = server(answers).await;
        let args = ["run", &file, "--url", &server.url(), "--concurrency", "1"];
        let child = command(home, &args)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        kept(home, 2).await;
        let state = json(home, &["results", "--json"]).await["results"][0]["state"].clone();
        assert_eq!(state, "running");
        let pid = child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-s", signal, &pid]).status().await.unwrap().success());
        let out = child.wait_with_output().await.unwrap();
        let state = json(home, &["results", "--json"]).await["results"][0]["state"].clone();
        if signal == "INT" {
            assert_eq!((out.status.code(), &state), (Some(1), &json!("cancelled")), "{out:?}");
            assert!(text(&out.stdout).contains("--resume 1 goes on"), "{out:?}");
        } else {
            assert_eq!(state, "interrupted");
        }
        let rest = self::server(vec![said("Hello!")]).await;
        let out = tools(home, &["run", &file, "--url", &rest.url(), "--concurrency", "1"]).await;
        assert_eq!(out.status.code(), Some(0), "{out:?}");
        assert!(text(&out.stderr).contains("goes on with 1: 2 of 3 are done"), "{out:?}");
        let asked = rest.requests().into_iter().filter(|request| request.path == CHAT).count();
        let listed = json(home, &["results", "--json"]).await;
        assert_eq!(
            (asked, &listed["results"][0]["state"], &listed["results"][0]["right"]),
            (1, &json!("done"), &json!(3))
        );
        assert_eq!(listed["results"].as_array().unwrap().len(), 1);
    }
}
