use super::*;
use crate::base::units::{GIB, MIB};
use crate::gpu::sample::samples;
use crate::gpu::{GpuProcess, ProcessUse};
use proptest::prelude::*;

fn of_run(pid: u32, run: &str, used: Reading<Bytes>) -> GpuProcess {
    GpuProcess { run: Some(run.to_owned()), used, usage: ProcessUse::Compute, ..samples::process(pid, "engine") }
}

fn other(pid: u32, name: &str, used: Reading<Bytes>) -> GpuProcess {
    GpuProcess { used, ..samples::process(pid, name) }
}

fn sample(cards: Vec<Card>) -> Sample {
    Sample { source: crate::gpu::Source::Nvml, ..samples::sample(0.0, cards) }
}

fn card(used: u64, processes: Reading<Vec<GpuProcess>>) -> Card {
    Card { processes, ..samples::card(16 * GIB, used, 400 * MIB) }
}

fn account() -> Account {
    Account {
        weights: Some(Bytes(6 * GIB)),
        kv: Some(Bytes(4 * GIB)),
        graphs: Some(Bytes(512 * MIB)),
        activations: Some(Bytes(GIB)),
        kv_usage: Ok(0.25),
        ..Account::of("qwen")
    }
}

fn parts(ledger: &Ledger) -> Vec<(HolderKind, Part, Option<u64>, Origin)> {
    let row = |e: &Entry| (e.kind, e.part, e.bytes.as_ref().ok().map(|bytes| bytes.0 / MIB), e.origin);
    ledger.entries.iter().map(row).collect()
}

#[test]
fn a_desktop_a_game_and_a_run_in_parts() {
    let processes = vec![
        other(1, "Xorg", Ok(Bytes(200 * MIB))),
        other(2, "game", Ok(Bytes(GIB))),
        of_run(3, "qwen", Ok(Bytes(512 * MIB))),
        of_run(4, "qwen", Ok(Bytes(11 * GIB + 512 * MIB))),
    ];
    let sample = sample(vec![card(13 * GIB + 300 * MIB, Ok(processes))]);
    let ledger = ledger(&sample, 0, &[account()]).unwrap();
    use HolderKind::*;
    assert_eq!(
        parts(&ledger),
        [
            (Driver, Part::Whole, Some(400), Origin::Nvml),
            (Desktop, Part::Whole, Some(200), Origin::Nvml),
            (Run, Part::Weights, Some(6144), Origin::Log),
            (Run, Part::KvInUse, Some(1024), Origin::Gauge),
            (Run, Part::KvReserved, Some(3072), Origin::Gauge),
            (Run, Part::Graphs, Some(512), Origin::Log),
            (Run, Part::Activations, Some(1024), Origin::Log),
            (Run, Part::Other, Some(512), Origin::Computed),
            (Process, Part::Whole, Some(1024), Origin::Nvml),
            (Unattributed, Part::Whole, Some(100), Origin::Computed),
            (Free, Part::Whole, Some(16 * 1024 - 13 * 1024 - 700), Origin::Nvml),
        ]
    );
    assert_eq!(ledger.sum(), ledger.total);
    assert_eq!(ledger.of_run("qwen").count(), 6);
    assert_eq!(ledger.entries[2].pids, [3, 4]);
}

#[test]
fn an_engine_that_says_more_than_the_driver_counts_is_cut_and_told() {
    let sample = sample(vec![card(7 * GIB, Ok(vec![of_run(3, "qwen", Ok(Bytes(7 * GIB)))]))]);
    let ledger = ledger(&sample, 0, &[account()]).unwrap();
    let kv: Vec<_> = ledger.of_run("qwen").filter(|e| matches!(e.part, Part::KvInUse | Part::KvReserved)).collect();
    assert_eq!(kv.iter().map(|e| e.bytes.clone().unwrap()).sum::<Bytes>(), Bytes(GIB));
    assert_eq!(kv[1].note.as_deref(), Some("the engine says 4.00 GiB, the driver counts less"));
    assert!(ledger.of_run("qwen").all(|e| e.part != Part::Graphs && e.part != Part::Other));
    assert_eq!(ledger.sum(), ledger.total);
}

#[test]
fn where_the_driver_does_not_count_by_process_the_engine_is_believed_and_the_rest_unknown() {
    let why = Unknown::because("WSL does not report memory per process");
    let processes = vec![of_run(3, "qwen", Err(why.clone())), other(9, "game", Err(why.clone()))];
    let sample = sample(vec![card(13 * GIB, Ok(processes))]);
    let ledger = ledger(&sample, 0, &[account()]).unwrap();
    let other = ledger.of_run("qwen").find(|e| e.part == Part::Other).unwrap();
    assert_eq!(other.bytes, Err(why.clone()));
    let game = ledger.entries.iter().find(|e| e.kind == HolderKind::Process).unwrap();
    assert_eq!((game.bytes.clone(), game.note.clone()), (Err(why.clone()), Some(why.to_string())));
    let rest = ledger.entries.iter().find(|e| e.kind == HolderKind::Unattributed).unwrap();
    assert_eq!(rest.bytes, Ok(Bytes(13 * GIB - 11 * GIB - 512 * MIB)));
    assert_eq!(ledger.sum(), ledger.total);
}

#[test]
fn a_sleeping_run_and_one_that_says_nothing() {
    let sample = sample(vec![card(3 * GIB, Ok(vec![of_run(3, "qwen", Ok(Bytes(GIB)))]))]);
    let asleep = ledger(&sample, 0, &[Account { asleep: true, graphs: None, activations: None, ..account() }]).unwrap();
    let own: Vec<_> = asleep.of_run("qwen").collect();
    assert_eq!((own.len(), own[0].part, own[0].bytes.clone()), (1, Part::Other, Ok(Bytes(GIB))));
    let silent = ledger(&sample, 0, &[Account::of("qwen")]).unwrap();
    assert_eq!(silent.of_run("qwen").next().map(|e| (e.part, e.origin)), Some((Part::Whole, Origin::Nvml)));
    let unknown = ledger(&sample, 0, &[Account { kv_usage: Err(Unknown::because("off")), ..account() }]).unwrap();
    assert!(unknown.of_run("qwen").all(|e| e.part != Part::KvInUse));
}

#[test]
fn over_two_cards_each_has_its_own_parts_or_its_share() {
    let on = |gib: u64| card(gib * GIB, Ok(vec![of_run(gib as u32, "qwen", Ok(Bytes(gib * GIB)))]));
    let sample = sample(vec![on(12), on(4), card(GIB, Ok(Vec::new()))]);
    let weights = |account: &Account, at| {
        let ledger = ledger(&sample, at, std::slice::from_ref(account)).unwrap();
        assert_eq!(ledger.sum(), ledger.total);
        ledger.of_run("qwen").find(|e| e.part == Part::Weights).map(|e| e.bytes.clone().unwrap().0)
    };
    let each = Account { weights: Some(Bytes(2 * GIB)), ..Account::of("qwen") };
    assert_eq!((weights(&each, 0), weights(&each, 1), weights(&each, 2)), (Some(2 * GIB), Some(2 * GIB), None));
    let together = Account { each_card: false, weights: Some(Bytes(8 * GIB)), ..each };
    assert_eq!((weights(&together, 0), weights(&together, 1)), (Some(6 * GIB), Some(2 * GIB)));
}

#[test]
fn a_card_that_cannot_be_read_has_none() {
    let unread = sample(vec![Card::unread(0, Unknown::because("asleep"))]);
    assert_eq!(ledger(&unread, 0, &[]), Err(Unknown::because("asleep")));
    assert!(ledger(&unread, 1, &[]).is_err());
}

fn amount() -> impl Strategy<Value = u64> {
    prop_oneof![8 => 0..20 * GIB, 1 => Just(0), 1 => Just(u64::MAX)]
}

fn held() -> impl Strategy<Value = (u32, Option<u64>, u8)> {
    (1u32..6, prop::option::of(amount()), 0u8..4)
}

prop_compose! {
    fn any_account()(weights in prop::option::of(amount()), kv in prop::option::of(amount()),
        graphs in prop::option::of(amount()), activations in prop::option::of(amount()),
        usage in prop::option::of(-1.0f64..3.0), asleep in any::<bool>(), each_card in any::<bool>(), run in 0u8..2) -> Account {
        let kv_usage = usage.ok_or_else(|| Unknown::because("none"));
        let [weights, kv, graphs, activations] = [weights, kv, graphs, activations].map(|bytes| bytes.map(Bytes));
        Account { weights, kv, graphs, activations, kv_usage, asleep, each_card, run: format!("run{run}") }
    }
}

proptest! {
    #[test]
    fn it_always_adds_up(
        used in 0..16 * GIB, kept in 0..2 * GIB, first in prop::collection::vec(held(), 0..6),
        second in prop::collection::vec(held(), 0..3), accounts in prop::collection::vec(any_account(), 0..3),
    ) {
        let process = |(pid, bytes, run): (u32, Option<u64>, u8)| {
            let used = bytes.map(Bytes).ok_or_else(|| Unknown::because("none"));
            match run {
                0 | 1 => of_run(pid, &format!("run{run}"), used),
                2 => other(pid, "Xorg", used),
                _ => other(pid, "game", used),
            }
        };
        let card = |of: Vec<_>| Card { processes: Ok(of.into_iter().map(process).collect()), ..samples::card(16 * GIB, used, kept) };
        let sample = sample(vec![card(first), card(second)]);
        for at in 0..2 {
            let ledger = ledger(&sample, at, &accounts).unwrap();
            prop_assert_eq!(ledger.sum(), ledger.total);
            let plain = holders(&sample.cards[at], sample.basis()).unwrap();
            for holder in plain.iter().filter(|h| h.kind == HolderKind::Run && h.bytes.is_ok()) {
                let sum: Bytes = ledger.of_run(&holder.label).filter_map(|e| e.bytes.clone().ok()).sum();
                prop_assert_eq!(Ok(sum), holder.bytes.clone(), "the parts of a run are what the driver counts");
            }
        }
    }
}
