//! Which engines are asked for their gauges, how often, and what they said.

use crate::app::ScreenId;
use crate::app::model::{Model, Shared};
use crate::base::{Reading, Unknown};
use crate::engines::metrics::Live;
use crate::engines::{Dialect, Phase, RunId, RunState, account};
use crate::gpu::{Account, Ledger, ledger};

/// What is to be asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Watch {
    /// The runs, by name.
    pub runs: Vec<RunId>,
    /// Whether a screen shows their gauges now: then they are asked once a second while they change.
    pub shown: bool,
}

/// What is to be asked now: every run that is ready and has gauges.
pub fn wanted(model: &Model) -> Watch {
    let runs: Vec<RunId> = model.shared.runs.iter().filter(|run| tells(run)).map(|run| run.run.clone()).collect();
    let shown = matches!(model.screen, ScreenId::Card | ScreenId::Engines) && !runs.is_empty();
    Watch { runs, shown }
}

fn tells(run: &RunState) -> bool {
    run.phase == Phase::Ready && run.dialect != Dialect::OpenAi && run.endpoint.is_some()
}

impl Shared {
    /// What an engine says of itself, or why nothing is known.
    ///
    /// # Errors
    /// When it is not asked, or does not answer.
    pub fn live(&self, run: &RunState) -> Reading<&Live> {
        match self.gauges.get(&run.run) {
            Some(live) => live.as_deref().map_err(Clone::clone),
            None if run.dialect == Dialect::OpenAi => {
                Err(Unknown::because("a server of unknown make is not asked for gauges"))
            }
            None if run.phase == Phase::Ready => Err(Unknown::because("not asked yet")),
            None => Err(Unknown::because("it is not ready")),
        }
    }

    /// The ledger of the card at a place among those of the newest sample.
    ///
    /// # Errors
    /// When nothing was read yet, or the card's memory is unknown.
    pub fn ledger(&self, at: usize) -> Reading<Ledger> {
        let sample = self.sample.as_ref().ok_or_else(|| Unknown::because("the card was not read yet"))?;
        let accounts: Vec<Account> = self.runs.iter().map(|run| self.account(run)).collect();
        ledger(sample, at, &accounts)
    }

    fn account(&self, run: &RunState) -> Account {
        let gauges = self.gauges.get(&run.run);
        account(run, gauges.map(|live| live.as_ref().map(|live| &live.gauges).map_err(Clone::clone)))
    }
}
