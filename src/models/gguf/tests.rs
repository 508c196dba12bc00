//! Heads written here, read back.

use super::*;
use crate::models::geometry::{Feed, Mixer};
use crate::models::{Exact, Facts};
use proptest::prelude::*;

/// A value to write.
pub(crate) enum Put<'a> {
    U32(u32),
    Text(&'a str),
    Texts(&'a [&'a str]),
    U32s(&'a [u32]),
    Bools(&'a [bool]),
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u64).to_le_bytes());
    out.extend(text.as_bytes());
}

fn list(out: &mut Vec<u8>, kind: u32, count: usize) {
    out.extend(9_u32.to_le_bytes());
    out.extend(kind.to_le_bytes());
    out.extend((count as u64).to_le_bytes());
}

fn put(out: &mut Vec<u8>, key: &str, value: &Put<'_>) {
    text(out, key);
    match value {
        Put::U32(number) => {
            out.extend(4_u32.to_le_bytes());
            out.extend(number.to_le_bytes());
        }
        Put::Text(words) => {
            out.extend(8_u32.to_le_bytes());
            text(out, words);
        }
        Put::Texts(all) => {
            list(out, 8, all.len());
            all.iter().for_each(|words| text(out, words));
        }
        Put::U32s(all) => {
            list(out, 4, all.len());
            all.iter().for_each(|number| out.extend(number.to_le_bytes()));
        }
        Put::Bools(all) => {
            list(out, 7, all.len());
            out.extend(all.iter().map(|yes| u8::from(*yes)));
        }
    }
}

/// A head of the given keys and tensors (name, dimensions, type), padded to where the data would begin.
pub(crate) fn write(keys: &[(&str, Put<'_>)], tensors: &[(String, Vec<u64>, &str)]) -> Vec<u8> {
    let mut out = b"GGUF".to_vec();
    out.extend(3_u32.to_le_bytes());
    out.extend((tensors.len() as u64).to_le_bytes());
    out.extend((keys.len() as u64).to_le_bytes());
    keys.iter().for_each(|(key, value)| put(&mut out, key, value));
    let mut offset = 0_u64;
    for (name, dims, kind) in tensors {
        text(&mut out, name);
        out.extend((dims.len() as u32).to_le_bytes());
        dims.iter().for_each(|dim| out.extend(dim.to_le_bytes()));
        let kind = TensorType::named(kind).unwrap();
        out.extend(kind.0.to_le_bytes());
        out.extend(offset.to_le_bytes());
        offset += kind.bytes(dims.iter().product()).unwrap().next_multiple_of(32);
    }
    out.resize(out.len().next_multiple_of(32), 0);
    out
}

fn named(name: &str, dims: &[u64], kind: &'static str) -> (String, Vec<u64>, &'static str) {
    (name.to_owned(), dims.to_vec(), kind)
}

/// A file with one F16 tensor of 4 × 8 elements.
fn sample() -> Vec<u8> {
    let keys = [
        ("general.architecture", Put::Text("qwen3")),
        ("qwen3.context_length", Put::U32(4096)),
        ("tokens", Put::Texts(&["a", "b"])),
    ];
    let mut out = write(&keys, &[named("weight", &[4, 8], "F16")]);
    out.resize(out.len() + 64, 0);
    out
}

#[test]
fn the_head_is_read_and_truncation_seen() {
    let file = sample();
    let head = read(file.as_slice()).unwrap();
    assert_eq!(head.architecture.as_deref(), Some("qwen3"));
    assert_eq!(head.context, Some(4096));
    assert_eq!(head.length("tokens"), Some(2));
    assert_eq!(head.least_bytes, file.len() as u64);
    for cut in 0..file.len() - 64 {
        let cut_off = read(&file[..cut]);
        assert!(cut_off.is_err() || cut_off.unwrap().least_bytes > cut as u64, "{cut}");
    }
    assert_eq!(read(b"hello".as_slice()), Err(Broken::Magic));
    assert_eq!(read(b"GGUF\0\0\0\x03".as_slice()), Err(Broken::BigEndian));
    assert!(matches!(read(b"GGUF\x01\0\0\0".as_slice()), Err(Broken::Head(_))));
}

#[test]
fn hostile_counts_are_refused_before_anything_is_kept() {
    let head = |tensors: u64, keys: u64| {
        let mut out = b"GGUF\x03\0\0\0".to_vec();
        out.extend(tensors.to_le_bytes());
        out.extend(keys.to_le_bytes());
        out
    };
    let mut nested = head(0, 1);
    text(&mut nested, "key");
    list(&mut nested, 9, 2);
    let mut long = head(0, 1);
    long.extend(u64::MAX.to_le_bytes());
    let mut many = head(0, 1);
    text(&mut many, "key");
    list(&mut many, 10, usize::MAX);
    let mut deep = head(1, 0);
    text(&mut deep, "tensor");
    deep.extend(u32::MAX.to_le_bytes());
    for broken in [head(u64::MAX, 0), head(0, u64::MAX), nested, long, many, deep] {
        assert!(matches!(read(broken.as_slice()), Err(Broken::Head(_))));
    }
    // Sizes that no number holds are not small.
    let mut wide = head(1, 0);
    text(&mut wide, "token_embd.weight");
    wide.extend(2_u32.to_le_bytes());
    wide.extend([u64::MAX.to_le_bytes(), u64::MAX.to_le_bytes()].concat());
    wide.extend(0_u32.to_le_bytes());
    wide.extend(u64::MAX.to_le_bytes());
    let wide = read(wide.as_slice()).unwrap();
    assert_eq!((wide.least_bytes, sums(&wide).0.embedding), (u64::MAX, u64::MAX));
    assert!(facts(&wide, "").geometry.doubts.iter().any(|doubt| doubt.grave));
}

#[test]
fn every_type_has_its_block() {
    for (name, elements, bytes) in [("F32", 256, 1024), ("Q4_K", 256, 144), ("Q6_K", 512, 420), ("IQ4_NL", 32, 18)] {
        assert_eq!(TensorType::named(name).and_then(|kind| kind.bytes(elements)), Some(bytes), "{name}");
    }
    assert_eq!(TensorType(4).bytes(32), None, "given up by ggml");
    assert_eq!((mix_name(15), mix_name(4)), (Some("Q4_K_M"), None));
}

/// A model of three layers: a window, a delta net and a full attention layer with experts, and one that predicts further.
fn mixed() -> Facts {
    let keys = [
        ("general.architecture", Put::Text("qwen35")),
        ("general.name", Put::Text("Mixed\u{1b}[2J")),
        ("general.file_type", Put::U32(15)),
        ("qwen35.block_count", Put::U32(4)),
        ("qwen35.nextn_predict_layers", Put::U32(1)),
        ("qwen35.embedding_length", Put::U32(256)),
        ("qwen35.attention.head_count", Put::U32(4)),
        ("qwen35.attention.head_count_kv", Put::U32s(&[2, 0, 1, 1])),
        ("qwen35.attention.key_length", Put::U32(64)),
        ("qwen35.attention.sliding_window", Put::U32(128)),
        ("qwen35.attention.sliding_window_pattern", Put::Bools(&[true, false, false, false])),
        ("qwen35.ssm.conv_kernel", Put::U32(4)),
        ("qwen35.ssm.inner_size", Put::U32(512)),
        ("qwen35.ssm.state_size", Put::U32(64)),
        ("qwen35.ssm.time_step_rank", Put::U32(8)),
        ("qwen35.ssm.group_count", Put::U32(4)),
        ("qwen35.feed_forward_length", Put::U32(768)),
        ("qwen35.expert_feed_forward_length", Put::U32(128)),
        ("qwen35.expert_count", Put::U32(16)),
        ("qwen35.expert_used_count", Put::U32(2)),
    ];
    let tensors = [
        named("token_embd.weight", &[256, 1000], "Q6_K"),
        named("output.weight", &[256, 1000], "Q6_K"),
        named("blk.0.attn_q.weight", &[256, 256], "Q4_K"),
        named("blk.0.attn_v.weight", &[256, 128], "Q4_K"),
        named("blk.0.ffn_up.weight", &[256, 768], "Q4_K"),
        named("blk.0.ffn_gate.weight", &[256, 768], "Q4_K"),
        named("blk.1.attn_qkv.weight", &[256, 1024], "Q4_K"),
        named("blk.1.ssm_a", &[8], "F32"),
        named("blk.1.ssm_conv1d.weight", &[4, 1024], "F32"),
        named("blk.2.attn_k.weight", &[256, 64], "Q4_K"),
        named("blk.2.ffn_up_exps.weight", &[256, 128, 16], "Q4_K"),
        named("blk.3.attn_k.weight", &[256, 64], "Q4_K"),
        named("mm.0.weight", &[256, 256], "F16"),
    ];
    facts(&read(write(&keys, &tensors).as_slice()).unwrap(), "")
}

#[test]
fn layers_follow_keys_and_tensors() {
    let known = mixed();
    assert!(!known.name.contains('\u{1b}'), "{:?}", known.name);
    let Exact::Headers(bytes) = &known.exact else { panic!("{:?}", known.exact) };
    assert_eq!(bytes.embedding, 1000 * 210);
    assert_eq!(bytes.head, bytes.embedding);
    assert_eq!(bytes.layers, [(256 + 128 + 768 + 768) * 144, 1024 * 144 + 32 + 16384, 64 * 144 + 128 * 16 * 144]);
    assert_eq!((bytes.experts, bytes.mtp, bytes.tower), (128 * 16 * 144, 64 * 144, 256 * 256 * 2));
    let parts = bytes.embedding + bytes.head + bytes.layers.iter().sum::<u64>() + bytes.mtp + bytes.tower;
    assert_eq!(bytes.total, parts);
    let geometry = &known.geometry;
    assert_eq!((geometry.vocab, geometry.hidden, geometry.tied, geometry.mtp_layers), (1000, 256, false, 1));
    assert_eq!(geometry.layers.len(), 3);
    let Mixer::Attention(first) = geometry.layers[0].mixer else { panic!("{:?}", geometry.layers[0]) };
    assert_eq!((first.kv_heads, first.k_dim, first.window), (2, 64, Some(128)));
    let Mixer::DeltaNet(second) = geometry.layers[1].mixer else { panic!("{:?}", geometry.layers[1]) };
    assert_eq!((second.k_heads, second.v_heads, second.k_dim, second.v_dim), (4, 8, 64, 64));
    let Mixer::Attention(third) = geometry.layers[2].mixer else { panic!("{:?}", geometry.layers[2]) };
    assert_eq!((third.kv_heads, third.window), (1, None));
    assert!(matches!(geometry.layers[2].feed, Feed::Experts { count: 16, active: 2, inner: 128, shared: 0, .. }));
}

#[test]
fn parts_are_known_by_name_and_joined() {
    let found = part("big-Q4_K_M-00002-of-00003.gguf").unwrap();
    assert_eq!((found.stem, found.number, found.of), ("big-Q4_K_M", 2, 3));
    assert_eq!(found.names().last().as_deref(), Some("big-Q4_K_M-00003-of-00003.gguf"));
    for other in ["model.gguf", "a-00004-of-00003.gguf", "a-1-of-3.gguf", "a-00000-of-00003.gguf", "-of-.gguf"] {
        assert_eq!(part(other), None, "{other}");
    }
    let first = write(
        &[("general.architecture", Put::Text("llama")), ("split.count", Put::U32(2))],
        &[named("token_embd.weight", &[256, 10], "F16")],
    );
    let second = write(&[("split.count", Put::U32(2))], &[named("output.weight", &[256, 10], "Q8_0")]);
    let whole = join([first.as_slice(), second.as_slice()]).unwrap();
    assert_eq!(sums(&whole).0.total, 256 * 10 * 2 + 80 * 34);
    assert!(matches!(join([first.as_slice()]), Err(Broken::Head(_))));
}

#[test]
fn a_projector_is_a_tower() {
    let keys = [
        ("general.architecture", Put::Text("clip")),
        ("general.type", Put::Text("mmproj")),
        ("clip.vision.block_count", Put::U32(27)),
        ("clip.vision.embedding_length", Put::U32(1152)),
        ("clip.vision.image_size", Put::U32(896)),
        ("clip.vision.patch_size", Put::U32(14)),
    ];
    let tensors = [named("v.blk.0.attn_q.weight", &[1152, 1152], "F16"), named("mm.0.weight", &[1152, 2560], "F16")];
    let known = facts(&read(write(&keys, &tensors).as_slice()).unwrap(), "mmproj.gguf");
    let tower = known.geometry.tower.unwrap();
    assert_eq!((tower.params, tower.layers, tower.max_patches), (1152 * (1152 + 2560), 27, 4096));
    assert!(known.geometry.layers.is_empty() && known.geometry.doubts.is_empty(), "{:?}", known.geometry);
    let Exact::Headers(bytes) = known.exact else { panic!("no headers") };
    assert_eq!(bytes.tower, bytes.total);
}

proptest! {
    #[test]
    fn any_bytes_are_survived(mut bytes in proptest::collection::vec(any::<u8>(), 0..300), sane in any::<bool>()) {
        if sane {
            let mut head = b"GGUF\x03\0\0\0".to_vec();
            head.append(&mut bytes);
            bytes = head;
        }
        if let Ok(head) = read(bytes.as_slice()) {
            let _ = facts(&head, "");
        }
    }
}
