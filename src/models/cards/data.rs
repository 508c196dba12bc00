//! The cards of `presets/gpus.toml`.

use super::Spec;
use super::name::Key;
use crate::base::units::GIB;
use crate::models::catalogue::Confidence;
use serde::Deserialize;

/// Bytes of a gigabyte as it is printed on a card: its chips hold powers of two.
pub(super) const GIGABYTE: u64 = GIB;

/// What a card's total rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TotalBasis {
    /// Read in an engine's log: what CUDA reports.
    Measured,
    /// The size that the card is sold with, less half a GiB; CUDA reports 0 to 8 % less than that size.
    Nominal,
}

/// A card with what stands behind its figures.
#[derive(Debug, Clone, PartialEq)]
pub struct Card {
    /// Its figures.
    pub spec: Spec,
    /// Memory that it is sold with, GB.
    pub nominal_gb: u64,
    /// What `spec.total` rests on.
    pub total_basis: TotalBasis,
    /// Generation and lanes of PCI Express; `None` when not known.
    pub pcie: Option<(u32, u32)>,
    /// Where the figures are from.
    pub source: String,
    /// How sure they are.
    pub confidence: Confidence,
    words: Vec<String>,
}

impl Card {
    /// Bytes that it is sold with.
    pub fn nominal_bytes(&self) -> u64 {
        self.nominal_gb.saturating_mul(GIGABYTE)
    }

    /// Most bytes per second over PCI Express one way, from generation and lanes (0.985 GB/s a lane in generation 3, doubling).
    pub fn pcie_bandwidth(&self) -> Option<f64> {
        let (generation, lanes) = self.pcie?;
        let lane = match generation {
            3 => 0.985e9,
            4 => 1.969e9,
            5 => 3.938e9,
            6 => 7.563e9,
            _ => return None,
        };
        Some(lane * f64::from(lanes))
    }

    /// Whether a name's telling words are this card's.
    pub(super) fn is(&self, word: &str) -> bool {
        self.words.iter().any(|own| own == word)
    }
}

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    source: String,
    card: Vec<Row>,
}

/// One card of the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    nominal_gb: u64,
    bandwidth: Option<f64>,
    compute: Option<(u32, u32)>,
    tflops: Option<f64>,
    pcie: Option<(u32, u32)>,
    total_gib: Option<f64>,
    #[serde(default)]
    aliases: Vec<String>,
    confidence: Sure,
}

/// How sure a row is.
#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum Sure {
    Checked,
    Memory,
}

/// What driver and error correction keep of the nominal memory: cards whose total was read in
/// logs lack 0 to 0.9 GiB, two with error correction 2 to 4.
const KEPT: u64 = GIB / 2;

/// Cards that ship; a test reads the file, so that a broken one cannot ship.
pub(super) fn shipped() -> Vec<Card> {
    parse(include_str!("../../../presets/gpus.toml")).unwrap_or_default()
}

/// Cards of a text.
pub(super) fn parse(text: &str) -> Result<Vec<Card>, toml::de::Error> {
    let file: File = toml::from_str(text)?;
    Ok(file.card.into_iter().map(|row| card(row, &file.source)).collect())
}

/// A card of a row.
fn card(row: Row, source: &str) -> Card {
    let nominal = row.nominal_gb.saturating_mul(GIGABYTE).saturating_sub(KEPT);
    let words = row.aliases.into_iter().chain([Key::of(&row.name).word]).collect();
    Card {
        nominal_gb: row.nominal_gb,
        total_basis: if row.total_gib.is_some() { TotalBasis::Measured } else { TotalBasis::Nominal },
        pcie: row.pcie,
        source: source.to_owned(),
        confidence: match row.confidence {
            Sure::Checked => Confidence::Checked,
            Sure::Memory => Confidence::Memory,
        },
        words,
        spec: Spec {
            name: row.name,
            total: row.total_gib.map_or(nominal, |gib| (gib * GIB as f64) as u64),
            bandwidth: row.bandwidth.map(|gigabytes| gigabytes * 1e9),
            compute: row.compute,
            tensor_flops: row.tflops.map(|tera| tera * 1e12),
        },
    }
}
