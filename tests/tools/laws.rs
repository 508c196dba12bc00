//! Laws that hold for any text in any format: how it is cut makes no difference, and no byte is lost.

use crate::own::cases;
use crate::read;
use crate::rows::rows;
use proptest::prelude::*;
use std::sync::Arc;
use vramdeck::lab::tools::{Compiled, Event, Parsed, Parser, Tools, formats};

/// Every byte is something, in order; calls lie where they say.
pub fn whole(text: &[u8], parsed: &Parsed) {
    let mut at = 0;
    for (kind, span) in &parsed.segments {
        assert_eq!(span.start, at, "{kind:?} of {:?}", String::from_utf8_lossy(text));
        assert!(span.end > span.start && span.end <= text.len());
        at = span.end;
    }
    assert_eq!(at, text.len(), "{}: {:?}", parsed.format, String::from_utf8_lossy(text));
    assert!(parsed.calls.iter().all(|call| call.span.end <= text.len() && call.span.start < call.span.end));
    assert!(parsed.calls.iter().all(|call| !call.complete || call.arguments.is_some()));
}

#[test]
fn chunks_make_no_difference() {
    let rows = rows().into_iter().map(|row| (row.format.clone(), row.text.clone(), row.offered()));
    let own = cases().into_iter().map(|case| (case.format.clone(), case.text.clone(), case.offered()));
    for (format, text, tools) in rows.chain(own) {
        let all = read(&format, text.as_bytes(), &tools, 0);
        whole(text.as_bytes(), &all);
        for chunk in [1, 2, 3, 5, 7, 11, 64] {
            assert_eq!(read(&format, text.as_bytes(), &tools, chunk), all, "{format} in chunks of {chunk}: {text:?}");
        }
    }
}

#[test]
fn every_split_in_two_gives_the_same() {
    let compiled =
        |name: &str| Arc::new(Compiled::new(formats().iter().find(|format| format.name == name).unwrap()).unwrap());
    for case in cases() {
        let format = compiled(&case.format);
        let tools = Arc::new(case.offered());
        let text = case.text.as_bytes();
        let told = |cut: usize| {
            let mut parser = Parser::new(Arc::clone(&format), Arc::clone(&tools));
            let events = [parser.feed(&text[..cut]), parser.feed(&text[cut..]), parser.finish()].concat();
            let content: String =
                events.iter().map(|event| if let Event::Content { text, .. } = event { text } else { "" }).collect();
            let ends: Vec<Event> =
                events.into_iter().filter(|event| matches!(event, Event::CallEnd { .. } | Event::Problem(_))).collect();
            (content, ends)
        };
        let whole = told(text.len());
        (0..text.len()).for_each(|cut| assert_eq!(told(cut), whole, "{}: {:?} cut at {cut}", case.format, case.text));
    }
}

/// Markers of a format, and what stands between them.
fn tokens(format: usize) -> Vec<String> {
    let format = &formats()[format];
    let calls = format.call.iter().flat_map(|call| {
        let lists = [&call.open, &call.close, &call.skip, &call.separator, &call.around].into_iter().flatten().cloned();
        lists.chain(
            [&call.name_end, &call.key, &call.key_end, &call.value, &call.value_end, &call.quote, &call.name_after]
                .map(String::clone),
        )
    });
    let markers = format.markers.iter().chain(&format.resets).cloned();
    let thinks = format.think.iter().flat_map(|think| [think.open.clone(), think.close.clone()]);
    let between = [
        "{",
        "}",
        "[",
        "]",
        "(",
        ")",
        "\"",
        "'",
        "\\",
        ",",
        ":",
        "=",
        " ",
        "\n",
        "\"name\": ",
        "\"arguments\": ",
        "\"f\"",
        "f(a=1)",
        "é",
        "🎌",
        "{\"name\": \"f\", \"arguments\": {}}",
        "x",
        "1",
        "null",
        "call:f{",
        "functions.f:0",
        "```",
        "to=functions.f ",
        "all\n",
    ];
    calls.chain(markers).chain(thinks).chain(between.map(str::to_owned)).filter(|text| !text.is_empty()).collect()
}

fn made_up() -> impl Strategy<Value = (usize, Vec<u8>)> {
    (0..formats().len()).prop_flat_map(|format| {
        let tokens = tokens(format);
        let piece = prop_oneof![
            8 => (0..tokens.len()).prop_map(move |at| tokens[at].clone().into_bytes()),
            1 => proptest::collection::vec(any::<u8>(), 0..4),
        ];
        proptest::collection::vec(piece, 0..24).prop_map(move |pieces| (format, pieces.concat()))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_told_in_full_and_alike_at_every_chunk((format, text) in made_up(), chunk in 1usize..9) {
        let format = &formats()[format].name;
        let all = read(format, &text, &Tools::default(), 0);
        whole(&text, &all);
        let text_told = String::from_utf8_lossy(&text).into_owned();
        prop_assert_eq!(read(format, &text, &Tools::default(), chunk), all, "{} {:?}", format, text_told);
    }
}
