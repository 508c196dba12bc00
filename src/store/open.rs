//! Opening the database: what is there decides whether it is used, set aside or left alone. Nothing is ever deleted.

use super::database::Mode;
use super::owner::Owner;
use super::schema::{MIGRATIONS, VERSION};
use super::{fault, files};
use crate::base::Problem;
use rusqlite::{Connection, Error, OpenFlags};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long SQLite waits for another process's lock.
const BUSY: Duration = Duration::from_secs(2);
/// A file up to this many bytes is checked whole at every start; a larger one only as far as it is read.
const CHECKED_BYTES: u64 = 32 << 20;
/// Why a turn of a dead process ended.
pub const CUT_OFF: &str = "cut off: vramdeck ended";

const NOT_SAVED: &str = "conversations are not saved in this session";

/// What came of opening.
pub(super) struct Opened {
    /// The connection; none only when not even memory was to be had.
    pub db: Option<Connection>,
    /// Where it writes.
    pub mode: Mode,
    /// What the person should know.
    pub problem: Option<Problem>,
}

/// Opens the database at `path`, whatever lies there.
pub(super) fn open(path: &Path, owner: Owner) -> Opened {
    let mut notice = None;
    match look(path) {
        Look::Usable => {}
        Look::Newer(version) => return in_memory(newer(path, version)),
        Look::Damaged(why) => match set_aside(path, &why) {
            Ok(told) => notice = Some(told),
            Err(problem) => return in_memory(problem),
        },
    }
    match writable(path, owner) {
        Ok(db) => Opened { db: Some(db), mode: Mode::Disk, problem: notice },
        Err(failure) => fall_back(path, failure),
    }
}

/// Second best: reading only, else memory.
fn fall_back(path: &Path, failure: Problem) -> Opened {
    match read_only(path) {
        Ok(db) => Opened { db: Some(db), mode: Mode::ReadOnly, problem: Some(failure) },
        Err(_) => in_memory(failure),
    }
}

enum Look {
    Usable,
    Newer(i64),
    Damaged(String),
}

/// Looks at the file without changing it. What cannot be looked at counts as usable: opening tells why not.
fn look(path: &Path) -> Look {
    let Ok(bytes) = std::fs::metadata(path).map(|meta| meta.len()) else { return Look::Usable };
    if bytes == 0 {
        return Look::Usable;
    }
    let looked = read_only(path).and_then(|db| {
        let version = version_of(&db)?;
        let check = bytes <= CHECKED_BYTES && version <= VERSION;
        let verdict = if check {
            db.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0))?
        } else {
            "ok".to_owned()
        };
        Ok((version, verdict))
    });
    match looked {
        Ok((version, _)) if version > VERSION => Look::Newer(version),
        Ok((_, verdict)) if verdict != "ok" => Look::Damaged(verdict),
        Err(error) if fault::is_damage(&error) => Look::Damaged(error.to_string()),
        Ok(_) | Err(_) => Look::Usable,
    }
}

fn version_of(db: &Connection) -> Result<i64, Error> {
    db.query_row("PRAGMA user_version", [], |row| row.get(0))
}

fn read_only(path: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let shared = Connection::open_with_flags(path, flags).and_then(readable);
    let wal = std::fs::metadata(with_suffix(path, "-wal")).map_or(0, |meta| meta.len());
    match shared {
        // SQLite wants to make files beside the database even for reading. Where it may not and no writer left
        // anything there, the file can be read as one that never changes.
        Err(error) if fault::is_forbidden(&error) && wal == 0 => {
            let uri = OpenFlags::SQLITE_OPEN_URI;
            Connection::open_with_flags(immutable_uri(path), flags | uri).and_then(readable).map_err(|_| error)
        }
        shared => shared,
    }
}

/// A connection of which something was read.
fn readable(db: Connection) -> Result<Connection, Error> {
    db.busy_timeout(BUSY)?;
    db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))?;
    Ok(db)
}

fn immutable_uri(path: &Path) -> String {
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"/-._~".contains(b);
    let bytes = path.as_os_str().as_encoded_bytes();
    let encoded = bytes.iter().map(|b| if plain(b) { char::from(*b).to_string() } else { format!("%{b:02X}") });
    format!("file:{}?immutable=1", encoded.collect::<String>())
}

fn writable(path: &Path, owner: Owner) -> Result<Connection, Problem> {
    if let Some(folder) = path.parent() {
        files::private_folder(folder).map_err(|problem| Problem {
            what: NOT_SAVED.into(),
            why: problem.what,
            ..problem
        })?;
    }
    files::private_file(path).map_err(|error| {
        Problem::failed(
            NOT_SAVED,
            format!("{} cannot be written: {error}", path.display()),
            "check who owns the file and its folder (ls -l), or set VRAMDECK_HOME to a folder of yours",
        )
    })?;
    let mut tries = 0;
    loop {
        match prepared(path, owner) {
            Ok(db) => return Ok(db),
            // Two decks that start together both want to set up the file: the later one tries again.
            Err(error) if tries < 20 && (fault::is_busy(&error) || tries == 0) => {
                tries += 1;
                std::thread::sleep(Duration::from_millis(25));
            }
            Err(error) => return Err(fault::problem(NOT_SAVED, path, &error)),
        }
    }
}

fn prepared(path: &Path, owner: Owner) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(BUSY)?;
    db.query_row("PRAGMA journal_mode = WAL", [], |row| row.get::<_, String>(0))?;
    db.pragma_update(None, "journal_size_limit", 16_i64 << 20)?;
    migrate(&mut db)?;
    cut_off_the_dead(&mut db, owner)?;
    Ok(db)
}

fn migrate(db: &mut Connection) -> Result<(), Error> {
    db.pragma_update(None, "foreign_keys", true)?;
    MIGRATIONS.to_latest(db).map_err(|error| match error {
        rusqlite_migration::Error::RusqliteError { err, .. } => err,
        other => Error::ToSqlConversionFailure(Box::new(other)),
    })
}

/// Turns that a dead process was writing keep what came and are no longer being written.
fn cut_off_the_dead(db: &mut Connection, me: Owner) -> Result<(), Error> {
    let streaming: Vec<(i64, Owner)> = db
        .prepare("SELECT key, coalesce(owner_pid, 0), coalesce(owner_start, 0) FROM turns WHERE state = 'streaming'")?
        .query_map([], |row| Ok((row.get(0)?, Owner { pid: row.get(1)?, start: row.get(2)? })))?
        .collect::<Result<_, _>>()?;
    let dead: Vec<i64> =
        streaming.into_iter().filter(|(_, owner)| *owner != me && !owner.is_alive()).map(|(key, _)| key).collect();
    if dead.is_empty() {
        return Ok(());
    }
    let write = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    for key in dead {
        write.execute(
            "UPDATE turns SET state = 'failed', reason = ?2, owner_pid = NULL, owner_start = NULL, plain = plain ||
                (SELECT coalesce(group_concat(text, ''), '')
                 FROM (SELECT text FROM pieces WHERE turn = ?1 ORDER BY choice, seq))
             WHERE key = ?1 AND state = 'streaming'",
            (key, CUT_OFF),
        )?;
    }
    write.commit()
}

fn in_memory(problem: Problem) -> Opened {
    let db = Connection::open_in_memory().and_then(|mut db| migrate(&mut db).map(|()| db)).ok();
    Opened { db, mode: Mode::Memory, problem: Some(problem) }
}

fn newer(path: &Path, version: i64) -> Problem {
    Problem::failed(
        NOT_SAVED,
        format!(
            "{} was written by a newer vramdeck (schema {version}; this one knows {VERSION}) and is left as it is",
            path.display()
        ),
        "use the newer vramdeck, or set VRAMDECK_HOME to another folder",
    )
}

/// Renames the damaged database and what SQLite keeps beside it.
fn set_aside(path: &Path, why: &str) -> Result<Problem, Problem> {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let mut aside = with_suffix(path, &format!(".corrupt-{seconds}"));
    for count in 1.. {
        if !aside.exists() {
            break;
        }
        aside = with_suffix(path, &format!(".corrupt-{seconds}-{count}"));
    }
    for suffix in ["-wal", "-shm", ""] {
        let (from, to) = (with_suffix(path, suffix), with_suffix(&aside, suffix));
        match std::fs::rename(&from, &to) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                let why = format!("{} is damaged and cannot be set aside: {error}", path.display());
                return Err(Problem::failed(NOT_SAVED, why, "move the file away by hand and start vramdeck again"));
            }
            _ => {}
        }
    }
    Ok(Problem::failed(
        "the database of conversations was damaged; a new one was started",
        format!("{}: {why}", path.display()),
        format!("the damaged file is kept as {}; `sqlite3 FILE .recover` may get text out of it", aside.display()),
    ))
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}
