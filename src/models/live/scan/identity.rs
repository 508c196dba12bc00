//! What is the same: digests that caches name, and for plain files size, head and tail.

use super::files::open;
use crate::models::local::LocalModel;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// Bytes of head and tail that are compared.
const SAMPLE: u64 = 64 << 10;

/// Gives models without a digest one, where another model has a largest file of the same size: only then are files read.
pub(super) fn settle(models: &mut [LocalModel]) {
    let mut sizes: HashMap<u64, Vec<usize>> = HashMap::new();
    for (index, model) in models.iter().enumerate() {
        if let Some(piece) = model.disk.largest().filter(|piece| piece.bytes > 0) {
            sizes.entry(piece.bytes).or_default().push(index);
        }
    }
    for group in sizes.into_values().filter(|group| group.len() > 1) {
        let without = |index: &usize| models.get(*index).is_some_and(|model| model.digest.is_none());
        if group.iter().any(without) {
            alike(models, &group);
        }
    }
}

fn alike(models: &mut [LocalModel], group: &[usize]) {
    let sampled: Vec<(usize, String)> = group
        .iter()
        .filter_map(|index| {
            let piece = models.get(*index)?.disk.largest()?;
            Some((*index, sample(&piece.blob, piece.bytes).ok()?))
        })
        .collect();
    let mut known: HashMap<&str, String> = HashMap::new();
    for (index, sample) in &sampled {
        if let Some(digest) = models.get(*index).and_then(|model| model.digest.clone()) {
            known.entry(sample).or_insert(digest);
        }
    }
    for (index, sample) in &sampled {
        let Some(model) = models.get_mut(*index).filter(|model| model.digest.is_none()) else { continue };
        model.digest = Some(known.get(sample.as_str()).cloned().unwrap_or_else(|| format!("likely:{sample}")));
        model.disk.digest_is_likely = true;
    }
}

/// Size, head and tail of a file in one word.
fn sample(path: &Path, size: u64) -> std::io::Result<String> {
    let mut file = open(path)?;
    let mut hash = Sha256::new();
    hash.update(size.to_le_bytes());
    let mut bytes = Vec::new();
    (&mut file).take(SAMPLE).read_to_end(&mut bytes)?;
    file.seek(SeekFrom::Start(size.saturating_sub(SAMPLE)))?;
    file.take(SAMPLE).read_to_end(&mut bytes)?;
    hash.update(&bytes);
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
