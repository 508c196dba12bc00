//! What a request says that the sum knows nothing sure of, and words that contradict the model.

use super::rules::NEWEST;
use crate::base::Problem;
use crate::models::Facts;
use crate::models::fit::{Ask, KvDtype};
use crate::models::geometry::Doubt;
use crate::models::quant::Scheme;

/// Attention kernels of a card take blocks of a multiple of this many tokens.
const BLOCK: u64 = 16;

/// Doubts that come of the flags.
pub(super) fn doubts(facts: &Facts, ask: &Ask) -> Vec<Doubt> {
    let mut found = Vec::new();
    let mut say = |what: String, grave: bool| found.push(Doubt { what, grave });
    if let Some(word) = ask.flags.quantization.as_deref()
        && let Scheme::Unknown(name) = facts.quant.with_flag(word).scheme
        && facts.quant.scheme == Scheme::Plain
    {
        say(format!("the quantisation `{name}` is not known: the bytes of the weights are only bounded"), true);
    }
    if let Some(size) = ask.flags.block_size.filter(|size| !size.is_multiple_of(BLOCK)) {
        say(format!("attention on a card takes blocks of a multiple of {BLOCK} tokens, {size} were asked for"), true);
    }
    if let Some(version) = ask.version.filter(|version| *version > NEWEST) {
        let (asked, known) = (format!("{}.{}", version.0, version.1), format!("{}.{}", NEWEST.0, NEWEST.1));
        say(format!("the rules of vLLM {asked} are not known; those of {known} were used"), false);
    }
    found
}

/// Refuses words that vLLM refuses for this model.
pub(super) fn words(facts: &Facts, ask: &Ask) -> Result<(), Problem> {
    if let KvDtype::Block32(_) = ask.flags.kv_cache_dtype {
        let why = "blocks of 32 numbers are llama.cpp's";
        return Err(Problem::usage("--kv-cache-dtype cannot be used", why, "fp8 is vLLM's 8-bit cache"));
    }
    let asked = ask.flags.quantization.as_deref().and_then(family);
    match asked.zip(family(&facts.quant.method)) {
        Some((asked, stored)) if asked != stored => {
            let why = format!("the model is stored as {stored}, {asked} is asked for");
            Err(Problem::usage("--quantization cannot be used", why, "leave it out: the config says how it is stored"))
        }
        _ => Ok(()),
    }
}

/// Words that mean one way to store weights; those that override others are none.
fn family(word: &str) -> Option<&'static str> {
    Some(match word.to_ascii_lowercase().replace('-', "_").as_str() {
        "awq" | "awq_marlin" | "auto_awq" => "awq",
        "gptq" | "gptq_marlin" | "auto_gptq" | "gptqmodel" => "gptq",
        "fp8" | "fbgemm_fp8" => "fp8",
        "bitsandbytes" => "bitsandbytes",
        "compressed_tensors" => "compressed-tensors",
        "mxfp4" | "gpt_oss_mxfp4" => "mxfp4",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::fit::{Flags, Version};
    use crate::models::quant::Quant;

    fn ask(flags: Flags) -> Ask {
        Ask { flags, ..Ask::default() }
    }

    #[test]
    fn words_of_another_method_are_refused() {
        for (stored, asked, taken) in [
            ("awq", "awq_marlin", true),
            ("gptq", "awq", false),
            ("compressed-tensors", "fp8", false),
            ("", "fp8", true),
            ("awq", "humming", true),
        ] {
            let facts = Facts { quant: Quant { method: stored.into(), ..Quant::default() }, ..Facts::default() };
            let ask = ask(Flags { quantization: Some(asked.into()), ..Flags::default() });
            assert_eq!(words(&facts, &ask).is_ok(), taken, "{stored} {asked}");
        }
        assert!(
            words(&Facts::default(), &ask(Flags { kv_cache_dtype: KvDtype::Block32(34), ..Flags::default() })).is_err()
        );
    }

    #[test]
    fn what_is_not_known_is_said() {
        let said = |ask: &Ask| doubts(&Facts::default(), ask).into_iter().map(|doubt| doubt.grave).collect::<Vec<_>>();
        assert_eq!(said(&ask(Flags { quantization: Some("zzz".into()), ..Flags::default() })), [true]);
        assert_eq!(said(&ask(Flags { quantization: Some("fp8".into()), ..Flags::default() })), [false; 0]);
        assert_eq!(said(&ask(Flags { block_size: Some(7), ..Flags::default() })), [true]);
        assert_eq!(said(&Ask { version: Some(Version(99, 0)), ..Ask::default() }), [false]);
    }
}
