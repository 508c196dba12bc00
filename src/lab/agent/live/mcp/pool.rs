//! Connections by the names of their servers.

use super::Connection;
use crate::base::Problem;
use crate::lab::agent::definition::Imported;
use crate::lab::agent::mcp::Server;
use crate::lab::agent::run::{Limits, Outcome};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

type All = BTreeMap<String, Arc<Connection>>;

/// The servers that were started. Clones share them; with the last clone they end.
#[derive(Debug, Clone, Default)]
pub struct Servers {
    all: Arc<Mutex<All>>,
}

/// A server that was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// Its name.
    pub name: String,
    /// Whether it is still there.
    pub alive: bool,
}

impl Servers {
    /// No servers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts a server and gives its tools; one that runs under the same name is ended first. To be called only after a yes to
    /// [`Server::lines`]: that yes is for this start, so a server that has ended is not started again by a call.
    ///
    /// # Errors
    /// When it cannot be started or does not list its tools; it does not run then.
    pub async fn start(&self, server: &Server, limits: Limits) -> Result<Imported, Problem> {
        self.stop(&server.name).await;
        let connection = Connection::open(server, limits).await?;
        let tools = connection.tools(limits).await?;
        self.all().insert(server.name.clone(), Arc::new(connection));
        Ok(tools)
    }

    /// Ends a server; whether there was one. It gets a second to end by itself, unless a call is at work.
    pub async fn stop(&self, name: &str) -> bool {
        let gone = self.all().remove(name);
        let there = gone.is_some();
        if let Some(connection) = gone.and_then(|shared| Arc::try_unwrap(shared).ok()) {
            connection.close().await;
        }
        there
    }

    /// Ends all of them at once.
    pub fn stop_all(&self) {
        let gone = std::mem::take(&mut *self.all());
        drop(gone);
    }

    /// Those that were started, by name.
    pub fn running(&self) -> Vec<Running> {
        self.all().iter().map(|(name, one)| Running { name: name.clone(), alive: one.is_alive() }).collect()
    }

    /// The connection to a server.
    pub fn get(&self, name: &str) -> Option<Arc<Connection>> {
        self.all().get(name).cloned()
    }

    /// Calls a tool of a server that was started. None is started by it.
    pub async fn call(&self, name: &str, tool: &str, arguments: &Map<String, Value>, limits: Limits) -> Outcome {
        match self.get(name) {
            Some(connection) => connection.call(tool, arguments, limits).await,
            None => Outcome::Failed(format!("the MCP server {name} is not started")),
        }
    }

    fn all(&self) -> std::sync::MutexGuard<'_, All> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
