//! The start: port, script, and memory in stages.

use super::card::Holding;
use super::engine::Engine;
use super::log::Log;
use crate::base::Bytes;
use crate::engines::simulated::logs::{Failure, Note};
use crate::engines::simulated::memory::plan;
use crate::engines::simulated::script::Fault;
use crate::engines::simulated::{Config, SimDialect};
use std::net::ToSocketAddrs;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpSocket};

/// In how many steps weights arrive, and how many parts the log counts.
const STEPS: u64 = 20;
const SHARDS: u64 = 4;

/// A port that is taken but not listened to yet.
pub struct Early(TcpSocket);

impl Early {
    /// llama-server and Ollama listen before a model is loaded; vLLM does not.
    pub fn listen_if_early(self, config: &Config) -> Result<(Option<TcpSocket>, Option<TcpListener>), String> {
        match config.dialect {
            SimDialect::Vllm => Ok((Some(self.0), None)),
            _ => self.0.listen(1024).map(|listener| (None, Some(listener))).map_err(|error| error.to_string()),
        }
    }
}

/// Everything before loading: delay, first lines, faults of the configuration, the port.
pub async fn begin(config: &Config, log: &Log) -> Result<Early, Failure> {
    pause(config.script.start_delay).await;
    log.say(&Note::Simulated);
    if config.script.control_sequences {
        log.say(&Note::Raw("\x1b[31mred\x1b[0m \x1b]0;title\x07 \u{9b}31m end".to_owned()));
    }
    let at_once = [Fault::BadFlag, Fault::PortInUse, Fault::ModelMissing, Fault::UnknownArchitecture];
    if let Some(fault) = config.script.fail.filter(|fault| at_once.contains(fault)) {
        return Err(Failure::Scripted(fault));
    }
    let early = bind(config).map_err(Failure::Port)?;
    log.say(&Note::Accepted);
    Ok(Early(early))
}

fn bind(config: &Config) -> Result<TcpSocket, String> {
    let found = (config.host.as_str(), config.port).to_socket_addrs().map_err(|error| error.to_string())?.next();
    let address = found.ok_or("no such host")?;
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() };
    let socket = socket.map_err(|error| error.to_string())?;
    socket.set_reuseaddr(true).map_err(|error| error.to_string())?;
    socket.bind(address).map_err(|error| error.to_string())?;
    // Two sockets may be bound under reuse; only one may be connected to.
    if std::net::TcpStream::connect_timeout(&address, Duration::from_millis(200)).is_ok() {
        return Err("address already in use".to_owned());
    }
    Ok(socket)
}

/// Loads the model; the Ollama dialect loads on request instead.
pub async fn load(engine: &Engine) -> Result<(), Failure> {
    let config = &engine.config;
    if config.dialect == SimDialect::Ollama {
        return match config.script.fail {
            Some(fault) => Err(Failure::Scripted(fault)),
            None => Ok(()),
        };
    }
    let holding = engine.card.hold(&config.served).map_err(|problem| Failure::Port(problem.to_string()))?;
    let tokens = take(engine, config, &holding).await?;
    engine.keep(holding, tokens);
    Ok(())
}

/// Takes the memory of one model in stages and gives the tokens its cache holds.
pub async fn take(engine: &Engine, config: &Config, holding: &Holding) -> Result<u64, Failure> {
    let (script, log) = (&config.script, &engine.log);
    let stages = plan(config, engine.card.memory()).map_err(Failure::Shortage)?;
    if let Some(fault @ (Fault::OutOfMemory | Fault::TruncatedWeights)) = script.fail {
        log.say(&Note::Loading);
        return Err(Failure::Scripted(fault));
    }
    holding.grow(stages.context)?;
    log.say(&Note::Loading);
    let began = Instant::now();
    log.say(&Note::Progress(0, SHARDS, 0.0));
    for step in 1..=STEPS {
        if script.stall_load_at.is_some_and(|share| step as f64 / STEPS as f64 > share) {
            std::future::pending::<()>().await;
        }
        pause(config.load_seconds / STEPS as f64).await;
        holding.grow(Bytes(stages.weights.0 * step / STEPS - stages.weights.0 * (step - 1) / STEPS))?;
        if step.is_multiple_of(STEPS / SHARDS) {
            log.say(&Note::Progress(step * SHARDS / STEPS, SHARDS, began.elapsed().as_secs_f64()));
        }
    }
    log.say(&Note::Loaded(stages.weights, began.elapsed().as_secs_f64()));
    if script.fail == Some(Fault::KvTooSmall) {
        return Err(Failure::Scripted(Fault::KvTooSmall));
    }
    log.say(&Note::Cache(stages.kv, stages.kv_tokens));
    holding.grow(stages.kv)?;
    holding.grow(stages.rest)?;
    log.say(&Note::Rest(stages.rest));
    Ok(stages.kv_tokens)
}

/// Waits; not at all for zero.
pub async fn pause(seconds: f64) {
    if let Ok(time) = Duration::try_from_secs_f64(seconds)
        && !time.is_zero()
    {
        tokio::time::sleep(time).await;
    }
}
