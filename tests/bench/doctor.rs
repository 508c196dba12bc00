//! Speed of the doctor on a log: a long-lived server's lines (access log, statistics, progress bars), a traceback now and
//! then, and the failure at the end; and the same with colours, in one line without end, and of errors alone.
//! `cargo bench --bench doctor` says MB/s, of five runs the best.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use std::time::Instant;
use vramdeck::engines::doctor::diagnose;

const BYTES: usize = 256 * 1024 * 1024;
const RUNS: usize = 5;
const END: &str =
    "(EngineCore pid=9) ERROR 11-21 01:37:59 [core.py:1] ValueError: No available memory for the cache blocks.\n";

fn main() {
    for (name, log) in [
        ("a server's log", repeated(served)),
        ("with colours and bars", repeated(coloured)),
        ("one line without end", vec![b'x'; BYTES]),
        ("tracebacks alone", repeated(traceback)),
    ] {
        let mut log = log;
        log.extend_from_slice(b"\n");
        log.extend_from_slice(END.as_bytes());
        let best = (0..RUNS).map(|_| run(&log)).fold(f64::INFINITY, f64::min);
        println!(
            "{name}: {:.0} MB/s ({} MB in {:.0} ms)",
            log.len() as f64 / best / 1e6,
            log.len() / 1_000_000,
            best * 1e3
        );
    }
}

fn run(log: &[u8]) -> f64 {
    let begin = Instant::now();
    let name = diagnose(log, None).ok().and_then(|diagnosis| diagnosis.finding).map(|finding| finding.name);
    assert_eq!(name, Some("no_kv_blocks"));
    begin.elapsed().as_secs_f64()
}

fn repeated(part: fn(usize) -> String) -> Vec<u8> {
    let mut log = Vec::with_capacity(BYTES + 4096);
    for n in 0.. {
        if log.len() >= BYTES {
            break;
        }
        log.extend_from_slice(part(n).as_bytes());
    }
    log
}

fn served(n: usize) -> String {
    let mut text = String::new();
    for k in 0..40 {
        text.push_str(&format!(
            "INFO:     127.0.0.1:{} - \"POST /v1/chat/completions HTTP/1.1\" 200 OK\n",
            30_000 + (n + k) % 9999
        ));
    }
    text.push_str(&format!(
        "(APIServer pid=17) INFO 11-21 01:{:02}:{:02} [loggers.py:257] Engine 000: Avg prompt throughput: 812.{} tokens/s, Avg generation throughput: 1934.1 tokens/s, Running: 31 reqs, Waiting: 4 reqs, GPU KV cache usage: 43.1%, Prefix cache hit rate: 71.3%\n",
        n / 60 % 60, n % 60, n % 10
    ));
    if n.is_multiple_of(200) {
        text.push_str(&traceback(n));
    }
    text
}

fn coloured(n: usize) -> String {
    format!(
        "\u{1b}[32mINFO\u{1b}[0m:     127.0.0.1:{} - \"\u{1b}[1mGET /health HTTP/1.1\u{1b}[0m\" \u{1b}[32m200 OK\u{1b}[0m\nLoading shards: {}% Completed | 1/4 [00:0{}<00:09]\r",
        n % 60_000,
        n % 100,
        n % 10
    )
}

fn traceback(n: usize) -> String {
    format!(
        "(APIServer pid=17) ERROR 11-21 01:00:00 [serving.py:{n}] Traceback (most recent call last):\n(APIServer pid=17) ERROR 11-21 01:00:00 [serving.py:{n}]   File \"/venv/lib/vllm/serving.py\", line {n}, in create\n(APIServer pid=17) ERROR 11-21 01:00:00 [serving.py:{n}]     raise ValueError(\n(APIServer pid=17) ERROR 11-21 01:00:00 [serving.py:{n}] ValueError: this prompt is {n} tokens too long\n"
    )
}
