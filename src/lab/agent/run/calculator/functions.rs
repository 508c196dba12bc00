//! The calculator's functions and constants.

/// The value of a constant.
pub(super) fn constant(name: &str) -> Option<f64> {
    Some(match name {
        "pi" | "π" => std::f64::consts::PI,
        "e" => std::f64::consts::E,
        "tau" => std::f64::consts::TAU,
        _ => return None,
    })
}

/// The value of a function, or why there is none.
pub(super) fn apply(name: &str, values: &[f64]) -> Result<f64, String> {
    let one = || match values {
        [x] => Ok(*x),
        _ => Err(format!("{name} takes one number, not {}", values.len())),
    };
    let within = |x: f64, fine: bool| if fine { Ok(x) } else { Err(format!("{name} of {x} is not defined")) };
    Ok(match name {
        "abs" => one()?.abs(),
        "sqrt" => one().and_then(|x| within(x, x >= 0.0))?.sqrt(),
        "cbrt" => one()?.cbrt(),
        "exp" => one()?.exp(),
        "ln" => one().and_then(|x| within(x, x > 0.0))?.ln(),
        "log10" => one().and_then(|x| within(x, x > 0.0))?.log10(),
        "log2" => one().and_then(|x| within(x, x > 0.0))?.log2(),
        "log" => logarithm(values)?,
        "sin" => one()?.sin(),
        "cos" => one()?.cos(),
        "tan" => one()?.tan(),
        "asin" => one().and_then(|x| within(x, x.abs() <= 1.0))?.asin(),
        "acos" => one().and_then(|x| within(x, x.abs() <= 1.0))?.acos(),
        "atan" => one()?.atan(),
        "floor" => one()?.floor(),
        "ceil" => one()?.ceil(),
        "round" => round(values)?,
        "min" | "max" if values.is_empty() => return Err(format!("{name} takes at least one number")),
        "min" => values.iter().copied().fold(f64::INFINITY, f64::min),
        "max" => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        "pow" => match values {
            [base, power] => base.powf(*power),
            _ => return Err(format!("pow takes two numbers, not {}", values.len())),
        },
        "factorial" => one().and_then(|x| within(x, x >= 0.0 && x.fract() == 0.0)).map(factorial)?,
        _ => return Err(format!("there is no function {name}")),
    })
}

fn logarithm(values: &[f64]) -> Result<f64, String> {
    match values {
        [x] if *x > 0.0 => Ok(x.ln()),
        [x, base] if *x > 0.0 && *base > 0.0 && *base != 1.0 => Ok(x.ln() / base.ln()),
        [_] | [_, _] => Err("log of these numbers is not defined".to_owned()),
        _ => Err(format!("log takes one or two numbers, not {}", values.len())),
    }
}

/// Halves are rounded away from 0.
fn round(values: &[f64]) -> Result<f64, String> {
    match values {
        [x] => Ok(x.round()),
        [x, digits] if digits.fract() == 0.0 && digits.abs() <= 15.0 => {
            let factor = 10_f64.powf(*digits);
            Ok((x * factor).round() / factor)
        }
        [_, _] => Err("round takes whole digits from -15 to 15".to_owned()),
        _ => Err(format!("round takes one or two numbers, not {}", values.len())),
    }
}

fn factorial(x: f64) -> f64 {
    if x > 170.0 { f64::INFINITY } else { (2..=x as u32).fold(1.0, |product, n| product * f64::from(n)) }
}
