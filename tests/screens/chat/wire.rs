//! Requests over real sockets: what comes reaches the state, what is stopped is closed.

use crate::openai::{Answer, Server, delta};
use serde_json::json;
use std::time::Duration;
use tokio::sync::mpsc;
use vramdeck::app::Msg;
use vramdeck::app::screens::chat::target::KeyFrom;
use vramdeck::app::screens::chat::{Ask, Attach, Effect, Msg as Chat, StreamId};
use vramdeck::lab::chat::{Conversation, ConversationId, TurnId};
use vramdeck::runtime::effects::chat::{Handles, perform, start};
use vramdeck::runtime::world::Common;
use vramdeck::store::{GeneralSettings, Paths};
use vramdeck::wire::{ChatRequest, Dialect, StreamEvent};

struct World {
    _home: tempfile::TempDir,
    common: Common,
    handles: Handles,
    messages: mpsc::Receiver<Msg>,
}

impl World {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        let settings = GeneralSettings::load(&paths).unwrap().value;
        let (tx, messages) = mpsc::channel(64);
        let common = Common::new(paths, None, settings, tx).unwrap();
        let handles = start(&common);
        Self { _home: home, common, handles, messages }
    }

    fn perform(&self, effect: Effect) {
        perform(effect, &self.common, &self.handles);
    }

    fn ask(&self, server: &Server, generation: u64, key: KeyFrom) -> StreamId {
        let stream = StreamId { conversation: ConversationId(1), generation };
        let ask = Ask {
            stream,
            base_url: server.url(),
            key,
            dialect: Dialect::OpenAi,
            model: "m".into(),
            request: ChatRequest { messages: Vec::new(), fields: Vec::new(), stream: true },
            turn: TurnId(1),
        };
        self.perform(Effect::Ask(Box::new(ask)));
        stream
    }

    async fn next(&mut self) -> Chat {
        match tokio::time::timeout(Duration::from_secs(20), self.messages.recv()).await.expect("in time") {
            Some(Msg::Chat(msg)) => msg,
            other => panic!("{other:?}"),
        }
    }

    /// The text that comes, until it is over or has this many letters.
    async fn text(&mut self, stream: StreamId, letters: usize) -> (String, bool) {
        let mut text = String::new();
        loop {
            let Chat::Streamed { stream: from, events, over } = self.next().await else { continue };
            assert_eq!(from, stream);
            for (_, event) in events {
                match event {
                    StreamEvent::Delta(delta) => text.push_str(&delta.content),
                    StreamEvent::Failed(problem) => text.push_str(&problem.why),
                    _ => {}
                }
            }
            if over || text.chars().count() >= letters {
                return (text, over);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_reach_the_screen_and_a_stop_closes_the_socket() {
    let server = Server::start().await;
    let (answer, gate) = Answer::stream([delta("Hel"), delta("lo"), delta(" there")]).gated();
    server.on("/v1/chat/completions", answer);
    server.on("/v1/chat/completions", Answer::stream([delta("again")]));
    let mut world = World::new();
    let stream = world.ask(&server, 1, KeyFrom::Nowhere);
    gate.open(2);
    assert_eq!(world.text(stream, 5).await, ("Hello".to_owned(), false));
    world.perform(Effect::Cancel(stream));
    tokio::time::timeout(Duration::from_secs(20), server.left()).await.expect("the socket is closed");
    let other = world.ask(&server, 2, KeyFrom::Nowhere);
    assert_eq!(
        world.text(other, usize::MAX).await,
        ("again".to_owned(), true),
        "nothing of the stopped one comes late"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_is_not_there_is_said_and_nothing_is_sent() {
    let server = Server::start().await;
    let mut world = World::new();
    let stream = world.ask(&server, 1, KeyFrom::Env("VRAMDECK_TEST_NO_SUCH_KEY".into()));
    let (why, over) = world.text(stream, usize::MAX).await;
    assert!(over && why.contains("VRAMDECK_TEST_NO_SUCH_KEY"), "{why}");
    assert!(server.requests().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_written_is_read_at_the_next_start() {
    use vramdeck::app::screens::chat::Write;
    use vramdeck::lab::chat::Conversation;
    let mut world = World::new();
    let mut tree = Conversation::new(1_000.0);
    let turn = tree.add_user("remember me", 1_001.0);
    let writes = vec![
        Write::Batch(tree.batch_of(&[turn])),
        Write::Value { key: "last", value: tree.id.0.to_string() },
        Write::Draft { conversation: tree.id.0, text: "half".into() },
    ];
    world.perform(Effect::Write { ticket: 7, writes });
    assert_eq!(world.next().await, Chat::Written { ticket: 7, result: Ok(()) });
    world.perform(Effect::Search { generation: 3, query: "remem".into() });
    let Chat::SearchFound { generation: 3, result: Ok(hits) } = world.next().await else { panic!("no hits") };
    assert_eq!(hits[0].turn, turn.0);
    world.perform(Effect::Start);
    let Chat::Started(started) = world.next().await else { panic!("not started") };
    assert_eq!(started.problems, []);
    assert_eq!((started.last.unwrap().turns.len(), started.draft.as_str()), (1, "half"));
    assert!(!started.presets.is_empty());
}

/// A picture of two by three cells, as a file.
const GIF: &[u8] = b"GIF89a\x02\0\x03\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x02\0\x03\0\0\x02\x02\x04\x0a\0;";

#[tokio::test]
async fn an_image_is_taken_in_sent_and_counted() {
    let mut world = World::new();
    let server = Server::start().await;
    let file = world._home.path().join("a cat.gif");
    std::fs::write(&file, GIF).unwrap();
    server.on("/props", Answer::json(200, &json!({"modalities": {"vision": true}})));
    let whom = (server.url(), KeyFrom::Nowhere, Dialect::LlamaCpp, "m".to_owned(), "m".to_owned());
    let asked = Attach {
        conversation: ConversationId(1),
        path: file.to_string_lossy().into_owned(),
        pasted: true,
        whom: Some(whom),
    };
    world.perform(Effect::Attach(Box::new(asked)));
    let Chat::Attached { result: Ok(attached), .. } = world.next().await else { panic!("an image") };
    assert_eq!((attached.sees, attached.image.width), (Ok(true), 2));
    // What was attached stays when the file goes.
    std::fs::remove_file(&file).unwrap();
    let mut talk = Conversation::new(1.0);
    let turn = talk.add_user("what?", 2.0);
    talk.attach(turn, vec![attached.image]);
    let usage = json!({"choices": [], "usage": {"prompt_tokens": 300, "completion_tokens": 2}});
    server.on("/v1/chat/completions", Answer::stream([delta("a cat"), usage]));
    server.on("/apply-template", Answer::json(200, &json!({"prompt": "<user>what?"})));
    server.on("/tokenize", Answer::json(200, &json!({"tokens": [1, 2, 3, 4]})));
    let stream = StreamId { conversation: ConversationId(1), generation: 5 };
    let request = ChatRequest { messages: talk.request_messages(), fields: Vec::new(), stream: true };
    let ask = Ask {
        stream,
        base_url: server.url(),
        key: KeyFrom::Nowhere,
        dialect: Dialect::LlamaCpp,
        model: "m".into(),
        request,
        turn: TurnId(9),
    };
    world.perform(Effect::Ask(Box::new(ask)));
    let (text, over) = world.text(stream, 100).await;
    assert_eq!((text.as_str(), over), ("a cat", true));
    let Chat::ImageTokens { turn, tokens, .. } = world.next().await else { panic!("a count") };
    assert_eq!((turn, tokens), (TurnId(9), 296));
    let sent = server.requests();
    let chat = sent.iter().find(|one| one.path == "/v1/chat/completions").unwrap();
    let url = chat.body["messages"][0]["content"][0]["image_url"]["url"].as_str().unwrap();
    assert!(url.starts_with("data:image/gif;base64,R0lGODlh"), "{url}");
    let counted = sent.iter().find(|one| one.path == "/apply-template").unwrap();
    assert_eq!(counted.body["messages"][0]["content"], "what?");
}
