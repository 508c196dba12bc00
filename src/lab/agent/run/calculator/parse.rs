//! The calculator's reader: it works the value out as it reads.

use super::functions::{apply, constant};

/// Brackets and signs within each other.
const DEPTH: usize = 64;
/// Numbers that a function takes.
const VALUES: usize = 256;

/// The value of a whole text.
pub(super) fn value(text: &str) -> Result<f64, String> {
    let mut reader = Reader { chars: text.chars().collect(), at: 0, depth: 0 };
    let value = reader.sum()?;
    match reader.peek() {
        None => Ok(value),
        Some(c) => Err(reader.expected(&format!("an operator, not {c:?}"))),
    }
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    depth: usize,
}

impl Reader {
    /// The next character that is no white space; it is not taken.
    fn peek(&mut self) -> Option<char> {
        while self.chars.get(self.at).is_some_and(|c| c.is_whitespace()) {
            self.at += 1;
        }
        self.chars.get(self.at).copied()
    }

    fn take(&mut self, wanted: &[char]) -> Option<char> {
        let found = self.peek().filter(|c| wanted.contains(c))?;
        self.at += 1;
        Some(found)
    }

    fn expected(&self, what: &str) -> String {
        format!("at character {}: expected {what}", self.at + 1)
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, String>) -> Result<T, String> {
        if self.depth >= DEPTH {
            return Err(format!("brackets and signs are nested more than {DEPTH} deep"));
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }

    fn sum(&mut self) -> Result<f64, String> {
        let mut left = self.product()?;
        while let Some(sign) = self.take(&['+', '-', '−']) {
            let right = self.product()?;
            left = finite(if sign == '+' { left + right } else { left - right })?;
        }
        Ok(left)
    }

    fn product(&mut self) -> Result<f64, String> {
        let mut left = self.signed()?;
        while let Some(sign) = self.take(&['*', '×', '·', '/', '÷', '%']) {
            let right = self.signed()?;
            left = finite(match sign {
                '/' | '÷' | '%' if right == 0.0 => return Err("division by zero".to_owned()),
                '/' | '÷' => left / right,
                '%' => left % right,
                _ => left * right,
            })?;
        }
        Ok(left)
    }

    fn signed(&mut self) -> Result<f64, String> {
        match self.take(&['+', '-', '−']) {
            Some('+') => self.deeper(Self::signed),
            Some(_) => self.deeper(Self::signed).map(|value| -value),
            None => self.power(),
        }
    }

    fn power(&mut self) -> Result<f64, String> {
        let base = self.atom()?;
        if !self.power_sign() {
            return Ok(base);
        }
        let power = self.deeper(Self::signed)?;
        if base == 0.0 && power < 0.0 {
            return Err("division by zero".to_owned());
        }
        finite(base.powf(power))
    }

    fn power_sign(&mut self) -> bool {
        if self.peek() == Some('*') && self.chars.get(self.at + 1) == Some(&'*') {
            self.at += 2;
            return true;
        }
        self.take(&['^']).is_some()
    }

    fn atom(&mut self) -> Result<f64, String> {
        match self.peek() {
            Some('(') => {
                self.at += 1;
                let value = self.deeper(Self::sum)?;
                self.take(&[')']).map(|_| value).ok_or_else(|| self.expected("a closing bracket"))
            }
            Some(c) if c.is_ascii_digit() || c == '.' => self.number(),
            Some(c) if c.is_alphabetic() => self.name(),
            Some(c) => Err(self.expected(&format!("a number, not {c:?}"))),
            None => Err(self.expected("a number, not the end")),
        }
    }

    /// Digits may be grouped by `_`; a comma separates numbers.
    fn number(&mut self) -> Result<f64, String> {
        let from = self.at;
        let digits = |reader: &mut Self| {
            while reader.chars.get(reader.at).is_some_and(|c| c.is_ascii_digit() || *c == '_') {
                reader.at += 1;
            }
        };
        digits(self);
        if self.chars.get(self.at) == Some(&'.') {
            self.at += 1;
            digits(self);
        }
        if self.chars.get(self.at).is_some_and(|c| matches!(c, 'e' | 'E')) {
            let sign = usize::from(self.chars.get(self.at + 1).is_some_and(|c| matches!(c, '+' | '-')));
            if self.chars.get(self.at + 1 + sign).is_some_and(char::is_ascii_digit) {
                self.at += 1 + sign;
                digits(self);
            }
        }
        let text: String = self.chars.get(from..self.at).into_iter().flatten().filter(|c| **c != '_').collect();
        let value = text.parse::<f64>().map_err(|_| format!("at character {}: {text} is no number", from + 1))?;
        finite(value)
    }

    fn name(&mut self) -> Result<f64, String> {
        let from = self.at;
        while self.chars.get(self.at).is_some_and(|c| c.is_alphanumeric() || *c == '_') {
            self.at += 1;
        }
        let name: String = self.chars.get(from..self.at).unwrap_or_default().iter().collect();
        let name = name.to_lowercase();
        if self.take(&['(']).is_none() {
            return constant(&name).ok_or_else(|| format!("at character {}: {name} is no number", from + 1));
        }
        let values = self.deeper(Self::values)?;
        finite(apply(&name, &values)?)
    }

    fn values(&mut self) -> Result<Vec<f64>, String> {
        let mut out = Vec::new();
        if self.take(&[')']).is_some() {
            return Ok(out);
        }
        loop {
            out.push(self.sum()?);
            if out.len() > VALUES {
                return Err(format!("a function takes at most {VALUES} numbers"));
            }
            match self.take(&[',', ';', ')']) {
                Some(')') => return Ok(out),
                Some(_) => {}
                None => return Err(self.expected("a comma or a closing bracket")),
            }
        }
    }
}

fn finite(value: f64) -> Result<f64, String> {
    match value {
        value if value.is_nan() => Err("the result is no number".to_owned()),
        value if value.is_infinite() => Err("the result is too large".to_owned()),
        value => Ok(value),
    }
}
