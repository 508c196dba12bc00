//! What vLLM refuses: values out of range, and fields that do not go together.

use super::{Ask, Refusal, ToolChoice};

/// Checks a request as vLLM does. `max_model_len` in tokens.
pub fn vllm(ask: &Ask, max_tokens_sent: Option<i64>, n_sent: i64, max_model_len: u64) -> Result<(), Refusal> {
    ranges(ask)?;
    if let Some(sent) = max_tokens_sent {
        let param =
            |what: String| Refusal::vllm(format!("{what} (parameter=max_tokens, value={sent})"), Some("max_tokens"));
        if sent < 1 {
            return Err(param(format!("max_tokens must be at least 1, got {sent}.")));
        }
        if sent as u64 > max_model_len {
            return Err(param(format!(
                "max_tokens={sent} cannot be greater than max_model_len={max_model_len}. Please request fewer output tokens."
            )));
        }
    }
    if n_sent < 1 {
        return Err(Refusal::vllm(format!("n must be at least 1, got {n_sent}."), None));
    }
    if ask.n > 1 && ask.settings.temperature == 0.0 && ask.beam.is_none() {
        return Err(Refusal::vllm(format!("n must be 1 when using greedy sampling, got {}.", ask.n), None));
    }
    if ask.beam.is_some() && ask.rule.is_some() {
        return Err(Refusal::vllm("Beam search and structured outputs cannot be combined here.", None));
    }
    tool_choice(ask)
}

fn ranges(ask: &Ask) -> Result<(), Refusal> {
    let s = &ask.settings;
    let got = |value: f32| format!("{value:?}");
    let named = |name: &str, rule: &str, value: f32| {
        let value = got(value);
        Refusal::vllm(format!("{name} must be {rule}, got {value}. (parameter={name}, value={value})"), Some(name))
    };
    if s.temperature < 0.0 {
        return Err(named("temperature", "non-negative", s.temperature));
    }
    if s.temperature > 2.0 {
        return Err(named("temperature", "in [0, 2]", s.temperature));
    }
    if !(s.top_p > 0.0 && s.top_p <= 1.0) {
        return Err(named("top_p", "in (0, 1]", s.top_p));
    }
    let plain =
        |name: &str, rule: &str, value: f32| Refusal::vllm(format!("{name} must be {rule}, got {}.", got(value)), None);
    if !(0.0..=1.0).contains(&s.min_p) {
        return Err(plain("min_p", "in [0, 1]", s.min_p));
    }
    if s.repetition <= 0.0 {
        return Err(plain("repetition_penalty", "greater than zero", s.repetition));
    }
    for (name, value) in [("presence_penalty", s.presence), ("frequency_penalty", s.frequency)] {
        if !(-2.0..=2.0).contains(&value) {
            return Err(plain(name, "in [-2, 2]", value));
        }
    }
    match ask.logprobs {
        Some(asked) if asked > 20 => Err(Refusal::vllm(
            format!(
                "Requested sample logprobs of {asked}, which is greater than max allowed: 20 (parameter=logprobs, value={asked})"
            ),
            Some("logprobs"),
        )),
        _ => Ok(()),
    }
}

fn tool_choice(ask: &Ask) -> Result<(), Refusal> {
    match &ask.tool_choice {
        ToolChoice::Named(name) if !ask.tools.iter().any(|tool| tool.name == *name) => Err(Refusal::vllm(
            "The tool specified in `tool_choice` does not match any of the specified `tools` (parameter=tool_choice)",
            Some("tool_choice"),
        )),
        ToolChoice::Named(_) | ToolChoice::Required if ask.tools.is_empty() => {
            Err(Refusal::vllm("When using `tool_choice`, `tools` must be set.", Some("tool_choice")))
        }
        _ => Ok(()),
    }
}
