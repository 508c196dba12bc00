//! A scripted server in the test's own process, on a loopback port, speaking just enough HTTP/1.1.
//!
//! ```ignore
//! #[path = "support/openai.rs"]
//! mod openai;
//! use openai::{Answer, Server, delta};
//!
//! let server = Server::start().await;                        // on the test's Tokio runtime
//! let (answer, gate) = Answer::stream([delta("Hel"), delta("lo")]).gated();
//! server.on("/v1/chat/completions", answer);                 // a further `on` queues; the last one stays
//! // … start the client against server.url() …
//! gate.open(1);                                              // lets the next piece out
//! server.left().await;                                       // returns once the client has hung up early
//! server.requests()[0].body["model"];                        // what was asked, in order
//! ```
//!
//! An answer is a head and a list of pieces. [`Answer::gated`] makes every piece wait for its gate.
//! [`Answer::cut`] ends the connection after the pieces without ending the body. [`Answer::silent`] never answers,
//! [`Answer::hang_up`] closes at once, [`Answer::endless`] repeats its last piece for as long as somebody reads;
//! [`Server::written`] counts the bytes that the client's side took. A path without an answer gets 404 in JSON.

use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    pub path: String,
    /// Names in lower case.
    pub headers: HashMap<String, String>,
    /// The body as JSON; null where it is none.
    pub body: Value,
}

/// Lets the pieces of a gated answer out.
#[derive(Debug, Clone)]
pub struct Gate(Arc<Semaphore>);

impl Gate {
    /// Lets so many more pieces out.
    pub fn open(&self, pieces: usize) {
        self.0.add_permits(pieces);
    }
}

/// What the server does with one request.
#[derive(Debug, Clone)]
pub struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    pieces: Vec<Vec<u8>>,
    end: End,
    gate: Option<Gate>,
    chunked: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    Whole,
    Cut,
    Endless,
    Silent,
    HangUp,
}

impl Answer {
    /// Any status, content type and body.
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("content-type".into(), content_type.into())],
            pieces: vec![body.into()],
            end: End::Whole,
            gate: None,
            chunked: false,
        }
    }

    /// A JSON body.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::new(status, "application/json", body.to_string())
    }

    /// Raw pieces of an event stream; each is one write, and one chunk on the wire.
    pub fn pieces<P: Into<Vec<u8>>>(pieces: impl IntoIterator<Item = P>) -> Self {
        let pieces = pieces.into_iter().map(Into::into).collect();
        Self { pieces, chunked: true, ..Self::new(200, "text/event-stream", "") }
    }

    /// An event stream of these payloads, one piece each, ended by `[DONE]` in the last piece.
    pub fn stream(payloads: impl IntoIterator<Item = Value>) -> Self {
        let mut pieces: Vec<String> = payloads.into_iter().map(|payload| format!("data: {payload}\n\n")).collect();
        pieces.push("data: [DONE]\n\n".into());
        Self::pieces(pieces)
    }

    /// Takes the request and never says a word.
    pub fn silent() -> Self {
        Self { end: End::Silent, ..Self::new(200, "", "") }
    }

    /// Takes the request and closes the connection.
    pub fn hang_up() -> Self {
        Self { end: End::HangUp, ..Self::new(200, "", "") }
    }

    /// Another header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Closes the connection after the pieces, in the middle of the body.
    pub fn cut(self) -> Self {
        Self { end: End::Cut, ..self }
    }

    /// Repeats the last piece until the client leaves.
    pub fn endless(self) -> Self {
        Self { end: End::Endless, ..self }
    }

    /// Every piece waits for the gate.
    pub fn gated(mut self) -> (Self, Gate) {
        let gate = Gate(Arc::new(Semaphore::new(0)));
        self.gate = Some(gate.clone());
        (self, gate)
    }

    fn head(&self) -> String {
        let mut head = format!("HTTP/1.1 {} Scripted\r\nconnection: close\r\n", self.status);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        match self.chunked {
            true => head.push_str("transfer-encoding: chunked\r\n\r\n"),
            false => {
                head.push_str(&format!("content-length: {}\r\n\r\n", self.pieces.iter().map(Vec::len).sum::<usize>()))
            }
        }
        head
    }

    fn framed(&self, piece: &[u8]) -> Vec<u8> {
        if !self.chunked {
            return piece.to_vec();
        }
        [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat()
    }
}

/// A chunk with a piece of content of choice 0.
pub fn delta(content: &str) -> Value {
    json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "tiny", "choices": [{"index": 0, "delta": {"content": content}, "finish_reason": null}]})
}

/// The chunk that finishes choice 0.
pub fn finish(reason: &str) -> Value {
    json!({"id": "chatcmpl-1", "model": "tiny", "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
}

/// The chunk with token counts.
pub fn usage(prompt: u64, completion: u64) -> Value {
    json!({"id": "chatcmpl-1", "model": "tiny", "choices": [], "usage": {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}})
}

/// The server; it ends with the runtime it was started on.
#[derive(Debug, Clone)]
pub struct Server {
    address: std::net::SocketAddr,
    shared: Arc<Shared>,
}

/// An answer made of the request.
#[derive(Clone)]
struct Made(Arc<dyn Fn(&Request) -> Answer + Send + Sync>);

impl std::fmt::Debug for Made {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Made")
    }
}

#[derive(Debug)]
struct Shared {
    made: Mutex<HashMap<String, Made>>,
    answers: Mutex<HashMap<String, VecDeque<Answer>>>,
    requests: Mutex<Vec<Request>>,
    left: watch::Sender<usize>,
    written: watch::Sender<usize>,
}

impl Server {
    /// Starts on a free loopback port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            answers: Mutex::default(),
            made: Mutex::default(),
            requests: Mutex::default(),
            left: watch::Sender::new(0),
            written: watch::Sender::new(0),
        });
        let server = Self { address, shared: Arc::clone(&shared) };
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, Arc::clone(&shared)));
            }
        });
        server
    }

    /// The base URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Adds an answer for a path; answers of a path are given in order, the last one again and again.
    pub fn on(&self, path: &str, answer: Answer) {
        self.shared.answers.lock().unwrap().entry(path.to_owned()).or_default().push_back(answer);
    }

    /// Answers a path by what is asked; goes before every other answer of the path.
    pub fn on_each(&self, path: &str, made: impl Fn(&Request) -> Answer + Send + Sync + 'static) {
        self.shared.made.lock().unwrap().insert(path.to_owned(), Made(Arc::new(made)));
    }

    /// The requests so far.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// Waits until a client has hung up before its answer was complete.
    pub async fn left(&self) {
        self.shared.left.subscribe().wait_for(|times| *times > 0).await.unwrap();
    }

    /// Waits until at least so many bytes of bodies were taken by clients' sides.
    pub async fn wrote(&self, bytes: usize) {
        self.shared.written.subscribe().wait_for(|written| *written >= bytes).await.unwrap();
    }

    /// Bytes of bodies that clients' sides took.
    pub fn written(&self) -> usize {
        *self.shared.written.borrow()
    }
}

impl Shared {
    fn answer(&self, request: &Request) -> Answer {
        let path = request.path.split('?').next().unwrap_or_default();
        let made = self.made.lock().unwrap().get(path).cloned();
        if let Some(Made(made)) = made {
            return made(request);
        }
        let mut answers = self.answers.lock().unwrap();
        match answers.get_mut(path) {
            Some(queue) if queue.len() > 1 => queue.pop_front().unwrap(),
            Some(queue) => queue[0].clone(),
            None => Answer::json(404, &json!({"detail": "Not Found"})),
        }
    }
}

async fn serve(mut socket: TcpStream, shared: Arc<Shared>) {
    let Some(request) = read(&mut socket).await else { return };
    let answer = shared.answer(&request);
    shared.requests.lock().unwrap().push(request);
    if !reply(&mut socket, &answer, &shared).await {
        shared.left.send_modify(|times| *times += 1);
    }
}

/// False when the client left before the end.
async fn reply(socket: &mut TcpStream, answer: &Answer, shared: &Shared) -> bool {
    match answer.end {
        End::HangUp => return true,
        End::Silent => return !gone(socket).await,
        _ => {}
    }
    if socket.write_all(answer.head().as_bytes()).await.is_err() {
        return false;
    }
    for piece in &answer.pieces {
        if !permitted(socket, answer).await || !write(socket, &answer.framed(piece), shared).await {
            return false;
        }
    }
    if answer.end == End::Endless {
        let piece = answer.framed(answer.pieces.last().unwrap());
        while permitted(socket, answer).await && write(socket, &piece, shared).await {}
        return false;
    }
    if answer.end == End::Whole && answer.chunked {
        return write(socket, b"0\r\n\r\n", shared).await;
    }
    true
}

/// Waits for the gate; false when the client left meanwhile.
async fn permitted(socket: &mut TcpStream, answer: &Answer) -> bool {
    let Some(Gate(gate)) = &answer.gate else { return true };
    tokio::select! {
        permit = gate.acquire() => { permit.unwrap().forget(); true }
        _ = gone(socket) => false,
    }
}

async fn write(socket: &mut TcpStream, bytes: &[u8], shared: &Shared) -> bool {
    if socket.write_all(bytes).await.is_err() {
        return false;
    }
    shared.written.send_modify(|written| *written += bytes.len());
    true
}

/// Waits until the client closes its side.
async fn gone(socket: &mut TcpStream) -> bool {
    let mut byte = [0];
    while matches!(socket.read(&mut byte).await, Ok(1..)) {}
    true
}

async fn read(socket: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let end = loop {
        if socket.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let headers: HashMap<String, String> =
        lines.filter_map(|line| line.split_once(": ")).map(|(n, v)| (n.to_ascii_lowercase(), v.to_owned())).collect();
    let length: usize = headers.get("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    while bytes.len() < end + length {
        if socket.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    Some(Request {
        method: first.next()?.to_owned(),
        path: first.next()?.to_owned(),
        headers,
        body: serde_json::from_slice(&bytes[end..]).unwrap_or_default(),
    })
}
