//! The decode law against recorded rates (`throughput.jsonl`), batches and prompts where rows name them.

use serde::Deserialize;
use std::fmt::Write;
use vramdeck::models::cards::{self, Spec};
use vramdeck::models::facts::{Facts, Source};
use vramdeck::models::fit::Engine;
use vramdeck::models::geometry::{Attention, DeltaNet, Feed, Geometry, Latent, Layer, Mamba, Mixer, ShortConv};
use vramdeck::models::quant::{Quant, Scheme};
use vramdeck::models::speed;

/// Recorded rates.
const ROWS: &str = include_str!("throughput.jsonl");

/// One recorded rate.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    pub row: u64,
    pub card: String,
    pub engine: String,
    pub model: String,
    pub streams: Option<u64>,
    pub class: Class,
    #[serde(default)]
    pub why: String,
    pub decode: Option<f64>,
    pub aggregate: Option<f64>,
    pub prefill: Option<f64>,
    pub prompt: Option<u64>,
    pub context: Option<u64>,
    pub scheme: Option<String>,
    pub family: Option<String>,
    pub on_card: Option<f64>,
    pub dims: Option<Dims>,
    pub source: String,
}

/// What a row may be used for.
#[derive(Debug, Clone, Copy, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    Fit,
    HeldOut,
    Offload,
    Aggregate,
    Speculative,
    Spill,
    Outlier,
    UnknownModel,
}

/// Dimensions of a row's model.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dims {
    pub hidden: u64,
    pub vocab: u64,
    pub tied: bool,
    pub layers: Vec<(u64, MixerDims, FeedDims)>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum MixerDims {
    Attention {
        heads: u64,
        kv: u64,
        dim: u64,
        window: Option<u64>,
        #[serde(default)]
        gated: bool,
    },
    Latent {
        heads: u64,
        q_rank: u64,
        kv_rank: u64,
        rope: u64,
        nope: u64,
        v: u64,
    },
    Delta {
        k_heads: u64,
        v_heads: u64,
        k_dim: u64,
        v_dim: u64,
        conv: u64,
    },
    Mamba {
        version: u8,
        inner: u64,
        state: u64,
        conv: u64,
        heads: u64,
        head_dim: u64,
        groups: u64,
    },
    Conv {
        width: u64,
        conv: u64,
    },
    None {},
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FeedDims {
    Dense {
        inner: u64,
    },
    Experts {
        count: u64,
        active: u64,
        inner: u64,
        #[serde(default)]
        shared: u64,
        #[serde(default)]
        two: bool,
    },
    None {},
}

impl MixerDims {
    fn mixer(&self) -> Mixer {
        match *self {
            Self::Attention { heads, kv, dim, window, gated } => Mixer::Attention(Attention {
                heads,
                kv_heads: kv,
                k_dim: dim,
                v_dim: dim,
                window,
                shared: false,
                k_eq_v: false,
                gated,
                qkv_bias: false,
                out_bias: false,
                qk_norm: false,
            }),
            Self::Latent { heads, q_rank, kv_rank, rope, nope, v } => {
                Mixer::Latent(Latent { heads, q_rank, kv_rank, rope_dim: rope, nope_dim: nope, v_dim: v })
            }
            Self::Delta { k_heads, v_heads, k_dim, v_dim, conv } => {
                Mixer::DeltaNet(DeltaNet { k_heads, v_heads, k_dim, v_dim, conv, state_bytes: 4 })
            }
            Self::Mamba { version, inner, state, conv, heads, head_dim, groups } => {
                Mixer::Mamba(Mamba { version, inner, state, conv, heads, head_dim, groups, state_bytes: 4 })
            }
            Self::Conv { width, conv } => Mixer::ShortConv(ShortConv { width, conv }),
            Self::None {} => Mixer::None,
        }
    }
}

impl FeedDims {
    fn feed(&self) -> Feed {
        match *self {
            Self::Dense { inner } => Feed::Dense { inner, gated: true, bias: false },
            Self::Experts { count, active, inner, shared, two } => {
                Feed::Experts { count, active, inner, gated: !two, bias: false, shared }
            }
            Self::None {} => Feed::None,
        }
    }
}

impl Row {
    /// The model of a row.
    pub fn facts(&self) -> Option<Facts> {
        let dims = self.dims.as_ref()?;
        let layers = dims.layers.iter().flat_map(|(count, mixer, feed)| {
            std::iter::repeat_n(Layer { mixer: mixer.mixer(), feed: feed.feed() }, *count as usize)
        });
        let geometry = Geometry {
            model_type: self.family.clone().unwrap_or_default(),
            hidden: dims.hidden,
            vocab: dims.vocab,
            tied: dims.tied,
            layers: layers.collect(),
            ..Geometry::default()
        };
        let quant = Quant { scheme: scheme(self.scheme.as_deref()?), ..Quant::default() };
        Some(Facts { name: self.model.clone(), geometry, quant, source: Source::Catalogue, ..Facts::default() })
    }

    pub fn engine(&self) -> Engine {
        match self.engine.as_str() {
            "ollama" => Engine::Ollama,
            "vllm" => Engine::Vllm,
            _ => Engine::LlamaCpp,
        }
    }

    pub fn spec(&self) -> Option<&'static Spec> {
        cards::find(&self.card)
    }
}

/// The scheme that a row names.
fn scheme(name: &str) -> Scheme {
    match name {
        "AWQ" => Scheme::Packed { bits: 4, group: Some(128), zeros: true },
        "GPTQ" => Scheme::Packed { bits: 4, group: Some(128), zeros: false },
        "NVFP4" => Scheme::Nvfp4,
        "FP8" => Scheme::Fp8 { block: None, online: false },
        "INT8" => Scheme::Int8 { group: None },
        "BF16" => Scheme::Plain,
        "MXFP4_BF16" => Scheme::Mxfp4,
        mix => Scheme::Gguf(mix.to_owned()),
    }
}

/// All recorded rates.
pub fn rows() -> Vec<Row> {
    ROWS.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A prediction beside what was recorded.
pub struct Score {
    pub name: String,
    pub error: f64,
    pub inside: bool,
}

/// Scores of one class of single streams.
pub fn scores(class: Class) -> Vec<Score> {
    let rows = rows();
    let wanted = rows.iter().filter(|row| row.class == class && row.streams == Some(1));
    wanted
        .filter_map(|row| {
            let (facts, card, measured) = (row.facts()?, row.spec()?, row.decode?);
            let context = row.context?;
            let rate = match row.on_card {
                None => speed::decode(&facts, row.engine(), card, context).ok()?,
                Some(share) => {
                    let case = speed::Case::new(&facts, row.engine(), card, context);
                    speed::offloaded_why(&case, (share * 100.0) as u64, 100, None).ok()?.rate
                }
            };
            let name = format!("{:>3} {} {} {} {}", row.row, row.card, row.engine, row.model, row.scheme.clone()?);
            let error = rate.likely / measured - 1.0;
            Some(Score { name, error, inside: (rate.low..=rate.high).contains(&measured) })
        })
        .collect()
}

/// The value below which a share of the sizes lies.
fn quantile(scores: &[Score], share: f64) -> f64 {
    let mut sizes: Vec<f64> = scores.iter().map(|score| score.error.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    let at = (share * (sizes.len().saturating_sub(1)) as f64).round() as usize;
    sizes.get(at).copied().unwrap_or(f64::NAN)
}

/// Median, p90 and share inside the range of one class.
pub fn summary(scores: &[Score]) -> (f64, f64, f64) {
    let inside = scores.iter().filter(|score| score.inside).count() as f64 / scores.len().max(1) as f64;
    (quantile(scores, 0.5), quantile(scores, 0.9), inside)
}

/// All figures as text: errors, coverage and what was left out for which reason.
pub fn report() -> String {
    let rows = rows();
    let mut text = String::new();
    let count = |class: Class| rows.iter().filter(|row| row.class == class).count();
    let read =
        rows.iter().filter(|row| row.class == Class::Fit && row.prompt.is_some_and(|tokens| tokens >= 512)).count();
    for (what, scores, all) in [
        ("decode, one stream, rows of the fit", scores(Class::Fit), count(Class::Fit)),
        ("decode, one stream, rows held out", scores(Class::HeldOut), count(Class::HeldOut)),
        ("decode, layers in RAM", scores(Class::Offload), count(Class::Offload)),
        ("decode, 32 requests together", batches(), count(Class::Aggregate)),
        ("prompts of 512 tokens and more", prompts(), read),
    ] {
        let (median, p90, inside) = summary(&scores);
        let _ = writeln!(
            text,
            "{what}: median {:.1} %, p90 {:.1} %, {:.0} % in range, {} of {all} rows",
            median * 100.0,
            p90 * 100.0,
            inside * 100.0,
            scores.len(),
        );
    }
    let usable = rows.iter().filter(|row| matches!(row.class, Class::Fit | Class::HeldOut)).count();
    let _ = writeln!(text, "decode: {usable} of {} recorded rows usable; the others:", rows.len());
    let mut left: Vec<(Class, &str)> = rows.iter().map(|row| (row.class, row.why.as_str())).collect();
    left.retain(|(class, _)| !matches!(class, Class::Fit | Class::HeldOut));
    left.sort();
    for group in left.chunk_by(|a, b| a == b) {
        if let Some((class, why)) = group.first() {
            let _ = writeln!(text, "  {:?}: {} ({why})", class, group.len());
        }
    }
    text
}

/// Whether a row times the reading of a prompt: shorter ones time the start of a request, later ones attention to what came
/// before.
fn timed(row: &Row) -> bool {
    row.class == Class::Fit && row.prompt.is_some_and(|tokens| tokens >= 512) && row.context.is_some_and(|n| n < 8192)
}

/// Prompts: how fast they were read beside the range expected.
pub fn prompts() -> Vec<Score> {
    let rows = rows();
    let wanted = rows.iter().filter(|row| timed(row));
    wanted
        .filter_map(|row| {
            let (facts, card, measured) = (row.facts()?, row.spec()?, row.prefill?);
            let rate = speed::prefill(&facts, row.engine(), card, row.prompt?).ok()?;
            let name = format!("{:>3} {} {} {}", row.row, row.card, row.engine, row.model);
            Some(Score {
                name,
                error: rate.likely / measured - 1.0,
                inside: (rate.low..=rate.high).contains(&measured),
            })
        })
        .collect()
}

/// Batches whose number of requests and weights are known well enough: peaks of a sweep that ended at 32 requests.
pub fn batches() -> Vec<Score> {
    let rows = rows();
    let wanted = rows.iter().filter(|row| row.class == Class::Aggregate && row.streams == Some(32));
    wanted
        .filter_map(|row| {
            let (facts, card, measured) = (row.facts()?, row.spec()?, row.aggregate?);
            let rate = speed::batch(&facts, row.engine(), card, 32, row.context?).ok()?;
            let name = format!("{:>3} {} {} {}", row.row, row.card, row.engine, row.model);
            Some(Score {
                name,
                error: rate.likely / measured - 1.0,
                inside: (rate.low..=rate.high).contains(&measured),
            })
        })
        .collect()
}

#[test]
fn recorded_rates_are_met() {
    let fitted = scores(Class::Fit);
    let mark = |score: &Score| if score.inside { ' ' } else { '!' };
    let line = |score: &Score| format!("{:+6.1} % {} {}", score.error * 100.0, mark(score), score.name);
    let every: Vec<String> = fitted.iter().chain(&prompts()).chain(&batches()).map(line).collect();
    println!("{}", report());
    let text = format!("{}\n{}", report(), every.join("\n"));
    let (median, p90, inside) = summary(&fitted);
    assert!(fitted.len() >= 65 && rows().iter().all(|row| !row.source.is_empty()), "{text}");
    assert!(median <= 0.06 && p90 <= 0.18, "{text}");
    assert!((0.8..=0.95).contains(&inside), "{text}");
    assert!(summary(&scores(Class::HeldOut)).0 <= 0.15, "{text}");
    assert!(summary(&scores(Class::Offload)).2 >= 0.6, "{text}");
    assert!(summary(&prompts()).2 >= 0.8, "{text}");
    assert!(summary(&batches()).2 >= 1.0, "{text}");
}
