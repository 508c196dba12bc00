//! The geometry as a whole, from the parts.

use super::family::{Family, family};
use super::keys::{Keys, refuse};
use super::others::others;
use super::{rope, stack, tower};
use crate::base::Problem;
use crate::models::geometry::{Dtype, Feed, Geometry, Layer, Mixer, Runner};

const HIDDEN: &[&str] = &["hidden_size", "n_embd", "d_model", "dim", "model_dim", "n_embed"];
const LAYERS: &[&str] = &["num_hidden_layers", "n_layer", "n_layers", "num_layers", "decoder_layers", "encoder_layers"];
const VOCAB: &[&str] = &["padded_vocab_size", "vocab_size"];
const CONTEXT: &[&str] =
    &["max_position_embeddings", "n_positions", "max_seq_len", "seq_length", "max_sequence_length", "n_ctx"];

/// Reads everything.
pub(super) fn geometry(keys: &mut Keys<'_>) -> Result<Geometry, Problem> {
    let model_type = keys.word(&["model_type"]).unwrap_or_default().to_owned();
    let architecture = architecture(keys);
    let family = known(keys, &model_type, &architecture);
    let hidden = keys.need(HIDDEN)?;
    let count = count(keys)?;
    let vocab = keys.need(VOCAB)?;
    let layers = stack::layers(keys, family, hidden, count)?;
    let max_context = if model_type == "whisper" { keys.size(&["max_target_positions"])? } else { keys.size(CONTEXT)? };
    let (rope_dim, rope_elements) = rope::tables(keys, &layers, max_context);
    let runner = runner(family, &architecture);
    let embed = keys.count(&["word_embed_proj_dim"])?.filter(|width| *width != hidden).unwrap_or(0);
    let positions = family.positions.map_or(0, |extra| max_context.unwrap_or(0).saturating_add(extra));
    let per_layer_embed = keys.count(&["hidden_size_per_layer_input"])?.unwrap_or(0);
    let mut found = Geometry {
        hidden,
        vocab,
        embed,
        positions,
        rope_dim,
        rope_elements,
        tied: tied(keys, family, runner),
        max_context,
        mtp_layers: keys.count(&["mtp_num_hidden_layers", "num_nextn_predict_layers", "num_mtp_layers"])?.unwrap_or(0),
        per_layer_embed,
        per_layer_vocab: if per_layer_embed == 0 {
            0
        } else {
            keys.count(&["vocab_size_per_layer_input"])?.unwrap_or(vocab)
        },
        tower: tower::tower(keys, hidden)?,
        dtype: dtype(keys),
        runner,
        norms: family.norms,
        norm_bias: family.norm_bias,
        model_type,
        architecture,
        layers,
        ..Geometry::default()
    };
    if found.layers.iter().all(bare) {
        return Err(refuse("no layer computes anything"));
    }
    if found.model_type == "whisper" {
        found.encoder_params = encoder(keys, hidden)?;
    }
    found.norms = norms(keys, family, &found);
    found.other_params = others(keys, family, &found)?;
    Ok(found)
}

/// How many layers: as said, else as listed.
fn count(keys: &Keys<'_>) -> Result<u64, Problem> {
    if keys.word(&["model_type"]) == Some("whisper") {
        return keys.layers(&["decoder_layers"]);
    }
    if keys.value(LAYERS).is_none() {
        if let Some(words) = keys.words(&["layer_types", "layers_block_type"]).filter(|words| !words.is_empty()) {
            return Ok((words.len() as u64).min(4096));
        }
        if let Some(pattern) = keys.word(&["hybrid_override_pattern"]).filter(|pattern| !pattern.is_empty()) {
            return Ok(pattern.chars().filter(|letter| "M*-E".contains(*letter)).take(4096).count() as u64);
        }
    }
    keys.layers(LAYERS)
}

/// Whisper's encoder.
fn encoder(keys: &Keys<'_>, hidden: u64) -> Result<u64, Problem> {
    let inner = keys.need(&["encoder_ffn_dim"])?;
    let layers = keys.layers(&["encoder_layers"])?;
    let bins = keys.size(&["num_mel_bins"])?.unwrap_or(80);
    let places = keys.count(&["max_source_positions"])?.unwrap_or(1500);
    Ok(tower::whisper(hidden, inner, layers, bins, places))
}

/// Norm vectors per layer, where the config decides.
fn norms(keys: &Keys<'_>, family: Family, made: &Geometry) -> u64 {
    let model = made.model_type.to_ascii_lowercase();
    if model.starts_with("gemma4") && made.has_experts() {
        return 7;
    }
    let falcon = model == "falcon" || model.starts_with("refinedweb");
    if falcon && keys.flag(&["parallel_attn"]) != Some(false) && keys.flag(&["new_decoder_architecture"]) != Some(true)
    {
        return 1;
    }
    family.norms
}

/// The first architecture named.
fn architecture(keys: &Keys<'_>) -> String {
    let named = keys.top.get("architectures").and_then(|list| list.get(0)).and_then(serde_json::Value::as_str);
    named
        .or_else(|| keys.words(&["architectures"]).and_then(|list| list.first().copied()))
        .unwrap_or_default()
        .to_owned()
}

/// The family, by the decoder's type, else by the whole's; says when neither is known.
fn known(keys: &mut Keys<'_>, model_type: &str, architecture: &str) -> Family {
    let outer = keys.top.get("model_type").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
    let inner = family(model_type);
    if inner.known {
        return inner;
    }
    let whole = family(&outer);
    if !whole.known {
        let name = if architecture.is_empty() { model_type } else { architecture };
        let name = if name.is_empty() { "without a name" } else { name };
        keys.grave(format!("the architecture {name} is not known: it is counted like Llama, by the sizes it names"));
    }
    whole
}

fn runner(family: Family, architecture: &str) -> Runner {
    const POOLING: [&str; 6] = [
        "SequenceClassification",
        "TokenClassification",
        "RewardModel",
        "EmbeddingModel",
        "ForEmbedding",
        "ForRetrieval",
    ];
    // Names on `Model` that vLLM's registry lists under text generation.
    const WRITES: [&str; 4] = ["LMHeadModel", "ChatModel", "ChatGLMModel", "UltravoxModel"];
    let bare = architecture.ends_with("Model") && !WRITES.iter().any(|end| architecture.ends_with(end));
    if family.encoder {
        Runner::Pooling { encoder: true }
    } else if bare || POOLING.iter().any(|part| architecture.contains(part)) {
        Runner::Pooling { encoder: false }
    } else {
        Runner::Generate
    }
}

/// Pooling models have no head of their own, which weighs the same as a tied one.
fn tied(keys: &Keys<'_>, family: Family, runner: Runner) -> bool {
    if runner != Runner::Generate {
        return true;
    }
    keys.flag(&["tie_word_embeddings", "tie_embedding", "tie_lm_head"]).unwrap_or(family.tied)
}

fn dtype(keys: &mut Keys<'_>) -> Dtype {
    let word = keys.word(&["dtype", "torch_dtype"]).unwrap_or_default().trim_start_matches("torch.").to_owned();
    match word.as_str() {
        "float16" | "half" => Dtype::F16,
        "float32" | "float" => Dtype::F32,
        "" | "auto" | "bfloat16" => Dtype::Bf16,
        other => {
            keys.grave(format!("the dtype `{other}` is not known: numbers are counted as 16-bit"));
            Dtype::Bf16
        }
    }
}

fn bare(layer: &Layer) -> bool {
    matches!((layer.mixer, layer.feed), (Mixer::None, Feed::None))
}
