//! Replays, mutates, and tells what failed with the smallest input found.

use crate::heap;
use crate::mutate::{Rng, input};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Once};
use std::time::{Duration, Instant};

/// Time given to a target in an ordinary test run, and the most inputs in it.
const MOMENT: Duration = Duration::from_millis(300);
const INPUTS: u64 = 4000;
/// The longest that one input may keep a processor busy, in a debug build.
const SLOW: Duration = Duration::from_secs(4);
/// Memory that an input may cost: so much, and so many bytes a byte of it.
const ROOM: usize = 24 << 20;
const FOLD: usize = 1000;

/// A reader and what it is fed with.
pub struct Target {
    pub name: &'static str,
    pub run: fn(&[u8]),
    /// What is worth putting into its inputs.
    pub tokens: &'static [&'static [u8]],
}

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Replays the target's regressions and seeds, then mutates the seeds.
///
/// # Panics
/// When an input breaks what the target asserts, takes too long or too much memory.
pub fn fuzz(target: &Target) {
    hush();
    let regressions = files("regress", target.name);
    let seeds = files("corpus", target.name);
    assert!(!seeds.is_empty(), "{}: no seeds", target.name);
    let inputs = |all: &[(PathBuf, Vec<u8>)]| all.iter().map(|(_, data)| data.clone()).collect::<Vec<_>>();
    // Tables that are made at first use are not the input's fault.
    let _ = failure(target, seeds.first().map_or(b"", |(_, data)| data));
    for (file, data) in regressions.iter().chain(&seeds) {
        if let Some(why) = failure(target, data) {
            tell(target, data, &why, &file.display().to_string());
        }
    }
    let seeds = inputs(&[regressions, seeds].concat());
    let seed = number("FUZZ_SEED").unwrap_or(1);
    let (time, most) = number("FUZZ_SECONDS").map_or((MOMENT, INPUTS), |s| (Duration::from_secs(s), u64::MAX));
    let begun = Instant::now();
    let mut round = 0;
    while round < most && begun.elapsed() < time {
        let mut rng = Rng::new(seed.wrapping_mul(0x0100_0000_01b3).wrapping_add(round));
        let data = input(&mut rng, &seeds, target.tokens);
        if let Some(why) = failure(target, &data) {
            let (small, why) = smaller(target, data, why);
            tell(target, &small, &why, &format!("FUZZ_SEED={seed}, input {round}"));
        }
        round += 1;
    }
    eprintln!("{}: {round} inputs", target.name);
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// The files of a target, by name.
fn files(kind: &str, name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz").join(kind).join(name);
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

/// Panics of this thread while an input is tried say nothing: they are told once, with the input.
fn hush() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let told = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if QUIET.try_with(Cell::get).unwrap_or(false) {
                PLACE.with(|place| place.set(info.location().map(ToString::to_string)));
            } else {
                told(info);
            }
        }));
    });
}

thread_local! {
    static PLACE: Cell<Option<String>> = const { Cell::new(None) };
}

/// Why an input fails, if it does.
fn failure(target: &Target, data: &[u8]) -> Option<String> {
    if std::env::var_os("FUZZ_TRACE").is_some() {
        // For what ends the process, such as a stack that overflows: the last input is left in a file.
        std::fs::write(kept(target), data).unwrap();
    }
    let begun = worked();
    QUIET.set(true);
    let (result, peak) = heap::peak_of(|| catch_unwind(AssertUnwindSafe(|| (target.run)(data))));
    QUIET.set(false);
    let room = ROOM + FOLD * data.len();
    match result {
        Err(payload) => {
            let words = payload.downcast_ref::<String>().cloned();
            let words = words.or_else(|| payload.downcast_ref::<&str>().map(|words| (*words).to_owned()));
            let place = PLACE.with(Cell::take).unwrap_or_default();
            Some(format!("{} at {place}", words.unwrap_or_default()))
        }
        Ok(()) if peak > room => Some(format!("it took {peak} bytes of memory, {room} are allowed")),
        Ok(()) if worked() - begun > SLOW => Some(format!("it took more than {SLOW:?}")),
        Ok(()) => None,
    }
}

/// Time that this thread has had on a processor: a busy machine must not look like a slow reader. Linux only; elsewhere
/// time as it passes.
fn worked() -> Duration {
    static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.and_then(|text| text.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(|| BEGUN.elapsed(), Duration::from_nanos)
}

/// Takes pieces away for as long as it still fails.
fn smaller(target: &Target, mut data: Vec<u8>, mut why: String) -> (Vec<u8>, String) {
    let begun = Instant::now();
    let mut piece = data.len().div_ceil(2);
    while piece > 0 && begun.elapsed() < Duration::from_secs(10) {
        let mut at = 0;
        while at < data.len() && begun.elapsed() < Duration::from_secs(10) {
            let end = (at + piece).min(data.len());
            let tried = [&data[..at], &data[end..]].concat();
            match failure(target, &tried) {
                Some(still) => (data, why) = (tried, still),
                None => at = end,
            }
        }
        piece /= 2;
    }
    (data, why)
}

fn kept(target: &Target) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{}", target.name))
}

fn tell(target: &Target, data: &[u8], why: &str, from: &str) -> ! {
    let name = target.name;
    let file = kept(target);
    std::fs::write(&file, data).unwrap();
    panic!(
        "{name} fails ({from}): {why}\ninput, {} bytes: \"{}\"\nto repeat: cp {} tests/fuzz/regress/{name}/ and cargo test --test fuzz {name}",
        data.len(),
        data[..data.len().min(2000)].escape_ascii(),
        file.display(),
    );
}

#[test]
fn a_failure_is_found_and_made_small() {
    fn fragile(data: &[u8]) {
        assert!(!data.windows(2).any(|pair| pair == b"xy"), "xy");
    }
    hush();
    let target = Target { name: "own", run: fragile, tokens: &[b"xy"] };
    let data = (0..).map(|n| input(&mut Rng::new(n), &[b"seed".to_vec()], target.tokens));
    let found = data.take(1000).find_map(|data| failure(&target, &data).map(|why| (data, why)));
    let (data, why) = found.expect("found within a thousand inputs");
    let (small, why) = smaller(&target, data, why);
    assert_eq!((small.as_slice(), why.starts_with("xy at ")), (&b"xy"[..], true));
}
