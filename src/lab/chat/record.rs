//! Conversations to rows of the database and back.

use super::pieces::fold_pieces;
use super::tree::Conversation;
use super::turn::*;
use crate::base::Problem;
use crate::store::{Batch, ConversationRow, LoadedConversation, LoadedTurn, TurnRow, TurnState};
use serde::{Serialize, de::DeserializeOwned};

impl Conversation {
    /// The conversation's own row.
    pub fn row(&self) -> ConversationRow {
        ConversationRow {
            id: self.id.0,
            title: self.title.clone(),
            system_prompt: self.system_prompt.clone(),
            model: self.model.clone(),
            endpoint: self.endpoint.clone(),
            leaf: self.leaf().map(|leaf| leaf.0),
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }

    /// Rows to write after some turns changed: the conversation and those turns.
    pub fn batch_of(&self, turns: &[TurnId]) -> Batch {
        let turns = turns.iter().filter_map(|id| self.turn(*id)).map(|turn| self.turn_row(turn)).collect();
        Batch { conversation: Some(self.row()), turns }
    }

    /// Rows of everything, for an import or after a write that failed.
    pub fn batch_of_all(&self) -> Batch {
        Batch { conversation: Some(self.row()), turns: self.turns().map(|turn| self.turn_row(turn)).collect() }
    }

    /// A conversation from its rows. Pieces not yet folded are put into their answers. The problem, when there is one,
    /// tells what could not be read; everything else is there.
    ///
    /// # Errors
    /// When the rows are no conversation at all.
    pub fn from_rows(loaded: LoadedConversation) -> Result<(Self, Option<Problem>), Problem> {
        let row = loaded.row;
        let mut trouble = None;
        let turns = loaded.turns.into_iter().map(|turn| read_turn(turn, &mut trouble)).collect();
        let empty = Self {
            id: ConversationId(row.id),
            title: row.title,
            system_prompt: row.system_prompt,
            model: row.model,
            endpoint: row.endpoint,
            updated_at: row.updated_at,
            ..Self::new(row.created_at)
        };
        Ok((empty.with_turns(turns, row.leaf.map(TurnId))?, trouble))
    }

    /// The text of a turn being written is in its pieces alone, so that nothing is there twice.
    fn turn_row(&self, turn: &Turn) -> TurnRow {
        let (state, reason) = match &turn.end {
            TurnEnd::Streaming => (TurnState::Streaming, ""),
            TurnEnd::Finished { reason } => (TurnState::Finished, reason.as_str()),
            TurnEnd::Cancelled => (TurnState::Cancelled, ""),
            TurnEnd::Failed { why } => (TurnState::Failed, why.as_str()),
        };
        TurnRow {
            conversation: self.id.0,
            id: turn.id.0,
            parent: turn.parent.map(|parent| parent.0),
            role: role_word(turn.role).to_owned(),
            state,
            reason: reason.to_owned(),
            choices: if state == TurnState::Streaming { "[]".to_owned() } else { json(&turn.choices) },
            chosen: turn.chosen,
            settings: turn.settings.as_ref().map(json),
            model: turn.model.clone(),
            figures: json(&turn.figures),
            plain: if state == TurnState::Streaming { String::new() } else { plain(turn) },
            created_at: turn.created_at,
        }
    }
}

/// What search looks through: the answers' text.
fn plain(turn: &Turn) -> String {
    turn.choices.iter().map(|choice| choice.text.as_str()).collect::<Vec<_>>().join("\n")
}

fn read_turn(loaded: LoadedTurn, trouble: &mut Option<Problem>) -> Turn {
    let LoadedTurn { row, pieces } = loaded;
    let mut choices: Vec<Choice> = parsed(&row.choices, trouble).unwrap_or_default();
    if let Err(problem) = fold_pieces(&mut choices, &pieces) {
        trouble.get_or_insert(problem);
    }
    if choices.is_empty() {
        choices.push(Choice { text: row.plain, ..Choice::default() });
    }
    Turn {
        id: TurnId(row.id),
        parent: row.parent.map(TurnId),
        role: role_from(&row.role),
        chosen: row.chosen.min(choices.len() - 1),
        choices,
        end: match row.state {
            TurnState::Streaming => TurnEnd::Streaming,
            TurnState::Finished => TurnEnd::Finished { reason: row.reason },
            TurnState::Cancelled => TurnEnd::Cancelled,
            TurnState::Failed => TurnEnd::Failed { why: row.reason },
        },
        settings: row.settings.and_then(|settings| parsed(&settings, trouble)),
        model: row.model,
        figures: parsed(&row.figures, trouble).unwrap_or_default(),
        created_at: row.created_at,
    }
}

fn json<T: Serialize>(value: &T) -> String {
    // Plain data with string keys: serialising it does not fail.
    serde_json::to_string(value).unwrap_or_default()
}

fn parsed<T: DeserializeOwned>(text: &str, trouble: &mut Option<Problem>) -> Option<T> {
    match serde_json::from_str(text) {
        Ok(value) => Some(value),
        Err(error) => {
            trouble.get_or_insert_with(|| {
                let what = "part of this conversation cannot be read";
                Problem::failed(what, error.to_string(), "what could be read is shown; the database keeps the rest")
            });
            None
        }
    }
}

/// The word for a role, as in the OpenAI API.
pub(super) fn role_word(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
        Role::Tool => "tool",
    }
}

fn role_from(word: &str) -> Role {
    match word {
        "system" => Role::System,
        "assistant" => Role::Assistant,
        "tool" => Role::Tool,
        _ => Role::User,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::sampling::Settings;
    use crate::store::PieceRow;
    use crate::wire::{Delta, StreamEvent};

    fn as_loaded(conversation: &Conversation) -> LoadedConversation {
        let batch = conversation.batch_of_all();
        let turns = batch.turns.into_iter().map(|row| LoadedTurn { row, pieces: Vec::new() }).collect();
        LoadedConversation { row: batch.conversation.unwrap(), turns }
    }

    fn talk() -> Conversation {
        let mut talk = Conversation::new(1.5);
        talk.add_user("q", 2.0);
        let answer = talk.begin_answer(Settings::default(), "m", 3.0).unwrap();
        talk.apply(answer, &StreamEvent::Delta(Delta { content: "some".into(), ..Delta::default() }));
        talk
    }

    #[test]
    fn rows_give_the_conversation_back() {
        let mut talk = talk();
        let answer = talk.streaming().unwrap();
        talk.apply(answer, &StreamEvent::Done);
        assert_eq!(Conversation::from_rows(as_loaded(&talk)), Ok((talk, None)));
    }

    #[test]
    fn pieces_are_folded_and_damage_is_told() {
        let mut loaded = as_loaded(&talk());
        let piece = |seq, text: &str| PieceRow { seq, text: text.into(), ..PieceRow::default() };
        loaded.turns[1].pieces = vec![piece(0, "some more"), PieceRow { rest: Some("{".into()), ..piece(1, "!") }];
        let (talk, problem) = Conversation::from_rows(loaded).unwrap();
        assert_eq!(talk.path()[1].choices[0].text, "some more!");
        assert!(problem.unwrap().what.contains("cut off"));
    }
}
