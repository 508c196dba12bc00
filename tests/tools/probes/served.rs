//! The command against the toy over HTTP: what is shown, what is kept, and what happens where the endpoint fails.

use super::toy::{CONTEXT, Manners, Toy};
use crate::openai::{Answer as Sent, Request, Server};
use serde_json::{Map, Value, json};
use std::path::Path;
use std::process::Output;
use std::sync::{Arc, Mutex};
use vramdeck::lab::probes::{Answer, Ask, Choice, Said};

const VRAMDECK: &str = env!("CARGO_BIN_EXE_vramdeck");

/// What of a body is a field.
fn ask(body: &Value) -> Ask {
    let own = ["model", "messages", "stream", "stream_options"];
    let fields: Map<String, Value> = body
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, _)| !own.contains(&name.as_str()))
        .map(|(n, v)| (n.clone(), v.clone()))
        .collect();
    Ask::Chat { messages: body["messages"].as_array().unwrap().clone(), fields, stream: body["stream"] == true }
}

fn usage(said: &Said) -> Value {
    json!({"prompt_tokens": said.prompt_tokens, "completion_tokens": said.completion_tokens})
}

fn logprobs(choice: &Choice) -> Value {
    let pair = |(token, logprob): &(String, f64)| json!({"token": token, "logprob": logprob});
    let tokens = choice.logprobs.iter().map(|token| {
        let top: Vec<Value> = token.top.iter().map(pair).collect();
        json!({"token": token.token, "logprob": token.logprob, "top_logprobs": top})
    });
    if choice.logprobs.is_empty() { Value::Null } else { json!({"content": tokens.collect::<Vec<_>>()}) }
}

fn whole(said: &Said) -> Sent {
    let choices = said.choices.iter().enumerate().map(|(index, choice)| {
        let calls: Vec<Value> = choice.calls.iter().enumerate().map(|(at, call)| {
            json!({"id": format!("c{at}"), "type": "function", "function": {"name": call.name, "arguments": call.arguments}})
        }).collect();
        json!({"index": index, "message": {"role": "assistant", "content": choice.text, "tool_calls": calls},
            "finish_reason": choice.finish, "logprobs": logprobs(choice)})
    });
    Sent::json(200, &json!({"id": "x", "model": "tiny", "choices": choices.collect::<Vec<_>>(), "usage": usage(said)}))
}

fn streamed(said: &Said) -> Sent {
    let delta = |delta: Value| json!({"id": "x", "model": "tiny", "choices": [{"index": 0, "delta": delta, "finish_reason": null}]});
    let choice = &said.choices[0];
    let mut chunks = vec![delta(json!({"role": "assistant", "content": choice.text}))];
    for (index, call) in choice.calls.iter().enumerate() {
        chunks.push(delta(
            json!({"tool_calls": [{"index": index, "id": format!("c{index}"), "function": {"name": call.name}}]}),
        ));
        let size = call.arguments.len().div_ceil(call.pieces.max(1) as usize);
        for piece in call.arguments.as_bytes().chunks(size) {
            let piece = String::from_utf8_lossy(piece);
            chunks.push(delta(json!({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})));
        }
    }
    chunks.push(json!({"id": "x", "choices": [{"index": 0, "delta": {}, "finish_reason": choice.finish}]}));
    chunks.push(json!({"id": "x", "choices": [], "usage": usage(said)}));
    Sent::stream(chunks)
}

async fn serve(manners: Manners) -> Server {
    let server = Server::start().await;
    let toy = Arc::new(Mutex::new(Toy::new(3, manners)));
    server.on(
        "/v1/models",
        Sent::json(200, &json!({"data": [{"id": "tiny", "owned_by": "vllm", "max_model_len": CONTEXT}]})),
    );
    server.on("/version", Sent::json(200, &json!({"version": "0.0.1"})));
    server.on("/detokenize", Sent::json(200, &json!({"prompt": "…"})));
    let of = Arc::clone(&toy);
    server.on_each("/tokenize", move |request: &Request| {
        let body = &request.body;
        let ask = match body["messages"].as_array() {
            Some(messages) => Ask::Count { messages: messages.clone(), fields: Map::new() },
            None => Ask::Ids(body["prompt"].as_str().unwrap().to_owned()),
        };
        Sent::json(
            200,
            &match of.lock().unwrap().answer(&ask) {
                Answer::Count(count) => json!({"count": count, "tokens": []}),
                Answer::Ids(ids) => json!({"count": ids.len(), "tokens": ids}),
                other => panic!("{other:?}"),
            },
        )
    });
    server.on_each("/v1/chat/completions", move |request: &Request| {
        match toy.lock().unwrap().answer(&ask(&request.body)) {
            Answer::Said(said) if request.body["stream"] == true => streamed(&said),
            Answer::Said(said) => whole(&said),
            Answer::Refused(words) => Sent::json(400, &json!({"error": {"message": words.replace(" (HTTP 400)", "")}})),
            other => panic!("{other:?}"),
        }
    });
    server
}

async fn probe(home: &Path, args: &[&str]) -> Output {
    tokio::process::Command::new(VRAMDECK).arg("probe").args(args).env("VRAMDECK_HOME", home).output().await.unwrap()
}

fn document(out: &Output) -> Value {
    serde_json::from_slice(&out.stdout).unwrap_or_else(|_| panic!("{out:?}"))
}

fn verdict<'a>(card: &'a Value, name: &str) -> &'a Value {
    &card["capabilities"].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap()["verdict"]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_is_made_kept_filled_in_and_shown() {
    let home = tempfile::tempdir().unwrap();
    let ignores = ["guided_json", "format", "grammar", "json_schema"].into();
    let server = serve(Manners { ignores, refuses: ["use_beam_search"].into(), ..Manners::default() }).await;
    let url = server.url();
    let out = probe(home.path(), &["--url", &url, "--json"]).await;
    let card = document(&out);
    assert!(out.status.success(), "{out:?}");
    assert_eq!((&card["model"], &card["engine"], &card["version"]), (&json!("tiny"), &json!("vllm"), &json!("0.0.1")));
    assert_eq!(card["url"], url);
    assert_eq!(card["capabilities"].as_array().unwrap().len(), vramdeck::lab::probes::CAPABILITIES.len());
    for (name, said) in [
        ("temperature", "yes"),
        ("seed", "yes"),
        ("json_schema", "yes"),
        ("guided_json", "ignored"),
        ("grammar", "ignored"),
        ("use_beam_search", "no"),
        ("best_of", "yes"),
        ("tool_stream", "yes"),
        ("usage", "yes"),
        ("context", "yes"),
        ("images", "yes"),
        ("reasoning_split", "unknown"),
    ] {
        assert_eq!(verdict(&card, name), said, "{name}: {card}");
    }
    let rate = card["false_alarm_rate"].as_f64().unwrap();
    assert!(rate > 0.0 && rate <= 0.01 && card["samples"].as_u64().unwrap() > 400, "{card}");
    let sent = server.requests().iter().filter(|request| request.path == "/v1/chat/completions").count() as u64;
    assert!(card["requests"].as_u64().unwrap() >= sent && sent < 400, "{sent} requests");
    let evidence = &card["capabilities"][0]["evidence"];
    assert!(evidence.as_array().unwrap().iter().any(|one| one["asked"] == 16), "{evidence}");
    assert!(card["seconds"].as_f64().unwrap() > 0.0 && card["at"].as_f64().unwrap() > 1e9);

    // One more alone: the others are taken over, unless that is not wanted.
    let again = document(&probe(home.path(), &["--url", &url, "--only", "n", "--json"]).await);
    assert_eq!(again["capabilities"].as_array().unwrap().len(), card["capabilities"].as_array().unwrap().len());
    assert_eq!(again["capabilities"][0]["at"], card["capabilities"][0]["at"]);
    let shown = document(&probe(home.path(), &["--show", "--model", "tiny", "--json"]).await);
    assert_eq!(shown, again);
    let fresh = document(&probe(home.path(), &["--url", &url, "--only", "n,tool_choice", "--fresh", "--json"]).await);
    let names: Vec<&str> =
        fresh["capabilities"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["n", "tool_choice.required", "tool_choice.named", "tool_choice.none"]);
    let text = String::from_utf8(probe(home.path(), &["--show"]).await.stdout).unwrap();
    assert!(
        text.contains("tool_choice.named") && text.contains("chance of any wrong verdict: at most 0.09 %"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_probed_is_said() {
    let home = tempfile::tempdir().unwrap();
    let server = serve(Manners::default()).await;
    server.on_each("/v1/chat/completions", |_| Sent::json(500, &json!({"error": {"message": "out of memory"}})));
    let out = probe(home.path(), &["--url", &server.url(), "--json"]).await;
    assert_eq!(out.status.code(), Some(1), "{out:?}");
    assert!(String::from_utf8_lossy(&out.stderr).contains("out of memory"), "{out:?}");
    assert!(server.requests().len() < 20, "an endpoint that does not answer is given up");
    for (args, code) in [
        (&["--url", "http://127.0.0.1:9", "--json"][..], 1),
        (&["--only", "nonsense", "--json"], 2),
        (&["--show", "--model", "nobody", "--json"], 1),
        (&["--show", "--fresh", "--json"], 2),
    ] {
        let out = probe(home.path(), args).await;
        assert_eq!(out.status.code(), Some(code), "{args:?}: {out:?}");
        assert!(out.stdout.is_empty() && serde_json::from_slice::<Value>(&out.stderr).is_ok(), "{out:?}");
    }
    let listed = document(&probe(home.path(), &["--list", "--json"]).await);
    assert_eq!(listed["capabilities"].as_array().unwrap().len(), vramdeck::lab::probes::CAPABILITIES.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn time_that_is_up_leaves_what_was_found() {
    let home = tempfile::tempdir().unwrap();
    let server = serve(Manners::default()).await;
    let toy = Mutex::new(Toy::new(3, Manners::default()));
    let asked = std::sync::atomic::AtomicUsize::new(0);
    server.on_each("/v1/chat/completions", move |request| {
        // After a while nothing comes any more.
        if asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) > 60 {
            return Sent::silent();
        }
        match toy.lock().unwrap().answer(&ask(&request.body)) {
            Answer::Said(said) => whole(&said),
            _ => Sent::json(400, &json!({"error": {"message": "no"}})),
        }
    });
    let out = probe(home.path(), &["--url", &server.url(), "--limit", "3", "--json"]).await;
    let card = document(&out);
    assert_eq!(out.status.code(), Some(1), "{out:?}");
    assert!(!card["capabilities"].as_array().unwrap().is_empty());
    assert!(String::from_utf8_lossy(&out.stderr).contains("3 s were not enough"), "{out:?}");
    let shown = document(&probe(home.path(), &["--show", "--json"]).await);
    assert_eq!(shown["capabilities"], card["capabilities"]);
}
