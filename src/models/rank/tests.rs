//! The ranking on a 16 GB card: order, monotony, reasons, filters.

use super::*;
use crate::base::units::GIB;
use crate::models::cards;

fn card() -> Spec {
    cards::find("RTX 5080").cloned().unwrap()
}

fn room(free: f64) -> Room {
    Room { total: card().total, free: Some((free * GIB as f64) as u64) }
}

#[test]
fn show() {
    let mut prepared = Prepared::new(Catalogue::shipped(), &[], &card(), Intent::Chat);
    let rows = prepared.rank(room(14.6));
    for row in &rows {
        let Some(best) = row.best() else { println!("-- {}", row.name); continue };
        println!("{:?} {:.2} {} {} {} w {:.2} ctx {} ag {:?} {:?} | {}", best.sum.verdict, best.score, row.name, best.label, best.engine.name(), best.sum.weights as f64 / GIB as f64, best.sum.largest_max_model_len, best.agents, best.rate.as_ref().map(|r| r.likely as u64).ok(), prepared.reason(best, room(14.6)));
    }
}
