//! `vramdeck man`.

use crate::base::Problem;

/// Arguments of `man`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Prints the manual page, every subcommand included.
pub fn run(_args: Args) -> Result<(), Problem> {
    let mut page = Vec::new();
    let mut command = super::command();
    command.build();
    let failed = |error: std::io::Error| Problem::failed("cannot write the manual page", error.to_string(), "");
    clap_mangen::Man::new(command.clone()).render(&mut page).map_err(failed)?;
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        clap_mangen::Man::new(sub.clone()).render(&mut page).map_err(failed)?;
    }
    super::output::raw(&String::from_utf8_lossy(&page))
}
