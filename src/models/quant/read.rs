//! Reading `quantization_config` in its dialects.

use super::{Quant, Scheme};
use crate::base::text::clean_line;
use serde_json::{Map, Value};

type Object = Map<String, Value>;

fn object<'a>(at: &'a Object, name: &str) -> Option<&'a Object> {
    at.get(name).and_then(Value::as_object)
}

fn word<'a>(at: &'a Object, name: &str) -> &'a str {
    at.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn size(at: &Object, name: &str) -> Option<u64> {
    at.get(name).and_then(Value::as_u64).filter(|n| (1..=1 << 20).contains(n))
}

/// A group of 0 or -1 stands for one scale per row.
fn group(at: &Object, name: &str) -> Option<u64> {
    size(at, name)
}

/// See [`Quant::from_config`].
pub(super) fn from_config(config: &Object) -> Quant {
    found(config).map(read).unwrap_or_default()
}

/// See [`Quant::covers_head`].
pub(super) fn covers_head(config: &Object) -> bool {
    let Some(q) = found(config) else { return false };
    let groups = object(q, "config_groups").into_iter().flat_map(|all| all.values());
    let targets = groups.filter_map(|group| group.get("targets")?.as_array()).flatten().filter_map(Value::as_str);
    q.get("lm_head") == Some(&Value::Bool(true)) || targets.into_iter().any(|target| target.contains("lm_head"))
}

/// See [`Quant::is_mixed`].
pub(super) fn is_mixed(config: &Object) -> bool {
    let Some(q) = found(config) else { return false };
    let groups =
        object(q, "config_groups").into_iter().flat_map(|all| all.values()).filter_map(|group| group.get("weights"));
    let mut bits: Vec<&Value> = groups.filter_map(|weights| weights.get("num_bits")).collect();
    bits.dedup();
    let listed = object(q, "quantized_layers").is_some_and(|layers| !layers.is_empty());
    listed || bits.len() > 1
}

/// See [`Quant::asks_fp8_cache`].
pub(super) fn asks_fp8_cache(config: &Object) -> bool {
    let Some(q) = found(config) else { return false };
    let inner = object(q, "quantization").unwrap_or(q);
    [inner, q].into_iter().any(|at| {
        let scheme = object(at, "kv_cache_scheme");
        let eight = scheme.is_some_and(|s| word(s, "type") == "float" && size(s, "num_bits") == Some(8));
        eight || word(at, "kv_cache_quant_algo").eq_ignore_ascii_case("fp8")
    })
}

/// The part of a config that speaks of quantisation.
fn found(config: &Object) -> Option<&Object> {
    const NAMES: [&str; 2] = ["quantization_config", "compression_config"];
    const NESTS: [&str; 4] = ["text_config", "llm_config", "language_config", "thinker_config"];
    let own = NAMES.iter().find_map(|name| object(config, name));
    let nested = || NESTS.iter().find_map(|nest| NAMES.iter().find_map(|name| object(object(config, nest)?, name)));
    own.or_else(nested)
}

fn read(q: &Object) -> Quant {
    let method = clean_line(word(q, "quant_method")).to_ascii_lowercase();
    let algo = word(q, "quant_algo").to_ascii_uppercase();
    let method = match method.as_str() {
        "" if !algo.is_empty() => "modelopt".to_owned(),
        "" if q.contains_key("config_groups") => "compressed-tensors".to_owned(),
        "" if q.contains_key("load_in_4bit") || q.contains_key("load_in_8bit") => "bitsandbytes".to_owned(),
        _ => method.replace('_', "-"),
    };
    let bits = size(q, "bits").or_else(|| size(q, "w_bit")).or_else(|| size(q, "nbits")).unwrap_or(4);
    let named = ["bits", "w_bit", "nbits"].iter().find_map(|name| q.get(*name));
    let unsure = matches!(method.as_str(), "awq" | "awq-marlin" | "gptq" | "gptq-marlin" | "gptqmodel")
        && !named.is_some_and(|bits| bits.as_u64().is_some_and(|bits| (1..=16).contains(&bits)));
    if unsure {
        let bits = named.map_or_else(|| "no number of".to_owned(), Value::to_string);
        let scheme = Scheme::Unknown(format!("{method} with {bits} bits"));
        return Quant { scheme, skips: skips(q), method };
    }
    let per = group(q, "group_size").or_else(|| group(q, "q_group_size"));
    let scheme = match method.as_str() {
        "awq" | "awq-marlin" => {
            Scheme::Packed { bits, group: per, zeros: q.get("zero_point") != Some(&Value::Bool(false)) }
        }
        "gptq" | "gptq-marlin" | "gptqmodel" => {
            Scheme::Packed { bits, group: per, zeros: q.get("sym") == Some(&Value::Bool(false)) }
        }
        "auto-round" | "intel/auto-round" | "inc" => rounded(q, bits, per),
        "fp8" | "fbgemm-fp8" | "fine-grained-fp8" => Scheme::Fp8 { block: block(q), online: false },
        "compressed-tensors" => compressed(q),
        "mxfp4" | "gpt-oss-mxfp4" => Scheme::Mxfp4,
        "bitsandbytes" => bnb(q),
        "modelopt" | "modelopt-fp4" | "modelopt-mixed" | "nvfp4" => modelopt(&algo, q),
        "quark" => quark(q),
        "hqq" => Scheme::Packed { bits, group: per.or(Some(64)), zeros: true },
        "aqlm" | "torchao" | "eetq" | "vptq" | "higgs" | "spqr" | "bitnet" => Scheme::Unknown(method.clone()),
        other => Scheme::Unknown(other.to_owned()),
    };
    let scheme = match scheme {
        Scheme::Unknown(name) => Scheme::Unknown(clean_line(&name)),
        known => known,
    };
    Quant { scheme, skips: skips(q), method }
}

fn rounded(q: &Object, bits: u64, per: Option<u64>) -> Scheme {
    match (word(q, "data_type"), bits) {
        ("fp" | "mx_fp" | "mx_fp4", 4) => Scheme::Mxfp4,
        ("nv_fp" | "nv_fp4", 4) => Scheme::Nvfp4,
        ("fp" | "fp8" | "fp8_e4m3", 8) => Scheme::Fp8 { block: None, online: false },
        _ => Scheme::Packed { bits, group: per, zeros: q.get("sym") == Some(&Value::Bool(false)) },
    }
}

fn block(q: &Object) -> Option<u64> {
    q.get("weight_block_size").and_then(|list| list.get(0)).and_then(Value::as_u64).filter(|n| (1..=65536).contains(n))
}

fn bnb(q: &Object) -> Scheme {
    let on = |name: &str| q.get(name) == Some(&Value::Bool(true));
    let bits = if on("load_in_8bit") || on("_load_in_8bit") { 8 } else { 4 };
    Scheme::Bnb { bits, double: on("bnb_4bit_use_double_quant") }
}

/// The first group of weights decides; others are rare.
fn compressed(q: &Object) -> Scheme {
    let groups = object(q, "config_groups");
    let weights =
        groups.and_then(|all| all.values().filter_map(Value::as_object).find_map(|one| object(one, "weights")));
    let formats =
        groups.into_iter().flat_map(|all| all.values().filter_map(Value::as_object)).map(|one| word(one, "format"));
    let format = formats.chain([word(q, "format")]).find(|word| !word.is_empty()).unwrap_or_default();
    let Some(weights) = weights else {
        return match format {
            "" | "dense" => Scheme::Plain,
            other => Scheme::Unknown(other.to_owned()),
        };
    };
    let bits = size(weights, "num_bits").unwrap_or(8);
    let per = group(weights, "group_size");
    match (format, word(weights, "type"), bits) {
        (f, _, _) if f.starts_with("nvfp4") => Scheme::Nvfp4,
        (f, _, _) if f.starts_with("mxfp4") => Scheme::Mxfp4,
        (_, "float", 4) => {
            if per == Some(32) {
                Scheme::Mxfp4
            } else {
                Scheme::Nvfp4
            }
        }
        (_, "float", 8) => Scheme::Fp8 {
            block: weights.get("block_structure").and_then(|b| b.get(0)).and_then(Value::as_u64).filter(|n| *n > 0),
            online: false,
        },
        ("int-quantized" | "naive-quantized", _, 8) => Scheme::Int8 { group: per },
        (_, "int", 1..=8) => {
            Scheme::Packed { bits, group: per, zeros: weights.get("symmetric") == Some(&Value::Bool(false)) }
        }
        (other, _, _) => Scheme::Unknown(format!("compressed-tensors {other}").trim().to_owned()),
    }
}

fn modelopt(algo: &str, q: &Object) -> Scheme {
    let nested =
        object(q, "quantization").map(|inner| word(inner, "quant_algo").to_ascii_uppercase()).unwrap_or_default();
    let algo = if algo.is_empty() { nested.as_str() } else { algo };
    match algo {
        a if a.starts_with("FP8_PB") => Scheme::Fp8 { block: Some(128), online: false },
        a if a.starts_with("FP8") => Scheme::Fp8 { block: None, online: false },
        a if a.contains("NVFP4") || a == "W4A16_NVFP4" => Scheme::Nvfp4,
        a if a.contains("MXFP4") => Scheme::Mxfp4,
        "" if q.contains_key("config_groups") => compressed(q),
        other => Scheme::Unknown(format!("modelopt {other}").trim().to_owned()),
    }
}

fn quark(q: &Object) -> Scheme {
    let weight = object(q, "global_quant_config").and_then(|all| object(all, "weight"));
    let Some(weight) = weight else { return Scheme::Unknown("quark".to_owned()) };
    match word(weight, "dtype") {
        d if d.starts_with("fp8") => Scheme::Fp8 { block: None, online: false },
        "fp4" => Scheme::Mxfp4,
        "int8" => Scheme::Int8 { group: group(weight, "group_size") },
        "int4" | "uint4" => {
            Scheme::Packed { bits: 4, group: group(weight, "group_size"), zeros: word(weight, "dtype") == "uint4" }
        }
        other => Scheme::Unknown(format!("quark {other}").trim().to_owned()),
    }
}

/// Names of modules that stay as they are, in every dialect.
fn skips(q: &Object) -> Vec<String> {
    const NAMES: [&str; 6] =
        ["modules_to_not_convert", "ignore", "ignored_layers", "exclude_modules", "exclude", "llm_int8_skip_modules"];
    let mut found: Vec<String> = Vec::new();
    for at in [Some(q), object(q, "quantization")].into_iter().flatten() {
        for name in NAMES {
            let list = at.get(name).and_then(Value::as_array);
            found.extend(list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned));
        }
        // GPTQModel: a key `-:PATTERN` leaves modules alone.
        let dynamic = object(at, "dynamic");
        let left = dynamic.into_iter().flat_map(|all| all.keys()).filter_map(|key| key.strip_prefix("-:"));
        found.extend(left.map(|pattern| format!("re:{pattern}")));
    }
    found
}

/// See [`Quant::with_flag`].
pub(super) fn with_flag(own: &Quant, flag: &str) -> Quant {
    let word = flag.to_ascii_lowercase();
    if own.scheme != Scheme::Plain {
        return own.clone();
    }
    let scheme = match word.as_str() {
        "fp8" | "ptpc_fp8" | "fp8_per_tensor" | "fp8_per_block" | "fp8_per_channel" | "fp8_per_token" => {
            Scheme::Fp8 { block: (word == "fp8_per_block").then_some(128), online: true }
        }
        "bitsandbytes" => Scheme::Bnb { bits: 4, double: false },
        "mxfp4" => Scheme::Mxfp4,
        "int8_per_channel" | "experts_int8" | "tpu_int8" => Scheme::Int8 { group: None },
        "" | "none" | "bf16" | "fp16" | "bfloat16" | "float16" | "16bit" | "16 bit" => return own.clone(),
        _ => return named(&word),
    };
    Quant { scheme, method: word, skips: own.skips.clone() }
}

/// A method by its word alone, with the sizes that most files of the kind have.
fn named(word: &str) -> Quant {
    let packed = |bits, zeros| Scheme::Packed { bits, group: Some(128), zeros };
    let scheme = match word {
        "awq" | "awq_marlin" => packed(4, true),
        "gptq" | "gptq_marlin" | "auto-round" | "inc" => packed(4, false),
        "modelopt_fp4" | "nvfp4" => Scheme::Nvfp4,
        "modelopt" => Scheme::Fp8 { block: None, online: false },
        "int8" => Scheme::Int8 { group: None },
        // As in names of repositories: `w4a16`, `gptq-int8`.
        other => match from_name(other) {
            Some(quant) => return quant,
            None => Scheme::Unknown(other.to_owned()),
        },
    };
    Quant { scheme, method: word.to_owned(), skips: Vec::new() }
}

/// See [`Quant::from_name`].
pub(super) fn from_name(name: &str) -> Option<Quant> {
    let lower = name.to_ascii_lowercase();
    let has = |part: &str| lower.contains(part);
    let quant = |scheme, method: &str| Some(Quant { scheme, method: method.to_owned(), skips: Vec::new() });
    let bits = if has("int8") || has("8bit") || has("w8a16") { 8 } else { 4 };
    match () {
        () if has("nvfp4") => quant(Scheme::Nvfp4, "compressed-tensors"),
        () if has("mxfp4") => quant(Scheme::Mxfp4, "mxfp4"),
        () if has("awq") => quant(Scheme::Packed { bits: 4, group: Some(128), zeros: true }, "awq"),
        () if has("gptq") => quant(Scheme::Packed { bits, group: Some(128), zeros: false }, "gptq"),
        () if has("w4a16") || has("int4") => {
            quant(Scheme::Packed { bits: 4, group: Some(128), zeros: false }, "compressed-tensors")
        }
        () if has("w8a8") => quant(Scheme::Int8 { group: None }, "compressed-tensors"),
        () if has("fp8") => quant(Scheme::Fp8 { block: None, online: false }, "fp8"),
        () if has("bnb-4bit") || has("nf4") => quant(Scheme::Bnb { bits: 4, double: true }, "bitsandbytes"),
        () => None,
    }
}
