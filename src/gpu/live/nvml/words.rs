//! What NVML's errors mean, in words: for one reading, for one card, for the whole driver.

use crate::base::text::clean_line;
use crate::base::{Problem, Reading, Unknown};
use nvml_wrapper::bitmasks::device::ThrottleReasons;
use nvml_wrapper::error::NvmlError;
use std::ffi::OsStr;

/// Listens to the answers of one reading: turns an error into a reason and remembers what it says of card and driver.
#[derive(Debug, Default)]
pub(super) struct Ear {
    driver_lost: Option<String>,
    card_lost: bool,
}

impl Ear {
    /// The answer, or why there is none.
    pub(super) fn hear<T>(&mut self, answer: Result<T, NvmlError>) -> Reading<T> {
        answer.map_err(|error| {
            match error {
                NvmlError::DriverNotLoaded
                | NvmlError::Uninitialized
                | NvmlError::LibRmVersionMismatch
                | NvmlError::LibraryNotFound => self.driver_lost = Some(reason(&error)),
                NvmlError::GpuLost => self.card_lost = true,
                _ => {}
            }
            Unknown::because(reason(&error))
        })
    }

    /// Why the driver is gone, where an answer said so.
    pub(super) fn driver_lost(&self) -> Option<String> {
        self.driver_lost.clone()
    }

    /// Whether an answer said that the card is gone.
    pub(super) fn card_lost(&self) -> bool {
        self.card_lost
    }
}

/// Why one reading is unknown, as a short clause.
pub(super) fn reason(error: &NvmlError) -> String {
    let words = match error {
        NvmlError::FailedToLoadSymbol(text) => {
            return format!("the NVML library lacks {}: driver too old", symbol(text));
        }
        NvmlError::UnexpectedVariant(code) => {
            return format!("the driver answered with a code unknown to vramdeck ({code})");
        }
        NvmlError::NotSupported => "not supported by this card",
        NvmlError::NoPermission => "no permission",
        NvmlError::GpuLost => "GPU is lost: it fell off the bus",
        NvmlError::ResetRequired => "the card needs a reset",
        NvmlError::DriverNotLoaded => "the NVIDIA driver is not loaded",
        NvmlError::Uninitialized => "NVML was shut down",
        NvmlError::LibRmVersionMismatch => "the NVML library and the loaded driver have different versions",
        NvmlError::LibraryNotFound => "the driver misses a library of its own",
        NvmlError::FunctionNotFound => "the driver lacks this query: driver too old",
        NvmlError::Timeout => "the driver did not answer in time",
        NvmlError::NoData => "the driver has no data yet",
        NvmlError::NotFound => "the driver found nothing",
        NvmlError::InvalidArg => "the driver refuses this query for this device",
        NvmlError::InsufficientSize(_) => "the list grew while it was read",
        NvmlError::OperatingSystem => "blocked by the operating system",
        NvmlError::InsufficientPower => "the card's power cable is not attached",
        other => return clean_line(&other.to_string()),
    };
    words.to_owned()
}

/// The symbol in the loader's text: `…: undefined symbol: nvmlX`.
fn symbol(text: &str) -> String {
    let name = text
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .find(|word| word.strip_prefix("nvml").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase())));
    name.map_or_else(|| "a function".to_owned(), str::to_owned)
}

/// Why NVML could not be opened.
pub(super) fn no_driver(error: &NvmlError, library: Option<&OsStr>, wsl: bool) -> Problem {
    const WHAT: &str = "no NVIDIA driver can be read";
    let hint = if wsl {
        "install the NVIDIA driver in Windows (not in WSL), then run `wsl --shutdown`; vramdeck --demo needs no card"
    } else {
        "install NVIDIA's driver, or check it with nvidia-smi; vramdeck --demo needs no card"
    };
    match error {
        NvmlError::LibloadingError(cause) => {
            let name = library.map_or("libnvidia-ml.so.1".into(), OsStr::to_string_lossy);
            let hint = if library.is_some() { "check the path in VRAMDECK_NVML_LIB, or unset it" } else { hint };
            Problem::failed(WHAT, format!("the NVML library {} cannot be loaded", clean_line(&name)), hint)
                .with_detail([clean_line(&with_causes(cause))])
        }
        NvmlError::FailedToLoadSymbol(text) => Problem::failed(
            "the NVML library is too old",
            format!("it lacks {}", symbol(text)),
            "update NVIDIA's driver; vramdeck --demo needs no card",
        ),
        NvmlError::LibRmVersionMismatch => mismatch(WHAT),
        NvmlError::NoPermission => Problem::failed(
            WHAT,
            "no permission to talk to the driver",
            "check the rights of /dev/nvidia*, or in a container start it with --gpus all",
        ),
        other => Problem::failed(WHAT, reason(other), hint),
    }
}

fn mismatch(what: &str) -> Problem {
    Problem::failed(
        what,
        reason(&NvmlError::LibRmVersionMismatch),
        "the driver was updated while it was running: reload its modules or restart the machine",
    )
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// The driver went away while it was being read.
pub(super) fn driver_gone(why: &str) -> Problem {
    Problem::failed(
        "the NVIDIA driver went away",
        why.to_owned(),
        "vramdeck keeps trying and shows the cards again when it is back",
    )
}

/// The driver is there but does not even count its cards.
pub(super) fn no_count(why: &Unknown) -> Problem {
    Problem::failed(
        "the NVIDIA driver does not list its cards",
        why.to_string(),
        "check it with nvidia-smi; vramdeck keeps trying",
    )
}

/// Every card fell off the bus.
pub(super) fn all_lost(count: usize) -> Problem {
    let what = if count == 1 { "the card is lost".to_owned() } else { format!("all {count} cards are lost") };
    Problem::failed(what, "GPU is lost: it fell off the bus", LOST_HINT)
}

const LOST_HINT: &str = "look for Xid messages in the kernel log; power and risers are the usual cause; restart";

/// Some cards fell off the bus, the others go on.
pub(super) fn some_lost(lost: &[u32]) -> Option<Problem> {
    let names: Vec<String> = lost.iter().map(u32::to_string).collect();
    let what = format!("card {} is lost", names.join(" and "));
    (!lost.is_empty()).then(|| Problem::failed(what, "it fell off the bus", LOST_HINT))
}

/// The driver is there and has no card.
pub(super) fn no_cards() -> Problem {
    Problem::failed(
        "the NVIDIA driver has no card",
        "it counts none",
        "check that the card is seated and visible here (a container needs --gpus all); vramdeck --demo needs no card",
    )
}

/// Why clocks are held down, in words. Being idle holds nothing down.
pub(super) fn throttles(reasons: ThrottleReasons) -> Vec<&'static str> {
    const WORDS: [(ThrottleReasons, &str); 8] = [
        (ThrottleReasons::SW_POWER_CAP, "power limit"),
        (ThrottleReasons::SW_THERMAL_SLOWDOWN, "too warm (software)"),
        (ThrottleReasons::HW_THERMAL_SLOWDOWN, "too hot (hardware)"),
        (ThrottleReasons::HW_POWER_BRAKE_SLOWDOWN, "power brake of the power supply"),
        (ThrottleReasons::HW_SLOWDOWN, "hardware slowdown"),
        (ThrottleReasons::APPLICATIONS_CLOCKS_SETTING, "clocks set by a program"),
        (ThrottleReasons::SYNC_BOOST, "another card of its sync group"),
        (ThrottleReasons::DISPLAY_CLOCK_SETTING, "display clock setting"),
    ];
    WORDS.iter().filter(|(flag, _)| reasons.contains(*flag)).map(|(_, words)| *words).collect()
}

/// Whether this is Linux inside Windows, where the driver lives outside.
pub(super) fn on_wsl() -> bool {
    std::fs::read_to_string("/proc/sys/kernel/osrelease")
        .or_else(|_| std::fs::read_to_string("/proc/version"))
        .is_ok_and(|release| is_wsl(&release))
}

fn is_wsl(release: &str) -> bool {
    let release = release.to_ascii_lowercase();
    release.contains("microsoft") || release.contains("wsl")
}

/// Why a listed process shows no bytes.
pub(super) fn no_bytes(wsl: bool) -> Unknown {
    Unknown::because(if wsl {
        "WSL does not report memory per process"
    } else {
        "the driver does not report memory per process"
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_in_words() {
        let lacks = "/usr/lib/libnvidia-ml.so.1: undefined symbol: nvmlDeviceGetFanSpeed_v2";
        for (error, words) in [
            (NvmlError::NotSupported, "not supported by this card"),
            (
                NvmlError::FailedToLoadSymbol(lacks.to_owned()),
                "the NVML library lacks nvmlDeviceGetFanSpeed_v2: driver too old",
            ),
            (NvmlError::FailedToLoadSymbol("?".to_owned()), "the NVML library lacks a function: driver too old"),
            (NvmlError::UnexpectedVariant(77), "the driver answered with a code unknown to vramdeck (77)"),
            (NvmlError::Unknown, "an internal driver error occurred"),
        ] {
            assert_eq!(reason(&error), words);
        }
    }

    #[test]
    fn a_lost_card_is_not_a_lost_driver() {
        let mut ear = Ear::default();
        assert!(ear.hear::<u32>(Err(NvmlError::GpuLost)).is_err());
        assert_eq!((ear.card_lost(), ear.driver_lost()), (true, None));
        assert!(ear.hear::<u32>(Err(NvmlError::Uninitialized)).is_err());
        assert_eq!(ear.driver_lost().as_deref(), Some("NVML was shut down"));
    }

    #[test]
    fn wsl_is_known_by_its_kernel() {
        for (release, wsl) in [
            ("5.15.167.4-microsoft-standard-WSL2\n", true),
            ("4.4.0-19041-Microsoft", true),
            ("6.8.0-48-generic", false),
        ] {
            assert_eq!(is_wsl(release), wsl, "{release}");
        }
        assert_eq!(no_bytes(true).why, "WSL does not report memory per process");
    }

    #[test]
    fn idle_is_no_throttle() {
        assert!(throttles(ThrottleReasons::GPU_IDLE).is_empty());
        let hot = ThrottleReasons::SW_POWER_CAP | ThrottleReasons::HW_THERMAL_SLOWDOWN | ThrottleReasons::GPU_IDLE;
        assert_eq!(throttles(hot), ["power limit", "too hot (hardware)"]);
    }
}
