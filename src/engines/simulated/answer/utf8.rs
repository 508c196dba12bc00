//! Bytes to text: a character is held back until it is whole; what cannot become one is shown as `U+FFFD`.

/// Bytes that are not yet a whole character.
#[derive(Debug, Clone, Default)]
pub struct Utf8(Vec<u8>);

impl Utf8 {
    /// Adds bytes and gives the text that is whole now.
    pub fn push(&mut self, bytes: &[u8]) -> String {
        self.0.extend_from_slice(bytes);
        let mut out = String::new();
        loop {
            match std::str::from_utf8(&self.0) {
                Ok(text) => {
                    out.push_str(text);
                    self.0.clear();
                    return out;
                }
                Err(error) => {
                    let good = error.valid_up_to();
                    out.push_str(&String::from_utf8_lossy(&self.0[..good]));
                    match error.error_len() {
                        Some(bad) => {
                            out.push('\u{fffd}');
                            self.0.drain(..good + bad);
                        }
                        None => {
                            self.0.drain(..good);
                            return out;
                        }
                    }
                }
            }
        }
    }

    /// What is left over at the end.
    pub fn finish(&mut self) -> String {
        let rest = std::mem::take(&mut self.0);
        String::from_utf8_lossy(&rest).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_cut_gives_the_same_text(bytes in proptest::collection::vec(any::<u8>(), 0..60), cut in 1usize..4) {
            let mut utf8 = Utf8::default();
            let mut out: String = bytes.chunks(cut).map(|piece| utf8.push(piece)).collect();
            out.push_str(&utf8.finish());
            prop_assert_eq!(out, String::from_utf8_lossy(&bytes));
        }
    }
}
