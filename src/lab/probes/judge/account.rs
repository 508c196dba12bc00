//! What is counted and what is claimed: tokens of prompts and answers, the length of the context.

use crate::lab::probes::ask::{Answer, Ask, Said};
use crate::lab::probes::bench::{Bench, HELLO, Need, fields, user};
use crate::lab::probes::rule::unanswered;
use crate::lab::probes::verdict::{Finding, Verdict};
use serde_json::{Map, Value, json};

type Found = Result<Finding, Need>;

/// Tokens of the prompts that are left for the answer.
const ROOM: u64 = 32;
/// What fills a long prompt.
const FILLER: &str = " The sky was grey that day.";
/// Fillers of the two short prompts by which a filler's tokens are counted.
const FEW: [u64; 2] = [4, 12];

/// The server's counts are those of its tokenizer.
pub(in crate::lab::probes) fn usage(bench: &Bench) -> Found {
    let greedy = bench.greedy_pool()?;
    let style = bench.style()?;
    let counted =
        bench.round("tokens of the prompt", true, || vec![Ask::Count { messages: user(HELLO), fields: style }])?;
    let logged = bench.logged()?;
    if let Some(found) = unanswered(logged, greedy) {
        return Ok(found);
    }
    let said = |answers: &[Answer]| answers.first().and_then(Answer::said).cloned().unwrap_or_default();
    let (prompt, answer) = (said(greedy), said(logged));
    let listed = answer.choices.first().map(|choice| choice.logprobs.len() as u64).filter(|count| *count > 0);
    // An answer that ended by itself has a token that is not listed.
    let listed = listed.filter(|_| answer.finish() == "length");
    let told = match counted.first() {
        Some(Answer::Count(count)) => Some(*count),
        _ => None,
    };
    let pairs = [("prompt", prompt.prompt_tokens, told), ("answer", answer.completion_tokens, listed)];
    let known: Vec<_> = pairs.iter().filter_map(|(what, said, counted)| Some((what, (*said)?, (*counted)?))).collect();
    let wrong = known.iter().find(|(_, said, counted)| said != counted);
    let told = |known: &[(&&str, u64, u64)]| {
        let each = known.iter().map(|(what, said, counted)| format!("{what}: {said} told, {counted} counted"));
        each.collect::<Vec<_>>().join("; ")
    };
    Ok(match (wrong, known.len()) {
        (Some(wrong), _) => Finding::plain(Verdict::No, told(&[*wrong]), known.len()),
        (None, 2) => Finding::plain(Verdict::Yes, told(&known), 2),
        (None, 1) if pairs[0].1.is_some() && pairs[1].1.is_some() => {
            let why = format!("{}; of the other the endpoint names no tokens", told(&known));
            Finding { samples: 1, ..Finding::unknown(why) }
        }
        _ => Finding::unknown("the endpoint tells no counts, or no tokens to hold them against"),
    })
}

impl Bench {
    /// A greedy beginning with the probabilities of its tokens.
    pub(super) fn logged(&self) -> Result<&[Answer], Need> {
        let mut with = self.greedy()?;
        with.extend(fields(json!({"logprobs": true, "top_logprobs": 20, "max_tokens": 6})));
        self.chats("six tokens with their probabilities, greedy", 1, HELLO, with)
    }

    fn long(&self, first: &str, fillers: u64) -> Vec<Value> {
        let many = FILLER.repeat(usize::try_from(fillers).unwrap_or(0));
        user(&format!("{first}.{many} What is the first word of this text? Answer with that word alone."))
    }

    /// Two texts that differ in their first word alone, each twice, in turns.
    fn twice_two(&self, key: &str, fillers: u64) -> Result<&[Answer], Need> {
        let mut with = Map::new();
        with.extend(fields(json!({"temperature": 0, "max_tokens": 8, "logprobs": true, "top_logprobs": 5})));
        with.extend(self.style()?);
        self.round(key, true, || {
            let ask = |which: u64| Ask::Chat {
                messages: self.long(&self.word(which), fillers),
                fields: with.clone(),
                stream: false,
            };
            [1, 2, 1, 2].map(ask).to_vec()
        })
    }
}

/// A prompt near the limit is taken whole: it is counted so, and its first word makes a difference.
pub(in crate::lab::probes) fn context(bench: &Bench) -> Found {
    let Some(claimed) = bench.situation.context else {
        return Ok(Finding::unknown("the endpoint does not say how long its context is"));
    };
    let short = bench.twice_two("two short texts, each twice", FEW[1])?;
    let least = bench.round("a shorter text", true, || {
        let with = fields(json!({"temperature": 0, "max_tokens": 1}));
        vec![Ask::Chat { messages: bench.long(&bench.word(1), FEW[0]), fields: with, stream: false }]
    })?;
    if let Some(found) = unanswered(short, least) {
        return Ok(Finding { verdict: Verdict::Unknown, ..found });
    }
    let tokens = |answers: &[Answer]| answers.first().and_then(Answer::said).and_then(|said| said.prompt_tokens);
    let (Some(many), Some(few)) = (tokens(short), tokens(least)) else {
        return Ok(Finding::unknown("the endpoint does not count the prompt's tokens"));
    };
    let each = many.saturating_sub(few) as f64 / (FEW[1] - FEW[0]) as f64;
    if each < 1.0 {
        return Ok(Finding::unknown("a longer prompt is not counted as one"));
    }
    let aim = claimed.min(bench.situation.longest).saturating_sub(ROOM);
    let Some(rest) = aim.checked_sub(many) else {
        return Ok(Finding::unknown(format!("a context of {claimed} tokens leaves no room for a probe")));
    };
    let more = (rest as f64 / each).floor() as u64;
    let expected = many + (more as f64 * each) as u64;
    let near = bench.twice_two("two texts near the limit, each twice", FEW[1] + more)?;
    Ok(judged(near, short, (claimed, expected), [bench.word(1), bench.word(2)]))
}

fn judged(near: &[Answer], short: &[Answer], (claimed, expected): (u64, u64), words: [String; 2]) -> Finding {
    if let Some(found) = unanswered(near, &[]) {
        let why = format!("a prompt of {expected} tokens of the {claimed} claimed: {}", found.why);
        return Finding { why, ..found };
    }
    let all: Vec<&Said> = near.iter().filter_map(Answer::said).collect();
    let counted = all.iter().filter_map(|said| said.prompt_tokens).min().unwrap_or(0);
    let told = |verdict, why: &str| {
        Finding::plain(
            verdict,
            format!("a prompt of about {expected} tokens of the {claimed} claimed {why}"),
            all.len(),
        )
    };
    // A filler's tokens are counted on short texts; a hundredth is left for the difference.
    if counted.saturating_add(expected / 100 + 4) < expected {
        return told(Verdict::No, &format!("is counted as {counted}: it was cut"));
    }
    let recalled = all.iter().zip(words.iter().cycle()).all(|(said, word)| said.whole().contains(word.as_str()));
    let seen = recalled || differs(near);
    let reached = expected.saturating_add(claimed / 20 + ROOM * 2) >= claimed;
    match (seen, reached) {
        (true, true) if recalled => told(Verdict::Yes, "is taken whole, and its first word is found again"),
        (true, true) => told(Verdict::Yes, "is taken whole, and its first word makes a difference to the answer"),
        (true, false) => told(Verdict::Unknown, "is taken whole; longer ones were not sent"),
        (false, _) if !differs(short) => {
            told(Verdict::Unknown, "is counted whole; this model's answers do not show whether its first word was read")
        }
        (false, _) => told(Verdict::Unknown, "is counted whole, but its first word makes no difference to the answer"),
    }
}

/// Whether two texts, each asked twice, differ in the probabilities of the first token by far more than one differs from itself.
fn differs(answers: &[Answer]) -> bool {
    let tops: Vec<Vec<(String, f64)>> = answers
        .iter()
        .filter_map(Answer::said)
        .filter_map(|said| Some(said.choices.first()?.logprobs.first()?.top.clone()))
        .collect();
    let [a, b, again_a, again_b] = &tops[..] else { return false };
    let within = apart(a, again_a).max(apart(b, again_b));
    let between = [(a, b), (a, again_b), (again_a, b), (again_a, again_b)];
    let between = between.into_iter().map(|(one, other)| apart(one, other)).fold(f64::INFINITY, f64::min);
    between > 10.0 * within + 1e-4
}

/// The greatest difference of a token's log probability; 1 where other tokens are listed.
fn apart(a: &[(String, f64)], b: &[(String, f64)]) -> f64 {
    let of = |token: &String| b.iter().find(|(other, _)| other == token).map(|(_, logprob)| *logprob);
    let each = a.iter().map(|(token, logprob)| of(token).map_or(1.0, |other| (logprob - other).abs()));
    each.fold(0.0, f64::max)
}
