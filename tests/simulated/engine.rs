//! Starts engines, speaks to them, and ends them whatever happens.

use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How long anything may take.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A running engine; killed when dropped.
pub struct Engine {
    child: Child,
    pub url: String,
    pub http: reqwest::Client,
    log: Arc<Mutex<String>>,
    _home: tempfile::TempDir,
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn spawn(port: u16, dialect: &str, args: &[&str], script: &str, env: &[(&str, &str)]) -> Engine {
    // Once a process; later calls find it done.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("script.toml");
    std::fs::write(&path, script).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_vramdeck"));
    command.args(["simulate", "--model", "demo-0.5B", "--dialect", dialect, "--port", &port.to_string()]);
    command.arg("--script").arg(&path).args(args).env("VRAMDECK_HOME", home.path()).env_remove("VRAMDECK_SIM_CARD");
    command.envs(env.iter().copied()).stderr(Stdio::piped()).stdin(Stdio::null()).stdout(Stdio::null());
    let mut child = command.spawn().unwrap();
    let log = Arc::new(Mutex::new(String::new()));
    let (errors, seen) = (child.stderr.take().unwrap(), Arc::clone(&log));
    std::thread::spawn(move || {
        let mut reader = BufReader::new(errors);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
            seen.lock().unwrap().push_str(&String::from_utf8_lossy(&line));
            line.clear();
        }
    });
    Engine { child, url: format!("http://127.0.0.1:{port}"), http: reqwest::Client::new(), log, _home: home }
}

/// An engine that is not waited for.
pub fn begin(dialect: &str, args: &[&str], script: &str, env: &[(&str, &str)]) -> Engine {
    spawn(free_port(), dialect, args, script, env)
}

pub fn begin_on(port: u16, dialect: &str, args: &[&str]) -> Engine {
    spawn(port, dialect, args, "", &[])
}

/// An engine that answers.
pub async fn ready(dialect: &str, args: &[&str], script: &str) -> Engine {
    let engine = begin(dialect, args, script, &[]);
    engine.until_ready(dialect).await;
    engine
}

impl Engine {
    pub async fn until_ready(&self, dialect: &str) {
        let path = if dialect == "ollama" { "/api/version" } else { "/health" };
        let end = Instant::now() + PATIENCE;
        loop {
            match self.http.get(format!("{}{path}", self.url)).send().await {
                Ok(answer) if answer.status() == 200 => return,
                _ => assert!(Instant::now() < end, "not ready: {}", self.log()),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    pub async fn until_log(&self, words: &str) {
        let end = Instant::now() + PATIENCE;
        while !self.log().contains(words) {
            assert!(Instant::now() < end, "no `{words}` in {}", self.log());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub fn pid(&self) -> i32 {
        self.child.id() as i32
    }

    pub fn signal(&self, signal: nix::sys::signal::Signal) {
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(self.pid()), signal).unwrap();
    }

    pub fn is_alive(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    pub async fn ended(&mut self) -> ExitStatus {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < end, "still alive: {}", self.log());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub async fn get(&self, path: &str) -> (u16, String) {
        let answer = self.http.get(format!("{}{path}", self.url)).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    pub async fn send(&self, path: &str, body: &Value) -> reqwest::Response {
        self.http.post(format!("{}{path}", self.url)).body(body.to_string()).send().await.unwrap()
    }

    /// Status and JSON of an answer.
    pub async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let answer = self.send(path, body).await;
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    /// The JSON values of a stream, without `[DONE]`, and whether that came.
    pub async fn stream(&self, path: &str, body: &Value) -> (Vec<Value>, bool) {
        let text = self.send(path, body).await.text().await.unwrap();
        let lines = text.lines().map(|line| line.trim_start_matches("data: ")).filter(|line| !line.is_empty());
        let (done, values): (Vec<&str>, Vec<&str>) = lines.partition(|line| *line == "[DONE]");
        (values.into_iter().map(|line| serde_json::from_str(line).expect(line)).collect(), !done.is_empty())
    }
}
