//! The correction of one part.

use super::{Lesson, Shape, Taught};
use crate::base::units::{GIB, MIB};
use crate::models::Facts;
use crate::models::fit::{Ask, Engine, Version};

/// An error that was seen in a sound start: 1.2 GiB of scratch that a release took beyond the sum (v037).
const FURTHEST: f64 = 1.5 * GIB as f64;

/// What comes of the lessons for one part.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::models::fit) struct Corrected {
    /// Bytes to add.
    pub shift: i64,
    /// The margin after it.
    pub margin: u64,
    /// Starts of this shape.
    pub runs: u64,
    /// Starts of relatives, where there are none of its own.
    pub related: u64,
}

/// One part as the sum has it.
struct Prior {
    raw: u64,
    margin: u64,
    /// Standard deviation of the sum's own error.
    sigma: f64,
    /// Standard deviation with which a figure comes back when the same start is made again.
    noise: f64,
    /// Nothing is known more finely: the engine rounds what it says.
    rounding: u64,
    /// What lies further off than this is a mistake until others say the same.
    most: f64,
}

impl Prior {
    /// The noise of repeated starts: weights come back to the byte but for the allocator; what is profiled within 30 MiB
    /// (starts v037 and v038, and h03 to h05, repeat within 0.03 GiB); buffers of llama.cpp exactly.
    fn of(engine: Engine, part: Taught, raw: u64, margin: u64) -> Self {
        let (least, noise, rounding) = match part {
            Taught::Weights if engine != Engine::Vllm => (GIB / 20, MIB / 50, MIB / 50),
            Taught::Weights => (GIB / 20, 5 * MIB, 6 * MIB),
            Taught::Around | Taught::Graphs | Taught::Beside => (GIB / 8, 30 * MIB, 11 * MIB),
            Taught::Compute => (16 * MIB, MIB / 20, MIB / 50),
        };
        // A margin is about one and a half standard deviations: it holds most figures, not all.
        let sigma = (margin as f64 / 1.5).max(least as f64);
        let most = (4.0 * margin as f64).max(raw as f64 * 0.4).max(FURTHEST);
        Self { raw, margin, sigma, noise: noise as f64, rounding, most }
    }
}

/// Corrects a part of `raw` bytes by the lessons that the facts carry; `None` where none speaks.
pub(in crate::models::fit) fn correct(
    facts: &Facts,
    ask: &Ask,
    part: Taught,
    raw: u64,
    margin: u64,
) -> Option<Corrected> {
    let lessons = facts.learned.list();
    if lessons.is_empty() {
        return None;
    }
    let (shape, prior) = (Shape::of(facts, ask), Prior::of(ask.engine, part, raw, margin));
    let mut own = Vec::new();
    let mut others: Vec<(&Shape, f64)> = Vec::new();
    let release = release(lessons, ask);
    for lesson in lessons.iter().filter(|lesson| lesson.is_of(ask)) {
        let Some(off) = lesson.offs.iter().find(|off| off.part == part) else { continue };
        let bytes = off.off as f64;
        if bytes.abs() > prior.most {
            continue;
        }
        let same_release = release.is_none() || lesson.version.map(|(a, b)| Version(a, b)) == release;
        let same_checkpoint = part != Taught::Weights || near(off.raw, raw);
        if lesson.shape != shape || !same_checkpoint {
            if lesson.shape.quantisation == shape.quantisation {
                others.push((&lesson.shape, bytes));
            }
        } else if same_release && lesson.place.driver.is_empty() {
            own.push((carried(part, bytes, off.raw, raw), off.raw));
        } else {
            others.push((&lesson.shape, bytes));
        }
    }
    if own.is_empty() { related(&prior, part, &others, &shape) } else { Some(by_own(&prior, part, &own)) }
}

/// An error carried over to other settings: each graph that is captured takes more or less, the rest is off as a whole.
fn carried(part: Taught, off: f64, then: u64, now: u64) -> f64 {
    match part {
        Taught::Graphs => off * (now as f64 / then.max(1) as f64).min(4.0),
        _ => off,
    }
}

/// The release whose lessons count: the one asked for, else that of the newest start.
fn release(lessons: &[Lesson], ask: &Ask) -> Option<Version> {
    let newest = || lessons.iter().rev().find(|lesson| lesson.is_of(ask))?.version;
    ask.version.or_else(|| newest().map(|(major, minor)| Version(major, minor)))
}

/// The same checkpoint: its bytes by the sum are the same within 2 %, however they were counted.
fn near(a: u64, b: u64) -> bool {
    a.abs_diff(b) <= a.max(b) / 50
}

/// By starts of the same shape.
fn by_own(prior: &Prior, part: Taught, own: &[(f64, u64)]) -> Corrected {
    let count = own.len() as f64;
    let offs: Vec<f64> = own.iter().map(|(off, _)| *off).collect();
    let middle = median(offs.clone());
    let spread = spread(&offs, middle).max(prior.noise);
    let (own_variance, prior_variance) = (spread * spread, prior.sigma * prior.sigma);
    let weight = prior_variance * count / (prior_variance * count + own_variance);
    let after = prior_variance * own_variance / (prior_variance * count + own_variance);
    // Few starts say little of how much they scatter, hence more than two deviations of them.
    let sure = (2.0 + 2.0 / count) * (after + own_variance).sqrt();
    let lacking = middle.abs() * (1.0 - weight) + prior.rounding as f64;
    let known = sure.min((prior.margin as f64).max(2.0 * spread)).max(lacking);
    // A quarter of how far these settings are from those that were seen: the error may grow with the part. Half, where graphs
    // were not told apart: they may be all of it, and follow the sequences.
    let distance = own.iter().map(|(_, raw)| raw.abs_diff(prior.raw)).min().unwrap_or(0) as f64;
    let distance = match part {
        Taught::Weights => 0.0,
        Taught::Beside => distance / 2.0,
        _ => distance / 4.0,
    };
    let margin = whole((known * known + distance * distance).sqrt()).unsigned_abs();
    let found = Corrected { shift: whole(middle * weight), margin, runs: own.len() as u64, related: 0 };
    Corrected { margin: margin.max(found.unconfirmed()), ..found }
}

impl Corrected {
    /// What a single start took less than the sum, bytes. The sum follows it, the margin holds it until a second start says
    /// the same: one odd start turns nothing that does not fit into something that fits.
    pub fn unconfirmed(&self) -> u64 {
        if self.runs == 1 { self.shift.min(0).unsigned_abs() } else { 0 }
    }
}

/// By starts of other models of the family, or of this one elsewhere. Weights of another checkpoint say nothing.
fn related(prior: &Prior, part: Taught, others: &[(&Shape, f64)], shape: &Shape) -> Option<Corrected> {
    let others: Vec<&(&Shape, f64)> = others.iter().filter(|(of, _)| part != Taught::Weights || *of == shape).collect();
    let mut shapes: Vec<&Shape> = Vec::new();
    for (of, _) in &others {
        if !shapes.contains(of) {
            shapes.push(of);
        }
    }
    let itself = shapes.contains(&shape);
    if shapes.is_empty() || (shapes.len() == 1 && !itself) {
        return None;
    }
    let of = |shape: &Shape| others.iter().filter(|(of, _)| *of == shape).map(|(_, off)| *off).collect::<Vec<f64>>();
    let medians: Vec<f64> = shapes.iter().map(|shape| median(of(shape))).collect();
    let count = medians.len() as f64;
    let middle = median(medians.clone());
    let spread = spread(&medians, middle).max(prior.sigma);
    let weight = prior.sigma * prior.sigma * count / (prior.sigma * prior.sigma * count + spread * spread);
    let margin = prior.margin as f64;
    let narrowed = (margin / (1.0 + count).sqrt()).max(margin / 2.0).max(2.0 * (spread - prior.sigma));
    let margin = if itself && count < 2.0 { margin } else { narrowed };
    let lacking = middle.abs() * (1.0 - weight) + prior.rounding as f64;
    let margin = whole(margin.max(lacking)).unsigned_abs();
    Some(Corrected { shift: whole(middle * weight), margin, runs: 0, related: others.len() as u64 })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match (values.len() % 2, middle.checked_sub(1).and_then(|below| values.get(below)), values.get(middle)) {
        (0, Some(low), Some(high)) => f64::midpoint(*low, *high),
        (_, _, Some(value)) => *value,
        _ => 0.0,
    }
}

/// A standard deviation by the median absolute deviation, 0 for one value (the factor is that of the normal law).
fn spread(values: &[f64], middle: f64) -> f64 {
    1.4826 * median(values.iter().map(|value| (value - middle).abs()).collect())
}

/// Whole bytes.
fn whole(bytes: f64) -> i64 {
    bytes as i64
}
