//! Cards that fail or are held, and processes on several cards that cannot talk to each other.

use super::context::Context;
use super::read::count_after;
use super::remedy::{Cost, Remedy};
use super::rule::{CAUSE, LIKELY, Rule, Told, rule};
use super::text::said;

pub const RULES: &[Rule] = &[
    rule("card_failed", &["fallen off the bus"], CAUSE, failed),
    rule("card_failed", &["GPU is lost"], CAUSE, failed),
    rule("card_failed", &["rror", "uncorrectable ECC"], CAUSE, failed),
    rule("card_failed", &["NVRM: Xid"], LIKELY, xid),
    rule("card_busy", &["busy or unavailable"], CAUSE, busy),
    rule("shm_too_small", &["/dev/shm", "o space left on device"], CAUSE, shm),
    rule("shm_too_small", &["insufficient shared memory (shm)"], CAUSE, shm),
    rule("shm_too_small", &["rror", "unable to write to file </torch_"], CAUSE, shm),
    rule("distributed_failed", &["rror", "NCCL error"], LIKELY, apart),
    rule("distributed_failed", &["rror", "ncclUnhandledCudaError"], LIKELY, apart),
    rule("distributed_failed", &["rror", "connectFullMesh failed"], LIKELY, apart),
    rule("distributed_failed", &["DistNetworkError"], LIKELY, apart),
    rule("distributed_failed", &["DistStoreError"], LIKELY, apart),
];

fn failed(line: &str, _: &Context) -> Told {
    let why = format!("The card or its link failed, not the engine: {}.", said(line));
    let cold = "switch the machine off and on again, and check power cables, temperature and the card's seat";
    let tell = "if it comes again: look for `Xid` in dmesg, lower the power limit or the clocks, and test another card";
    Told::new(why, vec![Remedy::by_hand(cold), Remedy::by_hand(tell)])
}

/// The driver's own account of a fault. Some numbers are the program's, the others the card's.
fn xid(line: &str, context: &Context) -> Told {
    const PROGRAM: [u64; 5] = [13, 31, 43, 45, 69];
    let number = line.split_once("): ").and_then(|(_, rest)| count_after(&format!("={rest}"), "="));
    if number.is_none_or(|number| !PROGRAM.contains(&number)) {
        return failed(line, context);
    }
    let why = format!("A kernel of the engine did something forbidden on the card: {}.", said(line));
    let eager = Remedy::switch(
        "--enforce-eager",
        Cost::Speed,
        "without CUDA graphs and compiled code many crashes do not come",
    );
    Told::new(why, vec![eager, Remedy::by_hand("update the engine and the driver, and report it with its log")])
        .named("crashed")
}

fn busy(_: &str, _: &Context) -> Told {
    let why = "The card takes no further program: another holds it for itself, or its driver hangs.";
    let close = "close what holds the card: `vramdeck gpu` names each program; `nvidia-smi -c 0` ends exclusive use";
    Told::new(why, vec![Remedy::by_hand(close), Remedy::by_hand("if nothing holds it: restart the machine")])
}

fn shm(line: &str, _: &Context) -> Told {
    let why =
        format!("The shared memory (/dev/shm) over which the engine's processes talk is too small: {}.", said(line));
    let more = "give the container more: `--ipc=host`, or `--shm-size=8g`; on a bare machine remount /dev/shm larger";
    Told::new(why, vec![Remedy::by_hand(more)])
}

fn apart(line: &str, _: &Context) -> Told {
    let why = format!("The processes of several cards cannot talk to each other: {}.", said(line));
    let peer = "data goes through RAM instead of from card to card, which boards and virtual machines often forbid";
    let debug = "the log then says what exactly failed";
    Told::new(
        why,
        vec![
            Remedy::env("NCCL_P2P_DISABLE", "1", Cost::Speed, peer),
            Remedy::env("NCCL_DEBUG", "INFO", Cost::Nothing, debug),
            Remedy::by_hand("in a container: `--ipc=host`; check that each card is free and driver and CUDA fit"),
        ],
    )
}
