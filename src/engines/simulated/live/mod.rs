//! The simulated engine as a process: it loads, listens, answers and ends.

mod boot;
mod card;
mod drive;
mod engine;
mod faults;
mod gate;
mod log;
mod native;
mod openai;
mod routes;
mod shelf;
mod stream;

use super::Config;
use super::logs::{Failure, Note, exit_code};
use engine::Engine;
use log::Log;
use std::sync::Arc;

pub use faults::straggle;

/// Runs an engine until it is told to stop, dies by its script, or cannot start. Gives its exit code.
pub fn run(config: Config) -> u8 {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let Ok(runtime) = runtime else { return 1 };
    let log = Log::new(config.clone());
    let code = runtime.block_on(life(config, &log));
    // Streams still open end with the process.
    runtime.shutdown_background();
    code
}

async fn life(config: Config, log: &Log) -> u8 {
    let ignores = config.script.ignore_sigterm;
    tokio::select! {
        code = serve(config, log) => code,
        () = faults::told_to_stop(ignores) => {
            log.say(&Note::Stopping);
            0
        }
    }
}

async fn serve(config: Config, log: &Log) -> u8 {
    let fail = |failure: Failure| {
        log.fail(&failure);
        exit_code(&config, &failure)
    };
    let early = match boot::begin(&config, log).await {
        Ok(early) => early,
        Err(failure) => return fail(failure),
    };
    let engine = match Engine::new(config.clone(), log.clone()) {
        Ok(engine) => Arc::new(engine),
        Err(why) => {
            log.say(&Note::Raw(why));
            return 1;
        }
    };
    let router = routes::router(&engine);
    let early = match early.listen_if_early(&config) {
        Ok((socket, Some(listener))) => {
            tokio::spawn(async move { axum::serve(listener, router.clone()).await });
            (socket, None)
        }
        Ok((socket, None)) => (socket, Some(router)),
        Err(why) => return fail(Failure::Port(why)),
    };
    if let Err(failure) = boot::load(&engine).await {
        return fail(failure);
    }
    let (socket, router) = early;
    let listener = match socket.map(|socket| socket.listen(1024)).transpose() {
        Ok(listener) => listener,
        Err(error) => return fail(Failure::Port(error.to_string())),
    };
    engine.be_ready();
    log.say(&Note::Listening);
    faults::begin(&engine.config);
    if let (Some(listener), Some(router)) = (listener, router) {
        tokio::spawn(async move { axum::serve(listener, router).await });
    }
    engine.watch().await
}
