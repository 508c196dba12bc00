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

impl Twin {
    /// Which model it is, and how sure that is: `likely the same as NAME (SHELF)`.
    pub fn words(&self, other: &LocalModel) -> String {
        let sure = if self.likely { "likely the same" } else { "the same" };
        format!("{sure} as {} ({})", other.name, other.shelf.name())
    }
}

/// All models of the list whose content is that of the one at `index`, in the order of the list.
pub fn twins(models: &[LocalModel], index: usize) -> Vec<Twin> {
    let Some(model) = models.get(index).filter(|model| model.digest.is_some()) else { return Vec::new() };
    let place = |model: &LocalModel| model.disk.largest().map(|piece| piece.id);
    let twin = |(index, other): (usize, &LocalModel)| Twin {
        index,
        shared: place(other).is_some() && place(other) == place(model),
        likely: model.disk.digest_is_likely || other.disk.digest_is_likely,
    };
    let others = models.iter().enumerate().filter(|(at, other)| *at != index && other.digest == model.digest);
    others.map(twin).collect()
}
