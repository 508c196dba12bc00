//! What a run's engine says of its memory on cards, as the ledger takes it.

use super::logfacts::MemoryPart;
use super::metrics::Gauges;
use super::{Dialect, RunState};
use crate::base::{Bytes, Reading, Unknown};
use crate::gpu::Account;

/// The account of a run: figures of its log, what lies in the host's memory taken away, and its live gauges.
///
/// vLLM has one worker a card and each logs its own figures; llama-server logs the buffers of all cards, which are added
/// up. An Ollama server loads and unloads models while it runs: the buffers in its log are of all of them, and are left out.
pub fn account(run: &RunState, gauges: Option<Reading<&Gauges>>) -> Account {
    let none = Account::of(run.run.0.clone());
    if run.dialect == Dialect::Ollama {
        return none;
    }
    let part = |part: MemoryPart| {
        let all = run.facts.memory.get(&part)?;
        let host = run.facts.host_memory.get(&part).copied().unwrap_or_default();
        Some(all.minus(host)).filter(|bytes| *bytes > Bytes(0))
    };
    let seen = gauges.as_ref().and_then(|gauges| gauges.as_ref().ok().copied());
    let kv_usage = match &gauges {
        None => Err(Unknown::because("the engine was not asked yet")),
        Some(Err(why)) => Err(why.clone()),
        Some(Ok(seen)) => seen.kv_usage.clone(),
    };
    Account {
        weights: part(MemoryPart::Weights),
        kv: part(MemoryPart::KvCache).or_else(|| seen?.kv_bytes.clone().ok()),
        graphs: part(MemoryPart::Graphs),
        activations: part(MemoryPart::Compute),
        kv_usage,
        asleep: seen.is_some_and(Gauges::asleep),
        each_card: run.dialect == Dialect::Vllm,
        ..none
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines::metrics::{Answers, gauges};
    use crate::engines::run::RunFacts;
    use crate::engines::{EngineKind, Phase, RunId};
    use std::collections::BTreeMap;

    fn run(dialect: Dialect, memory: &[(MemoryPart, u64)], host: &[(MemoryPart, u64)]) -> RunState {
        let map = |of: &[(MemoryPart, u64)]| of.iter().map(|(p, n)| (*p, Bytes(*n))).collect::<BTreeMap<_, _>>();
        RunState {
            run: RunId("r".to_owned()),
            engine: EngineKind::Vllm,
            dialect,
            model: "m".to_owned(),
            served_name: "m".to_owned(),
            endpoint: None,
            leader: None,
            keeper: None,
            pids: Vec::new(),
            phase: Phase::Ready,
            started_at: 0.0,
            ready_at: None,
            context_tokens: None,
            memory: None,
            owner_alive: true,
            argv: Vec::new(),
            log: None,
            facts: RunFacts { memory: map(memory), host_memory: map(host), ..RunFacts::default() },
        }
    }

    #[test]
    fn logs_and_gauges_become_an_account() {
        use MemoryPart::{KvCache, Weights};
        let text = "vllm:kv_cache_usage_perc 0.5\nvllm:engine_sleep_state{sleep_state=\"weights_offloaded\"} 1\n";
        let seen = gauges(Dialect::Vllm, "m", Answers { metrics: Some(text), ..Answers::default() });
        let vllm = account(&run(Dialect::Vllm, &[(Weights, 9), (KvCache, 4)], &[]), Some(Ok(&seen)));
        assert_eq!((vllm.weights, vllm.kv, vllm.graphs), (Some(Bytes(9)), Some(Bytes(4)), None));
        assert_eq!((vllm.kv_usage, vllm.asleep, vllm.each_card), (Ok(0.5), true, true));
        let llama = run(Dialect::LlamaCpp, &[(Weights, 9), (KvCache, 4)], &[(Weights, 7), (KvCache, 4)]);
        let split = account(&llama, None);
        assert_eq!((split.weights, split.kv, split.each_card), (Some(Bytes(2)), None, false));
        assert!(split.kv_usage.is_err());
        let ollama = account(&run(Dialect::Ollama, &[(Weights, 9)], &[]), None);
        assert_eq!(ollama.weights, None);
    }
}
