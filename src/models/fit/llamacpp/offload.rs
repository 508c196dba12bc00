//! Layers on the card and in RAM, and what that costs.

use super::{CONTEXT, FIT_TARGET, Plan};

/// How layers are split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Split {
    /// Layers wholly on the card, the output among them.
    pub on_card: u64,
    /// All of them.
    pub all: u64,
    /// Bytes of weights on the card.
    pub card: u64,
    /// Bytes of the cache and state on the card.
    pub cache: u64,
    /// Bytes of weights in RAM, beside the embedding that always lies there.
    pub ram: u64,
    /// What of `ram` belongs to routed experts.
    pub experts_in_ram: u64,
    /// Everything but the experts of the other layers is on the card too.
    pub only_experts: bool,
}

impl Plan {
    /// Layers and the output.
    pub(super) fn layers(&self) -> u64 {
        self.weights.layers.len() as u64 + 1
    }

    /// The split with so many layers on the card; llama.cpp fills it from the last layer on, the output first.
    pub(super) fn split(&self, on_card: u64, context: u64) -> Split {
        let all = self.layers();
        let on_card = on_card.min(all);
        let left = usize::try_from(all - on_card.max(1)).unwrap_or(usize::MAX).min(self.weights.layers.len());
        let layers = |part: &[u64]| part.iter().fold(0_u64, |sum, bytes| sum.saturating_add(*bytes));
        let mut ram = layers(&self.weights.layers[..left]);
        if on_card == 0 {
            ram = self.weights.card;
        }
        let ram = ram.min(self.weights.card);
        let repeated = self.weights.layers.len().max(1) as u64;
        let cached = self.cache(context).saturating_add(self.state());
        let share = |bytes: u64, of: u64| (u128::from(bytes) * u128::from(of) / u128::from(repeated)) as u64;
        let left = if on_card == 0 { repeated } else { left as u64 };
        Split {
            on_card,
            all,
            card: self.weights.card - ram,
            cache: cached.saturating_sub(share(cached, left)),
            ram,
            experts_in_ram: share(self.weights.experts, left).min(ram),
            only_experts: false,
        }
    }

    /// The same with the experts of the first layers in RAM and everything else on the card.
    fn experts_out(&self, whole: u64, context: u64) -> Split {
        let repeated = self.weights.layers.len() as u64;
        let left = repeated.saturating_sub(whole);
        let out = (u128::from(self.weights.experts) * u128::from(left) / u128::from(repeated.max(1))) as u64;
        let out = out.min(self.weights.card);
        Split {
            on_card: self.layers() - left,
            all: self.layers(),
            card: self.weights.card - out,
            cache: self.cache(context).saturating_add(self.state()),
            ram: out,
            experts_in_ram: out,
            only_experts: left > 0,
        }
    }

    /// What `--fit` comes to where not all fits: the most layers that leave its target free.
    pub(super) fn fitted(&self, free: u64, context: u64) -> Split {
        let room = free.saturating_sub(CONTEXT).saturating_sub(FIT_TARGET);
        let compute = self.compute(context);
        let fits = |split: &Split| split.card.saturating_add(split.cache).saturating_add(compute) <= room;
        let search = |make: &dyn Fn(u64) -> Split, most: u64| {
            make(crate::models::fit::kv::cells::most(most, |layers| fits(&make(layers))))
        };
        if self.weights.experts > 0 {
            let split = search(&|whole| self.experts_out(whole, context), self.weights.layers.len() as u64);
            if fits(&split) {
                return split;
            }
        }
        search(&|layers| self.split(layers, context), self.layers())
    }

    /// How many times longer a token takes than with all on the card, as a range: a card's memory is assumed to be 5 to 20
    /// times as fast as a desktop's RAM, and a token moves every byte of the weights but those of idle experts.
    pub(super) fn slowdown(&self, split: &Split) -> (f64, f64) {
        let experts = self.weights.experts as f64;
        let moved = |bytes: f64, of_experts: f64| bytes - of_experts * (1.0 - self.active);
        let all = moved(self.weights.card as f64, experts).max(1.0);
        let slow = moved(split.ram as f64, split.experts_in_ram as f64).clamp(0.0, all);
        let times = |ratio: f64| (all - slow + slow * ratio) / all;
        (times(5.0), times(20.0))
    }
}
