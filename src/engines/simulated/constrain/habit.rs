//! The model's habits in JSON: short strings, short numbers, few items, little nesting. Only a leaning among what the
//! rule allows, never a rule itself.

/// Where in a JSON text the answer is.
#[derive(Debug, Clone, Default)]
pub struct Habit {
    in_string: bool,
    escaped: bool,
    /// Tokens since the string began.
    string_tokens: i32,
    /// Digits since the number began.
    digits: i32,
    depth: i32,
    items: i32,
    just_opened: bool,
}

impl Habit {
    /// What every allowed token has at least: the model of prose knows little of brackets and of how strings begin.
    pub fn floor(&self) -> f32 {
        match (self.in_string, self.string_tokens) {
            (false, _) => 1e-3,
            (true, 0) => 1e-5,
            (true, _) => 1e-6,
        }
    }

    /// Notes the bytes of a token.
    pub fn take(&mut self, bytes: &[u8]) {
        self.string_tokens += 1;
        for &byte in bytes {
            self.note(byte);
        }
    }

    fn note(&mut self, byte: u8) {
        if self.in_string {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_string = false,
                _ => {}
            }
            return;
        }
        self.just_opened = matches!(byte, b'{' | b'[');
        self.digits = if byte.is_ascii_digit() { self.digits + 1 } else { 0 };
        match byte {
            b'"' => (self.in_string, self.string_tokens) = (true, 0),
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth -= 1,
            b',' => self.items += 1,
            _ => {}
        }
    }

    /// How much likelier or less likely a token of these bytes becomes.
    pub fn lean(&self, bytes: &[u8]) -> f32 {
        let Some(&first) = bytes.first() else { return 1.0 };
        if self.in_string { self.lean_in_string(first, bytes) } else { self.lean_outside(first) }
    }

    fn lean_in_string(&self, first: u8, bytes: &[u8]) -> f32 {
        if bytes.contains(&b'"') {
            return if self.string_tokens == 0 {
                0.05
            } else {
                2.0 * (1.2 * self.string_tokens as f32).min(40.0).exp()
            };
        }
        let odd = |b: &u8| b.is_ascii_punctuation() && !matches!(b, b'-' | b'\'' | b'.');
        match first {
            b'\\' => 1e-4,
            byte if byte.is_ascii_control() || !byte.is_ascii() => 1e-4,
            byte if self.string_tokens == 0 && !byte.is_ascii_alphanumeric() => 1e-6,
            _ if bytes.iter().any(odd) => 1e-3,
            _ => 1.0,
        }
    }

    fn lean_outside(&self, first: u8) -> f32 {
        match first {
            b'}' | b']' if self.just_opened => 0.5,
            b'}' => 3e4,
            b']' => 4.0 * (1.5 * self.items as f32 + self.depth as f32).min(40.0).exp(),
            b'{' | b'[' => 0.2f32.powi(self.depth.max(0)),
            b'0'..=b'9' => 0.05f32.powi(self.digits.max(0)),
            b'-' | b'.' | b'e' | b'E' | b'+' => 1e-3,
            _ => 1.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leans_towards_an_end() {
        let after = |text: &str| {
            let mut habit = Habit::default();
            text.as_bytes().chunks(3).for_each(|piece| habit.take(piece));
            habit
        };
        let long = after("{\"a\": \"many words in this string here");
        let short = after("{\"a\": \"");
        assert!(long.lean(b"\"") > short.lean(b"\"") && long.lean(b"\"") > 100.0 * long.lean(b"word"));
        assert!(after("[1, 2, 3").lean(b"]") > after("[1").lean(b"]"));
        assert!(after("[123").lean(b"4") < after("[").lean(b"4"));
        assert!(after("\"a\\\"b").in_string && !after("\"a\\\\\"").in_string);
    }
}
