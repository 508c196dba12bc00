//! Starting, memory on the simulated card, queueing, going away, ending.

use crate::engine::{Engine, begin, begin_on, free_port, ready};
use nix::sys::signal::Signal;
use serde_json::json;
use std::time::{Duration, Instant};
use vramdeck::base::units::GIB;
use vramdeck::gpu::live::SimCard;

fn metric(text: &str, name: &str) -> f64 {
    let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("no {name} in {text}"));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

async fn until(engine: &Engine, name: &str, wanted: impl Fn(f64) -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        let value = metric(&engine.get("/metrics").await.1, name);
        if wanted(value) {
            return;
        }
        assert!(Instant::now() < end, "{name} is {value}: {}", engine.log());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_reader_that_goes_away_frees_its_place() {
    for (dialect, prefix) in [("vllm", "vllm:num_requests_running"), ("llama.cpp", "llamacpp:requests_processing")] {
        let engine = ready(dialect, &["--tokens-per-second", "20"], "").await;
        let body = json!({"messages": [{"role": "user", "content": "x"}], "stream": true, "ignore_eos": true});
        let mut stream = engine.send("/v1/chat/completions", &body).await;
        assert!(stream.chunk().await.unwrap().is_some());
        until(&engine, prefix, |n| n == 1.0).await;
        drop(stream);
        engine.until_log("aborted").await;
        until(&engine, prefix, |n| n == 0.0).await;
    }
}

#[tokio::test]
async fn those_beyond_the_places_wait() {
    let engine = ready("vllm", &["--tokens-per-second", "20", "--max-num-seqs", "1"], "").await;
    let body = json!({"messages": [{"role": "user", "content": "x"}], "stream": true, "ignore_eos": true});
    let first = engine.send("/v1/chat/completions", &body).await;
    let second = engine.send("/v1/chat/completions", &body).await;
    until(&engine, "vllm:num_requests_waiting{", |n| n == 1.0).await;
    until(&engine, "vllm:kv_cache_usage_perc", |share| share > 0.0).await;
    drop(first);
    until(&engine, "vllm:num_requests_waiting{", |n| n == 0.0).await;
    until(&engine, "vllm:num_requests_running", |n| n == 1.0).await;
    drop(second);
}

#[tokio::test]
async fn a_busy_port_is_refused_as_the_engine_does() {
    for (dialect, words) in
        [("vllm", "Address already in use"), ("llama.cpp", "couldn't bind"), ("ollama", "bind: address already in use")]
    {
        let port = free_port();
        let first = begin_on(port, dialect, &[]);
        first.until_ready(dialect).await;
        let mut second = begin_on(port, dialect, &[]);
        assert_eq!(second.ended().await.code(), Some(1), "{dialect}");
        second.until_log(words).await;
    }
}

#[tokio::test]
async fn sigterm_ends_it_also_amid_a_stream() {
    let mut engine = ready("vllm", &["--tokens-per-second", "5"], "").await;
    let body = json!({"messages": [{"role": "user", "content": "x"}], "stream": true, "ignore_eos": true});
    let mut stream = engine.send("/v1/chat/completions", &body).await;
    assert!(stream.chunk().await.unwrap().is_some());
    engine.signal(Signal::SIGTERM);
    assert_eq!(engine.ended().await.code(), Some(0));
}

#[tokio::test]
async fn memory_is_taken_in_stages_and_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("card");
    let card = SimCard::create(&folder, "headless", None).unwrap();
    let used = || card.memory(0).unwrap().used.0 as f64 / GIB as f64;
    // As CUDA tells it, without what the driver keeps.
    let memory = card.memory(0).unwrap();
    let total = (memory.total.0 - memory.reserved.unwrap().0) as f64 / GIB as f64;
    let before = used();
    let env = [("VRAMDECK_SIM_CARD", folder.to_str().unwrap())];
    let mut first =
        begin("vllm", &["--weights-gib", "4", "--load-seconds", "0.6", "--gpu-memory-utilization", "0.5"], "", &env);
    let mut seen = Vec::new();
    while !first.log().contains("startup complete") {
        seen.push(used());
        assert!(first.is_alive(), "{}", first.log());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(seen.iter().any(|gib| *gib > before + 1.5 && *gib < before + 4.5), "weights come bit by bit: {seen:?}");
    assert!(
        (used() - before - total / 2.0).abs() < 0.1,
        "half of {total} GiB is planned with, {} is taken",
        used() - before
    );
    let mut second = begin("vllm", &["--gpu-memory-utilization", "0.9"], "", &env);
    assert_eq!(second.ended().await.code(), Some(1));
    second.until_log("is less than desired GPU memory utilization").await;
    let mut third = begin("llama.cpp", &["--weights-gib", "12"], "", &env);
    assert_eq!(third.ended().await.code(), Some(1));
    third.until_log("out of memory").await;
    first.signal(Signal::SIGKILL);
    first.ended().await;
    assert!((used() - before).abs() < 0.01, "the dead hold nothing");
}

#[tokio::test]
async fn whole_answers_are_given_up_too() {
    let engine = ready("vllm", &["--tokens-per-second", "20"], "").await;
    let body = json!({"messages": [{"role": "user", "content": "x"}], "ignore_eos": true});
    let sent = engine.send("/v1/chat/completions", &body);
    assert!(tokio::time::timeout(Duration::from_millis(300), sent).await.is_err(), "it is slow");
    engine.until_log("aborted").await;
    until(&engine, "vllm:num_requests_running", |n| n == 0.0).await;
}

#[tokio::test]
async fn it_keeps_the_speed_asked_for() {
    let engine = ready("vllm", &["--tokens-per-second", "100"], "").await;
    let body = json!({"messages": [{"role": "user", "content": "x"}], "ignore_eos": true, "max_tokens": 60, "n": 2});
    let began = Instant::now();
    let (_, answer) = engine.post("/v1/chat/completions", &body).await;
    assert_eq!(answer["usage"]["completion_tokens"], 120, "{answer}");
    let seconds = began.elapsed().as_secs_f64();
    assert!(seconds > 0.5, "60 tokens at 100 a second cannot take {seconds} s");
}
