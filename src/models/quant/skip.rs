//! Which modules a quantisation leaves alone.

use super::Quant;

/// The modules that stay 16-bit, ready to be asked many times.
#[derive(Debug, Clone, Default)]
pub struct Skips {
    plain: Vec<String>,
    /// Of a module without its stem.
    globs: Vec<regex::Regex>,
    /// Of a module with any stem.
    patterns: Vec<regex::Regex>,
}

/// Ways in which files spell the stem of the same module.
const STEMS: [&str; 4] = ["model.", "model.language_model.", "language_model.model.", "language_model."];

impl Skips {
    /// Reads the list of `quant`. A pattern that cannot be read skips nothing.
    pub fn of(quant: &Quant) -> Self {
        let mut found = Self::default();
        for entry in &quant.skips {
            match entry.strip_prefix("re:") {
                Some(pattern) => found.patterns.extend(compiled(pattern)),
                None if entry.contains('*') => {
                    let escaped = regex::escape(stem(entry)).replace("\\*", ".*");
                    found.globs.extend(compiled(&format!("^{escaped}")));
                }
                None => found.plain.push(stem(entry).to_owned()),
            }
        }
        found
    }

    /// Whether `module` (without stem, for example `layers.3.mlp.down_proj` or `lm_head`) is left alone.
    pub fn skip(&self, module: &str) -> bool {
        let names = |patterns: &[regex::Regex], name: &str| patterns.iter().any(|pattern| pattern.is_match(name));
        self.plain.iter().any(|entry| inside(module, entry))
            || names(&self.globs, module)
            || names(&self.patterns, module)
            || !self.patterns.is_empty() && STEMS.iter().any(|stem| names(&self.patterns, &format!("{stem}{module}")))
    }
}

/// A pattern of bounded size.
fn compiled(pattern: &str) -> Option<regex::Regex> {
    regex::RegexBuilder::new(pattern).size_limit(1 << 18).build().ok()
}

/// Without the stem that files spell in several ways.
fn stem(entry: &str) -> &str {
    let by_length = ["model.language_model.", "language_model.model.", "language_model.", "model."];
    by_length.iter().find_map(|stem| entry.strip_prefix(stem)).unwrap_or(entry)
}

/// `entry` names `module`, a part above it, or a run of its parts (`gate`, `mlp.gate`).
fn inside(module: &str, entry: &str) -> bool {
    if entry.is_empty() {
        return false;
    }
    module.match_indices(entry).any(|(at, found)| {
        let end = at + found.len();
        let before = module.as_bytes().get(at.wrapping_sub(1)).is_none_or(|byte| *byte == b'.');
        let after = module.as_bytes().get(end).is_none_or(|byte| *byte == b'.') || found.ends_with('.');
        before && after
    })
}
