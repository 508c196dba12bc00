//! Servers and processes: ports, workers that died, exceptions of which no more is known.

use super::Source;
use super::context::{Context, Stage};
use super::read::count_after;
use super::remedy::{Change, Cost, Remedy};
use super::rule::{CAUSE, CONSEQUENCE, CRASH, LIKELY, RAISED, Rule, Told, WRAPPER, rule};
use super::text::said;

pub const RULES: &[Rule] = &[
    rule("port_in_use", &["ddress already in use"], CAUSE, port),
    rule("port_in_use", &["[Errno 98]", "rror"], CAUSE, port),
    rule("port_in_use", &["couldn't bind HTTP server socket"], CAUSE, port),
    rule("port_in_use", &["rror", "[Errno 10048]"], CAUSE, port),
    rule("port_in_use", &["rror", "EADDRINUSE"], CAUSE, inner_port),
    rule("port_in_use", &["bind: Only one usage of each socket address", "rror"], CAUSE, port),
    rule("port_in_use", &["port is already allocated", "rror"], CAUSE, port),
    rule("bad_host", &["rror", "[Errno 99]"], CAUSE, host),
    rule("bad_host", &["rror", "bind: cannot assign requested address"], CAUSE, host),
    rule("start_too_slow", &["rror", "Timed out waiting for engine"], LIKELY, too_slow),
    rule("crashed", &["rror", "device-side assert triggered"], CRASH, crashed),
    rule("crashed", &["Bus error"], CRASH, crashed),
    rule("crashed", &["CUDA error: "], CRASH, crashed),
    rule("crashed", &["CUBLAS_STATUS_EXECUTION_FAILED", "rror"], CRASH, crashed),
    rule("crashed", &["rocBLAS error:"], CRASH, crashed),
    rule("oom_killed", &["signal: killed", "rror"], CRASH, killed),
    rule("oom_killed", &["Out of memory: Killed process"], CAUSE, killed),
    rule("oom_killed", &["Memory cgroup out of memory"], CAUSE, killed),
    rule("oom_killed", &["oom-kill:"], CAUSE, killed),
    rule("oom_killed", &["killed by the OOM killer"], CAUSE, killed),
    rule("oom_killed", &["status=9/KILL"], CRASH, killed),
    rule("oom_killed", &["exited with code 137"], CRASH, killed),
    rule("crashed", &["status=11/SEGV"], CRASH, crashed),
    rule("crashed", &["SIGSEGV"], CRASH, crashed),
    rule("crashed", &["SIGILL"], CRASH, crashed),
    rule("crashed", &["SIGABRT"], CONSEQUENCE, crashed),
    rule("crashed", &["Illegal instruction"], CRASH, crashed),
    rule("crashed", &["core dumped"], WRAPPER, crashed),
    // What shells in other languages call a fault of segmentation.
    rule("crashed", &["Speicherzugriffsfehler"], CRASH, crashed),
    rule("crashed", &["Erreur de segmentation"], CRASH, crashed),
    rule("crashed", &["段错误"], CRASH, crashed),
    rule("crashed", &["Ошибка сегментирования"], CRASH, crashed),
    rule("program_missing", &["command not found"], CAUSE, missing),
    rule("exception", &["what():"], RAISED, raised),
    rule("exception", &["panic: "], RAISED_BELOW, raised),
    rule("oom_killed", &["died unexpectedly", "exit code: -9"], CRASH, killed),
    rule("engine_core_died", &["EngineDeadError"], CONSEQUENCE, died),
    rule("engine_core_died", &["died, exit code: "], CONSEQUENCE, died),
    rule("engine_core_died", &["died unexpectedly"], CONSEQUENCE, died),
    rule("engine_core_died", &["died unexpectedly", "exit code: None"], WRAPPER, died),
    rule("engine_core_died", &["EngineCore died unexpectedly"], CONSEQUENCE, died),
    rule("engine_core_died", &["engine core exited unexpectedly"], CONSEQUENCE, died),
    rule("crashed", &["Segmentation fault"], CRASH, crashed),
    rule("crashed", &["GGML_ASSERT"], CRASH, crashed),
    rule("crashed", &["rror", "an illegal memory access was encountered"], CRASH, crashed),
    rule("crashed", &["rror", "illegal instruction"], CRASH, crashed),
    rule("engine_core_failed", &["rror", "Engine core initialization failed"], WRAPPER, wrapped),
    rule("engine_core_failed", &["xception", "WorkerProc initialization failed"], WRAPPER, wrapped),
    rule("server_failed", &["exiting due to HTTP server error"], WRAPPER, wrapped),
];

/// The rule for the last line of a traceback that no other rule knows.
pub const EXCEPTION: Rule = rule("exception", &[], RAISED, raised);
/// The same for exceptions that only tell of the end.
pub const PASSING: Rule = rule("exception", &[], WRAPPER, raised);
/// The rule for a program's last words: `Error: …`.
pub const SAID: Rule = rule("exception", &[], RAISED_BELOW, raised);
/// Last words that a traceback explains better.
const RAISED_BELOW: u8 = 3;

/// The rule for what a shell says of a program that was killed.
pub const KILLED: Rule = rule("oom_killed", &[], CRASH, killed);

/// Whether a shell says with this line that a program was killed.
pub fn is_killed(line: &str) -> bool {
    // The word of bash in several languages.
    const WORDS: [&str; 7] =
        ["Killed", "Getötet", "Processus arrêté", "Terminado (killed)", "Убито", "已杀死", "強制終了"];
    let text = line.trim();
    WORDS.contains(&text)
        || (text.starts_with(|c: char| c == '/' || c.is_ascii_lowercase()) && text.contains(" Killed  "))
}

/// Whether an exception tells of the end of things rather than of its cause.
pub fn is_passing(exception: &str, line: &str) -> bool {
    let last = exception.rsplit('.').next().unwrap_or(exception);
    const ENDINGS: &[&str] = &[
        "CancelledError",
        "KeyboardInterrupt",
        "SystemExit",
        "BrokenPipeError",
        "ConnectionResetError",
        "GeneratorExit",
        "EOFError",
    ];
    ENDINGS.contains(&last) || line.contains("ee stack trace") || line.contains("ee root cause")
}

fn port(line: &str, context: &Context) -> Told {
    let port = count_after(line, "port: ").or_else(|| {
        let before = ["listen tcp", "Bind for ", "port for ", "address ('"];
        let (_, rest) = before.iter().find_map(|marker| line.split_once(marker))?;
        let digits = rest.split(|c: char| !c.is_ascii_digit()).filter_map(|word| word.parse::<u64>().ok());
        digits.take(8).find(|number| (1024..65_536).contains(number))
    });
    let port = port.map(|port| port.to_string()).or_else(|| context.flag("--port"));
    let named = port.clone().map_or("The port".to_owned(), |port| format!("Port {port}"));
    let why = format!("{named} is held by another server on this machine.");
    let remedy = Remedy {
        flag: Some("--port".to_owned()),
        from: port.clone(),
        to: Some("a free port".to_owned()),
        why: "vramdeck chooses a free port where none is asked for".to_owned(),
        cost: Cost::Nothing,
        change: Change::OtherPort,
    };
    let stop = match context.source {
        Some(Source::Ollama) => "or use the server that runs there: vramdeck does so when --port is left out",
        _ => "or stop the other server: `vramdeck doctor` names who holds the usual ports",
    };
    Told::new(why, vec![remedy, Remedy::by_hand(stop)])
}

/// Engines of several processes talk over ports of their own: `… port: 29500, …, name: EADDRINUSE`.
fn inner_port(line: &str, _: &Context) -> Told {
    let port = count_after(line, "port: ").filter(|port| (1..65_535).contains(port));
    let named = port.map_or("A port".to_owned(), |port| format!("Port {port}"));
    let why =
        format!("{named}, over which the engine's own processes talk, is held, most often by an engine left over.");
    let next = port.map_or(29_501, |port| port.saturating_add(1)).to_string();
    let reason = "another port for the engine's own processes";
    let other =
        Remedy { from: port.map(|port| port.to_string()), ..Remedy::env("VLLM_PORT", &next, Cost::Nothing, reason) };
    Told::new(why, vec![other, Remedy::by_hand("or end the engine that is left over: `vramdeck gpu` names it")])
}

fn killed(_: &str, _: &Context) -> Told {
    let why = "The kernel, or a person, killed a process of the engine: most often RAM ran out, not card memory.";
    Told::new(
        why,
        vec![
            Remedy::by_hand("look for `Out of memory` in dmesg; close programs, or give the system swap"),
            Remedy::set("--cpu-offload-gb", None, "0", Cost::Room, "no weights are kept in RAM"),
        ],
    )
}

fn died(_: &str, context: &Context) -> Told {
    let why = format!(
        "The engine's worker process ended {}, and said nothing of its own before: it was killed from outside, most often \
         by the kernel for want of RAM, or it crashed.",
        context.stage.words()
    );
    let mut remedies = vec![Remedy::by_hand("look for `Out of memory` or `segfault` in dmesg at the time it ended")];
    if context.stage == Stage::Serving {
        let why = "fewer requests at once need less at their peak";
        remedies.push(Remedy::set("--max-num-seqs", context.flag("--max-num-seqs"), "32", Cost::Concurrency, why));
    }
    Told::new(why, remedies)
}

fn crashed(line: &str, context: &Context) -> Told {
    let why = format!("The engine crashed {}: {}.", context.stage.words(), said(line));
    let mut remedies = vec![Remedy::by_hand("update the engine and the driver, and report it with its log")];
    if context.source == Some(Source::Vllm) {
        let eager = "without CUDA graphs and compiled code many crashes do not come";
        remedies.push(Remedy::switch("--enforce-eager", Cost::Speed, eager));
    }
    Told::new(why, remedies)
}

fn wrapped(_: &str, _: &Context) -> Told {
    let why = "The start failed, and the log holds only the last word of it, not the first.";
    Told::new(why, vec![Remedy::by_hand("look above in the log for the first error")])
}

fn raised(line: &str, context: &Context) -> Told {
    let why = format!("It failed {}: {}.", context.stage.words(), said(line));
    Told::new(why, vec![Remedy::by_hand("look above in the log for the first error")])
}

fn missing(line: &str, _: &Context) -> Told {
    let why = format!("The program is not there, or not in the PATH: {}.", said(line));
    Told::new(why, vec![Remedy::by_hand("install the engine, or see where it lies: `vramdeck engines`")])
}

fn host(line: &str, _: &Context) -> Told {
    let why = format!("The address to listen on is not one of this machine: {}.", said(line));
    Told::new(why, vec![Remedy::set("--host", None, "127.0.0.1", Cost::Nothing, "this machine alone is served")])
}

fn too_slow(_: &str, _: &Context) -> Told {
    let why = "The engine's processes took longer to start than the server waits, ten minutes by default.";
    let wait = Remedy::env(
        "VLLM_ENGINE_READY_TIMEOUT_S",
        "1800",
        Cost::Nothing,
        "a slow disk or a first compile may take as long",
    );
    let eager = Remedy::switch("--enforce-eager", Cost::Speed, "nothing is compiled at the start");
    Told::new(why, vec![wait, eager])
}
