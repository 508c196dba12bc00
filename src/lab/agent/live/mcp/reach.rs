//! How a server is reached: a program over its standard input and output, or an address.

use super::MESSAGE;
use super::bounded::Bounded;
use crate::base::secret::is_secret_name;
use crate::lab::agent::live::child::{Group, drain};
use crate::lab::agent::mcp::{Reach, Server, Text};
use crate::wire::live::plain_client;
use reqwest::header::{HeaderName, HeaderValue};
use rmcp::model::{ClientCapabilities, ClientConfig, Implementation};
use rmcp::service::{ClientInitializeError, RunningService};
use rmcp::transport::DynamicTransportError;
use rmcp::transport::async_rw::AsyncRwTransport;
use rmcp::transport::streamable_http_client::{
    StreamableHttpClientTransport, StreamableHttpClientTransportConfig, StreamableHttpError,
};
use rmcp::{RoleClient, ServiceExt};
use std::collections::HashMap;
use std::pin::Pin;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::process::{Child, Command};

/// Variables of the environment that a server gets besides those of its entry: keys of this program are not among them.
const GIVEN: [&str; 24] = [
    "HOME",
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "LC_CTYPE",
    "LOGNAME",
    "PATH",
    "SHELL",
    "TERM",
    "TMPDIR",
    "TZ",
    "USER",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_RUNTIME_DIR",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];
/// How long a connection that broke waits to learn why.
const GRACE: Duration = Duration::from_millis(500);

pub(super) type Greeting = Pin<Box<dyn Future<Output = Result<RunningService<RoleClient, ClientConfig>, Lost>> + Send>>;

/// What went wrong.
#[derive(Debug)]
pub(super) struct Lost {
    /// In words.
    pub(super) why: String,
    /// The connection is no more, whose reason the program may tell.
    pub(super) broken: bool,
}

/// What there is to a connection besides its messages.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// Dropped first, so that the group is ended before its leader is waited for. It goes once the leader was seen to end: the
    /// number may then become somebody else's.
    group: Mutex<Option<Group>>,
    child: Option<Mutex<Child>>,
    errors: Arc<Mutex<Vec<u8>>>,
    flooded: Arc<AtomicBool>,
    /// Values that are never told, whoever writes them.
    secrets: Vec<String>,
}

impl Line {
    fn masked(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "***"))
    }

    pub(super) fn is_alive(&self) -> bool {
        self.exit().is_none()
    }

    fn exit(&self) -> Option<String> {
        let child = self.child.as_ref()?;
        let ended = match child.lock().unwrap_or_else(PoisonError::into_inner).try_wait() {
            Ok(None) => return None,
            Ok(Some(status)) => status.to_string(),
            Err(error) => error.to_string(),
        };
        self.group.lock().unwrap_or_else(PoisonError::into_inner).take();
        Some(ended)
    }

    /// Waits for the program to end by itself.
    pub(super) async fn ended_within(&self, time: Duration) {
        let begun = tokio::time::Instant::now();
        while self.child.is_some() && self.is_alive() && begun.elapsed() < time {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The last lines of its standard error.
    pub(super) fn said(&self) -> Vec<String> {
        let bytes = self.errors.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        lines.iter().skip(lines.len().saturating_sub(12)).map(|line| self.masked(line)).collect()
    }

    /// Why something went wrong, where the program's end or its flood is the reason, and its last words.
    pub(super) async fn lost(&self, lost: Lost) -> (String, Vec<String>) {
        if self.flooded.load(Ordering::Relaxed) {
            return (format!("it wrote a message of more than {MESSAGE} bytes and is no longer heard"), Vec::new());
        }
        if self.child.is_none() || !lost.broken {
            return (self.masked(&lost.why), Vec::new());
        }
        self.ended_within(GRACE).await;
        // Its last words may still be on their way.
        tokio::time::sleep(Duration::from_millis(50)).await;
        match self.exit() {
            Some(status) => (format!("the server ended: {status}"), self.said()),
            None => ("the server closed its output".to_owned(), self.said()),
        }
    }
}

/// Starts the program, or makes the address ready; the greeting is still to be awaited.
pub(super) fn open(server: &Server) -> Result<(Line, Greeting), String> {
    match &server.reach {
        Reach::Process { command, args, env, cwd } => process(command, args, env, cwd.as_ref()),
        Reach::Http { url, headers } => http(url, headers),
    }
}

fn client() -> ClientConfig {
    ClientConfig::new(ClientCapabilities::default(), Implementation::new("vramdeck", env!("CARGO_PKG_VERSION")))
}

fn process(
    program: &Text,
    args: &[Text],
    env: &[(String, Text)],
    cwd: Option<&Text>,
) -> Result<(Line, Greeting), String> {
    let mut command = Command::new(program.expose());
    command.args(args.iter().map(Text::expose)).process_group(0).kill_on_drop(true).env_clear();
    command.envs(GIVEN.iter().filter_map(|name| Some((*name, std::env::var_os(name)?))));
    command.envs(env.iter().map(|(name, value)| (name, value.expose())));
    if let Some(cwd) = cwd {
        command.current_dir(cwd.expose());
    }
    let looks = |name: &str, value: &str| is_secret_name(name) || value.len() >= 16 && !value.contains(['/', ' ']);
    let named = env.iter().filter(|(name, value)| looks(name, value.expose())).map(|(_, value)| value.expose());
    let put = args.iter().chain([program]).chain(env.iter().map(|(_, value)| value)).flat_map(|text| text.keys());
    let hidden = secrets(named.chain(put.map(String::as_str)));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| format!("{program} cannot be started: {error}"))?;
    let (input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let line = Line { group: Mutex::new(Some(Group::of(&child))), child: Some(Mutex::new(child)), ..Line::default() };
    let line = Line { secrets: hidden, ..line };
    let kept = Arc::clone(&line.errors);
    tokio::spawn(async move { drain(errors, &kept).await });
    let (Some(input), Some(output)) = (input, output) else { return Err(format!("{program} has no pipes")) };
    let output = Bounded::new(output, MESSAGE, Arc::clone(&line.flooded));
    let transport = AsyncRwTransport::new_client(output, input).with_max_line_length(MESSAGE.saturating_mul(2));
    Ok((line, Box::pin(async move { client().serve(transport).await.map_err(|error| initialised(&error)) })))
}

fn http(url: &Text, headers: &[(String, Text)]) -> Result<(Line, Greeting), String> {
    let client_of = plain_client(url.expose()).map_err(|problem| format!("{}: {}", problem.what, problem.why))?;
    let mut all = HashMap::new();
    for (name, value) in headers {
        let refuse = || format!("the header {name} cannot be sent");
        let mut text = HeaderValue::from_str(value.expose()).map_err(|_| refuse())?;
        text.set_sensitive(true);
        all.insert(HeaderName::from_bytes(name.as_bytes()).map_err(|_| refuse())?, text);
    }
    let config = StreamableHttpClientTransportConfig::with_uri(url.expose()).custom_headers(all);
    let config = config.max_sse_event_size(MESSAGE).reinit_on_expired_session(false);
    let greeting = async move {
        let transport = StreamableHttpClientTransport::with_client(client_of, config);
        client().serve(transport).await.map_err(|error| initialised(&error))
    };
    let query = url.expose().split_once('?').map(|(_, query)| query);
    let hidden = secrets(
        headers.iter().map(|(_, value)| value.expose()).chain(query).chain(url.keys().iter().map(String::as_str)),
    );
    Ok((Line { secrets: hidden, ..Line::default() }, Box::pin(greeting)))
}

/// Why a greeting failed.
fn initialised(error: &ClientInitializeError) -> Lost {
    let (why, broken) = match error {
        ClientInitializeError::ConnectionClosed(_) => ("the connection is closed".to_owned(), true),
        ClientInitializeError::TransportError { error, .. } => (transport(error), true),
        other => (other.to_string(), false),
    };
    Lost { why: why.chars().take(600).collect(), broken }
}

/// What went wrong on the way, without the names of types.
pub(super) fn transport(error: &DynamicTransportError) -> String {
    match error.error.downcast_ref::<StreamableHttpError<reqwest::Error>>() {
        Some(StreamableHttpError::Client(error)) => causes(error),
        _ => causes(error.error.as_ref()),
    }
}

/// An error with all its causes.
fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut out = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !out.contains(&text) {
            out.push_str(": ");
            out.push_str(&text);
        }
        cause = error.source();
    }
    out
}

/// What is too short to be a key is none; to mask it would hide words.
fn secrets<'a>(all: impl Iterator<Item = &'a str>) -> Vec<String> {
    all.filter(|text| text.len() >= 6).map(str::to_owned).collect()
}
