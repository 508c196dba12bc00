use super::*;
use crate::engines::{FlagSetting, LaunchSpec};
use proptest::prelude::*;

mod cases;
mod field;

fn read(log: &str) -> Diagnosis {
    diagnose(log.as_bytes(), None).unwrap()
}

fn found(log: &str) -> Finding {
    read(log).finding.unwrap_or_else(|| panic!("nothing found: {log}"))
}

fn spec(engine: EngineKind, flags: &[(&str, Option<&str>)]) -> LaunchSpec {
    let set = |(flag, value): &(&str, Option<&str>)| FlagSetting {
        flag: (*flag).to_owned(),
        value: value.map(str::to_owned),
    };
    LaunchSpec {
        engine,
        model: "m".to_owned(),
        name: None,
        port: Some(8000),
        program: None,
        flags: flags.iter().map(set).collect(),
        env: Vec::new(),
    }
}

fn flags(spec: &LaunchSpec) -> String {
    let words = spec.flags.iter().map(|set| format!("{} {}", set.flag, set.value.clone().unwrap_or_default()));
    words.map(|word| word.trim().to_owned()).collect::<Vec<_>>().join(" ")
}

#[test]
fn every_rule_is_found_by_an_anchor_and_says_something() {
    let lost: Vec<String> =
        rules::all().map(|rule| rule.markers.join(" ")).filter(|line| !rules::is_worth(line)).collect();
    assert!(lost.is_empty(), "no anchor finds {lost:#?}");
    for rule in rules::all() {
        let line = rule.markers.join(" ");
        let told = (rule.tell)(&line, &context::Context::default());
        assert!(!told.why.is_empty() && !told.remedies.is_empty(), "{}", rule.name);
        assert!(told.remedies.is_sorted_by_key(|remedy| remedy.cost), "{}: {:?}", rule.name, told.remedies);
        assert!(told.why.ends_with('.') && !told.why.contains(".."), "{}: {}", rule.name, told.why);
        let name = told.name.unwrap_or(rule.name);
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{name}");
    }
}

const OPENING: &str = "(APIServer pid=1) INFO 11-21 01:03:44 [utils.py:347] non-default args: {'model_tag': 'Qwen/Qwen3-8B', 'gpu_memory_utilization': 0.9, 'max_num_seqs': 64}\n";
const LOADING: &str = "(Worker pid=3) INFO 1 [r.py:68] Starting to load model m...\n";
const LOADED: &str = "(Worker pid=3) INFO 1 [r.py:68] Model loading took 5.79 GiB memory and 3.1 seconds\n";
const CAPTURING: &str =
    "Capturing CUDA graphs (mixed prefill-decode, PIECEWISE):  10%|█         | 5/51 [00:01<00:10,  4.5it/s]\n";
const READY: &str = "INFO:     Application startup complete.\n";
const OOM: &str = "(EngineCore pid=9) ERROR 11-21 01:37:59 [core.py:1] torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 1.16 GiB. GPU 0 has a total capacity of 15.48 GiB of which 512.00 MiB is free.\n";
const END: &str = "RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}\n";

/// Texts that only a card brings: the name, what the reason says, and the first change.
#[test]
fn texts_of_cards_are_read_with_their_numbers() {
    for (log, name, says, first) in cases::CASES {
        let parts = [
            ("{OPENING}", OPENING),
            ("{LOADING}", LOADING),
            ("{LOADED}", LOADED),
            ("{CAPTURING}", CAPTURING),
            ("{READY}", READY),
            ("{OOM}", OOM),
            ("{END}", END),
        ];
        let log = parts.iter().fold((*log).to_owned(), |log, (name, part)| log.replace(name, part));
        let finding = found(&log);
        let headline = finding.remedies.first().map(Remedy::headline).unwrap_or_default();
        let expected = if *name == "out_of_memory" { "oom_loading" } else { name };
        assert_eq!(finding.name, expected, "{log}");
        assert!(finding.why.contains(says), "{log}: {}", finding.why);
        assert!(headline.starts_with(first), "{log}: {headline}");
    }
}

#[test]
fn flags_that_are_gone_or_mistyped_get_their_replacement() {
    for (given, asked, mended) in [
        ("--gpu-mem-util 0.5", &[("--gpu-mem-util", Some("0.5"))][..], "--gpu-memory-utilization 0.5"),
        ("--swap-space 4", &[("--swap-space", Some("4"))], ""),
        (
            "--max-seq-len-to-capture 8192",
            &[("--max-seq-len-to-capture", Some("8192"))],
            "--max-cudagraph-capture-size 8192",
        ),
        (
            "--guided-decoding-backend outlines",
            &[("--guided-decoding-backend", Some("outlines"))],
            "--structured-outputs-config.backend xgrammar",
        ),
        ("--task generate", &[("--task", Some("generate"))], "--runner generate"),
        ("--gpu_mem_util=0.5", &[("--gpu_mem_util", Some("0.5"))], "--gpu-memory-utilization 0.5"),
        (
            "--swap-space 4 --max-num-seq 8",
            &[("--swap-space", Some("4")), ("--dtype", Some("half")), ("--max-num-seq", Some("8"))],
            "--dtype half --max-num-seqs 8",
        ),
        ("--no-such-thing-at-all", &[("--no-such-thing-at-all", None)], ""),
    ] {
        let finding = found(&format!("vllm: error: unrecognized arguments: {given}"));
        assert_eq!(finding.name, "bad_flag");
        let spec = spec(EngineKind::Vllm, asked);
        let first = finding.remedies.first().unwrap();
        assert_eq!(apply(first, &spec).map(|spec| flags(&spec)).as_deref(), Some(mended), "{given}: {first:?}");
    }
}

#[test]
fn remedies_change_a_launch_and_nothing_else() {
    let busy = found("OSError: [Errno 98] Address already in use");
    let launch = spec(EngineKind::Vllm, &[("--dtype", Some("half"))]);
    let other = apply(&busy.remedies[0], &launch).unwrap();
    assert_eq!((other.port, flags(&other)), (None, "--dtype half".to_owned()));
    assert_eq!(apply(&busy.remedies[1], &launch), None, "a person has to stop the other server");

    // A flag under another of its names is the same flag; what stands already is no remedy.
    let cache = found("error while handling argument \"--cache-type-k\": Unsupported cache type: q9_9");
    let llama = spec(EngineKind::LlamaCpp, &[("-ctk", Some("q9_9")), ("-c", Some("512"))]);
    assert_eq!(flags(&apply(&cache.remedies[0], &llama).unwrap()), "-c 512");
    assert_eq!(flags(&apply(&cache.remedies[1], &llama).unwrap()), "--cache-type-k q8_0 -c 512");
    let mut remedies = cache.remedies;
    settle(&mut remedies, &spec(EngineKind::LlamaCpp, &[("-ctk", Some("q8_0"))]));
    assert_eq!(remedies.len(), 1, "q8_0 is what it has: {remedies:?}");

    let parser = found("KeyError: 'invalid tool call parser: nosuch (chose from { hermes,mistral,qwen3_xml })'");
    let tools = spec(EngineKind::Vllm, &[("--enable-auto-tool-choice", None), ("--tool-call-parser", Some("nosuch"))]);
    assert_eq!(
        flags(&apply(&parser.remedies[0], &tools).unwrap()),
        "--enable-auto-tool-choice --tool-call-parser hermes"
    );
    assert_eq!(flags(&apply(&parser.remedies[1], &tools).unwrap()), "");

    let offline = found("huggingface_hub.errors.LocalEntryNotFoundError: outgoing traffic has been disabled.");
    let env = apply(&offline.remedies[0], &launch).unwrap().env;
    assert_eq!(env, [("HF_HUB_OFFLINE".to_owned(), "0".to_owned())]);
}

#[test]
fn utilisation_goes_down_for_a_busy_card_and_never_for_a_full_cache() {
    let full = found(&format!("{OPENING}ValueError: No available memory for the cache blocks."));
    let shares = full.remedies.iter().filter(|remedy| remedy.flag.as_deref() == Some("--gpu-memory-utilization"));
    for share in shares {
        assert!(share.to.as_deref().unwrap().parse::<f64>().unwrap() > 0.9, "{share:?}");
    }
    let almost = "ValueError: Free memory on device cuda:0 (0.4/15.48 GiB) on startup is less than desired GPU memory utilization (0.92, 14.24 GiB).";
    assert!(found(almost).remedies.iter().all(Remedy::is_by_hand), "no share of nothing is proposed");
}

#[test]
fn wrappers_never_win_and_a_server_that_lives_has_not_failed() {
    let wrapped = format!(
        "{LOADING}(EngineCore pid=9) ERROR 1 [core.py:1] ValueError: the real thing\n{END}asyncio.exceptions.CancelledError\n"
    );
    assert!(found(&wrapped).evidence.ends_with("ValueError: the real thing"));
    // One request's error is not the end; the death of the engine is, and its root is told.
    let request = "(APIServer pid=1) ERROR 1 [serving.py:1] ValueError: this prompt is too long\n";
    let alive = read(&format!("{OPENING}{READY}{request}"));
    assert!(alive.finding.is_none() && alive.why.contains("no later line"), "{alive:?}");
    let root = "(EngineCore pid=9) ERROR 1 [core.py:1] RuntimeError: flash attention is out of order\n";
    let dead = "(APIServer pid=1) ERROR 1 [a.py:1] vllm.v1.engine.exceptions.EngineDeadError: EngineCore encountered an issue.\n";
    let finding = found(&format!("{OPENING}{READY}{root}{dead}"));
    assert_eq!(finding.name, "engine_core_died");
    assert!(finding.evidence.contains("flash attention"), "{finding:?}");
    // Asked to end, it ends; what is said in passing is no failure.
    let stop = "(APIServer pid=1) INFO 1 [launcher.py:254] [shutdown] API server: shutdown triggered\n";
    assert!(read(&format!("{OPENING}{READY}{stop}{dead}")).finding.is_none());
    // A run before it in the same log that failed does not count once the next one is up.
    assert!(read(&format!("{OOM}{END}{OPENING}{READY}")).finding.is_none());
    // Warnings name what might happen.
    let warned = "(A pid=1) WARNING 11-21 01:03:43 [s.py:255] This can cause errors like `OSError: [Errno 24] Too many open files`\n";
    assert!(read(warned).finding.is_none());
    assert!(read("").why.contains("empty"));
}

#[test]
fn colours_returns_nuls_and_broken_text_do_not_hide_a_cause() {
    let line = "OSError: [Errno 98] Address already in use";
    for log in [
        "\u{1b}[31mOSError:\u{1b}[0m [Errno 98] Address already in use\u{1b}[0m\r\n".to_owned(),
        format!("Loading:  10%\rLoading:  90%\r{line}\rdone"),
        format!("\0\0{line}\0\n"),
        format!("строка\n{line}\nжурнал"),
        format!("{}{line}{}", "x".repeat(3_000_000), "y".repeat(3_000_000)),
        format!("{}\n{line}", "z".repeat(2_000_000)),
    ] {
        let finding = found(&log);
        assert_eq!(finding.name, "port_in_use", "{}", &log[..40.min(log.len())]);
        assert!(!finding.evidence.contains('\u{1b}') && finding.evidence.len() <= 70_000);
    }
    let broken = [b"\xff\xfe ".as_slice(), line.as_bytes(), b"\xc3\n"].concat();
    assert_eq!(diagnose(broken.as_slice(), None).unwrap().finding.unwrap().name, "port_in_use");
}

#[test]
fn a_log_is_read_the_same_however_it_is_cut() {
    let log = format!("{OPENING}{LOADING}{LOADED}{}{OOM}{END}", "INFO nothing of note\n".repeat(20_000));
    let whole = read(&log);
    for size in [1, 7, 4096, 300_000] {
        let mut scanner = Scanner::new(None);
        log.as_bytes().chunks(size).for_each(|piece| scanner.push(piece));
        assert_eq!(scanner.finish(), whole, "pieces of {size}");
    }
}

#[test]
fn old_records_without_remedies_are_read() {
    let old = r#"{"what":"a","why":"b","hint":"c","last_lines":[]}"#;
    let failure: crate::engines::phase::Failure = serde_json::from_str(old).unwrap();
    assert!(failure.remedies.is_empty() && failure.cause.is_none());
    let full = crate::engines::phase::Failure::found("vllm ended".to_owned(), found(OOM), Vec::new());
    let text = serde_json::to_string(&full).unwrap();
    assert_eq!(serde_json::from_str::<crate::engines::phase::Failure>(&text).unwrap(), full);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn any_bytes_are_survived(
        bytes in proptest::collection::vec(any::<u8>(), 0..2000),
        rule in 0_usize..200,
        tail in "[-a-zA-Z0-9%|/:=., ()\\[\\]{}'\"üж]{0,120}",
        cut in 1_usize..400,
    ) {
        let all: Vec<_> = rules::all().collect();
        let markers = all[rule % all.len()].markers;
        let mut log = bytes;
        for order in [markers.join(&tail), markers.iter().rev().copied().collect::<Vec<_>>().join("("), markers.join("")] {
            log.extend_from_slice(format!("\n{order}{tail}\n").as_bytes());
        }
        let mut scanner = Scanner::new(None);
        log.chunks(cut).for_each(|piece| scanner.push(piece));
        let diagnosis = scanner.finish();
        let launch = spec(EngineKind::Vllm, &[("--dtype", Some("half"))]);
        if let Some(finding) = diagnosis.finding {
            prop_assert!(!finding.why.is_empty() && !finding.remedies.is_empty());
            for remedy in &finding.remedies {
                let _ = apply(remedy, &launch);
                prop_assert!(!remedy.headline().is_empty());
            }
        }
    }
}
