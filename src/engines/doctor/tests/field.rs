//! Logs from the field: the cause, the line that says it, and a change, whatever stood before each line.

use super::read;
use proptest::prelude::*;

const FIELD: &str = include_str!("../../../../tests/engines/field.txt");
const ENGINE: &str = "(EngineCore_DP0 pid=9526) ERROR 12-20 20:13:01 [core.py:868] ";
const WORKER: &str = "(Worker_TP1 pid=8821) ERROR 12-20 20:13:01 [multiproc_executor.py:711] ";
const OLDER: &str = "ERROR 05-23 09:31:47 [core.py:396] ";
const END: &str = "RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}";
const ELSEWHERE: &str = "Exception: WorkerProc initialization failed due to an exception in a background process. See stack trace for root cause.";

/// What words in braces stand for.
const PARTS: &[(&str, &str)] = &[
    (
        "{OPEN}",
        "(APIServer pid=1) INFO 11-21 01:03:44 [utils.py:347] non-default args: {'model_tag': 'Qwen/Qwen3-8B', 'model': 'Qwen/Qwen3-8B', 'gpu_memory_utilization': 0.9, 'max_model_len': 40960}\n",
    ),
    (
        "{OPEN8}",
        "INFO 05-23 09:30:58 [__init__.py:239] Automatically detected platform cuda.\nINFO 05-23 09:31:00 [api_server.py:1043] vLLM API server version 0.8.5\nINFO 05-23 09:31:00 [api_server.py:1044] args: Namespace(subparser='serve', model_tag='Qwen/Qwen3-8B', config='', host=None, port=8000, max_model_len=40960, gpu_memory_utilization=0.9, max_num_seqs=None, max_num_batched_tokens=8192)\n",
    ),
    (
        "{LOAD}",
        "INFO 05-23 09:31:20 [gpu_model_runner.py:1329] Starting to load model Qwen/Qwen3-8B...\nLoading safetensors checkpoint shards: 100% Completed | 5/5 [00:02<00:00,  1.9it/s]\nINFO 05-23 09:31:22 [loader.py:458] Loading weights took 38.52 seconds\nINFO 05-23 09:31:24 [gpu_model_runner.py:1347] Model loading took 15.2683 GiB and 40.766484 seconds\n",
    ),
    (
        "{READY}",
        "INFO:     Started server process [1]\nINFO:     Waiting for application startup.\nINFO:     Application startup complete.\nINFO:     127.0.0.1:4242 - \"POST /v1/chat/completions HTTP/1.1\" 200 OK\n",
    ),
    ("{END}", END),
    ("{C13}", ENGINE),
    (
        "{DEAD}",
        "(APIServer pid=1) ERROR 12-20 20:13:01 [async_llm.py:525] vllm.v1.engine.exceptions.EngineDeadError: EngineCore encountered an issue. See stack trace (above) for the root cause.",
    ),
    (
        "{OLLAMA}",
        "time=2025-03-05T06:19:02.176Z level=INFO source=images.go:432 msg=\"total blobs: 6\"\ntime=2025-03-05T06:19:02.176Z level=INFO source=routes.go:1277 msg=\"Listening on [::]:11434 (version 0.5.13)\"\n",
    ),
];

/// What vLLM makes of an exception: told by the process it was raised in, again as that process ends, and then by others.
fn told(kind: &str, message: &str) -> String {
    let lines: Vec<&str> = message.split("\\n").collect();
    let each = |before: &str| lines.iter().map(|line| format!("{before}{line}\n")).collect::<String>();
    match kind {
        "@8" => format!(
            "{OLDER}Traceback (most recent call last):\n{}Process EngineCore_0:\nTraceback (most recent call last):\n{}{END}\n",
            each(OLDER),
            each("")
        ),
        "@13" => format!(
            "{ENGINE}Traceback (most recent call last):\n{}{}(APIServer pid=1) {END}\n",
            each(ENGINE),
            each("(EngineCore_DP0 pid=9526) ")
        ),
        _ => format!(
            "{}{ENGINE}EngineCore failed to start.\n{ENGINE}{ELSEWHERE}\n(APIServer pid=1) {END}\n",
            each(WORKER)
        ),
    }
}

struct Case {
    causes: Vec<&'static str>,
    evidence: Vec<&'static str>,
    change: &'static str,
    log: String,
}

fn cases() -> Vec<Case> {
    let blocks = FIELD.split("\n=== ").skip(1).map(|block| {
        let (head, body) = block.split_once('\n').unwrap();
        let mut columns = head.split('|').map(str::trim);
        let list = |text: Option<&'static str>, by: &'static str| {
            text.unwrap_or_default().split(by).map(str::trim).filter(|word| !word.is_empty()).collect::<Vec<_>>()
        };
        let (causes, evidence) = (list(columns.next(), ","), list(columns.next(), "//"));
        let body = PARTS.iter().fold(body.to_owned(), |body, (name, part)| body.replace(name, part));
        let lines = body.lines().map(|line| match line.split_once(' ') {
            Some((kind @ ("@8" | "@13" | "@tp"), message)) => told(kind, message),
            _ => format!("{line}\n"),
        });
        Case { causes, evidence, change: columns.next().unwrap_or_default(), log: lines.collect() }
    });
    blocks.collect()
}

fn judged(case: &Case, log: &str) {
    let finding = read(log).finding;
    if case.causes == ["-"] {
        assert_eq!(finding, None, "nothing failed: {log}");
        return;
    }
    let finding = finding.unwrap_or_else(|| panic!("{:?} not found: {log}", case.causes));
    assert!(case.causes.contains(&finding.name), "{} for {:?}: {finding:?}\n{log}", finding.name, case.causes);
    let says = case.evidence.is_empty() || case.evidence.iter().any(|words| finding.evidence.contains(words));
    assert!(says, "{:?} is not said by {}", case.evidence, finding.evidence);
    let change: Vec<&str> = case.change.split(' ').collect();
    let [flag, from, _, to] = change[..] else { return assert_eq!(case.change, "") };
    let is = |wanted: &str, value: &Option<String>| wanted == "_" || value.as_deref() == Some(wanted);
    let fits = |remedy: &crate::engines::doctor::Remedy| {
        remedy.flag.as_deref() == Some(flag) && is(from, &remedy.from) && is(to, &remedy.to)
    };
    assert!(finding.remedies.iter().any(fits), "{}: {:?}", case.change, finding.remedies);
}

#[test]
fn what_engines_said_in_the_field_is_named_with_its_line() {
    let cases = cases();
    assert!(cases.len() > 150, "{} cases", cases.len());
    cases.iter().for_each(|case| judged(case, &case.log));
}

type Frame = fn(&str) -> String;

/// What containers, journals, terminals and collectors make of a line.
const FRAMES: &[Frame] = &[
    |line| format!("vllm-1  | {line}"),
    |line| format!("Feb 21 01:41:02 host vllm[402476]: {line}"),
    |line| format!("2025-06-27T14:42:08.465123456Z stderr F {line}"),
    |line| format!("2025-03-05 08:19:02 {line}\r"),
    |line| format!("[pod/vllm-6f/vllm] {line}"),
    |line| serde_json::json!({ "log": format!("{line}\n"), "stream": "stderr" }).to_string(),
    |line| format!("\u{1b}[1;36m{}\u{1b}[0m\r", line.replacen(") ", ")\u{1b}[0;0m ", 1)),
    |line| format!("Loading:  10%|█   | 1/9\rLoading:  20%|██  | 2/9\r{line}"),
    |line| format!("{line}\nпроцесс работает\n下载中 …"),
];

#[test]
fn no_frame_hides_a_cause_or_makes_one() {
    for case in cases() {
        for frame in FRAMES {
            let framed: String = case.log.lines().map(|line| frame(line) + "\n").collect();
            judged(&case, &framed);
        }
    }
}

#[test]
fn a_failed_service_stays_failed_when_another_comes_up() {
    let log =
        "vllm-1  | OSError: [Errno 28] No space left on device\nproxy-1 | INFO:     Application startup complete.\n";
    assert_eq!(read(log).finding.unwrap().name, "disk_full");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_log_cut_anywhere_is_survived(case in 0_usize..400, cut in 0.0_f64..1.0) {
        let all = cases();
        let case = &all[case % all.len()];
        let at = case.log.floor_char_boundary((case.log.len() as f64 * cut) as usize);
        prop_assert!(unnamed(case, &case.log[..at]), "{}", &case.log[..at]);
    }
}

/// Whether nothing is found in the beginning of a log in which nothing failed, save an attempt that it says failed
/// before a later one came up.
fn unnamed(case: &Case, begun: &str) -> bool {
    let earlier = |evidence: &str| case.evidence.iter().any(|words| evidence.contains(words));
    case.causes != ["-"] || read(begun).finding.is_none_or(|finding| earlier(&finding.evidence))
}

#[test]
fn what_comes_up_is_at_no_line_of_its_log_a_failure() {
    let healthy: Vec<Case> = cases().into_iter().filter(|case| case.causes == ["-"]).collect();
    assert!(healthy.len() > 20, "{} cases", healthy.len());
    for case in &healthy {
        for (end, _) in case.log.match_indices('\n') {
            assert!(unnamed(case, &case.log[..end]), "{}", &case.log[..end]);
        }
    }
}
