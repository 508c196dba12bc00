//! Ports of the loopback interface: free ones, and who holds the others.

use super::proc;
use std::fs;
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};

/// A port that is free now and not promised to anybody: the first from `from` on, else any.
pub fn free_port(from: u16, promised: &[u16]) -> Option<u16> {
    let free = |port: &u16| {
        !promised.contains(port) && TcpListener::bind(SocketAddrV4::new(Ipv4Addr::LOCALHOST, *port)).is_ok()
    };
    (from..from.saturating_add(100)).find(free).or_else(|| {
        let listener = TcpListener::bind(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0)).ok()?;
        Some(listener.local_addr().ok()?.port())
    })
}

/// Whether something listens on this port of the loopback or wildcard address, and which process, where it can be
/// seen: `None` means free, `Some(None)` held by a process that cannot be seen.
pub fn holder(port: u16) -> Option<Option<(u32, String)>> {
    let inodes: Vec<u64> = ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .filter_map(|file| fs::read_to_string(file).ok())
        .flat_map(|text| listening(&text, port))
        .collect();
    if inodes.is_empty() {
        let refused = TcpListener::bind(SocketAddrV4::new(Ipv4Addr::LOCALHOST, port)).is_err();
        return refused.then_some(None);
    }
    let owner = proc::all().into_iter().find(|process| holds(process.pid, &inodes));
    Some(owner.map(|process| (process.pid, proc::name(process.pid).unwrap_or_else(|| "?".to_owned()))))
}

/// Inodes of sockets that listen on a port, from the text of `/proc/net/tcp`.
fn listening(text: &str, port: u16) -> Vec<u64> {
    let row = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (_, hex) = fields.get(1)?.rsplit_once(':')?;
        let listens = *fields.get(3)? == "0A" && u16::from_str_radix(hex, 16) == Ok(port);
        if listens { fields.get(9)?.parse().ok() } else { None }
    };
    text.lines().skip(1).filter_map(row).collect()
}

fn holds(pid: u32, inodes: &[u64]) -> bool {
    let Ok(entries) = fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
    entries.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok()).any(|target| {
        let text = target.to_string_lossy();
        let inode = text.strip_prefix("socket:[").and_then(|rest| rest.strip_suffix(']')?.parse::<u64>().ok());
        inode.is_some_and(|inode| inodes.contains(&inode))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_port_names_its_holder() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (pid, name) = holder(port).unwrap().unwrap();
        assert_eq!(pid, std::process::id());
        assert!(!name.is_empty());
        assert_ne!(free_port(port, &[]), Some(port));
        drop(listener);
        assert_eq!(holder(port), None);
        assert_ne!(free_port(port, &[port]), Some(port));
    }
}
