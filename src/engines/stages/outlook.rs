//! What is left of a start, and whether it is stuck: by what earlier starts took.

use super::{Past, Stage, StageKind, Stages, Unit};
use crate::base::units::duration;
use std::time::Duration;

/// Seconds without movement that are never called stuck.
pub const STILL: f64 = 30.0;

/// Seconds without movement after which a stage is called stuck where no earlier start is known.
fn bound(kind: StageKind) -> f64 {
    match kind {
        StageKind::Download => 180.0,
        StageKind::Start | StageKind::Weights | StageKind::Serve => 300.0,
        StageKind::Compile | StageKind::Profile | StageKind::Graphs => 900.0,
    }
}

/// A start seen at a moment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outlook {
    /// Seconds since the start.
    pub elapsed: f64,
    /// Seconds that are left by the estimate.
    pub left: Option<f64>,
    /// What the estimate rests on, or why there is none.
    pub basis: String,
    /// Seconds without movement.
    pub still: f64,
    /// Where nothing moved for longer than it ever did: said with the bound and the last line.
    pub stuck: Option<String>,
}

impl Stages {
    /// How it looks at `now`, seconds since the Unix epoch.
    pub fn outlook(&self, now: f64) -> Outlook {
        let Some(first) = self.list.first() else {
            return Outlook { basis: "nothing of its start was watched".to_owned(), ..Outlook::default() };
        };
        let began = first.began;
        let elapsed = (self.ready_at.unwrap_or(now) - began).max(0.0);
        if self.ready_at.is_some() {
            return Outlook { elapsed, left: Some(0.0), basis: "it is ready".to_owned(), ..Outlook::default() };
        }
        let still = (now - self.moved_at).max(0.0);
        let (left, basis) = self.left(now);
        Outlook { elapsed, left, basis, still, stuck: self.stuck(still) }
    }

    /// Seconds left of the stage that goes on and of those that come after it by the last start.
    fn left(&self, now: f64) -> (Option<f64>, String) {
        let by_rate = self.current().and_then(|stage| self.by_rate(now, stage));
        let Some(past) = &self.past else {
            let basis = match by_rate {
                Some(_) => "of the download alone, at its present rate",
                None => "no earlier start of this model with these flags is known",
            };
            return (by_rate, basis.to_owned());
        };
        let basis = match past.download() {
            0.0 => format!("the last start took {}", time(past.total)),
            download => format!("the last start took {} without its download", time((past.total - download).max(0.0))),
        };
        let after = self.after(past);
        let Some(stage) = self.current() else {
            // Between two stages: the time since the last one ended is part of the next.
            let ended = self.list.last().and_then(|stage| stage.ended).unwrap_or(now);
            return (Some((after - (now - ended)).max(0.0)), basis);
        };
        let before = past.stages.get(&stage.kind);
        let rest = match (by_rate, before) {
            (Some(rest), _) => rest,
            (None, Some(before)) if stage.seconds(now) <= before.seconds => before.seconds - stage.seconds(now),
            (None, Some(before)) => {
                let what = format!("{} takes longer than last time ({})", stage.kind.words(), time(before.seconds));
                return (None, what);
            }
            (None, None) => {
                return (None, format!("the last start had no {}", stage.kind.words()));
            }
        };
        (Some(rest + after), basis)
    }

    /// Seconds that stages still to come took in the last start. One that comes before the present one was skipped, and
    /// what was fetched once is there.
    fn after(&self, past: &Past) -> f64 {
        let furthest = self.list.iter().map(|stage| stage.kind).max();
        let comes = |kind: StageKind| kind != StageKind::Download && furthest.is_none_or(|furthest| kind > furthest);
        past.stages.iter().filter(|(kind, _)| comes(**kind)).map(|(_, stage)| stage.seconds).sum()
    }

    /// Seconds that a download needs at its present rate; none where it stands still.
    fn by_rate(&self, now: f64, stage: &Stage) -> Option<f64> {
        let amount = stage.progress.filter(|amount| amount.unit == Unit::Bytes)?;
        let rate = self.rate.filter(|rate| *rate > 0.0 && now - self.bytes_at < STILL)?;
        Some(amount.total?.saturating_sub(amount.done) as f64 / rate)
    }

    fn stuck(&self, still: f64) -> Option<String> {
        let kind = self.list.last().map_or(StageKind::Start, |stage| stage.kind);
        let ever = self.past.as_ref().and_then(|past| past.stages.get(&kind)).map(|stage| stage.still);
        let here = self.list.last().map_or(0.0, |stage| stage.still);
        let (most, why) = match ever {
            Some(ever) => {
                let most = ever.max(here).max(STILL);
                (most, format!("it never stood still for longer than {}", time(ever.max(here))))
            }
            None => (bound(kind).max(here), format!("{} are allowed where no start is known", time(bound(kind)))),
        };
        if still <= most {
            return None;
        }
        let line = match self.last_line.trim() {
            "" => "it has said nothing".to_owned(),
            line => format!("its last line: {line}"),
        };
        Some(format!("stuck? nothing has moved for {}; {why}; {line}", time(still)))
    }
}

fn time(seconds: f64) -> String {
    duration(Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or_default())
}
