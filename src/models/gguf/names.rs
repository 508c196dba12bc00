//! What a tensor is, by its name.

/// Where a tensor belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Token embedding, per-layer embedding or position table: stays on the host.
    Embedding,
    /// Output matrix.
    Head,
    /// A repeated layer; whether it belongs to routed experts.
    Layer(usize, bool),
    /// Vision or audio tower and projector.
    Tower,
    /// Anything else (output norm, rope factors).
    Other,
}

/// The place of a tensor.
pub(super) fn place(name: &str) -> Place {
    if let Some((layer, rest)) = name.strip_prefix("blk.").and_then(|rest| rest.split_once('.')) {
        return match layer.parse() {
            Ok(layer) => Place::Layer(layer, rest.contains("_exps.") || rest.contains("_chexps.")),
            Err(_) => Place::Other,
        };
    }
    match name {
        "output.weight" | "output.bias" => Place::Head,
        _ if name.starts_with("token_embd.")
            || name.starts_with("per_layer_token_embd.")
            || name.starts_with("position_embd.")
            || name.starts_with("token_types.") =>
        {
            Place::Embedding
        }
        _ if ["v.", "mm.", "a.", "model.vision"].iter().any(|start| name.starts_with(start)) => Place::Tower,
        _ => Place::Other,
    }
}

/// Whether a tensor outside of the repeated layers belongs to a tower.
pub(super) fn is_tower(name: &str) -> bool {
    place(name) == Place::Tower
}
