//! Number formats of safetensors and how wide they are.

/// Bits of one number of a dtype as headers spell it (`BF16`, `F8_E4M3`, `I32`…); `None` for a name that is not known.
///
/// Packed formats (AWQ and GPTQ in `I32`, 4-bit floats in `U8`) count as what holds them: their shape is that of the
/// packed numbers.
pub fn bits(dtype: &str) -> Option<u64> {
    Some(match dtype {
        "F4" => 4,
        "F6_E2M3" | "F6_E3M2" => 6,
        "BOOL" | "U8" | "I8" | "F8_E4M3" | "F8_E5M2" | "F8_E8M0" | "F8_E4M3FNUZ" | "F8_E5M2FNUZ" => 8,
        "I16" | "U16" | "F16" | "BF16" => 16,
        "I32" | "U32" | "F32" => 32,
        "I64" | "U64" | "F64" | "C64" => 64,
        _ => return None,
    })
}
