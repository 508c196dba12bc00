//! A launch as the estimator sees it: whose rules of memory it obeys, and what its flags ask.

use super::flags::normal;
use super::{Dialect, EngineKind, FlagSetting, Plan};
use crate::base::{Bytes, Problem, Reading, Unknown};
use crate::gpu::Card;
use crate::gpu::reserve::free_for_models;
use crate::models::cards::{Seen, Spec, as_engines_see};
use crate::models::fit::{Ask, Engine, Room, Version};
use crate::models::solve::asked;

/// Whose rules of memory an engine obeys; a simulated one those of its dialect.
///
/// # Errors
/// For an endpoint, whose memory is not this machine's to judge, and a dialect without rules.
pub fn rules(kind: EngineKind, dialect: Option<Dialect>) -> Reading<Engine> {
    match (kind, dialect) {
        (EngineKind::Vllm, _) => Ok(Engine::Vllm),
        (EngineKind::LlamaCpp, _) => Ok(Engine::LlamaCpp),
        (EngineKind::Ollama, _) => Ok(Engine::Ollama),
        (EngineKind::LiteLlm, _) => Err(Unknown::because("a proxy holds nothing of the card")),
        (EngineKind::Endpoint, _) => Err(Unknown::because("an endpoint runs already, and its memory may be elsewhere")),
        (EngineKind::Simulated, Some(Dialect::Vllm) | None) => Ok(Engine::Vllm),
        (EngineKind::Simulated, Some(Dialect::LlamaCpp)) => Ok(Engine::LlamaCpp),
        (EngineKind::Simulated, Some(Dialect::Ollama)) => Ok(Engine::Ollama),
        (EngineKind::Simulated, Some(Dialect::OpenAi)) => Err(Unknown::because("its dialect has no rules of memory")),
    }
}

/// A card as engines see it, its free memory without what must stay free for the desktop; `None` where it does not say its
/// memory.
pub fn as_judged(card: &Card, reserve: Bytes) -> Option<(Spec, Room)> {
    let memory = card.memory.as_ref().ok()?;
    let kept = memory.reserved.as_ref().map_or(0, |bytes| bytes.0);
    let name = card.name.as_deref().unwrap_or("the card").to_owned();
    let compute = card.compute_capability.as_ref().ok().copied();
    let spec = as_engines_see(&Seen { name, total: memory.total.0, compute, ..Seen::default() }, kept);
    let free = Some(free_for_models(card, reserve).ok()?.0.min(spec.total));
    let room = Room { total: spec.total, free };
    Some((spec, room))
}

/// Flags that memory depends on and the estimator does not know, by engine.
const NOT_COUNTED: &[(Engine, &[&str])] = &[
    (
        Engine::Vllm,
        &[
            "--speculative-config",
            "--cpu-offload-gb",
            "--enable-lora",
            "--pipeline-parallel-size",
            "--data-parallel-size",
            "--compilation-config",
            "--limit-mm-per-prompt",
            "--hf-overrides",
        ],
    ),
    (
        Engine::LlamaCpp,
        &[
            "--cpu-moe",
            "-cmoe",
            "--n-cpu-moe",
            "-ncmoe",
            "--override-tensor",
            "-ot",
            "--model-draft",
            "-md",
            "--mmproj",
            "-mm",
            "--lora",
            "--no-kv-offload",
            "-nkvo",
            "--tensor-split",
            "-ts",
        ],
    ),
];

/// What a plan asks of its engine's memory, and the flags among its words that the estimator does not count.
///
/// # Errors
/// When a flag has a value that cannot be read.
pub fn ask(plan: &Plan, engine: Engine, version: Option<&str>) -> Result<(Ask, Vec<String>), Problem> {
    let words = words(plan, engine);
    let listed = NOT_COUNTED.iter().find(|(of, _)| *of == engine).map_or(&[][..], |(_, flags)| *flags);
    let flag = |word: &String| word.split_once('=').map_or(word.clone(), |(flag, _)| flag.to_owned());
    let uncounted = words.iter().map(flag).filter(|word| listed.contains(&word.as_str())).collect();
    let ask = asked(engine, &words)?;
    Ok((Ask { version: version.and_then(release), ..ask }, uncounted))
}

/// Flags as one word each, so that no value is taken for a flag. Ollama's are the variables of its environment; a
/// simulated engine has some that nobody asked for.
fn words(plan: &Plan, engine: Engine) -> Vec<String> {
    if plan.engine == EngineKind::Simulated {
        let own = plan.argv.iter().skip_while(|word| !word.starts_with("--"));
        return own.map(|word| played(word, engine).map_or_else(|| word.clone(), str::to_owned)).collect();
    }
    if engine == Engine::Ollama {
        let is_set = |value: &str| !matches!(value, "0" | "false" | "");
        let own = |(name, value): &(String, String)| {
            let name = name.strip_prefix("OLLAMA_").filter(|_| is_set(value))?;
            Some(format!("--{}={value}", name.to_ascii_lowercase().replace('_', "-")))
        };
        return plan.env.iter().filter_map(own).collect();
    }
    let word = |set: &FlagSetting| match &set.value {
        Some(value) => format!("{}={value}", normal(&set.flag)),
        None => normal(&set.flag),
    };
    plan.asked.iter().flat_map(|asked| asked.flags.iter().map(word)).collect()
}

/// What a flag of the simulated engine is called by the engine it plays.
fn played(word: &str, engine: Engine) -> Option<&'static str> {
    match (engine, word) {
        (Engine::LlamaCpp, "--max-model-len") => Some("-c"),
        (Engine::Ollama, "--max-model-len") => Some("--context-length"),
        _ => None,
    }
}

/// `0.32.0`, `v0.32`: major and minor number.
fn release(text: &str) -> Option<Version> {
    let mut numbers = text.trim_start_matches('v').split('.').map(|part| part.parse().ok());
    Some(Version(numbers.next()??, numbers.next()??))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines::LaunchSpec;
    use crate::engines::flags::{bundled, parse_args};
    use crate::engines::plan::{Given, plan};
    use crate::models::fit::Length;

    fn planned(engine: EngineKind, flags: &str) -> Plan {
        let table = bundled(engine).unwrap();
        let words: Vec<String> = flags.split_whitespace().map(str::to_owned).collect();
        let flags = parse_args(&words, &table).unwrap();
        let spec =
            LaunchSpec { engine, model: "m".into(), name: None, port: None, program: None, flags, env: Vec::new() };
        plan(&spec, &Given::default(), &table).unwrap()
    }

    #[test]
    fn flags_of_each_engine_are_read() {
        for (kind, engine, flags, tokens, requests, uncounted) in [
            (EngineKind::Vllm, Engine::Vllm, "--max-model-len 8k --max_num_seqs=4 --enable-lora", 8000, 4, 1),
            (EngineKind::LlamaCpp, Engine::LlamaCpp, "-c 512 -np 2 --jinja -ot x=CPU", 512, 2, 1),
            (EngineKind::Ollama, Engine::Ollama, "--context-length 4096 --num-parallel 3", 4096, 3, 0),
            (EngineKind::Simulated, Engine::Vllm, "--max-model-len 2048 --max-num-seqs 5", 2048, 5, 0),
        ] {
            let (ask, not) = ask(&planned(kind, flags), engine, Some("0.32.1")).unwrap();
            assert_eq!(ask.flags.max_model_len, Length::Tokens(tokens), "{kind}");
            assert_eq!((ask.flags.max_num_seqs, not.len()), (Some(requests), uncounted), "{kind}: {not:?}");
            assert_eq!(ask.version, Some(Version(0, 32)));
        }
        for engine in [Engine::LlamaCpp, Engine::Ollama] {
            let (ask, _) = ask(&planned(EngineKind::Simulated, "--max-model-len 2048"), engine, None).unwrap();
            assert_eq!(ask.flags.max_model_len, Length::Tokens(2048), "{engine:?}");
        }
        let (simulated, _) = ask(&planned(EngineKind::Simulated, ""), Engine::Vllm, None).unwrap();
        assert_eq!(simulated.flags.gpu_memory_utilization, Some(0.8), "the plan's own words count");
    }

    #[test]
    fn an_endpoint_has_no_rules() {
        assert!(rules(EngineKind::Endpoint, None).is_err());
        assert_eq!(rules(EngineKind::Simulated, Some(Dialect::Ollama)).unwrap(), Engine::Ollama);
    }
}
