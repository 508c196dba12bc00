//! The header of one file: read from anything, believed only after it was checked.

use super::dtype::bits;
use crate::base::text::{clean_line, fit};
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use std::collections::HashSet;
use std::fmt;
use std::io::Read;

/// The longest header that the format allows, bytes.
pub const HEADER_MOST: u64 = 100_000_000;
/// The most dimensions of a tensor that are believed.
const DIMENSIONS: usize = 64;

/// One tensor of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tensor {
    /// Its name, for example `model.layers.0.mlp.down_proj.weight`.
    pub name: String,
    /// Its dtype as the header spells it.
    pub dtype: String,
    /// Its shape.
    pub shape: Vec<u64>,
    /// Its first byte, counted from the end of the header.
    pub begin: u64,
    /// The byte after its last.
    pub end: u64,
}

impl Tensor {
    /// Bytes that it takes.
    pub fn bytes(&self) -> u64 {
        self.end.saturating_sub(self.begin)
    }
}

/// The header of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Header {
    /// Its tensors, in the order of their bytes.
    pub tensors: Vec<Tensor>,
    /// Bytes of the length field and the header.
    pub head: u64,
}

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// It ends within its header.
    #[error("it ends within its header")]
    Short,
    /// The header's length is absurd.
    #[error("its header would be {0} bytes long, and no header is longer than {HEADER_MOST}")]
    Length(u64),
    /// The header is not what the format says.
    #[error("its header is broken: {0}")]
    Head(String),
    /// The file is shorter or longer than its header says.
    #[error("it should be {should} bytes long and is {is}")]
    Size {
        /// Bytes by the header.
        should: u64,
        /// Bytes that are there.
        is: u64,
    },
}

impl Header {
    /// Reads the head of a file and checks it.
    ///
    /// # Errors
    /// When the file ends too early, or its header breaks the format: no JSON, tensors that overlap, leave holes or
    /// contradict their shape. Numbers are checked without overflow.
    pub fn read(mut from: impl Read) -> Result<Self, Broken> {
        let mut length = [0; 8];
        from.read_exact(&mut length).map_err(|_| Broken::Short)?;
        let length = u64::from_le_bytes(length);
        if length > HEADER_MOST {
            return Err(Broken::Length(length));
        }
        // What is there is read, not what is promised: a short file costs no more than it has.
        let mut json = Vec::new();
        let read = from.take(length).read_to_end(&mut json).map_err(|_| Broken::Short)?;
        if (read as u64) < length {
            return Err(Broken::Short);
        }
        Self::parse(&json)
    }

    /// The header out of its JSON alone, which a ranged request gives.
    ///
    /// # Errors
    /// As [`Header::read`].
    pub fn parse(json: &[u8]) -> Result<Self, Broken> {
        // Engines refuse anything before the brace, even blanks.
        if json.first() != Some(&b'{') {
            return Err(Broken::Head("it does not begin with `{`".to_owned()));
        }
        let mut reader = serde_json::Deserializer::from_slice(json);
        let told = |error: serde_json::Error| Broken::Head(short(&error.to_string()));
        let mut tensors = reader.deserialize_map(Tensors).map_err(told)?;
        reader.end().map_err(told)?;
        tensors.sort_by_key(|tensor| (tensor.begin, tensor.end));
        for tensor in &tensors {
            shape_holds(tensor).map_err(|why| Broken::Head(format!("{}: {why}", short(&tensor.name))))?;
        }
        in_a_row(&tensors)?;
        Ok(Self { tensors, head: (json.len() as u64).saturating_add(8) })
    }

    /// Bytes of all tensors.
    pub fn data(&self) -> u64 {
        self.tensors.last().map_or(0, |last| last.end)
    }

    /// Bytes that the whole file must have.
    pub fn whole(&self) -> u64 {
        self.head.saturating_add(self.data())
    }

    /// Checks the file's size against the header.
    ///
    /// # Errors
    /// When the file is shorter (a download that was cut) or longer.
    pub fn check_size(&self, is: u64) -> Result<(), Broken> {
        let should = self.whole();
        if should == is { Ok(()) } else { Err(Broken::Size { should, is }) }
    }
}

fn short(text: &str) -> String {
    fit(&clean_line(text), 120).into_owned()
}

/// The offsets hold exactly what dtype and shape say.
fn shape_holds(tensor: &Tensor) -> Result<(), String> {
    if tensor.end < tensor.begin {
        return Err(format!("it ends at byte {}, before it begins at {}", tensor.end, tensor.begin));
    }
    let Some(width) = bits(&tensor.dtype) else { return Ok(()) };
    let numbers = tensor.shape.iter().try_fold(1_u64, |all, side| all.checked_mul(*side));
    let all_bits = numbers.and_then(|numbers| numbers.checked_mul(width)).ok_or("its shape is beyond all bounds")?;
    match all_bits {
        all if !all.is_multiple_of(8) => Err("its numbers fill no whole bytes".to_owned()),
        all if all / 8 != tensor.bytes() => {
            Err(format!("its shape needs {} bytes and its offsets give it {}", all / 8, tensor.bytes()))
        }
        _ => Ok(()),
    }
}

/// Tensors in the order of their bytes stand one after the other, from the first byte on.
fn in_a_row(tensors: &[Tensor]) -> Result<(), Broken> {
    let mut at = 0;
    for tensor in tensors {
        let name = || short(&tensor.name);
        if tensor.begin < at {
            return Err(Broken::Head(format!("{} overlaps the tensor before it", name())));
        }
        if tensor.begin > at {
            return Err(Broken::Head(format!("{} bytes before {} belong to no tensor", tensor.begin - at, name())));
        }
        at = tensor.end;
    }
    Ok(())
}

/// The object of tensors, read one by one so that nothing is held twice.
struct Tensors;

impl<'de> Visitor<'de> for Tensors {
    type Value = Vec<Tensor>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of tensors")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        use serde::de::Error;
        let (mut tensors, mut names) = (Vec::new(), HashSet::new());
        while let Some(name) = map.next_key::<String>()? {
            if !names.insert(name.clone()) {
                return Err(A::Error::custom(format!("two entries are named {}", short(&name))));
            }
            if name == "__metadata__" {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let raw: Raw = map.next_value()?;
            if raw.shape.len() > DIMENSIONS {
                return Err(A::Error::custom(format!("{} has {} dimensions", short(&name), raw.shape.len())));
            }
            let [begin, end] = raw.data_offsets;
            tensors.push(Tensor { name, dtype: raw.dtype, shape: raw.shape, begin, end });
        }
        Ok(tensors)
    }
}

#[derive(serde::Deserialize)]
struct Raw {
    dtype: String,
    shape: Vec<u64>,
    data_offsets: [u64; 2],
}
