//! Reads the head of a GGUF file: enough to know that it is one, whether it is whole, and what it was made for.

use std::io::{self, Read};

/// What the head says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Gguf {
    /// `general.architecture`.
    pub architecture: Option<String>,
    /// `ARCH.context_length`, tokens.
    pub context: Option<u64>,
    /// Bytes that the head and the tensors' offsets need at the least.
    pub least_bytes: u64,
}

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// It does not begin with `GGUF`.
    #[error("it does not begin with `GGUF`")]
    Magic,
    /// It ends within its head.
    #[error("it ends within its header")]
    Short,
    /// Its head contradicts itself.
    #[error("its header is broken: {0}")]
    Head(String),
}

/// The longest text or list in a head that is believed.
const MOST: u64 = 1 << 28;

struct Reader<R> {
    from: R,
    at: u64,
}

impl<R: Read> Reader<R> {
    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Broken> {
        let mut bytes = [0; N];
        self.from.read_exact(&mut bytes).map_err(|_| Broken::Short)?;
        self.at += N as u64;
        Ok(bytes)
    }

    fn u32(&mut self) -> Result<u32, Broken> {
        Ok(u32::from_le_bytes(self.bytes()?))
    }

    fn u64(&mut self) -> Result<u64, Broken> {
        Ok(u64::from_le_bytes(self.bytes()?))
    }

    fn skip(&mut self, count: u64) -> Result<(), Broken> {
        let skipped = io::copy(&mut (&mut self.from).take(count), &mut io::sink()).map_err(|_| Broken::Short)?;
        self.at += skipped;
        if skipped == count { Ok(()) } else { Err(Broken::Short) }
    }

    fn text(&mut self) -> Result<String, Broken> {
        let len = self.u64()?;
        if len > MOST {
            return Err(Broken::Head(format!("a text of {len} bytes")));
        }
        let mut bytes = Vec::new();
        let read = (&mut self.from).take(len).read_to_end(&mut bytes).map_err(|_| Broken::Short)?;
        self.at += read as u64;
        if read as u64 == len { Ok(String::from_utf8_lossy(&bytes).into_owned()) } else { Err(Broken::Short) }
    }

    /// A value of a type: as a number or text where it is one.
    fn value(&mut self, kind: u32) -> Result<Value, Broken> {
        Ok(match kind {
            0 | 1 | 7 => Value::Number(u64::from(self.bytes::<1>()?[0])),
            2 | 3 => Value::Number(u64::from(u16::from_le_bytes(self.bytes()?))),
            4 | 5 => Value::Number(u64::from(self.u32()?)),
            6 => {
                self.skip(4)?;
                Value::Other
            }
            8 => Value::Text(self.text()?),
            9 => {
                self.list()?;
                Value::Other
            }
            10 | 11 => Value::Number(self.u64()?),
            12 => {
                self.skip(8)?;
                Value::Other
            }
            other => return Err(Broken::Head(format!("a value of the unknown type {other}"))),
        })
    }

    fn list(&mut self) -> Result<(), Broken> {
        let (kind, count) = (self.u32()?, self.u64()?);
        if count > MOST || kind == 9 {
            return Err(Broken::Head(format!("a list of {count} values of type {kind}")));
        }
        let size = match kind {
            0 | 1 | 7 => 1,
            2 | 3 => 2,
            4..=6 => 4,
            10..=12 => 8,
            _ => 0,
        };
        if size > 0 {
            return self.skip(count * size);
        }
        for _ in 0..count {
            self.value(kind)?;
        }
        Ok(())
    }
}

enum Value {
    Number(u64),
    Text(String),
    Other,
}

/// Reads the head.
///
/// # Errors
/// What is wrong with the file.
pub fn read(from: impl Read) -> Result<Gguf, Broken> {
    let mut reader = Reader { from, at: 0 };
    let magic: [u8; 4] = reader.bytes().map_err(|_| Broken::Magic)?;
    if &magic != b"GGUF" {
        return Err(Broken::Magic);
    }
    let version = reader.u32()?;
    if !(2..=3).contains(&version) {
        return Err(Broken::Head(format!("version {version} is not known")));
    }
    let (tensors, pairs) = (reader.u64()?, reader.u64()?);
    if tensors > MOST || pairs > MOST {
        return Err(Broken::Head(format!("{tensors} tensors, {pairs} keys")));
    }
    let mut found = Gguf::default();
    let mut alignment = 32;
    for _ in 0..pairs {
        let key = reader.text()?;
        let kind = reader.u32()?;
        match (key.as_str(), reader.value(kind)?) {
            ("general.architecture", Value::Text(text)) => found.architecture = Some(text),
            ("general.alignment", Value::Number(number)) => alignment = number.max(1),
            (key, Value::Number(number)) if key.ends_with(".context_length") => found.context = Some(number),
            _ => {}
        }
    }
    let last = tensor_end(&mut reader, tensors)?;
    found.least_bytes = reader.at.next_multiple_of(alignment).saturating_add(last);
    Ok(found)
}

/// The offset behind the last tensor of a type whose size we know, else behind the start of the last tensor.
fn tensor_end<R: Read>(reader: &mut Reader<R>, tensors: u64) -> Result<u64, Broken> {
    let mut end = 0_u64;
    for _ in 0..tensors {
        reader.text()?;
        let dimensions = reader.u32()?;
        if dimensions > 8 {
            return Err(Broken::Head(format!("a tensor of {dimensions} dimensions")));
        }
        let mut elements = 1_u64;
        for _ in 0..dimensions {
            elements = elements.saturating_mul(reader.u64()?);
        }
        let kind = reader.u32()?;
        let offset = reader.u64()?;
        let bytes = block(kind).map_or(1, |(block, bytes)| (elements / block).saturating_mul(bytes));
        end = end.max(offset.saturating_add(bytes));
    }
    Ok(end)
}

/// Elements and bytes of a block of the common tensor types (ggml's numbering).
fn block(kind: u32) -> Option<(u64, u64)> {
    Some(match kind {
        0 => (1, 4),
        1 | 30 => (1, 2),
        2 => (32, 18),
        3 => (32, 20),
        6 => (32, 22),
        7 => (32, 24),
        8 => (32, 34),
        10 => (256, 84),
        11 => (256, 110),
        12 => (256, 144),
        13 => (256, 176),
        14 => (256, 210),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(out: &mut Vec<u8>, text: &str) {
        out.extend((text.len() as u64).to_le_bytes());
        out.extend(text.as_bytes());
    }

    /// A file with one F16 tensor of 4 × 8 elements.
    fn sample() -> Vec<u8> {
        let mut out = b"GGUF".to_vec();
        out.extend(3_u32.to_le_bytes());
        out.extend(1_u64.to_le_bytes());
        out.extend(3_u64.to_le_bytes());
        text(&mut out, "general.architecture");
        out.extend(8_u32.to_le_bytes());
        text(&mut out, "qwen3");
        text(&mut out, "qwen3.context_length");
        out.extend(4_u32.to_le_bytes());
        out.extend(4096_u32.to_le_bytes());
        text(&mut out, "tokens");
        out.extend(9_u32.to_le_bytes());
        out.extend(8_u32.to_le_bytes());
        out.extend(2_u64.to_le_bytes());
        text(&mut out, "a");
        text(&mut out, "b");
        text(&mut out, "weight");
        out.extend(2_u32.to_le_bytes());
        out.extend(4_u64.to_le_bytes());
        out.extend(8_u64.to_le_bytes());
        out.extend(1_u32.to_le_bytes());
        out.extend(0_u64.to_le_bytes());
        let data_at = out.len().next_multiple_of(32);
        out.resize(data_at + 64, 0);
        out
    }

    #[test]
    fn the_head_is_read_and_truncation_seen() {
        let file = sample();
        let read_back = read(file.as_slice()).unwrap();
        assert_eq!(read_back.architecture.as_deref(), Some("qwen3"));
        assert_eq!(read_back.context, Some(4096));
        assert_eq!(read_back.least_bytes, file.len() as u64);
        for cut in 0..file.len() - 64 {
            let cut_off = read(&file[..cut]);
            assert!(cut_off.is_err() || cut_off.unwrap().least_bytes > cut as u64, "{cut}");
        }
        assert_eq!(read(b"hello".as_slice()), Err(Broken::Magic));
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(mut bytes in proptest::collection::vec(any::<u8>(), 0..300), sane in any::<bool>()) {
            if sane {
                let mut head = b"GGUF\x03\0\0\0".to_vec();
                head.append(&mut bytes);
                bytes = head;
            }
            let _ = read(bytes.as_slice());
        }
    }
}
