//! Lists of numbers read straight into place: a document of millions of numbers is never held as a tree of values.

use super::{MOST_DIMENSIONS, MOST_TEXTS};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, SeqAccess, Visitor};
use std::fmt::{self, Formatter};
use std::marker::PhantomData;

/// Most rows of a list of lists: tokens of a text.
const MOST_ROWS: usize = 131_072;

/// A number; what is none (`null`, a text) is NaN.
#[derive(Debug, Clone, Copy)]
pub(super) struct Number(pub(super) f64);

/// A list of numbers, or a list of such lists.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Table {
    /// The rows; a flat list is one.
    pub(super) rows: Vec<Vec<f32>>,
    /// Whether it was a list of lists.
    pub(super) nested: bool,
}

/// A list that is read only so far as it is not longer than the most texts of a request.
#[derive(Debug)]
pub(super) struct Entries<T>(pub(super) Vec<T>);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match from.deserialize_any(Item)? {
            Found::Number(number) => Ok(Self(number)),
            Found::Row(_) => Ok(Self(f64::NAN)),
        }
    }
}

enum Found {
    Number(f64),
    Row(Vec<f32>),
}

/// Reads one item of a list: a number, or a list of numbers.
struct Item;

impl<'de> Visitor<'de> for Item {
    type Value = Found;

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("a number or a list of numbers")
    }

    fn visit_f64<E>(self, number: f64) -> Result<Found, E> {
        Ok(Found::Number(number))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Found, E> {
        Ok(Found::Number(number as f64))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Found, E> {
        Ok(Found::Number(number as f64))
    }

    fn visit_unit<E>(self) -> Result<Found, E> {
        Ok(Found::Number(f64::NAN))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Found, E> {
        Ok(Found::Number(f64::NAN))
    }

    fn visit_str<E>(self, _: &str) -> Result<Found, E> {
        Ok(Found::Number(f64::NAN))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Found, A::Error> {
        let mut row = Vec::new();
        while let Some(Flat(number)) = list.next_element()? {
            if row.len() == MOST_DIMENSIONS {
                return Err(too_long());
            }
            row.push(number);
        }
        Ok(Found::Row(row))
    }
}

/// A number of a row; a list is none.
struct Flat(f32);

impl<'de> Deserialize<'de> for Flat {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Only;
        impl<'de> Visitor<'de> for Only {
            type Value = f32;

            fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
                f.write_str("a number")
            }

            fn visit_f64<E>(self, number: f64) -> Result<f32, E> {
                Ok(number as f32)
            }

            fn visit_i64<E>(self, number: i64) -> Result<f32, E> {
                Ok(number as f32)
            }

            fn visit_u64<E>(self, number: u64) -> Result<f32, E> {
                Ok(number as f32)
            }

            fn visit_unit<E>(self) -> Result<f32, E> {
                Ok(f32::NAN)
            }

            fn visit_str<E>(self, _: &str) -> Result<f32, E> {
                Ok(f32::NAN)
            }
        }
        from.deserialize_any(Only).map(Self)
    }
}

impl<'de> Deserialize<'de> for Table {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Whole;
        impl<'de> Visitor<'de> for Whole {
            type Value = Table;

            fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
                f.write_str("a list of numbers, a list of such lists, or numbers in Base64")
            }

            fn visit_unit<E>(self) -> Result<Table, E> {
                Ok(Table::default())
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Table, E> {
                let row = packed(text).map_err(E::custom)?;
                Ok(Table { rows: vec![row], nested: false })
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Table, A::Error> {
                let (mut flat, mut rows) = (Vec::new(), Vec::new());
                while let Some(Read(found)) = list.next_element()? {
                    match found {
                        Found::Number(number) if flat.len() < MOST_DIMENSIONS => flat.push(number as f32),
                        Found::Number(_) => return Err(too_long()),
                        Found::Row(row) if rows.len() < MOST_ROWS => rows.push(row),
                        Found::Row(_) => return Err(A::Error::custom(format!("a list of more than {MOST_ROWS} rows"))),
                    }
                }
                match (flat.is_empty(), rows.is_empty()) {
                    (false, false) => Err(A::Error::custom("numbers and lists stand in one list")),
                    (_, true) => Ok(Table { rows: vec![flat], nested: false }),
                    (true, false) => Ok(Table { rows, nested: true }),
                }
            }
        }
        from.deserialize_any(Whole)
    }
}

struct Read(Found);

impl<'de> Deserialize<'de> for Read {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Item).map(Self)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Each<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Each<T> {
            type Value = Vec<T>;

            fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
                f.write_str("a list of results")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
                let mut all = Vec::new();
                while all.len() < MOST_TEXTS {
                    match list.next_element()? {
                        Some(entry) => all.push(entry),
                        None => return Ok(all),
                    }
                }
                match list.next_element::<IgnoredAny>()? {
                    Some(_) => Err(A::Error::custom(format!("more than {MOST_TEXTS} results"))),
                    None => Ok(all),
                }
            }
        }
        from.deserialize_seq(Each(PhantomData)).map(Self)
    }
}

fn too_long<E: Error>() -> E {
    E::custom(format!("a list of more than {MOST_DIMENSIONS} numbers"))
}

/// Numbers of 32 bits, the low byte first, in Base64.
fn packed(text: &str) -> Result<Vec<f32>, String> {
    if text.len() > MOST_DIMENSIONS * 6 {
        return Err(format!("a list of more than {MOST_DIMENSIONS} numbers"));
    }
    let bytes = STANDARD.decode(text).map_err(|error| format!("its numbers in Base64 cannot be read: {error}"))?;
    let (numbers, rest) = bytes.as_chunks::<4>();
    if !rest.is_empty() {
        return Err(format!("{} bytes in Base64 are no list of numbers of 4 bytes", bytes.len()));
    }
    Ok(numbers.iter().map(|four| f32::from_le_bytes(*four)).collect())
}
