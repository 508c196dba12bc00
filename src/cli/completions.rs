//! `vramdeck completions SHELL`.

use crate::base::Problem;

/// Arguments of `completions`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The shell.
    shell: clap_complete::Shell,
}

/// Prints the completion script.
pub fn run(args: Args) -> Result<(), Problem> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::command(), "vramdeck", &mut script);
    super::output::raw(&String::from_utf8_lossy(&script))
}
