//! Little-endian numbers and texts out of a stream, counted.

use super::Broken;
use std::io::{self, Read};

/// A stream and how far it was read.
pub(super) struct Source<R> {
    from: R,
    /// Bytes read so far.
    pub at: u64,
}

impl<R: Read> Source<R> {
    pub fn new(from: R) -> Self {
        Self { from, at: 0 }
    }

    pub fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Broken> {
        let mut bytes = [0; N];
        self.from.read_exact(&mut bytes).map_err(|_| Broken::Short)?;
        self.at = self.at.saturating_add(N as u64);
        if self.at > HEAD {
            return Err(Broken::Head(format!("it is longer than {HEAD} bytes")));
        }
        Ok(bytes)
    }

    pub fn u32(&mut self) -> Result<u32, Broken> {
        Ok(u32::from_le_bytes(self.bytes()?))
    }

    pub fn u64(&mut self) -> Result<u64, Broken> {
        Ok(u64::from_le_bytes(self.bytes()?))
    }

    /// Passes over `count` bytes without keeping them.
    pub fn skip(&mut self, count: u64) -> Result<(), Broken> {
        if self.at.saturating_add(count) > HEAD {
            return Err(Broken::Head(format!("it is longer than {HEAD} bytes")));
        }
        let skipped = io::copy(&mut (&mut self.from).take(count), &mut io::sink()).map_err(|_| Broken::Short)?;
        self.at = self.at.saturating_add(skipped);
        if skipped == count { Ok(()) } else { Err(Broken::Short) }
    }

    /// A text of which at most `keep` bytes are kept; the rest is passed over.
    pub fn text(&mut self, keep: u64) -> Result<String, Broken> {
        let len = self.u64()?;
        if len > LONGEST {
            return Err(Broken::Head(format!("a text of {len} bytes")));
        }
        let wanted = len.min(keep);
        let mut bytes = Vec::new();
        let read = (&mut self.from).take(wanted).read_to_end(&mut bytes).map_err(|_| Broken::Short)? as u64;
        self.at = self.at.saturating_add(read);
        if read < wanted {
            return Err(Broken::Short);
        }
        self.skip(len - wanted)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// The longest head that is believed, bytes: vocabularies take some tens of MiB. Holes in a file cost nothing, to read them
/// does.
const HEAD: u64 = 1 << 30;
/// The longest text that is believed, bytes; chat templates have tens of thousands.
const LONGEST: u64 = 1 << 28;
