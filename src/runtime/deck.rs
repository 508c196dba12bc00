//! The loop itself.

use crate::app::screens::engines;
use crate::app::{Effect, Env, Model, Msg, update};
use crate::base::Problem;
use crate::engines::RunId;
use crate::runtime::signals::{self, Asked, Signals};
use crate::runtime::start::no_terminal;
use crate::runtime::terminal::Terminal;
use crate::runtime::world::World;
use crate::runtime::{copy, effects, input, leave, probe, settings};
use crate::ui::theme::Gallery;
use crate::ui::{Cache, Theme};
use crossterm::event::{Event, EventStream};
use futures_util::StreamExt;
use std::io;
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::mpsc;

/// Between two frames: 30 a second.
const FRAME: Duration = Duration::from_millis(33);
/// Between two frames when a key waits to be seen.
const URGENT_FRAME: Duration = Duration::from_millis(8);
/// Messages taken in before a frame may be drawn.
const BATCH: usize = 256;

/// The running deck.
pub(super) struct Deck {
    model: Model,
    gallery: Gallery,
    theme: Theme,
    ascii: bool,
    cache: Cache,
    world: World,
    started: Instant,
    drawn: Option<Instant>,
    /// A key has been taken since the last frame.
    urgent: bool,
    /// Set when it is time to leave, with the runs to stop before.
    leaving: Option<Vec<RunId>>,
}

/// What happened.
enum Happened {
    Signal(Asked),
    Probed(probe::Answer),
    Terminal(Option<io::Result<Event>>),
    Messages,
    Sampled,
    Time,
}

impl Deck {
    pub(super) fn new(model: Model, gallery: Gallery, ascii: bool, world: World) -> Self {
        let theme = gallery.theme(&model.shared.theme);
        let (cache, started) = (Cache::default(), Instant::now());
        Self { model, gallery, theme, ascii, cache, world, started, drawn: None, urgent: false, leaving: None }
    }

    /// Flies until it is left; the terminal is given back before runs are stopped. What is to be saved is saved however
    /// the flight ended: a terminal that went away is one way.
    pub(super) async fn fly(
        mut self,
        mut terminal: Terminal,
        signals: Signals,
        mut rx: mpsc::Receiver<Msg>,
    ) -> Result<(), Problem> {
        let flown = self.fly_until_left(&mut terminal, signals, &mut rx).await;
        drop(terminal);
        // Who still answers must not wait for somebody to listen.
        drop(rx);
        for effect in crate::app::screens::chat::closing(&mut self.model.chat) {
            effects::chat::run(effect, &self.world);
        }
        leave::leave(self.world, self.leaving.unwrap_or_default()).await;
        flown
    }

    async fn fly_until_left(
        &mut self,
        terminal: &mut Terminal,
        mut signals: Signals,
        rx: &mut mpsc::Receiver<Msg>,
    ) -> Result<(), Problem> {
        self.draw(terminal)?;
        let mut probe = Some(tokio::task::spawn_blocking(probe::ask));
        let mut events: Option<EventStream> = None;
        let mut samples = self.world.sampler.subscribe();
        let mut batch = Vec::with_capacity(BATCH);
        while self.leaving.is_none() {
            let deadline = self.deadline();
            let happened = tokio::select! {
                biased;
                asked = signals.next() => Happened::Signal(asked),
                answer = async { probe.as_mut()?.await.ok() }, if probe.is_some() => {
                    probe = None;
                    events = Some(EventStream::new());
                    Happened::Probed(answer.and_then(Result::ok).unwrap_or_default())
                }
                event = async { events.as_mut()?.next().await }, if events.is_some() => Happened::Terminal(event),
                _ = rx.recv_many(&mut batch, BATCH) => Happened::Messages,
                Ok(()) = samples.changed() => Happened::Sampled,
                () = sleep_until(deadline), if deadline.is_some() => Happened::Time,
            };
            match happened {
                Happened::Signal(asked) => self.signal(asked, terminal)?,
                Happened::Probed(answer) => self.probed(answer, terminal)?,
                Happened::Terminal(event) => self.terminal(event, terminal)?,
                Happened::Messages => {
                    for msg in batch.drain(..) {
                        self.take(msg, terminal)?;
                    }
                }
                Happened::Sampled => {
                    let sample = samples.borrow_and_update().clone();
                    if let Some(sample) = sample {
                        self.take(Msg::Sample(sample), terminal)?;
                    }
                }
                Happened::Time => self.tick(terminal)?,
            }
            if self.may_draw() {
                self.draw(terminal)?;
            }
        }
        Ok(())
    }

    fn env(&self) -> Env {
        Env { now: SystemTime::now(), uptime: self.started.elapsed() }
    }

    fn take(&mut self, msg: Msg, terminal: &mut Terminal) -> Result<(), Problem> {
        if let Msg::Engines(engines::Msg::Launched { .. } | engines::Msg::Stopped { .. }) = &msg {
            // Not only when the next look is due.
            self.world.runs.look();
        }
        let env = self.env();
        for effect in update(&mut self.model, msg, &env) {
            self.perform(effect, terminal)?;
        }
        Ok(())
    }

    fn perform(&mut self, effect: Effect, terminal: &mut Terminal) -> Result<(), Problem> {
        match effect {
            Effect::Quit { stop } => self.leaving = Some(stop),
            Effect::Suspend => self.suspend(terminal)?,
            Effect::Redraw => {
                terminal.clear().map_err(|error| no_terminal(&error))?;
                self.model.dirty = true;
            }
            Effect::CaptureMouse(on) => terminal.capture_mouse(on).map_err(|error| no_terminal(&error))?,
            // The root has carried it out.
            Effect::Talk(_) | Effect::Start(_) | Effect::ShowModels => {}
            Effect::Copy(text) => copy::copy(text, terminal, &self.world, &self.world.clipboard),
            Effect::SampleHz(hz) => self.world.sample_at(hz),
            Effect::Watch(watch) => self.world.gauges.set(&watch),
            Effect::Sleep { run, wake } => effects::sleep::run(run, wake, &self.world),
            Effect::SaveSetting { key, value } => settings::save(key, value, &self.world),
            Effect::Card(effect) => effects::card::run(effect, &self.world),
            Effect::Models(effect) => effects::models::run(effect, &self.world),
            Effect::Engines(effect) => effects::engines::run(effect, &self.world),
            Effect::Chat(effect) => effects::chat::run(effect, &self.world),
            Effect::Scores(family, effect) => effects::scores::run(family, effect, &self.world),
            Effect::Tools(effect) => effects::tools::run(effect, &self.world),
            Effect::Structured(effect) => effects::structured::run(effect, &self.world),
            Effect::Lab(effect) => effects::lab::run(effect, &self.world),
        }
        Ok(())
    }

    fn signal(&mut self, asked: Asked, terminal: &mut Terminal) -> Result<(), Problem> {
        match asked {
            Asked::End => self.take(Msg::Terminate, terminal),
            Asked::Suspend => self.suspend(terminal),
            Asked::Continued => self.resume(terminal),
        }
    }

    fn suspend(&mut self, terminal: &mut Terminal) -> Result<(), Problem> {
        terminal.release();
        signals::stop_here();
        self.resume(terminal)
    }

    fn resume(&mut self, terminal: &mut Terminal) -> Result<(), Problem> {
        terminal.retake().map_err(|error| no_terminal(&error))?;
        self.model.dirty = true;
        Ok(())
    }

    fn probed(&mut self, answer: probe::Answer, terminal: &mut Terminal) -> Result<(), Problem> {
        if answer.enhanced {
            terminal.enhance_keys().map_err(|error| no_terminal(&error))?;
            self.model.shared.enhanced_keys = true;
            self.model.dirty = true;
        }
        for key in answer.typed {
            self.urgent = true;
            self.take(Msg::Key(key), terminal)?;
        }
        Ok(())
    }

    /// Takes in what the terminal said. A terminal that is gone ends the deck.
    fn terminal(&mut self, event: Option<io::Result<Event>>, terminal: &mut Terminal) -> Result<(), Problem> {
        let Some(Ok(event)) = event else {
            return self.take(Msg::Terminate, terminal);
        };
        match input::message(event) {
            Some(msg) => {
                self.urgent = true;
                self.take(msg, terminal)
            }
            None => Ok(()),
        }
    }

    fn tick(&mut self, terminal: &mut Terminal) -> Result<(), Problem> {
        let env = self.env();
        if self.model.wants_tick(&env).is_some_and(|due| due <= env.uptime) {
            self.take(Msg::Tick, terminal)?;
        }
        Ok(())
    }

    /// When the next frame or tick is due, if any is.
    fn deadline(&self) -> Option<Instant> {
        let frame = self.model.dirty.then(|| self.frame_due());
        let tick = self.model.wants_tick(&self.env()).map(|uptime| self.started + uptime);
        [frame, tick].into_iter().flatten().min()
    }

    fn frame_due(&self) -> Instant {
        let gap = if self.urgent { URGENT_FRAME } else { FRAME };
        self.drawn.map_or(self.started, |drawn| drawn + gap)
    }

    fn may_draw(&self) -> bool {
        self.leaving.is_none() && self.model.dirty && self.frame_due() <= Instant::now()
    }

    fn draw(&mut self, terminal: &mut Terminal) -> Result<(), Problem> {
        if self.theme.name != self.model.shared.theme {
            self.theme = self.gallery.theme(&self.model.shared.theme);
            self.model.shared.theme.clone_into(&mut self.theme.name);
        }
        let env = self.env();
        let (model, theme, ascii, cache) = (&self.model, &self.theme, self.ascii, &mut self.cache);
        let mut seen = None;
        let mut size = (0, 0);
        let drawn = terminal.draw(|frame| {
            size = (frame.area().width, frame.area().height);
            let (found, cursor) = crate::ui::view(model, &env, theme, ascii, cache, frame.buffer_mut());
            if let Some(cursor) = cursor {
                frame.set_cursor_position(cursor);
            }
            seen = Some(found);
        });
        drawn.map_err(|error| no_terminal(&error))?;
        self.model.shared.seen = seen.unwrap_or_default();
        self.model.shared.size = size;
        self.model.dirty = false;
        self.urgent = false;
        self.drawn = Some(Instant::now());
        Ok(())
    }
}

async fn sleep_until(deadline: Option<Instant>) {
    if let Some(deadline) = deadline {
        tokio::time::sleep_until(deadline.into()).await;
    }
}
