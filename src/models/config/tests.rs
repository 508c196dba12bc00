//! Configs of real shapes against the counts of their published weights, and configs that are broken.

use super::*;
use crate::models::geometry::{Dtype, Feed, Mixer, Runner};
use crate::models::quant::Scheme;
use crate::models::tensors::{active_params, groups, params};
use proptest::prelude::*;
use serde_json::json;

/// One config a line: the shape that a family ships with, and the parameters that its weights count. Configs of families
/// are their libraries' defaults, counted by building them without memory; those of repositories as published.
/// Multi-token prediction is not counted.
const SHAPES: &str = include_str!("../../../tests/models/configs.jsonl");

#[test]
fn parameters_come_out_as_published() {
    let mut seen = 0;
    for line in SHAPES.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let facts = from_value(&row["config"]).unwrap_or_else(|problem| panic!("{}: {problem}", row["model"]));
        let (found, published) = (params(&facts.geometry), row["params"].as_u64().unwrap());
        let off = (found as f64 / published as f64 - 1.0).abs();
        assert!(off < 1e-4, "{}: {found} for {published}, off by {:.4} %", row["model"], off * 100.0);
        let grave: Vec<_> = facts.geometry.doubts.iter().filter(|doubt| doubt.grave).collect();
        assert!(grave.is_empty(), "{}: {grave:?}", row["model"]);
        let active = active_params(&facts.geometry);
        assert_eq!(active == found, !facts.geometry.has_experts(), "{}: {active} active of {found}", row["model"]);
        seen += 1;
    }
    assert!(seen > 60, "{seen} shapes");
}

fn llama(extra: Value) -> Value {
    let mut config = json!({"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 64,
        "num_hidden_layers": 4, "num_attention_heads": 8, "num_key_value_heads": 2, "intermediate_size": 128,
        "vocab_size": 1000, "max_position_embeddings": 2048});
    let (config_map, extra) = (config.as_object_mut().unwrap(), extra);
    for (key, value) in extra.as_object().unwrap() {
        config_map.insert(key.clone(), value.clone());
    }
    config
}

fn why(config: &Value) -> String {
    from_value(config).map(|facts| format!("{:?}", facts.geometry)).unwrap_err().why
}

#[test]
fn a_refusal_names_the_keys() {
    for (extra, named) in [
        (json!({"hidden_size": null}), vec!["hidden_size"]),
        (json!({"vocab_size": null}), vec!["vocab_size"]),
        (json!({"hidden_size": 0}), vec!["hidden_size"]),
        (json!({"hidden_size": -64}), vec!["hidden_size", "below zero"]),
        (json!({"hidden_size": 64.5}), vec!["hidden_size"]),
        (json!({"hidden_size": "64"}), vec!["hidden_size"]),
        (json!({"vocab_size": 1_u64 << 41}), vec!["vocab_size"]),
        (json!({"num_hidden_layers": 1_000_000_000}), vec!["1000000000 layers"]),
        (json!({"num_attention_heads": 7}), vec!["hidden_size", "num_attention_heads", "head_dim"]),
        (json!({"num_key_value_heads": 16}), vec!["num_key_value_heads", "num_attention_heads"]),
        (json!({"layer_types": ["full_attention"]}), vec!["layer_types", "num_hidden_layers"]),
        (json!({"kv_lora_rank": 16}), vec!["qk_rope_head_dim"]),
    ] {
        let why = why(&llama(extra));
        for word in named {
            assert!(why.contains(word), "`{word}` is not in: {why}");
        }
    }
    assert!(parse("[1]").is_err() && parse("{").is_err() && parse("null").is_err());
}

#[test]
fn what_is_assumed_is_said() {
    let unknown =
        from_value(&llama(json!({"model_type": "brandnew", "architectures": ["BrandNewForCausalLM"]}))).unwrap();
    assert!(unknown.geometry.doubts.iter().any(|doubt| doubt.grave && doubt.what.contains("BrandNewForCausalLM")));
    let odd = from_value(&llama(json!({"layer_types": ["a", "b", "c", "d"]}))).unwrap();
    assert!(odd.geometry.doubts.iter().any(|doubt| doubt.grave && doubt.what.contains("`a`")));
    let long = from_value(&llama(json!({"layer_types": vec!["full_attention"; 9]}))).unwrap();
    assert!(long.geometry.layers.len() == 4 && !long.geometry.doubts.is_empty());
    let scheme = from_value(&llama(json!({"quantization_config": {"quant_method": "newquant"}}))).unwrap();
    assert!(scheme.geometry.doubts.iter().any(|doubt| doubt.grave && doubt.what.contains("newquant")));
    let clean = from_value(&llama(json!({}))).unwrap();
    assert!(clean.geometry.doubts.is_empty(), "{:?}", clean.geometry.doubts);
}

/// Windows of the layers, 0 for full view.
fn windows(extra: Value) -> Vec<u64> {
    let facts = from_value(&llama(extra)).unwrap();
    let window = |layer: &crate::models::geometry::Layer| match layer.mixer {
        Mixer::Attention(it) => it.window.unwrap_or(0),
        _ => 9999,
    };
    facts.geometry.layers.iter().map(window).collect()
}

#[test]
fn windows_are_read_in_all_dialects() {
    assert_eq!(windows(json!({})), [0, 0, 0, 0]);
    assert_eq!(windows(json!({"model_type": "mistral", "sliding_window": 32})), [32; 4]);
    assert_eq!(windows(json!({"model_type": "mistral", "sliding_window": null})), [0; 4]);
    assert_eq!(windows(json!({"model_type": "qwen2", "sliding_window": 32, "use_sliding_window": false})), [0; 4]);
    assert_eq!(
        windows(
            json!({"model_type": "qwen2", "sliding_window": 32, "use_sliding_window": true, "max_window_layers": 3})
        ),
        [0, 0, 0, 32]
    );
    assert_eq!(windows(json!({"model_type": "gemma2", "head_dim": 8, "sliding_window": 32})), [32, 0, 32, 0]);
    assert_eq!(
        windows(json!({"model_type": "gemma3_text", "head_dim": 8, "sliding_window": 32, "sliding_window_pattern": 3})),
        [32, 32, 0, 32]
    );
    let listed = json!(["sliding_attention", "full_attention", "chunked_attention", "full_attention"]);
    assert_eq!(windows(json!({"sliding_window": 16, "layer_types": listed})), [16, 0, 16, 0]);
}

#[test]
fn layers_of_other_kinds_are_told_apart() {
    let delta = json!({"model_type": "qwen3_5_text", "full_attention_interval": 2, "linear_num_key_heads": 4, "linear_num_value_heads": 8,
        "linear_key_head_dim": 16, "linear_value_head_dim": 16});
    let geometry = from_value(&llama(delta)).unwrap().geometry;
    let kinds: Vec<bool> = geometry.layers.iter().map(|layer| matches!(layer.mixer, Mixer::DeltaNet(_))).collect();
    assert_eq!(kinds, [true, false, true, false]);
    assert!(geometry.is_recurrent());
    let pattern = json!({"model_type": "nemotron_h", "hybrid_override_pattern": "M-*E", "mamba_num_heads": 4, "mamba_head_dim": 32,
        "n_routed_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 32});
    let geometry = from_value(&llama(pattern)).unwrap().geometry;
    let layers = &geometry.layers;
    assert!(matches!(layers[0].mixer, Mixer::Mamba(_)) && layers[0].feed == Feed::None);
    assert!(layers[1].mixer == Mixer::None && matches!(layers[1].feed, Feed::Dense { gated: false, .. }));
    assert!(matches!(layers[2].mixer, Mixer::Attention(_)) && layers[2].feed == Feed::None);
    assert!(matches!(layers[3].feed, Feed::Experts { count: 8, active: 2, .. }));
}

#[test]
fn experts_start_where_the_config_says() {
    let deep = json!({"n_routed_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 32, "n_shared_experts": 2,
        "first_k_dense_replace": 1});
    let layers = from_value(&llama(deep)).unwrap().geometry.layers;
    assert!(matches!(layers[0].feed, Feed::Dense { inner: 128, .. }));
    assert!(matches!(layers[1].feed, Feed::Experts { count: 8, active: 2, inner: 32, shared: 64, .. }));
}

#[test]
fn runners_dtypes_and_nests_are_read() {
    let reward = from_value(&llama(json!({"architectures": ["LlamaForSequenceClassification"]}))).unwrap().geometry;
    assert_eq!(reward.runner, Runner::Pooling { encoder: false });
    assert!(groups(&reward).iter().all(|group| group.module != "lm_head"), "a reward model has no head");
    let bert = from_value(&llama(json!({"model_type": "bert", "num_key_value_heads": null}))).unwrap().geometry;
    assert_eq!(bert.runner, Runner::Pooling { encoder: true });
    assert_eq!(from_value(&llama(json!({"torch_dtype": "float32"}))).unwrap().geometry.dtype, Dtype::F32);
    assert_eq!(from_value(&llama(json!({"dtype": "torch.float16"}))).unwrap().geometry.dtype, Dtype::F16);
    let plain = from_value(&llama(json!({}))).unwrap().geometry;
    for nest in ["text_config", "llm_config", "language_config"] {
        let nested = from_value(&json!({"model_type": "internvl_chat", nest: llama(json!({}))})).unwrap().geometry;
        assert_eq!(params(&nested), params(&plain), "{nest}");
    }
    let twice = json!({"thinker_config": {"text_config": llama(json!({}))}, "model_type": "qwen2_5_omni"});
    assert_eq!(params(&from_value(&twice).unwrap().geometry), params(&plain));
}

#[test]
fn quantisations_are_read_in_all_dialects() {
    let read = |q: Value| from_value(&llama(json!({"quantization_config": q}))).unwrap().quant;
    let weights = |format: &str, kind: &str, bits: u64, group: Value| {
        json!({"quant_method": "compressed-tensors", "format": format, "config_groups": {"group_0": {"targets": ["Linear"],
            "weights": {"num_bits": bits, "type": kind, "group_size": group, "symmetric": true}}}})
    };
    let packed = |zeros| Scheme::Packed { bits: 4, group: Some(128), zeros };
    for (q, scheme) in [
        (json!({"quant_method": "awq", "bits": 4, "group_size": 128, "zero_point": true}), packed(true)),
        (json!({"quant_method": "gptq", "bits": 4, "group_size": 128, "sym": true}), packed(false)),
        (
            json!({"quant_method": "gptq", "bits": 4, "group_size": -1}),
            Scheme::Packed { bits: 4, group: None, zeros: false },
        ),
        (json!({"quant_method": "auto-round", "bits": 4, "group_size": 128, "sym": true}), packed(false)),
        (
            json!({"quant_method": "fp8", "weight_block_size": [128, 128]}),
            Scheme::Fp8 { block: Some(128), online: false },
        ),
        (json!({"quant_method": "fp8"}), Scheme::Fp8 { block: None, online: false }),
        (json!({"quant_method": "mxfp4"}), Scheme::Mxfp4),
        (
            json!({"quant_method": "bitsandbytes", "load_in_4bit": true, "bnb_4bit_use_double_quant": true}),
            Scheme::Bnb { bits: 4, double: true },
        ),
        (json!({"quant_method": "bitsandbytes", "load_in_8bit": true}), Scheme::Bnb { bits: 8, double: false }),
        (json!({"quant_method": "modelopt", "quant_algo": "NVFP4"}), Scheme::Nvfp4),
        (json!({"quant_algo": "FP8"}), Scheme::Fp8 { block: None, online: false }),
        (
            json!({"quant_method": "hqq", "nbits": 4, "group_size": 64}),
            Scheme::Packed { bits: 4, group: Some(64), zeros: true },
        ),
        (weights("nvfp4-pack-quantized", "float", 4, json!(16)), Scheme::Nvfp4),
        (weights("mxfp4-pack-quantized", "float", 4, json!(32)), Scheme::Mxfp4),
        (weights("float-quantized", "float", 8, Value::Null), Scheme::Fp8 { block: None, online: false }),
        (weights("int-quantized", "int", 8, Value::Null), Scheme::Int8 { group: None }),
        (weights("pack-quantized", "int", 4, json!(128)), packed(false)),
        (
            json!({"quant_method": "quark", "global_quant_config": {"weight": {"dtype": "fp8_e4m3"}}}),
            Scheme::Fp8 { block: None, online: false },
        ),
        (json!({"quant_method": "somethingelse"}), Scheme::Unknown("somethingelse".to_owned())),
    ] {
        assert_eq!(read(q.clone()).scheme, scheme, "{q}");
    }
    let skips = read(json!({"quant_method": "gptq", "bits": 4, "dynamic": {"-:.*mlp\\.gate.*": {}}})).skips;
    assert_eq!(skips, ["re:.*mlp\\.gate.*"]);
    assert!(
        from_value(&llama(json!({"quantization_config": {"quant_method": "gptq", "lm_head": true}})))
            .unwrap()
            .geometry
            .head_quantised
    );
}

#[test]
fn a_name_is_the_last_resort() {
    assert_eq!(Quant::from_name("Qwen/Qwen3-8B-AWQ").unwrap().method, "awq");
    assert_eq!(Quant::from_name("nvidia/Llama-3.1-8B-NVFP4").unwrap().scheme, Scheme::Nvfp4);
    assert_eq!(Quant::from_name("Qwen/Qwen3-8B"), None);
    let plain = Quant::default();
    assert_eq!(plain.with_flag("fp8").scheme, Scheme::Fp8 { block: None, online: true });
    let awq = Quant::from_name("x-AWQ").unwrap();
    for word in ["bf16", "16 bit", "none"] {
        assert_eq!(plain.with_flag(word), plain, "{word}");
    }
    let packed = |bits, zeros| Scheme::Packed { bits, group: Some(128), zeros };
    let said = [("W4A16", packed(4, false)), ("GPTQ-Int8", packed(8, false)), ("int8", Scheme::Int8 { group: None })];
    for (word, scheme) in said {
        assert_eq!(plain.with_flag(word).scheme, scheme, "{word}");
    }
    assert_eq!(plain.with_flag("frob").scheme, Scheme::Unknown("frob".to_owned()));
    assert_eq!(awq.with_flag("awq_marlin"), awq, "a flag does not change what is stored");
}

/// Any JSON, small enough to be made often.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z_\\.\\*\\[\\(]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[a-z_]{1,12}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn hostile_configs_never_panic(row in 0_usize..60, keys in proptest::collection::vec((any::<prop::sample::Index>(), any_json()), 1..5)) {
        let line = SHAPES.lines().nth(row).unwrap();
        let mut config: Value = serde_json::from_str::<Value>(line).unwrap()["config"].clone();
        let map = config.as_object_mut().unwrap();
        for (at, value) in keys {
            let names: Vec<String> = map.keys().cloned().collect();
            map.insert(at.get(&names).clone(), value);
        }
        if let Ok(facts) = from_value(&config) {
            let all = params(&facts.geometry);
            prop_assert!(active_params(&facts.geometry) <= all);
        }
    }

    #[test]
    fn any_json_is_read_or_refused(value in any_json(), quantization in any_json()) {
        let _ = from_value(&value);
        let facts = from_value(&llama(json!({"quantization_config": quantization})));
        prop_assert!(facts.is_ok());
    }

    #[test]
    fn odd_sizes_never_overflow(size in prop_oneof![0_u64..9, (1_u64 << 39)..(1 << 42), any::<u64>()], key in 0_usize..6) {
        let names = ["hidden_size", "intermediate_size", "vocab_size", "num_attention_heads", "max_position_embeddings", "head_dim"];
        if let Ok(facts) = from_value(&llama(json!({names[key]: size}))) {
            prop_assert!(params(&facts.geometry) > 0);
        }
    }
}
