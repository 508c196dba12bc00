//! Numbers and words that cannot be, and configs that contradict themselves. What is unknown is never called a fit.

use super::stand::{GIB, Stand, config, name, request, told, with};
use serde_json::{Value, json};

fn answers(requests: &[Value]) -> Vec<Value> {
    Stand::new().batch(requests)
}

#[test]
fn values_that_cannot_be_are_refused_with_their_flag() {
    let table = [
        (json!({"gpu_memory_utilization": 0}), "--gpu-memory-utilization"),
        (json!({"gpu_memory_utilization": -1}), "--gpu-memory-utilization"),
        (json!({"gpu_memory_utilization": 1.5}), "--gpu-memory-utilization"),
        (json!({"gpu_memory_utilization": 1e30}), "--gpu-memory-utilization"),
        (json!({"max_model_len": 0}), "--max-model-len"),
        (json!({"max_model_len": -5}), "max_model_len"),
        (json!({"max_model_len": 1e30}), "max_model_len"),
        (json!({"max_model_len": "NaN"}), "max_model_len"),
        (json!({"max_num_seqs": 0}), "--max-num-seqs"),
        (json!({"max_num_seqs": -1}), "-1"),
        (json!({"max_num_seqs": 512, "max_num_batched_tokens": 256}), "--max-num-batched-tokens"),
        (json!({"max_num_batched_tokens": 0}), "--max-num-batched-tokens"),
        (json!({"tensor_parallel_size": 0}), "--tensor-parallel-size"),
        (json!({"tensor_parallel_size": 3}), "32 attention heads"),
        (json!({"tensor_parallel_size": 4_611_686_018_427_387_904_u64}), "32 attention heads"),
        (json!({"block_size": 0}), "--block-size"),
        (json!({"kv_cache_memory_bytes": 0}), "--kv-cache-memory-bytes"),
        (json!({"weights_bytes": 0}), "--weights-bytes"),
        (json!({"vram_bytes": 0}), "--vram-bytes"),
        (json!({"free_bytes": 25 * GIB}), "--free-bytes"),
        (json!({"gpu": "no such card"}), "no such card"),
        (json!({"dtype": "int3"}), "--dtype"),
        (json!({"kv_cache_dtype": "int2"}), "--kv-cache-dtype"),
        (json!({"kv_cache_dtype": "q8_0"}), "--kv-cache-dtype"),
        (json!({"engine": "triton"}), "--engine"),
        (json!({"engine_version": "x"}), "--engine-version"),
        (json!({"solve": "world peace"}), "--solve"),
        (json!({"engine": "llama.cpp", "ubatch_size": 0}), "--ubatch-size"),
        (json!({"engine": "llama.cpp", "max_num_seqs": 0}), "--parallel"),
        (json!({"engine": "llama.cpp", "max_model_len": 0}), "context"),
        (json!({"engine": "llama.cpp", "quantization": "Q9_Z"}), "Q9_Z"),
    ];
    let requests: Vec<Value> = table.iter().map(|(over, _)| request(over.clone())).collect();
    for ((over, says), answer) in table.iter().zip(answers(&requests)) {
        told(&answer);
        assert!(answer["error"].to_string().contains(says), "{over}: {answer}");
    }
}

#[test]
fn the_command_line_refuses_the_same_with_exit_code_2() {
    let stand = Stand::new();
    let file = stand.write("config.json", config().to_string());
    let head = ["fit", "m", "--json", "--config", name(&file)];
    for args in [
        &["--vram-bytes", "25769803776", "--gpu-memory-utilization", "NaN"][..],
        &["--vram-bytes", "25769803776", "--gpu-memory-utilization", "inf"],
        &["--vram-bytes", "25769803776", "--gpu-memory-utilization=-0.5"],
        &["--vram-bytes", "25769803776", "--max-model-len", "1e30k"],
        &["--vram-bytes", "25769803776", "--max-model-len=-7"],
        &["--vram-bytes", "25769803776", "--max-num-seqs=-1"],
        &["--vram-bytes", "25769803776", "--tensor-parallel-size", "3"],
        &["--vram-bytes", "1e30"],
        &["--vram-bytes", "25769803776", "--gpu", "5080"],
        &["--vram-bytes", "25769803776", "--free-bytes", "1", "--desktop-reserve-bytes", "1"],
        &["--vram-bytes", "25769803776", "--no-such-flag"],
        &["--gpu", "RTX 9999"],
        &["--gpu", "RTX 4060 Ti 13 GB"],
    ] {
        stand.error(&[&head, args].concat(), 2);
    }
    assert_eq!(stand.error(&["fit", "--json"], 2)["why"], "a model, --config or --batch is needed");
    assert!(stand.error(&["models", "--json", "--gpu", "5080", "--vram-bytes", "5"], 2)["why"].is_string());
    assert!(stand.error(&["models", "--json", "--gpu", "5080", "--task", "cooking"], 2)["why"].is_string());
    assert!(stand.error(&["models", "--json"], 1)["hint"].as_str().unwrap().contains("--gpu"), "there is no card");
}

#[test]
fn a_config_without_a_size_or_with_two_stories_is_no_answer() {
    let table = [
        (json!({"hidden_size": null}), "hidden_size"),
        (json!({"intermediate_size": null}), "intermediate_size"),
        (json!({"num_hidden_layers": null}), "num_hidden_layers"),
        (json!({"num_attention_heads": null}), "num_attention_heads"),
        (json!({"vocab_size": null}), "vocab_size"),
        (json!({"num_hidden_layers": 0}), "num_hidden_layers"),
        (json!({"num_hidden_layers": -1}), "num_hidden_layers"),
        (json!({"num_hidden_layers": "36"}), "num_hidden_layers"),
        (json!({"num_hidden_layers": 1_u64 << 63}), "num_hidden_layers"),
        (json!({"hidden_size": 4096.5}), "hidden_size"),
        (json!({"hidden_size": 4097, "head_dim": null}), "hidden_size"),
        (json!({"num_attention_heads": 0}), "num_attention_heads"),
        (json!({"num_key_value_heads": 64}), "num_key_value_heads"),
        (json!({"vocab_size": 1_u64 << 62}), "vocab_size"),
        (json!({"layer_types": ["full_attention"]}), "layer_types"),
    ];
    let requests: Vec<Value> =
        table.iter().map(|(over, _)| request(json!({"config": with(config(), over.clone())}))).collect();
    for ((over, says), answer) in table.iter().zip(answers(&requests)) {
        told(&answer);
        assert!(answer["error"]["why"].as_str().unwrap().contains(says), "{over}: {answer}");
    }
    let lists = answers(&[request(json!({"config": []})), request(json!({"config": "text"}))]);
    lists.iter().for_each(told);
}

#[test]
fn what_is_not_known_is_said_and_never_fits() {
    let foo = json!({"architectures": ["FooBarForCausalLM"], "model_type": "foobar"});
    let stored = |quant: Value| json!({"config": with(config(), json!({"quantization_config": quant}))});
    let table = [
        (json!({"config": with(config(), foo.clone())}), "FooBarForCausalLM"),
        (json!({"config": with(config(), foo), "engine": "llama.cpp", "quantization": "Q8_0"}), "FooBarForCausalLM"),
        (stored(json!({"quant_method": "zzz", "bits": 4})), "zzz"),
        (stored(json!({"quant_method": "gptq"})), "gptq"),
        (stored(json!({"quant_method": "awq", "bits": 0, "group_size": 128})), "awq"),
        (json!({"quantization": "zzz"}), "zzz"),
        (json!({"block_size": 7}), "blocks"),
        (json!({"config": with(config(), json!({"num_key_value_heads": 5}))}), "no multiple of 5"),
        (json!({"config": with(config(), json!({"torch_dtype": "int3"}))}), "int3"),
        (
            json!({"config": with(config(), json!({"num_experts": 8, "num_experts_per_tok": 16, "moe_intermediate_size": 768}))}),
            "16 experts per token",
        ),
    ];
    let requests: Vec<Value> = table.iter().map(|(over, _)| request(over.clone())).collect();
    for ((over, says), answer) in table.iter().zip(answers(&requests)) {
        assert_ne!(answer["verdict"], "fits", "{over}: {answer}");
        assert!(answer["doubts"].to_string().contains(says), "{over}: {answer}");
        assert!(answer["margin_bytes"].as_u64().unwrap() > 0, "bounds: {answer}");
    }
}

#[test]
fn a_flag_that_contradicts_the_model_is_refused() {
    let stored = json!({"quant_method": "awq", "bits": 4, "group_size": 128});
    let model = with(config(), json!({"quantization_config": stored}));
    let [gptq, marlin, long, newer] = &answers(&[
        request(json!({"config": model, "quantization": "gptq"})),
        request(json!({"config": model, "quantization": "awq_marlin"})),
        request(json!({"max_model_len": 100_000})),
        request(json!({"engine_version": "99.0"})),
    ])[..] else {
        panic!()
    };
    assert!(gptq["error"]["why"].as_str().unwrap().contains("stored as awq"), "{gptq}");
    assert_eq!(marlin["verdict"], "fits", "{marlin}");
    assert_eq!(long["verdict"], "refused_at_start", "{long}");
    assert!(newer["doubts"].to_string().contains("99.0"), "{newer}");
}

#[test]
fn absurd_sizes_are_answered_without_a_crash() {
    let most = u64::MAX;
    let table = [
        (json!({"vram_bytes": 100 << 20}), "does_not_fit"),
        (json!({"vram_bytes": 1}), "does_not_fit"),
        (json!({"free_bytes": 0}), "refused_at_start"),
        (json!({"weights_bytes": most}), "does_not_fit"),
        (json!({"kv_cache_memory_bytes": most}), "does_not_fit"),
        (json!({"desktop_reserve_bytes": most}), "refused_at_start"),
        (json!({"vram_bytes": 100 << 20, "engine": "llama.cpp", "gpu_layers": 999}), "does_not_fit"),
        (json!({"vram_bytes": most}), "fits"),
    ];
    let requests: Vec<Value> = table.iter().map(|(over, _)| request(over.clone())).collect();
    for ((over, verdict), answer) in table.iter().zip(answers(&requests)) {
        assert_eq!(answer["verdict"], *verdict, "{over}: {answer}");
    }
}
