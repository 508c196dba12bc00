use super::*;
use crate::base::units::GIB;
use crate::models::config;
use crate::models::fit::{Engine, Flags, Length, Needs, Room, Verdict, Version};
use proptest::prelude::*;

const TOTAL: u64 = 16 * GIB;

fn facts(layers: u64) -> Facts {
    config::from_value(&serde_json::json!({
        "architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "hidden_size": 2048, "intermediate_size": 6144,
        "num_hidden_layers": layers, "num_attention_heads": 16, "num_key_value_heads": 8, "head_dim": 128,
        "vocab_size": 151_936, "max_position_embeddings": 40_960, "tie_word_embeddings": true, "torch_dtype": "bfloat16"
    }))
    .unwrap()
}

fn place() -> Place {
    Place { card: "NVIDIA GeForce RTX 5080".into(), driver: "580.95".into(), system: "linux".into() }
}

fn ask(seqs: u64, share: f64, len: u64) -> Ask {
    let flags = Flags {
        tensor_parallel_size: 1,
        max_num_seqs: Some(seqs),
        gpu_memory_utilization: Some(share),
        max_model_len: Length::Tokens(len),
        ..Flags::default()
    };
    Ask { engine: Engine::Vllm, version: Some(Version(0, 32)), flags }
}

fn raw(facts: &Facts, ask: &Ask, part: Taught) -> u64 {
    use crate::models::fit::PartKind;
    let needs = Needs::of(&Facts { learned: Lessons::default(), ..facts.clone() }, ask, TOTAL).unwrap();
    let of =
        |kinds: &[PartKind]| needs.parts.iter().filter(|part| kinds.contains(&part.kind)).map(|part| part.bytes).sum();
    match part {
        Taught::Weights => of(&[PartKind::Weights]),
        Taught::Graphs => of(&[PartKind::Graphs]),
        _ => of(&[PartKind::Activation, PartKind::NonTorch]),
    }
}

/// A start that lay this many MiB off in activation and libraries.
fn lesson(facts: &Facts, ask: &Ask, around: i64) -> Lesson {
    let off = |part, mib: i64| Off { part, raw: raw(facts, ask, part), off: mib << 20 };
    Lesson {
        engine: "vllm".into(),
        version: Some((0, 32)),
        place: place(),
        model: "m".into(),
        shape: Shape::of(facts, ask),
        offs: vec![off(Taught::Weights, 0), off(Taught::Around, around)],
        ..Lesson::default()
    }
}

fn taught(facts: &Facts, lessons: &[Lesson]) -> Facts {
    Facts { learned: Lessons::of(lessons, facts, &place()), ..facts.clone() }
}

fn sum(facts: &Facts, ask: &Ask) -> (i64, u64, Learned) {
    let needs = Needs::of(facts, ask, TOTAL).unwrap();
    let sum = needs.sum(Room { total: TOTAL, free: Some(TOTAL) });
    (sum.kv_available, sum.margin, needs.learned())
}

/// What the lessons make of the bytes left for the cache, MiB, and the margin in MiB.
fn moved(offs: &[i64]) -> (i64, u64) {
    let (facts, ask) = (facts(28), ask(64, 0.9, 4096));
    let lessons: Vec<Lesson> = offs.iter().map(|off| lesson(&facts, &ask, *off)).collect();
    let (before, _, _) = sum(&facts, &ask);
    let (after, margin, learned) = sum(&taught(&facts, &lessons), &ask);
    assert_eq!(learned.runs, offs.len() as u64);
    ((before - after) >> 20, margin >> 20)
}

#[test]
fn one_start_corrects_and_more_make_sure() {
    let (facts, ask) = (facts(28), ask(64, 0.9, 4096));
    let (_, untaught, _) = sum(&facts, &ask);
    let (one, after_one) = moved(&[300]);
    assert!((280..=300).contains(&one), "{one}");
    let (three, after_three) = moved(&[300, 310, 295]);
    assert!((290..=300).contains(&three), "{three}");
    assert!(after_three < after_one && after_one < untaught >> 20, "{after_three} {after_one} {}", untaught >> 20);
    let (_, after_many) = moved(&[300; 40]);
    assert!(after_many >= 10, "never below what the engine rounds to: {after_many} MiB");
}

#[test]
fn one_wrong_start_among_others_moves_nothing() {
    let (right, _) = moved(&[300, 300, 305]);
    let (wrong, _) = moved(&[300, 300, 305, 900]);
    assert!((wrong - right).abs() <= 5, "{right} {wrong}");
    // Two that contradict each other are believed less than either.
    let (torn, margin) = moved(&[0, 900]);
    assert!(torn < 300 && margin > 400, "{torn} ± {margin}");
    // Further off than can be: a mistake until others say so.
    let (facts, ask) = (facts(28), ask(64, 0.9, 4096));
    let far = taught(&facts, &[lesson(&facts, &ask, 9_000)]);
    assert_eq!(sum(&far, &ask).0, sum(&facts, &ask).0);
}

#[test]
fn other_releases_cards_and_models_speak_less_or_not_at_all() {
    let (model, ask) = (facts(28), ask(64, 0.9, 4096));
    let own = lesson(&model, &ask, 300);
    let shift = |lesson: Lesson| sum(&taught(&model, &[lesson]), &ask).2;
    assert_eq!(shift(own.clone()).runs, 1);
    let elsewhere = |change: &dyn Fn(&mut Lesson)| {
        let mut lesson = own.clone();
        change(&mut lesson);
        shift(lesson)
    };
    for nothing in [
        elsewhere(&|lesson| lesson.place.card = "NVIDIA GeForce RTX 4090".into()),
        elsewhere(&|lesson| lesson.place.system = "wsl".into()),
        elsewhere(&|lesson| lesson.place.system = "simulated".into()),
        elsewhere(&|lesson| lesson.engine = "llama.cpp".into()),
        elsewhere(&|lesson| lesson.shape.architecture = "LlamaForCausalLM".into()),
        elsewhere(&|lesson| lesson.shape.layers = 36),
        elsewhere(&|lesson| lesson.cards = 2),
    ] {
        assert_eq!((nothing.runs, nothing.related, nothing.shift), (0, 0, 0));
    }
    for half in
        [elsewhere(&|lesson| lesson.place.driver = "575.0".into()), elsewhere(&|lesson| lesson.version = Some((0, 31)))]
    {
        assert_eq!((half.runs, half.related), (0, 1));
        assert!((100 << 20..=200 << 20).contains(&half.shift), "{half:?}");
        assert_eq!(half.words().as_deref(), Some("from 1 run of related models"));
    }
    // Two relatives that agree are heard, and leave a margin at least half as wide.
    let relatives: Vec<Lesson> = [36, 40].map(|layers| lesson(&facts(layers), &ask, 300)).into();
    let (_, margin, learned) = sum(&taught(&model, &relatives), &ask);
    assert_eq!((learned.runs, learned.related), (0, 2));
    assert!(margin * 2 >= learned.margin_before);
}

proptest! {
    /// A start at some settings, with an error that no formula knows: at all others the sum is within 0.1 GiB.
    #[test]
    fn settings_do_not_matter(
        off in -300i64..900, seqs in 1u64..512, share in 0.5..0.95f64, len in 256u64..40_960,
        seqs_then in 1u64..512, share_then in 0.5..0.95f64, len_then in 256u64..40_960,
    ) {
        let model = facts(28);
        let then = ask(seqs_then, share_then, len_then);
        let now = ask(seqs, share, len);
        let after = taught(&model, &[lesson(&model, &then, off)]);
        let (before, _, _) = sum(&model, &now);
        let (corrected, _, _) = sum(&after, &now);
        let truth = before - (off << 20);
        prop_assert!((corrected - truth).abs() <= (GIB / 10) as i64, "{} MiB off", (corrected - truth) >> 20);
    }

    /// What was seen is never called impossible: sum and margin reach what most starts took.
    #[test]
    fn never_looser_than_the_data(offs in prop::collection::vec(-200i64..900, 1..9)) {
        let (model, ask) = (facts(28), ask(64, 0.9, 4096));
        let lessons: Vec<Lesson> = offs.iter().map(|off| lesson(&model, &ask, *off)).collect();
        let (before, _, _) = sum(&model, &ask);
        let (after, margin, _) = sum(&taught(&model, &lessons), &ask);
        let mut sorted = offs.clone();
        sorted.sort_unstable();
        let middle = sorted[(sorted.len() - 1) / 2] << 20;
        prop_assert!(before - after + margin as i64 >= middle, "{} + {margin} < {middle}", before - after);
    }

    /// More is asked for, no better verdict: as without lessons.
    #[test]
    fn verdicts_stay_monotone(off in -300i64..900, seqs in 1u64..512, len in 256u64..30_000, more in 1u64..10_000, free in 4u64..16) {
        let model = facts(28);
        let after = taught(&model, &[lesson(&model, &ask(32, 0.9, 4096), off)]);
        let room = Room { total: TOTAL, free: Some(free * GIB) };
        let judge = |seqs, len| Needs::of(&after, &ask(seqs, 0.25, len), TOTAL).unwrap().sum(room);
        let (short, long) = (judge(seqs, len), judge(seqs, len + more));
        prop_assert!(short.verdict <= long.verdict);
        prop_assert!(short.kv_available >= judge(seqs + 64, len).kv_available);
    }

    /// One odd start that took less in all its parts makes nothing fit that did not.
    #[test]
    fn one_odd_start_makes_nothing_fit(less in prop::array::uniform4(0i64..1500), free in 4u64..16, len in 4096u64..40_960, apart in any::<bool>()) {
        let model = facts(28);
        let ask = ask(64, 0.95, len);
        let parts = if apart { [Taught::Weights, Taught::Around, Taught::Graphs] } else { [Taught::Weights, Taught::Beside, Taught::Compute] };
        let plain = lesson(&model, &ask, 0);
        let offs = parts.iter().zip(less).map(|(part, less)| {
            let raw = plain.offs.iter().find(|off| off.part == *part).map_or(GIB, |off| off.raw);
            Off { part: *part, raw, off: -(less << 20) }
        });
        let odd = taught(&model, &[Lesson { offs: offs.collect(), ..plain.clone() }]);
        for total in [free * GIB, free * GIB + GIB / 2] {
            let room = Room { total, free: Some(total) };
            for engine in [Engine::Vllm, Engine::LlamaCpp] {
                let ask = Ask { engine, ..ask.clone() };
                let judge = |facts: &Facts| Needs::of(facts, &ask, total).unwrap().sum(room).verdict;
                let (before, after) = (judge(&model), judge(&odd));
                prop_assert!(before != Verdict::DoesNotFit || after != Verdict::Fits, "{engine:?} {before:?} {after:?}");
            }
        }
    }

    /// Lessons of any numbers neither panic nor overflow.
    #[test]
    fn hostile_lessons_are_survived(raws in prop::collection::vec((any::<u64>(), any::<i64>()), 1..6), cards in any::<u64>()) {
        let (model, ask) = (facts(28), ask(64, 0.9, 4096));
        let offs = |(raw, off): &(u64, i64)| {
            [Taught::Weights, Taught::Around, Taught::Graphs, Taught::Beside, Taught::Compute].map(|part| Off { part, raw: *raw, off: *off })
        };
        let lessons: Vec<Lesson> = raws
            .iter()
            .map(|pair| Lesson { offs: offs(pair).into(), cards: cards % 3, ..lesson(&model, &ask, 0) })
            .collect();
        for engine in [Engine::Vllm, Engine::LlamaCpp] {
            let ask = Ask { engine, ..ask.clone() };
            if let Ok(needs) = Needs::of(&taught(&model, &lessons), &ask, TOTAL) {
                let fit = needs.explain(Room { total: TOTAL, free: None });
                prop_assert!(!fit.why.is_empty());
            }
        }
    }
}

#[test]
fn words_say_how_many() {
    let say = |runs, related| Learned { runs, related, ..Learned::default() }.words();
    assert_eq!(say(0, 0), None);
    assert_eq!(say(3, 0).as_deref(), Some("from 3 runs"));
    assert_eq!(say(1, 5).as_deref(), Some("from 1 run"));
}
