//! The menu of cards: those at hand, those that are known, and one of any size.

use super::State;
use crate::app::field::Field;
use crate::base::units::GIB;
use crate::models::cards::{Spec, known};
use crate::models::fit::Room;

/// What a desktop and the driver are taken to hold of a card that is not there.
pub const RESERVE: u64 = GIB / 2;
/// The largest card that can be stated, GiB.
const LARGEST: f64 = 1024.0;

/// A card that figures are asked for although it is not at hand.
#[derive(Debug, Clone, PartialEq)]
pub struct Stated {
    /// The card.
    pub spec: Spec,
    /// Bytes taken to be held by others.
    pub reserve: u64,
}

impl Stated {
    /// Of a card, with the usual reserve.
    pub fn of(spec: Spec) -> Self {
        Self { spec, reserve: RESERVE }
    }

    /// Its memory.
    pub fn room(&self) -> Room {
        Room { total: self.spec.total, free: Some(self.spec.total.saturating_sub(self.reserve)) }
    }
}

/// The menu.
#[derive(Debug, Clone, Default)]
pub struct Menu {
    /// What was typed: part of a name, or a number of GiB.
    pub typed: Field,
    /// Index among the items.
    pub selected: usize,
    /// First row shown.
    pub offset: usize,
}

/// One line of the menu.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// The card at hand.
    Hand(Spec),
    /// One that is known.
    Known(Spec),
    /// One of any size.
    Custom(Spec),
}

impl Item {
    /// Its card.
    pub fn spec(&self) -> &Spec {
        match self {
            Self::Hand(spec) | Self::Known(spec) | Self::Custom(spec) => spec,
        }
    }
}

/// What the menu lists for what was typed.
pub fn items(state: &State) -> Vec<Item> {
    let typed = state.menu.typed.text().to_lowercase();
    let words: Vec<&str> = typed.split_whitespace().collect();
    let named = |spec: &&Spec| {
        // Cards of one name are told apart by their memory.
        let name = format!("{} {}", spec.name.to_lowercase(), spec.total.div_ceil(GIB));
        let tight: String = name.split_whitespace().collect();
        words.iter().all(|word| name.contains(word) || tight.contains(word))
    };
    let hand = state.hand.as_ref().map(|hand| &hand.spec);
    let mut items: Vec<Item> = custom(&typed).map(Item::Custom).into_iter().collect();
    items.extend(hand.filter(named).cloned().map(Item::Hand));
    items.extend(known().iter().filter(named).cloned().map(Item::Known));
    items
}

/// A card of so many GiB.
fn custom(typed: &str) -> Option<Spec> {
    let number = typed.trim().trim_end_matches("gib").trim_end_matches("gb").trim();
    let gib = number.parse::<f64>().ok().filter(|gib| (0.5..=LARGEST).contains(gib))?;
    let total = crate::base::Bytes::from_gib(gib).0;
    Some(Spec { name: "a stated card".to_owned(), total, bandwidth: None, compute: None, tensor_flops: None })
}

/// Moves through the menu.
pub fn step(state: &mut State, to: impl Fn(usize) -> usize, height: usize) {
    let last = items(state).len().saturating_sub(1);
    let menu = &mut state.menu;
    menu.selected = to(menu.selected).min(last);
    menu.offset = menu.offset.min(menu.selected).max((menu.selected + 1).saturating_sub(height));
}

/// Takes the selected card; tells whether there was one.
pub fn accept(state: &mut State) -> bool {
    let Some(item) = items(state).into_iter().nth(state.menu.selected) else { return false };
    state.stated = match item {
        Item::Hand(_) => None,
        Item::Known(spec) | Item::Custom(spec) => Some(Stated::of(spec)),
    };
    true
}
