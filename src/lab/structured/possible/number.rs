//! Which numbers a number that is cut can still become.

/// Digits that are looked at; what is longer counts as able to become anything.
const LONGEST: usize = 64;
/// Room for rounding where a bound is met, in powers of ten.
const ROOM: f64 = 1e-6;

/// Whether some number that begins with `text` lies between two bounds, both included. More digits and an exponent may come,
/// so `12` can become 12 followed by anything times any power of ten. Never false where one does; what an exponent loses in
/// floating point (`1e-999` read as 0) does not count.
pub(super) fn reaches(text: &str, low: f64, high: f64) -> bool {
    if text.len() > LONGEST {
        return true;
    }
    let (negative, size) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (low, high) = if negative { (-high, -low) } else { (low, high) };
    if high < 0.0 || low > high {
        return false;
    }
    if size.is_empty() {
        return true;
    }
    let (mantissa, exponent) = match size.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (size, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}").parse::<f64>().unwrap_or(0.0);
    match exponent {
        None if digits == 0.0 => true,
        None => scaled(digits, digits + 1.0, f64::NEG_INFINITY, f64::INFINITY, low, high),
        Some(_) if digits == 0.0 => low <= 0.0,
        Some(exponent) => {
            let (least, most) = powers(exponent);
            let behind = fraction.len() as f64;
            scaled(digits, digits, least - behind, most - behind, low, high)
        }
    }
}

/// The powers that a cut exponent can become.
fn powers(exponent: &str) -> (f64, f64) {
    let (negative, digits) = match exponent.as_bytes().first() {
        Some(b'-') => (true, exponent.get(1..).unwrap_or_default()),
        Some(b'+') => (false, exponent.get(1..).unwrap_or_default()),
        _ => (false, exponent),
    };
    let power = digits.parse::<f64>().unwrap_or(0.0);
    match (exponent.is_empty(), negative) {
        (true, _) => (f64::NEG_INFINITY, f64::INFINITY),
        (false, true) => (f64::NEG_INFINITY, -power),
        (false, false) => (power, f64::INFINITY),
    }
}

/// Whether `[from, to] · 10^power` meets `[low, high]` for a whole power between two.
fn scaled(from: f64, to: f64, least: f64, most: f64, low: f64, high: f64) -> bool {
    if high <= 0.0 {
        return false;
    }
    let most = most.min(((high / from).log10() + ROOM).floor());
    let least = if low > 0.0 { least.max(((low / to).log10() - ROOM).ceil()) } else { least };
    least <= most
}

#[cfg(test)]
mod tests {
    use super::reaches;

    #[test]
    fn a_cut_number_reaches_what_it_can_become() {
        const ANY: f64 = f64::INFINITY;
        for (text, low, high, reached) in [
            ("1", 123.0, 123.0, true),
            ("12", 1.2, 1.2, true),
            ("12", 3.0, 4.0, false),
            ("12", 119.0, 121.0, true),
            ("12", 131.0, 1199.0, false),
            ("5", 12.0, 12.0, false),
            ("-", 0.0, ANY, true),
            ("-", 1.0, ANY, false),
            ("-1", 0.0, ANY, false),
            ("-1", -150.0, -140.0, true),
            ("-1", -ANY, 0.0, true),
            ("0", 7.0, 9.0, true),
            ("0.0", 7.0, 9.0, true),
            ("1", -ANY, -1.0, false),
            ("200", 0.0, 150.0, true),
            ("200e", 0.0, 150.0, true),
            ("200e+", 0.0, 150.0, false),
            ("200e1", 0.0, 150.0, false),
            ("200e-1", 0.0, 150.0, true),
            ("1e-3", 0.01, 1.0, false),
            ("1.5e1", 15.0, 15.0, true),
            ("1.5e2", 15.0, 15.0, false),
            ("0e", 1.0, 2.0, false),
            ("5", 0.0, 0.0, false),
            ("9", 0.0, 1e-300, true),
            ("1", 2.0, 1.0, false),
        ] {
            assert_eq!(reaches(text, low, high), reached, "{text} between {low} and {high}");
        }
    }
}
