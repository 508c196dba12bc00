//! Which type each tensor gets in a named mix (`Q4_K_M`): the rules of llama.cpp's quantiser without an importance matrix.

use crate::models::gguf::TensorType;

/// What a tensor is, as far as the quantiser tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Embedding,
    Head,
    Query,
    Key,
    /// Values, or queries, keys and values in one.
    Value,
    Output,
    Up,
    Gate,
    Down,
    Other,
}

/// What the rules ask of a model.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Traits {
    /// Query heads per head of keys.
    pub gqa: u64,
    /// Experts of a layer.
    pub experts: u64,
    /// The embedding serves as head.
    pub tied: bool,
}

const F16: &str = "F16";

/// Names of mixes as people say them, most bits first; an `UD-` before and an `_XL` after are understood too.
pub(super) const MIXES: [&str; 31] = [
    "F32", "BF16", "F16", "Q8_0", "Q6_K", "Q5_K_M", "Q5_K_S", "Q5_1", "Q5_0", "Q4_K_M", "Q4_K_S", "Q4_1", "Q4_0",
    "IQ4_NL", "IQ4_XS", "MXFP4", "NVFP4", "Q3_K_L", "Q3_K_M", "Q3_K_S", "IQ3_M", "IQ3_S", "IQ3_XXS", "Q2_K", "IQ2_M",
    "IQ2_S", "IQ2_XS", "IQ2_XXS", "IQ1_M", "IQ1_S", "TQ2_0",
];

/// The type that most tensors of a mix get; `None` for a name that is not known.
fn base(mix: &str) -> Option<&'static str> {
    Some(match mix {
        "F32" => "F32",
        "F16" => F16,
        "BF16" => "BF16",
        "Q4_0" => "Q4_0",
        "Q4_1" => "Q4_1",
        "Q5_0" => "Q5_0",
        "Q5_1" => "Q5_1",
        "Q8_0" | "MXFP4_MOE" | "MXFP4" => "Q8_0",
        "Q2_K" | "Q2_K_S" => "Q2_K",
        "Q3_K_S" | "Q3_K_M" | "Q3_K_L" => "Q3_K",
        "Q4_K_S" | "Q4_K_M" => "Q4_K",
        "Q5_K_S" | "Q5_K_M" => "Q5_K",
        "Q6_K" => "Q6_K",
        "IQ1_S" => "IQ1_S",
        "IQ1_M" => "IQ1_M",
        "IQ2_XXS" => "IQ2_XXS",
        "IQ2_XS" => "IQ2_XS",
        "IQ2_S" => "IQ2_XS",
        "IQ2_M" => "IQ2_S",
        "IQ3_XXS" => "IQ3_XXS",
        "IQ3_XS" | "IQ3_S" | "IQ3_M" => "IQ3_S",
        "IQ4_NL" => "IQ4_NL",
        "IQ4_XS" => "IQ4_XS",
        "TQ1_0" => "TQ1_0",
        "TQ2_0" => "TQ2_0",
        "NVFP4" => "NVFP4",
        _ => return None,
    })
}

/// The mix that a name means, and whether it is that very mix: `UD-Q4_K_XL` counts as `Q4_K_M` but is not.
pub(super) fn known(name: &str) -> Option<(String, bool)> {
    let upper = name.trim().to_ascii_uppercase().replace('-', "_");
    if base(&upper).is_some() {
        return Some((upper, true));
    }
    let name = upper.strip_prefix("UD_").unwrap_or(&upper);
    let near = match name.strip_suffix("_XL") {
        Some("Q2_K") => "Q2_K".to_owned(),
        Some("Q3_K") => "Q3_K_L".to_owned(),
        Some("Q6_K") => "Q6_K".to_owned(),
        Some("Q8_K") => "Q8_0".to_owned(),
        Some(start) => format!("{start}_M"),
        None if matches!(name, "Q3_K" | "Q4_K" | "Q5_K") => format!("{name}_M"),
        None => name.to_owned(),
    };
    base(&near).is_some().then_some((near, false))
}

/// More bits for the first and last eighth of the layers and each third between.
fn more_bits(layer: u64, layers: u64) -> bool {
    let eighth = layers / 8;
    layer < eighth || layer >= layers.saturating_mul(7) / 8 || layer.saturating_sub(eighth) % 3 == 2
}

/// The type of one tensor: `columns` is its inner dimension, `layer` of `layers` its place among those of its role.
pub(super) fn kind(mix: &str, role: Role, columns: u64, layer: u64, layers: u64, traits: Traits) -> TensorType {
    let name = base(mix).unwrap_or(F16);
    let float = matches!(name, "F32" | "F16" | "BF16");
    let chosen = if float { name } else { quantised(mix, name, role, columns, layer, layers, traits) };
    let fits = |name: &str| {
        let kind = TensorType::named(name)?;
        columns.is_multiple_of(kind.block()?.0).then_some(kind)
    };
    fits(chosen).or_else(|| fits(fallback(chosen))).unwrap_or(TensorType::F16)
}

/// What is taken where the inner dimension is no multiple of the block.
fn fallback(name: &str) -> &'static str {
    match name {
        "Q4_K" => "Q5_0",
        "Q5_K" => "Q5_1",
        "Q6_K" => "Q8_0",
        "Q2_K" | "Q3_K" | "TQ1_0" | "TQ2_0" => "Q4_0",
        _ if name.starts_with("IQ") => "IQ4_NL",
        _ => F16,
    }
}

#[allow(clippy::too_many_arguments, reason = "the rules look at all of it")]
fn quantised<'a>(mix: &str, base: &'a str, role: Role, columns: u64, layer: u64, layers: u64, of: Traits) -> &'a str {
    let low = matches!(mix, "IQ1_S" | "IQ1_M" | "IQ2_XXS" | "IQ2_XS" | "IQ2_S" | "IQ2_M");
    match role {
        Role::Head => head(mix, base, columns, low),
        Role::Embedding if of.tied => head(mix, base, columns, low),
        Role::Embedding => match mix {
            "IQ1_S" | "IQ1_M" | "IQ2_XXS" | "IQ2_XS" => "Q2_K",
            "IQ2_S" | "IQ2_M" | "IQ3_XXS" => "IQ3_S",
            "TQ1_0" | "TQ2_0" => "Q4_K",
            _ => base,
        },
        _ if mix.starts_with("MXFP4") => match role {
            Role::Up | Role::Gate | Role::Down if of.experts > 0 => "MXFP4",
            _ => "Q8_0",
        },
        _ if low => few_bits(mix, base, role, layer, layers, of),
        Role::Value => value(mix, base, layer, layers, of),
        Role::Key | Role::Query if role == Role::Key && of.experts == 8 => "Q8_0",
        Role::Key | Role::Query => match mix {
            "IQ3_XS" => "IQ3_XXS",
            "IQ3_XXS" => "IQ2_S",
            _ => base,
        },
        Role::Down => down(mix, base, layer, layers, of),
        Role::Output => output(mix, base, of),
        Role::Gate | Role::Up if mix == "IQ3_XS" && layer >= layers / 8 && layer < layers.saturating_mul(7) / 8 => {
            "IQ3_XXS"
        }
        Role::Gate | Role::Up | Role::Other => base,
    }
}

fn head<'a>(mix: &str, base: &'a str, columns: u64, low: bool) -> &'a str {
    let block = TensorType::named(base).and_then(TensorType::block).map_or(1, |(block, _)| block);
    match mix {
        _ if base == "Q8_0" || !columns.is_multiple_of(block) => "Q8_0",
        _ if low || mix == "IQ3_XXS" => "Q5_K",
        _ => "Q6_K",
    }
}

/// The mixes of one and two bits.
fn few_bits<'a>(mix: &str, base: &'a str, role: Role, layer: u64, layers: u64, of: Traits) -> &'a str {
    let wider = matches!(mix, "IQ2_S" | "IQ2_M");
    match role {
        Role::Value if of.gqa >= 4 || of.experts >= 4 => "Q4_K",
        Role::Value if wider => "IQ3_S",
        Role::Value => "Q2_K",
        Role::Key if of.experts == 8 => "Q4_K",
        Role::Down if layer < layers / 8 => {
            if wider {
                "IQ3_S"
            } else {
                "Q2_K"
            }
        }
        Role::Output if of.experts == 8 => "Q5_K",
        Role::Output if matches!(mix, "IQ1_S" | "IQ1_M") => "IQ2_XXS",
        Role::Output if wider => "IQ3_S",
        _ => base,
    }
}

fn value<'a>(mix: &str, base: &'a str, layer: u64, layers: u64, of: Traits) -> &'a str {
    let shared = of.gqa >= 4;
    match mix {
        _ if of.experts == 8 => "Q8_0",
        "Q2_K" if !shared => "Q3_K",
        "IQ3_XXS" if !shared => "IQ3_S",
        "Q2_K" | "Q2_K_S" | "IQ3_XXS" | "IQ3_XS" | "IQ3_S" if shared => "Q4_K",
        "IQ3_M" => "Q4_K",
        "Q3_K_M" if layer < 2 => "Q5_K",
        "Q3_K_M" => "Q4_K",
        "Q3_K_L" => "Q5_K",
        "IQ4_NL" | "IQ4_XS" if shared => "Q5_K",
        "Q4_K_M" | "Q5_K_M" if more_bits(layer, layers) => "Q6_K",
        "Q4_K_S" if layer < 4 => "Q5_K",
        _ => base,
    }
}

fn down<'a>(mix: &str, base: &'a str, layer: u64, layers: u64, of: Traits) -> &'a str {
    let first = layer < layers / 8;
    match mix {
        "Q2_K" => "Q3_K",
        "Q2_K_S" if first => "Q4_K",
        "IQ3_XXS" => {
            if first {
                "Q4_K"
            } else {
                "Q3_K"
            }
        }
        "Q3_K_M" => {
            if layer < layers / 16 {
                "Q5_K"
            } else {
                "Q4_K"
            }
        }
        "IQ3_M" if first || of.experts == 8 && more_bits(layer, layers) => "Q4_K",
        "Q3_K_L" => "Q5_K",
        "Q4_K_M" | "Q5_K_M" if more_bits(layer, layers) => "Q6_K",
        "IQ4_NL" | "IQ4_XS" | "Q4_K_S" if first => "Q5_K",
        _ => base,
    }
}

fn output<'a>(mix: &str, base: &'a str, of: Traits) -> &'a str {
    match mix {
        "Q5_K_S" | "Q5_K_M" | "Q6_K" | "Q8_0" | "Q4_0" | "Q4_1" | "Q5_0" | "Q5_1" => base,
        _ if of.experts == 8 => "Q5_K",
        "Q2_K" => "Q3_K",
        "IQ3_XXS" => "IQ3_S",
        "Q3_K_M" | "IQ3_M" => "Q4_K",
        "Q3_K_L" => "Q5_K",
        _ => base,
    }
}
