//! What a server answered to a question about texts, checked against the question.

use super::numbers::{Entries, Number, Table};
use super::{Answer, Ask, Class, MOST_ANSWER, Pooled, Task};
use crate::base::Problem;
use crate::wire::fault;
use serde::Deserialize;
use serde_json::Value;

/// An answer that tells an error is looked into only up to this length.
const MOST_ERROR: usize = 64 << 10;
/// Most characters of the name of a label or a model.
const MOST_NAME: usize = 200;

#[derive(Deserialize)]
struct Whole {
    #[serde(default)]
    model: Option<Value>,
    data: Option<Entries<Entry>>,
    results: Option<Entries<Entry>>,
    usage: Option<Counts>,
}

#[derive(Deserialize)]
struct Counts {
    prompt_tokens: Option<Number>,
    total_tokens: Option<Number>,
}

#[derive(Deserialize)]
struct Entry {
    index: Option<u64>,
    embedding: Option<Table>,
    data: Option<Table>,
    score: Option<Number>,
    relevance_score: Option<Number>,
    label: Option<String>,
    probs: Option<Table>,
}

/// The answer to `ask` that came from `url`.
///
/// # Errors
/// When it is an error, of another shape, too large, does not answer every text once, or holds what are no numbers.
pub fn read(ask: &Ask, url: &str, body: &[u8]) -> Result<Answer, Problem> {
    if body.len() >= MOST_ANSWER {
        let why = format!("it is larger than {} MiB", MOST_ANSWER >> 20);
        return Err(unusable(why, "ask for fewer texts at a time"));
    }
    if body.len() <= MOST_ERROR
        && let Ok(Value::Object(map)) = serde_json::from_slice(body)
        && let Some(problem) = fault::in_object(&map)
    {
        return Err(problem);
    }
    let whole: Whole = serde_json::from_slice(body).map_err(|error| unread(url, body, &error))?;
    let entries = whole.data.or(whole.results).ok_or_else(|| fault::not_an_answer(url, "", head(body)))?;
    let entries = placed(entries.0, ask.texts.len())?;
    let tokens = whole.usage.and_then(|counts| counts.prompt_tokens.or(counts.total_tokens));
    Ok(Answer {
        pooled: pooled(ask.task, entries)?,
        model: whole.model.as_ref().and_then(Value::as_str).unwrap_or_default().chars().take(MOST_NAME).collect(),
        tokens: tokens
            .map(|Number(count)| count)
            .filter(|count| count.is_finite() && *count >= 0.0)
            .map(|count| count as u64),
    })
}

/// The entries in the order of the texts, each text once.
fn placed(entries: Vec<Entry>, texts: usize) -> Result<Vec<Entry>, Problem> {
    if entries.len() != texts {
        let why = format!("{texts} texts were sent and {} results came", entries.len());
        return Err(unusable(why, "ask for fewer texts at a time, or another server"));
    }
    let mut slots: Vec<Option<Entry>> = Vec::new();
    slots.resize_with(texts, || None);
    for (at, entry) in entries.into_iter().enumerate() {
        let index = entry.index.map_or(Some(at), |index| usize::try_from(index).ok());
        let free = index.and_then(|index| slots.get_mut(index)).filter(|slot| slot.is_none());
        let Some(slot) = free else {
            let why = format!("its result {} names a text that is not there or was answered before", at + 1);
            return Err(unusable(why, "look whether a proxy before the server changes answers"));
        };
        *slot = Some(entry);
    }
    Ok(slots.into_iter().flatten().collect())
}

fn pooled(task: Task, entries: Vec<Entry>) -> Result<Pooled, Problem> {
    let each = entries.into_iter().enumerate();
    match task {
        Task::Embed => {
            let rows = each.map(|(at, entry)| flat(at, entry.embedding.or(entry.data))).collect::<Result<_, _>>()?;
            even(&rows, "dimensions")?;
            Ok(Pooled::Vectors(rows))
        }
        Task::Rerank | Task::Score => {
            let number = |(at, entry): (usize, Entry)| {
                let told = entry.relevance_score.or(entry.score).ok_or_else(|| lacking(at, "a score"))?;
                finite(at, [told.0]).map(|()| told.0)
            };
            each.map(number).collect::<Result<_, _>>().map(Pooled::Numbers)
        }
        Task::Reward => rewards(each),
        Task::Classify => {
            let class = |(at, entry): (usize, Entry)| {
                let label = entry.label.map(|label| label.chars().take(MOST_NAME).collect());
                flat(at, entry.probs).map(|probs| Class { label, probs })
            };
            let classes = each.map(class).collect::<Result<Vec<_>, _>>()?;
            even(&classes.iter().map(|class| class.probs.clone()).collect(), "labels")?;
            Ok(Pooled::Classes(classes))
        }
        Task::Tokens => each.map(|(at, entry)| nested(at, entry.data)).collect::<Result<_, _>>().map(Pooled::Tokens),
    }
}

/// One number a text; a model that judges each step gives several, which are told token by token.
fn rewards(each: impl Iterator<Item = (usize, Entry)>) -> Result<Pooled, Problem> {
    let tables: Vec<(usize, Table)> = each
        .map(|(at, entry)| Ok((at, entry.data.ok_or_else(|| lacking(at, "numbers"))?)))
        .collect::<Result<_, Problem>>()?;
    let single = |table: &Table| table.rows.len() == 1 && table.rows[0].len() == 1;
    if tables.iter().all(|(_, table)| single(table)) {
        let number = |(at, table): (usize, Table)| {
            let number = f64::from(table.rows[0][0]);
            finite(at, [number]).map(|()| number)
        };
        return tables.into_iter().map(number).collect::<Result<_, _>>().map(Pooled::Numbers);
    }
    if tables.iter().all(|(_, table)| !table.nested) {
        let class = |(at, table): (usize, Table)| flat(at, Some(table)).map(|probs| Class { label: None, probs });
        return tables.into_iter().map(class).collect::<Result<_, _>>().map(Pooled::Classes);
    }
    tables.into_iter().map(|(at, table)| nested(at, Some(table))).collect::<Result<_, _>>().map(Pooled::Tokens)
}

fn flat(at: usize, table: Option<Table>) -> Result<Vec<f32>, Problem> {
    let table = table.ok_or_else(|| lacking(at, "numbers"))?;
    if table.nested {
        let why = format!("text {} has a vector for each of its tokens, not one for the text", at + 1);
        return Err(unusable(why, "start the server with a pooling that gives one, such as mean, cls or last"));
    }
    let row = table.rows.into_iter().next().filter(|row| !row.is_empty()).ok_or_else(|| lacking(at, "numbers"))?;
    finite(at, row.iter().copied().map(f64::from))?;
    Ok(row)
}

fn nested(at: usize, table: Option<Table>) -> Result<Vec<Vec<f32>>, Problem> {
    let table = table.ok_or_else(|| lacking(at, "numbers"))?;
    if !table.nested {
        let why = format!("text {} has numbers for the text, not for its tokens", at + 1);
        return Err(unusable(why, "ask this model with classify or reward"));
    }
    if table.rows.iter().any(Vec::is_empty) {
        return Err(lacking(at, "numbers"));
    }
    even(&table.rows, "labels")?;
    finite(at, table.rows.iter().flatten().copied().map(f64::from))?;
    Ok(table.rows)
}

fn even(rows: &Vec<Vec<f32>>, of: &str) -> Result<(), Problem> {
    let first = rows.first().map_or(0, Vec::len);
    match rows.iter().position(|row| row.len() != first) {
        Some(at) => {
            let why = format!("result 1 has {first} {of} and result {} has {}", at + 1, rows[at].len());
            Err(unusable(why, "ask one model, not a proxy before several"))
        }
        None => Ok(()),
    }
}

fn finite(at: usize, numbers: impl IntoIterator<Item = f64>) -> Result<(), Problem> {
    let (mut all, mut bad) = (0usize, 0usize);
    for number in numbers {
        (all, bad) = (all + 1, bad + usize::from(!number.is_finite()));
    }
    if bad == 0 {
        return Ok(());
    }
    let why = format!("{bad} of {all} values for text {} are no finite numbers", at + 1);
    Err(unusable(why, "the model may not be made for this, or its numbers overflow: try another dtype or pooling"))
}

fn lacking(at: usize, what: &str) -> Problem {
    unusable(
        format!("the result for text {} holds no {}", at + 1, what.trim_start_matches("a ")),
        "check that the server serves this task",
    )
}

fn unusable(why: String, hint: &str) -> Problem {
    Problem::failed("the answer cannot be used", why, hint)
}

/// Why an answer is not what it should be. Some servers write NaN, which JSON does not have.
fn unread(url: &str, body: &[u8], error: &serde_json::Error) -> Problem {
    let says = |word: &[u8]| body.windows(word.len()).any(|part| part == word);
    if error.is_syntax() && body.trim_ascii_start().starts_with(b"{") && (says(b"NaN") || says(b"Infinity")) {
        let why = "it holds NaN or infinity in place of numbers".to_owned();
        return unusable(why, "the model's numbers overflow: try another dtype or pooling");
    }
    if error.is_eof() {
        return unusable("it ends in the middle".to_owned(), "look whether the server still runs; ask again");
    }
    match error.is_data() {
        true => unusable(fault::excerpt(&error.to_string()), "check that the server serves this task"),
        false => fault::not_an_answer(url, "", head(body)),
    }
}

fn head(body: &[u8]) -> &[u8] {
    body.get(..MOST_ERROR).unwrap_or(body)
}
