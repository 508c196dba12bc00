//! What a model read and wrote, asked of the engine that knows.

use super::Client;
use super::http::{self, PATIENCE};
use crate::base::{Problem, Reading, Unknown};
use crate::wire::raw::{self, Pieces, Prompt, Raw, Seen};
use crate::wire::{Dialect, Endpoint, Reply, fault};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde_json::{Value, json};

/// Most bytes of an answer.
const MOST: usize = 64 << 20;
/// Most tokens whose texts are asked for one by one.
const ONE_BY_ONE: usize = 512;
/// Questions that are out at a time for them.
const AT_ONCE: usize = 8;

impl Client {
    /// The prompt that the engine makes of a conversation, by its own template; `more` are further fields, such as
    /// `add_generation_prompt` or `chat_template_kwargs`.
    ///
    /// # Errors
    /// When the engine has no such route, cannot be asked, or refuses the conversation.
    pub async fn prompt(
        &self,
        endpoint: &Endpoint,
        messages: &[Value],
        tools: Option<&Value>,
        more: &[(String, Value)],
    ) -> Result<Prompt, Problem> {
        let request = raw::prompt_request(endpoint.dialect, &endpoint.model, messages, tools, more);
        let (path, body) = request.ok_or_else(|| routeless(endpoint, "makes of a conversation"))?;
        let answer = self.post(endpoint, path, &body).await?;
        if endpoint.dialect == Dialect::LlamaCpp {
            let text = answer.get("prompt").and_then(Value::as_str).unwrap_or_default().to_owned();
            let tokens = self.count_tokens(endpoint, &text).await.ok();
            return Ok(Prompt { text, tokens, basis: "llama-server's own template (/apply-template)" });
        }
        let text = self.text_of(endpoint, &raw::ids_in(&answer)).await?;
        Ok(Prompt { text, tokens: raw::count_in(&answer), basis: "vLLM's own template (/tokenize, /detokenize)" })
    }

    /// The prompt behind an answer, as far as the answer shows it (see [`raw::fields`]).
    pub async fn prompt_of(&self, endpoint: &Endpoint, reply: &Reply) -> Reading<Prompt> {
        let tokens = reply.usage.map(|usage| usage.prompt_tokens);
        if let Some(text) = &reply.seen.prompt {
            return Ok(Prompt { text: text.clone(), tokens, basis: "shown by llama-server with the answer" });
        }
        let ids = &reply.seen.prompt_ids;
        if ids.is_empty() {
            return Err(Unknown::because("the server did not show the prompt"));
        }
        let text = self.text_of(endpoint, ids).await;
        let text = text.map_err(|problem| Unknown::because(format!("the tokens cannot be read: {}", problem.why)))?;
        Ok(Prompt { text, tokens: Some(ids.len() as u64), basis: "the prompt's tokens by number, read by vLLM" })
    }

    /// How many tokens the engine counts in a text; special ones are read as such.
    ///
    /// # Errors
    /// When the engine has no such route or cannot be asked.
    pub async fn count_tokens(&self, endpoint: &Endpoint, text: &str) -> Result<u64, Problem> {
        let body = raw::tokens_request(endpoint.dialect, &endpoint.model, text);
        let body = body.ok_or_else(|| routeless(endpoint, "counts in a text"))?;
        let answer = self.post(endpoint, "/tokenize", &body).await?;
        raw::count_in(&answer).ok_or_else(|| unread(endpoint, "/tokenize", &answer))
    }

    /// The numbers of the tokens of a text; special ones are read as such.
    ///
    /// # Errors
    /// When the engine has no such route or cannot be asked.
    pub async fn token_ids(&self, endpoint: &Endpoint, text: &str) -> Result<Vec<u32>, Problem> {
        let body = raw::tokens_request(endpoint.dialect, &endpoint.model, text);
        let body = body.ok_or_else(|| routeless(endpoint, "takes for the tokens of a text"))?;
        let answer = self.post(endpoint, "/tokenize", &body).await?;
        Ok(raw::ids_in(&answer))
    }

    /// What the model wrote, as far as the answer shows it (see [`raw::fields`]).
    pub async fn raw_text(&self, endpoint: &Endpoint, reply: &Reply) -> Reading<Raw> {
        let seen = &reply.seen;
        if let Some(text) = &seen.text {
            return Ok(Raw { text: text.clone(), end: String::new(), basis: "shown by llama-server (verbose)" });
        }
        if seen.ids.is_empty() {
            return Err(Unknown::because(match reply.done {
                true => "the server did not show what the model wrote",
                false => "the answer is not whole",
            }));
        }
        let unknown = |problem: Problem| Unknown::because(format!("the tokens cannot be read: {}", problem.why));
        let end = if ends(reply, seen) { seen.ids.last().copied() } else { None };
        let ids = seen.ids.get(..seen.ids.len() - usize::from(end.is_some())).unwrap_or_default();
        let text = if ids.is_empty() { String::new() } else { self.text_of(endpoint, ids).await.map_err(unknown)? };
        let end = match end {
            Some(id) => self.text_of(endpoint, &[id]).await.map_err(unknown)?,
            None => String::new(),
        };
        Ok(Raw { text, end, basis: "the answer's tokens by number, read by vLLM (/detokenize)" })
    }

    /// The tokens of what the model wrote.
    pub async fn pieces(&self, endpoint: &Endpoint, reply: &Reply, raw: &Raw) -> Reading<Pieces> {
        if !reply.seen.ids.is_empty() {
            return self.one_by_one(endpoint, &reply.seen.ids, raw).await;
        }
        let logged = reply.choices.first().map(|choice| &choice.logprobs).filter(|all| !all.is_empty());
        let logged = logged.and_then(|all| raw::laid(&raw.text, all.iter().map(|one| one.token.clone())));
        if let Some(pieces) = logged {
            return Ok(Pieces { pieces, basis: "the tokens of the answer's log probabilities" });
        }
        let unknown = |problem: Problem| Unknown::because(format!("the tokens cannot be read: {}", problem.why));
        let body = raw::tokens_request(endpoint.dialect, &endpoint.model, &raw.text);
        let body = body.filter(|_| endpoint.dialect == Dialect::LlamaCpp);
        let body = body.ok_or_else(|| Unknown::because("the server does not show its tokens"))?;
        let answer = self.post(endpoint, "/tokenize", &body).await.map_err(unknown)?;
        let texts = raw::pieces_in(&answer).into_iter().map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let pieces = raw::laid(&raw.text, texts).ok_or_else(|| Unknown::because("its tokens are not that text"))?;
        Ok(Pieces { pieces, basis: "the text cut into tokens again by llama-server (/tokenize)" })
    }

    async fn one_by_one(&self, endpoint: &Endpoint, ids: &[u32], raw: &Raw) -> Reading<Pieces> {
        if ids.len() > ONE_BY_ONE {
            return Err(Unknown::because(format!("its {} tokens are more than are asked for one by one", ids.len())));
        }
        let each = |id: u32| {
            let (client, endpoint) = (self.clone(), endpoint.clone());
            async move { client.text_of(&endpoint, &[id]).await }
        };
        let all: Vec<_> = ids.iter().copied().map(each).collect();
        let texts: Vec<String> = stream::iter(all)
            .buffered(AT_ONCE)
            .try_collect()
            .await
            .map_err(|problem| Unknown::because(format!("a token cannot be read: {}", problem.why)))?;
        let whole = format!("{}{}", raw.text, raw.end);
        let pieces = raw::laid(&whole, texts).ok_or_else(|| Unknown::because("its tokens are not that text"))?;
        Ok(Pieces { pieces, basis: "the answer's tokens by number, each read by vLLM (/detokenize)" })
    }

    /// The text of tokens of vLLM.
    async fn text_of(&self, endpoint: &Endpoint, ids: &[u32]) -> Result<String, Problem> {
        let body = json!({"model": endpoint.model, "tokens": ids});
        let answer = self.post(endpoint, "/detokenize", &body).await?;
        let text = answer.get("prompt").and_then(Value::as_str).map(str::to_owned);
        text.ok_or_else(|| unread(endpoint, "/detokenize", &answer))
    }

    async fn post(&self, endpoint: &Endpoint, path: &str, body: &Value) -> Result<Value, Problem> {
        let url = format!("{}{path}", endpoint.base_url);
        let request = http::with_key(self.pools.of(&url)?.post(&url).timeout(PATIENCE).json(body), endpoint);
        let answer = request.send().await.map_err(|error| http::unsent(&url, &error))?;
        let answer = http::accepted(answer, endpoint, &url).await?;
        let body = http::start_of(answer, MOST).await;
        serde_json::from_slice(&body).map_err(|_| fault::not_an_answer(&url, "", &body))
    }
}

/// Whether the last token is one that ends an answer: it does unless the length or a text of the request did.
fn ends(reply: &Reply, seen: &Seen) -> bool {
    let finish = reply.choices.first().and_then(|choice| choice.finish.as_deref());
    !seen.stopped_by_text && finish.is_some_and(|finish| finish != "length")
}

fn routeless(endpoint: &Endpoint, what: &str) -> Problem {
    Problem::failed(
        format!("{} does not tell what it {what}", endpoint.dialect.title()),
        "only vLLM and llama-server have a route for it",
        "ask the engine itself, not a proxy before it",
    )
}

fn unread(endpoint: &Endpoint, path: &str, answer: &Value) -> Problem {
    fault::not_an_answer(&format!("{}{path}", endpoint.base_url), "", answer.to_string().as_bytes())
}
