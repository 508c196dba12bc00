//! `vramdeck` without a command: the terminal UI, or a one-shot status without a terminal.

use super::{Context, gpu, output, ps};
use crate::base::Problem;
use crate::runtime;
use std::io::IsTerminal;

/// Arguments of the terminal UI.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Use a simulated card and simulated engines.
    #[arg(long, value_name = "SCENARIO", num_args = 0..=1, default_missing_value = "desktop", global = true)]
    pub demo: Option<String>,
    /// Name of the theme.
    #[arg(long)]
    pub theme: Option<String>,
    /// Draw with ASCII only.
    #[arg(long)]
    pub ascii: bool,
    /// Leave the mouse to the terminal.
    #[arg(long)]
    pub no_mouse: bool,
    /// Draw without colours.
    #[arg(long)]
    pub no_color: bool,
    /// Samples of the card a second, 0.2 to 10.
    #[arg(long, value_name = "HZ", value_parser = hz)]
    pub sample_hz: Option<f64>,
}

fn hz(text: &str) -> Result<f64, String> {
    let hz: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.2..=10.0).contains(&hz) { Ok(hz) } else { Err("0.2 to 10 samples a second".to_owned()) }
}

/// Runs the terminal UI.
///
/// # Errors
/// When there is no terminal that can be used.
pub fn run(args: Args, context: &Context) -> Result<(), Problem> {
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        return status(context);
    }
    runtime::run(&runtime::Options {
        paths: Some(context.paths.clone()),
        demo: args.demo,
        theme: args.theme,
        ascii: args.ascii,
        no_mouse: args.no_mouse,
        no_color: args.no_color,
        sample_hz: args.sample_hz,
    })
}

/// What the screen would show, once, as text: cards, holders, runs.
fn status(context: &Context) -> Result<(), Problem> {
    gpu::run(gpu::Args { json: false, watch: None }, context)?;
    output::line("")?;
    ps::run(ps::Args { json: false, all: false }, context)
}
