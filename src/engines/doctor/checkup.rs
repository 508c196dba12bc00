//! Judging a machine: what was read of it against what engines need. Pure: what was read comes in as data.

use crate::base::{Bytes, Reading};
use crate::gpu::{Card, Sample, Source};
use serde::Serialize;

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// As it should be.
    Ok,
    /// It works, and may surprise.
    Warn,
    /// Engines cannot work so.
    Bad,
    /// Could not be told; `why` says why.
    Unknown,
}

/// One check of the machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at: `driver`, `port 8000`.
    pub name: String,
    /// How it went.
    pub state: State,
    /// What was found; empty where nothing could be.
    pub found: String,
    /// What that means.
    pub why: String,
    /// What to do; empty where nothing is to be done.
    pub hint: String,
}

impl Check {
    /// A check that went in some way.
    pub fn new(name: &str, state: State, found: impl Into<String>, why: impl Into<String>) -> Self {
        Self { name: name.to_owned(), state, found: found.into(), why: why.into(), hint: String::new() }
    }

    /// With what to do about it.
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: hint.into(), ..self }
    }
}

/// Driver, NVML, CUDA and cards, as a sample tells them.
pub fn card_checks(sample: &Sample) -> Vec<Check> {
    let mut made = Vec::new();
    match &sample.driver {
        Err(why) => {
            let hint = sample.problem.as_ref().map_or(String::new(), |problem| problem.hint.clone());
            let state = if matches!(sample.source, Source::Simulated(_)) { State::Unknown } else { State::Bad };
            made.push(Check::new("driver", state, "", why.to_string()).hint(hint));
            for name in ["nvml", "cuda", "compute capability"] {
                made.push(Check::new(name, State::Unknown, "", "no driver answers"));
            }
            return made;
        }
        Ok(driver) => {
            made.push(driver_version(&driver.version));
            made.push(match &driver.nvml {
                Ok(version) => Check::new("nvml", State::Ok, version, "the driver's own library answers"),
                Err(why) => Check::new("nvml", State::Unknown, "", why.to_string()),
            });
            made.push(cuda(&driver.cuda));
        }
    }
    if sample.cards.is_empty() {
        let why = sample.problem.as_ref().map_or("the driver lists no card".to_owned(), |problem| problem.why.clone());
        made.push(Check::new("compute capability", State::Bad, "", why));
    }
    made.extend(sample.cards.iter().map(capability));
    made
}

/// 570 brought CUDA 12.8, the first with machine code for sm_120.
fn driver_version(version: &str) -> Check {
    let major: Option<u32> = version.split('.').next().and_then(|major| major.parse().ok());
    match major {
        Some(major) if major >= 570 => Check::new("driver", State::Ok, version, "new enough for CUDA 12.8 and newer"),
        Some(_) => Check::new("driver", State::Bad, version, "older than 570: CUDA 12.8 and RTX 50 cards need that")
            .hint("update the NVIDIA driver"),
        None => Check::new("driver", State::Unknown, version, "its version is no number"),
    }
}

fn cuda(supported: &Reading<(u32, u32)>) -> Check {
    match supported {
        Ok((major, minor)) if (*major, *minor) >= (12, 8) => {
            Check::new("cuda", State::Ok, format!("{major}.{minor}"), "what the driver supports at most")
        }
        Ok((major, minor)) => {
            let why = "current builds of vLLM want 12.8 or newer";
            Check::new("cuda", State::Warn, format!("{major}.{minor}"), why).hint("update the NVIDIA driver")
        }
        Err(why) => Check::new("cuda", State::Unknown, "", why.to_string()),
    }
}

fn capability(card: &Card) -> Check {
    let name = format!("compute capability of card {}", card.index);
    let model = card.name.clone().unwrap_or_else(|_| "a card".to_owned());
    match &card.compute_capability {
        Err(why) => Check::new(&name, State::Unknown, model, why.to_string()),
        Ok((major, minor)) => {
            let found = format!("{model}: sm_{major}{minor}");
            match (*major, *minor) {
                (12.., _) => Check::new(&name, State::Ok, found, "needs engines built for CUDA 12.8 or newer"),
                (8..=11, _) => Check::new(&name, State::Ok, found, "every current engine runs on it"),
                (7, 5) => Check::new(&name, State::Warn, found, "no bfloat16: models run as float16"),
                (5..=7, _) => Check::new(&name, State::Warn, found, "vLLM needs 7.5; llama.cpp and Ollama run"),
                _ => Check::new(&name, State::Bad, found, "too old for current CUDA"),
            }
        }
    }
}

/// Whether an engine's PyTorch has machine code for a card. `archs` is torch's own list, for example `sm_90 sm_120`.
pub fn engine_build(archs: &Result<String, String>, cards: &[Card]) -> Check {
    let name = "vllm's build for the card";
    let archs = match archs {
        Ok(archs) => archs,
        Err(why) => return Check::new(name, State::Unknown, "", why),
    };
    let Some((major, minor)) = cards.iter().find_map(|card| card.compute_capability.clone().ok()) else {
        return Check::new(name, State::Unknown, archs, "there is no card to hold it against");
    };
    let own = format!("sm_{major}{minor}");
    // Machine code of a lower minor version of the same generation runs, too.
    let runs = archs.split_whitespace().filter_map(|arch| arch.strip_prefix("sm_")?.parse::<u32>().ok());
    let fits = runs.into_iter().any(|arch| arch / 10 == major && arch % 10 <= minor);
    if fits {
        Check::new(name, State::Ok, archs, format!("it holds machine code for {own}"))
    } else {
        Check::new(name, State::Bad, archs, format!("it holds none for {own}: `no kernel image` is what it will say"))
            .hint("install a build for CUDA 12.8 or newer: vramdeck engines")
    }
}

/// Free disk where models or caches lie.
pub fn disk(place: &str, free: &Reading<Bytes>) -> Check {
    const FEW: Bytes = Bytes(20 << 30);
    let name = format!("disk of {place}");
    match free {
        Err(why) => Check::new(&name, State::Unknown, "", why.to_string()),
        Ok(free) if free.0 < 1 << 30 => Check::new(&name, State::Bad, format!("{free} free"), "nothing can be fetched")
            .hint("free space, or move the folder: HF_HOME, OLLAMA_MODELS, LLAMA_CACHE"),
        Ok(free) if *free < FEW => {
            Check::new(&name, State::Warn, format!("{free} free"), "less than one large model takes")
        }
        Ok(free) => Check::new(&name, State::Ok, format!("{free} free"), "room for models"),
    }
}

/// A Python that vLLM could be installed with, from `Python 3.12.3`.
pub fn python(said: &Result<String, String>) -> Check {
    let said = match said {
        Ok(said) => said.trim(),
        Err(why) => {
            return Check::new("python", State::Warn, "", why).hint("vLLM and LiteLLM need Python 3.11 to 3.14");
        }
    };
    let mut numbers = said.trim_start_matches("Python ").split('.').map(|part| part.parse::<u32>().ok());
    match (numbers.next().flatten(), numbers.next().flatten()) {
        (Some(3), Some(11..=14)) => Check::new("python", State::Ok, said, "vLLM and LiteLLM can be installed with it"),
        (Some(_), Some(_)) => Check::new("python", State::Warn, said, "vLLM 0.33 wants 3.11 to 3.14")
            .hint("engines in environments of their own are not affected: vramdeck engines"),
        _ => Check::new("python", State::Unknown, said, "its version is no number"),
    }
}

/// The limits of open files and locked memory, from the text of `/proc/self/limits`.
pub fn limits(text: &str) -> Vec<Check> {
    let soft = |row: &str| {
        let line = text.lines().find(|line| line.starts_with(row))?;
        line.get(row.len()..)?.split_whitespace().next().map(str::to_owned)
    };
    let files = match soft("Max open files") {
        None => Check::new("open files", State::Unknown, "", "the system does not tell it"),
        Some(most) if most.parse::<u64>().is_ok_and(|most| most < 4096) => {
            let why = "each stream of a client takes one: many at once will be refused";
            Check::new("open files", State::Warn, most, why).hint("ulimit -n 65536")
        }
        Some(most) => Check::new("open files", State::Ok, most, "enough for many streams at once"),
    };
    let locked = match soft("Max locked memory") {
        None => Check::new("locked memory", State::Unknown, "", "the system does not tell it"),
        Some(most) if most == "unlimited" => {
            Check::new("locked memory", State::Ok, most, "--mlock and pinned RAM work")
        }
        Some(most) => {
            let found = most.parse().map_or(most, |bytes| Bytes(bytes).to_string());
            Check::new(
                "locked memory",
                State::Ok,
                found,
                "llama.cpp's --mlock is limited to that; nothing else needs it",
            )
        }
    };
    vec![files, locked]
}

/// A port that engines use: `holder` is `None` where it is free, the process where it can be seen.
pub fn port(port: u16, engine: &str, holder: Option<Option<(u32, String)>>) -> Check {
    let name = format!("port {port}");
    match holder {
        None => Check::new(&name, State::Ok, "free", format!("{engine}'s usual port")),
        Some(None) => Check::new(&name, State::Warn, "in use", "by a process that this user cannot see")
            .hint("vramdeck chooses another port where none is asked for"),
        Some(Some((pid, program))) => Check::new(&name, State::Warn, format!("in use by {program} ({pid})"), {
            format!("{engine}'s usual port; vramdeck chooses another where none is asked for")
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Unknown;

    #[test]
    fn what_is_read_is_judged() {
        assert_eq!(driver_version("580.95.05").state, State::Ok);
        assert_eq!(driver_version("550.1").state, State::Bad);
        assert_eq!(driver_version("new").state, State::Unknown);
        assert_eq!(cuda(&Ok((12, 4))).state, State::Warn);
        assert_eq!(cuda(&Ok((13, 0))).state, State::Ok);
        for (said, state) in [("Python 3.12.3", State::Ok), ("Python 3.9.1", State::Warn), ("no", State::Unknown)] {
            assert_eq!(python(&Ok(said.to_owned())).state, state, "{said}");
        }
        let free = |gib: u64| disk("x", &Ok(Bytes(gib << 30))).state;
        assert_eq!((free(0), free(5), free(500)), (State::Bad, State::Warn, State::Ok));
        assert_eq!(disk("x", &Err(Unknown::because("no"))).state, State::Unknown);
        let text = "Limit                     Soft Limit           Hard Limit           Units\n\
                    Max open files            1024                 524288               files\n\
                    Max locked memory         8388608              8388608              bytes\n";
        let checks = limits(text);
        assert_eq!((checks[0].state, checks[1].found.as_str()), (State::Warn, "8 MiB"));
        assert!(limits("").iter().all(|check| check.state == State::Unknown));
        assert_eq!(port(1, "x", None).state, State::Ok);
        assert!(port(1, "x", Some(Some((7, "y".to_owned())))).found.contains("y (7)"));
    }

    #[test]
    fn a_build_is_held_against_the_card() {
        let card = |cc| Card { compute_capability: Ok(cc), ..Card::unread(0, Unknown::because("test")) };
        let judge = |archs: &str, cc| engine_build(&Ok(archs.to_owned()), &[card(cc)]).state;
        assert_eq!(judge("sm_80 sm_90 sm_120", (12, 0)), State::Ok);
        assert_eq!(judge("sm_80 sm_90", (12, 0)), State::Bad);
        assert_eq!(judge("sm_80 sm_90", (8, 6)), State::Ok);
        assert_eq!(engine_build(&Ok("sm_80".to_owned()), &[]).state, State::Unknown);
    }
}
