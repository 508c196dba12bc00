//! The database of conversations: rows in, rows out.

use super::open::{self, Opened};
use super::owner::Owner;
use super::records::*;
use super::{Paths, fault};
use crate::base::Problem;
use rusqlite::{Connection, Row, Transaction, TransactionBehavior, params};
use std::path::PathBuf;

/// Where writes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The database file.
    Disk,
    /// The file can be read only; every write answers with a problem.
    ReadOnly,
    /// Memory: gone with the process. The problem given at opening says why.
    Memory,
}

/// The open database. Synchronous; meant to live on a thread of its own (see [`super::StoreHandle`]).
#[derive(Debug)]
pub struct Store {
    db: Option<Connection>,
    mode: Mode,
    path: PathBuf,
    pub(super) owner: Owner,
}

const TURN_COLUMNS: &str =
    "conversation, id, parent, role, state, reason, choices, chosen, settings, model, figures, plain, created_at";

impl Store {
    /// Opens the user's database. It always gives a store to work with; the problem, when there is one, says what the
    /// person must know (not saved, set aside, written by a newer version).
    pub fn open(paths: &Paths) -> (Self, Option<Problem>) {
        Self::open_as(paths, Owner::current())
    }

    /// The same for the database file at `path`.
    pub fn at(path: &std::path::Path) -> (Self, Option<Problem>) {
        let owner = Owner::current();
        let Opened { db, mode, problem } = open::open(path, owner);
        (Self { db, mode, path: path.to_owned(), owner }, problem)
    }

    /// The same, writing as `owner`.
    pub fn open_as(paths: &Paths, owner: Owner) -> (Self, Option<Problem>) {
        let path = paths.database();
        let Opened { db, mode, problem } = open::open(&path, owner);
        (Self { db, mode, path, owner }, problem)
    }

    /// Where writes go.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Writes a batch: all of it is on the disk when this returns, or nothing of it.
    ///
    /// # Errors
    /// When it could not be written; the caller keeps its text and tries again.
    pub fn save(&mut self, batch: &Batch) -> Result<(), Problem> {
        let owner = self.owner;
        self.write("the conversation could not be saved", true, |write| {
            if let Some(row) = &batch.conversation {
                put_conversation(write, row)?;
            }
            batch.turns.iter().try_for_each(|turn| put_turn(write, turn, owner))
        })
    }

    /// Appends pieces of a turn that this process is writing. A piece written again replaces itself, so a failed call
    /// may be repeated. Survives the end of the process at once, and a loss of power from the next checkpoint on.
    ///
    /// # Errors
    /// When it could not be written, or the turn is not one that this process is writing.
    pub fn append(&mut self, conversation: i64, turn: i64, pieces: &[PieceRow]) -> Result<(), Problem> {
        let owner = self.owner;
        self.write("the answer so far could not be saved", false, |write| {
            let key: i64 = write
                .prepare_cached(
                    "SELECT key FROM turns WHERE conversation = ?1 AND id = ?2 AND state = 'streaming'
                        AND owner_pid = ?3 AND owner_start = ?4",
                )?
                .query_row((conversation, turn, owner.pid, owner.start), |row| row.get(0))?;
            let mut put = write.prepare_cached(
                "INSERT OR REPLACE INTO pieces (turn, seq, choice, text, reasoning, rest) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?;
            for piece in pieces {
                put.execute(params![key, piece.seq, piece.choice, piece.text, piece.reasoning, piece.rest])?;
            }
            Ok(())
        })
    }

    /// The conversations, last changed first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn conversations(&self, limit: usize) -> Result<Vec<ConversationSummary>, Problem> {
        self.read("the conversations could not be listed", |db| {
            db.prepare_cached(
                "SELECT id, title, system_prompt, model, endpoint, leaf, created_at, updated_at,
                    (SELECT count(*) FROM turns WHERE conversation = conversations.id)
                 FROM conversations ORDER BY updated_at DESC, id DESC LIMIT ?1",
            )?
            .query_map([limit as i64], |row| {
                let turns: i64 = row.get(8)?;
                Ok(ConversationSummary { row: conversation_row(row)?, turns: turns.unsigned_abs() })
            })?
            .collect()
        })
    }

    /// One conversation with all its turns; `None` when there is none of that id.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn load(&self, id: i64) -> Result<Option<LoadedConversation>, Problem> {
        self.read("the conversation could not be opened", |db| {
            let row = db
                .prepare_cached(
                    "SELECT id, title, system_prompt, model, endpoint, leaf, created_at, updated_at
                     FROM conversations WHERE id = ?1",
                )?
                .query_map([id], conversation_row)?
                .next()
                .transpose()?;
            let Some(row) = row else { return Ok(None) };
            Ok(Some(LoadedConversation { row, turns: load_turns(db, id)? }))
        })
    }

    /// Deletes a conversation with its turns and draft, at the person's word.
    ///
    /// # Errors
    /// When it could not be written.
    pub fn delete(&mut self, id: i64) -> Result<(), Problem> {
        self.write("the conversation could not be deleted", true, |write| {
            write.execute("DELETE FROM drafts WHERE conversation = ?1", [id])?;
            write.execute("DELETE FROM conversations WHERE id = ?1", [id])?;
            Ok(())
        })
    }

    /// Keeps what stands in the composer of a conversation (0: a conversation not begun). Empty text forgets it.
    ///
    /// # Errors
    /// When it could not be written.
    pub fn set_draft(&mut self, conversation: i64, text: &str) -> Result<(), Problem> {
        self.write("the draft could not be saved", false, |write| {
            match text {
                "" => write.execute("DELETE FROM drafts WHERE conversation = ?1", [conversation])?,
                text => write.execute("INSERT OR REPLACE INTO drafts VALUES (?1, ?2)", (conversation, text))?,
            };
            Ok(())
        })
    }

    /// What stood in the composer; empty for none.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn draft(&self, conversation: i64) -> Result<String, Problem> {
        self.read("the draft could not be read", |db| {
            let mut find = db.prepare_cached("SELECT text FROM drafts WHERE conversation = ?1")?;
            Ok(find.query_map([conversation], |row| row.get(0))?.next().transpose()?.unwrap_or_default())
        })
    }

    /// Remembers a sent prompt, the newest thousand of them; one said before moves to the end.
    ///
    /// # Errors
    /// When it could not be written.
    pub fn remember_input(&mut self, text: &str, at: f64) -> Result<(), Problem> {
        self.write("the input history could not be saved", false, |write| {
            write.execute("DELETE FROM inputs WHERE text = ?1", [text])?;
            write.execute("INSERT INTO inputs (text, at) VALUES (?1, ?2)", (text, at))?;
            write.execute("DELETE FROM inputs WHERE id <= (SELECT max(id) FROM inputs) - 1000", [])?;
            Ok(())
        })
    }

    /// Sent prompts, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn inputs(&self) -> Result<Vec<String>, Problem> {
        self.read("the input history could not be read", |db| {
            db.prepare_cached("SELECT text FROM inputs ORDER BY id")?.query_map([], |row| row.get(0))?.collect()
        })
    }

    /// Keeps a small value by name, for example the last conversation.
    ///
    /// # Errors
    /// When it could not be written.
    pub fn set_value(&mut self, key: &str, value: &str) -> Result<(), Problem> {
        self.write("a setting of the session could not be saved", false, |write| {
            write.execute("INSERT OR REPLACE INTO kv VALUES (?1, ?2)", (key, value))?;
            Ok(())
        })
    }

    /// A small value by name.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn value(&self, key: &str) -> Result<Option<String>, Problem> {
        self.read("a setting of the session could not be read", |db| {
            let mut find = db.prepare_cached("SELECT value FROM kv WHERE key = ?1")?;
            find.query_map([key], |row| row.get(0))?.next().transpose()
        })
    }

    /// Caps the file at this many pages, as a full disk would.
    ///
    /// # Errors
    /// When SQLite refuses.
    #[doc(hidden)]
    pub fn limit_pages(&mut self, pages: i64) -> Result<(), Problem> {
        self.read("the limit could not be set", |db| db.pragma_update(None, "max_page_count", pages))
    }

    /// Runs `job` for reading.
    pub(super) fn read<T>(
        &self,
        what: &str,
        job: impl FnOnce(&Connection) -> Result<T, rusqlite::Error>,
    ) -> Result<T, Problem> {
        let Some(db) = &self.db else { return Err(no_memory(what)) };
        job(db).map_err(|error| fault::problem(what, &self.path, &error))
    }

    /// Runs `job` in one transaction; `durable` waits until the disk has it.
    pub(super) fn write(
        &mut self,
        what: &str,
        durable: bool,
        job: impl FnOnce(&Transaction<'_>) -> Result<(), rusqlite::Error>,
    ) -> Result<(), Problem> {
        let Some(db) = &mut self.db else { return Err(no_memory(what)) };
        let run = || {
            db.pragma_update(None, "synchronous", if durable { "FULL" } else { "NORMAL" })?;
            let write = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            job(&write)?;
            write.commit()
        };
        run().map_err(|error| fault::problem(what, &self.path, &error))
    }
}

fn no_memory(what: &str) -> Problem {
    Problem::failed(what, "no database could be opened, not even in memory", "free some memory and start again")
}

fn put_conversation(write: &Transaction<'_>, row: &ConversationRow) -> Result<(), rusqlite::Error> {
    write
        .prepare_cached(
            "INSERT INTO conversations (id, title, system_prompt, model, endpoint, leaf, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (id) DO UPDATE SET title = excluded.title, system_prompt = excluded.system_prompt,
                model = excluded.model, endpoint = excluded.endpoint, leaf = excluded.leaf,
                updated_at = max(updated_at, excluded.updated_at)",
        )?
        .execute(params![
            row.id,
            row.title,
            row.system_prompt,
            row.model,
            row.endpoint,
            row.leaf,
            row.created_at,
            row.updated_at
        ])?;
    Ok(())
}

/// Writes a turn; one that has ended drops its pieces, since its row now holds all. A turn that another process is writing is left alone.
fn put_turn(write: &Transaction<'_>, turn: &TurnRow, me: Owner) -> Result<(), rusqlite::Error> {
    let owner = (turn.state == TurnState::Streaming).then_some(me);
    let changed = write
        .prepare_cached(
            "INSERT INTO turns (conversation, id, parent, role, state, reason, choices, chosen, settings, model,
                figures, plain, created_at, owner_pid, owner_start)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
             ON CONFLICT (conversation, id) DO UPDATE SET parent = excluded.parent, role = excluded.role,
                state = excluded.state, reason = excluded.reason, choices = excluded.choices,
                chosen = excluded.chosen, settings = excluded.settings, model = excluded.model,
                figures = excluded.figures, plain = excluded.plain, owner_pid = excluded.owner_pid,
                owner_start = excluded.owner_start
             WHERE turns.state <> 'streaming' OR (turns.owner_pid = ?16 AND turns.owner_start = ?17)",
        )?
        .execute(params![
            turn.conversation,
            turn.id,
            turn.parent,
            turn.role,
            turn.state.word(),
            turn.reason,
            turn.choices,
            turn.chosen as i64,
            turn.settings,
            turn.model,
            turn.figures,
            turn.plain,
            turn.created_at,
            owner.map(|owner| owner.pid),
            owner.map(|owner| owner.start),
            me.pid,
            me.start
        ])?;
    if changed > 0 && turn.state != TurnState::Streaming {
        write
            .prepare_cached(
                "DELETE FROM pieces WHERE turn = (SELECT key FROM turns WHERE conversation = ?1 AND id = ?2)",
            )?
            .execute((turn.conversation, turn.id))?;
    }
    Ok(())
}

fn load_turns(db: &Connection, conversation: i64) -> Result<Vec<LoadedTurn>, rusqlite::Error> {
    let mut turns: Vec<LoadedTurn> = db
        .prepare_cached(&format!("SELECT {TURN_COLUMNS} FROM turns WHERE conversation = ?1 ORDER BY id"))?
        .query_map([conversation], |row| Ok(LoadedTurn { row: turn_row(row)?, pieces: Vec::new() }))?
        .collect::<Result<_, _>>()?;
    let mut find = db.prepare_cached(
        "SELECT turns.id, seq, choice, text, pieces.reasoning, rest FROM pieces JOIN turns ON turns.key = pieces.turn
         WHERE turns.conversation = ?1 ORDER BY turns.id, seq",
    )?;
    let pieces = find.query_map([conversation], |row| {
        let piece = PieceRow {
            seq: row.get(1)?,
            choice: row.get(2)?,
            text: row.get(3)?,
            reasoning: row.get(4)?,
            rest: row.get(5)?,
        };
        Ok((row.get::<_, i64>(0)?, piece))
    })?;
    for found in pieces {
        let (id, piece) = found?;
        if let Ok(at) = turns.binary_search_by_key(&id, |turn| turn.row.id) {
            turns[at].pieces.push(piece);
        }
    }
    Ok(turns)
}

fn conversation_row(row: &Row<'_>) -> Result<ConversationRow, rusqlite::Error> {
    Ok(ConversationRow {
        id: row.get(0)?,
        title: row.get(1)?,
        system_prompt: row.get(2)?,
        model: row.get(3)?,
        endpoint: row.get(4)?,
        leaf: row.get(5)?,
        created_at: row.get(6)?,
        updated_at: row.get(7)?,
    })
}

fn turn_row(row: &Row<'_>) -> Result<TurnRow, rusqlite::Error> {
    Ok(TurnRow {
        conversation: row.get(0)?,
        id: row.get(1)?,
        parent: row.get(2)?,
        role: row.get(3)?,
        state: TurnState::from_word(&row.get::<_, String>(4)?),
        reason: row.get(5)?,
        choices: row.get(6)?,
        chosen: usize::try_from(row.get::<_, i64>(7)?).unwrap_or(0),
        settings: row.get(8)?,
        model: row.get(9)?,
        figures: row.get(10)?,
        plain: row.get(11)?,
        created_at: row.get(12)?,
    })
}
