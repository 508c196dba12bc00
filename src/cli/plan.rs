//! `vramdeck plan`: several models on one card.

mod commands;
mod json;
mod text;

use super::card::{self, Card, Wish};
use super::fit::resolve::{Names, Resolved};
use super::fit::words;
use super::{Context, output, wrap};
use crate::base::Problem;
use crate::models::cards::find_card;
use crate::models::rank::Intent;
use crate::models::solve;
use crate::models::together::{Guest, Host, Together, together};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Models, the most important first: a path or name as for `fit`, with `vllm=`, `llama.cpp=` or `ollama=` before it to say the
    /// engine, and `,TOKENS` or `,TOKENSxREQUESTS` after it to say the context of a request and how many at once.
    #[arg(required = true, value_name = "[ENGINE=]MODEL[,TOKENS[xREQUESTS]]")]
    pub models: Vec<String>,
    /// Plan for this card instead of the one in the machine, for example "RTX 4060 Ti 16 GB".
    #[arg(long, value_name = "NAME", conflicts_with = "vram_bytes")]
    pub gpu: Option<String>,
    /// Plan for a card of so many bytes, as CUDA reports them.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub vram_bytes: Option<u64>,
    /// Free bytes; without it what the card says.
    #[arg(long, value_name = "N")]
    pub free_bytes: Option<u64>,
    /// Bytes that stay free for the desktop, where free bytes are not said.
    #[arg(long, value_name = "N")]
    pub desktop_reserve_bytes: Option<u64>,
    /// For what the models are meant: chat, long_context or agents.
    #[arg(long, value_name = "INTENT", default_value = "chat", value_parser = intent)]
    pub intent: Intent,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

fn intent(text: &str) -> Result<Intent, String> {
    let found = Intent::ALL.into_iter().find(|one| one.name() == text.replace('-', "_"));
    found.ok_or_else(|| "one of chat, long_context, agents".to_owned())
}

/// Everything that is printed.
struct Answer {
    card: Card,
    guests: Vec<Guest>,
    ram: Option<u64>,
    plan: Together,
}

/// Runs the command.
///
/// # Errors
/// When a model is not known, no card can be judged, or not one of the models starts.
pub fn run(args: &Args, context: &Context) -> Result<(), Problem> {
    let wish = Wish {
        gpu: args.gpu.as_deref(),
        vram_bytes: args.vram_bytes,
        free_bytes: args.free_bytes,
        reserve_bytes: args.desktop_reserve_bytes,
    };
    let card = card::card(wish, context)?;
    let names = Names::new(context);
    let guests: Vec<Guest> =
        args.models.iter().map(|word| guest(word, args.intent, &names)).collect::<Result<_, _>>()?;
    // RAM is that of this machine, also where another card is thought of.
    let ram = crate::gpu::live::free_ram();
    let link = find_card(&card.spec.name).and_then(|known| known.pcie_bandwidth());
    let plan = together(&guests, &Host { room: card.room, ram, link })?;
    let answer = Answer { card, guests, ram, plan };
    if args.json { output::json(&json::answer(&answer)) } else { output::raw(&text::answer(&answer, wrap::columns())) }
}

/// Reads `[ENGINE=]MODEL[,TOKENS[xREQUESTS]]`.
fn guest(word: &str, intent: Intent, names: &Names<'_>) -> Result<Guest, Problem> {
    let (engine, rest) = match word.split_once('=') {
        Some((engine, rest)) => match words::engine(engine) {
            Ok(engine) => (Some(engine), rest),
            Err(_) => (None, word),
        },
        None => (None, word),
    };
    let (name, wish) = match rest.rsplit_once(',') {
        Some((name, said)) => (name, lengths(said, word)?),
        None => (rest, (None, None)),
    };
    let Resolved { facts, engine } =
        names.resolve(name, engine, None).map(|found| Resolved { engine: engine.unwrap_or(found.engine), ..found })?;
    let wish = solve::Wish { intent, length: wish.0, requests: wish.1 };
    Ok(Guest { name: name.to_owned(), facts, engine, version: None, wish })
}

/// `8192`, `8k`, `8192x4`: tokens of a request, requests at once.
fn lengths(said: &str, word: &str) -> Result<(Option<u64>, Option<u64>), Problem> {
    let (tokens, requests) = said.split_once(['x', '×']).map_or((said, None), |(tokens, n)| (tokens, Some(n)));
    let (digits, factor) = match tokens.strip_suffix(['k', 'K']) {
        Some(digits) => (digits, 1024),
        None => (tokens, 1),
    };
    let number = |text: &str| text.parse::<u64>().ok().filter(|n| (1..=1 << 32).contains(n));
    let wrong = || {
        let why = format!("`{said}` is no number of tokens with a number of requests");
        Problem::usage(format!("{word} is not understood"), why, "write MODEL,8192 or MODEL,8192x4")
    };
    let tokens = number(digits).and_then(|n| n.checked_mul(factor)).ok_or_else(wrong)?;
    let requests = requests.map(|text| number(text).ok_or_else(wrong)).transpose()?;
    Ok((Some(tokens), requests))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read() {
        for (said, wanted) in [
            ("8192", Some((Some(8192), None))),
            ("8k", Some((Some(8192), None))),
            ("2Kx16", Some((Some(2048), Some(16)))),
            ("1x1", Some((Some(1), Some(1)))),
            ("0", None),
            ("8kx0", None),
            ("x4", None),
            ("99999999999999999999", None),
            ("8k x4", None),
        ] {
            assert_eq!(lengths(said, "m").ok(), wanted, "{said}");
        }
    }
}
