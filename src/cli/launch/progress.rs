//! How far a start is, on stderr: a line for each stage, and on a terminal one that is drawn over as it goes on.

use crate::base::text::{clean_line, fit};
use crate::base::units::{Bytes, duration};
use crate::engines::stages::{Stage, Stages};
use crate::engines::{Phase, RunState};
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Between two drawings of the line that is drawn over.
const PACE: Duration = Duration::from_millis(250);

/// Tells people on stderr.
pub(super) struct Teller {
    terminal: bool,
    columns: usize,
    /// Stages whose end was told.
    told: usize,
    drawn: Option<Instant>,
    phase: Option<(String, Option<String>)>,
    stuck: bool,
}

impl Teller {
    pub(super) fn new() -> Self {
        let terminal = std::io::stderr().is_terminal();
        let columns = crate::runtime::terminal::columns().unwrap_or(80).saturating_sub(1);
        Self { terminal, columns, told: 0, drawn: None, phase: None, stuck: false }
    }

    /// Tells what is new; cheap when nothing is.
    pub(super) fn tell(&mut self, state: &RunState) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        let mut text = String::new();
        let stages = &state.facts.stages;
        for stage in stages.list.iter().skip(self.told).filter(|stage| stage.ended.is_some()) {
            self.told += 1;
            text.push_str(&format!("{}  {}\n", state.run, ended(stage, stages)));
        }
        let phase = (state.phase.name().to_owned(), state.facts.note.clone());
        let is_told_by_stage = !stages.list.is_empty() && state.phase.rank() < Phase::Ready.rank();
        if self.phase.as_ref() != Some(&phase) {
            if !is_told_by_stage || phase.1.is_some() {
                text.push_str(&format!("{}\n", phase_row(state)));
            }
            self.phase = Some(phase);
        }
        let outlook = stages.outlook(now);
        if outlook.stuck.is_some() != self.stuck {
            self.stuck = outlook.stuck.is_some();
            if let Some(stuck) = &outlook.stuck {
                text.push_str(&format!("{}  {}\n", state.run, clean_line(stuck)));
            }
        }
        let due = self.drawn.is_none_or(|at| at.elapsed() >= PACE);
        let line = (self.terminal && is_told_by_stage && due).then(|| under_way(stages, now));
        self.write(&text, line.flatten().map(|line| format!("{}  {line}", state.run)));
    }

    /// Lines stay; the last is drawn over. Progress is for people: a closed stderr changes nothing.
    fn write(&mut self, lines: &str, over: Option<String>) {
        if lines.is_empty() && over.is_none() {
            return;
        }
        let mut out = String::new();
        if self.drawn.take().is_some() && self.terminal {
            out.push_str("\r\x1b[K");
        }
        out.push_str(lines);
        if let Some(over) = over {
            out.push_str(&fit(&clean_line(&over), self.columns));
            self.drawn = Some(Instant::now());
        }
        let mut err = std::io::stderr();
        let _ = err.write_all(out.as_bytes()).and_then(|()| err.flush());
    }
}

impl Drop for Teller {
    fn drop(&mut self) {
        if self.drawn.is_some() && self.terminal {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}

/// `weights  12 s (last time 14 s), 2 of 2 shards`.
fn ended(stage: &Stage, stages: &Stages) -> String {
    let before = stages.past.as_ref().and_then(|past| past.stages.get(&stage.kind));
    let before = before.map(|before| format!(" (last time {})", time(before.seconds))).unwrap_or_default();
    let amount = stage.progress.map(|amount| format!(", {}", amount.words())).unwrap_or_default();
    format!("{}  {}{before}{amount}", stage.kind.words(), time(stage.seconds(stage.began)))
}

/// `weights 4 s, 1 of 2 shards, about 10 s left`.
fn under_way(stages: &Stages, now: f64) -> Option<String> {
    let outlook = stages.outlook(now);
    let stage = stages.current();
    let mut parts = vec![match stage {
        Some(stage) => format!("{} {}", stage.kind.words(), time(stage.seconds(now))),
        None => format!("{} after the start", time(outlook.elapsed)),
    }];
    parts.extend(stage.and_then(|stage| stage.progress).map(|amount| amount.words()));
    parts.extend(
        stages
            .rate
            .filter(|_| stages.files.iter().any(|file| file.done > 0))
            .map(|rate| format!("{}/s", Bytes(rate.max(0.0) as u64))),
    );
    parts.push(match outlook.left {
        Some(left) => format!("about {} left", time(left)),
        None => outlook.basis,
    });
    Some(parts.join(", "))
}

fn time(seconds: f64) -> String {
    duration(Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or_default())
}

fn phase_row(state: &RunState) -> String {
    let note = state.facts.note.as_deref().map(|note| format!(": {}", clean_line(note))).unwrap_or_default();
    let detail = match &state.phase {
        Phase::Loading { percent: Some(percent) } => format!(" {percent} %"),
        Phase::Downloading { done: Some(done), total: Some(total) } => format!(" {done} of {total}"),
        _ => String::new(),
    };
    format!("{}  {}{detail}{note}", state.run, state.phase.name())
}
