//! The whole tree as versioned JSON, and back.

use crate::base::Problem;
use crate::lab::chat::{Conversation, ConversationId, Turn, TurnEnd, TurnId};
use serde::{Deserialize, Serialize};

/// Version of the format that is written.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Document {
    vramdeck_conversation: u32,
    title: String,
    system_prompt: String,
    model: Option<String>,
    endpoint: Option<String>,
    created_at: f64,
    updated_at: f64,
    leaf: Option<TurnId>,
    turns: Vec<Turn>,
}

#[derive(Deserialize)]
struct Version {
    vramdeck_conversation: u32,
}

/// The conversation with all its branches as JSON. Images are named by their hash; their bytes stay in the folder `images`
/// of the data folder.
pub fn to_json(conversation: &Conversation) -> String {
    let document = Document {
        vramdeck_conversation: VERSION,
        title: conversation.title.clone(),
        system_prompt: conversation.system_prompt.clone(),
        model: conversation.model.clone(),
        endpoint: conversation.endpoint.clone(),
        created_at: conversation.created_at,
        updated_at: conversation.updated_at,
        leaf: conversation.leaf(),
        turns: conversation.turns().cloned().collect(),
    };
    // Plain data with string keys: serialising it does not fail.
    serde_json::to_string_pretty(&document).unwrap_or_default()
}

/// A conversation from exported JSON, as a new one of identity `id`. A turn that was being written when it was exported
/// counts as cut off.
///
/// # Errors
/// When the text is not such JSON, of a newer version, or its turns are no tree.
pub fn from_json(text: &str, id: ConversationId) -> Result<Conversation, Problem> {
    let version: Version = serde_json::from_str(text).map_err(|error| unreadable(&error))?;
    if version.vramdeck_conversation > VERSION {
        return Err(Problem::failed(
            "the conversation cannot be imported",
            format!("its format is version {}; this vramdeck reads {VERSION}", version.vramdeck_conversation),
            "import it with the vramdeck that exported it, or a newer one",
        ));
    }
    let mut document: Document = serde_json::from_str(text).map_err(|error| unreadable(&error))?;
    for turn in document.turns.iter_mut().filter(|turn| turn.end == TurnEnd::Streaming) {
        turn.end = TurnEnd::Failed { why: "cut off: exported while it was being written".to_owned() };
    }
    let empty = Conversation {
        id,
        title: document.title,
        system_prompt: document.system_prompt,
        model: document.model,
        endpoint: document.endpoint,
        updated_at: document.updated_at,
        ..Conversation::new(document.created_at)
    };
    empty.with_turns(document.turns, document.leaf)
}

fn unreadable(error: &serde_json::Error) -> Problem {
    Problem::failed(
        "the conversation cannot be imported",
        format!("the file is not a conversation that vramdeck exported as JSON: {error}"),
        "give a file that `export as JSON` wrote",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::chat::{Choice, Image, Role, ToolCall, TurnFigures};
    use crate::lab::sampling::{Param, Setting, Settings};
    use crate::wire::{TokenLogprob, Usage};
    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;

    fn number() -> impl Strategy<Value = f64> {
        (-4000i32..4000).prop_map(|n| f64::from(n) / 64.0)
    }

    fn choice() -> impl Strategy<Value = Choice> {
        let call =
            ("\\PC{0,3}", "[a-z]{0,4}", "\\PC{0,8}").prop_map(|(id, name, arguments)| ToolCall { id, name, arguments });
        let logprob = ("\\PC{0,2}", number()).prop_map(|(token, logprob)| TokenLogprob {
            token: token.clone(),
            logprob,
            top: vec![(token, logprob)],
        });
        ("(?s).{0,20}", "\\PC{0,9}", vec(call, 0..2), vec(logprob, 0..2), option::of("[a-z]{1,5}")).prop_map(
            |(text, reasoning, tool_calls, logprobs, finish)| Choice {
                text,
                reasoning,
                tool_calls,
                logprobs,
                finish,
                images: vec![image()],
            },
        )
    }

    fn image() -> Image {
        let media = crate::lab::chat::image::Media::Png;
        Image { hash: "0".repeat(64), name: "a.png".into(), media, width: 2, height: 3, bytes: 4 }
    }

    fn settings() -> impl Strategy<Value = Settings> {
        let setting = prop_oneof![
            any::<bool>().prop_map(Setting::Switch),
            any::<i64>().prop_map(Setting::Whole),
            number().prop_map(Setting::Real),
            vec("\\PC{0,4}", 0..3).prop_map(Setting::Strings),
        ];
        setting.prop_map(|setting| Settings([(Param::Temperature, setting.clone()), (Param::Stop, setting)].into()))
    }

    fn end() -> impl Strategy<Value = TurnEnd> {
        prop_oneof![
            "[a-z]{0,5}".prop_map(|reason| TurnEnd::Finished { reason }),
            Just(TurnEnd::Cancelled),
            "\\PC{0,9}".prop_map(|why| TurnEnd::Failed { why }),
        ]
    }

    prop_compose! {
        fn turn()(
            role in prop_oneof![Just(Role::User), Just(Role::Assistant), Just(Role::Tool), Just(Role::System)],
            choices in vec(choice(), 1..4), chosen in any::<prop::sample::Index>(), end in end(),
            settings in option::of(settings()), model in option::of("\\PC{0,5}"), seconds in option::of(number()),
            counts in option::of((any::<u64>(), any::<u64>(), option::of(any::<u64>()))), created_at in number(),
            parent in option::of(any::<prop::sample::Index>()),
        ) -> (Turn, Option<prop::sample::Index>) {
            let usage = counts.map(|(prompt_tokens, completion_tokens, cached_tokens)|
                Usage { prompt_tokens, completion_tokens, cached_tokens, reasoning_tokens: None });
            let figures = TurnFigures { first_token_seconds: seconds, decode_seconds: seconds, usage, ..TurnFigures::default() };
            let chosen = chosen.index(choices.len());
            (Turn { id: TurnId(0), parent: None, role, choices, chosen, end, settings, model, figures, created_at }, parent)
        }
    }

    proptest! {
        #[test]
        fn an_export_imports_as_it_was(
            turns in vec(turn(), 0..12), title in "\\PC{0,9}", system_prompt in "(?s).{0,9}", leaf in any::<prop::sample::Index>()
        ) {
            let mut placed: Vec<Turn> = Vec::new();
            for (at, (turn, parent)) in turns.into_iter().enumerate() {
                let parent = parent.filter(|_| at > 0).map(|parent| placed[parent.index(at)].id);
                placed.push(Turn { id: TurnId(at as i64 * 7 + 1), parent, ..turn });
            }
            let leaf = (!placed.is_empty()).then(|| placed[leaf.index(placed.len())].id);
            let talk = Conversation { title, system_prompt, ..Conversation::new(12.5) }.with_turns(placed, leaf).unwrap();
            prop_assert_eq!(from_json(&to_json(&talk), talk.id).unwrap(), talk);
        }

        #[test]
        fn any_text_is_answered(text in "\\PC*") {
            let _ = from_json(&text, ConversationId(1));
        }
    }

    #[test]
    fn newer_and_foreign_files_are_told_apart() {
        let told = |text| from_json(text, ConversationId(1)).unwrap_err().why;
        assert!(told(r#"{"vramdeck_conversation": 2}"#).contains("version 2"));
        assert!(told("{}").contains("not a conversation"));
    }

    #[test]
    fn a_turn_being_written_comes_back_cut_off() {
        let mut talk = Conversation::new(1.0);
        talk.add_user("q", 2.0);
        let answer = talk.begin_answer(Settings::default(), "m", 3.0).unwrap();
        let back = from_json(&to_json(&talk), talk.id).unwrap();
        assert!(matches!(&back.turn(answer).unwrap().end, TurnEnd::Failed { why } if why.starts_with("cut off")));
    }
}
