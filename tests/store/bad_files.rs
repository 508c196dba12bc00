//! Files and disks that will not do: nothing is deleted, and the person is told.

use crate::{exchange, loaded, open};
use rusqlite::Connection;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use vramdeck::store::{Mode, Paths, Store, schema};

fn database(home: &Path) -> PathBuf {
    Paths::under(home).database()
}

/// A database with one conversation, closed.
fn used(home: &Path) -> i64 {
    let talk = exchange(1.0, "precious", "words");
    open(home).save(&talk.batch_of_all()).unwrap();
    talk.id.0
}

#[test]
fn a_newer_database_is_left_as_it_is() {
    let home = tempfile::tempdir().unwrap();
    used(home.path());
    let path = database(home.path());
    Connection::open(&path).unwrap().pragma_update(None, "user_version", schema::VERSION + 1).unwrap();
    let before = fs::read(&path).unwrap();
    let (mut store, problem) = Store::open(&Paths::under(home.path()));
    let problem = problem.unwrap();
    assert_eq!(store.mode(), Mode::Memory);
    assert!(problem.why.contains("newer vramdeck"), "{problem}");
    store.save(&exchange(2.0, "q", "a").batch_of_all()).unwrap();
    assert_eq!(store.conversations(9).unwrap().len(), 1, "the session works in memory");
    drop(store);
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_damaged_database_is_set_aside() {
    let noise: Vec<u8> = (0..40_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 11) as u8).collect();
    type Damage = fn(&mut Vec<u8>, &[u8]);
    let damages: [(&str, Damage); 4] = [
        ("not a database", |bytes, noise| *bytes = noise.to_vec()),
        ("its head gone", |bytes, noise| bytes[..100].copy_from_slice(&noise[..100])),
        ("its schema gone", |bytes, noise| bytes[100..4000].copy_from_slice(&noise[..3900])),
        ("cut in the middle", |bytes, _| bytes.truncate(9000)),
    ];
    for (name, damage) in damages {
        let home = tempfile::tempdir().unwrap();
        used(home.path());
        let path = database(home.path());
        let mut bytes = fs::read(&path).unwrap();
        damage(&mut bytes, &noise);
        fs::write(&path, &bytes).unwrap();
        fs::write(path.with_extension("sqlite3-wal"), b"old wal").unwrap();
        let (mut store, problem) = Store::open(&Paths::under(home.path()));
        let problem = problem.unwrap_or_else(|| panic!("{name}: told"));
        assert_eq!(store.mode(), Mode::Disk, "{name}");
        store.save(&exchange(2.0, "q", "a").batch_of_all()).unwrap();
        let kept: Vec<PathBuf> = fs::read_dir(path.parent().unwrap())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|file| file.to_string_lossy().contains(".corrupt-"))
            .collect();
        let aside = kept.iter().find(|file| fs::read(file).unwrap() == bytes);
        let aside = aside.unwrap_or_else(|| panic!("{name}: the damaged bytes are kept: {kept:?}"));
        assert!(problem.hint.contains(&*aside.to_string_lossy()), "{name}: {problem}");
        drop(store);
        assert_eq!(open(home.path()).conversations(9).unwrap().len(), 1, "{name}: the new one is sound");
    }
}

#[test]
fn a_full_disk_loses_nothing_that_was_saved() {
    let home = tempfile::tempdir().unwrap();
    let mut store = open(home.path());
    let kept = exchange(1.0, "kept", "a");
    store.save(&kept.batch_of_all()).unwrap();
    store.limit_pages(1).unwrap();
    let large = exchange(2.0, "large", &"x".repeat(2_000_000));
    let problem = store.save(&large.batch_of_all()).unwrap_err();
    assert!(problem.why.contains("disk is full"), "{problem}");
    assert_eq!(loaded(&store, kept.id.0), kept);
    assert_eq!(store.load(large.id.0).unwrap(), None);
    store.limit_pages(1_000_000).unwrap();
    store.save(&large.batch_of_all()).unwrap();
    assert_eq!(loaded(&store, large.id.0), large, "the same batch goes in once there is room");
}

#[test]
fn a_lock_is_told_and_passes() {
    let home = tempfile::tempdir().unwrap();
    let mut store = open(home.path());
    let other = Connection::open(database(home.path())).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let talk = exchange(1.0, "q", "a");
    let problem = store.save(&talk.batch_of_all()).unwrap_err();
    assert!(problem.why.contains("lock"), "{problem}");
    other.execute_batch("ROLLBACK").unwrap();
    store.save(&talk.batch_of_all()).unwrap();
    assert_eq!(loaded(&store, talk.id.0), talk);
}

#[test]
fn without_a_folder_the_session_is_in_memory() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("data"), "a file stands where the folder should").unwrap();
    let (mut store, problem) = Store::open(&Paths::under(home.path()));
    let problem = problem.unwrap();
    assert_eq!(store.mode(), Mode::Memory);
    assert!(problem.what.contains("not saved") && problem.why.contains("data"), "{problem}");
    store.save(&exchange(1.0, "q", "a").batch_of_all()).unwrap();
}

const READER: &str = "VRAMDECK_TEST_READER";

/// The other process of [`a_read_only_database_can_be_read`]; by itself it does nothing.
#[test]
fn reader_process() {
    let Some(home) = std::env::var_os(READER) else { return };
    let (mut store, problem) = Store::open(&Paths::under(Path::new(&home)));
    let problem = problem.unwrap();
    assert_eq!(store.mode(), Mode::ReadOnly, "{problem}");
    assert!(problem.why.contains("cannot be"), "{problem}");
    assert_eq!(store.conversations(9).unwrap()[0].row.title, "precious");
    assert_eq!(store.search("wor", 9).unwrap().len(), 1);
    let refused = store.save(&exchange(2.0, "q", "a").batch_of_all()).unwrap_err();
    assert!(refused.why.contains("cannot be written"), "{refused}");
    println!("read as promised");
}

/// Whoever may only read can still read what was said. As root nothing is read-only, so another user reads.
#[test]
fn a_read_only_database_can_be_read() {
    let home = tempfile::tempdir().unwrap();
    used(home.path());
    let data = Paths::under(home.path()).data;
    let root = nix::unistd::geteuid().is_root();
    let (folder, file) = if root { (0o755, 0o644) } else { (0o555, 0o444) };
    let set = |path: &Path, mode| {
        fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    };
    set(&database(home.path()), file);
    set(&data, folder);
    if root {
        set(home.path(), 0o755);
    }
    // The build's folders may be closed to others: a copy of this program lies where anyone may run it.
    let program = home.path().join("reader");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let mut reader = Command::new(&program);
    reader.args(["--exact", "bad_files::reader_process", "--nocapture"]).env(READER, home.path()).current_dir("/");
    if root {
        reader.uid(65_534).gid(65_534);
    }
    let out = reader.output().unwrap();
    set(&data, 0o700);
    let said = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success() && said.contains("read as promised"), "{said}");
}
