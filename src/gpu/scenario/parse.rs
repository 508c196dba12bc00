//! Scenarios as files: those compiled in, and the reader that names file and line of what is wrong.

use super::Scenario;
use crate::base::Problem;

/// Name and text of the scenarios that come with vramdeck.
pub const BUILT_IN: [(&str, &str); 4] = [
    ("desktop", include_str!("../../../presets/cards/desktop.toml")),
    ("headless", include_str!("../../../presets/cards/headless.toml")),
    ("tight", include_str!("../../../presets/cards/tight.toml")),
    ("two-cards", include_str!("../../../presets/cards/two-cards.toml")),
];

/// The text of a scenario that comes with vramdeck.
pub fn built_in(name: &str) -> Option<&'static str> {
    BUILT_IN.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// Reads a scenario. `file` is the name to show.
///
/// # Errors
/// Unknown keys, wrong types, missing keys and impossible cards: file, line, and what is allowed.
pub fn parse(file: &str, text: &str) -> Result<Scenario, Problem> {
    let scenario: Scenario = toml::from_str(text).map_err(|error| {
        let line = error.span().map(|span| text.bytes().take(span.start).filter(|byte| *byte == b'\n').count() + 1);
        let place = line.map_or_else(String::new, |line| format!("line {line}: "));
        refuse(file, format!("{place}{}", error.message()))
    })?;
    possible(&scenario).map_err(|why| refuse(file, why))?;
    Ok(scenario)
}

fn refuse(file: &str, why: String) -> Problem {
    Problem::usage(
        format!("the card scenario {} cannot be used", crate::base::text::clean_line(file)),
        crate::base::text::clean_line(&why),
        "presets/cards/desktop.toml shows every key; --demo desktop uses the one that comes with vramdeck",
    )
}

fn possible(scenario: &Scenario) -> Result<(), String> {
    if scenario.cards.is_empty() {
        return Err("it has no [[card]]".to_owned());
    }
    for (index, card) in scenario.cards.iter().enumerate() {
        if card.memory_mib > 1 << 24 || card.reserved_mib + card.unattributed_mib > card.memory_mib {
            return Err(format!(
                "card {index}: reserved_mib and unattributed_mib must fit into memory_mib (at most 16 TiB)"
            ));
        }
        let rising = [card.watts, card.celsius].iter().all(|(rest, load)| *rest >= 0.0 && rest <= load);
        if !rising || card.clock_mhz.0 > card.clock_mhz.1 || card.memory_clock_mhz.0 > card.memory_clock_mhz.1 {
            return Err(format!("card {index}: watts, celsius and clocks are written as [at rest, under load]"));
        }
    }
    Ok(())
}
