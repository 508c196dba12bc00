//! Parameters of feed-forward parts.

use super::{Kind, Sink, Split};
use crate::models::geometry::Feed;

pub(super) fn add(sink: &mut Sink<'_>, hidden: u64, feed: &Feed) {
    match *feed {
        Feed::Dense { inner, gated, bias } => dense(sink, "mlp", hidden, inner, gated, bias),
        Feed::Experts { count, active: _, inner, gated, bias, shared } => {
            sink.add(Kind::Router, "mlp.gate", count, hidden, Split::Whole);
            let wide = if gated { inner.saturating_mul(2) } else { inner };
            sink.many(Kind::Expert, "mlp.experts.gate_up_proj", wide, hidden, count, Split::Rows);
            sink.many(Kind::Expert, "mlp.experts.down_proj", hidden, inner, count, Split::Cols);
            if bias {
                sink.add(Kind::Bias, "mlp.gate.bias", count, 1, Split::Whole);
                sink.many(Kind::ExpertBias, "mlp.experts.gate_up_proj_bias", wide, 1, count, Split::Rows);
                sink.many(Kind::ExpertBias, "mlp.experts.down_proj_bias", hidden, 1, count, Split::Whole);
            }
            dense(sink, "mlp.shared_expert", hidden, shared, gated, false);
        }
        Feed::None => {}
    }
}

fn dense(sink: &mut Sink<'_>, stem: &str, hidden: u64, inner: u64, gated: bool, bias: bool) {
    let up = if gated { 2 } else { 1 };
    let names: &[&str] = if gated { &["gate_proj", "up_proj"] } else { &["up_proj"] };
    for name in names {
        sink.add(Kind::Mlp, &format!("{stem}.{name}"), inner, hidden, Split::Rows);
    }
    sink.add(Kind::Mlp, &format!("{stem}.down_proj"), hidden, inner, Split::Cols);
    if bias {
        sink.many(Kind::Bias, &format!("{stem}.up_proj.bias"), inner, 1, up, Split::Rows);
        sink.add(Kind::Bias, &format!("{stem}.down_proj.bias"), hidden, 1, Split::Whole);
    }
}
