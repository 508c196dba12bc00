//! From options to a running deck and back to the shell.

use crate::app::keymap::Keymap;
use crate::app::model::{ScreenId, Shared};
use crate::app::{Model, Msg};
use crate::base::{Bytes, Problem};
use crate::gpu::History;
use crate::runtime::deck::Deck;
use crate::runtime::signals::Signals;
use crate::runtime::terminal::Terminal;
use crate::runtime::world::{Common, World};
use crate::store::{GeneralSettings, Paths};
use crate::ui::theme::{Depth, Gallery, Wishes, gallery};
use std::path::Path;
use std::time::Duration;
use tokio::sync::mpsc;

/// What the command line says about the deck; what it leaves out, the settings say.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Where files lie.
    pub paths: Option<Paths>,
    /// The demo scenario.
    pub demo: Option<String>,
    /// Name of the theme.
    pub theme: Option<String>,
    /// Draw with ASCII only.
    pub ascii: bool,
    /// Leave the mouse to the terminal.
    pub no_mouse: bool,
    /// Draw without colours.
    pub no_color: bool,
    /// Samples a second, 0.2 to 10.
    pub sample_hz: Option<f64>,
}

/// Messages that may wait; a full queue makes their senders wait.
const QUEUE: usize = 1024;

/// Runs the deck until it is left.
///
/// # Errors
/// When the terminal cannot be taken or drawn on.
pub fn run(options: &Options) -> Result<(), Problem> {
    let paths = match &options.paths {
        Some(paths) => paths.clone(),
        None => Paths::from_env()?,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(32)
        .thread_name("vramdeck")
        .enable_all()
        .build()
        .map_err(|error| Problem::failed("threads cannot be started", error.to_string(), "check `ulimit -u`"))?;
    let runtime = Unwaited(Some(runtime));
    runtime.0.as_ref().map_or(Ok(()), |runtime| runtime.block_on(fly(options, paths)))
}

/// A runtime whose end does not wait for threads that block, not even when a panic ends it: a deck that hangs after its
/// terminal is gone would be found by nobody.
struct Unwaited(Option<tokio::runtime::Runtime>);

impl Drop for Unwaited {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

async fn fly(options: &Options, paths: Paths) -> Result<(), Problem> {
    let loaded = GeneralSettings::load(&paths)?;
    let (settings, mut problems) = (loaded.value, loaded.problems);
    let sample_hz = options.sample_hz.unwrap_or(settings.sample_hz.0);
    let (tx, rx) = mpsc::channel(QUEUE);
    let world = World::open(Common::new(paths, options.demo.clone(), settings, tx)?, sample_hz)?;
    let signals = Signals::listen()?;
    let gallery = gallery(options, &world.paths.config.join("themes"), &mut problems);
    let model = model(options, &world, &gallery, &mut problems)?;
    let ascii = options.ascii || world.settings.ascii || !is_utf8();
    for problem in problems {
        world.tell(Msg::Problem(problem));
    }
    let terminal = Terminal::take(model.shared.mouse).map_err(|error| no_terminal(&error))?;
    Deck::new(model, gallery, ascii, world).fly(terminal, signals, rx).await
}

/// What to say when the terminal fails.
pub(super) fn no_terminal(error: &std::io::Error) -> Problem {
    Problem::failed(
        "the terminal cannot be used",
        error.to_string(),
        "run vramdeck in a terminal; `vramdeck gpu` and `vramdeck ps` need none",
    )
}

fn model(options: &Options, world: &World, gallery: &Gallery, problems: &mut Vec<Problem>) -> Result<Model, Problem> {
    let mut keymap = Keymap::shipped()?;
    let file = world.paths.config.join("keys.toml");
    if let Some(text) = read(&file, problems) {
        problems.extend(keymap.overlay(&text, &file.display().to_string()));
    }
    let themes = gallery.names();
    let theme = match (&options.theme, &world.settings.theme) {
        (Some(theme), _) | (None, theme) if themes.contains(theme) => theme.clone(),
        (Some(theme), _) => return Err(no_theme(theme, &themes, world)),
        (None, theme) => {
            problems.push(no_theme(theme, &themes, world));
            gallery::DEFAULT.to_owned()
        }
    };
    let shared = Shared {
        demo: world.demo.clone(),
        history: History::over(Duration::from_secs_f64(world.settings.history_minutes.0 * 60.0)),
        mouse: world.settings.mouse && !options.no_mouse,
        theme,
        themes,
        sample_hz: options.sample_hz.unwrap_or(world.settings.sample_hz.0),
        reserve: Bytes::from_gib(world.settings.reserve_gib.0),
        keymap,
        ..Shared::empty()
    };
    Ok(Model::new(shared, ScreenId::Card))
}

fn no_theme(theme: &str, themes: &[String], world: &World) -> Problem {
    Problem::usage(
        format!("there is no theme `{theme}`"),
        format!("there are: {}", themes.join(", ")),
        format!("your own go to {}", world.paths.config.join("themes").display()),
    )
}

fn gallery(options: &Options, folder: &Path, problems: &mut Vec<Problem>) -> Gallery {
    let var = |name: &str| std::env::var(name).ok();
    let (no_color, force, colorterm, term) = (var("NO_COLOR"), var("CLICOLOR_FORCE"), var("COLORTERM"), var("TERM"));
    let mut gallery = Gallery::shipped(Depth::decide(Wishes {
        no_color_flag: options.no_color,
        no_color: no_color.as_deref(),
        force: force.as_deref(),
        colorterm: colorterm.as_deref(),
        term: term.as_deref(),
    }));
    let mut files: Vec<_> = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    for file in files {
        let name = file.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if let Some(text) = read(&file, problems) {
            problems.extend(gallery.add(&name, &text, &file.display().to_string()));
        }
    }
    gallery
}

/// The text of a file of the user; a file that is not there is no problem.
fn read(file: &Path, problems: &mut Vec<Problem>) -> Option<String> {
    crate::store::files::read_text(file).unwrap_or_else(|problem| {
        problems.push(problem);
        None
    })
}

/// Whether the locale speaks UTF-8: the first of `LC_ALL`, `LC_CTYPE` and `LANG` that says anything decides; where
/// none does, it does.
fn is_utf8() -> bool {
    let said =
        ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
    said.is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}
