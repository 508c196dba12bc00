//! The root of the state machine: it routes, the screens decide.

use crate::app::action::{Action, Global};
use crate::app::key::Key;
use crate::app::mouse::Gesture;
use crate::app::overlay::{Overlay, Picker};
use crate::app::screens::{card, chat, engines, lab, models, structured, tools};
use crate::app::seen::Target;
use crate::app::{Effect, Env, Model, Msg, ScreenId, reserve};
use crate::base::Problem;
use crate::lab::suite::Family;

mod overlays;

/// Takes one message into the model and answers with what is to be done.
pub fn update(model: &mut Model, msg: Msg, env: &Env) -> Vec<Effect> {
    let effects = match msg {
        Msg::Sample(sample) => on_sample(model, sample, env),
        Msg::Runs(runs) if runs == model.shared.runs => return Vec::new(),
        msg => {
            model.dirty = true;
            route(model, msg, env)
        }
    };
    model.overlays.extend(model.shared.ask.take());
    let mut effects = talk(model, effects, env);
    effects.extend(settle(model, env));
    effects.extend(watch(model));
    effects
}

/// Lets the screen in front see what has changed around it.
fn settle(model: &mut Model, env: &Env) -> Vec<Effect> {
    match model.screen {
        ScreenId::Models => models::settle(&mut model.models, &model.card, &model.shared, env),
        ScreenId::Tools => tools::settle(&mut model.tools, &model.chat, &model.shared),
        ScreenId::Structured => structured::settle(&mut model.structured, &model.chat, &model.shared),
        ScreenId::Lab => lab::settle(&mut model.lab, &model.chat, &model.shared),
        ScreenId::Card | ScreenId::Engines | ScreenId::Chat => Vec::new(),
    }
}

/// Says which runs are to be asked for their gauges, where that has changed; what was known of others goes.
fn watch(model: &mut Model) -> Option<Effect> {
    let watch = crate::app::gauges::wanted(model);
    if watch == model.shared.watch {
        return None;
    }
    model.shared.gauges.retain(|run, _| watch.runs.contains(run));
    model.shared.watch = watch.clone();
    Some(Effect::Watch(watch))
}

/// Carries out what one screen asks of another; all else is for the world.
fn talk(model: &mut Model, effects: Vec<Effect>, env: &Env) -> Vec<Effect> {
    let mut out = Vec::with_capacity(effects.len());
    for effect in effects {
        match effect {
            Effect::Talk(run) => {
                model.screen = ScreenId::Chat;
                out.extend(chat::talk_to(&mut model.chat, &run, &mut model.shared, env));
            }
            Effect::Start(filled) => {
                model.screen = ScreenId::Engines;
                out.extend(engines::open_filled(&mut model.engines, *filled, &model.shared));
            }
            Effect::ShowModels => model.screen = ScreenId::Models,
            effect => out.push(effect),
        }
    }
    out
}

fn route(model: &mut Model, msg: Msg, env: &Env) -> Vec<Effect> {
    match msg {
        Msg::Key(key) => on_key(model, key, env),
        Msg::Paste(text) => on_paste(model, &text, env),
        Msg::Mouse(gesture, x, y) => on_mouse(model, gesture, x, y, env),
        Msg::Resize(columns, rows) => {
            model.shared.size = (columns, rows);
            Vec::new()
        }
        Msg::Tick => {
            model.shared.toasts.expire(env.uptime);
            refresh(model, env)
        }
        Msg::Sample(_) => Vec::new(),
        Msg::Runs(runs) => {
            model.shared.runs = runs;
            refresh(model, env)
        }
        Msg::Gauges { run, live } => {
            if model.shared.watch.runs.contains(&run) {
                model.shared.gauges.insert(run, live);
            }
            Vec::new()
        }
        Msg::Info(text) => {
            model.shared.toasts.info(text, env.uptime);
            Vec::new()
        }
        Msg::Problem(problem) => {
            model.shared.toasts.problem(problem);
            Vec::new()
        }
        Msg::Terminate => vec![Effect::Quit { stop: Vec::new() }],
        Msg::Card(msg) => card::receive(&mut model.card, msg, &mut model.shared, env),
        Msg::Models(msg) => models::receive(&mut model.models, msg, &mut model.shared, env),
        Msg::Engines(msg) => engines::receive(&mut model.engines, msg, &mut model.shared, env),
        Msg::Chat(msg) => chat::receive(&mut model.chat, msg, &mut model.shared, env),
        Msg::Scores(Family::Tools, msg) => model.tools.scores.receive(msg, &mut model.shared),
        Msg::Scores(Family::Structured, msg) => model.structured.scores.receive(msg, &mut model.shared),
        Msg::Tools(msg) => tools::receive(&mut model.tools, msg, &mut model.shared, env),
        Msg::Structured(msg) => structured::receive(&mut model.structured, msg, &mut model.shared, env),
        Msg::Lab(msg) => lab::receive(&mut model.lab, msg, &mut model.shared, env),
    }
}

fn refresh(model: &mut Model, env: &Env) -> Vec<Effect> {
    let mut effects = card::refresh(&mut model.card, &mut model.shared, env);
    effects.extend(engines::refresh(&mut model.engines, &mut model.shared, env));
    effects.extend(chat::refresh(&mut model.chat, &mut model.shared, env));
    effects
}

fn on_sample(model: &mut Model, sample: std::sync::Arc<crate::gpu::Sample>, env: &Env) -> Vec<Effect> {
    let shared = &mut model.shared;
    let same = shared
        .sample
        .as_ref()
        .is_some_and(|old| old.cards == sample.cards && old.source == sample.source && old.problem == sample.problem);
    shared.history.push(&sample);
    let host_moved = shared.sample.as_ref().is_none_or(|old| old.host != sample.host);
    reserve::look(shared, &sample);
    shared.sample = Some(sample);
    if !same || (host_moved && model.screen == ScreenId::Card) {
        model.dirty = true;
        return refresh(model, env);
    }
    Vec::new()
}

fn on_key(model: &mut Model, key: Key, env: &Env) -> Vec<Effect> {
    let found = model.shared.keymap.find(&model.contexts(), key, model.typing());
    match found {
        Some(action) => act(model, action, env),
        None if !model.overlays.is_empty() => overlays::key(model, key, env),
        None => {
            let shared = &mut model.shared;
            match model.screen {
                ScreenId::Card => card::key(&mut model.card, key, shared, env),
                ScreenId::Models => models::key(&mut model.models, key, shared, env),
                ScreenId::Engines => engines::key(&mut model.engines, key, shared, env),
                ScreenId::Chat => chat::key(&mut model.chat, key, shared, env),
                ScreenId::Tools => tools::key(&mut model.tools, key, shared, env),
                ScreenId::Structured => structured::key(&mut model.structured, key, shared, env),
                ScreenId::Lab => lab::key(&mut model.lab, key, shared, env),
            }
        }
    }
}

fn on_paste(model: &mut Model, text: &str, env: &Env) -> Vec<Effect> {
    if !model.overlays.is_empty() {
        return overlays::paste(model, text);
    }
    let shared = &mut model.shared;
    match model.screen {
        ScreenId::Card => card::paste(&mut model.card, text, shared, env),
        ScreenId::Models => models::paste(&mut model.models, text, shared, env),
        ScreenId::Engines => engines::paste(&mut model.engines, text, shared, env),
        ScreenId::Chat => chat::paste(&mut model.chat, text, shared, env),
        ScreenId::Tools => tools::paste(&mut model.tools, text, shared, env),
        ScreenId::Structured => structured::paste(&mut model.structured, text, shared, env),
        ScreenId::Lab => lab::paste(&mut model.lab, text, shared, env),
    }
}

/// Carries out an action wherever it belongs; a screen's own action from the palette brings its screen to the front.
pub fn act(model: &mut Model, action: Action, env: &Env) -> Vec<Effect> {
    match action {
        Action::Global(action) => global(model, action, env),
        Action::Menu(action) => overlays::act(model, action, env),
        Action::Card(action) => {
            model.screen = ScreenId::Card;
            card::act(&mut model.card, action, &mut model.shared, env)
        }
        Action::Models(action) => {
            model.screen = ScreenId::Models;
            models::act(&mut model.models, action, &mut model.shared, env)
        }
        Action::Engines(action) => {
            model.screen = ScreenId::Engines;
            engines::act(&mut model.engines, action, &mut model.shared, env)
        }
        Action::Chat(action) => {
            model.screen = ScreenId::Chat;
            chat::act(&mut model.chat, action, &mut model.shared, env)
        }
        Action::Tools(action) => {
            model.screen = ScreenId::Tools;
            tools::act(&mut model.tools, action, &mut model.shared, env)
        }
        Action::Structured(action) => {
            model.screen = ScreenId::Structured;
            structured::act(&mut model.structured, action, &mut model.shared, env)
        }
        Action::Lab(action) => {
            model.screen = ScreenId::Lab;
            lab::act(&mut model.lab, action, &mut model.shared, env)
        }
    }
}

fn global(model: &mut Model, action: Global, env: &Env) -> Vec<Effect> {
    match action {
        Global::Quit => overlays::quit(model),
        Global::Help => push(model, Overlay::Help(Picker::default())),
        Global::Palette => push(model, Overlay::Palette(Picker::default())),
        Global::NextScreen => go(model, 1),
        Global::PreviousScreen => go(model, ScreenId::ALL.len() - 1),
        Global::Screen1 => show(model, ScreenId::Card),
        Global::Screen2 => show(model, ScreenId::Models),
        Global::Screen3 => show(model, ScreenId::Engines),
        Global::Screen4 => show(model, ScreenId::Chat),
        Global::Screen5 => show(model, ScreenId::Tools),
        Global::Screen6 => show(model, ScreenId::Structured),
        Global::Screen7 => show(model, ScreenId::Lab),
        Global::FocusNext => focus(model, true),
        Global::FocusPrevious => focus(model, false),
        Global::Theme => overlays::next_theme(model),
        Global::Themes => overlays::choose_theme(model),
        Global::Mouse => {
            model.shared.mouse = !model.shared.mouse;
            let text =
                if model.shared.mouse { "mouse: vramdeck's" } else { "mouse: the terminal's (select text freely)" };
            model.shared.toasts.info(text, env.uptime);
            vec![Effect::CaptureMouse(model.shared.mouse)]
        }
        Global::Redraw => vec![Effect::Redraw],
        Global::Suspend => vec![Effect::Suspend],
        Global::FasterSampling => sampling(model, true, env),
        Global::SlowerSampling => sampling(model, false, env),
        Global::RelieveByStop => reserve::stop(model, env),
        Global::RelieveBySleep => reserve::sleep(model, env),
        Global::Dismiss => {
            model.shared.toasts.dismiss_newest();
            Vec::new()
        }
        Global::Details => match newest_problem(model) {
            Some(problem) => push(model, Overlay::Problem { problem, offset: 0 }),
            None => Vec::new(),
        },
    }
}

/// The newest notice of a problem, else what the banner says.
fn newest_problem(model: &Model) -> Option<Problem> {
    let banner = model.shared.sample.as_ref().and_then(|sample| sample.problem.as_ref());
    model.shared.toasts.newest_problem().or(banner).cloned()
}

fn push(model: &mut Model, overlay: Overlay) -> Vec<Effect> {
    model.overlays.push(overlay);
    Vec::new()
}

fn show(model: &mut Model, screen: ScreenId) -> Vec<Effect> {
    model.screen = screen;
    Vec::new()
}

fn go(model: &mut Model, steps: usize) -> Vec<Effect> {
    let at = ScreenId::ALL.iter().position(|screen| *screen == model.screen).unwrap_or(0);
    show(model, ScreenId::ALL[(at + steps) % ScreenId::ALL.len()])
}

fn focus(model: &mut Model, forward: bool) -> Vec<Effect> {
    match model.screen {
        ScreenId::Card => card::focus(&mut model.card, forward),
        ScreenId::Models => models::focus(&mut model.models, forward),
        ScreenId::Engines => engines::focus(&mut model.engines, forward),
        ScreenId::Chat => chat::focus(&mut model.chat, forward),
        ScreenId::Tools => tools::focus(&mut model.tools, forward),
        ScreenId::Structured => structured::focus(&mut model.structured, forward),
        ScreenId::Lab => lab::focus(&mut model.lab, forward),
    }
    Vec::new()
}

/// The paces to choose from, in samples a second.
const PACES: [f64; 6] = [0.2, 0.5, 1.0, 2.0, 5.0, 10.0];

fn sampling(model: &mut Model, faster: bool, env: &Env) -> Vec<Effect> {
    let now = model.shared.sample_hz;
    let next = match faster {
        true => PACES.into_iter().find(|pace| *pace > now),
        false => PACES.into_iter().rev().find(|pace| *pace < now),
    };
    let Some(hz) = next else {
        let end = if faster { "it does not go faster" } else { "it does not go slower" };
        model.shared.toasts.info(format!("{}: {end}", pace(now)), env.uptime);
        return Vec::new();
    };
    model.shared.sample_hz = hz;
    model.shared.toasts.info(pace(hz), env.uptime);
    vec![Effect::SampleHz(hz), Effect::SaveSetting { key: "sample_hz", value: toml::Value::Float(hz) }]
}

fn pace(hz: f64) -> String {
    match hz {
        hz if hz < 1.0 => format!("a sample every {} s", 1.0 / hz),
        1.0 => "a sample a second".to_owned(),
        hz => format!("{hz} samples a second"),
    }
}

fn on_mouse(model: &mut Model, gesture: Gesture, x: u16, y: u16, env: &Env) -> Vec<Effect> {
    let mouse = model.point(gesture, x, y);
    match gesture {
        Gesture::Press => model.grabbed = mouse.hit.clone(),
        Gesture::Release => model.grabbed = None,
        _ => {}
    }
    let Some(hit) = &mouse.hit else { return Vec::new() };
    let pressed = gesture == Gesture::Press;
    match &hit.target {
        Target::Tab(screen) if pressed && model.overlays.is_empty() => show(model, *screen),
        Target::Act(action) if pressed => act(model, *action, env),
        Target::Toast(id) if pressed => {
            model.shared.toasts.dismiss(*id);
            Vec::new()
        }
        Target::OverlayRow(row) if !model.overlays.is_empty() => overlays::mouse(model, gesture, Some(*row), env),
        Target::Overlay => overlays::mouse(model, gesture, None, env),
        _ if !model.overlays.is_empty() => Vec::new(),
        Target::Card(target) => card::mouse(&mut model.card, &mouse, target, &mut model.shared, env),
        Target::Models(target) => models::mouse(&mut model.models, &mouse, target, &mut model.shared, env),
        Target::Engines(target) => engines::mouse(&mut model.engines, &mouse, target, &mut model.shared, env),
        Target::Chat(target) => chat::mouse(&mut model.chat, &mouse, target, &mut model.shared, env),
        Target::Tools(target) => tools::mouse(&mut model.tools, &mouse, target, &mut model.shared, env),
        Target::Structured(target) => structured::mouse(&mut model.structured, &mouse, target, &mut model.shared, env),
        Target::Lab(target) => lab::mouse(&mut model.lab, &mouse, target, &mut model.shared, env),
        _ => Vec::new(),
    }
}
