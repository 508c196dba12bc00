//! Counters of one engine, and their text in Prometheus' form under the names each engine uses.

use super::SimDialect;
use super::answer::Reason;

/// A histogram with fixed upper bounds.
#[derive(Debug, Clone)]
pub struct Histogram {
    bounds: &'static [f64],
    counts: Vec<u64>,
    sum: f64,
    count: u64,
}

impl Histogram {
    fn new(bounds: &'static [f64]) -> Self {
        Self { bounds, counts: vec![0; bounds.len()], sum: 0.0, count: 0 }
    }

    /// Notes a value in seconds.
    pub fn note(&mut self, value: f64) {
        self.sum += value;
        self.count += 1;
        for (bound, count) in self.bounds.iter().zip(&mut self.counts) {
            *count += u64::from(value <= *bound);
        }
    }
}

const FIRST: &[f64] = &[0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];
const BETWEEN: &[f64] = &[0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5];
const WHOLE: &[f64] = &[0.3, 0.5, 0.8, 1.0, 1.5, 2.0, 2.5, 5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 60.0];

/// Everything counted.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// Sequences being written.
    pub running: u64,
    /// Sequences that wait for a place.
    pub waiting: u64,
    /// Tokens in the cache now.
    pub cached_tokens: u64,
    /// Most tokens in the cache so far.
    pub most_cached: u64,
    /// Tokens of prompts.
    pub prompt_tokens: u64,
    /// Tokens written.
    pub generated: u64,
    /// Answers that ended by themselves (with a stop string or tool calls too).
    pub stopped: u64,
    /// Answers that reached the limit.
    pub at_length: u64,
    /// Answers whose reader went away.
    pub aborted: u64,
    /// Seconds spent on prompts.
    pub prompt_seconds: f64,
    /// Seconds spent on writing.
    pub decode_seconds: f64,
    /// Seconds until the first token.
    pub first: Histogram,
    /// Seconds between tokens.
    pub between: Histogram,
    /// Seconds of whole requests.
    pub whole: Histogram,
    /// Seconds in the queue.
    pub queued: Histogram,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            running: 0,
            waiting: 0,
            cached_tokens: 0,
            most_cached: 0,
            prompt_tokens: 0,
            generated: 0,
            stopped: 0,
            at_length: 0,
            aborted: 0,
            prompt_seconds: 0.0,
            decode_seconds: 0.0,
            first: Histogram::new(FIRST),
            between: Histogram::new(BETWEEN),
            whole: Histogram::new(WHOLE),
            queued: Histogram::new(WHOLE),
        }
    }
}

impl Metrics {
    /// Counts the end of an answer.
    pub fn note_end(&mut self, reason: Reason) {
        match reason {
            Reason::Length => self.at_length += 1,
            Reason::Stop | Reason::ToolCalls => self.stopped += 1,
        }
    }

    /// The text for a scraper. `capacity` are the tokens the cache holds.
    pub fn text(&self, dialect: SimDialect, model: &str, capacity: u64) -> String {
        match dialect {
            SimDialect::Vllm => self.vllm(model, capacity),
            SimDialect::LlamaCpp | SimDialect::Ollama => self.llamacpp(),
        }
    }

    fn vllm(&self, model: &str, capacity: u64) -> String {
        let labels = format!("engine=\"0\",model_name={model:?}");
        let mut out = String::new();
        let mut line = |kind: &str, name: &str, more: &str, value: f64| {
            if more.is_empty() || more.ends_with("stop\"") || more.ends_with("capacity\"") || more.ends_with("awake\"")
            {
                let family = name.strip_suffix("_total").unwrap_or(name);
                out.push_str(&format!("# HELP vllm:{family} Simulated.\n# TYPE vllm:{family} {kind}\n"));
            }
            out.push_str(&format!("vllm:{name}{{{labels}{more}}} {value:?}\n"));
        };
        let usage = self.cached_tokens as f64 / capacity.max(1) as f64;
        line("gauge", "num_requests_running", "", self.running as f64);
        line("gauge", "num_requests_waiting", "", self.waiting as f64);
        line("gauge", "num_requests_waiting_by_reason", ",reason=\"capacity\"", self.waiting as f64);
        line("gauge", "num_requests_waiting_by_reason", ",reason=\"deferred\"", 0.0);
        line("gauge", "engine_sleep_state", ",sleep_state=\"awake\"", 1.0);
        line("gauge", "kv_cache_usage_perc", "", usage.min(1.0));
        line("counter", "prefix_cache_queries_total", "", self.prompt_tokens as f64);
        line("counter", "prefix_cache_hits_total", "", 0.0);
        line("counter", "num_preemptions_total", "", 0.0);
        line("counter", "prompt_tokens_total", "", self.prompt_tokens as f64);
        line("counter", "generation_tokens_total", "", self.generated as f64);
        for (reason, count) in [("stop", self.stopped), ("length", self.at_length), ("abort", self.aborted)] {
            line("counter", "request_success_total", &format!(",finished_reason=\"{reason}\""), count as f64);
        }
        out.push_str(&format!(
            "# HELP vllm:cache_config_info Simulated.\n# TYPE vllm:cache_config_info gauge\n\
             vllm:cache_config_info{{block_size=\"16\",engine=\"0\",kv_cache_size_tokens=\"{capacity}\"}} 1.0\n"
        ));
        for (name, histogram) in [
            ("time_to_first_token_seconds", &self.first),
            ("inter_token_latency_seconds", &self.between),
            ("e2e_request_latency_seconds", &self.whole),
            ("request_queue_time_seconds", &self.queued),
        ] {
            out.push_str(&histogram.text(&format!("vllm:{name}"), &labels));
        }
        out
    }

    fn llamacpp(&self) -> String {
        let per = |tokens: u64, seconds: f64| if seconds > 0.0 { tokens as f64 / seconds } else { 0.0 };
        let rows = [
            ("counter", "prompt_tokens_total", self.prompt_tokens as f64),
            ("counter", "prompt_tokens_cached_total", 0.0),
            ("counter", "prompt_seconds_total", self.prompt_seconds),
            ("counter", "tokens_predicted_total", self.generated as f64),
            ("counter", "tokens_predicted_seconds_total", self.decode_seconds),
            ("counter", "n_decode_total", self.generated as f64),
            ("counter", "n_tokens_max", self.most_cached as f64),
            ("gauge", "prompt_tokens_seconds", per(self.prompt_tokens, self.prompt_seconds)),
            ("gauge", "predicted_tokens_seconds", per(self.generated, self.decode_seconds)),
            ("gauge", "requests_processing", self.running as f64),
            ("gauge", "requests_deferred", self.waiting as f64),
        ];
        rows.iter()
            .map(|(kind, name, value)| {
                format!("# HELP llamacpp:{name} Simulated.\n# TYPE llamacpp:{name} {kind}\nllamacpp:{name} {value}\n")
            })
            .collect()
    }
}

impl Histogram {
    fn text(&self, name: &str, labels: &str) -> String {
        let mut out = format!("# HELP {name} Simulated.\n# TYPE {name} histogram\n");
        for (bound, count) in self.bounds.iter().zip(&self.counts) {
            out.push_str(&format!("{name}_bucket{{{labels},le=\"{bound:?}\"}} {count}\n"));
        }
        out.push_str(&format!("{name}_bucket{{{labels},le=\"+Inf\"}} {}\n", self.count));
        out.push_str(&format!("{name}_count{{{labels}}} {}\n{name}_sum{{{labels}}} {}\n", self.count, self.sum));
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values() {
        let mut metrics = Metrics { running: 2, waiting: 1, cached_tokens: 50, generated: 9, ..Metrics::default() };
        metrics.first.note(0.03);
        metrics.note_end(Reason::Length);
        let text = metrics.text(SimDialect::Vllm, "m", 100);
        for line in [
            "vllm:num_requests_running{engine=\"0\",model_name=\"m\"} 2.0",
            "vllm:kv_cache_usage_perc{engine=\"0\",model_name=\"m\"} 0.5",
            "vllm:generation_tokens_total{engine=\"0\",model_name=\"m\"} 9.0",
            "vllm:request_success_total{engine=\"0\",model_name=\"m\",finished_reason=\"length\"} 1.0",
            "vllm:time_to_first_token_seconds_bucket{engine=\"0\",model_name=\"m\",le=\"0.02\"} 0",
            "vllm:time_to_first_token_seconds_bucket{engine=\"0\",model_name=\"m\",le=\"0.04\"} 1",
        ] {
            assert!(text.lines().any(|l| l == line), "{line}\n{text}");
        }
        let text = metrics.text(SimDialect::LlamaCpp, "m", 100);
        assert!(
            text.contains("llamacpp:tokens_predicted_total 9\n") && text.contains("llamacpp:requests_deferred 1\n")
        );
    }

    #[test]
    fn it_is_read_as_the_engine_it_plays() {
        use crate::engines::{Dialect, metrics};
        let counted = Metrics { running: 2, waiting: 1, cached_tokens: 50, generated: 9, ..Metrics::default() };
        let read = |dialect, sim| {
            let text = counted.text(sim, "m", 100);
            metrics::gauges(dialect, "m", metrics::Answers { metrics: Some(&text), ..metrics::Answers::default() })
        };
        let seen = read(Dialect::Vllm, SimDialect::Vllm);
        assert_eq!((seen.running, seen.waiting, seen.kv_usage), (Ok(2), Ok(1), Ok(0.5)));
        assert_eq!((seen.kv_tokens, seen.sleep), (Ok(100), Ok(metrics::Sleep::Awake)));
        let seen = read(Dialect::LlamaCpp, SimDialect::LlamaCpp);
        assert_eq!((seen.running, seen.generation_tokens), (Ok(2), Ok(9)));
    }
}
