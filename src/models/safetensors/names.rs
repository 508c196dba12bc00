//! What a tensor is, by the names that checkpoints use.

/// What a tensor belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// The token embedding.
    Embedding,
    /// The output head.
    Head,
    /// A repeated layer, by its number.
    Layer(usize),
    /// The routed experts of a layer.
    Experts(usize),
    /// Vision or audio tower, projector.
    Tower,
    /// A layer of an encoder beside a decoder, or the only stack there is.
    Encoder(usize),
    /// Multi-token prediction.
    Mtp,
    /// Norms, position tables, heads of classifiers and whatever else stands alone.
    Other,
}

/// Layers beyond this number are no layers of a model.
const LAYERS: usize = 4096;

/// Parts of names that only towers and projectors carry.
const TOWERS: &[&str] = &[
    "visual",
    "vision_tower",
    "vision_model",
    "vision_encoder",
    "vision_embed_tokens",
    "vision_language_adapter",
    "vision_adapter",
    "vision_proj",
    "multi_modal_projector",
    "mm_projector",
    "multimodal_projector",
    "patch_merger",
    "pre_mm_projector_norm",
    "audio_tower",
    "audio_encoder",
    "audio_model",
    "audio",
    "sound_encoder",
    "sound_projection",
    "embed_vision",
    "embed_audio",
    "embed_tokens_extend",
    "img_processor",
    "image_newline",
    "vit",
    "vpm",
    "apm",
    "resampler",
    "connector",
    "aligner",
    "mlp1",
    "merger",
    "tts",
    "talker",
    "token2wav",
    "code2wav",
];
const EMBEDDINGS: &[&str] = &["embed_tokens", "wte", "word_embeddings", "tok_embeddings", "embed_in", "shared"];
const HEADS: &[&str] = &["lm_head", "embed_out"];
const STACKS: &[&str] = &["layers", "h", "blocks", "layer"];
const EXPERTS: &[&str] = &["experts", "moe_statics"];

/// What the tensor of this name is; `layers` is how many layers the decoder has, where that is known: layers after the
/// last are multi-token prediction (DeepSeek, GLM, MiMo).
pub fn role(name: &str, layers: Option<usize>) -> Role {
    let parts: Vec<&str> = name.split('.').collect();
    let has = |wanted: &[&str]| parts.iter().any(|part| wanted.contains(part));
    if has(&["mtp", "mtp_layers", "mtp_block", "nextn"]) {
        return Role::Mtp;
    }
    if has(TOWERS) {
        return Role::Tower;
    }
    if let Some(number) = layer(&parts) {
        return match () {
            () if layers.is_some_and(|layers| layers > 0 && number >= layers) => Role::Mtp,
            () if has(&["encoder"]) => Role::Encoder(number),
            () if has(EXPERTS) => Role::Experts(number),
            () => Role::Layer(number),
        };
    }
    match () {
        () if has(HEADS) || parts.first() == Some(&"output") => Role::Head,
        () if has(EMBEDDINGS) || matches!(parts.as_slice(), [.., "embeddings", "weight"] | ["embeddings", ..]) => {
            if has(&["position_embeddings", "token_type_embeddings", "LayerNorm", "norm"]) {
                Role::Other
            } else {
                Role::Embedding
            }
        }
        () => Role::Other,
    }
}

/// The number after the first part that names a stack of layers.
fn layer(parts: &[&str]) -> Option<usize> {
    let stack = parts.windows(2).find_map(|pair| match pair {
        [stack, number] if STACKS.contains(stack) => number.parse::<usize>().ok(),
        _ => None,
    });
    stack.filter(|number| *number < LAYERS)
}
