//! Holds memory on a simulated card until its stdin ends, for tests that kill it: `claim_holder DIR BYTES`. Says
//! `held`, or why not, on one line.

use std::io::{Read, Write};
use vramdeck::base::Bytes;
use vramdeck::gpu::live::{Claim, SimCard};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().collect();
    let [_, dir, bytes] = args.as_slice() else { return Err("claim_holder DIR BYTES".into()) };
    let card = SimCard::open(dir.as_ref())?;
    let mut claim = Claim::new(&card, "claim_holder", 0)?;
    let answer = claim.set(Bytes(bytes.parse()?)).map_or_else(|error| error.to_string(), |()| "held".to_owned());
    writeln!(std::io::stdout(), "{answer}")?;
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
