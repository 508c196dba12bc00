//! What runs when a model calls, run: programs of the user's, requests, tools of MCP servers; and the user's folder of tools.
//!
//! Nothing here asks a person: whoever calls [`run`] has a yes to [`Plan::lines`].

mod child;
mod folder;
mod http;
mod mcp;
mod process;

pub use folder::{delete, folder, own, save, save_server, servers, servers_file, tools_folder};
pub use http::{Sent, request};
pub use mcp::{Connection, Running, Servers};
pub use process::process;

use super::run::{Outcome, Plan, Use};

/// Does what a plan says, within its limits; the one way from a call to the world. It needs a Tokio runtime. Dropping the
/// future ends what runs. A tool of an MCP server is called only where the server was started before.
pub async fn run(plan: &Plan, servers: &Servers) -> Outcome {
    let limits = plan.limits;
    match &plan.uses {
        Use::Known(text) => Outcome::Answered(text.clone().into_bytes()),
        Use::Process { argv, stdin } => process(argv, stdin.as_deref(), limits).await,
        Use::Request { method, url, headers, body } => {
            request(Sent { method, url, headers, body: body.as_deref() }, limits).await
        }
        Use::Mcp { server, tool, arguments } => servers.call(server, tool, arguments, limits).await,
    }
}
