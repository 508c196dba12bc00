//! What tests of screens build on: a fixed moment, cards, runs, a model, keys as text, and a drawn frame.
//!
//! ```text
//! let mut model = support::model(support::desktop());
//! support::press(&mut model, "2 ctrl+p e n g");
//! support::check("palette", &support::draw(&model, "terminal", (80, 24)));
//! ```

use crate::look;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use vramdeck::app::keymap::Keymap;
use vramdeck::app::model::Shared;
use vramdeck::app::mouse::Gesture;
use vramdeck::app::{Effect, Env, Key, Model, Msg, ScreenId, update};
use vramdeck::base::units::MIB;
use vramdeck::base::{Bytes, Problem, Unknown};
use vramdeck::engines::{Dialect, EngineKind, Phase, RunId, RunState};
use vramdeck::gpu::{Card, Driver, GpuProcess, Host, Memory, Partition, Pcie, ProcessUse, Sample, Source};
use vramdeck::ui::theme::{Depth, Gallery};
use vramdeck::ui::{Cache, view};

/// The moment all of it happens at.
pub fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_790_000_000)
}

pub fn env() -> Env {
    Env { now: now(), uptime: Duration::from_secs(600) }
}

fn untold<T>() -> Result<T, Unknown> {
    Err(Unknown::because("not in this test"))
}

pub fn host() -> Host {
    Host {
        cpu_percent: Ok(12.0),
        ram_total: Ok(Bytes(65_536 * MIB)),
        ram_used: Ok(Bytes(20_480 * MIB)),
        swap_total: Ok(Bytes(8192 * MIB)),
        swap_used: Ok(Bytes(0)),
        disks: vec![("/home/pilot/models".to_owned(), Ok(Bytes(512_000 * MIB)))],
    }
}

/// A process of one's own that has lived for 14 minutes.
pub fn process(pid: u32, name: &str, mib: u64, run: Option<&str>) -> GpuProcess {
    GpuProcess {
        pid,
        name: Ok(name.to_owned()),
        command: Ok(format!("/usr/bin/{name} --flag value")),
        own: true,
        used: Ok(Bytes(mib * MIB)),
        usage: if run.is_some() { ProcessUse::Compute } else { ProcessUse::Graphics },
        run: run.map(str::to_owned),
        since: Ok(now() - Duration::from_secs(14 * 60)),
    }
}

/// An RTX 5080 with these processes, everything told.
pub fn card(index: u32, processes: Vec<GpuProcess>) -> Card {
    let held: u64 = processes.iter().filter_map(|process| process.used.as_ref().ok()).map(|bytes| bytes.0).sum();
    let (total, reserved) = (16_303 * MIB, 420 * MIB);
    let used = held + 46 * MIB;
    Card {
        index,
        name: Ok("NVIDIA GeForce RTX 5080".to_owned()),
        uuid: Ok(format!("GPU-5080{index:04}-0000-0000-0000-000000000000")),
        compute_capability: Ok((12, 0)),
        memory: Ok(Memory {
            total: Bytes(total),
            used: Bytes(used),
            free: Bytes(total - used - reserved),
            reserved: Ok(Bytes(reserved)),
        }),
        utilization_gpu: Ok(71),
        utilization_memory: Ok(48),
        temperature: Ok(61),
        power_watts: Ok(212.4),
        power_limit_watts: Ok(360.0),
        clock_graphics_mhz: Ok(2610),
        clock_memory_mhz: Ok(15_001),
        throttle: Ok(vec!["power limit"]),
        fan_percent: Ok(42),
        pcie: Pcie { generation: Ok(5), width: Ok(16), rx_kib_s: Ok(1_172_000), tx_kib_s: Ok(98_000) },
        performance_state: Ok(0),
        partition: Partition::Whole,
        processes: Ok(processes),
    }
}

pub fn sample(cards: Vec<Card>) -> Sample {
    Sample {
        at: now(),
        source: Source::Nvml,
        driver: Ok(Driver { version: "580.95.05".to_owned(), cuda: Ok((13, 0)), nvml: Ok("13.580.95.05".to_owned()) }),
        cards,
        host: host(),
        problem: None,
    }
}

/// A desktop, a browser, and a run of vLLM.
pub fn desktop() -> Sample {
    let mut engine = process(41_822, "VLLM::EngineCore", 8_900, Some("qwen3-8b-awq"));
    engine.command = Ok("VLLM::EngineCore --model Qwen/Qwen3-8B-AWQ --max-model-len 32768".to_owned());
    let xorg = GpuProcess { own: false, ..process(1180, "Xorg", 214, None) };
    sample(vec![card(0, vec![engine, process(3321, "firefox", 480, None), xorg])])
}

/// The same machine, simulated.
pub fn simulated() -> Sample {
    Sample { source: Source::Simulated("desktop".to_owned()), ..desktop() }
}

pub fn two_cards() -> Sample {
    let mut small = card(1, vec![process(77, "ComfyUI", 5_120, None)]);
    small.name = Ok("NVIDIA GeForce RTX 3060".to_owned());
    let mut sample = desktop();
    sample.cards.push(small);
    sample
}

/// No driver at all.
pub fn no_driver() -> Sample {
    Sample {
        source: Source::None,
        driver: Err(Unknown::because("there is no driver")),
        problem: Some(Problem::failed(
            "no NVIDIA driver can be read",
            "the NVML library libnvidia-ml.so.1 cannot be loaded",
            "install NVIDIA's driver, or check it with nvidia-smi; vramdeck --demo needs no card",
        )),
        ..sample(Vec::new())
    }
}

/// Windows Subsystem for Linux: no bytes of processes, and much that the driver does not tell.
pub fn wsl() -> Sample {
    let hidden = |name: &str| GpuProcess {
        used: Err(Unknown::because("WSL does not report memory per process")),
        ..process(5120, name, 0, None)
    };
    let mut card = card(0, vec![process(1, "x", 3_000, None)]);
    card.processes = Ok(vec![hidden("game.exe")]);
    card.fan_percent = Err(Unknown::because("not supported by this card"));
    card.power_watts = Err(Unknown::because("not supported under WSL"));
    card.throttle = Err(Unknown::because("not supported under WSL"));
    card.pcie.rx_kib_s = untold();
    card.pcie.tx_kib_s = untold();
    sample(vec![card])
}

/// A run that holds these processes.
pub fn run(name: &str, phase: Phase, pids: &[u32]) -> RunState {
    RunState {
        run: RunId(name.to_owned()),
        engine: EngineKind::Vllm,
        dialect: Dialect::Vllm,
        model: "Qwen/Qwen3-8B-AWQ".to_owned(),
        served_name: "qwen3-8b".to_owned(),
        endpoint: Some("http://127.0.0.1:8000".to_owned()),
        leader: None,
        keeper: None,
        pids: pids.to_vec(),
        phase,
        started_at: 1_790_000_000.0 - 840.0,
        ready_at: Some(1_790_000_000.0 - 780.0),
        context_tokens: Some(32_768),
        memory: None,
        owner_alive: true,
        argv: vec!["vllm".to_owned(), "serve".to_owned(), "Qwen/Qwen3-8B-AWQ".to_owned()],
        log: None,
        facts: Default::default(),
    }
}

/// A model that has seen no sample yet.
pub fn blank() -> Model {
    let shared = Shared { keymap: Keymap::shipped().unwrap(), themes: gallery().names(), ..Shared::empty() };
    Model::new(shared, ScreenId::Card)
}

/// A model that has seen this sample, and was drawn once.
pub fn model(sample: Sample) -> Model {
    let mut model = blank();
    send(&mut model, Msg::Sample(Arc::new(sample)));
    model
}

/// A model with ten minutes of history: the run came four minutes ago, the peak lies two minutes back.
pub fn flown(sample: Sample) -> Model {
    let mut model = blank();
    for step in (0..=60u64).rev() {
        let mut past = sample.clone();
        past.at = now() - Duration::from_secs(step * 10);
        for card in &mut past.cards {
            let Ok(processes) = &mut card.processes else { continue };
            processes.retain(|process| process.run.is_none() || step < 24);
            let extra = if step == 12 { 3_000 * MIB } else { 0 };
            let held: u64 = processes.iter().filter_map(|process| process.used.as_ref().ok()).map(|b| b.0).sum();
            if let Ok(memory) = &mut card.memory {
                memory.used = Bytes(held + 46 * MIB + extra);
                memory.free = memory.total.minus(memory.used + Bytes(420 * MIB));
            }
        }
        send(&mut model, Msg::Sample(Arc::new(past)));
    }
    send(&mut model, Msg::Sample(Arc::new(sample)));
    model
}

/// Takes a message in and draws, as the runtime does; answers with what was asked of the world.
pub fn send(model: &mut Model, msg: Msg) -> Vec<Effect> {
    let effects = update(model, msg, &env());
    let size = model.shared.size;
    let mut buffer = Buffer::empty(Rect::new(0, 0, size.0, size.1));
    let (seen, _) = view(model, &env(), &theme("terminal"), false, &mut Cache::default(), &mut buffer);
    model.shared.seen = seen;
    model.dirty = false;
    effects
}

/// Presses keys, spelled as in the keymap file with blanks between them; answers with all that was asked for.
pub fn press(model: &mut Model, keys: &str) -> Vec<Effect> {
    keys.split_whitespace().flat_map(|key| send(model, Msg::Key(Key::parse(key).unwrap()))).collect()
}

/// Presses and releases the mouse where a text stands on screen.
pub fn click(model: &mut Model, text: &str) -> Vec<Effect> {
    let size = model.shared.size;
    let drawn = look::symbols(&draw(model, "terminal", size));
    let found = drawn
        .lines()
        .enumerate()
        .find_map(|(y, line)| line.find(text).map(|at| (vramdeck::base::text::width(&line[..at]) as u16, y as u16)));
    let (x, y) = found.unwrap_or_else(|| panic!("`{text}` is not on screen:\n{drawn}"));
    let mut effects = send(model, Msg::Mouse(Gesture::Press, x, y));
    effects.extend(send(model, Msg::Mouse(Gesture::Release, x, y)));
    effects
}

pub fn theme(name: &str) -> vramdeck::ui::Theme {
    gallery().theme(name)
}

fn gallery() -> &'static Gallery {
    static SHIPPED: OnceLock<Gallery> = OnceLock::new();
    SHIPPED.get_or_init(|| Gallery::shipped(Depth::True))
}

/// The model as it looks in a theme at a size.
pub fn draw(model: &Model, theme: &str, size: (u16, u16)) -> Buffer {
    draw_with(model, theme, size, false)
}

/// The same with ASCII only.
pub fn draw_ascii(model: &Model, theme: &str, size: (u16, u16)) -> Buffer {
    draw_with(model, theme, size, true)
}

fn draw_with(model: &Model, name: &str, size: (u16, u16), ascii: bool) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, size.0, size.1));
    view(model, &env(), &theme(name), ascii, &mut Cache::default(), &mut buffer);
    buffer
}

/// Compares a frame, styles included, with its snapshot.
#[track_caller]
pub fn check(name: &str, buffer: &Buffer) {
    insta::with_settings!({snapshot_path => "../snapshots", prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!(name, look::dump(buffer));
    });
}
