//! Temperature, the filters of the distribution, seeds, and tokens forced by a bias.

use crate::lab::probes::ask::{Answer, Ask, Said};
use crate::lab::probes::bench::{Bench, HELLO, Need, mode, user};
use crate::lab::probes::rule::{Marked, unanswered};
use crate::lab::probes::stats::{ALPHA, CONTROL, NOISE, PAIRS, TREATED, binomial, matching};
use crate::lab::probes::verdict::{Finding, Verdict};
use serde_json::{Value, json};

type Found = Result<Finding, Need>;

/// Beams of which the most frequent is the usual one: under the noise that is another with 3·10⁻⁵, even if all slips are alike.
const USUAL: u32 = 9;

/// Greedy answers repeat themselves, sampled ones do not.
pub(in crate::lab::probes) fn temperature(bench: &Bench) -> Found {
    let (greedy, wide) = (bench.greedy_pool()?, bench.wide_pool()?);
    // What they are held against comes from answers of their own.
    let (treated, others) = greedy.split_at_checked(TREATED as usize).unwrap_or((greedy, &[]));
    let first = mode(others).unwrap_or_default();
    let mark = |said: &Said| Some(said.whole() == first);
    let says = "(temperature 0) are the usual greedy answer";
    let found = Marked { treated, control: wide, mark: &mark, strict: false, says }.finding();
    let stuck = |answer: &Answer| answer.said().is_some_and(|said| said.whole() == first);
    if found.verdict == Verdict::Unknown && !wide.is_empty() && wide.iter().all(stuck) {
        return always_greedy(bench, wide.len());
    }
    Ok(found)
}

/// Every answer was the greedy one: whether that can be chance is told by the probabilities of its first token.
fn always_greedy(bench: &Bench, samples: usize) -> Found {
    let logged = bench.logged()?;
    let first = logged.first().and_then(Answer::said).and_then(|said| said.choices.first()?.logprobs.first());
    let wide = bench.wide()?;
    let heat = wide.get("temperature").and_then(Value::as_f64).unwrap_or(1.0);
    let Some(first) = first.filter(|token| token.top.len() > 1) else {
        return Ok(Finding::unknown("answers do not vary, and no probabilities tell whether they should"));
    };
    // Logits divided by the temperature; the tokens that are not listed can only make the best one less probable.
    let scaled: Vec<f64> = first.top.iter().map(|(_, logprob)| (logprob / heat).exp()).collect();
    let best = scaled.iter().copied().fold(0.0, f64::max) / scaled.iter().sum::<f64>();
    let chance = best.powi(i32::try_from(samples).unwrap_or(i32::MAX));
    let why = format!(
        "{samples} answers at temperature {heat} all begin with the likeliest token, by chance once in {:.0}",
        1.0 / chance
    );
    Ok(match chance <= ALPHA {
        true => Finding { alpha: Some(ALPHA), ..Finding::plain(Verdict::Ignored, why, samples) },
        false => Finding::unknown("answers do not vary, and this model's first token is too certain to tell"),
    })
}

/// A filter that leaves the likeliest token alone makes wide sampling greedy.
fn narrowed(bench: &Bench, field: &str, value: Value) -> Found {
    let reference = bench.reference()?;
    let mut fields = bench.wide()?;
    let control = bench.wide_pool()?;
    fields.insert(field.to_owned(), value.clone());
    // Where greedy answers are not alike, they are held against their own usual one.
    let times = TREATED + if reference.is_some() { 0 } else { USUAL };
    let answers = bench.chats(&format!("{field} {value}, sampled"), times, HELLO, fields)?;
    let (treated, others) = answers.split_at_checked(TREATED as usize).unwrap_or((answers, &[]));
    let says = if reference.is_some() { "are the greedy answer" } else { "are the usual answer with it" };
    let usual = reference.or_else(|| mode(others)).unwrap_or_default();
    let mark = |said: &Said| Some(said.whole() == usual);
    Ok(Marked { treated, control, mark: &mark, strict: false, says }.finding())
}

/// `top_k` 1 is greedy.
pub(in crate::lab::probes) fn top_k(bench: &Bench) -> Found {
    narrowed(bench, "top_k", json!(1))
}

/// A `top_p` of next to nothing is greedy.
pub(in crate::lab::probes) fn top_p(bench: &Bench) -> Found {
    narrowed(bench, "top_p", json!(0.000_001))
}

/// `min_p` 1 is greedy.
pub(in crate::lab::probes) fn min_p(bench: &Bench) -> Found {
    narrowed(bench, "min_p", json!(1))
}

/// Pairs of equal seeds agree, different seeds differ.
pub(in crate::lab::probes) fn seed(bench: &Bench) -> Found {
    let wide = bench.wide()?;
    let answers = bench.round("pairs of equal seeds, sampled", true, || {
        // Pairs are mixed, so that nothing that drifts with time makes neighbours alike.
        let order = (0..PAIRS).chain(0..PAIRS);
        let ask = |pair: usize| {
            let mut fields = wide.clone();
            fields.insert("seed".into(), (bench.situation.seed % 1_000_000 + 7 * pair as u64 + 1).into());
            Ask::Chat { messages: user(HELLO), fields, stream: false }
        };
        order.map(ask).collect()
    })?;
    if let Some(found) = unanswered(answers, &[]) {
        return Ok(found);
    }
    let texts: Vec<String> = answers.iter().filter_map(Answer::said).map(Said::whole).collect();
    let (first, second) = texts.split_at(PAIRS.min(texts.len()));
    let paired: Vec<String> = first.iter().zip(second).flat_map(|(a, b)| [a.clone(), b.clone()]).collect();
    let agree = first.iter().zip(second).filter(|(a, b)| a == b).count();
    let missed = (PAIRS - agree) as u32;
    let why = format!("{agree} of {PAIRS} pairs of equal seeds agree");
    let told = |verdict| Finding { alpha: Some(ALPHA), ..Finding::plain(verdict, why.clone(), texts.len()) };
    Ok(match () {
        () if matching(&paired) <= ALPHA => told(Verdict::Yes),
        () if binomial(missed, PAIRS as u32, NOISE) <= ALPHA => told(Verdict::Ignored),
        () if agree == PAIRS => Finding::unknown("answers do not vary, whatever the seed"),
        () => Finding { samples: texts.len() as u32, ..Finding::unknown(format!("not decided: {why}")) },
    })
}

/// A token that wide sampling does not begin with comes first when its bias is the highest.
pub(in crate::lab::probes) fn logit_bias(bench: &Bench) -> Found {
    let control = bench.wide_pool()?;
    let begun =
        |piece: &str| control.iter().filter_map(Answer::said).any(|said| said.whole().trim_start().starts_with(piece));
    for piece in ["Q", "Z", "7", "K"].into_iter().filter(|piece| !begun(piece)) {
        let ids = bench.round(&format!("the token of {piece}"), true, || vec![Ask::Ids(piece.to_owned())])?;
        let id = match ids.first() {
            Some(Answer::Ids(ids)) if ids.len() == 1 => ids[0],
            Some(Answer::Ids(_)) => continue,
            _ => return Ok(Finding::unknown("the endpoint does not tell the numbers of its tokens")),
        };
        let mut fields = bench.wide()?;
        fields.insert("logit_bias".into(), json!({id.to_string(): 100}));
        fields.insert("max_tokens".into(), json!(4));
        let treated = bench.chats(&format!("logit_bias on {piece}, sampled"), TREATED, HELLO, fields)?;
        let mark = |said: &Said| Some(said.whole().trim_start().starts_with(piece));
        let says = format!("begin with {piece}");
        return Ok(Marked { treated, control, mark: &mark, strict: false, says: &says }.finding());
    }
    // Four letters each begin one of sixteen answers, or are no token: neither is likely.
    Ok(Finding::unknown(format!("no letter was found with which none of {CONTROL} answers begins")))
}

/// Beams are the same each time, wide samples are not.
pub(in crate::lab::probes) fn beam_search(bench: &Bench) -> Found {
    let control = bench.wide_pool()?;
    let mut fields = bench.wide()?;
    // A request for beams gives two answers; wide sampling would give two of its own.
    fields.insert("use_beam_search".into(), json!(true));
    fields.insert("n".into(), json!(2));
    let answers = bench.chats("use_beam_search, n 2", TREATED + USUAL, HELLO, fields)?;
    let (treated, others) = answers.split_at_checked(TREATED as usize).unwrap_or((answers, &[]));
    let first = mode(others).unwrap_or_default();
    let mark = |said: &Said| Some(said.whole() == first);
    Ok(Marked { treated, control, mark: &mark, strict: false, says: "are the usual first beam" }.finding())
}
