use super::*;
use crate::gpu::sample::samples;
use proptest::prelude::*;

const UNTOLD: &str = "WSL does not report memory per process";

fn process(pid: u32, name: &str, run: Option<&str>, used: Option<u64>) -> GpuProcess {
    let usage = if run.is_some() { ProcessUse::Compute } else { ProcessUse::Graphics };
    let used = used.map(Bytes).ok_or(Unknown::because(UNTOLD));
    GpuProcess { run: run.map(str::to_owned), usage, used, ..samples::process(pid, name) }
}

fn shape(card: &Card) -> Vec<(HolderKind, String, Option<u64>)> {
    let holders = holders(card, Basis::Measured).unwrap();
    holders.into_iter().map(|h| (h.kind, h.label, h.bytes.ok().map(|b| b.0))).collect()
}

#[test]
fn desktop_runs_processes_and_the_rest() {
    let card = Card {
        processes: Ok(vec![
            process(30, "firefox", None, Some(40)),
            process(9, "worker", Some("qwen"), Some(200)),
            process(10, "Xorg", None, Some(10)),
            process(8, "core", Some("qwen"), Some(100)),
            process(11, "gnome-shell", None, Some(5)),
            process(20, "blender", None, Some(7)),
        ]),
        ..samples::card(1000, 400, 50)
    };
    assert_eq!(
        shape(&card),
        [
            (HolderKind::Driver, "driver".to_owned(), Some(50)),
            (HolderKind::Desktop, "desktop".to_owned(), Some(15)),
            (HolderKind::Run, "qwen".to_owned(), Some(300)),
            (HolderKind::Process, "blender".to_owned(), Some(7)),
            (HolderKind::Process, "firefox".to_owned(), Some(40)),
            (HolderKind::Unattributed, "held by no listed process".to_owned(), Some(38)),
            (HolderKind::Free, "free".to_owned(), Some(550)),
        ]
    );
}

#[test]
fn what_wsl_hides_is_one_segment_with_the_reason() {
    let card = Card {
        processes: Ok(vec![process(5, "game.exe", None, None), process(6, "python", None, None)]),
        ..samples::card(1000, 400, 50)
    };
    assert_eq!(
        shape(&card),
        [
            (HolderKind::Driver, "driver".to_owned(), Some(50)),
            (HolderKind::Process, "game.exe".to_owned(), None),
            (HolderKind::Process, "python".to_owned(), None),
            (HolderKind::Unattributed, UNTOLD.to_owned(), Some(400)),
            (HolderKind::Free, "free".to_owned(), Some(550)),
        ]
    );
    let unlisted = Card { processes: Err(Unknown::because("no permission")), ..samples::card(1000, 400, 50) };
    assert!(shape(&unlisted).contains(&(HolderKind::Unattributed, "no permission".to_owned(), Some(400))));
}

#[test]
fn an_unknown_reserve_is_computed_and_unknown_memory_is_no_bar() {
    let mut card = samples::card(1000, 400, 50);
    card.memory.as_mut().unwrap().reserved = Err(Unknown::because("old"));
    let holders_of = holders(&card, Basis::Measured).unwrap();
    assert_eq!((holders_of[0].bytes.clone(), holders_of[0].basis), (Ok(Bytes(50)), Basis::Computed));
    card.memory = Err(Unknown::because("GPU is lost"));
    assert_eq!(holders(&card, Basis::Measured), Err(Unknown::because("GPU is lost")));
}

proptest! {
    #[test]
    fn known_bytes_fill_the_total(
        total in 0u64..10_000, used in 0u64..12_000, reserved in 0u64..12_000, known in any::<bool>(),
        processes in proptest::collection::vec((1u32..50, proptest::option::of(0u64..6_000), 0u8..3), 0..12),
    ) {
        let mut card = samples::card(total, used, reserved);
        if !known {
            card.memory.as_mut().unwrap().reserved = Err(Unknown::because("old"));
        }
        card.processes = Ok(processes.iter().map(|(pid, used, kind)| {
            let (name, run) = [("Xorg", None), ("a", None), ("b", Some("run"))][usize::from(*kind)];
            process(*pid, name, run, *used)
        }).collect());
        let holders = holders(&card, Basis::Measured).unwrap();
        let sum: Bytes = holders.iter().filter_map(|h| h.bytes.as_ref().ok().copied()).sum();
        prop_assert_eq!(sum, Bytes(total));
        prop_assert!(holders.is_sorted_by_key(|h| h.kind));
    }
}
