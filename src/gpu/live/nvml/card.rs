//! One card, asked everything.

use super::link::Throughput;
use super::listed;
use super::words::{self, Ear};
use crate::base::text::clean_line;
use crate::base::{Bytes, Reading, Unknown};
use crate::gpu::live::proc::Processes;
use crate::gpu::{Card, Memory, Partition, Pcie};
use nvml_wrapper::enum_wrappers::device::{Clock, GpuVirtualizationMode, PerformanceState, TemperatureSensor};

use nvml_wrapper::error::NvmlError;
use nvml_wrapper::{Device, Nvml};

/// What does not change while the library is open.
#[derive(Debug, Clone)]
pub(super) struct Still {
    name: Reading<String>,
    uuid: Reading<String>,
    compute_capability: Reading<(u32, u32)>,
}

/// Asks one card after the other.
pub(super) struct CardReader<'a> {
    pub(super) nvml: &'a Nvml,
    pub(super) ear: &'a mut Ear,
    pub(super) processes: &'a mut Processes,
    pub(super) wsl: bool,
}

impl CardReader<'_> {
    /// A card and its MIG instances, whose index the caller gives.
    pub(super) fn card(&mut self, index: u32, still: &mut Option<Still>, link: Throughput) -> (Card, Vec<Card>) {
        let device = match self.ear.hear(self.nvml.device_by_index(index)) {
            Ok(device) => device,
            Err(why) => return (Card::unread(index, why), Vec::new()),
        };
        let known = still.take().unwrap_or_else(|| self.still(&device));
        let partition = self.partition(&device);
        let instances = match partition {
            Partition::MigParent => self.instances(&device, index),
            _ => Vec::new(),
        };
        let mut card = self.device(&device, index, &known, partition);
        (card.pcie.rx_kib_s, card.pcie.tx_kib_s) = (link.rx, link.tx);
        *still = (known.name.is_ok() && known.uuid.is_ok()).then_some(known);
        (card, instances)
    }

    fn still(&mut self, device: &Device<'_>) -> Still {
        let capability = self.ear.hear(device.cuda_compute_capability());
        let number = |n: i32| u32::try_from(n).unwrap_or(0);
        Still {
            name: self.ear.hear(device.name()).map(|name| clean_line(&name)),
            uuid: self.ear.hear(device.uuid()).map(|uuid| clean_line(&uuid)),
            compute_capability: capability.map(|version| (number(version.major), number(version.minor))),
        }
    }

    fn device(&mut self, device: &Device<'_>, index: u32, still: &Still, partition: Partition) -> Card {
        let utilization = self.ear.hear(device.utilization_rates());
        let ear = &mut *self.ear;
        let watts = |milliwatts: u32| f64::from(milliwatts) / 1000.0;
        Card {
            index,
            name: still.name.clone(),
            uuid: still.uuid.clone(),
            compute_capability: still.compute_capability.clone(),
            memory: memory(ear, device),
            utilization_gpu: utilization.as_ref().map(|rates| rates.gpu).map_err(Clone::clone),
            utilization_memory: utilization.map(|rates| rates.memory),
            temperature: ear.hear(device.temperature(TemperatureSensor::Gpu)),
            power_watts: ear.hear(device.power_usage()).map(watts),
            power_limit_watts: ear.hear(device.enforced_power_limit()).map(watts),
            clock_graphics_mhz: ear.hear(device.clock_info(Clock::Graphics)),
            clock_memory_mhz: ear.hear(device.clock_info(Clock::Memory)),
            throttle: ear.hear(device.current_throttle_reasons()).map(words::throttles),
            fan_percent: fan(ear, device),
            pcie: Pcie {
                generation: ear.hear(device.current_pcie_link_gen()),
                width: ear.hear(device.current_pcie_link_width()),
                rx_kib_s: Err(Unknown::because("not reported for a part of a card")),
                tx_kib_s: Err(Unknown::because("not reported for a part of a card")),
            },
            performance_state: ear.hear(device.performance_state()).and_then(|state| performance(&state)),
            partition,
            processes: listed::processes(device, self.nvml, ear, self.processes, self.wsl),
        }
    }

    /// MIG first, then virtualisation. A card that supports neither is whole.
    fn partition(&mut self, device: &Device<'_>) -> Partition {
        match device.mig_mode() {
            Ok(mode) if mode.current == 1 => return Partition::MigParent,
            Err(error @ (NvmlError::GpuLost | NvmlError::DriverNotLoaded | NvmlError::Uninitialized)) => {
                return self.ear.hear::<Partition>(Err(error)).unwrap_or_else(Partition::Unknown);
            }
            _ => {}
        }
        match device.virtualization_mode() {
            Ok(GpuVirtualizationMode::Bare) | Err(NvmlError::NotSupported) => Partition::Whole,
            Ok(GpuVirtualizationMode::PassThrough) => Partition::Vgpu("pass-through".to_owned()),
            Ok(GpuVirtualizationMode::Vgpu) => Partition::Vgpu("vGPU guest".to_owned()),
            Ok(GpuVirtualizationMode::HostVgpu) => Partition::Vgpu("vGPU host".to_owned()),
            Ok(GpuVirtualizationMode::HostVsga) => Partition::Vgpu("vSGA host".to_owned()),
            Err(error) => self.ear.hear::<Partition>(Err(error)).unwrap_or_else(Partition::Unknown),
        }
    }

    fn instances(&mut self, parent: &Device<'_>, index: u32) -> Vec<Card> {
        let most = parent.mig_device_count().unwrap_or(0);
        let mut cards = Vec::new();
        // Places may be empty: the driver answers NotFound for those.
        for place in 0..most {
            let Ok(device) = parent.mig_device_by_index(place) else { continue };
            let still = self.still(&device);
            cards.push(self.device(&device, place, &still, Partition::MigInstance { parent: index }));
        }
        cards
    }
}

fn memory(ear: &mut Ear, device: &Device<'_>) -> Reading<Memory> {
    let info = ear.hear(device.memory_info())?;
    Ok(Memory {
        total: Bytes(info.total),
        used: Bytes(info.used),
        free: Bytes(info.free),
        reserved: Ok(Bytes(info.reserved)),
    })
}

/// Mean over the fans that answer.
fn fan(ear: &mut Ear, device: &Device<'_>) -> Reading<u32> {
    // A library without a count can still tell of the first fan.
    let fans = match device.num_fans() {
        Ok(0) => return Err(Unknown::because("this card has no fan of its own")),
        Ok(fans) => fans,
        Err(_) => 1,
    };
    let speeds: Vec<Reading<u32>> = (0..fans).map(|fan| ear.hear(device.fan_speed(fan))).collect();
    let known: Vec<u32> = speeds.iter().filter_map(|speed| speed.as_ref().ok().copied()).collect();
    match (u32::try_from(known.len()), speeds.into_iter().next()) {
        (Ok(0) | Err(_), Some(first)) => first,
        (Ok(0) | Err(_), None) => Err(Unknown::because("this card has no fan of its own")),
        (Ok(count), _) => Ok(known.iter().sum::<u32>().div_ceil(count)),
    }
}

fn performance(state: &PerformanceState) -> Reading<u32> {
    match state.as_c() {
        state @ 0..=15 => Ok(state),
        _ => Err(Unknown::because("the driver does not know")),
    }
}
