//! Two renderings of one conversation held against each other to the first difference.

/// What is shown on each side of a difference, in characters.
const AROUND: usize = 40;

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Tokens by number.
    Token,
    /// Characters.
    Character,
}

impl Unit {
    /// Its word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Character => "character",
        }
    }
}

/// A prompt in its units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequence {
    unit: Unit,
    /// Number and text of each.
    units: Vec<(u32, String)>,
}

/// Where two prompts part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// How many units are the same before it.
    pub at: usize,
    /// The left text around it; `⟦` stands where it begins.
    pub left: String,
    /// The right text around it.
    pub right: String,
}

impl Sequence {
    /// The tokens of a prompt, by number and text.
    pub fn tokens(units: Vec<(u32, String)>) -> Self {
        Self { unit: Unit::Token, units }
    }

    /// The characters of a prompt.
    pub fn characters(prompt: &str) -> Self {
        let units = prompt.chars().map(|c| (u32::from(c), c.to_string())).collect();
        Self { unit: Unit::Character, units }
    }

    /// Of what it is a sequence.
    pub fn unit(&self) -> Unit {
        self.unit
    }

    /// The text before and behind a place.
    fn around(&self, at: usize) -> String {
        let text = |units: &[(u32, String)]| units.iter().map(|(_, text)| text.as_str()).collect::<String>();
        let before = text(self.units.get(..at).unwrap_or_default());
        let skipped = before.chars().count().saturating_sub(AROUND);
        let before: String = before.chars().skip(skipped).collect();
        let behind: String = text(self.units.get(at..).unwrap_or_default()).chars().take(AROUND).collect();
        let lead = if skipped > 0 { "…" } else { "" };
        let end = if behind.is_empty() { "(ends)" } else { "" };
        format!("{lead}{before}⟦{behind}{end}")
    }
}

/// The first difference of two sequences; `None` where they are the same.
pub fn compare(left: &Sequence, right: &Sequence) -> Option<Difference> {
    let same = left.units.iter().zip(&right.units).take_while(|(one, other)| one.0 == other.0).count();
    if same == left.units.len() && same == right.units.len() {
        return None;
    }
    Some(Difference { at: same, left: left.around(same), right: right.around(same) })
}
