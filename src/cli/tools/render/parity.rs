//! Two sides held against each other over a set of conversations.

use super::side::Side;
use super::{Args, adjusted, engine, order, program, side, text};
use crate::base::Problem;
use crate::base::text::clean_line;
use crate::cli::{Context, output};
use crate::lab::template::{self, Conversation, Difference, Sequence, Unit, compare};
use crate::runtime::rendering::{Order, Text, carry_out};
use serde_json::{Value, json};
use std::path::PathBuf;

/// What one side makes of the conversations.
struct Prompts {
    made: Vec<Result<Text, Problem>>,
    tokenizer: Option<PathBuf>,
}

/// One conversation compared.
struct Row {
    name: String,
    difference: Option<Difference>,
    /// Both sides refuse it.
    refused: bool,
}

pub(super) fn run(args: &Args, other: &str, one: Option<Conversation>, context: &Context) -> Result<(), Problem> {
    let conversations = match (&args.conversations, one) {
        (Some(path), _) => template::conversations(&text(path)?)?,
        (None, Some(one)) => vec![one],
        (None, None) => template::shipped().to_vec(),
    };
    let conversations = adjusted(args, conversations)?;
    let left = match (&args.source, &args.url) {
        (Some(source), _) => side(source, args.model.as_deref(), context)?,
        (None, url) => engine(url.as_deref().unwrap_or_default(), args.model.as_deref())?,
    };
    let right = side(other, args.model.as_deref(), context)?;
    let (mut ours, mut theirs) = (prompts(args, &left, &conversations)?, prompts(args, &right, &conversations)?);
    let both = (ours.tokenizer.clone(), theirs.tokenizer.clone());
    cut(&mut ours, both.0.as_ref().or(both.1.as_ref()))?;
    cut(&mut theirs, both.1.as_ref().or(both.0.as_ref()))?;
    let unit = if both.0.or(both.1).is_some() { Unit::Token } else { Unit::Character };
    let pairs = ours.made.iter().zip(&theirs.made).zip(&conversations);
    let rows: Vec<Row> = pairs.map(|((left, right), conversation)| row(conversation, left, right, unit)).collect();
    let differ = rows.iter().filter(|row| row.difference.is_some()).count();
    if args.json {
        output::json(&document(&rows, unit))?
    } else {
        output::raw(&told(&rows, unit, &left, &right))?
    }
    if differ == 0 {
        return Ok(());
    }
    let why = format!("{differ} of {} conversations do", rows.len());
    Err(Problem::failed(
        "the prompts differ",
        why,
        "look at the first difference: the model was trained on one of the two",
    ))
}

fn prompts(args: &Args, side: &Side, conversations: &[Conversation]) -> Result<Prompts, Problem> {
    match side {
        Side::Files(path) => {
            let told = carry_out(&program()?, &Order { pieces: true, ..order(args, path, conversations) })?;
            let made = told.made.into_iter().map(|made| made.map(|made| made.prompt).map_err(Problem::from));
            Ok(Prompts { made: made.collect(), tokenizer: told.tokenizer })
        }
        Side::Engine(engine) => {
            let text = |text: String| Text { text, tokens: Err("not counted".to_owned()), pieces: Vec::new() };
            let mut made = Vec::with_capacity(conversations.len());
            for conversation in conversations {
                made.push(engine.prompt(conversation).map(|prompt| text(prompt.text)));
            }
            Ok(Prompts { made, tokenizer: None })
        }
    }
}

/// Cuts the prompts of a side that has no tokenizer by that of the other.
fn cut(side: &mut Prompts, tokenizer: Option<&PathBuf>) -> Result<(), Problem> {
    let Some(tokenizer) = tokenizer.filter(|_| side.tokenizer.is_none()) else { return Ok(()) };
    let texts = side.made.iter().flatten().map(|made| made.text.clone()).collect();
    let order = Order { texts, tokenizer: Some(tokenizer.clone()), pieces: true, ..Order::default() };
    let told = carry_out(&program()?, &order)?;
    side.made.iter_mut().flatten().zip(told.texts).for_each(|(made, text)| *made = text);
    Ok(())
}

fn row(conversation: &Conversation, left: &Result<Text, Problem>, right: &Result<Text, Problem>, unit: Unit) -> Row {
    let sequence = |text: &Text| match unit {
        Unit::Token => Sequence::tokens(text.pieces.clone()),
        Unit::Character => Sequence::characters(&text.text),
    };
    let shown = |side: &Result<Text, Problem>| match side {
        Ok(text) => format!("⟦{}", text.text.chars().take(40).collect::<String>()),
        Err(problem) => format!("{}: {}", problem.what, problem.why),
    };
    let difference = match (left, right) {
        (Ok(left), Ok(right)) => compare(&sequence(left), &sequence(right)),
        (Err(_), Err(_)) => None,
        _ => Some(Difference { at: 0, left: shown(left), right: shown(right) }),
    };
    Row { name: conversation.name.clone(), difference, refused: left.is_err() && right.is_err() }
}

fn document(rows: &[Row], unit: Unit) -> Value {
    let one = |row: &Row| {
        let difference = row.difference.as_ref();
        json!({
            "name": row.name,
            "equal": difference.is_none(),
            "at": difference.map(|difference| difference.at),
            "left": difference.map(|difference| &difference.left),
            "right": difference.map(|difference| &difference.right),
            "both_refuse": row.refused,
        })
    };
    json!({
        "equal": rows.iter().all(|row| row.difference.is_none()),
        "unit": unit.name(),
        "conversations": rows.iter().map(one).collect::<Vec<_>>(),
    })
}

fn told(rows: &[Row], unit: Unit, left: &Side, right: &Side) -> String {
    let mut out = format!(
        "left   {}\nright  {}\nby     {}\n\n",
        clean_line(&left.name()),
        clean_line(&right.name()),
        unit.name()
    );
    let wide = rows.iter().map(|row| row.name.chars().count()).max().unwrap_or_default().min(40);
    for row in rows {
        let name = clean_line(&row.name);
        match &row.difference {
            None if row.refused => out.push_str(&format!("{name:<wide$}  both refuse it\n")),
            None => out.push_str(&format!("{name:<wide$}  equal\n")),
            Some(difference) => {
                out.push_str(&format!("{name:<wide$}  differs at {} {}\n", unit.name(), difference.at));
                out.push_str(&format!(
                    "  left   {}\n  right  {}\n",
                    clean_line(&difference.left),
                    clean_line(&difference.right)
                ));
            }
        }
    }
    out
}
