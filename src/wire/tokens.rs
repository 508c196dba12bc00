//! Log probabilities and token counts, in the shapes the servers write them.

use super::{TokenLogprob, Usage};
use serde_json::{Map, Value};

/// Log probabilities of a choice: `{"content":[…]}` (chat), a bare list (Ollama's native API), or
/// `{"tokens":[…],"token_logprobs":[…],"top_logprobs":[…]}` (text completions). Entries without a number are left out.
pub(super) fn logprobs(value: Option<&Value>) -> Vec<TokenLogprob> {
    let list = |entries: &Vec<Value>| entries.iter().filter_map(entry).collect();
    match value {
        Some(Value::Array(entries)) => list(entries),
        Some(Value::Object(map)) => match (map.get("content"), map.get("tokens")) {
            (Some(Value::Array(entries)), _) => list(entries),
            (_, Some(Value::Array(tokens))) => columns(tokens, map),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn entry(value: &Value) -> Option<TokenLogprob> {
    let (token, logprob) = pair(value)?;
    let top = value.get("top_logprobs").and_then(Value::as_array);
    Some(TokenLogprob { token, logprob, top: sorted(top.into_iter().flatten().filter_map(pair).collect()) })
}

fn pair(value: &Value) -> Option<(String, f64)> {
    Some((value.get("token")?.as_str()?.to_owned(), value.get("logprob")?.as_f64()?))
}

fn columns(tokens: &[Value], map: &Map<String, Value>) -> Vec<TokenLogprob> {
    let column = |name: &str, at: usize| map.get(name).and_then(|values| values.get(at));
    let one = |(at, token): (usize, &Value)| {
        let top = column("top_logprobs", at).and_then(Value::as_object);
        Some(TokenLogprob {
            token: token.as_str()?.to_owned(),
            logprob: column("token_logprobs", at)?.as_f64()?,
            top: sorted(top.into_iter().flatten().filter_map(|(t, p)| Some((t.clone(), p.as_f64()?))).collect()),
        })
    };
    tokens.iter().enumerate().filter_map(one).collect()
}

/// Most probable first; servers put the sampled token first, whatever its rank.
fn sorted(mut top: Vec<(String, f64)>) -> Vec<(String, f64)> {
    top.sort_by(|a, b| b.1.total_cmp(&a.1));
    top
}

/// Token counts of a chunk: OpenAI's `usage`, or Ollama's counts beside `"done":true`.
pub(super) fn usage(chunk: &Map<String, Value>) -> Option<Usage> {
    if let Some(usage) = chunk.get("usage").and_then(Value::as_object) {
        let detail = |group: &str, name: &str| count(usage.get(group)?.get(name));
        return Some(Usage {
            prompt_tokens: count(usage.get("prompt_tokens")).unwrap_or_default(),
            completion_tokens: count(usage.get("completion_tokens"))?,
            cached_tokens: detail("prompt_tokens_details", "cached_tokens"),
            reasoning_tokens: detail("completion_tokens_details", "reasoning_tokens"),
        });
    }
    Some(Usage {
        prompt_tokens: count(chunk.get("prompt_eval_count")).unwrap_or_default(),
        completion_tokens: count(chunk.get("eval_count"))?,
        ..Usage::default()
    })
}

fn count(value: Option<&Value>) -> Option<u64> {
    let value = value?;
    value.as_u64().or_else(|| value.as_f64().filter(|n| *n >= 0.0).map(|n| n as u64))
}
