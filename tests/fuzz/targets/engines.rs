//! What engines write and what lies on disk of them.

use crate::check::{problem, row, safe};
use crate::mutate::pieces;
use vramdeck::base::text::width;
use vramdeck::base::{Bytes, Problem};
use vramdeck::engines::doctor::{Scanner, apply};
use vramdeck::engines::flags::{
    FlagTable, TableSource, bundled, parse_argparse, parse_args, parse_llama, to_args, verify,
};
use vramdeck::engines::lines::{LONGEST, Line, Splitter};
use vramdeck::engines::logfacts::{Fact, Progress, cause_of, facts, level_of};
use vramdeck::engines::plan::{Found, Given, plan};
use vramdeck::engines::recipe::{Export, Named, Rules, argument, export, import, looks_like_command};
use vramdeck::engines::{Dialect, EngineKind, LaunchSpec, Phase, RunId, RunState, checks, live};
use vramdeck::gpu::command::{short_name, shown};
use vramdeck::models::fit::llamacpp::Plan;
use vramdeck::models::fit::{Ask, Engine, Room};
use vramdeck::models::gguf;
use vramdeck::models::local::ollama;
use vramdeck::store::Paths;

pub const LOG_TOKENS: &[&[u8]] = &[
    b"(Worker pid=7) ",
    b"INFO 11-21 10:00:00 [gpu.py:1] ",
    b"ERROR ",
    b"Loading safetensors checkpoint shards:  50% Completed | 1/2 [00:01<00:01,  1.0it/s]",
    b"model.safetensors:  45%|####5 | 450M/1.00G [00:05<00:06, 90MB/s]",
    b"GPU KV cache size: ",
    b"Maximum concurrency for ",
    b" GiB",
    b"0.00.048.443 E srv ",
    b"level=ERROR msg=",
    b"CUDA out of memory",
    b"ValueError: ",
    b"error loading model: ",
    b"Address already in use",
    b"server listening at ",
    b"%|",
    b"| ",
    b"/",
    b"1,000,000",
    b"\r",
];

pub const DOCTOR_TOKENS: &[&[u8]] = &[
    b"(EngineCore pid=9) ERROR 11-21 01:37:59 [core.py:1] ",
    b"ValueError: Free memory on device cuda:0 (12.1/15.48 GiB) on startup is less than desired GPU memory utilization (0.92, 14.24 GiB).",
    b"max seq len (4000000), (1.91 GiB KV cache is needed, which is larger than the available KV cache memory (1.0 GiB). the estimated maximum model length is 20",
    b"vllm: error: unrecognized arguments: --swap-space 4 --gpu-mem-util=0.5",
    b"error: argument --dtype: invalid choice: 'int3' (choose from 'auto', 'half')",
    b"KeyError: 'invalid tool call parser: x (chose from { a,b })'",
    b"error while handling argument \"--cache-type-k\": Unsupported cache type: q9",
    b"CUDA out of memory. Tried to allocate 1.16 GiB. of which 1 MiB is free",
    b"non-default args: {'max_num_seqs': 64, 'gpu_memory_utilization': 0.9}",
    b"Application startup complete",
    b"EngineDeadError",
    b"$ llama-server -c 2000000000",
    b"yaml.parser.ParserError: x",
    b", line 3, column 4",
    b"offloaded 3/5 layers to GPU",
    b"\x1b[31m",
    b"\r",
    b"\0",
    b"\xff",
];

/// A log for the doctor: any cut gives the same answer, what it says is safe for a terminal, a remedy can be applied.
pub fn doctor(data: &[u8]) {
    let read = |pieces: &[&[u8]]| {
        let mut scanner = Scanner::new(None);
        pieces.iter().for_each(|piece| scanner.push(piece));
        scanner.finish()
    };
    let told = read(&[data]);
    assert_eq!(told, read(&pieces(data)), "a cut changes the answer");
    row("why", &told.why);
    let Some(finding) = told.finding else { return };
    row("evidence", &finding.evidence);
    assert!(!finding.remedies.is_empty() && finding.remedies.is_sorted_by_key(|remedy| remedy.cost));
    let spec = LaunchSpec {
        engine: EngineKind::Vllm,
        model: "m".to_owned(),
        name: None,
        port: None,
        program: None,
        flags: Vec::new(),
        env: Vec::new(),
    };
    for remedy in &finding.remedies {
        row("a remedy", &remedy.headline());
        row("a reason", &remedy.why);
        if let Some(changed) = apply(remedy, &spec) {
            assert!(changed.flags.len() + changed.env.len() <= 64);
        }
    }
}

/// A log: any cut gives the same lines, each line is safe, what it says has sense.
pub fn log(data: &[u8]) {
    let split = |pieces: &[&[u8]]| {
        let (mut splitter, mut lines) = (Splitter::default(), Vec::new());
        pieces.iter().for_each(|piece| splitter.push(piece, |line| lines.push(line)));
        splitter.end(|line| lines.push(line));
        lines
    };
    let lines: Vec<Line> = split(&[data]);
    assert_eq!(lines, split(&pieces(data)), "a cut changes the lines");
    for line in &lines {
        safe("a line", &line.text);
        assert!(!line.text.contains('\n') && line.text.len() <= LONGEST * 3 + 64, "{} bytes", line.text.len());
    }
    for dialect in Dialect::ALL {
        let mut progress = Progress::new(dialect);
        for line in &lines {
            facts(dialect, &line.text).iter().for_each(sensible);
            let _ = level_of(dialect, &line.text);
            if let Some(cause) = cause_of(dialect, &line.text) {
                safe("a cause", &cause.why);
                assert!(width(&cause.why) <= 400 && !cause.hint.is_empty());
            }
            if line.bar { progress.bar(&line.text) } else { progress.line(&line.text) }
        }
        assert!(progress.phase().rank() <= Phase::Warming.rank(), "only an answer means ready");
        problem(&Problem::from(progress.failure(EngineKind::Vllm, "exited with code 1")));
    }
}

fn sensible(fact: &Fact) {
    match fact {
        Fact::Loading(Some(percent)) => assert!(*percent <= 100),
        Fact::Concurrency(times) => assert!(times.is_finite() && *times >= 0.0),
        _ => {}
    }
}

/// Help texts of engines: every flag has a name, and setting it is answered.
pub fn help(data: &[u8]) {
    let text = &*String::from_utf8_lossy(data);
    for flags in [parse_argparse(text), parse_llama(text)] {
        assert!(flags.iter().all(|flag| flag.name().starts_with('-') && !flag.names.is_empty()));
        assert!(flags.len() <= text.lines().count());
        let table = FlagTable { source: TableSource::Installed("1".to_owned()), flags };
        for flag in table.flags.iter().take(20) {
            let args = [flag.name().to_owned(), "1".to_owned()];
            match parse_args(&args, &table) {
                Ok(settings) => drop(verify(EngineKind::Vllm, &settings, &table)),
                Err(told) => assert!(!told.what.is_empty()),
            }
        }
    }
}

/// Engine flags as typed: settings that give the same arguments again, or a problem.
pub fn flags(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let args: Vec<String> = text.split_whitespace().take(400).map(str::to_owned).collect();
    for engine in [EngineKind::Vllm, EngineKind::LlamaCpp, EngineKind::Ollama] {
        let Ok(table) = bundled(engine) else { continue };
        match parse_args(&args, &table) {
            Ok(settings) => {
                // llama-server knows no `--flag=value`: a value that looks like a flag is told by its place alone.
                let told_by_place = |value: &String| engine == EngineKind::LlamaCpp && value.starts_with('-');
                if !settings.iter().filter_map(|setting| setting.value.as_ref()).any(told_by_place) {
                    let again = parse_args(&to_args(&settings, &table), &table);
                    assert_eq!(again.as_ref(), Ok(&settings), "written back and read again");
                }
                if let Err(told) = verify(engine, &settings, &table) {
                    problem(&told);
                }
            }
            Err(told) => problem(&told),
        }
    }
}

/// Pasted commands, files of rules and of kept recipes: a wish that can be planned and written, or a problem. Whatever
/// was pasted, a file that is written from it holds no more than its words, and a script of it is read back as the same model.
pub fn recipe(data: &[u8]) {
    let text = &*String::from_utf8_lossy(data);
    let _ = looks_like_command(text);
    for told in [
        Rules::parse(Engine::Vllm, text, "mine.toml").err(),
        Named::parse(text, "mine.toml").and_then(|named| named.to_toml()).err(),
        argument(text).err(),
    ] {
        told.iter().for_each(problem);
    }
    let read = match import(text) {
        Ok(read) => read,
        Err(told) => return problem(&told),
    };
    assert!(!read.spec.model.is_empty());
    let Ok(table) = bundled(read.spec.engine) else { return };
    let found = Found { command: vec!["program".to_owned()], ..Found::default() };
    let Ok(plan) = plan(&read.spec, &Given { found, free_port: 8000, ..Given::default() }, &table) else { return };
    for kind in Export::ALL {
        match export(kind, &plan, Some("0.33.0")) {
            Ok(written) if kind != Export::Sh => {
                assert!(written.text.chars().all(|c| c == '\n' || !c.is_control()), "{}", written.text);
            }
            Ok(written) if read.spec.engine == EngineKind::Vllm && !read.spec.model.starts_with('-') => {
                let again = import(&written.text.replacen("exec program", "exec vllm", 1));
                assert_eq!(again.map(|again| again.spec.model).as_ref(), Ok(&read.spec.model), "{}", written.text);
            }
            Ok(_) => {}
            Err(told) => problem(&told),
        }
    }
}

/// Heads of GGUF files; the runner's bound on memory and time is what hostile lengths run into. What is read is counted
/// and judged as well.
pub fn gguf(data: &[u8]) {
    if let Ok(talk) = gguf::talk(data) {
        assert!(talk.templates.len() <= 64);
    }
    let head = match gguf::read(data) {
        Ok(head) => head,
        Err(broken) => return row("why", &broken.to_string()),
    };
    assert!(head.least_bytes > 0);
    let known = gguf::facts(&head, "");
    row("a name", &known.name);
    row("an architecture", &known.geometry.architecture);
    let room = Room { total: 16 << 30, free: Some(15 << 30) };
    for engine in [Engine::LlamaCpp, Engine::Ollama] {
        match Plan::of(&known, &Ask { engine, ..Ask::default() }) {
            Ok(plan) => {
                let fit = plan.explain(room);
                row("why", &fit.why);
                assert_eq!(fit.verdict, plan.sum(room).verdict);
            }
            Err(told) => problem(&told),
        }
    }
}

/// Manifests and names of an Ollama store.
pub fn ollama_store(data: &[u8]) {
    match ollama::layers(data) {
        Ok(layers) => assert!(layers.iter().all(|layer| layer.digest.len() == 64)),
        Err(why) => row("why", &why),
    }
    if let Some(parts) = ollama::manifest(&String::from_utf8_lossy(data)) {
        assert!(parts.len() >= 4 && parts.iter().all(|part| !part.contains('/') && !part.starts_with('.')));
        assert_eq!(ollama::manifest(&ollama::name(&parts)), Some(parts));
    }
}

pub fn safetensors(data: &[u8]) {
    let (length, header) = data.split_at(data.len().min(8));
    let length = length.iter().rev().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    if let Err(why) = checks::safetensors(length, header, data.len() as u64) {
        row("why", &why);
    } else {
        assert!(length + 8 <= data.len() as u64, "a header longer than the file is refused");
    }
}

/// A run's state as it lies on disk, whoever wrote it: told as far as it goes. Names with slashes are tried in a test
/// of their own, since a mistake with them would reach beyond the test's folder.
pub fn run_state(data: &[u8]) {
    if serde_json::from_slice::<RunState>(data).is_ok_and(|state| state.run.0.contains('/')) {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let paths = Paths::under(&home.path().join("a/b/c/d"));
    for run in ["mine", "other"] {
        std::fs::create_dir_all(paths.runs().join(run)).unwrap();
    }
    std::fs::write(paths.runs().join("mine/state.json"), data).unwrap();
    std::fs::write(paths.runs().join("mine/plan.json"), data).unwrap();
    let runs = live::list(&paths);
    assert!(paths.runs().join("other").exists(), "another run's folder is gone");
    assert!(runs.len() <= 1);
    for state in &runs {
        assert_eq!(state.run.0, "mine", "a record speaks of the folder it lies in");
        let again: RunState = serde_json::from_slice(&serde_json::to_vec(state).unwrap()).unwrap();
        assert_eq!(again.phase.name(), state.phase.name());
    }
    if let Err(told) = live::get(&paths, &RunId("mine".to_owned())) {
        problem(&told);
    }
    let _ = live::run_pids(&paths);
    if let Err(told) = live::endpoint(&paths, &RunId("mine".to_owned())) {
        problem(&told);
    }
}

/// Names and command lines of other processes: on one row, and no secret in them.
pub fn process_names(data: &[u8]) {
    const SECRET: &str = "sk-very-secret-0123456789";
    let split = data.split(|byte| *byte == 0);
    let mut args: Vec<String> = split.map(|arg| String::from_utf8_lossy(arg).into_owned()).collect();
    row("a name", &short_name(&String::from_utf8_lossy(data), args.first().map(String::as_str)));
    row("a command", &shown(&args));
    args.extend(["--api-key".to_owned(), SECRET.to_owned(), format!("HF_TOKEN={SECRET}")]);
    let told = shown(&args);
    assert!(!told.contains(SECRET), "{told}");
    let _ = Bytes::from_gib(data.len() as f64);
}

/// A record that bears another name than its folder must not stand for that other folder: old records are deleted.
#[test]
fn a_record_speaks_of_its_own_folder_alone() {
    let home = tempfile::tempdir().unwrap();
    let paths = Paths::under(&home.path().join("deep"));
    for run in ["mine", "other"] {
        std::fs::create_dir_all(paths.runs().join(run)).unwrap();
    }
    let template = include_str!("../corpus/run_state/failed");
    for name in ["", ".", "other", "../runs/other", "mine/../other", "\u{1b}[2J"] {
        std::fs::write(
            paths.runs().join("mine/state.json"),
            template.replace("\"mine\"", &serde_json::to_string(name).unwrap()),
        )
        .unwrap();
        let _ = live::list(&paths);
        let other = paths.runs().join("other");
        assert!(other.exists(), "{name:?}: another run's folder is gone");
    }
}
