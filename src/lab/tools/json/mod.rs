//! JSON as it arrives: where a value ends, what its members are, and its value.

mod members;
mod scan;
mod value;

pub(super) use members::{Member, members};
pub(super) use scan::{Progress, Scanner};
pub(super) use value::{is_string, object, read, string};
