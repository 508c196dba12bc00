use super::*;
use crate::base::Bytes;
use std::time::Duration;

const VLLM: &str = include_str!("../../../tests/engines/metrics/vllm-0.32.0.txt");
const LLAMA: &str = include_str!("../../../tests/engines/metrics/llama-server-b11669.txt");
const SLOTS: &str = include_str!("../../../tests/engines/metrics/llama-server-b11669-slots.json");
const OLLAMA: &str = include_str!("../../../tests/engines/metrics/ollama-0.33.0-ps.json");

fn of_vllm(text: &str) -> Gauges {
    gauges(Dialect::Vllm, "tiny", Answers { metrics: Some(text), ..Answers::default() })
}

fn of_llama(metrics: Option<&str>, slots: Option<&str>) -> Gauges {
    gauges(Dialect::LlamaCpp, "tiny", Answers { metrics, slots, ..Answers::default() })
}

#[test]
fn a_recorded_vllm() {
    let seen = of_vllm(VLLM);
    assert_eq!((seen.running.clone(), seen.waiting.clone()), (Ok(0), Ok(0)));
    assert_eq!((seen.kv_usage.clone(), seen.kv_tokens.clone()), (Ok(0.0), Ok(2_097_152)));
    assert_eq!(seen.kv_bytes, Ok(Bytes(1 << 30)));
    assert_eq!((seen.prefix_queries.clone(), seen.prefix_hits.clone()), (Ok(4934), Ok(2048)));
    assert_eq!((seen.prompt_tokens.clone(), seen.generation_tokens.clone()), (Ok(4957), Ok(850)));
    assert_eq!((seen.preemptions.clone(), seen.sleep.clone()), (Ok(0), Ok(Sleep::Awake)));
    let ttft = seen.ttft.clone().unwrap();
    assert_eq!(ttft.count, 88.0);
    assert!((ttft.mean().unwrap() - 0.327).abs() < 0.001);
    assert!(ttft.quantile(0.5).unwrap() < ttft.quantile(0.99).unwrap());
    assert_eq!(seen.itl.clone().unwrap().count, 762.0);
    assert!((seen.hit_rate().unwrap() - 0.415).abs() < 0.001);
    assert!(seen.held.is_err() && !seen.asleep());
}

#[test]
fn a_recorded_llama_server() {
    let seen = of_llama(Some(LLAMA), Some(SLOTS));
    assert_eq!((seen.running.clone(), seen.waiting.clone()), (Ok(0), Ok(0)));
    assert_eq!((seen.prompt_tokens.clone(), seen.generation_tokens.clone()), (Ok(565 + 4071), Ok(1536)));
    assert_eq!(seen.prefix_hits, Ok(4071));
    assert_eq!((seen.kv_usage.clone(), seen.kv_tokens.clone(), seen.context.clone()), (Ok(0.0), Ok(8192), Ok(2048)));
    assert!(seen.preemptions.unwrap_err().why.contains("does not tell"));
    let off = of_llama(None, None);
    assert!(off.running.unwrap_err().why.contains("--metrics"));
    assert!(off.kv_usage.unwrap_err().why.contains("/slots"));
}

#[test]
fn slots_at_work_count_tokens_before_an_answer_ends() {
    let slots = r#"[{"n_ctx":100,"is_processing":true,"n_prompt_tokens":30,"next_token":[{"n_decoded":20}]},
        {"n_ctx":100,"is_processing":true,"n_prompt_tokens":300,"next_token":{"n_decoded":1}},
        {"n_ctx":200,"is_processing":false,"n_prompt_tokens":99,"next_token":[{"n_decoded":9}]}]"#;
    let seen = of_llama(Some(LLAMA), Some(slots));
    assert_eq!((seen.running, seen.generation_tokens), (Ok(2), Ok(1536 + 21)));
    assert_eq!(seen.kv_usage, Ok(150.0 / 400.0));
    let shared = Answers { slots: Some(slots), kv_tokens: Some(200), ..Answers::default() };
    assert_eq!(gauges(Dialect::LlamaCpp, "tiny", shared).kv_usage, Ok(0.75));
}

#[test]
fn a_recorded_ollama() {
    let seen = gauges(Dialect::Ollama, "tiny", Answers { loaded: Some(OLLAMA), ..Answers::default() });
    assert_eq!((seen.held.clone(), seen.on_card.clone()), (Ok(Bytes(6_752_827)), Ok(Bytes(0))));
    assert_eq!((seen.spilled(), seen.context), (Some(Bytes(6_752_827)), Ok(1024)));
    assert!(seen.running.is_err());
    let other = gauges(Dialect::Ollama, "other", Answers { loaded: Some(OLLAMA), ..Answers::default() });
    assert!(other.held.unwrap_err().why.contains("not loaded"));
    let broken = gauges(Dialect::Ollama, "tiny", Answers { loaded: Some("<html>"), ..Answers::default() });
    assert!(broken.held.unwrap_err().why.contains("/api/ps"));
}

#[test]
fn engines_behind_one_server_add_up_and_old_names_are_read() {
    let two = "vllm:num_requests_running{engine=\"0\"} 2\nvllm:num_requests_running{engine=\"1\"} 3\n\
        vllm:gpu_cache_usage_perc{engine=\"0\"} 0.5\nvllm:gpu_cache_usage_perc{engine=\"1\"} 0.25\n\
        vllm:gpu_prefix_cache_hits_total 3\nvllm:gpu_prefix_cache_queries_total 4\n\
        vllm:cache_config_info{num_gpu_blocks=\"10\",block_size=\"16\",kv_cache_memory_bytes=\"None\"} 1\n\
        vllm:num_preemptions_total NaN\nvllm:prompt_tokens_total -3\n\
        vllm:engine_sleep_state{sleep_state=\"awake\"} 0\nvllm:engine_sleep_state{sleep_state=\"discard_all\"} 1\n";
    let seen = of_vllm(two);
    assert_eq!((seen.running.clone(), seen.kv_usage.clone(), seen.kv_tokens.clone()), (Ok(5), Ok(0.375), Ok(160)));
    assert_eq!((seen.hit_rate(), seen.kv_tokens_in_use()), (Ok(0.75), Ok(60)));
    assert!(seen.preemptions.is_err() && seen.prompt_tokens.is_err() && seen.waiting.is_err());
    assert!(seen.asleep());
    assert!(of_vllm("<html>").running.unwrap_err().why.contains("no figure of vLLM"));
}

#[test]
fn where_both_names_of_a_figure_are_exported_it_is_counted_once() {
    let both: String = ["gpu_prefix_cache", "prefix_cache"]
        .iter()
        .map(|name| format!("vllm:{name}_queries_total 8\nvllm:{name}_hits_total 2\n"))
        .chain(["time_per_output_token", "inter_token_latency"].iter().map(|name| {
            format!(
                "vllm:{name}_seconds_sum 3\nvllm:{name}_seconds_count 6\nvllm:{name}_seconds_bucket{{le=\"+Inf\"}} 6\n"
            )
        }))
        .collect();
    let seen = of_vllm(&(both + "vllm:gpu_cache_usage_perc 0.9\nvllm:kv_cache_usage_perc 0.5\n"));
    assert_eq!((seen.prefix_queries, seen.prefix_hits, seen.kv_usage), (Ok(8), Ok(2), Ok(0.5)));
    assert_eq!(seen.itl.map(|spread| (spread.sum, spread.count)), Ok((3.0, 6.0)));
}

fn look(seconds: u64, text: &str) -> Scrape {
    Scrape { at: Duration::from_secs(seconds), gauges: of_vllm(text) }
}

#[test]
fn rates_are_differences_and_a_restart_is_none() {
    let text = |prompt: u64, written: u64, hits: u64| {
        format!(
            "vllm:prompt_tokens_total {prompt}\nvllm:generation_tokens_total {written}\n\
             vllm:prefix_cache_queries_total {prompt}\nvllm:prefix_cache_hits_total {hits}\n\
             vllm:time_to_first_token_seconds_sum {written}\nvllm:time_to_first_token_seconds_count {prompt}\n"
        )
    };
    let before = look(10, &text(100, 50, 0));
    let rates = Live::of(Some(&before), &look(12, &text(300, 150, 50))).rates;
    assert_eq!((rates.prompt.clone(), rates.generation.clone()), (Ok(100.0), Ok(50.0)));
    assert_eq!((rates.hit_rate.clone(), rates.ttft.clone()), (Ok(0.25), Ok(0.5)));
    assert!(rates.preemptions.is_err());
    let again = Rates::between(&before, &look(12, &text(10, 5, 0)));
    assert!(again.generation.unwrap_err().why.contains("anew"));
    let still = Rates::between(&before, &look(12, &text(100, 50, 0)));
    assert_eq!(still.generation, Ok(0.0));
    assert!(still.hit_rate.is_err() && still.ttft.is_err());
    assert!(Rates::between(&before, &before).prompt.is_err());
    assert!(Live::of(None, &before).rates.prompt.is_err());
}
