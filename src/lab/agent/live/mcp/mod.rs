//! Connections to MCP servers. Nothing here starts a server by itself: whoever calls [`Connection::open`] or
//! [`Servers::start`] has shown [`Server::lines`] to a person and got a yes.

mod bounded;
mod pool;
mod reach;

pub use pool::{Running, Servers};

use crate::base::Problem;
use crate::base::text::clean_line;
use crate::lab::agent::definition::Imported;
use crate::lab::agent::mcp::{Answered, Content, Server, answer, definitions};
use crate::lab::agent::run::{Limits, Outcome, cut};
use reach::{Line, Lost};
use rmcp::model::{CallToolRequestParams, CallToolResponse, ContentBlock, PaginatedRequestParams, ResourceContents};
use rmcp::service::{RunningService, ServiceError};
use rmcp::{RoleClient, model::ClientConfig};
use serde_json::{Map, Value};

/// Bytes of one message of a server.
pub(super) const MESSAGE: usize = 8 * 1024 * 1024;
/// Pages of a list of tools.
const PAGES: usize = 64;
/// Tools of a list.
const TOOLS: usize = 4096;
/// Bytes of what a server says that are told.
const TOLD: usize = 2048;

/// A server that is talked to. Dropping it closes the connection and ends a program that was started with all that it started.
#[derive(Debug)]
pub struct Connection {
    name: String,
    service: RunningService<RoleClient, ClientConfig>,
    line: Line,
}

impl Connection {
    /// Starts or reaches a server and greets it. To be called only after a yes to [`Server::lines`]. A program gets the few
    /// variables of the environment that every program needs and those of its entry, no others.
    ///
    /// # Errors
    /// When it cannot be started or reached, does not answer in time, or speaks no MCP; with the end of its standard error.
    pub async fn open(server: &Server, limits: Limits) -> Result<Self, Problem> {
        let name = clean_line(&server.name);
        let refuse = |why: String, detail: Vec<String>| {
            let hint = "look at its entry, and try the command or the address by hand";
            Problem::failed(format!("the MCP server {name} is not there"), why, hint).with_detail(detail)
        };
        let (line, greeting) = reach::open(server).map_err(|why| refuse(why, Vec::new()))?;
        match tokio::time::timeout(limits.time(), greeting).await {
            Ok(Ok(service)) => Ok(Self { name: server.name.clone(), service, line }),
            Ok(Err(why)) => {
                let (why, said) = line.lost(why).await;
                Err(refuse(why, said))
            }
            Err(_) => Err(refuse(format!("it did not answer within {} s", limits.seconds), line.said())),
        }
    }

    /// Whether it is still there.
    pub fn is_alive(&self) -> bool {
        !self.service.is_closed() && !self.service.is_transport_closed() && self.line.is_alive()
    }

    /// The tools that it lists, and what was left out or renamed.
    ///
    /// # Errors
    /// When it does not list them in time, or goes on without end.
    pub async fn tools(&self, limits: Limits) -> Result<Imported, Problem> {
        let refuse = |why: String, detail: Vec<String>| {
            let what = format!("the MCP server {} does not list its tools", clean_line(&self.name));
            Problem::failed(what, why, "start it again, or ask those who wrote it").with_detail(detail)
        };
        match tokio::time::timeout(limits.time(), self.pages()).await {
            Ok(Ok(listed)) => Ok(definitions(&self.name, &listed)),
            Ok(Err(why)) => {
                let (why, said) = self.line.lost(why).await;
                Err(refuse(why, said))
            }
            Err(_) => Err(refuse(format!("it did not answer within {} s", limits.seconds), self.line.said())),
        }
    }

    async fn pages(&self) -> Result<Vec<Value>, Lost> {
        let endless = |why: String| Lost { why, broken: false };
        let (mut out, mut cursor) = (Vec::new(), None);
        for _ in 0..PAGES {
            let page = PaginatedRequestParams::default().with_cursor(cursor);
            let listed = self.service.list_tools(Some(page)).await.map_err(|error| words(&error))?;
            out.extend(listed.tools.iter().filter_map(|tool| serde_json::to_value(tool).ok()));
            if out.len() > TOOLS {
                return Err(endless(format!("it lists more than {TOOLS} tools")));
            }
            match listed.next_cursor {
                Some(next) => cursor = Some(next),
                None => return Ok(out),
            }
        }
        Err(endless(format!("its list has more than {PAGES} pages")))
    }

    /// Calls a tool by the server's own name for it. Dropping the future tells the server that the call is given up.
    pub async fn call(&self, tool: &str, arguments: &Map<String, Value>, limits: Limits) -> Outcome {
        let params = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments.clone());
        match tokio::time::timeout(limits.time(), self.service.call_tool_once(params)).await {
            Ok(Ok(CallToolResponse::Complete(result))) => answer(&Answered {
                content: result.content.iter().map(content).collect(),
                structured: result.structured_content,
                error: result.is_error == Some(true),
            }),
            Ok(Ok(CallToolResponse::InputRequired(_))) => {
                Outcome::Failed("the server asks a person for more, which is not supported".to_owned())
            }
            Ok(Ok(_)) => Outcome::Failed("the server answers later, which is not supported".to_owned()),
            Ok(Err(error)) => {
                let (why, said) = self.line.lost(words(&error)).await;
                Outcome::Failed([vec![why], said].concat().join("\n"))
            }
            Err(_) => Outcome::TimedOut(limits.seconds),
        }
    }

    /// Closes the connection and gives a program a moment to end by itself.
    pub async fn close(mut self) {
        let moment = std::time::Duration::from_secs(1);
        let _ = self.service.close_with_timeout(moment).await;
        self.line.ended_within(moment).await;
    }
}

fn content(block: &ContentBlock) -> Content {
    let other = |what: &str, kind: &str, data: &str| Content::Other {
        what: what.to_owned(),
        kind: kind.chars().take(80).collect(),
        encoded: data.len(),
    };
    match block {
        ContentBlock::Text(text) => Content::Text(text.text.clone()),
        ContentBlock::Image(image) => other("image", &image.mime_type, &image.data),
        ContentBlock::Audio(audio) => other("sound", &audio.mime_type, &audio.data),
        ContentBlock::Resource(resource) => match &resource.resource {
            ResourceContents::TextResourceContents { text, .. } => Content::Text(text.clone()),
            ResourceContents::BlobResourceContents { mime_type, blob, .. } => {
                other("resource", mime_type.as_deref().unwrap_or("of no kind"), blob)
            }
            _ => other("resource", "of a kind that is not known", ""),
        },
        ContentBlock::ResourceLink(link) => Content::Link(link.uri.clone()),
        _ => other("something", "of a kind that is not known", ""),
    }
}

/// An error in words, what the server says itself cut; and whether the connection is broken by it.
fn words(error: &ServiceError) -> Lost {
    let (text, broken) = match error {
        ServiceError::McpError(error) => (error.message.to_string(), false),
        ServiceError::TransportClosed => ("the connection is closed".to_owned(), true),
        ServiceError::TransportSend(error) => (reach::transport(error), true),
        other => (other.to_string(), false),
    };
    Lost { why: cut(text.as_bytes(), TOLD).0, broken }
}
