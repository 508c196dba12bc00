//! A value that may be unknown, and then says why.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Why a value is not known. Drawn as such; never replaced by zero.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unknown {
    /// One short clause, for example "not supported by this card".
    pub why: Cow<'static, str>,
}

impl Unknown {
    /// An unknown with its reason.
    pub fn because(why: impl Into<Cow<'static, str>>) -> Self {
        Self { why: why.into() }
    }
}

impl std::fmt::Display for Unknown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.why)
    }
}

/// A reading: the value, or the reason why there is none.
pub type Reading<T> = Result<T, Unknown>;
