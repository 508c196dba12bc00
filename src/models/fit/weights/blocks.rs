//! What PyTorch's caching allocator counts as allocated for a sequence of tensors.
//!
//! Its rules: up to 1 MiB a tensor comes out of small segments, rounded to 512 bytes. Above, it takes the smallest free
//! block that holds it, else a new segment of 20 MiB (tensors below 10 MiB) or of its own size rounded up to 2 MiB; what
//! is left of a block is split off only when it is more than 1 MiB, else the tensor keeps it.

const MIB: u64 = 1 << 20;
/// Free blocks remembered at most; beyond, the smallest are forgotten.
const MOST_FREE: usize = 64;

/// A caching allocator that is only asked for memory.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    free: Vec<u64>,
    whole: bool,
}

impl Blocks {
    /// One that keeps the rest of every tensor of 10 MiB or more unsplit where `whole`, as newer builds do.
    pub(super) fn new(whole: bool) -> Self {
        Self { free: Vec::new(), whole }
    }

    /// Bytes counted for one tensor of `size` bytes.
    pub(super) fn take(&mut self, size: u64) -> u64 {
        let size = up(size, 512);
        if size <= MIB {
            return size;
        }
        let best = self.free.iter().enumerate().filter(|(_, block)| **block >= size).min_by_key(|(_, block)| **block);
        let (block, fresh) = match best.map(|(at, _)| at) {
            Some(at) => (self.free.swap_remove(at), false),
            None if size < 10 * MIB => (20 * MIB, true),
            None => (up(size, 2 * MIB), true),
        };
        let rest = block.saturating_sub(size);
        if rest <= MIB || (self.whole && fresh && size >= 10 * MIB) {
            return size.saturating_add(rest);
        }
        self.keep(rest);
        size
    }

    fn keep(&mut self, rest: u64) {
        if self.free.len() < MOST_FREE {
            self.free.push(rest);
        } else if let Some(least) = self.free.iter_mut().min() {
            *least = rest.max(*least);
        }
    }
}

fn up(size: u64, to: u64) -> u64 {
    size.div_ceil(to).saturating_mul(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rests_up_to_a_mebibyte_stay_with_the_tensor() {
        let mut blocks = Blocks::new(false);
        // 43 MiB in a segment of 44: the last one is not worth splitting off.
        assert_eq!(blocks.take(43 * MIB), 44 * MIB);
        // 42.5 MiB in 44: 1.5 MiB are split off and serve the next.
        assert_eq!(blocks.take(42 * MIB + MIB / 2), 42 * MIB + MIB / 2);
        assert_eq!(blocks.take(MIB + MIB / 4), MIB + MIB / 2);
        assert_eq!(blocks.take(1000), 1024);
    }

    #[test]
    fn tensors_below_ten_mebibytes_share_segments_of_twenty() {
        let mut blocks = Blocks::new(false);
        assert_eq!(blocks.take(8 * MIB), 8 * MIB);
        assert_eq!(blocks.take(8 * MIB), 8 * MIB);
        assert_eq!(blocks.take(3 * MIB + MIB / 2), 4 * MIB);
    }
}
