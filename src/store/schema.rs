//! The database's schema, as migrations that only ever grow.

use rusqlite_migration::{M, Migrations};

/// Conversations and their turns as a tree; text of streams as appended pieces until folded; search index.
const FIRST: &str = r"
CREATE TABLE conversations (
    id INTEGER PRIMARY KEY,
    title TEXT NOT NULL,
    system_prompt TEXT NOT NULL,
    model TEXT,
    endpoint TEXT,
    leaf INTEGER,
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL
) STRICT;
CREATE INDEX conversations_by_change ON conversations (updated_at DESC);

CREATE TABLE turns (
    key INTEGER PRIMARY KEY,
    conversation INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    id INTEGER NOT NULL,
    parent INTEGER,
    role TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    choices TEXT NOT NULL,
    chosen INTEGER NOT NULL,
    settings TEXT,
    model TEXT,
    figures TEXT NOT NULL,
    plain TEXT NOT NULL,
    owner_pid INTEGER,
    owner_start INTEGER,
    created_at REAL NOT NULL,
    UNIQUE (conversation, id),
    FOREIGN KEY (conversation, parent) REFERENCES turns (conversation, id) DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE INDEX turns_by_parent ON turns (conversation, parent);
CREATE INDEX turns_streaming ON turns (state) WHERE state = 'streaming';

CREATE TABLE pieces (
    turn INTEGER NOT NULL REFERENCES turns (key) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    choice INTEGER NOT NULL,
    text TEXT NOT NULL,
    reasoning TEXT NOT NULL,
    rest TEXT,
    PRIMARY KEY (turn, seq)
) STRICT, WITHOUT ROWID;

CREATE VIRTUAL TABLE turns_text USING fts5 (
    plain, content = 'turns', content_rowid = 'key', tokenize = 'unicode61 remove_diacritics 2'
);
CREATE TRIGGER turns_text_insert AFTER INSERT ON turns BEGIN
    INSERT INTO turns_text (rowid, plain) VALUES (new.key, new.plain);
END;
CREATE TRIGGER turns_text_delete AFTER DELETE ON turns BEGIN
    INSERT INTO turns_text (turns_text, rowid, plain) VALUES ('delete', old.key, old.plain);
END;
CREATE TRIGGER turns_text_update AFTER UPDATE OF plain ON turns WHEN old.plain IS NOT new.plain BEGIN
    INSERT INTO turns_text (turns_text, rowid, plain) VALUES ('delete', old.key, old.plain);
    INSERT INTO turns_text (rowid, plain) VALUES (new.key, new.plain);
END;

CREATE TABLE drafts (
    conversation INTEGER PRIMARY KEY,
    text TEXT NOT NULL
) STRICT;

CREATE TABLE inputs (
    id INTEGER PRIMARY KEY,
    text TEXT NOT NULL,
    at REAL NOT NULL
) STRICT;

CREATE TABLE kv (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
";

/// Starts of engines: how long their stages took, and what they taught the estimator.
const STARTS: &str = r"
CREATE TABLE starts (
    id INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    engine TEXT NOT NULL,
    version TEXT NOT NULL,
    model TEXT NOT NULL,
    class TEXT NOT NULL,
    stages TEXT NOT NULL
) STRICT;
CREATE INDEX starts_alike ON starts (engine, version, model, class);

CREATE TABLE lessons (
    id INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    engine TEXT NOT NULL,
    version TEXT NOT NULL,
    architecture TEXT NOT NULL,
    quantisation TEXT NOT NULL,
    driver TEXT NOT NULL,
    system TEXT NOT NULL,
    card TEXT NOT NULL,
    model TEXT NOT NULL,
    figures TEXT NOT NULL
) STRICT;
";

/// Runs of suites and what became of each case.
const SUITES: &str = r"
CREATE TABLE suites (
    id INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    changed_at REAL NOT NULL,
    suite TEXT NOT NULL,
    model TEXT NOT NULL,
    weights TEXT NOT NULL,
    variant TEXT NOT NULL,
    engine TEXT NOT NULL,
    version TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    plan TEXT NOT NULL,
    cases TEXT NOT NULL,
    state TEXT NOT NULL,
    total INTEGER NOT NULL,
    figures TEXT NOT NULL,
    owner_pid INTEGER,
    owner_start INTEGER
) STRICT;
CREATE INDEX suites_alike ON suites (model, variant, engine, version);

CREATE TABLE outcomes (
    run INTEGER NOT NULL REFERENCES suites (id) ON DELETE CASCADE,
    setting TEXT NOT NULL,
    case_id TEXT NOT NULL,
    repeat INTEGER NOT NULL,
    label TEXT NOT NULL,
    outcome TEXT NOT NULL,
    PRIMARY KEY (run, setting, case_id, repeat)
) STRICT;
";

/// Capability cards.
const PROBES: &str = r"
CREATE TABLE probes (
    id INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    model TEXT NOT NULL,
    weights TEXT NOT NULL,
    engine TEXT NOT NULL,
    version TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    card TEXT NOT NULL
) STRICT;
CREATE INDEX probes_alike ON probes (model, engine, version);
";

const STEPS: &[M<'_>] = &[M::up(FIRST), M::up(STARTS), M::up(SUITES), M::up(PROBES)];

/// The migrations in order.
pub(super) const MIGRATIONS: Migrations<'_> = Migrations::from_slice(STEPS);

/// The schema version that this program writes: the number of migrations (SQLite's `user_version`).
pub const VERSION: i64 = STEPS.len() as i64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_are_sound() {
        MIGRATIONS.validate().unwrap();
    }
}
