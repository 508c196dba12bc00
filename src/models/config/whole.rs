//! The geometry as a whole, from the parts.

use super::family::{Family, QkNorm, family};
use super::keys::{Keys, refuse};
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
    let count = keys.layers(LAYERS)?;
    let vocab = keys.need(VOCAB)?;
    let layers = stack::layers(keys, family, hidden, count)?;
    let max_context = keys.size(CONTEXT)?;
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
    found.other_params = others(keys, family, &found)?;
    Ok(found)
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
    if family.encoder {
        Runner::Pooling { encoder: true }
    } else if POOLING.iter().any(|part| architecture.contains(part)) {
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
        _ => Dtype::Bf16,
    }
}

/// Small parts that no field counts.
fn others(keys: &Keys<'_>, family: Family, made: &Geometry) -> Result<u64, Problem> {
    let mut sum = 0_u64;
    if family.encoder {
        let types = keys.count(&["type_vocab_size"])?.unwrap_or(0);
        sum = sum.saturating_add(types.saturating_mul(made.hidden));
    }
    for layer in &made.layers {
        let each = match (layer.mixer, family.qk_norm) {
            (Mixer::Attention(it), QkNorm::Full) if it.qk_norm => {
                let heads = it.heads.saturating_add(it.kv_heads).saturating_sub(2);
                heads.saturating_mul(it.k_dim)
            }
            _ => 0,
        };
        sum = sum.saturating_add(each);
    }
    if made.hidden == 0 || made.layers.iter().all(bare) {
        return Err(refuse("no layer computes anything"));
    }
    Ok(sum)
}

fn bare(layer: &Layer) -> bool {
    matches!((layer.mixer, layer.feed), (Mixer::None, Feed::None))
}
