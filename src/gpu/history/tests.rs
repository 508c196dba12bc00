use super::*;
use crate::base::Unknown;
use crate::gpu::sample::samples::{card, process, sample};
use crate::gpu::{GpuProcess, Source};
use proptest::prelude::*;

const KEY: &str = "#0";

fn gone(seconds: f64) -> Sample {
    Sample { source: Source::None, ..sample(seconds, Vec::new()) }
}

#[test]
fn columns_hold_the_highest_memory_and_the_mean_of_the_rest() {
    let mut history = History::new();
    for (at, used, util) in [(1000.0, 100, 10), (1100.0, 500, 30), (1110.0, 300, 50), (1600.0, 50, 0)] {
        let mut card = card(1000, used, 0);
        card.utilization_gpu = Ok(util);
        history.push(&sample(at, vec![card]));
    }
    // Six parts of 100 s; the reading at 1100 s opens the second, 1600 s closes the last.
    assert_eq!(
        history.series(KEY, Metric::Used, 6),
        [Some(100.0), Some(500.0), None, None, None, Some(50.0)],
        "a reading stands for twelve seconds at the most"
    );
    assert_eq!(history.series(KEY, Metric::Utilization, 6)[1], Some(40.0));
    assert_eq!(history.series(KEY, Metric::Power, 6), [None; 6], "never read");
    let peak = history.peak(KEY, Metric::Used).unwrap();
    assert_eq!((peak.value, peak.at), (500.0, SystemTime::UNIX_EPOCH + Duration::from_secs(1100)));
}

#[test]
fn a_slow_rate_leaves_no_holes_and_a_lost_driver_does() {
    let mut history = History::new();
    for step in 0..121 {
        let at = 5000.0 + f64::from(step) * 5.0;
        let lost = (60..72).contains(&step);
        history.push(&if lost { gone(at) } else { sample(at, vec![card(1000, 200, 0)]) });
    }
    let series = history.series(KEY, Metric::Used, 300);
    let holes: Vec<usize> = (0..300).filter(|i| series[*i].is_none()).collect();
    assert_eq!(series.len(), 300);
    assert_eq!((holes.first(), holes.last(), holes.len()), (Some(&150), Some(&179), 30), "one minute of ten is a gap");
}

#[test]
fn runs_and_foreign_bytes_add_up() {
    let mut history = History::new();
    let holding = |used, run: Option<&str>| GpuProcess {
        used: Ok(crate::base::Bytes(used)),
        run: run.map(str::to_owned),
        ..process(7, "x")
    };
    let mut full = card(1000, 700, 0);
    full.processes = Ok(vec![holding(400, Some("qwen")), holding(100, None)]);
    history.push(&sample(10.0, vec![full.clone()]));
    let last = |history: &History, metric| history.series(KEY, metric, 1)[0];
    assert_eq!((last(&history, Metric::Runs), last(&history, Metric::Foreign)), (Some(400.0), Some(300.0)));
    full.processes = Err(Unknown::because("hidden"));
    let mut hidden = History::new();
    hidden.push(&sample(10.0, vec![full]));
    assert_eq!(last(&hidden, Metric::Runs), None);
}

#[test]
fn a_clock_set_back_keeps_the_past_in_order() {
    let mut history = History::new();
    for at in [1000.0, 1001.0, 400.0, 401.0] {
        history.push(&sample(at, vec![card(1000, 1, 0)]));
    }
    let track = &history.tracks[KEY];
    assert!(track.points.iter().is_sorted_by_key(|point| point.at));
    assert_eq!((track.points[0].at, track.points.len()), (399.0, 4));
}

#[test]
fn a_card_long_gone_is_forgotten() {
    let mut history = History::new();
    history.push(&sample(0.0, vec![card(1000, 1, 0)]));
    history.push(&gone(300.0));
    assert_eq!(history.cards().collect::<Vec<_>>(), [KEY]);
    history.push(&gone(700.0));
    assert!(history.is_empty());
}

proptest! {
    #[test]
    fn bounded_ordered_and_never_above_what_was_read(
        steps in proptest::collection::vec((-20.0f64..30.0, proptest::option::of(0u64..1000)), 1..200),
        columns in 0usize..80,
    ) {
        let (mut history, mut at) = (History::new(), 10_000.0);
        let mut most = 0;
        for (step, used) in steps {
            at += step;
            most = most.max(used.unwrap_or(0));
            history.push(&used.map_or_else(|| gone(at), |used| sample(at, vec![card(1000, used, 0)])));
        }
        let series = history.series(KEY, Metric::Used, columns);
        prop_assert_eq!(series.len(), columns);
        prop_assert!(series.iter().flatten().all(|value| *value <= most as f64));
        if let Some(track) = history.tracks.get(KEY) {
            prop_assert!(track.points.iter().is_sorted_by_key(|point| point.at));
            prop_assert!(track.points.iter().all(|point| point.at >= history.newest - 600.0));
        }
    }
}

#[test]
fn never_more_points_than_its_window_at_ten_a_second() {
    for (mut history, most) in [(History::new(), 6000), (History::over(Duration::from_secs(60)), 600)] {
        for step in 0..(most + 500) {
            history.push(&sample(step as f64 * 0.01, vec![card(1000, 1, 0)]));
        }
        assert_eq!((history.len(KEY), history.most_points()), (most, most));
    }
}
