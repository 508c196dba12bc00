//! What llama-server says it sets aside, against what is predicted of it: small models of known make are written here, and
//! the server prints the sizes of its buffers before it reads any weights into use.

use super::program;
use super::stand::model;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use vramdeck::models::fit::llamacpp::Plan;
use vramdeck::models::fit::{Ask, Engine, Flags, KvDtype, Length};
use vramdeck::models::{Exact, Facts, gguf};

const MIB: f64 = 1_048_576.0;

/// A model in the making: keys of its architecture and 16-bit tensors of zeros.
struct Made {
    arch: &'static str,
    keys: Vec<(String, Key)>,
    tensors: Vec<(String, Vec<u64>)>,
}

enum Key {
    U32(u32),
    F32(f32),
    U32s(Vec<u32>),
}

impl Made {
    /// Embedding, output and what all architectures want to know. 2,048 is the vocabulary of the borrowed tokenizer.
    fn new(arch: &'static str, layers: u32, hidden: u32, inner: u32, heads: (u32, u32, u32)) -> Self {
        let mut made = Self { arch, keys: Vec::new(), tensors: Vec::new() };
        for (key, value) in [
            ("block_count", layers),
            ("context_length", 32_768),
            ("embedding_length", hidden),
            ("feed_forward_length", inner),
            ("attention.head_count", heads.0),
            ("attention.head_count_kv", heads.1),
            ("attention.key_length", heads.2),
            ("attention.value_length", heads.2),
        ] {
            made.number(key, value);
        }
        made.keys.push((format!("{arch}.attention.layer_norm_rms_epsilon"), Key::F32(1e-6)));
        made.tensor("token_embd.weight", &[hidden, 2048]);
        made.tensor("output_norm.weight", &[hidden]);
        made.tensor("output.weight", &[hidden, 2048]);
        made
    }

    fn number(&mut self, key: &str, value: u32) {
        let key = format!("{}.{key}", self.arch);
        self.keys.retain(|(known, _)| *known != key);
        self.keys.push((key, Key::U32(value)));
    }

    fn tensor(&mut self, name: &str, dims: &[u32]) {
        self.tensors.push((name.to_owned(), dims.iter().copied().map(u64::from).collect()));
    }

    fn in_layer(&mut self, layer: u32, all: &[(&str, &[u32])]) {
        for (name, dims) in all {
            self.tensor(&format!("blk.{layer}.{name}"), dims);
        }
    }

    fn attention(&mut self, layer: u32, hidden: u32, (heads, kv, dim): (u32, u32, u32), gated: bool) {
        let queries = heads * dim;
        self.in_layer(
            layer,
            &[
                ("attn_norm.weight", &[hidden]),
                ("attn_q.weight", &[hidden, if gated { queries * 2 } else { queries }]),
                ("attn_k.weight", &[hidden, kv * dim]),
                ("attn_v.weight", &[hidden, kv * dim]),
                ("attn_output.weight", &[queries, hidden]),
                ("attn_q_norm.weight", &[dim]),
                ("attn_k_norm.weight", &[dim]),
            ],
        );
    }

    fn feed(&mut self, layer: u32, hidden: u32, inner: u32) {
        self.in_layer(
            layer,
            &[
                ("ffn_gate.weight", &[hidden, inner]),
                ("ffn_up.weight", &[hidden, inner]),
                ("ffn_down.weight", &[inner, hidden]),
            ],
        );
    }

    fn experts(&mut self, layer: u32, hidden: u32, inner: u32, count: u32) {
        self.in_layer(
            layer,
            &[
                ("ffn_gate_inp.weight", &[hidden, count]),
                ("ffn_gate_exps.weight", &[hidden, inner, count]),
                ("ffn_up_exps.weight", &[hidden, inner, count]),
                ("ffn_down_exps.weight", &[inner, hidden, count]),
            ],
        );
    }

    /// Norms, small vectors, convolutions and routers are 32-bit, as the converter leaves them.
    fn is_wide(name: &str, dims: &[u64]) -> bool {
        dims.len() == 1 || ["norm", "conv1d", "gate_inp"].iter().any(|part| name.contains(part))
    }

    fn write(&self, folder: &Path, tokenizer: &(u64, Vec<u8>)) -> PathBuf {
        let mut out = b"GGUF\x03\0\0\0".to_vec();
        out.extend((self.tensors.len() as u64).to_le_bytes());
        out.extend((self.keys.len() as u64 + 2 + tokenizer.0).to_le_bytes());
        text(&mut out, "general.architecture");
        out.extend(8_u32.to_le_bytes());
        text(&mut out, self.arch);
        text(&mut out, "general.file_type");
        out.extend([4_u32.to_le_bytes(), 1_u32.to_le_bytes()].concat());
        for (key, value) in &self.keys {
            text(&mut out, key);
            match value {
                Key::U32(number) => out.extend([4_u32.to_le_bytes(), number.to_le_bytes()].concat()),
                Key::F32(number) => out.extend([6_u32.to_le_bytes(), number.to_le_bytes()].concat()),
                Key::U32s(all) => {
                    out.extend([9_u32.to_le_bytes(), 4_u32.to_le_bytes()].concat());
                    out.extend((all.len() as u64).to_le_bytes());
                    all.iter().for_each(|number| out.extend(number.to_le_bytes()));
                }
            }
        }
        out.extend(&tokenizer.1);
        let mut offset = 0_u64;
        for (name, dims) in &self.tensors {
            text(&mut out, name);
            out.extend((dims.len() as u32).to_le_bytes());
            dims.iter().for_each(|dim| out.extend(dim.to_le_bytes()));
            let wide = Self::is_wide(name, dims);
            out.extend(u32::from(!wide).to_le_bytes());
            out.extend(offset.to_le_bytes());
            offset += (dims.iter().product::<u64>() * if wide { 4 } else { 2 }).next_multiple_of(32);
        }
        let data = (out.len() as u64).next_multiple_of(32);
        let path = folder.join(format!("{}.gguf", self.arch));
        fs::write(&path, out).unwrap();
        // The weights are a hole in the file: nothing is written for them.
        File::options().write(true).open(&path).unwrap().set_len(data + offset).unwrap();
        path
    }
}

fn text(out: &mut Vec<u8>, words: &str) {
    out.extend((words.len() as u64).to_le_bytes());
    out.extend(words.as_bytes());
}

/// The keys of a tokenizer as bytes, out of a small model: how many, and all of them.
fn tokenizer() -> (u64, Vec<u8>) {
    let file = fs::read(model("tiny-f16.gguf")).unwrap();
    let u32_at = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap()) as usize;
    let u64_at = |at: usize| u64::from_le_bytes(file[at..at + 8].try_into().unwrap()) as usize;
    let width = |kind: usize| [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8][kind];
    let (mut at, mut count, mut kept) = (24, 0, Vec::new());
    for _ in 0..u64_at(16) {
        let (begin, name) = (at, at + 8..at + 8 + u64_at(at));
        let kind = u32_at(name.end);
        at = name.end + 4;
        at = match kind {
            8 => at + 8 + u64_at(at),
            9 => {
                let (kind, many, from) = (u32_at(at), u64_at(at + 4), at + 12);
                if kind == 8 { (0..many).fold(from, |at, _| at + 8 + u64_at(at)) } else { from + many * width(kind) }
            }
            kind => at + width(kind),
        };
        if file[name].starts_with(b"tokenizer.") {
            kept.extend(&file[begin..at]);
            count += 1;
        }
    }
    (count, kept)
}

/// Five of six layers see a window of 512 (Gemma 3).
fn windows() -> Made {
    let heads = (4, 1, 64);
    let mut made = Made::new("gemma3", 12, 256, 768, heads);
    made.tensors.retain(|(name, _)| name != "output.weight");
    made.number("attention.sliding_window", 512);
    for layer in 0..12 {
        made.attention(layer, 256, heads, false);
        made.feed(layer, 256, 768);
        made.in_layer(
            layer,
            &[("ffn_norm.weight", &[256]), ("post_attention_norm.weight", &[256]), ("post_ffw_norm.weight", &[256])],
        );
    }
    made
}

/// Three of four layers are delta nets (Qwen 3.5).
fn hybrid() -> Made {
    let (heads, (key_heads, value_heads, dim)) = ((4, 2, 64), (2_u32, 4_u32, 64_u32));
    let mut made = Made::new("qwen35", 8, 256, 768, heads);
    let (inner, mixed) = (value_heads * dim, 2 * key_heads * dim + value_heads * dim);
    for (key, value) in [
        ("rope.dimension_count", 32),
        ("ssm.conv_kernel", 4),
        ("ssm.state_size", dim),
        ("ssm.group_count", key_heads),
        ("ssm.time_step_rank", value_heads),
        ("ssm.inner_size", inner),
        ("full_attention_interval", 4),
    ] {
        made.number(key, value);
    }
    made.keys.push(("qwen35.rope.dimension_sections".to_owned(), Key::U32s(vec![8; 4])));
    for layer in 0..8 {
        if layer % 4 == 3 {
            made.attention(layer, 256, heads, true);
        } else {
            made.in_layer(
                layer,
                &[
                    ("attn_norm.weight", &[256]),
                    ("attn_qkv.weight", &[256, mixed]),
                    ("attn_gate.weight", &[256, inner]),
                    ("ssm_conv1d.weight", &[4, mixed]),
                    ("ssm_dt.bias", &[value_heads]),
                    ("ssm_a", &[value_heads]),
                    ("ssm_beta.weight", &[256, value_heads]),
                    ("ssm_alpha.weight", &[256, value_heads]),
                    ("ssm_norm.weight", &[dim]),
                    ("ssm_out.weight", &[inner, 256]),
                ],
            );
        }
        made.in_layer(layer, &[("post_attention_norm.weight", &[256])]);
        made.feed(layer, 256, 768);
    }
    made
}

/// Latent attention, experts after one dense layer (DeepSeek V2).
fn latent() -> Made {
    let (rank, rope, nope, value, heads) = (128_u32, 32_u32, 64_u32, 64_u32, 4_u32);
    let mut made = Made::new("deepseek2", 4, 256, 768, (heads, 1, rank + rope));
    for (key, number) in [
        ("attention.value_length", rank),
        ("attention.key_length_mla", nope + rope),
        ("attention.value_length_mla", value),
        ("attention.kv_lora_rank", rank),
        ("attention.q_lora_rank", 128),
        ("rope.dimension_count", rope),
        ("leading_dense_block_count", 1),
        ("expert_count", 8),
        ("expert_used_count", 2),
        ("expert_shared_count", 1),
        ("expert_feed_forward_length", 128),
        ("expert_gating_func", 1),
        ("vocab_size", 2048),
    ] {
        made.number(key, number);
    }
    made.keys.push(("deepseek2.expert_weights_scale".to_owned(), Key::F32(1.0)));
    for layer in 0..4 {
        made.in_layer(
            layer,
            &[
                ("attn_norm.weight", &[256]),
                ("attn_q_a.weight", &[256, 128]),
                ("attn_q_a_norm.weight", &[128]),
                ("attn_q_b.weight", &[128, heads * (nope + rope)]),
                ("attn_kv_a_mqa.weight", &[256, rank + rope]),
                ("attn_kv_a_norm.weight", &[rank]),
                ("attn_k_b.weight", &[nope, rank, heads]),
                ("attn_v_b.weight", &[rank, value, heads]),
                ("attn_output.weight", &[heads * value, 256]),
                ("ffn_norm.weight", &[256]),
            ],
        );
        if layer == 0 {
            made.feed(layer, 256, 768);
            continue;
        }
        made.experts(layer, 256, 128, 8);
        made.in_layer(
            layer,
            &[
                ("ffn_gate_shexp.weight", &[256, 128]),
                ("ffn_up_shexp.weight", &[256, 128]),
                ("ffn_down_shexp.weight", &[128, 256]),
            ],
        );
    }
    made
}

/// Experts that outweigh the width (Qwen 3 MoE).
fn experts() -> Made {
    let heads = (4, 2, 64);
    let mut made = Made::new("qwen3moe", 2, 512, 768, heads);
    for (key, number) in [("expert_count", 16), ("expert_used_count", 8), ("expert_feed_forward_length", 128)] {
        made.number(key, number);
    }
    for layer in 0..2 {
        made.attention(layer, 512, heads, false);
        made.in_layer(layer, &[("ffn_norm.weight", &[512])]);
        made.experts(layer, 512, 128, 16);
    }
    made
}

/// What the server printed, MiB.
#[derive(Debug, Default)]
struct Said {
    model: f64,
    cache: f64,
    state: f64,
    compute: f64,
    lines: Vec<String>,
}

/// Starts the server, reads until all is reserved and ends it.
fn said(server: &Path, file: &Path, flags: &str) -> Said {
    let port = super::unused_port().to_string();
    let mut command = Command::new(server);
    command.arg("-m").arg(file).args(["-lv", "4", "--no-warmup", "-fit", "off", "-t", "1", "--port", &port]);
    let mut child = command
        .args(flags.split_whitespace())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = Said::default();
    for line in BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok) {
        let size = || {
            let words = line.split_once("buffer size =")?.1;
            words.split_whitespace().next()?.parse::<f64>().ok()
        };
        if let Some(size) = size() {
            let sums = [
                (" model buffer", &mut said.model),
                (" KV buffer", &mut said.cache),
                (" RS buffer", &mut said.state),
                (" compute buffer", &mut said.compute),
            ];
            sums.into_iter().filter(|(name, _)| line.contains(name)).for_each(|(_, sum)| *sum += size);
        }
        let ended = line.contains("reserve took");
        said.lines.push(line);
        if ended {
            break;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    said
}

/// The flags of a row as they are asked of the estimator.
fn flags(words: &str) -> (Flags, u64) {
    let mut flags = Flags::default();
    let mut context = 0;
    let words: Vec<&str> = words.split_whitespace().collect();
    for pair in words.chunks(2) {
        let number = || pair[1].parse::<u64>().unwrap();
        match pair[0] {
            "-c" => context = number(),
            "-np" => flags.max_num_seqs = Some(number()),
            "-ub" => flags.ubatch = Some(number()),
            "-fa" => flags.flash_attention = Some(pair[1] == "on"),
            "-ctk" | "-ctv" => {
                flags.kv_cache_dtype = match pair[1] {
                    "f32" => KvDtype::ThirtyTwo,
                    "f16" => KvDtype::Sixteen,
                    "q8_0" => KvDtype::Block32(34),
                    "q5_1" => KvDtype::Block32(24),
                    "q5_0" => KvDtype::Block32(22),
                    "q4_1" => KvDtype::Block32(20),
                    "q4_0" | "iq4_nl" => KvDtype::Block32(18),
                    other => panic!("{other}"),
                }
            }
            other => panic!("{other}"),
        }
    }
    flags.max_model_len = Length::Tokens(context);
    (flags, context)
}

fn hold_against(server: &Path, file: &Path, known: &Facts, words: &str) {
    let (flags, context) = flags(words);
    let flash = flags.flash_attention.unwrap_or(true);
    let plan = Plan::of(known, &Ask { engine: Engine::LlamaCpp, version: None, flags }).unwrap();
    let said = said(server, file, words);
    let what = format!("{} {words}", known.geometry.architecture);
    let last = said.lines[said.lines.len().saturating_sub(5)..].join("\n");
    assert!(said.compute > 0.0, "{what}: it reserved nothing\n{last}");
    // The server prints two decimals of each of several buffers.
    let same = |name: &str, bytes: u64, printed: f64, within: f64| {
        let ours = bytes as f64 / MIB;
        assert!((ours - printed).abs() <= within, "{what}: {name} {ours:.3} MiB, the server says {printed:.2}");
    };
    let Exact::Headers(sums) = &known.exact else { panic!("no headers") };
    same("model", sums.total, said.model, 0.1);
    same("cache", plan.cache(context), said.cache, 0.011);
    same("state", plan.state(), said.state, 0.011);
    let (ours, printed) = (plan.compute(context) as f64 / MIB, said.compute);
    // Flash attention first makes 16-bit copies of a 32-bit cache; without it the widest point moves with the model.
    let within = if words.contains("f32") {
        0.9..1.01
    } else if flash {
        0.99..1.01
    } else {
        0.99..1.35
    };
    assert!(within.contains(&(ours / printed)), "{what}: compute {ours:.2} MiB, the server says {printed:.2}");
}

#[test]
fn buffers_are_predicted_to_the_hundredth_of_a_mebibyte() {
    let Some(server) = program("VRAMDECK_TEST_LLAMA_SERVER") else { return };
    let (folder, borrowed) = (tempfile::tempdir().unwrap(), tokenizer());
    let mut files = vec![model("tiny-f16.gguf")];
    files.extend([windows(), hybrid(), latent(), experts()].iter().map(|made| made.write(folder.path(), &borrowed)));
    for file in files {
        let head = gguf::read(BufReader::new(File::open(&file).unwrap())).unwrap();
        let known = gguf::facts(&head, "");
        for words in [
            "-c 4096",
            "-c 5000",
            "-c 16384 -ub 256",
            "-c 4096 -np 1",
            "-c 8192 -np 4",
            "-c 3000 -np 3",
            "-c 16384 -ctk q8_0 -ctv q8_0",
            "-c 8192 -ctk q4_0 -ctv q4_0 -fa on",
            "-c 4096 -fa off",
        ] {
            hold_against(&server, &file, &known, words);
        }
    }
    let tiny = model("tiny-f16.gguf");
    let known = gguf::facts(&gguf::read(BufReader::new(File::open(&tiny).unwrap())).unwrap(), "");
    for kind in ["f32", "q5_1", "q5_0", "q4_1", "iq4_nl"] {
        hold_against(&server, &tiny, &known, &format!("-c 8192 -ctk {kind} -ctv {kind} -fa on"));
    }
}
