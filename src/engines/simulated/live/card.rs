//! Memory taken from the simulated card, where one is named by the environment.

use crate::base::units::MIB;
use crate::base::{Bytes, Problem};
use crate::engines::simulated::logs::Failure;
use crate::engines::simulated::memory::CardMemory;
use crate::gpu::live::{Claim, ClaimError, SIM_CARD_ENV, SimCard};
use std::sync::Mutex;

/// The card of this process; absent where the environment names none.
#[derive(Debug, Clone)]
pub struct Card {
    card: Option<SimCard>,
    index: u32,
}

impl Card {
    /// The card that the environment names.
    ///
    /// # Errors
    /// When the folder it names holds no card.
    pub fn from_env() -> Result<Self, Problem> {
        let dir = std::env::var_os(SIM_CARD_ENV).filter(|dir| !dir.is_empty());
        let card = dir.map(|dir| SimCard::open(std::path::Path::new(&dir))).transpose()?;
        let visible = std::env::var("CUDA_VISIBLE_DEVICES").ok();
        let index = visible.and_then(|list| list.split(',').next()?.trim().parse().ok()).unwrap_or(0);
        Ok(Self { card, index })
    }

    /// Its memory now.
    pub fn memory(&self) -> Option<CardMemory> {
        let memory = self.card.as_ref()?.memory(self.index)?;
        // As CUDA tells it: without what the driver keeps for itself.
        let kept = memory.reserved.unwrap_or(Bytes(0));
        Some(CardMemory { total: memory.total.minus(kept), free: memory.free })
    }

    /// A holding of nothing yet, under the name the card's list of processes shows.
    ///
    /// # Errors
    /// When there is no such card.
    pub fn hold(&self, name: &str) -> Result<Holding, Problem> {
        let claim = self.card.as_ref().map(|card| Claim::new(card, name, self.index)).transpose()?;
        Ok(Holding(Mutex::new(claim)))
    }
}

/// Memory held; dropping it gives it back.
#[derive(Debug)]
pub struct Holding(Mutex<Option<Claim>>);

impl Holding {
    /// Holds `more` on top of what is held.
    ///
    /// # Errors
    /// When the card has not that much.
    pub fn grow(&self, more: Bytes) -> Result<(), Failure> {
        let mut held = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let Some(claim) = held.as_mut() else { return Ok(()) };
        match claim.set(claim.held() + more) {
            Ok(()) => Ok(()),
            Err(ClaimError::OutOfMemory { asked, free }) => Err(Failure::Full(asked.0 / MIB, free.0 / MIB)),
            Err(ClaimError::Broken(_)) => Err(Failure::Full(more.0 / MIB, 0)),
        }
    }

    /// Whether it computes now. A card that cannot be told is left alone: only its gauges would follow.
    pub fn busy(&self, busy: bool) {
        let mut held = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(claim) = held.as_mut() {
            let _ = claim.set_busy(busy);
        }
    }
}
