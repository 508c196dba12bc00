//! The layers: kind, mixer and feed-forward part of each.

use super::attention::{Heads, heads, latent};
use super::family::Family;
use super::feed::Feeds;
use super::keys::{Keys, refuse};
use super::mixers;
use super::plan::{Kind, kinds};
use crate::base::Problem;
use crate::models::geometry::{DeltaNet, Feed, Latent, Layer, Mamba, Mixer, ShortConv};

/// Sizes of the mixers that occur.
struct Parts {
    heads: Option<Heads>,
    latent: Option<Latent>,
    delta: Option<DeltaNet>,
    mamba: Option<Mamba>,
    conv: Option<ShortConv>,
}

/// All layers of the decoder.
pub(super) fn layers(keys: &mut Keys<'_>, family: Family, hidden: u64, count: u64) -> Result<Vec<Layer>, Problem> {
    let kinds = kinds(keys, count)?;
    let parts = parts(keys, family, hidden, &kinds)?;
    let model = keys.word(&["model_type"]).unwrap_or_default();
    let bare = model.starts_with("mamba") || model == "falcon_mamba";
    let apart = keys.value(&["hybrid_override_pattern"]).is_some() || model.starts_with("nemotron_h");
    let feeds = if bare { None } else { Some(Feeds::read(keys, family, hidden)?) };
    let mut found = Vec::with_capacity(kinds.len());
    for (index, kind) in (0..).zip(kinds) {
        let feed = match (&feeds, kind) {
            (Some(feeds), Kind::Feed) => feeds.dense(keys, hidden, index)?,
            (Some(feeds), Kind::Experts) => feeds.experts().map_or_else(|| feeds.dense(keys, hidden, index), Ok)?,
            (Some(feeds), _) if !apart => feeds.layer(keys, hidden, index)?,
            _ => Feed::None,
        };
        if kind == Kind::Both {
            found.push(Layer { mixer: parts.mixer(Kind::Mamba, index)?, feed: Feed::None });
        }
        found.push(Layer { mixer: parts.mixer(if kind == Kind::Both { Kind::Full } else { kind }, index)?, feed });
    }
    Ok(found)
}

fn parts(keys: &mut Keys<'_>, family: Family, hidden: u64, kinds: &[Kind]) -> Result<Parts, Problem> {
    let any = |wanted: &[Kind]| kinds.iter().any(|kind| wanted.contains(kind));
    let latent = latent(keys)?;
    let soft = any(&[Kind::Full, Kind::Window, Kind::Both]) && latent.is_none();
    let found = if soft { Some(heads(keys, family, hidden, kinds.len() as u64)?) } else { None };
    if any(&[Kind::Window]) && found.as_ref().is_some_and(|heads| !heads.windowed()) {
        return Err(refuse("`layer_types` names layers with a window, but `sliding_window` is missing"));
    }
    Ok(Parts {
        heads: found,
        latent,
        delta: if any(&[Kind::Delta]) { Some(mixers::delta(keys)?) } else { None },
        mamba: if any(&[Kind::Mamba, Kind::Both]) { Some(mixers::mamba(keys, hidden)?) } else { None },
        conv: if any(&[Kind::Conv]) { Some(mixers::conv(keys, hidden)?) } else { None },
    })
}

impl Parts {
    fn mixer(&self, kind: Kind, index: u64) -> Result<Mixer, Problem> {
        let found = match kind {
            Kind::Full | Kind::Window | Kind::Both => match self.latent {
                Some(latent) => Some(Mixer::Latent(latent)),
                None => self.heads.as_ref().map(|heads| Mixer::Attention(heads.layer(index, kind))),
            },
            Kind::Delta => self.delta.map(Mixer::DeltaNet),
            Kind::Mamba => self.mamba.map(Mixer::Mamba),
            Kind::Conv => self.conv.map(Mixer::ShortConv),
            Kind::Feed | Kind::Experts => Some(Mixer::None),
        };
        found.ok_or_else(|| refuse(format!("nothing says the sizes of layer {index}")))
    }
}
