//! Who holds the memory of one card, as the segments of a stacked bar.

use super::{Card, GpuProcess, Memory, ProcessUse};
use crate::base::{Basis, Bytes, Reading, Unknown};
use std::collections::BTreeMap;

/// What a segment stands for, in the order of the bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HolderKind {
    /// Kept back by the driver and firmware.
    Driver,
    /// Display server and compositor.
    Desktop,
    /// A run of vramdeck.
    Run,
    /// Any other process.
    Process,
    /// In use, but nobody can be named for it.
    Unattributed,
    /// Free to allocate.
    Free,
}

impl HolderKind {
    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Driver => "driver",
            Self::Desktop => "desktop",
            Self::Run => "run",
            Self::Process => "process",
            Self::Unattributed => "not_explained",
            Self::Free => "free",
        }
    }
}

/// One segment of the bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// What it stands for.
    pub kind: HolderKind,
    /// Name of the run or process; for what cannot be told apart, the reason.
    pub label: String,
    /// Bytes on this card. Unknown for a process whose bytes nobody reports; those are within `Unattributed`.
    pub bytes: Reading<Bytes>,
    /// Where the figure comes from.
    pub basis: Basis,
    /// The processes behind it; empty for driver, unattributed and free.
    pub pids: Vec<u32>,
}

/// The segments of a card, in a steady order (kind; runs by name, processes by age of their id), so that nothing
/// jumps when numbers change. The known bytes add up to the card's total exactly.
///
/// The driver's list of processes and its total are two readings: where the processes add up to more than what is in
/// use, free memory gives way, then the last processes; such figures are marked as computed.
///
/// # Errors
/// When the card's memory itself is unknown.
pub fn holders(card: &Card, basis: Basis) -> Reading<Vec<Holder>> {
    let memory = card.memory.as_ref().map_err(Clone::clone)?;
    let (named, why) = match &card.processes {
        Ok(processes) => (by_name(processes, basis), processes.iter().find_map(|p| p.used.as_ref().err())),
        Err(unknown) => (Vec::new(), Some(unknown)),
    };
    Ok(fill(memory, named, why, basis))
}

/// Whether a process is the desktop itself: a display server, a compositor, or a part of a shell.
pub fn is_desktop(process: &GpuProcess) -> bool {
    const NAMES: [&str; 26] = [
        "Xorg",
        "X",
        "Xwayland",
        "Xvfb",
        "gnome-shell",
        "mutter",
        "mutter-x11-frames",
        "kwin_wayland",
        "kwin_x11",
        "plasmashell",
        "sway",
        "Hyprland",
        "niri",
        "river",
        "labwc",
        "wayfire",
        "weston",
        "cosmic-comp",
        "gamescope",
        "cinnamon",
        "xfwm4",
        "picom",
        "budgie-wm",
        "marco",
        "gnome-session-binary",
        "dwm.exe",
    ];
    process.usage != ProcessUse::Compute
        && process.name.as_ref().is_ok_and(|name| NAMES.iter().any(|known| name == known))
}

/// One holder a name: the desktop as one, each run as one, each other process by itself.
fn by_name(processes: &[GpuProcess], basis: Basis) -> Vec<Holder> {
    let mut holders: BTreeMap<(HolderKind, String, u32), Holder> = BTreeMap::new();
    for process in processes {
        let name = process.name.clone().unwrap_or_else(|_| format!("pid {}", process.pid));
        let (kind, label, pid) = match &process.run {
            Some(run) => (HolderKind::Run, run.clone(), 0),
            None if is_desktop(process) => (HolderKind::Desktop, "desktop".to_owned(), 0),
            None => (HolderKind::Process, name, process.pid),
        };
        let sort = if pid > 0 { String::new() } else { label.clone() };
        let holder = holders.entry((kind, sort, pid)).or_insert_with(|| Holder {
            kind,
            label,
            bytes: Ok(Bytes(0)),
            basis,
            pids: Vec::new(),
        });
        holder.pids.push(process.pid);
        holder.bytes = match (&holder.bytes, &process.used) {
            (Ok(sum), Ok(used)) => Ok(*sum + *used),
            (Err(unknown), _) | (_, Err(unknown)) => Err(unknown.clone()),
        };
    }
    holders.into_values().collect()
}

/// Lays driver, named, unattributed and free bytes end to end so that they fill the total.
fn fill(memory: &Memory, mut named: Vec<Holder>, why: Option<&Unknown>, basis: Basis) -> Vec<Holder> {
    let total = memory.total;
    let (reserved, driver_basis) = match &memory.reserved {
        Ok(reserved) => (*reserved, basis),
        Err(_) => (total.minus(memory.used + memory.free), Basis::Computed),
    };
    let driver = reserved.min(total);
    let room = total.minus(driver);
    let mut taken = Bytes(0);
    for holder in &mut named {
        if let Ok(bytes) = &mut holder.bytes {
            let fits = (*bytes).min(room.minus(taken));
            if fits < *bytes {
                (*bytes, holder.basis) = (fits, Basis::Computed);
            }
            taken = taken + *bytes;
        }
    }
    let used = memory.used.min(room);
    let rest = used.minus(taken);
    let free = room.minus(taken + rest);
    let free_basis = if free == memory.free { basis } else { Basis::Computed };
    let segment = |kind, label: &str, bytes, basis| Holder {
        kind,
        label: label.to_owned(),
        bytes: Ok(bytes),
        basis,
        pids: Vec::new(),
    };
    let label = why.map_or("held by no listed process", |unknown| unknown.why.as_ref());
    let mut all = Vec::with_capacity(named.len() + 3);
    if driver > Bytes(0) {
        all.push(segment(HolderKind::Driver, "driver", driver, driver_basis));
    }
    all.append(&mut named);
    if rest > Bytes(0) {
        all.push(segment(HolderKind::Unattributed, label, rest, Basis::Computed));
    }
    all.push(segment(HolderKind::Free, "free", free, free_basis));
    all
}

#[cfg(test)]
mod tests;
