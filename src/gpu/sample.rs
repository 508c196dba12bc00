//! One telemetry reading of every card and of the host.

use crate::base::{Basis, Bytes, Problem, Reading, Unknown};
use serde::{Deserialize, Serialize};
use std::time::SystemTime;

/// Where a sample comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The NVIDIA driver.
    Nvml,
    /// A card described by the named scenario.
    Simulated(String),
    /// No card can be read; the sample's `problem` says why.
    None,
}

/// Everything read at one moment. Host and cards are read on the sampler thread, never on the UI path.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Wall-clock time of the reading.
    pub at: SystemTime,
    /// Where the cards come from.
    pub source: Source,
    /// Driver facts, where there is a driver.
    pub driver: Reading<Driver>,
    /// All cards, by index.
    pub cards: Vec<Card>,
    /// The machine around them.
    pub host: Host,
    /// Why there are no cards, or what is wrong with the driver (drawn as a banner).
    pub problem: Option<Problem>,
}

impl Sample {
    /// The basis of the figures of its cards.
    pub fn basis(&self) -> Basis {
        match self.source {
            Source::Simulated(_) => Basis::Simulated,
            Source::Nvml | Source::None => Basis::Measured,
        }
    }
}

/// The driver as it names itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Driver {
    /// For example `580.95.05`.
    pub version: String,
    /// The CUDA version the driver supports, as (major, minor).
    pub cuda: Reading<(u32, u32)>,
    /// The NVML library's own version.
    pub nvml: Reading<String>,
}

/// One card at one moment. A reading the card or driver does not offer is an `Unknown` with its reason.
#[derive(Debug, Clone, PartialEq)]
pub struct Card {
    /// NVML index.
    pub index: u32,
    /// Marketing name, for example `NVIDIA GeForce RTX 5080`.
    pub name: Reading<String>,
    /// `GPU-…`, or `MIG-…` for a MIG instance.
    pub uuid: Reading<String>,
    /// CUDA compute capability, for example (12, 0).
    pub compute_capability: Reading<(u32, u32)>,
    /// Framebuffer bytes.
    pub memory: Reading<Memory>,
    /// Percent of time a kernel ran (0–100).
    pub utilization_gpu: Reading<u32>,
    /// Percent of time memory was read or written (0–100).
    pub utilization_memory: Reading<u32>,
    /// Degrees Celsius.
    pub temperature: Reading<u32>,
    /// Watts drawn.
    pub power_watts: Reading<f64>,
    /// Watts allowed (enforced limit).
    pub power_limit_watts: Reading<f64>,
    /// Graphics clock, MHz.
    pub clock_graphics_mhz: Reading<u32>,
    /// Memory clock, MHz.
    pub clock_memory_mhz: Reading<u32>,
    /// Why clocks are held down, in words; empty when nothing holds them.
    pub throttle: Reading<Vec<&'static str>>,
    /// Percent of the fan's maximum (mean over fans).
    pub fan_percent: Reading<u32>,
    /// PCI Express link.
    pub pcie: Pcie,
    /// Performance state: 0 (fastest) to 15.
    pub performance_state: Reading<u32>,
    /// MIG or vGPU, as the driver reports it.
    pub partition: Partition,
    /// Compute and graphics processes holding memory.
    pub processes: Reading<Vec<GpuProcess>>,
}

impl Card {
    /// A card of which nothing could be read, for one reason.
    pub fn unread(index: u32, why: Unknown) -> Self {
        Self {
            index,
            name: Err(why.clone()),
            uuid: Err(why.clone()),
            compute_capability: Err(why.clone()),
            memory: Err(why.clone()),
            utilization_gpu: Err(why.clone()),
            utilization_memory: Err(why.clone()),
            temperature: Err(why.clone()),
            power_watts: Err(why.clone()),
            power_limit_watts: Err(why.clone()),
            clock_graphics_mhz: Err(why.clone()),
            clock_memory_mhz: Err(why.clone()),
            throttle: Err(why.clone()),
            fan_percent: Err(why.clone()),
            pcie: Pcie {
                generation: Err(why.clone()),
                width: Err(why.clone()),
                rx_kib_s: Err(why.clone()),
                tx_kib_s: Err(why.clone()),
            },
            performance_state: Err(why.clone()),
            partition: Partition::Unknown(why.clone()),
            processes: Err(why),
        }
    }

    /// What identifies the card over time: its UUID, else its index.
    pub fn key(&self) -> String {
        self.uuid.clone().unwrap_or_else(|_| format!("#{}", self.index))
    }
}

/// Framebuffer memory. `used + free + reserved = total`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Memory {
    /// All of it, as NVML counts.
    pub total: Bytes,
    /// Allocated by processes and the driver on their behalf.
    pub used: Bytes,
    /// Free to allocate.
    pub free: Bytes,
    /// Kept by the driver and firmware.
    pub reserved: Reading<Bytes>,
}

/// PCI Express link state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pcie {
    /// Current generation.
    pub generation: Reading<u32>,
    /// Current lane count.
    pub width: Reading<u32>,
    /// Host to card, KiB/s.
    pub rx_kib_s: Reading<u32>,
    /// Card to host, KiB/s.
    pub tx_kib_s: Reading<u32>,
}

/// How a card is divided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Partition {
    /// One whole card.
    Whole,
    /// MIG mode is on; the instances follow as cards of their own where the driver lists them.
    MigParent,
    /// An instance of the card with this index.
    MigInstance {
        /// Index of the parent card.
        parent: u32,
    },
    /// A virtual GPU, with the mode as the driver names it.
    Vgpu(String),
    /// The driver does not say.
    Unknown(Unknown),
}

/// What a process uses the card for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProcessUse {
    /// CUDA.
    Compute,
    /// OpenGL, Vulkan, the desktop.
    Graphics,
    /// Both.
    Both,
}

/// One process that holds memory on a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GpuProcess {
    /// Operating-system process id.
    pub pid: u32,
    /// Short name, cleaned for the terminal.
    pub name: Reading<String>,
    /// Full command line, cleaned and with secrets masked.
    pub command: Reading<String>,
    /// Whether it belongs to the user running vramdeck (only such a process may be ended from here).
    pub own: bool,
    /// Bytes on this card; unknown under WSL and WDDM.
    pub used: Reading<Bytes>,
    /// Compute, graphics or both.
    pub usage: ProcessUse,
    /// The vramdeck run it belongs to, by process tree.
    pub run: Option<String>,
    /// When the process started.
    pub since: Reading<SystemTime>,
}

/// The machine around the cards.
#[derive(Debug, Clone, PartialEq)]
pub struct Host {
    /// Percent over all cores (0–100).
    pub cpu_percent: Reading<f32>,
    /// Physical memory.
    pub ram_total: Reading<Bytes>,
    /// In use.
    pub ram_used: Reading<Bytes>,
    /// Swap in all.
    pub swap_total: Reading<Bytes>,
    /// Swap in use.
    pub swap_used: Reading<Bytes>,
    /// Free disk where models lie: (path, free bytes), one row a file system.
    pub disks: Vec<(String, Reading<Bytes>)>,
}

impl Host {
    /// A machine of which nothing could be read, for one reason.
    pub fn unread(why: Unknown) -> Self {
        Self {
            cpu_percent: Err(why.clone()),
            ram_total: Err(why.clone()),
            ram_used: Err(why.clone()),
            swap_total: Err(why.clone()),
            swap_used: Err(why),
            disks: Vec::new(),
        }
    }
}

#[cfg(test)]
pub(crate) mod samples {
    //! Plain values for tests of this room.
    use super::*;

    fn untold<T>() -> Reading<T> {
        Err(Unknown::because("not in this test"))
    }

    /// A card with these bytes; what is left of the total is free.
    pub(crate) fn card(total: u64, used: u64, reserved: u64) -> Card {
        let free = Bytes(total).minus(Bytes(used) + Bytes(reserved));
        Card {
            memory: Ok(Memory { total: Bytes(total), used: Bytes(used), free, reserved: Ok(Bytes(reserved)) }),
            ..Card::unread(0, Unknown::because("not in this test"))
        }
    }

    /// A process of no run, by another user.
    pub(crate) fn process(pid: u32, name: &str) -> GpuProcess {
        GpuProcess {
            pid,
            name: Ok(name.to_owned()),
            command: untold(),
            own: false,
            used: untold(),
            usage: ProcessUse::Graphics,
            run: None,
            since: untold(),
        }
    }

    /// A sample of the simulated kind at a number of seconds after the epoch.
    pub(crate) fn sample(seconds: f64, cards: Vec<Card>) -> Sample {
        Sample {
            at: SystemTime::UNIX_EPOCH + std::time::Duration::from_secs_f64(seconds),
            source: Source::Simulated("test".to_owned()),
            driver: untold(),
            cards,
            host: Host::unread(Unknown::because("not in this test")),
            problem: None,
        }
    }
}
