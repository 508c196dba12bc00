//! Files that a person writes or fetches: read, or told with file and line.

use crate::check::{of_file, problem, safe};
use std::path::Path;
use std::time::Duration;
use vramdeck::app::keymap::Keymap;
use vramdeck::base::Bytes;
use vramdeck::engines::simulated::Script;
use vramdeck::gpu::scenario;
use vramdeck::lab::sampling::{Presets, Setting};
use vramdeck::store::GeneralSettings;
use vramdeck::store::config::overlay;
use vramdeck::store::settings::DEFAULTS;
use vramdeck::ui::theme::{Depth, Gallery, Role};

const FILE: &str = "some/own-file.toml";

pub fn keymap(data: &[u8]) {
    let text = &*String::from_utf8_lossy(data);
    let mut keymap = Keymap::shipped().unwrap();
    keymap.overlay(text, FILE).iter().for_each(|told| of_file(told, FILE));
    assert!(keymap.overlay("", FILE).is_empty());
}

pub fn theme(data: &[u8]) {
    let text = &*String::from_utf8_lossy(data);
    let mut gallery = Gallery::shipped(Depth::True);
    gallery.add("own", text, FILE).iter().for_each(|told| of_file(told, FILE));
    let theme = gallery.theme("own");
    for depth in [Depth::Mono, Depth::Ansi16] {
        let _ = theme.at(depth).style(Role::Text);
    }
}

pub fn settings(data: &[u8]) {
    let text = &*String::from_utf8_lossy(data);
    let loaded = overlay::<GeneralSettings>(DEFAULTS, text, Path::new(FILE)).expect("the defaults are right");
    for told in &loaded.problems {
        match told.what.contains("do not go together") {
            true => problem(told),
            false => of_file(told, FILE),
        }
    }
    let value = loaded.value;
    assert!((0.2..=10.0).contains(&value.sample_hz.0) && (1.0..=120.0).contains(&value.history_minutes.0));
    assert!((0.0..=600.0).contains(&value.stop_grace_seconds.0));
}

/// A scenario that is taken can be played at any time: what is held fits into the card.
pub fn scenario(data: &[u8]) {
    let text = &*String::from_utf8_lossy(data);
    let scenario = match scenario::parse(FILE, text) {
        Ok(scenario) => scenario,
        Err(told) => {
            problem(&told);
            let text = told.to_string();
            return assert!(text.contains(FILE) && (text.contains("line ") || text.contains("card")), "{text}");
        }
    };
    for (second, claimed) in [(0, 0), (7, 1 << 40), (u64::MAX >> 12, u64::MAX)] {
        let elapsed = Duration::from_secs(second);
        for index in 0..=scenario.cards.len() {
            let Some(shares) = scenario::share(&scenario, index, elapsed, Bytes(claimed)) else { continue };
            assert!(shares.used.0 + shares.free.0 + shares.reserved.0 == shares.total.0, "{shares:?}");
            assert!(scenario::card_at(&scenario, index, &shares, &[]).is_some());
        }
    }
}

/// Presets that are taken come back the same after writing them.
pub fn presets(data: &[u8]) {
    let text = &*String::from_utf8_lossy(data);
    match Presets::parse(text, FILE) {
        Ok(presets) => {
            let numbers = presets.0.values().flat_map(|settings| settings.0.values());
            assert!(numbers.into_iter().all(|value| !matches!(value, Setting::Real(x) if !x.is_finite())));
            assert_eq!(Presets::parse(&presets.to_toml(), FILE).as_ref(), Ok(&presets));
        }
        Err(told) => of_file(&told, FILE),
    }
}

pub fn script(data: &[u8]) {
    let text = &*String::from_utf8_lossy(data);
    match Script::parse(text) {
        Ok(script) => drop(script.fixed()),
        Err(told) => {
            problem(&told);
            safe("why", &told.why);
            // Only where nesting goes too deep does the reader not know the line.
            assert!(told.why.contains("line ") || told.why.contains("recursion limit"), "{told}");
        }
    }
}
