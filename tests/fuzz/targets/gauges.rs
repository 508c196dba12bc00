//! What engines say of themselves.

use crate::check::row;
use std::time::Duration;
use vramdeck::base::Reading;
use vramdeck::engines::Dialect;
use vramdeck::engines::metrics::{Answers, Gauges, Histogram, Live, Scrape, gauges, text};

pub const TOKENS: &[&[u8]] = &[
    b"vllm:num_requests_running{engine=\"0\"} ",
    b"vllm:kv_cache_usage_perc ",
    b"vllm:time_to_first_token_seconds_bucket{le=\"",
    b"vllm:cache_config_info{num_gpu_blocks=\"",
    b"block_size=\"1e308\"",
    b"llamacpp:tokens_predicted_total ",
    b"\"n_ctx\":18446744073709551615",
    b"\"is_processing\":true",
    b"\"next_token\":[{\"n_decoded\":18446744073709551615}]",
    b"\"size_vram\":",
    b"+Inf",
    b"-Inf",
    b"NaN",
    b"1e308",
    b"-1",
    b"18446744073709551615",
    b"{",
    b"}",
    b"\\\"",
    b"\\n",
    b"\"",
    b" # {",
];

/// Any body as the answer of any engine: figures with sense or reasons, and changes that are none below zero.
pub fn metrics(data: &[u8]) {
    let body = &*String::from_utf8_lossy(data);
    for sample in text::samples(body) {
        assert!(!sample.name.is_empty() && sample.counted().is_none_or(|value| value >= 0.0 && value.is_finite()));
        assert!(sample.labels().count() <= body.len());
    }
    let half = body.char_indices().nth(body.chars().count() / 2).map_or(0, |(at, _)| at);
    for dialect in Dialect::ALL {
        let look = |seconds: u64, body: &str| {
            let answers =
                Answers { metrics: Some(body), slots: Some(body), loaded: Some(body), kv_tokens: Some(seconds) };
            let seen = gauges(dialect, "tiny", answers);
            sensible(&seen);
            Scrape { at: Duration::from_secs(seconds), gauges: seen }
        };
        let (before, now) = (look(1, &body[..half]), look(2, body));
        for live in [Live::of(Some(&before), &now), Live::of(Some(&now), &before), Live::of(None, &now)] {
            let rates = &live.rates;
            for rate in [&rates.prompt, &rates.generation, &rates.ttft, &rates.itl] {
                told(rate, |rate| assert!(*rate >= 0.0 && rate.is_finite(), "{rate}"));
            }
            told(&rates.hit_rate, |share| assert!((0.0..=1.0).contains(share)));
        }
    }
}

fn told<T>(reading: &Reading<T>, check: impl Fn(&T)) {
    match reading {
        Ok(value) => check(value),
        Err(unknown) => row("why", &unknown.why),
    }
}

fn sensible(seen: &Gauges) {
    told(&seen.kv_usage, |share| assert!((0.0..=1.0).contains(share), "{share}"));
    told(&seen.hit_rate(), |share| assert!((0.0..=1.0).contains(share), "{share}"));
    told(&seen.kv_tokens_in_use(), |_| {});
    told(&seen.expires, |at| row("a time", at));
    let spread = |histogram: &Histogram| {
        assert!(histogram.buckets.is_sorted_by(|a, b| a.0 < b.0) && histogram.buckets.len() <= 256);
        for share in [0.0, 0.5, 1.0, f64::NAN] {
            assert!(histogram.quantile(share).is_none_or(f64::is_finite));
        }
        assert!(histogram.mean().is_none_or(f64::is_finite));
    };
    told(&seen.ttft, spread);
    told(&seen.itl, spread);
    let _ = (seen.spilled(), seen.asleep());
}
