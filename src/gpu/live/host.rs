//! The machine around the cards: processor, memory, disk.

use crate::base::{Bytes, Reading, Unknown};
use crate::gpu::Host;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use sysinfo::{MINIMUM_CPU_UPDATE_INTERVAL, MemoryRefreshKind, System};

/// Free disk changes slowly and may be asked of a slow file system.
const DISK_EVERY: Duration = Duration::from_secs(10);

/// Reads the host; processor time needs two readings.
pub(super) struct HostReader {
    system: Option<System>,
    paths: Vec<PathBuf>,
    cpu: Reading<f32>,
    cpu_read: Option<Instant>,
    disks: Vec<(String, Reading<Bytes>)>,
    disks_read: Option<Instant>,
}

/// Bytes of RAM that programs can take now; `None` where the system does not tell.
pub fn free_ram() -> Option<u64> {
    let mut system = System::new().ok()?;
    system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
    Some(system.available_memory()).filter(|bytes| *bytes > 0)
}

impl HostReader {
    pub(super) fn new(paths: Vec<PathBuf>) -> Self {
        Self {
            system: System::new().ok(),
            paths,
            cpu: Err(Unknown::because("needs two readings")),
            cpu_read: None,
            disks: Vec::new(),
            disks_read: None,
        }
    }

    pub(super) fn read(&mut self) -> Host {
        if self.disks_read.is_none_or(|read| read.elapsed() >= DISK_EVERY) {
            self.disks = disks(&self.paths);
            self.disks_read = Some(Instant::now());
        }
        let disks = self.disks.clone();
        let Some(system) = &mut self.system else {
            return Host { disks, ..Host::unread(Unknown::because("the system does not tell")) };
        };
        match self.cpu_read {
            Some(read) if read.elapsed() < MINIMUM_CPU_UPDATE_INTERVAL => {}
            earlier => {
                system.refresh_cpu_usage();
                if earlier.is_some() {
                    self.cpu = Ok(system.global_cpu_usage());
                }
                self.cpu_read = Some(Instant::now());
            }
        }
        system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram().with_swap());
        let known = |bytes: u64| match bytes {
            0 => Err(Unknown::because("the system does not tell")),
            bytes => Ok(Bytes(bytes)),
        };
        Host {
            cpu_percent: self.cpu.clone(),
            ram_total: known(system.total_memory()),
            ram_used: known(system.used_memory()),
            swap_total: Ok(Bytes(system.total_swap())),
            swap_used: Ok(Bytes(system.used_swap())),
            disks,
        }
    }
}

/// Free bytes for the user, one row a file system; a folder not made yet counts for its nearest parent that is.
fn disks(paths: &[PathBuf]) -> Vec<(String, Reading<Bytes>)> {
    let mut seen = Vec::new();
    let mut rows = Vec::new();
    for path in paths {
        let Some((there, meta)) = path.ancestors().find_map(|path| Some((path, path.metadata().ok()?))) else {
            continue;
        };
        if !seen.contains(&meta.dev()) {
            seen.push(meta.dev());
            rows.push((crate::base::text::clean_line(&path.to_string_lossy()), free(there)));
        }
    }
    rows
}

fn free(path: &Path) -> Reading<Bytes> {
    let disk = nix::sys::statvfs::statvfs(path)
        .map_err(|error| Unknown::because(format!("the file system does not tell: {}", error.desc())))?;
    Ok(Bytes(disk.blocks_available() * disk.fragment_size()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_row_a_file_system_even_for_folders_to_be_made() {
        let dir = tempfile::tempdir().unwrap();
        let rows =
            disks(&[dir.path().join("models/not/yet"), dir.path().to_owned(), PathBuf::from("relative-nowhere")]);
        assert_eq!(rows.len(), 1, "{rows:?}");
        assert!(rows[0].1.as_ref().unwrap().0 > 0);
    }

    #[test]
    fn memory_is_read_and_the_first_cpu_reading_is_unknown() {
        let mut reader = HostReader::new(Vec::new());
        let host = reader.read();
        assert!(host.cpu_percent.is_err());
        assert!(host.ram_used.unwrap() <= host.ram_total.unwrap());
    }
}
