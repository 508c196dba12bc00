//! What the Chat screen asks of the world, and what the world answers, as plain data.

use super::stream::StreamId;
use super::target::{Added, KeyFrom};
use crate::base::{Problem, Reading};
use crate::lab::chat::{ConversationId, Image, Thumb, TurnId};
use crate::lab::sampling::Settings;
use crate::store::{Batch, ConversationSummary, Hit, LoadedConversation, PieceRow};
use crate::wire::{ChatRequest, DetectedEngine, Dialect, StreamEvent};
use std::path::PathBuf;
use std::sync::Arc;

/// A request for an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    /// The stream that will carry it.
    pub stream: StreamId,
    /// Base URL without `/v1`.
    pub base_url: String,
    /// The key.
    pub key: KeyFrom,
    /// Whose API it is.
    pub dialect: Dialect,
    /// The model name to send.
    pub model: String,
    /// Messages and fields; images are named, their bytes are put in when it leaves.
    pub request: ChatRequest,
    /// The turn of the answer.
    pub turn: TurnId,
}

/// An image to take in.
#[derive(Debug, Clone, PartialEq)]
pub struct Attach {
    /// The conversation it is for.
    pub conversation: ConversationId,
    /// The path, as typed or pasted.
    pub path: String,
    /// Whether it was pasted: a path where no image lies is then text.
    pub pasted: bool,
    /// Whom the conversation talks to, where that is known: base URL, key, dialect, model to send, model as started.
    pub whom: Option<(String, KeyFrom, Dialect, String, String)>,
}

/// An image that was taken in.
#[derive(Debug, Clone, PartialEq)]
pub struct Attached {
    /// The image.
    pub image: Image,
    /// Whether the model sees, or why that is not known.
    pub sees: Reading<bool>,
    /// What it costs at most, tokens, where the model's configuration tells.
    pub most_tokens: Option<u64>,
}

/// One thing to write to the database.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// Conversations and turns.
    Batch(Batch),
    /// Pieces of a turn being written.
    Pieces {
        /// The conversation.
        conversation: i64,
        /// The turn.
        turn: i64,
        /// What came, by position.
        pieces: Vec<PieceRow>,
    },
    /// What stands in a composer.
    Draft {
        /// The conversation.
        conversation: i64,
        /// The text; empty forgets it.
        text: String,
    },
    /// A message that was sent, for the history.
    Input {
        /// The text.
        text: String,
        /// Seconds since the Unix epoch.
        at: f64,
    },
    /// A small value.
    Value {
        /// Its name.
        key: &'static str,
        /// The value.
        value: String,
    },
    /// Delete a conversation.
    Delete(i64),
}

/// A wish.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Read what is needed at start; answered by [`Msg::Started`].
    Start,
    /// Read a conversation; answered by [`Msg::Loaded`].
    Load(ConversationId),
    /// Write, in this order; answered by [`Msg::Written`].
    Write {
        /// Comes back with the answer.
        ticket: u64,
        /// What to write.
        writes: Vec<Write>,
    },
    /// Search all conversations; answered by [`Msg::SearchFound`].
    Search {
        /// Comes back with the answer.
        generation: u64,
        /// What to look for.
        query: String,
    },
    /// Ask an engine; answered by [`Msg::Streamed`].
    Ask(Box<Ask>),
    /// Close the connection of a stream, which makes the engine stop.
    Cancel(StreamId),
    /// Ask an endpoint who it is; answered by [`Msg::Detected`].
    Detect {
        /// Base URL without `/v1`.
        base_url: String,
        /// The key.
        key: KeyFrom,
    },
    /// Take an image in and say whether the model sees; answered by [`Msg::Attached`].
    Attach(Box<Attach>),
    /// Read an image as it is drawn; answered by [`Msg::Previewed`].
    Preview(Image),
    /// Keep the added endpoints.
    SaveEndpoints(Vec<Added>),
    /// Keep a preset of sampling settings; answered by [`Msg::Presets`].
    SavePreset {
        /// Its name.
        name: String,
        /// What it sets.
        settings: Settings,
    },
    /// Delete a preset of the person's; answered by [`Msg::Presets`].
    DeletePreset(String),
    /// Write an export to a file and say where.
    Export {
        /// File name.
        name: String,
        /// What is in it.
        text: String,
    },
}

/// What was read at start.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Started {
    /// All conversations, last changed first.
    pub conversations: Vec<ConversationSummary>,
    /// The conversation in front last time.
    pub last: Option<LoadedConversation>,
    /// Its draft, or that of the conversation not begun.
    pub draft: String,
    /// Messages sent, oldest first.
    pub inputs: Vec<String>,
    /// The sampling settings last used, as JSON.
    pub sampling: Option<String>,
    /// Endpoints added by the person.
    pub endpoints: Vec<Added>,
    /// Presets: name, settings, whether it ships with vramdeck.
    pub presets: Vec<Preset>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// Sampling settings with a name.
#[derive(Debug, Clone, PartialEq)]
pub struct Preset {
    /// The name.
    pub name: String,
    /// What it sets.
    pub settings: Settings,
    /// Whether it ships with vramdeck and cannot be deleted.
    pub shipped: bool,
}

/// What comes back.
#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    /// What was read at start.
    Started(Box<Started>),
    /// A conversation was read.
    Loaded {
        /// Which.
        conversation: ConversationId,
        /// The conversation, where it is there, and its draft.
        result: Result<Option<Box<LoadedConversation>>, Problem>,
        /// What stood in its composer.
        draft: String,
    },
    /// A write is done.
    Written {
        /// Which.
        ticket: u64,
        /// How it went.
        result: Result<(), Problem>,
    },
    /// A search is done.
    SearchFound {
        /// Which.
        generation: u64,
        /// What was found.
        result: Result<Vec<Hit>, Problem>,
    },
    /// More of an answer. The last one of a stream carries `Done` or `Failed`, or says that it ended.
    Streamed {
        /// Which stream.
        stream: StreamId,
        /// Events with the seconds since the request left.
        events: Vec<(f64, StreamEvent)>,
        /// Whether nothing more will come.
        over: bool,
    },
    /// An endpoint said who it is.
    Detected {
        /// Base URL without `/v1`.
        base_url: String,
        /// What it said.
        result: Result<DetectedEngine, Problem>,
    },
    /// An image was taken in, or could not be.
    Attached {
        /// What was asked.
        asked: Box<Attach>,
        /// What came of it.
        result: Result<Box<Attached>, Problem>,
    },
    /// An image as it is drawn; none where it cannot be read.
    Previewed {
        /// The name it is kept under.
        file: String,
        /// The image.
        thumb: Option<Arc<Thumb>>,
    },
    /// What the images of an answer's prompt took, tokens.
    ImageTokens {
        /// The conversation.
        conversation: ConversationId,
        /// The answer.
        turn: TurnId,
        /// The tokens.
        tokens: u64,
    },
    /// The presets there are now.
    Presets(Result<Vec<Preset>, Problem>),
    /// An export was written.
    Exported(Result<PathBuf, Problem>),
}
