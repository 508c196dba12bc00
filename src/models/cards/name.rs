//! What of a card's name tells it apart.

/// Words that every card of a kind carries and that tell nothing apart.
const FILLER: [&str; 10] =
    ["nvidia", "geforce", "tesla", "rtx", "gpu", "generation", "edition", "blackwell", "graphics", "card"];

/// A name in telling words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    /// The telling words in one, for example `4060ti`.
    pub word: String,
    /// Memory that the name says, GB.
    pub gigabytes: Option<u64>,
}

impl Key {
    /// The key of a name, however it is written.
    pub fn of(name: &str) -> Self {
        let lower = name.to_ascii_lowercase();
        let mut word = String::new();
        let mut gigabytes = None;
        let mut before = None;
        for part in lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty()) {
            let part = strip(part);
            match memory(part) {
                Some(Memory::Said(n)) => gigabytes = Some(n),
                Some(Memory::Unit) => gigabytes = gigabytes.or(before),
                None if part == "mobile" => word.push_str("laptop"),
                None => word.push_str(part),
            }
            before = part.parse().ok();
            if part == "gb" || part == "gib" {
                // `4060 ti 16 gb`: the number went into the word before its unit was read.
                if let Some(n) = gigabytes {
                    let digits = n.to_string();
                    word.truncate(word.strip_suffix(&digits).map_or(word.len(), str::len));
                }
            }
        }
        Self { word, gigabytes }
    }

    /// The key of a name whose last word is a number of GB without its unit; `None` where it is none.
    pub fn with_bare_number(name: &str) -> Option<Self> {
        let (rest, last) = name.trim_end().rsplit_once(|c: char| !c.is_ascii_alphanumeric())?;
        let gigabytes = last.parse().ok().filter(|n| (1..1000).contains(n))?;
        let key = Self::of(rest);
        key.gigabytes.is_none().then_some(Self { gigabytes: Some(gigabytes), ..key })
    }
}

/// A word without what tells nothing: fillers vanish, and they are cut off the front (`rtx5080`).
fn strip(part: &str) -> &str {
    if FILLER.contains(&part) {
        return "";
    }
    match part.strip_prefix("rtx") {
        Some(rest) if !rest.is_empty() => rest,
        _ => part,
    }
}

/// A word about memory.
enum Memory {
    /// `16gb`.
    Said(u64),
    /// `gb` on its own.
    Unit,
}

/// What a word says about memory.
fn memory(part: &str) -> Option<Memory> {
    let number = part.strip_suffix("gib").or_else(|| part.strip_suffix("gb")).or_else(|| part.strip_suffix('g'))?;
    match number {
        "" => (part != "g").then_some(Memory::Unit),
        digits if digits.len() <= 3 => digits.parse().ok().map(Memory::Said),
        _ => None,
    }
}
