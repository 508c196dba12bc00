//! A calculator for expressions that a model writes: numbers, `+ - * / % ^`, brackets and functions. It runs nothing, and
//! its length and depth are bounded.

mod functions;
mod parse;
#[cfg(test)]
mod tests;

/// Bytes of an expression.
const LONGEST: usize = 4096;

/// The value of an expression as text: whole numbers without a point. `^` and `**` are powers and group from the right, a
/// minus before a power is applied after it, `%` is the remainder with the sign of the dividend, angles are in radians. All
/// is done in 64-bit floating point.
///
/// # Errors
/// In words that a model can act on: what is not understood and where (in characters from 1), or which operation has no
/// result.
pub fn calculate(text: &str) -> Result<String, String> {
    if text.len() > LONGEST {
        return Err(format!("the expression is longer than {LONGEST} bytes"));
    }
    parse::value(text).map(written)
}

fn written(value: f64) -> String {
    let value = if value == 0.0 { 0.0 } else { value };
    if value.abs() >= 1e16 || (value != 0.0 && value.abs() < 1e-6) {
        return format!("{value:e}");
    }
    // 0.1 + 0.2 is written 0.3: fifteen digits are what 64 bits hold for certain.
    let digits = 15 - 1 - value.abs().max(1e-6).log10().floor() as i32;
    let text = format!("{value:.*}", usize::try_from(digits.clamp(0, 20)).unwrap_or_default());
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}
