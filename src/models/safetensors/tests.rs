use super::*;
use proptest::prelude::*;
use serde_json::json;

/// A file of these tensors: name, dtype, shape; and how long it is.
fn file(header: &serde_json::Value) -> Vec<u8> {
    let json = header.to_string();
    let mut file = (json.len() as u64).to_le_bytes().to_vec();
    file.extend_from_slice(json.as_bytes());
    file
}

fn tensor(dtype: &str, shape: &[u64], begin: u64, end: u64) -> serde_json::Value {
    json!({"dtype": dtype, "shape": shape, "data_offsets": [begin, end]})
}

#[test]
fn a_real_file_is_read() {
    let bytes = std::fs::read("tests/models/tiny-tools/model.safetensors").unwrap();
    let header = Header::read(bytes.as_slice()).unwrap();
    assert_eq!(header.whole(), bytes.len() as u64);
    header.check_size(bytes.len() as u64).unwrap();
    let census = census([&header], None);
    assert_eq!(census.sums.total, header.data());
    let parts = census.sums.embedding + census.sums.head + census.sums.layers.iter().sum::<u64>();
    assert!(parts > census.sums.total * 9 / 10 && parts <= census.sums.total, "{census:?}");
    assert!(header.check_size(bytes.len() as u64 - 1).unwrap_err().to_string().contains("should be"));
}

#[test]
fn what_the_format_forbids_is_refused_with_a_reason() {
    for (header, why) in [
        (json!({"a": tensor("F32", &[2], 0, 8), "b": tensor("F32", &[2], 4, 12)}), "overlaps"),
        (json!({"a": tensor("F32", &[2], 0, 8), "b": tensor("F32", &[2], 12, 20)}), "belong to no tensor"),
        (json!({"a": tensor("F32", &[2], 8, 0)}), "before it begins"),
        (json!({"a": tensor("F32", &[3], 0, 8)}), "needs 12 bytes"),
        (json!({"a": tensor("F4", &[3], 0, 2)}), "no whole bytes"),
        (json!({"a": tensor("U8", &[u64::MAX, 2], 0, 2)}), "beyond all bounds"),
        (json!({"a": tensor("F64", &[u64::MAX / 2], 0, 2)}), "beyond all bounds"),
        (json!({"a": {"dtype": "U8", "shape": [1], "data_offsets": [-1, 0]}}), "-1"),
        (json!({"a": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1.5]}}), "1.5"),
        (json!({"a": {"dtype": "U8", "shape": [1]}}), "data_offsets"),
        (json!({"a": tensor("U8", &vec![1; 65], 0, 1)}), "65 dimensions"),
        (json!([1]), "begin with"),
    ] {
        let told = Header::read(file(&header).as_slice()).unwrap_err().to_string();
        assert!(told.contains(why), "{header}: {told}");
    }
    assert_eq!(Header::read([0xff; 8].as_slice()), Err(Broken::Length(u64::MAX)));
    assert_eq!(Header::read(100_000_000_u64.to_le_bytes().as_slice()), Err(Broken::Short));
    assert_eq!(Header::read([2, 0].as_slice()), Err(Broken::Short));
    let twice =
        br#"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#;
    assert!(Header::parse(twice).unwrap_err().to_string().contains("two entries"));
    assert!(Header::parse(b"{} {}").is_err());
}

#[test]
fn widths_and_strange_dtypes() {
    for (dtype, shape, bytes) in [
        ("F8_E4M3", 3, 3),
        ("U8", 3, 3),
        ("I32", 3, 12),
        ("F8_E8M0", 2, 2),
        ("F4", 4, 2),
        ("BF16", 3, 6),
        ("Q7", 3, 99),
    ] {
        let header = Header::parse(json!({"a": tensor(dtype, &[shape], 0, bytes)}).to_string().as_bytes());
        assert_eq!(header.unwrap().data(), bytes, "{dtype}");
    }
    assert_eq!(Header::parse(b"{\"__metadata__\":{\"format\":\"pt\"}}").unwrap().whole(), 8 + 32);
}

#[test]
fn names_say_what_a_tensor_is() {
    use Role::*;
    for (name, want) in [
        ("model.embed_tokens.weight", Embedding),
        ("model.language_model.embed_tokens.weight", Embedding),
        ("language_model.model.embed_tokens.weight", Embedding),
        ("transformer.wte.weight", Embedding),
        ("tok_embeddings.weight", Embedding),
        ("gpt_neox.embed_in.weight", Embedding),
        ("backbone.embeddings.weight", Embedding),
        ("bert.embeddings.word_embeddings.weight", Embedding),
        ("embeddings.word_embeddings.weight", Embedding),
        ("bert.embeddings.position_embeddings.weight", Other),
        ("embeddings.LayerNorm.weight", Other),
        ("model.embed_tokens_per_layer.weight", Other),
        ("lm_head.weight", Head),
        ("lm_head.qweight", Head),
        ("output.weight", Head),
        ("language_model.lm_head.weight", Head),
        ("model.norm.weight", Other),
        ("score.weight", Other),
        ("model.layers.7.mlp.down_proj.weight", Layer(7)),
        ("transformer.h.3.attn.c_attn.weight", Layer(3)),
        ("layers.12.attention.wq.weight", Layer(12)),
        ("backbone.layers.0.mixer.A_log", Layer(0)),
        ("model.decoder.layers.4.fc1.weight", Layer(4)),
        ("model.encoder.layers.4.fc1.weight", Encoder(4)),
        ("bert.encoder.layer.2.output.dense.weight", Encoder(2)),
        ("model.layers.2.mlp.experts.9.up_proj.weight", Experts(2)),
        ("model.layers.2.mlp.experts.gate_up_proj_blocks", Experts(2)),
        ("model.layers.2.block_sparse_moe.experts.1.w1.weight", Experts(2)),
        ("model.layers.2.mlp.shared_experts.up_proj.weight", Layer(2)),
        ("model.layers.2.mlp.gate.weight", Layer(2)),
        ("model.layers.61.eh_proj.weight", Mtp),
        ("mtp.layers.0.mlp.experts.0.up_proj.weight", Mtp),
        ("model.visual.blocks.0.attn.qkv.weight", Tower),
        ("vision_tower.vision_model.encoder.layers.0.mlp.fc1.weight", Tower),
        ("multi_modal_projector.linear_1.weight", Tower),
        ("vision_encoder.transformer.layers.0.attention.wk.weight", Tower),
        ("model.audio_tower.conformer.0.norm.weight", Tower),
        ("model.layers.18446744073709551615.x", Other),
        ("model.layers.99999999.x", Other),
        ("", Other),
    ] {
        assert_eq!(role(name, Some(61)), want, "{name}");
    }
    assert_eq!(role("model.layers.61.eh_proj.weight", None), Layer(61));
}

#[test]
fn sums_count_each_tensor_once() {
    let one = Header::parse(
        json!({
            "model.embed_tokens.weight": tensor("BF16", &[10, 4], 0, 80),
            "lm_head.weight": tensor("BF16", &[10, 4], 80, 160),
            "model.layers.1.mlp.experts.0.w1.weight": tensor("U8", &[7], 160, 167),
        })
        .to_string()
        .as_bytes(),
    )
    .unwrap();
    let other = Header::parse(
        json!({
            "lm_head.weight": tensor("BF16", &[10, 4], 0, 80),
            "model.layers.0.mlp.up_proj.weight": tensor("F32", &[2], 80, 88),
            "visual.patch_embed.weight": tensor("F32", &[1], 88, 92),
        })
        .to_string()
        .as_bytes(),
    )
    .unwrap();
    let census = census([&one, &other], Some(2));
    assert_eq!((census.twice, census.twin_head), (1, true));
    let sums = &census.sums;
    assert_eq!((sums.total, sums.embedding, sums.head, sums.experts, sums.tower), (179, 80, 80, 7, 4));
    assert_eq!(sums.layers, [8, 7]);
    assert_eq!(
        census.dtypes.into_iter().collect::<Vec<_>>(),
        [("BF16".into(), 160), ("F32".into(), 12), ("U8".into(), 7)]
    );
}

#[test]
fn an_encoder_is_a_tower_only_beside_a_decoder() {
    let header = |names: &[&str]| {
        let mut at = 0;
        let mut map = serde_json::Map::new();
        for name in names {
            map.insert((*name).to_owned(), tensor("U8", &[3], at, at + 3));
            at += 3;
        }
        Header::parse(serde_json::Value::Object(map).to_string().as_bytes()).unwrap()
    };
    let bert = census([&header(&["encoder.layer.0.x", "encoder.layer.1.x"])], None);
    assert_eq!((bert.sums.layers, bert.sums.tower), (vec![3, 3], 0));
    let whisper = census([&header(&["model.encoder.layers.0.x", "model.decoder.layers.0.x"])], None);
    assert_eq!((whisper.sums.layers, whisper.sums.tower), (vec![3], 3));
}

#[test]
fn an_index_names_plain_files_only() {
    let index = json!({"metadata": {"total_size": 12.0}, "weight_map": {"a": "m-2.safetensors", "b": "m-1.safetensors", "c": "m-2.safetensors"}});
    let index = Index::parse(index.to_string().as_bytes()).unwrap();
    assert_eq!((index.tensors, index.total_size), (3, Some(12)));
    assert_eq!(index.files, ["m-1.safetensors", "m-2.safetensors"]);
    for bad in ["../x", "/etc/passwd", "", ".hidden", "a\\b", "a/b"] {
        let index = json!({"weight_map": {"a": bad}});
        assert!(Index::parse(index.to_string().as_bytes()).is_err(), "{bad:?}");
    }
    for bad in ["", "[]", "{}", "{\"weight_map\":[]}", "{\"weight_map\":{\"a\":1}}"] {
        assert!(Index::parse(bad.as_bytes()).is_err(), "{bad}");
    }
}

proptest! {
    #[test]
    fn sums_never_exceed_the_file(shapes in prop::collection::vec((0_u64..50, 0_usize..8), 0..20)) {
        const NAMES: [&str; 8] = ["model.embed_tokens", "lm_head", "model.layers.0.a", "model.layers.3.experts", "visual.x", "mtp.y", "norm", "encoder.layer.1"];
        let (mut map, mut at) = (serde_json::Map::new(), 0);
        for (i, (side, name)) in shapes.iter().enumerate() {
            map.insert(format!("{}.{i}", NAMES[*name]), tensor("BF16", &[*side], at, at + side * 2));
            at += side * 2;
        }
        let header = Header::parse(serde_json::Value::Object(map).to_string().as_bytes()).unwrap();
        let census = census([&header], None);
        let sums = &census.sums;
        prop_assert_eq!(sums.total, at);
        prop_assert_eq!(census.dtypes.values().sum::<u64>(), at);
        let layers: u64 = sums.layers.iter().sum();
        prop_assert!(sums.embedding + sums.head + layers + sums.tower + sums.mtp <= at);
        prop_assert!(sums.experts <= layers);
    }

    #[test]
    fn any_bytes_give_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Header::read(bytes.as_slice());
        let _ = Header::parse(&bytes);
        let _ = Index::parse(&bytes);
    }
}
