//! What the stand-in answers. Each line of its file is `key value`; `1.key value` is for card 1 alone, `0/2.key value`
//! for MIG instance 2 of card 0. Memory is in MiB, power in mW. Special lines:
//! `proc PID MIB` and `gproc PID MIB` (compute and graphics; `PID -` hides the bytes), `pname PID NAME`,
//! `fail KEY CODE` (the query of that key answers this NVML code), `fail all CODE`. Without a file: defaults.

use std::ffi::{c_char, c_uint, c_void};
use std::sync::atomic::{AtomicBool, Ordering};

static UP: AtomicBool = AtomicBool::new(false);

pub fn up(up: bool) {
    UP.store(up, Ordering::SeqCst);
}

/// One card, a MIG instance of it, or the whole library (null handle), with the lines of the file.
pub struct Card {
    /// `None` for the library as a whole, to which only plain lines speak.
    index: Option<usize>,
    instance: Option<usize>,
    lines: Vec<Vec<String>>,
}

impl Card {
    /// A handle is the card's number plus one, and its instance's number plus one in thousands.
    pub fn of(handle: *mut c_void) -> Self {
        let code = handle.addr();
        let file = std::env::var_os("NVML_STANDIN_FILE").and_then(|path| std::fs::read_to_string(path).ok());
        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect();
        Self {
            index: (code % 1000).checked_sub(1),
            instance: (code / 1000).checked_sub(1),
            lines: file.unwrap_or_default().lines().map(words).collect(),
        }
    }

    pub fn by_index(index: c_uint) -> Result<*mut c_void, c_uint> {
        let all = Self::of(std::ptr::null_mut());
        if u64::from(index) >= all.number("cards", 1)? {
            return Err(2);
        }
        all.fails(&format!("handle{index}"))?;
        Ok(std::ptr::without_provenance_mut(index as usize + 1))
    }

    /// Places listed under `migs` but named in `empty` hold no instance.
    pub fn instance(&self, place: c_uint) -> Result<*mut c_void, c_uint> {
        let full = u64::from(place) < self.number("migs", 0)? && self.word("empty", "")? != place.to_string();
        if full {
            Ok(std::ptr::without_provenance_mut((place as usize + 1) * 1000 + self.number_of() + 1))
        } else {
            Err(6)
        }
    }

    fn number_of(&self) -> usize {
        self.index.unwrap_or(0)
    }

    pub fn uuid(&self) -> String {
        match self.instance {
            None => format!("GPU-00000000-0000-0000-0000-{:012}", self.number_of()),
            Some(instance) => format!("MIG-00000000-0000-0000-{instance:04}-{:012}", self.number_of()),
        }
    }

    /// The lines that speak to this card: their words, without the prefix.
    fn said(&self, key: &str) -> impl Iterator<Item = &[String]> {
        let own = match (self.index, self.instance) {
            (None, _) => key.to_owned(),
            (Some(card), None) => format!("{card}.{key}"),
            (Some(card), Some(instance)) => format!("{card}/{instance}.{key}"),
        };
        let plain = key.to_owned();
        self.lines
            .iter()
            .filter(move |line| line.first().is_some_and(|word| *word == own || *word == plain))
            .map(|line| &line[1..])
    }

    pub fn has(&self, key: &str) -> bool {
        self.instance.is_none() && self.said(key).next().is_some()
    }

    /// Not initialised, or a failure asked for.
    pub fn fails(&self, key: &str) -> Result<(), c_uint> {
        if !UP.load(Ordering::SeqCst) {
            return Err(1);
        }
        let asked = self.said("fail").find(|words| words.first().is_some_and(|word| word == key || word == "all"));
        match asked.and_then(|words| words.get(1)?.parse().ok()) {
            Some(code) => Err(code),
            None => Ok(()),
        }
    }

    pub fn word(&self, key: &str, default: &str) -> Result<String, c_uint> {
        self.fails(key)?;
        Ok(self.said(key).last().map_or_else(|| default.to_owned(), |words| words.join(" ")))
    }

    pub fn number(&self, key: &str, default: u64) -> Result<u64, c_uint> {
        self.fails(key)?;
        Ok(self.said(key).last().and_then(|words| words.first()?.parse().ok()).unwrap_or(default))
    }

    /// Id and bytes of each process; all ones where the bytes are hidden.
    pub fn processes(&self, key: &str) -> Result<Vec<(c_uint, u64)>, c_uint> {
        self.fails(key)?;
        let one = |words: &[String]| {
            let used = words.get(1)?;
            let bytes = if used == "-" { u64::MAX } else { used.parse::<u64>().ok()? << 20 };
            Some((words.first()?.parse().ok()?, bytes))
        };
        Ok(self.said(key).filter_map(one).collect())
    }
}

/// A process's name by `pname`; code 6 (not found) for others.
pub fn named_process(pid: c_uint) -> Result<String, c_uint> {
    let all = Card::of(std::ptr::null_mut());
    all.fails("pname")?;
    let pid = pid.to_string();
    all.said("pname").find(|words| words.first() == Some(&pid)).map(|words| words[1..].join(" ")).ok_or(6)
}

/// Writes a value through the caller's pointer, or answers the code.
pub fn put<T>(out: *mut T, value: Result<T, c_uint>) -> c_uint {
    match value {
        // SAFETY: NVML's callers pass a pointer to a value of this type.
        Ok(value) => unsafe {
            out.write(value);
            0
        },
        Err(code) => code,
    }
}

/// Writes a C string; code 7 where it does not fit.
pub fn text(out: *mut c_char, size: c_uint, value: Result<String, c_uint>) -> c_uint {
    match value {
        Err(code) => code,
        Ok(text) if text.len() >= size as usize => 7,
        // SAFETY: the caller gives `size` bytes; text and its ending zero fit.
        Ok(text) => unsafe {
            std::ptr::copy_nonoverlapping(text.as_ptr().cast(), out, text.len());
            out.add(text.len()).write(0);
            0
        },
    }
}
