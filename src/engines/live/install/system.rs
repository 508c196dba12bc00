//! What the system offers, and carrying it out where that needs no root.

use super::super::program::{on_path, output};
use crate::base::Problem;
use crate::engines::install::{Offer, Package, offers as pure};
use std::process::{Command, Stdio};
use std::time::Duration;

/// The ways this system offers a package. Asks its package managers, none of which goes to the network for it.
pub fn offers(package: Package) -> Vec<Offer> {
    let answers = |argv: &[String]| output(argv, Duration::from_secs(10)).is_some_and(|(ok, _)| ok);
    pure::offers(package, |name| on_path(name).is_some(), answers)
}

/// Carries an offer out; its output goes where vramdeck's errors go. One that needs root is refused.
///
/// # Errors
/// When it needs root, or does not succeed.
pub fn run_offer(package: Package, offer: &Offer) -> Result<(), Problem> {
    let line = offer.argv.join(" ");
    let what = format!("{} is not installed", package.title());
    let Some((program, args)) = offer.argv.split_first().filter(|_| !offer.root) else {
        return Err(Problem::usage(
            what,
            "this needs root, which vramdeck never takes",
            format!("run it yourself: {line}"),
        ));
    };
    let spawned = Command::new(program).args(args).stdin(Stdio::null()).stdout(std::io::stderr()).status();
    match spawned {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Problem::failed(what, format!("`{line}` ended with {status}"), "its own words stand above")),
        Err(error) => Err(Problem::failed(what, format!("`{line}`: {error}"), "check that it is on the PATH")),
    }
}
