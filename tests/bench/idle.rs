//! What the deck costs while nobody does anything, and how soon it shows itself: `cargo bench --bench idle`.
//!
//! Each case is the real program in a terminal of 160×48, with an NVML stand-in in place of the driver (or the simulated
//! card), left alone for `VRAMDECK_BENCH_SECONDS` (default 20). Told: seconds from the start to the first frame (median and
//! slowest of nine), CPU seconds a minute, resident memory, bytes written to the terminal. Where `btm` is on the PATH it is
//! measured the same way in the same run. Ends with an error when the first frame takes more than 100 ms, memory is more
//! than 40 MB, or an unchanging screen costs more than 0.05 CPU seconds a minute; a debug build only tells its figures.
#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a bench fails loudly"
)]
#![allow(dead_code, reason = "it shares the stand-in of the tests and uses its part of it")]

#[path = "../support/standin.rs"]
mod standin;

use portable_pty::{Child, CommandBuilder, PtySize, native_pty_system};
use std::collections::HashMap;
use std::ffi::OsString;
use std::io::{Read, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

struct Flight {
    child: Box<dyn Child + Send + Sync>,
    /// Keeps the terminal open.
    _master: Box<dyn portable_pty::MasterPty + Send>,
    keyboard: Box<dyn Write + Send>,
    first_frame: Duration,
    bytes: Arc<AtomicUsize>,
}

impl Flight {
    /// Starts a program and waits until `shown` is on screen.
    fn start(mut command: CommandBuilder, shown: &'static str) -> Self {
        let size = PtySize { rows: 48, cols: 160, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        let mut reader = pair.master.try_clone_reader().unwrap();
        let keyboard = pair.master.take_writer().unwrap();
        let began = Instant::now();
        let child = pair.slave.spawn_command(command).unwrap();
        let bytes = Arc::new(AtomicUsize::new(0));
        let (tx, rx) = mpsc::channel();
        let counted = Arc::clone(&bytes);
        std::thread::spawn(move || {
            let (mut seen, mut chunk) = (Vec::new(), [0; 16_384]);
            let mut found = false;
            while let Ok(n @ 1..) = reader.read(&mut chunk) {
                counted.fetch_add(n, Ordering::Relaxed);
                if !found {
                    seen.extend_from_slice(&chunk[..n]);
                    found = String::from_utf8_lossy(&seen).contains(shown);
                    if found {
                        let _ = tx.send(Instant::now());
                    }
                }
            }
        });
        let at = rx.recv_timeout(Duration::from_secs(20)).expect("it never showed itself");
        Self { child, _master: pair.master, keyboard, first_frame: at - began, bytes }
    }

    fn pid(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// CPU seconds of each of its threads that live.
    fn cpu(&self) -> HashMap<OsString, f64> {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.pid())).unwrap();
        let seconds = |task: std::fs::DirEntry| {
            let stat = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
            Some((task.file_name(), stat.split(' ').next()?.parse::<f64>().ok()? / 1e9))
        };
        tasks.filter_map(|task| seconds(task.ok()?)).collect()
    }

    /// CPU seconds since then. A thread that has ended since was one of a pool that waited for work.
    fn cpu_since(&self, before: &HashMap<OsString, f64>) -> f64 {
        self.cpu().iter().map(|(thread, now)| now - before.get(thread).unwrap_or(&0.0)).sum()
    }

    fn resident_mb(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() * 1024.0 / 1e6
    }

    fn end(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Cost {
    cpu_per_minute: f64,
    resident_mb: f64,
}

/// `keys` are typed once it shows itself.
fn idle(name: &str, command: CommandBuilder, shown: &'static str, keys: &str) -> Cost {
    let seconds = std::env::var("VRAMDECK_BENCH_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(20.0);
    let mut flight = Flight::start(command, shown);
    flight.keyboard.write_all(keys.as_bytes()).unwrap();
    // What starting costs is over after this.
    std::thread::sleep(Duration::from_secs(3));
    let (cpu, bytes) = (flight.cpu(), flight.bytes.load(Ordering::Relaxed));
    std::thread::sleep(Duration::from_secs_f64(seconds));
    let cost = Cost { cpu_per_minute: flight.cpu_since(&cpu) * 60.0 / seconds, resident_mb: flight.resident_mb() };
    let rate = (flight.bytes.load(Ordering::Relaxed) - bytes) as f64 / seconds;
    println!("{name:<34} {:>7.3} CPU-s/min {:>6.1} MB {rate:>7.0} B/s", cost.cpu_per_minute, cost.resident_mb);
    flight.end();
    cost
}

fn main() {
    let home = tempfile::tempdir().unwrap();
    let standin = standin::Standin::new("");
    let deck = |arguments: &[&str]| {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_vramdeck"));
        command.args(arguments);
        command.env("VRAMDECK_HOME", home.path());
        for (name, value) in standin.env() {
            command.env(name, value);
        }
        command
    };
    let mut starts: Vec<Duration> = (0..9)
        .map(|_| {
            let flight = Flight::start(deck(&[]), "Engines");
            let took = flight.first_frame;
            flight.end();
            took
        })
        .collect();
    starts.sort();
    let (median, slowest) = (starts[4].as_secs_f64() * 1e3, starts[8].as_secs_f64() * 1e3);
    println!("first frame: median {median:.1} ms, slowest {slowest:.1} ms");
    let still = idle("1 Hz, Engines, nothing changes", deck(&["--sample-hz", "1"]), "Engines", "3");
    let busy = idle("1 Hz, Card, host's CPU moves", deck(&["--sample-hz", "1"]), "Engines", "");
    let demo = idle("1 Hz, Card, simulated card moves", deck(&["--demo", "--sample-hz", "1"]), "Engines", "");
    let bottom = on_path("btm").then(|| {
        let mut command = CommandBuilder::new("btm");
        command.args(["-r", "1000"]);
        idle("btm -r 1000", command, "CPU", "")
    });
    let mut wrong = Vec::new();
    let mut at_most = |what: &str, value: f64, most: f64| {
        if value > most {
            wrong.push(format!("{what}: {value:.3}, not at most {most:.3}"));
        }
    };
    at_most("first frame, ms", median, 100.0);
    at_most("CPU seconds a minute while nothing changes", still.cpu_per_minute, 0.05);
    at_most("resident MB", demo.resident_mb.max(still.resident_mb).max(busy.resident_mb), 40.0);
    if let Some(bottom) = bottom {
        let most = demo.cpu_per_minute.max(busy.cpu_per_minute);
        at_most("CPU seconds a minute, against btm's", most, bottom.cpu_per_minute);
    }
    for line in &wrong {
        println!("MISSED {line}");
    }
    if !wrong.is_empty() && !cfg!(debug_assertions) {
        std::process::exit(1);
    }
}

fn on_path(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}
