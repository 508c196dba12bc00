//! A slider's arithmetic: steps by key, fractions by mouse. "Unset" is the position left of the lowest value.

use super::{Kind, Param, Range, Setting, support};
use crate::wire::Dialect;

/// Moves a value by so many steps (negative: to the left). From unset, the first step reaches the lowest value; a step
/// below the lowest value reaches unset. Where the dialect lacks the parameter, and for stop strings, nothing moves.
pub fn nudge(param: Param, value: Option<Setting>, steps: i32, dialect: Dialect) -> Option<Setting> {
    let Some(range) = support(param, dialect).range() else { return value };
    match (param.kind(), &value) {
        (Kind::Strings, _) => value,
        (_, _) if steps == 0 => value,
        (Kind::Switch, _) => {
            let at = match value {
                Some(Setting::Switch(on)) => 1 + i32::from(on),
                _ => 0,
            };
            [None, Some(Setting::Switch(false)), Some(Setting::Switch(true))]
                [at.saturating_add(steps).clamp(0, 2) as usize]
                .clone()
        }
        (kind, _) => range.moved(value.as_ref().and_then(number), steps).map(|x| as_setting(kind, x)),
    }
}

/// Where a value stands on its slider, from 0 (lowest) to 1; `None` where it has no such place.
pub fn fraction(param: Param, value: &Setting, dialect: Dialect) -> Option<f64> {
    let range = support(param, dialect).range()?;
    match value {
        Setting::Switch(on) => Some(f64::from(u8::from(*on))),
        Setting::Strings(_) => None,
        value => Some(range.fraction(number(value)?)),
    }
}

/// The value at a place on the slider, from 0 (lowest) to 1, on a whole step.
pub fn at_fraction(param: Param, fraction: f64, dialect: Dialect) -> Option<Setting> {
    let range = support(param, dialect).range()?;
    match param.kind() {
        Kind::Strings => None,
        Kind::Switch => Some(Setting::Switch(fraction >= 0.5)),
        kind => Some(as_setting(kind, range.at(fraction))),
    }
}

fn number(value: &Setting) -> Option<f64> {
    match value {
        Setting::Whole(n) => Some(*n as f64),
        Setting::Real(x) => Some(*x),
        _ => None,
    }
}

fn as_setting(kind: Kind, x: f64) -> Setting {
    match kind {
        Kind::Whole => Setting::Whole(x.round() as i64),
        // Multiples of a step are not exact in binary; six decimals are.
        _ => Setting::Real((x * 1e6).round() / 1e6),
    }
}

impl Range {
    /// The lowest position of the slider.
    fn first(&self) -> f64 {
        if self.above_min { self.min + self.step } else { self.min }
    }

    fn moved(&self, from: Option<f64>, steps: i32) -> Option<f64> {
        let (x, steps) = match from {
            None if steps < 0 => return None,
            None => (self.first(), steps - 1),
            Some(x) if x < self.first() && steps > 0 => (self.first(), steps - 1),
            Some(x) => (x, steps),
        };
        if steps > 0 && x >= self.max {
            return Some(x);
        }
        let moved = if self.step > 0.0 { self.linear(x, steps) } else { ladder(x, steps) };
        (steps == 0 || moved >= self.first() - 1e-9).then(|| moved.min(self.max.max(x)))
    }

    fn linear(&self, x: f64, steps: i32) -> f64 {
        if steps == 0 {
            return x;
        }
        let at = x / self.step;
        let whole = if steps > 0 { (at + 1e-6).floor() } else { (at - 1e-6).ceil() };
        (whole + f64::from(steps)) * self.step
    }

    fn fraction(&self, x: f64) -> f64 {
        let share = if self.log {
            (x - self.min).max(0.0).ln_1p() / (self.max - self.min).ln_1p()
        } else {
            (x - self.min) / (self.max - self.min)
        };
        share.clamp(0.0, 1.0)
    }

    fn at(&self, fraction: f64) -> f64 {
        let fraction = if fraction.is_finite() { fraction.clamp(0.0, 1.0) } else { 0.0 };
        let x = if self.log {
            self.min + (fraction * (self.max - self.min).ln_1p()).exp_m1()
        } else {
            self.min + fraction * (self.max - self.min)
        };
        let snapped = if self.step > 0.0 { (x / self.step).round() * self.step } else { nearest_rung(x) };
        snapped.clamp(self.first(), self.max)
    }
}

/// Climbs 0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32 …
fn ladder(mut x: f64, steps: i32) -> f64 {
    for _ in 0..steps.unsigned_abs().min(200) {
        x = if steps > 0 { rung_above(x) } else { rung_below(x) };
    }
    x
}

fn rung_above(x: f64) -> f64 {
    if x < 1.0 {
        return 1.0;
    }
    let power = x.log2().floor().exp2();
    if x < power * 1.5 && power > 1.0 { power * 1.5 } else { power * 2.0 }
}

fn rung_below(x: f64) -> f64 {
    if x <= 1.0 {
        return x - 1.0;
    }
    let power = x.log2().floor().exp2();
    match () {
        () if x > power * 1.5 && power > 1.0 => power * 1.5,
        () if x > power => power,
        () if power > 2.0 => power * 0.75,
        () => power / 2.0,
    }
}

fn nearest_rung(x: f64) -> f64 {
    let (low, high) = (rung_below(x + 1e-9).max(0.0), rung_above(x - 1e-9));
    if x - low <= high - x { low } else { high }
}
