//! Cards as the NVIDIA driver reports them. The library is opened when first read, kept, and opened anew with growing
//! pauses after the driver went away: nothing needs to be restarted when it comes back.

mod card;
mod link;
mod listed;
mod words;

use super::proc::Processes;
use super::reader::Cards;
use crate::base::{Problem, Reading, Unknown};
use crate::gpu::{Driver, Source};
use card::Still;
use nvml_wrapper::Nvml;
use std::ffi::OsString;
use std::time::{Duration, Instant};
use words::Ear;

/// Environment variable that names the NVML library to use instead of the system's.
pub const NVML_LIB_ENV: &str = "VRAMDECK_NVML_LIB";

const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// The driver, there or not.
pub(super) struct NvmlSource {
    library: Option<OsString>,
    wsl: bool,
    state: State,
    pause: Duration,
}

enum State {
    Closed { problem: Option<Problem>, try_at: Instant },
    Open(Box<Session>),
}

/// An open library and what does not change while it is open.
struct Session {
    nvml: Nvml,
    driver: Reading<Driver>,
    still: Vec<Option<Still>>,
    link: link::Turns,
    opened: Instant,
    lost_one: bool,
}

impl NvmlSource {
    /// The library of [`NVML_LIB_ENV`], else the system's.
    pub(super) fn from_env() -> Self {
        Self {
            library: std::env::var_os(NVML_LIB_ENV).filter(|path| !path.is_empty()),
            wsl: words::on_wsl(),
            state: State::Closed { problem: None, try_at: Instant::now() },
            pause: FIRST_PAUSE,
        }
    }

    /// One reading. `whole` measures every PCIe throughput now, at about 20 ms each, instead of one in a while.
    pub(super) fn read(&mut self, processes: &mut Processes, whole: bool) -> Cards {
        let due = match &self.state {
            State::Closed { try_at, .. } => Instant::now() >= *try_at,
            // A card that fell off the bus is seen again only through a library opened anew.
            State::Open(session) => session.lost_one && session.opened.elapsed() >= LONGEST_PAUSE,
        };
        if due {
            self.open();
        }
        match &mut self.state {
            State::Closed { problem, .. } => nothing(problem.clone()),
            State::Open(session) => match session.read(processes, self.wsl, whole) {
                Ok(cards) => {
                    self.pause = FIRST_PAUSE;
                    cards
                }
                Err(problem) => {
                    let problem = Some(problem);
                    self.state = State::Closed { problem: problem.clone(), try_at: self.next_try() };
                    nothing(problem)
                }
            },
        }
    }

    fn open(&mut self) {
        // Close first: the library counts its users.
        self.state = State::Closed { problem: None, try_at: Instant::now() };
        let mut builder = Nvml::builder();
        if let Some(library) = &self.library {
            builder.lib_path(library);
        }
        match builder.init() {
            Ok(nvml) => {
                self.state = State::Open(Box::new(Session::of(nvml)));
            }
            Err(error) => {
                let problem = Some(words::no_driver(&error, self.library.as_deref(), self.wsl));
                self.state = State::Closed { problem, try_at: self.next_try() };
            }
        }
    }

    fn next_try(&mut self) -> Instant {
        let at = Instant::now() + self.pause;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        at
    }
}

fn nothing(problem: Option<Problem>) -> Cards {
    let why = problem.as_ref().map_or_else(|| "no driver".to_owned(), |problem| problem.what.clone());
    Cards { source: Source::None, driver: Err(Unknown::because(why)), cards: Vec::new(), problem }
}

fn driver(nvml: &Nvml) -> Reading<Driver> {
    let mut ear = Ear::default();
    let cuda = ear.hear(nvml.sys_cuda_driver_version());
    let major_minor =
        |version: i32| Some((u32::try_from(version / 1000).ok()?, u32::try_from(version % 1000 / 10).ok()?));
    Ok(Driver {
        version: ear.hear(nvml.sys_driver_version())?,
        cuda: cuda.and_then(|version| {
            major_minor(version).ok_or(Unknown::because("the driver answered with an impossible version"))
        }),
        nvml: ear.hear(nvml.sys_nvml_version()),
    })
}

impl Session {
    fn of(nvml: Nvml) -> Self {
        let driver = driver(&nvml);
        let link = link::Turns::default();
        Self { nvml, driver, still: Vec::new(), link, opened: Instant::now(), lost_one: false }
    }

    /// Every card, or why the driver is gone.
    fn read(&mut self, processes: &mut Processes, wsl: bool, whole: bool) -> Result<Cards, Problem> {
        let mut ear = Ear::default();
        let count = ear.hear(self.nvml.device_count());
        if let Some(error) = ear.driver_lost() {
            return Err(words::driver_gone(&error));
        }
        let count = count.map_err(|why| words::no_count(&why))?;
        if self.driver.is_err() {
            self.driver = driver(&self.nvml);
        }
        self.still.resize(count as usize, None);
        self.link.measure(&self.nvml, count, whole);
        let (mut cards, mut instances, mut lost) = (Vec::new(), Vec::new(), Vec::new());
        for index in 0..count {
            let mut ear = Ear::default();
            let still = &mut self.still[index as usize];
            let mut reader = card::CardReader { nvml: &self.nvml, ear: &mut ear, processes, wsl };
            let (card, parts) = reader.card(index, still, self.link.of(index));
            if let Some(error) = ear.driver_lost() {
                return Err(words::driver_gone(&error));
            }
            lost.extend(ear.card_lost().then_some(index));
            cards.push(card);
            instances.extend(parts);
        }
        if !lost.is_empty() && lost.len() == cards.len() {
            return Err(words::all_lost(cards.len()));
        }
        self.lost_one = !lost.is_empty();
        for (next, instance) in (count..).zip(&mut instances) {
            instance.index = next;
        }
        cards.append(&mut instances);
        let problem = if count == 0 { Some(words::no_cards()) } else { words::some_lost(&lost) };
        Ok(Cards { source: Source::Nvml, driver: self.driver.clone(), cards, problem })
    }
}
