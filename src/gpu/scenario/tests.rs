use super::*;
use proptest::prelude::*;

fn scenario(name: &str) -> Scenario {
    parse(name, built_in(name).unwrap()).unwrap()
}

fn names_at(scenario: &Scenario, second: u64) -> Vec<&str> {
    scenario.holders_at(0, Duration::from_secs(second)).iter().map(|wish| wish.process.name.as_str()).collect()
}

#[test]
fn every_built_in_scenario_fits_its_cards_at_every_second() {
    for (name, _) in BUILT_IN {
        let scenario = scenario(name);
        for (index, card) in scenario.cards.iter().enumerate() {
            for second in 0..1200 {
                let elapsed = Duration::from_secs(second);
                let wanted: Bytes = scenario.holders_at(index, elapsed).iter().map(|wish| wish.bytes).sum();
                let shares = share(&scenario, index, elapsed, Bytes(0)).unwrap();
                let rest = Bytes(card.unattributed_mib * MIB);
                assert_eq!(
                    shares.used,
                    wanted + rest,
                    "{name} card {index} second {second} asks for more than there is"
                );
                assert_eq!(shares.reserved + shares.used + shares.free, shares.total);
            }
        }
    }
}

#[test]
fn the_desktop_is_an_rtx_5080_whose_game_comes_and_goes() {
    let desktop = scenario("desktop");
    assert_eq!(desktop.cards[0].memory_mib, 16_303);
    let seen: Vec<bool> =
        (0..600).map(|second| names_at(&desktop, second).iter().any(|name| name.contains("game"))).collect();
    assert!(!seen[0] && seen.contains(&true), "the game comes later");
    assert!(seen.windows(2).any(|pair| pair[0] && !pair[1]), "and goes");
    let browser = |second| {
        let wishes = desktop.holders_at(0, Duration::from_secs(second));
        wishes.iter().find(|wish| wish.process.name == "firefox").map(|wish| wish.bytes)
    };
    assert!(browser(60) > browser(0), "the browser grows");
    assert!(scenario("headless").cards[0].processes.is_empty());
    assert_eq!(scenario("two-cards").cards.len(), 2);
    let tight = scenario("tight");
    assert!(share(&tight, 0, Duration::ZERO, Bytes(0)).unwrap().free < Bytes::from_gib(3.0));
}

#[test]
fn simulated_ids_can_be_no_real_process_and_differ_across_cards() {
    let two = scenario("two-cards");
    let pids: Vec<u32> = (0..2).flat_map(|card| two.holders_at(card, Duration::ZERO)).map(|wish| wish.pid).collect();
    let unique: std::collections::BTreeSet<_> = pids.iter().collect();
    assert_eq!(unique.len(), pids.len());
    assert!(pids.iter().all(|pid| *pid > 1 << 22));
}

#[test]
fn what_is_wrong_is_named_with_its_line() {
    let good = built_in("headless").unwrap();
    for (bad, expected) in [
        (good.replace("memory_mib", "memory_mb"), "unknown field `memory_mb`"),
        (good.replace("memory_mib = 16303", "memory_mib = \"16 GB\""), "invalid type: string \"16 GB\""),
        (good.replace("reserved_mib = 420", "reserved_mib = 99999"), "must fit into memory_mib"),
        (good.split("[[card]]").next().unwrap().to_owned(), "missing field `card`"),
    ] {
        let problem = parse("mine.toml", &bad).unwrap_err();
        assert!(problem.why.contains(expected), "{problem}");
        assert!(problem.what.contains("mine.toml"));
        assert_eq!(problem.exit_code(), 2);
    }
    let line = good.lines().position(|line| line.starts_with("memory_mib")).unwrap() + 1;
    let problem = parse("mine.toml", &good.replace("memory_mib", "memory_mb")).unwrap_err();
    assert!(problem.why.starts_with(&format!("line {line}: ")), "{problem}");
}

#[test]
fn a_timeline_repeats_and_joins_its_points() {
    #[derive(Deserialize)]
    struct One {
        t: Timeline,
    }
    let read = |text: &str| toml::from_str::<One>(text).map(|one| one.t);
    let saw = read("t = [[10, 100], [20, 200], [40, 0]]").unwrap();
    for (second, value) in [(0, 100.0), (10, 100.0), (15, 150.0), (20, 200.0), (30, 100.0), (40, 100.0), (55, 150.0)] {
        assert_eq!(saw.at(Duration::from_secs(second)), value, "second {second}");
    }
    assert_eq!(read("t = 7.5").unwrap().at(Duration::from_secs(1000)), 7.5);
    for bad in ["t = []", "t = [[5, 1], [5, 2]]", "t = [[0, -1]]", "t = \"x\"", "t = nan"] {
        assert!(read(bad).is_err(), "{bad}");
    }
}

#[test]
fn gauges_follow_what_happens() {
    let headless = scenario("headless");
    let shares = share(&headless, 0, Duration::ZERO, Bytes(0)).unwrap();
    let at = |activities: &[Activity]| card_at(&headless, 0, &shares, activities).unwrap();
    let (rest, minute) = (at(&[]), Duration::from_secs(120));
    let busy = at(&[Activity { busy: true, since: minute }]);
    let just_started = at(&[Activity { busy: true, since: Duration::ZERO }]);
    let cooling = at(&[Activity { busy: false, since: Duration::from_secs(10) }]);
    assert_eq!((rest.utilization_gpu.clone(), rest.temperature.clone()), (Ok(0), Ok(34)));
    let (watts, limit) = (busy.power_watts.clone().unwrap(), busy.power_limit_watts.clone().unwrap());
    assert!(busy.utilization_gpu.clone().unwrap() > 90 && watts > 300.0 && watts <= limit);
    assert_eq!(busy.performance_state, Ok(0));
    assert_eq!(just_started.temperature, rest.temperature, "heat takes its time");
    assert!(cooling.temperature.unwrap() > rest.temperature.unwrap());
    assert_eq!(cooling.utilization_gpu, Ok(0));
}

proptest! {
    #[test]
    fn shares_always_add_up(second in 0u64..5000, claimed in 0u64..40_000) {
        for (name, _) in BUILT_IN {
            let scenario = scenario(name);
            let claimed = Bytes(claimed * MIB).min(Bytes(scenario.cards[0].memory_mib * MIB - scenario.cards[0].reserved_mib * MIB));
            let shares = share(&scenario, 0, Duration::from_secs(second), claimed).unwrap();
            prop_assert_eq!(shares.reserved + shares.used + shares.free, shares.total);
            prop_assert!(shares.used >= claimed);
        }
    }
}
