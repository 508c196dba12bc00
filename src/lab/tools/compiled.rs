//! A format made ready for the search: all its markers in one scanner, and what each of them does.

use super::body::Form;
use super::format::Format;
use super::marks::Marks;
use crate::base::Problem;

/// What a marker does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Does {
    ThinkOpen,
    ThinkClose,
    /// Nothing: it is no text.
    Drop,
    /// Ends a channel.
    Reset,
    /// Begins a call of the form of this number.
    Call(usize),
}

/// A format that is ready for use.
#[derive(Debug, Clone)]
pub struct Compiled {
    pub(super) name: String,
    pub(super) marks: Marks,
    pub(super) does: Vec<Does>,
    pub(super) forms: Vec<Form>,
    pub(super) between: Vec<u8>,
    pub(super) at_start: bool,
}

impl Compiled {
    /// Makes a format ready.
    ///
    /// # Errors
    /// When its markers are too many to be searched for.
    pub fn new(format: &Format) -> Result<Self, Problem> {
        let thinks = format.think.iter();
        let calls = format.call.iter().enumerate();
        let all = calls
            .flat_map(|(at, call)| call.open.iter().map(move |open| (open, Does::Call(at))))
            .chain(thinks.clone().map(|think| (&think.open, Does::ThinkOpen)))
            .chain(thinks.map(|think| (&think.close, Does::ThinkClose)))
            .chain(format.resets.iter().map(|marker| (marker, Does::Reset)))
            .chain(format.markers.iter().map(|marker| (marker, Does::Drop)));
        let (texts, does): (Vec<&String>, Vec<Does>) = all.filter(|(text, _)| !text.is_empty()).unzip();
        let marks = Marks::new(&texts).ok_or_else(|| {
            Problem::usage(
                "the format cannot be used",
                format!("{} has too many markers", format.name),
                "describe fewer",
            )
        })?;
        Ok(Self {
            name: format.name.clone(),
            marks,
            does,
            forms: format.call.iter().map(Form::new).collect(),
            between: format.between.clone().into_bytes(),
            at_start: format.at_start,
        })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn is_bare(&self, form: usize) -> bool {
        self.forms.get(form).is_some_and(|form| form.spec.bare)
    }
}
