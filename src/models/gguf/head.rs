//! The head: keys with their values, and the list of tensors.

use super::Broken;
use super::bytes::Source;
use super::kinds::TensorType;
use std::collections::BTreeMap;
use std::io::Read;

/// A value of the head, as far as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A whole number or a truth value; negative ones are not kept.
    Number(u64),
    /// A number with a fraction.
    Real(f64),
    /// A text, its first 256 bytes.
    Text(String),
    /// A list of whole numbers or truth values, at most 4,096 of them; negative ones read 0.
    List(Vec<u64>),
    /// Any other list: only how many values it has.
    Count(u64),
    /// A value that is of no use here.
    Other,
}

/// One tensor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tensor {
    /// Its name, for example `blk.0.attn_q.weight`.
    pub name: String,
    /// Elements per dimension, the innermost first; missing dimensions are 1.
    pub dims: [u64; 4],
    /// How its numbers are stored, in ggml's numbering.
    pub kind: TensorType,
    /// Where it begins, bytes behind the head.
    pub offset: u64,
}

impl Tensor {
    /// Elements.
    pub fn elements(&self) -> u64 {
        self.dims.iter().fold(1, |all, dim| all.saturating_mul(*dim))
    }

    /// Bytes in the file, `None` where the type is not known.
    pub fn bytes(&self) -> Option<u64> {
        self.kind.bytes(self.elements())
    }
}

/// What the head says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Gguf {
    /// `general.architecture`.
    pub architecture: Option<String>,
    /// `ARCH.context_length`, tokens.
    pub context: Option<u64>,
    /// Bytes that the head and the tensors' offsets need at the least.
    pub least_bytes: u64,
    /// Keys and values; lists and texts shortened.
    pub keys: BTreeMap<String, Value>,
    /// Tensors in the order of the file.
    pub tensors: Vec<Tensor>,
}

impl Gguf {
    /// A whole number by its full name.
    pub fn number(&self, key: &str) -> Option<u64> {
        match self.keys.get(key)? {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// A text by its full name.
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.keys.get(key)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// How many values a list has, by its full name.
    pub fn length(&self, key: &str) -> Option<u64> {
        match self.keys.get(key)? {
            Value::List(list) => Some(list.len() as u64),
            Value::Count(count) => Some(*count),
            _ => None,
        }
    }
}

/// The most tensors that are believed; the largest published models have some thousands.
const TENSORS: u64 = 1 << 17;
/// The most keys that are believed.
const KEYS: u64 = 1 << 16;
/// The most values of a list that are believed.
const VALUES: u64 = 1 << 28;
/// The most numbers of a list that are kept.
const KEPT: u64 = 4096;
/// The most numbers that are kept of all lists together.
const KEPT_IN_ALL: u64 = 1 << 18;

/// Reads the head. Memory stays below some tens of MiB whatever the file says.
///
/// # Errors
/// What is wrong with the file.
pub fn read(from: impl Read) -> Result<Gguf, Broken> {
    let mut source = Source::new(from);
    let (tensors, keys) = opening(&mut source)?;
    let mut head = Gguf::default();
    let mut room = KEPT_IN_ALL;
    for _ in 0..keys {
        let key = source.text(128)?;
        let kind = source.u32()?;
        let kept = value(&mut source, kind, &mut room)?;
        head.keys.insert(key, kept);
    }
    head.architecture = head.text("general.architecture").map(str::to_owned);
    head.context = head.architecture.as_deref().and_then(|arch| head.number(&format!("{arch}.context_length")));
    for _ in 0..tensors {
        head.tensors.push(tensor(&mut source)?);
    }
    let alignment = head.number("general.alignment").unwrap_or(32).max(1);
    let start = source.at.div_ceil(alignment).saturating_mul(alignment);
    let ends = head.tensors.iter().map(|t| t.offset.saturating_add(t.bytes().unwrap_or(1)));
    head.least_bytes = start.saturating_add(ends.max().unwrap_or(0));
    Ok(head)
}

/// Reads what every file begins with, up to its first key: how many tensors and keys it says it has.
pub(super) fn opening<R: Read>(source: &mut Source<R>) -> Result<(u64, u64), Broken> {
    let magic: [u8; 4] = source.bytes().map_err(|_| Broken::Magic)?;
    if &magic != b"GGUF" {
        return Err(Broken::Magic);
    }
    let version = source.u32()?;
    if (1..=255).contains(&version.swap_bytes()) {
        return Err(Broken::BigEndian);
    }
    if !(2..=3).contains(&version) {
        return Err(Broken::Head(format!("version {version} is not known")));
    }
    let (tensors, keys) = (source.u64()?, source.u64()?);
    if tensors > TENSORS || keys > KEYS {
        return Err(Broken::Head(format!("{tensors} tensors, {keys} keys")));
    }
    Ok((tensors, keys))
}

/// The opening of a list: the type of its values, and how many there are.
pub(super) fn opening_of_list<R: Read>(source: &mut Source<R>) -> Result<(u32, u64), Broken> {
    let (kind, count) = (source.u32()?, source.u64()?);
    if count > VALUES { Err(Broken::Head(format!("a list of {count} values"))) } else { Ok((kind, count)) }
}

/// The bytes of a value of a type (the format's numbering) whose values all take the same.
pub(super) fn width(kind: u32) -> Result<u64, Broken> {
    Ok(match kind {
        0 | 1 | 7 => 1,
        2 | 3 => 2,
        4..=6 => 4,
        10..=12 => 8,
        other => return Err(Broken::Head(format!("a value of the unknown type {other}"))),
    })
}

/// A value of a type (the format's numbering).
fn value<R: Read>(source: &mut Source<R>, kind: u32, room: &mut u64) -> Result<Value, Broken> {
    Ok(match kind {
        6 => Value::Real(f64::from(f32::from_le_bytes(source.bytes()?))),
        8 => Value::Text(source.text(256)?),
        9 => list(source, room)?,
        12 => Value::Real(f64::from_le_bytes(source.bytes()?)),
        _ => whole(source, kind)?.map_or(Value::Other, Value::Number),
    })
}

/// A whole number or truth value, `None` when it is below zero.
fn whole<R: Read>(source: &mut Source<R>, kind: u32) -> Result<Option<u64>, Broken> {
    Ok(match kind {
        0 | 7 => Some(u64::from(source.bytes::<1>()?[0])),
        1 => u64::try_from(i8::from_le_bytes(source.bytes()?)).ok(),
        2 => Some(u64::from(u16::from_le_bytes(source.bytes()?))),
        3 => u64::try_from(i16::from_le_bytes(source.bytes()?)).ok(),
        4 => Some(u64::from(source.u32()?)),
        5 => u64::try_from(i32::from_le_bytes(source.bytes()?)).ok(),
        10 => Some(source.u64()?),
        11 => u64::try_from(i64::from_le_bytes(source.bytes()?)).ok(),
        other => return Err(Broken::Head(format!("a value of the unknown type {other}"))),
    })
}

fn list<R: Read>(source: &mut Source<R>, room: &mut u64) -> Result<Value, Broken> {
    let (kind, count) = opening_of_list(source)?;
    let size = if kind == 8 { 0 } else { width(kind)? };
    if kind == 8 {
        for _ in 0..count {
            source.text(0)?;
        }
        return Ok(Value::Count(count));
    }
    if count > KEPT.min(*room) || matches!(kind, 6 | 12) {
        source.skip(count.saturating_mul(size))?;
        return Ok(Value::Count(count));
    }
    *room -= count;
    let mut kept = Vec::new();
    for _ in 0..count {
        kept.push(whole(source, kind)?.unwrap_or(0));
    }
    Ok(Value::List(kept))
}

fn tensor<R: Read>(source: &mut Source<R>) -> Result<Tensor, Broken> {
    let name = source.text(128)?;
    let count = source.u32()?;
    let mut dims = [1; 4];
    if count as usize > dims.len() {
        return Err(Broken::Head(format!("a tensor of {count} dimensions")));
    }
    for dim in dims.iter_mut().take(count as usize) {
        *dim = source.u64()?;
    }
    Ok(Tensor { name, dims, kind: TensorType(source.u32()?), offset: source.u64()? })
}
