//! Answers of servers in the sampling lab: tokens, groups, differences, branches; and grids as they are typed.

use crate::check::{problem, row};
use vramdeck::base::text::clean_line;
use vramdeck::lab::samples::{
    Answer, Equal, Grid, Outcome, Part, Place, Rank, axis, branch, diff, entropy, groups, heat, rank, raw_fields,
    score, tokens, tree,
};
use vramdeck::lab::sampling::Settings;
use vramdeck::wire::{BodyKind, Dialect, Reply, StreamReader};

pub const TOKENS: &[&[u8]] = &[
    b"{\"choices\":[",
    b"{\"index\":0,\"message\":{\"content\":\"",
    b"\"logprobs\":{\"content\":[",
    b"{\"token\":\"a\",\"logprob\":-0.5,\"top_logprobs\":[",
    b"\"text\":\"",
    b"{\"tokens\":[\"a\"],\"token_logprobs\":[-1],\"top_logprobs\":[{\"a\":-1}]}",
    b"1e308",
    b"-1e308",
    b"null",
    b"\xef\xbf\xbd",
    b"\\ud83c",
    b"\"usage\":{\"prompt_tokens\":18446744073709551615,\"completion_tokens\":1}",
    b"\"finish_reason\":\"stop\"",
];

/// A whole answer of a server.
pub fn answers(data: &[u8]) {
    let mut reader = StreamReader::new(BodyKind::Whole, 1 << 20);
    let mut events = Vec::new();
    reader.feed(data, &mut events);
    reader.finish(&mut events);
    let reply: Reply = events.into_iter().collect();
    let all: Vec<Answer> = reply
        .choices
        .iter()
        .take(8)
        .enumerate()
        .map(|(index, choice)| Answer {
            place: Place { setting: 0, index },
            text: choice.text.clone(),
            outcome: Outcome::Whole(choice.finish.clone()),
            tokens: tokens(&choice.logprobs),
            prompt_tokens: reply.usage.map(|usage| usage.prompt_tokens),
            ..Answer::default()
        })
        .collect();
    for equal in [Equal::Exact, Equal::Spaced] {
        let found = groups(all.iter().map(|answer| answer.text.as_str()), equal);
        assert_eq!(found.iter().map(|group| group.members.len()).sum::<usize>(), all.len());
    }
    assert_eq!(tree(&all).len(), all.len());
    all.iter().for_each(laws);
    for two in all.windows(2) {
        let parts = diff(&two[0].text, &two[1].text);
        let side = |first: bool| -> String {
            let own = |part: &Part| match part {
                Part::Same(text) => text.clone(),
                Part::Gone(text) if first => text.clone(),
                Part::Come(text) if !first => text.clone(),
                _ => String::new(),
            };
            parts.iter().map(own).collect()
        };
        assert_eq!((side(true), side(false)), (two[0].text.clone(), two[1].text.clone()));
    }
}

fn laws(answer: &Answer) {
    let told = |name: &str, x: Option<f64>| assert!(x.is_none_or(f64::is_finite), "{name} is {x:?}");
    if let Ok(found) = score(answer, 1.0) {
        told("a score", Some(found.score));
    }
    for (at, token) in answer.tokens.iter().enumerate().take(64) {
        row("a token", &clean_line(&token.text));
        let _ = heat(token);
        told("an entropy", entropy(token).map(|found| found.bits_at_least));
        for dialect in Dialect::ALL {
            let (Some(Rank::Exactly(rank)) | Some(Rank::AtLeast(rank))) = rank(token, dialect) else { continue };
            assert!((1..=token.top.len() + 1).contains(&rank));
        }
        match branch(answer, at, "x", Dialect::Vllm) {
            Ok(branch) => {
                assert!(branch.prefix.ends_with('x') && branch.kept.len() == at + 1);
                // What is kept is of the tokens, or of the text where these hold parts of characters.
                let joined: String = answer.tokens[..at].iter().map(|token| token.text.as_str()).collect();
                let kept = &branch.prefix[..branch.prefix.len() - 1];
                assert!(kept == joined || answer.text.starts_with(kept));
            }
            Err(told) => problem(&told),
        }
    }
}

/// A grid as it is typed, an axis a line.
pub fn grid(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut grid = Grid { base: Settings::default(), axes: Vec::new() };
    for line in text.lines().take(4) {
        match axis(line) {
            Ok(axis) => {
                assert_eq!(vramdeck::lab::samples::axis(&axis.text()).as_ref(), Ok(&axis), "{line}");
                grid.axes.push(axis);
            }
            Err(told) => problem(&told),
        }
    }
    match grid.settings() {
        Ok(all) => all.iter().for_each(|one| row("a label", &grid.label(one))),
        Err(told) => problem(&told),
    }
    let _ = raw_fields(&[], Dialect::Vllm, 0);
}
