use super::*;
use StageKind::{Compile, Download, Graphs, Profile, Serve, Start, Weights};
use proptest::prelude::*;

/// A log with the second at which each line came; `\r` at the end marks a bar.
fn watch(dialect: Dialect, log: &[(f64, &str)]) -> Stages {
    let mut stages = Stages::begun(0.0, None);
    for (at, line) in log {
        match line.strip_suffix('\r') {
            Some(bar) => stages.bar(*at, dialect, bar),
            None => stages.line(*at, dialect, line),
        }
    }
    stages
}

fn spans(stages: &Stages) -> Vec<(StageKind, f64, Option<f64>)> {
    stages.list.iter().map(|stage| (stage.kind, stage.began, stage.ended)).collect()
}

const VLLM: &[(f64, &str)] = &[
    (1.0, "(APIServer pid=1) INFO 11-21 01:03:43 [api_utils.py:286] non-default args: {'model': 'm'}"),
    (9.0, "(Worker pid=3) INFO 11-21 01:05:32 [gpu_model_runner.py:5040] Starting to load model m..."),
    (10.0, "Fetching 2 files:   0%|          | 0/2 [00:00<?, ?it/s]\r"),
    (12.0, "model-00001-of-00002.safetensors:  20%|██        | 200M/1.00G [00:02<00:08, 100MB/s]\r"),
    (12.0, "model-00002-of-00002.safetensors:  10%|█         | 50M/0.50G [00:02<00:18, 25MB/s]\r"),
    (16.0, "model-00001-of-00002.safetensors:  60%|██████    | 600M/1.00G [00:06<00:04, 100MB/s]\r"),
    (20.0, "(Worker pid=3) INFO [weight_utils.py:533] Time spent downloading weights for m: 10.000000 seconds"),
    (21.0, "Loading safetensors checkpoint shards:   0% Completed | 0/2 [00:00<?, ?it/s]\r"),
    (25.0, "Loading safetensors checkpoint shards:  50% Completed | 1/2 [00:04<00:04, 4.00s/it]\r"),
    (30.0, "(Worker pid=3) INFO [default_loader.py:501] Loading weights took 9.02 seconds"),
    (31.0, "(Worker pid=3) INFO [gpu_model_runner.py:5150] Model loading took 5.79 GiB memory and 21.100000 seconds"),
    (32.0, "(EngineCore pid=2) INFO [backends.py:1105] Using cache directory: /c for vLLM's torch.compile"),
    (40.0, "(EngineCore pid=2) INFO [monitor.py:20] torch.compile took 8.11 s in total"),
    (42.0, "(Worker pid=3) INFO [gpu_model_runner.py:6369] Profiling CUDA graph memory: PIECEWISE=51"),
    (45.0, "(Worker pid=3) INFO [gpu_worker.py:760] Available KV cache memory: 5.40 GiB"),
    (
        45.5,
        "(EngineCore pid=2) INFO [kv_cache_utils.py:2327] GPU KV cache size: 39,312 tokens, Maximum concurrency for 2,048 tokens per request: 19.20x",
    ),
    (47.0, "Capturing CUDA graphs (mixed prefill-decode, PIECEWISE):  45%|████▌     | 23/51 [00:01<00:01, 20it/s]\r"),
    (50.0, "(Worker pid=3) INFO [gpu_model_runner.py:6582] Graph capturing finished in 4 secs, took 0.31 GiB"),
    (51.0, "(EngineCore pid=2) INFO [core.py:402] init engine (profile, create kv cache, warmup model) took 20.00 s"),
    (53.0, "(APIServer pid=1) INFO [entry.py:140] Starting vLLM server on http://127.0.0.1:8000"),
    (54.0, "INFO:     Application startup complete."),
];

#[test]
fn a_start_of_vllm_is_cut_into_its_stages() {
    let stages = watch(Dialect::Vllm, VLLM);
    assert_eq!(
        spans(&stages),
        [
            (Start, 0.0, Some(10.0)),
            (Download, 10.0, Some(20.0)),
            (Weights, 20.0, Some(30.0)),
            (Compile, 30.0, Some(40.0)),
            (Profile, 40.0, Some(45.5)),
            (Graphs, 45.5, Some(50.0)),
            (Serve, 50.0, Some(54.0)),
        ]
    );
    let said = |kind| stages.list.iter().find(|stage| stage.kind == kind).and_then(|stage| stage.said);
    assert_eq!(
        (said(Download), said(Weights), said(Compile), said(Graphs)),
        (Some(10.0), Some(21.1), Some(8.11), Some(4.0))
    );
    let shards = stages.list.iter().find(|stage| stage.kind == Weights).and_then(|stage| stage.progress);
    assert_eq!(shards, Some(Amount { done: 1, total: Some(2), unit: Unit::Shards }));
    assert_eq!(stages.files.len(), 2);
}

#[test]
fn a_download_has_bytes_a_rate_and_a_time_left() {
    let stages = watch(Dialect::Vllm, &VLLM[..6]);
    let download = stages.current().unwrap();
    assert_eq!(download.progress, Some(Amount { done: 650_000_000, total: Some(1_500_000_000), unit: Unit::Bytes }));
    assert_eq!(
        stages.files[1],
        FileBar { name: "model-00002-of-00002.safetensors".into(), done: 50_000_000, total: Some(500_000_000) }
    );
    let rate = stages.rate.unwrap();
    assert!((80e6..130e6).contains(&rate), "{rate}");
    let outlook = stages.outlook(16.0);
    assert!((6.0..11.0).contains(&outlook.left.unwrap()), "{outlook:?}");
    assert!(outlook.basis.contains("present rate"));
}

#[test]
fn a_download_that_stands_still_has_no_time_left_and_other_lines_are_no_bytes() {
    let bar = |at: f64, mega: u64| (at, format!("m.safetensors:  9%|█  | {mega}M/1.00G [00:02<00:08, 100MB/s]\r"));
    let mut log: Vec<(f64, String)> = vec![bar(0.5, 400)];
    for second in 1..=4_u32 {
        let at = 0.5 + f64::from(second);
        // A line just before the bar makes the bytes come no faster.
        log.push((at - 0.01, "(APIServer pid=1) WARNING it goes on".to_owned()));
        log.push(bar(at, 400 + 100 * u64::from(second)));
    }
    log.push((4.6, "Fetching 3 files:  33%|███  | 1/3 [00:02<00:08, 1it/s]\r".to_owned()));
    let log: Vec<(f64, &str)> = log.iter().map(|(at, line)| (*at, line.as_str())).collect();
    let stages = watch(Dialect::Vllm, &log);
    assert!((90e6..110e6).contains(&stages.rate.unwrap()), "what lay there already was not fetched: {:?}", stages.rate);
    assert_eq!(stages.current().unwrap().progress.unwrap().unit, Unit::Bytes);
    assert!((1.8..2.3).contains(&stages.outlook(4.6).left.unwrap()));
    assert_eq!(stages.outlook(60.0).left, None, "nothing comes");
}

/// A start on two cards, as several releases write it: prefixes of workers, graphs in two kinds.
const TWO_CARDS: &[(f64, &str)] = &[
    (1.0, "(APIServer pid=9) INFO 11-21 01:03:43 [utils.py:233] non-default args: {'tensor_parallel_size': 2}"),
    (8.0, "(Worker_TP1 pid=12) INFO 11-21 01:03:50 [gpu_model_runner.py:2602] Starting to load model m..."),
    (9.0, "(Worker_TP0 pid=11) \r"),
    (9.0, "Loading safetensors checkpoint shards:   0% Completed | 0/2 [00:00<?, ?it/s]\r"),
    (11.0, "Loading safetensors checkpoint shards: 100% Completed | 2/2 [00:02<00:00,  1.00it/s]\r"),
    (11.1, "(Worker_TP0 pid=11) INFO [default_loader.py:267] Loading weights took 2.01 seconds"),
    (11.2, "(Worker_TP1 pid=12) INFO [default_loader.py:267] Loading weights took 2.09 seconds"),
    (11.5, "(Worker_TP0 pid=11) INFO [gpu_model_runner.py:2653] Model loading took 7.6 GiB and 2.700000 seconds"),
    (13.0, "(Worker_TP0 pid=11) INFO [backends.py:548] Using cache directory: /c for vLLM's torch.compile"),
    (20.0, "(Worker_TP1 pid=12) INFO [backends.py:559] Dynamo bytecode transform time: 6.10 s"),
    (45.0, "(Worker_TP0 pid=11) INFO [monitor.py:34] torch.compile takes 31.60 s in total"),
    (50.0, "(Worker_TP0 pid=11) INFO [gpu_worker.py:298] Available KV cache memory: 5.40 GiB"),
    (50.2, "(EngineCore_DP0 pid=10) INFO [kv_cache_utils.py:1087] GPU KV cache size: 39,312 tokens"),
    (
        51.0,
        "(Worker_TP0 pid=11) Capturing CUDA graphs (mixed prefill-decode, PIECEWISE):   0%|          | 0/67 [00:00<?, ?it/s]\r",
    ),
    (54.0, "Capturing CUDA graphs (mixed prefill-decode, PIECEWISE):  45%|████▍     | 30/67 [00:03<00:03, 10it/s]\r"),
    (58.0, "Capturing CUDA graphs (mixed prefill-decode, PIECEWISE): 100%|██████████| 67/67 [00:06<00:00, 10it/s]\r"),
    (58.1, "Capturing CUDA graphs (decode, FULL):   0%|          | 0/35 [00:00<?, ?it/s]\r"),
    (60.0, "Capturing CUDA graphs (decode, FULL):  60%|██████    | 21/35 [00:02<00:01, 10it/s]\r"),
];

#[test]
fn two_cards_and_two_kinds_of_graphs_are_one_start() {
    let stages = watch(Dialect::Vllm, TWO_CARDS);
    let kinds: Vec<StageKind> = stages.list.iter().map(|stage| stage.kind).collect();
    assert_eq!(kinds, [Start, Weights, Compile, Profile, Graphs]);
    assert_eq!(stages.list[1].said, Some(2.7), "the slowest of the workers");
    let graphs = |upto: usize| {
        let stages = watch(Dialect::Vllm, &TWO_CARDS[..upto]);
        (stages.current().unwrap().progress.unwrap().words(), stages.moved_at)
    };
    let all = TWO_CARDS.len();
    assert_eq!(graphs(all - 2), ("67 of 67 graphs".to_owned(), 58.0));
    assert_eq!(graphs(all), ("88 of 102 graphs".to_owned(), 60.0), "the second kind is movement, too");
    let mut done = stages;
    done.line(62.0, Dialect::Vllm, "(Worker_TP0 pid=11) INFO Graph capturing finished in 11 secs, took 0.57 GiB");
    done.line(
        63.0,
        Dialect::Vllm,
        "(EngineCore_DP0 pid=10) INFO init engine (profile, create kv cache, warmup model) took 51 seconds",
    );
    assert_eq!(done.current().unwrap().kind, Serve);
}

#[test]
fn on_a_processor_the_warm_up_comes_before_the_cache_and_is_a_compilation() {
    let log = [
        (
            71.9,
            "(Worker pid=8) INFO [weight_utils.py:1108] Filesystem type for checkpoints: EXT4. Checkpoint size: 0.00 GiB.",
        ),
        (72.0, "(Worker pid=8) INFO [default_loader.py:501] Loading weights took 0.01 seconds"),
        (72.7, "(Worker pid=8) INFO [cpu_model_runner.py:87] Warming up model for the compilation..."),
        (113.4, "(Worker pid=8) INFO [cpu_model_runner.py:91] Warming up done."),
        (113.5, "(Worker pid=8) INFO [cpu_worker.py:260] Explicitly set (1.0/23.54) GiB for KV cache on node 0."),
        (
            113.6,
            "(EngineCore pid=7) INFO [kv_cache_utils.py:2327] CPU KV cache size: 1,398,016 tokens, Maximum concurrency",
        ),
        (
            114.5,
            "(EngineCore pid=7) INFO [core.py:402] init engine (profile, create kv cache, warmup model) took 41.90 s",
        ),
        (117.4, "(APIServer pid=6) INFO [entry.py:140] Starting vLLM server on http://127.0.0.1:8000"),
        (118.4, "INFO:     Application startup complete."),
    ];
    assert_eq!(
        spans(&watch(Dialect::Vllm, &log)),
        [
            (Start, 0.0, Some(71.9)),
            (Weights, 71.9, Some(72.0)),
            (Compile, 72.0, Some(113.5)),
            (Profile, 113.5, Some(113.6)),
            (Serve, 113.6, Some(118.4)),
        ]
    );
}

#[test]
fn llama_server_says_more_when_asked_to() {
    let quiet = [
        (0.0, "0.00.005.518 I srv  llama_server: initializing ..."),
        (1.0, "0.00.157.911 I srv    load_model: loading model '/m/tiny.gguf'"),
        (2.0, "......................\r"),
        (5.0, "0.00.274.546 I cmn          init: llama threadpool init, n_threads = 2"),
        (7.0, "0.01.145.812 I srv  llama_server: model loaded"),
    ];
    let stages = watch(Dialect::LlamaCpp, &quiet);
    assert_eq!(spans(&stages), [(Start, 0.0, Some(1.0)), (Weights, 1.0, Some(5.0)), (Serve, 5.0, Some(7.0))]);
    assert_eq!(stages.list[1].progress.map(|amount| amount.words()).as_deref(), Some("22 %"));
    let loud = [
        (1.0, "0.00.085.768 I srv    load_model: loading model '/m/tiny.gguf'"),
        (2.0, "0.00.102.628 I load_tensors:   CPU_Mapped model buffer size =     1.85 MiB"),
        (3.0, "0.00.102.914 I llama_context: constructing llama_context"),
        (4.0, "0.00.103.031 I llama_kv_cache:        CPU KV buffer size =     6.00 MiB"),
        (5.0, "0.00.126.108 I cmn  common_init_: warming up the model with an empty run - please wait ..."),
    ];
    let kinds: Vec<StageKind> = watch(Dialect::LlamaCpp, &loud).list.iter().map(|stage| stage.kind).collect();
    assert_eq!(kinds, [Start, Weights, Profile, Serve]);
    let pull = [
        (1.0, "time=x level=INFO source=download.go:177 msg=\"downloading sha256-0123 in 16 100 MB part(s)\""),
        (9.0, "time=x level=INFO msg=\"starting llama-server\" cmd=\"x\""),
        (9.5, "time=x level=INFO source=llama_server.go:1362 msg=\"llama-server started in 0.25 seconds\""),
    ];
    let stages = watch(Dialect::Ollama, &pull);
    assert_eq!(stages.files[0].total, Some(1_600_000_000));
    assert_eq!(stages.list.iter().map(|stage| stage.kind).collect::<Vec<_>>(), [Start, Download, Weights, Serve]);
    let fetched = watch(Dialect::LlamaCpp, &[(1.0, "[=====>     ]   45%  (450 MB / 1000 MB)\r")]);
    assert_eq!(fetched.list[1].progress.and_then(|amount| amount.share()), Some(0.45));
}

#[test]
fn what_is_left_follows_the_last_start() {
    let mut stages = watch(Dialect::Vllm, VLLM);
    stages.ready(55.0);
    let past = Past::of(&[stages.took()]).unwrap();
    assert!((past.total - 54.0).abs() < 1e-9, "{past:?}");
    let mut again = Stages::begun(100.0, Some(past));
    // What was fetched is there: its ten seconds are not waited for again.
    assert_eq!(again.outlook(104.0).left, Some(40.0));
    assert_eq!(again.outlook(104.0).basis, "the last start took 44 s without its download");
    again.line(110.0, Dialect::Vllm, "Loading safetensors checkpoint shards:   0% Completed | 0/2 [00:00<?, ?it/s]");
    let left = again.outlook(112.0).left.unwrap();
    assert!((left - (8.0 + 24.0)).abs() < 1e-9, "{left}");
    let late = again.outlook(125.0);
    assert_eq!(late.left, None);
    assert!(late.basis.contains("longer than last time (10 s)"), "{late:?}");
}

#[test]
fn stuck_is_said_after_the_longest_ever_and_not_before() {
    let alone = watch(Dialect::Vllm, &VLLM[..10]);
    assert_eq!(alone.outlook(30.0 + 299.0).stuck, None);
    let said = alone.outlook(30.0 + 301.0).stuck.unwrap();
    assert!(said.contains("5 min are allowed") && said.contains("Loading weights took"), "{said}");
    let took = vec![Took { kind: Start, seconds: 100.0, still: 90.0 }];
    let known = Stages::begun(0.0, Past::of(&[took]));
    assert_eq!(known.outlook(89.0).stuck, None);
    assert!(known.outlook(91.0).stuck.unwrap().contains("never stood still for longer than 90 s"));
    let quick = Stages::begun(0.0, Past::of(&[vec![Took { kind: Start, seconds: 1.0, still: 0.5 }]]));
    assert_eq!(quick.outlook(STILL - 1.0).stuck, None, "half a minute is never stuck");
}

#[test]
fn a_bar_that_repeats_itself_is_no_movement() {
    let bar = "model-1.safetensors:  20%|██        | 200M/1.00G [00:02<00:08, 100MB/s]";
    let mut stages = Stages::begun(0.0, None);
    for second in 1..=400 {
        stages.bar(f64::from(second), Dialect::Vllm, bar);
    }
    assert_eq!(stages.moved_at, 1.0);
    assert!(stages.outlook(400.0).stuck.is_some());
    let mut asked = Stages::begun(0.0, None);
    asked.line(50.0, Dialect::LlamaCpp, "srv  log_server_r: done request: GET /health 127.0.0.1 503");
    assert_eq!(asked.moved_at, 0.0, "our own questions are no movement");
}

fn mark() -> impl Strategy<Value = Mark> {
    let kind = || prop::sample::select(&StageKind::ALL[..]);
    let unit = prop::sample::select(&[Unit::Bytes, Unit::Shards, Unit::Files, Unit::Percent, Unit::Graphs][..]);
    let amount =
        (any::<u64>(), any::<Option<u64>>(), unit).prop_map(|(done, total, unit)| Amount { done, total, unit });
    prop_oneof![
        kind().prop_map(Mark::Begin),
        (kind(), amount).prop_map(|(kind, amount)| Mark::Progress(kind, amount)),
        ("[a-c]", any::<u64>(), any::<Option<u64>>()).prop_map(|(name, done, total)| Mark::File(FileBar {
            name,
            done,
            total
        })),
        (kind(), prop::option::of(0.0..1e4f64)).prop_map(|(kind, said)| Mark::Done(kind, said)),
    ]
}

proptest! {
    #[test]
    fn stages_never_go_backwards(marks in prop::collection::vec((0.0..20.0f64, mark()), 0..60)) {
        let mut stages = Stages::begun(0.0, None);
        let mut now = 0.0;
        for (step, mark) in marks {
            now += step;
            let before = stages.clone();
            stages.take(now, mark);
            prop_assert!(stages.list.len() >= before.list.len());
            for (old, new) in before.list.iter().zip(&stages.list) {
                prop_assert_eq!(old.kind, new.kind);
                prop_assert!(old.ended.is_none() || new.ended.is_some(), "no stage begins again");
                if let (Some(old), Some(new)) = (old.progress, new.progress) {
                    prop_assert!(old.unit != new.unit || new.done >= old.done);
                }
            }
            for pair in stages.list.windows(2) {
                prop_assert_eq!(pair[0].ended, Some(pair[1].began), "no gap, no overlap");
                prop_assert!(pair[0].began <= pair[1].began);
            }
            let mut kinds: Vec<StageKind> = stages.list.iter().map(|stage| stage.kind).collect();
            kinds.sort();
            kinds.dedup();
            prop_assert_eq!(kinds.len(), stages.list.len());
            prop_assert!(stages.outlook(now).left.is_none_or(|left| left >= 0.0));
        }
        stages.ready(now);
        prop_assert!(stages.took().iter().all(|took| took.seconds >= 0.0));
    }

    #[test]
    fn any_line_is_survived(line in any::<String>(), word in "[-a-zA-Z0-9%|/:=., ()\\[\\]ü█]{0,80}") {
        for dialect in [Dialect::Vllm, Dialect::LlamaCpp, Dialect::Ollama, Dialect::OpenAi] {
            let mut stages = Stages::begun(0.0, None);
            for text in [&line, &word, &format!("x.bin: 3%|{word}"), &format!("shards: {word}"), &format!("msg=\"downloading {word}")] {
                stages.line(1.0, dialect, text);
                stages.bar(2.0, dialect, text);
            }
            prop_assert!(stages.outlook(f64::MAX).elapsed >= 0.0);
        }
    }
}

/// Replays recorded logs where a folder of them is given.
#[test]
fn recorded_logs_have_their_stages() {
    let Some(shared) = std::env::var_os("VRAMDECK_SHARED").map(std::path::PathBuf::from) else { return };
    for (file, dialect, expected) in [
        ("vllm-0.32.0/startup-serve-shutdown.log", Dialect::Vllm, vec![Start, Weights, Profile, Serve]),
        ("llamacpp-0.7.0-b11669/startup-lv4.log", Dialect::LlamaCpp, vec![Start, Weights, Profile, Serve]),
        ("llamacpp-0.7.0-b11669/startup-and-serve.log", Dialect::LlamaCpp, vec![Start, Weights, Serve]),
        ("ollama-0.33.0-rc2/startup-and-serve.log", Dialect::Ollama, vec![Start, Weights, Profile, Serve]),
    ] {
        let text = std::fs::read(shared.join("engines").join(file)).unwrap();
        let mut stages = Stages::begun(0.0, None);
        for line in String::from_utf8_lossy(&text).lines() {
            stages.line(1.0, dialect, line);
        }
        assert_eq!(stages.list.iter().map(|stage| stage.kind).collect::<Vec<_>>(), expected, "{file}");
    }
}
