//! vLLM's `/metrics`. Several engines behind one server (data parallel) are added up, the cache's use is their mean.
//!
//! Names that changed with a version are read in both forms: `gpu_cache_usage_perc` became `kv_cache_usage_perc`,
//! `gpu_prefix_cache_*` became `prefix_cache_*`, `time_per_output_token_seconds` became `inter_token_latency_seconds`. Some
//! versions export both forms of a figure for a while; then the present one counts and the other is left out.

use super::text::{Sample, samples};
use super::{Gauges, Histogram, Sleep};
use crate::base::{Bytes, Reading, Unknown};

#[derive(Default)]
struct Sum {
    running: Option<f64>,
    waiting: Option<f64>,
    preemptions: Option<f64>,
    prompt: Option<f64>,
    generated: Option<f64>,
    ttft: Option<Histogram>,
    now: Renamed,
    formerly: Renamed,
    sleep: Option<Sleep>,
    kv_tokens: Option<f64>,
    kv_bytes: Option<f64>,
    started: Option<f64>,
    ours: bool,
}

/// Figures that have had two names.
#[derive(Default)]
struct Renamed {
    usage: Option<(f64, u32)>,
    queries: Option<f64>,
    hits: Option<f64>,
    itl: Option<Histogram>,
}

impl Renamed {
    fn usage(&mut self, value: f64) {
        let (all, engines) = self.usage.unwrap_or_default();
        self.usage = Some((all + value.min(1.0), engines.saturating_add(1)));
    }

    /// Each figure of these, or else of `former`.
    fn or(self, former: Self) -> Self {
        Self {
            usage: self.usage.or(former.usage),
            queries: self.queries.or(former.queries),
            hits: self.hits.or(former.hits),
            itl: self.itl.or(former.itl),
        }
    }
}

/// What the text says.
pub(super) fn gauges(text: &str) -> Gauges {
    let mut sum = Sum::default();
    samples(text).for_each(|sample| sum.take(&sample));
    let why = if sum.ours { "this version does not tell" } else { "/metrics holds no figure of vLLM" };
    let untold = Unknown::because(why);
    let whole = |value: Option<f64>| value.map(|value| value as u64).ok_or_else(|| untold.clone());
    let no_sleep = || Unknown::because("this version does not tell whether it sleeps");
    let told = |histogram: Option<Histogram>| histogram.ok_or_else(|| untold.clone());
    let renamed = sum.now.or(sum.formerly);
    Gauges {
        running: whole(sum.running),
        waiting: whole(sum.waiting),
        kv_usage: renamed.usage.map(|(all, engines)| all / f64::from(engines)).ok_or_else(|| untold.clone()),
        kv_tokens: whole(sum.kv_tokens.filter(|tokens| *tokens > 0.0)),
        kv_bytes: whole(sum.kv_bytes).map(Bytes).map_err(|_| Unknown::because("set by share, not in bytes")),
        prefix_queries: whole(renamed.queries),
        prefix_hits: whole(renamed.hits),
        preemptions: whole(sum.preemptions),
        prompt_tokens: whole(sum.prompt),
        generation_tokens: whole(sum.generated),
        ttft: told(sum.ttft),
        itl: told(renamed.itl),
        sleep: sum.sleep.ok_or_else(no_sleep),
        started: sum.started.ok_or_else(|| untold.clone()),
        ..Gauges::untold(&Unknown::because("vLLM tells it in its log, not here"))
    }
}

fn add(slot: &mut Option<f64>, value: f64) {
    *slot = Some(slot.unwrap_or(0.0) + value);
}

impl Sum {
    fn take(&mut self, sample: &Sample<'_>) {
        let Some(name) = sample.name.strip_prefix("vllm:") else {
            if sample.name == "process_start_time_seconds" {
                self.started = sample.counted();
            }
            return;
        };
        self.ours = true;
        let Some(value) = sample.counted() else { return };
        match name {
            "num_requests_running" => add(&mut self.running, value),
            "num_requests_waiting" => add(&mut self.waiting, value),
            "kv_cache_usage_perc" => self.now.usage(value),
            "gpu_cache_usage_perc" => self.formerly.usage(value),
            "prefix_cache_queries_total" => add(&mut self.now.queries, value),
            "prefix_cache_hits_total" => add(&mut self.now.hits, value),
            "gpu_prefix_cache_queries_total" => add(&mut self.formerly.queries, value),
            "gpu_prefix_cache_hits_total" => add(&mut self.formerly.hits, value),
            "num_preemptions_total" => add(&mut self.preemptions, value),
            "prompt_tokens_total" => add(&mut self.prompt, value),
            "generation_tokens_total" => add(&mut self.generated, value),
            "engine_sleep_state" if value > 0.0 => self.sleeps(sample),
            "cache_config_info" => self.cache(sample),
            _ => self.spread(name, sample),
        }
    }

    fn spread(&mut self, name: &str, sample: &Sample<'_>) {
        let taken = |slot: &mut Option<Histogram>, family: &str| {
            if name.starts_with(family) {
                slot.get_or_insert_default().take(family, name, sample);
            }
        };
        taken(&mut self.ttft, "time_to_first_token_seconds");
        taken(&mut self.now.itl, "inter_token_latency_seconds");
        taken(&mut self.formerly.itl, "time_per_output_token_seconds");
    }

    /// The deepest sleep of several engines counts.
    fn sleeps(&mut self, sample: &Sample<'_>) {
        let state = match sample.label("sleep_state").as_deref() {
            Some("awake") => Sleep::Awake,
            Some("weights_offloaded") => Sleep::Offloaded,
            Some("discard_all") => Sleep::Discarded,
            _ => return,
        };
        if self.sleep.is_none_or(|known| known == Sleep::Awake) {
            self.sleep = Some(state);
        }
    }

    fn cache(&mut self, sample: &Sample<'_>) {
        let number = |name: &str| sample.label(name)?.parse::<f64>().ok().filter(|n| n.is_finite() && *n >= 0.0);
        let blocks = || Some(number("num_gpu_blocks")? * number("block_size")?);
        if let Some(tokens) = number("kv_cache_size_tokens").or_else(blocks) {
            add(&mut self.kv_tokens, tokens);
        }
        if let Some(bytes) = number("kv_cache_memory_bytes") {
            add(&mut self.kv_bytes, bytes);
        }
    }
}

/// A reading of the same kind, for readers of other engines' texts.
pub(super) fn told(value: Option<f64>, why: &'static str) -> Reading<u64> {
    value.map(|value| value as u64).ok_or_else(|| Unknown::because(why))
}
