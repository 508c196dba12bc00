//! Names that processes give themselves, through the real `/proc`.

use crate::check::row;
use std::fs;
use vramdeck::base::Bytes;
use vramdeck::gpu::live::{Claim, Options, Reader, SimCard, SourceChoice};

/// Gives this process its old name back.
struct Renamed(Vec<u8>);

impl Drop for Renamed {
    fn drop(&mut self) {
        let _ = fs::write("/proc/self/comm", &self.0);
    }
}

/// A process may call itself anything: brackets and numbers as in its stat line, controls, bytes that are no text. It
/// is still recognised, keeps its memory and is shown on one row.
#[test]
fn a_process_may_call_itself_anything() {
    let home = tempfile::tempdir().unwrap();
    let card = SimCard::create(home.path(), "headless", None).unwrap();
    let mut claim = Claim::new(&card, "engine", 0).unwrap();
    claim.set(Bytes(1 << 30)).unwrap();
    let _restored = Renamed(fs::read("/proc/self/comm").unwrap());
    let own = std::process::id();
    for name in [
        &b"a) R 1 (b"[..],
        b"\x1b[31mred",
        b") Z 0 0 0 0 0",
        b"\xff\xfe\x9b",
        b"((((",
        b"a\tb\rc",
        b"\xe2\x80\xae\xe2",
        b" ",
    ] {
        fs::write("/proc/self/comm", name).unwrap();
        let sample = Reader::new(SourceChoice::Simulated(card.clone()), Options::default()).read();
        let all = sample.cards[0].processes.as_ref().unwrap();
        let found = all.iter().find(|process| process.pid == own);
        let found = found.unwrap_or_else(|| panic!("lost under the name {:?}", name.escape_ascii().to_string()));
        assert_eq!(found.used, Ok(Bytes(1 << 30)));
        row("a name", found.name.as_deref().unwrap_or_default());
        row("a command", found.command.as_deref().unwrap_or_default());
    }
}
