//! Rules: which line names which cause.

use super::rule::Rule;
use super::{cards, engines, files, flags, machine, memory, server, values};
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use std::sync::LazyLock;

const ALL: &[&[Rule]] = &[
    memory::RULES,
    flags::RULES,
    values::RULES,
    files::RULES,
    machine::RULES,
    cards::RULES,
    server::RULES,
    engines::RULES,
];

/// Causes that only a start can have, of a server that reads its flags and its model once.
const OF_A_START: &[&str] = &[
    "bad_backend",
    "bad_cache_type",
    "bad_dtype",
    "bad_flag",
    "bad_parser",
    "bad_quantization",
    "bad_value",
    "context_too_large",
    "free_below_utilization",
    "gated_model",
    "hub_limited",
    "hub_offline",
    "kv_too_small",
    "load_failed",
    "model_missing",
    "module_missing",
    "needs_remote_code",
    "no_kv_blocks",
    "not_gguf",
    "package_mismatch",
    "tokenizer_failed",
    "too_few_cards",
    "truncated_weights",
    "unknown_architecture",
    "weights_missing",
];

/// Whether only a start can fail for the cause that a rule names.
pub fn is_of_start(rule: &Rule) -> bool {
    OF_A_START.contains(&rule.name)
}

/// Every rule.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    ALL.iter().copied().flatten()
}

/// The rule that says most about a line.
pub fn best(line: &str) -> Option<&'static Rule> {
    let most = |rule: &&'static Rule| (rule.weight, rule.markers.len());
    match MARKED.as_ref() {
        Some(marked) => marked.fitting(line).max_by_key(most),
        None => all().filter(|rule| rule.markers.iter().all(|marker| line.contains(marker))).max_by_key(most),
    }
}

/// The markers of all rules, found in one pass over a line.
struct Marked {
    search: AhoCorasick,
    /// Each rule with the numbers of its markers.
    rules: Vec<(&'static Rule, Vec<usize>)>,
}

static MARKED: LazyLock<Option<Marked>> = LazyLock::new(|| {
    let mut words: Vec<&'static str> = all().flat_map(|rule| rule.markers).copied().collect();
    words.sort_unstable();
    words.dedup();
    let numbers = |rule: &Rule| rule.markers.iter().filter_map(|marker| words.binary_search(marker).ok()).collect();
    let rules = all().map(|rule| (rule, numbers(rule))).collect();
    Some(Marked { search: AhoCorasick::new(&words).ok()?, rules })
});

impl Marked {
    /// The rules whose markers are all in the line, in their order.
    fn fitting(&self, line: &str) -> impl Iterator<Item = &'static Rule> {
        let mut there = vec![false; self.search.patterns_len()];
        for found in self.search.find_overlapping_iter(line) {
            if let Some(there) = there.get_mut(found.pattern().as_usize()) {
                *there = true;
            }
        }
        let is_there = move |number: &usize| there.get(*number).copied().unwrap_or(false);
        self.rules.iter().filter(move |(_, markers)| markers.iter().all(&is_there)).map(|(rule, _)| *rule)
    }
}

/// Words of which a line must hold one to be worth a closer look: few and short, so that a log is searched at the speed
/// of memory. A test sees to it that every rule has one.
const ANCHORS: &[&str] = &[
    "refused to start",
    "rror",
    "xception",
    "ut of memory",
    "emory for the cache",
    "Free memory on device",
    "KV cache is needed",
    "kernel image",
    "ddress already in use",
    "couldn't bind",
    "failed to ",
    "ailed to allocate",
    "nsufficient memory",
    "o space left",
    "or engine core",
    "fatal error",
    "no usable GPU",
    "Bus error",
    "ersion mismatch",
    "on kv cache alloc",
    "not enough GPU mem",
    "Failed to load",
    "unknown pre-tok",
    "nvalid magic",
    "the file bounds",
    "exceeds file size",
    "model architecture",
    "nexpectedly",
    "died, exit code",
    "Killed",
    "has terminated",
    "GGML_ASSERT",
    "bad_alloc",
    "Segmentation fault",
    ", column ",
    "truncating input",
    "layers to GPU",
    "oom-kill",
    "ptxas fatal",
    "current PyTorch install",
    "version `GLIBC",
    "start a new process",
    "newer version of",
    "GGUF file is version",
    "invalid ggml type",
    "chat template",
    "gated repo",
    "custom code which",
    "busy or unavail",
    "NVRM: Xid",
    "fallen off the bus",
    "GPU is lost",
    "/dev/shm",
    "shared memory (shm)",
    "layers.offload=",
    "device context",
    "looking up nvidia",
    "requires more system",
    "OutOfDeviceMemory",
    "() failed: ",
    "HF API",
    "unning on the CPU",
    "o CUDA-capable",
    "requires --jinja",
    "GPU discovery",
    "OOM killer",
    "status=9/KILL",
    "status=11/SEGV",
    "exited with code 137",
    "llegal instruction",
    "command not found",
    "context limit hit",
    "input truncated",
    "truncating input messages",
    "requires flash_attn",
    "requires Flash Att",
    "what():",
    "panic: ",
    "SIGSEGV",
    "SIGILL",
    "SIGABRT",
    "core dumped",
    "hermal Slowdown",
    "Brake Slowdown",
    "Failed to initialize NVML",
    "etötet",
    "Processus arrêté",
    "Terminado (killed)",
    "Убито",
    "已杀死",
    "強制終了",
    "zugriffsfehler",
    "de segmentation",
    "段错误",
    "сегментирования",
];

/// Finds the lines worth a look.
pub static SEARCH: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let words = ANCHORS.iter().chain(super::context::ANCHORS);
    // A table for each state: with so many words the default trades speed for memory.
    let kind = Some(AhoCorasickKind::DFA);
    AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).kind(kind).build(words).ok()
});

/// Whether a line is worth a look.
pub fn is_worth(line: &str) -> bool {
    SEARCH.as_ref().is_none_or(|search| search.is_match(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_pass_finds_the_rules_that_reading_for_each_would() {
        let each = |line: &str| -> Vec<&str> {
            let fits = |rule: &&Rule| rule.markers.iter().all(|marker| line.contains(marker));
            all().filter(fits).map(|rule| rule.name).collect()
        };
        let marked = MARKED.as_ref().unwrap();
        let made = all().map(|rule| rule.markers.join(" "));
        let field = include_str!("../../../tests/engines/field.txt").lines().map(str::to_owned);
        for line in made.chain(field) {
            assert_eq!(marked.fitting(&line).map(|rule| rule.name).collect::<Vec<_>>(), each(&line), "{line}");
        }
    }
}
