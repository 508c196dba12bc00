//! One reading of everything: cards from their source, the host, and the run of each process.

use super::Runs;
use super::host::HostReader;
use super::nvml::NvmlSource;
use super::proc::{self, Processes};
use super::simulated::SimCard;
use crate::base::{Problem, Reading};
use crate::gpu::{Card, Driver, Sample, Source, attribute};
use std::path::PathBuf;
use std::time::SystemTime;

/// Which cards to read.
#[derive(Debug, Clone)]
pub enum SourceChoice {
    /// The NVIDIA driver's.
    Nvml,
    /// Those of a simulated machine.
    Simulated(SimCard),
}

/// What a reading takes besides its source.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Folders whose free disk is told: where models lie.
    pub disks: Vec<PathBuf>,
    /// Runs that processes are attributed to.
    pub runs: Runs,
}

/// What a source says at one moment.
pub(super) struct Cards {
    pub(super) source: Source,
    pub(super) driver: Reading<Driver>,
    pub(super) cards: Vec<Card>,
    pub(super) problem: Option<Problem>,
}

enum Origin {
    Nvml(NvmlSource),
    Simulated(SimCard),
}

/// Takes samples one by one, on the caller's thread. A reading asks the driver and may take milliseconds.
pub struct Reader {
    origin: Origin,
    host: HostReader,
    processes: Processes,
    runs: Runs,
}

impl Reader {
    /// Opens nothing yet; the first reading does.
    pub fn new(choice: SourceChoice, options: Options) -> Self {
        Self {
            origin: match choice {
                SourceChoice::Nvml => Origin::Nvml(NvmlSource::from_env()),
                SourceChoice::Simulated(card) => Origin::Simulated(card),
            },
            host: HostReader::new(options.disks),
            processes: Processes::default(),
            runs: options.runs,
        }
    }

    /// One sample.
    pub fn read(&mut self) -> Sample {
        self.take(false)
    }

    /// One sample with everything that is otherwise measured in turn (PCIe throughput); takes longer.
    pub fn read_whole(&mut self) -> Sample {
        self.take(true)
    }

    fn take(&mut self, whole: bool) -> Sample {
        let Cards { source, driver, mut cards, problem } = match &mut self.origin {
            Origin::Nvml(nvml) => nvml.read(&mut self.processes, whole),
            Origin::Simulated(card) => card.read(&mut self.processes),
        };
        // A writer that panicked leaves a list that is still whole.
        let runs = self.runs.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        for processes in cards.iter_mut().filter_map(|card| card.processes.as_mut().ok()) {
            attribute(processes, &|pid| proc::stat(pid).map(|stat| stat.parent), &runs);
        }
        self.processes.tidy();
        Sample { at: SystemTime::now(), source, driver, cards, host: self.host.read(), problem }
    }
}
