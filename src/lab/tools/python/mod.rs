//! Calls as Python writes them: where one ends, and the literals that are its arguments.

mod reader;
mod scan;
mod text;

pub(super) use reader::arguments;
pub(crate) use reader::literal;
pub(super) use scan::Scanner;
