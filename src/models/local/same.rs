//! Models that lie more than once.

use super::LocalModel;

/// Another model of the list with the same content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Twin {
    /// Its place in the list.
    pub index: usize,
    /// Whether the two are the same bytes on the disk, so that one takes no room beside the other.
    pub shared: bool,
    /// Whether only size, head and tail were compared.
    pub likely: bool,
}

/// All models of the list whose content is that of the one at `index`, in the order of the list.
pub fn twins(models: &[LocalModel], index: usize) -> Vec<Twin> {
    let Some(model) = models.get(index).filter(|model| model.digest.is_some()) else { return Vec::new() };
    let place = |model: &LocalModel| model.disk.largest().map(|piece| piece.id);
    let same = |other: &LocalModel| Twin {
        index: 0,
        shared: place(other).is_some() && place(other) == place(model),
        likely: model.disk.digest_is_likely || other.disk.digest_is_likely,
    };
    let others = models.iter().enumerate().filter(|(at, other)| *at != index && other.digest == model.digest);
    others.map(|(at, other)| Twin { index: at, ..same(other) }).collect()
}
