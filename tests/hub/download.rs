//! Downloads: resumed, checked, stopped, refused.

use crate::server::{COMMIT, Fake, REPO, Turn, file};
use crate::tree::{named, sha256, tiny, write};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use vramdeck::base::Problem;
use vramdeck::models::hub::{Asked, Choice, Progress, Repository, Stage, choose};
use vramdeck::models::live::{Download, Ended, Hub, scan};
use vramdeck::models::local::{Places, Shelf};

/// A silence that a test can wait for and a busy machine seldom makes.
const HASTE: Duration = Duration::from_millis(1500);

struct Stand {
    fake: Fake,
    cache: tempfile::TempDir,
    hub: Hub,
    repository: Repository,
}

fn weights() -> Vec<u8> {
    tiny("model.safetensors")
}

impl Stand {
    async fn new() -> Self {
        Self::patient(Duration::from_secs(30)).await
    }

    /// Whose client gives up after so long a silence.
    async fn patient(silence: Duration) -> Self {
        let fake = Fake::start().await;
        let files = ["config.json", "tokenizer.json", "model.safetensors"].map(|name| (name, tiny(name)));
        fake.repository(&files);
        let cache = tempfile::tempdir().unwrap();
        let hub = Hub::with_patience(fake.access(cache.path()), silence).unwrap();
        let asking = Hub::new(fake.access(cache.path())).unwrap();
        let repository = asking.inspect(&Asked::parse(REPO).unwrap()).await.unwrap().repository;
        Self { fake, cache, hub, repository }
    }

    fn blobs(&self) -> PathBuf {
        self.cache.path().join("models--Org--Name/blobs")
    }

    fn partial(&self) -> PathBuf {
        self.blobs().join(format!("{}.incomplete", sha256(&weights())))
    }

    async fn run(&self, change: impl FnOnce(&mut Download<'_>)) -> (Result<Ended, Problem>, Vec<Progress>) {
        let files = choose(&self.repository, &Choice::Transformer).unwrap();
        let mut download = Download::new(&self.hub, &self.repository, "main", &files);
        download.pause = Duration::from_millis(5);
        change(&mut download);
        let mut told = Vec::new();
        let ended = download.run(&mut |progress| told.push(progress)).await;
        (ended, told)
    }

    /// Ranges that were asked for of the weights, downloads only.
    fn ranges(&self) -> Vec<Option<String>> {
        let asked = self.fake.asked(&file("model.safetensors"));
        asked.iter().skip(1).map(|asked| asked.headers.get("range").cloned()).collect()
    }

    #[track_caller]
    fn whole(&self, ended: &Result<Ended, Problem>) {
        let snapshot = self.cache.path().join("models--Org--Name/snapshots").join(COMMIT);
        assert_eq!(ended, &Ok(Ended::Whole(snapshot.clone())));
        for name in ["config.json", "tokenizer.json", "model.safetensors"] {
            assert!(fs::read(snapshot.join(name)).unwrap() == tiny(name), "{name} differs");
            assert!(fs::read_link(snapshot.join(name)).unwrap().starts_with("../../blobs"));
        }
        assert_eq!(fs::read_to_string(self.cache.path().join("models--Org--Name/refs/main")).unwrap(), COMMIT);
        let left =
            fs::read_dir(self.blobs()).unwrap().filter(|entry| entry.as_ref().unwrap().path().extension().is_some());
        assert_eq!(left.count(), 0, "no partial file is left");
    }
}

#[tokio::test]
async fn a_download_lands_where_the_hubs_tools_look() {
    let stand = Stand::new().await;
    let (ended, told) = stand.run(|_| {}).await;
    stand.whole(&ended);
    let last = told.last().unwrap();
    assert_eq!((&last.stage, last.bytes), (&Stage::Done, last.total));
    assert!(told.windows(2).all(|pair| pair[0].bytes <= pair[1].bytes), "{told:?}");
    assert!(told.iter().any(|progress| progress.stage == Stage::Checking));
    let found = scan(&Places::default().with(Shelf::HuggingFace, stand.cache.path()));
    let model = named(&found, REPO);
    assert!(model.complete && model.facts.is_ok() && found.problems.is_empty(), "{model:?}");
    let before = stand.fake.all().len();
    let (again, _) = stand.run(|_| {}).await;
    stand.whole(&again);
    assert_eq!(stand.fake.all().len(), before, "nothing is fetched twice");
}

#[tokio::test]
async fn a_cut_is_resumed_where_it_was() {
    let stand = Stand::new().await;
    stand.fake.turns(&file("model.safetensors"), [Turn::Cut(10_000), Turn::Status(503, vec![]), Turn::Cut(20_000)]);
    let (ended, told) = stand.run(|_| {}).await;
    stand.whole(&ended);
    let ranges = stand.ranges();
    assert_eq!(ranges[0], None);
    // How much of a cut answer arrives is the system's to say.
    let starts: Vec<u64> =
        ranges[1..].iter().flatten().map(|range| range[6..].trim_end_matches('-').parse().unwrap()).collect();
    assert_eq!(starts.len(), 3, "{ranges:?}");
    assert!(
        starts[0] == starts[1] && starts[0] <= 10_000 && starts[2] >= starts[1] && starts[2] <= 30_000,
        "{starts:?}"
    );
    assert!(starts[2] > 0, "{starts:?}");
    assert!(told.iter().any(|progress| matches!(progress.stage, Stage::Retrying(_))));
}

#[tokio::test]
async fn an_earlier_download_is_gone_on_with() {
    let stand = Stand::new().await;
    write(&stand.partial(), &weights()[..30_000]);
    let (ended, told) = stand.run(|_| {}).await;
    stand.whole(&ended);
    assert_eq!(stand.ranges(), [Some("bytes=30000-".to_owned())]);
    assert!(told.iter().any(|progress| progress.file == "model.safetensors" && progress.file_bytes == 30_000));
}

#[tokio::test]
async fn a_server_without_ranges_starts_anew() {
    let stand = Stand::new().await;
    write(&stand.partial(), &weights()[..30_000]);
    stand.fake.turns(&file("model.safetensors"), [Turn::Whole]);
    let (ended, _) = stand.run(|_| {}).await;
    stand.whole(&ended);
}

#[tokio::test]
async fn a_damaged_beginning_is_fetched_once_more() {
    let stand = Stand::new().await;
    write(&stand.partial(), vec![7; 30_000]);
    let (ended, _) = stand.run(|_| {}).await;
    stand.whole(&ended);
    assert_eq!(stand.ranges(), [Some("bytes=30000-".to_owned()), None]);
}

#[tokio::test]
async fn a_wrong_checksum_is_thrown_away() {
    let stand = Stand::new().await;
    let mut damaged = weights();
    damaged[40_000] ^= 1;
    stand.fake.put(&file("model.safetensors"), damaged);
    let (ended, _) = stand.run(|_| {}).await;
    let problem = ended.unwrap_err();
    assert!(problem.what.contains("model.safetensors came damaged") && problem.why.contains("SHA-256"), "{problem}");
    assert!(!stand.partial().exists());
    assert!(!stand.cache.path().join("models--Org--Name/refs/main").exists(), "the branch does not stand at it");
    assert_eq!(stand.ranges().len(), 1, "it was not asked for again and again");
}

#[tokio::test]
async fn a_connection_that_stays_broken_is_given_up() {
    let stand = Stand::new().await;
    stand.fake.turns(&file("model.safetensors"), vec![Turn::Status(502, vec![]); 50]);
    let (ended, _) = stand.run(|_| {}).await;
    assert!(ended.unwrap_err().why.contains("HTTP 502"));
    assert_eq!(stand.ranges().len(), 5);
}

#[tokio::test]
async fn silence_counts_as_a_break() {
    let stand = Stand::patient(HASTE).await;
    stand.fake.turns(&file("model.safetensors"), [Turn::Stall(10_000)]);
    let (ended, _) = stand.run(|_| {}).await;
    stand.whole(&ended);
    assert_eq!(stand.ranges()[1], Some("bytes=10000-".to_owned()));
}

#[tokio::test]
async fn refusals_end_it_at_once() {
    for (status, code, what) in [(403, "GatedRepo", "is gated"), (404, "EntryNotFound", "lacks a file")] {
        let stand = Stand::new().await;
        let turn = Turn::Status(status, vec![("x-error-code", code.to_owned())]);
        stand.fake.turns(&file("model.safetensors"), vec![turn; 9]);
        let problem = stand.run(|_| {}).await.0.unwrap_err();
        assert!(problem.what.contains(what), "{problem}");
        assert_eq!(stand.ranges().len(), 1);
    }
}

#[tokio::test]
async fn too_many_questions_wait_as_long_as_they_are_told() {
    let stand = Stand::new().await;
    let turn = Turn::Status(429, vec![("retry-after", "1".to_owned())]);
    stand.fake.turns(&file("model.safetensors"), [turn]);
    let (ended, told) = stand.run(|_| {}).await;
    stand.whole(&ended);
    assert!(told.iter().any(|progress| progress.stage == Stage::Retrying(Duration::from_secs(1))));
}

#[tokio::test]
async fn another_host_never_sees_the_token() {
    let stand = Stand::new().await;
    let cdn = Fake::start().await;
    cdn.put("/signed", weights());
    let to = Turn::Status(302, vec![("location", format!("{}/signed?X-Signature=abc", cdn.url))]);
    stand.fake.turns(&file("model.safetensors"), [to]);
    let (ended, _) = stand.run(|_| {}).await;
    stand.whole(&ended);
    let asked = cdn.asked("/signed");
    assert_eq!((asked.len(), asked[0].query.as_str()), (1, "X-Signature=abc"));
    assert!(!asked[0].headers.contains_key("authorization"), "{asked:?}");
    assert!(stand.fake.all().iter().all(|asked| asked.headers["authorization"] == "Bearer hf_secret"));
}

#[tokio::test]
async fn a_full_disk_is_seen_before() {
    let stand = Stand::new().await;
    let before = stand.fake.all().len();
    let problem = stand.run(|download| download.free = |_| Some((1 << 30) + 1000)).await.0.unwrap_err();
    assert!(problem.what.contains("does not fit on the disk") && problem.why.contains("1.00 GiB"), "{problem}");
    assert_eq!(stand.fake.all().len(), before, "nothing was asked for");
    assert!(!stand.blobs().exists(), "nothing was written");
    stand.whole(&stand.run(|download| download.free = |_| Some((1 << 30) + (1 << 24))).await.0);
}

#[tokio::test]
async fn stopping_keeps_what_came() {
    let stand = Stand::new().await;
    stand.fake.turns(&file("model.safetensors"), [Turn::Stall(20_000)]);
    let files = choose(&stand.repository, &Choice::Transformer).unwrap();
    let download = Download::new(&stand.hub, &stand.repository, "main", &files);
    let cancel = download.cancel.clone();
    let ended = download
        .run(&mut |progress| {
            if progress.file == "model.safetensors" {
                let (cancel, partial) = (cancel.clone(), stand.partial());
                tokio::spawn(async move {
                    while fs::metadata(&partial).map_or(0, |meta| meta.len()) < 20_000 {
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                    cancel.cancel();
                });
            }
        })
        .await
        .unwrap();
    let kept = fs::metadata(stand.partial()).unwrap().len();
    assert_eq!(kept, 20_000);
    let small = (tiny("config.json").len()) as u64;
    assert_eq!(ended, Ended::Cancelled(kept + small));
    assert!(!stand.cache.path().join("models--Org--Name/snapshots").exists(), "nothing looks whole");
    stand.whole(&stand.run(|_| {}).await.0);
    assert_eq!(stand.ranges().last().unwrap().as_deref(), Some("bytes=20000-"));
}

#[tokio::test]
async fn two_downloads_fetch_each_blob_once() {
    let stand = Stand::patient(HASTE).await;
    let waited = AtomicU64::new(0);
    let files = choose(&stand.repository, &Choice::Transformer).unwrap();
    stand.fake.turns(&file("model.safetensors"), [Turn::Stall(1000)]);
    let one = async {
        let mut download = Download::new(&stand.hub, &stand.repository, "main", &files);
        download.pause = Duration::from_millis(5);
        download.run(&mut |_| {}).await
    };
    let other = async {
        let download = Download::new(&stand.hub, &stand.repository, "main", &files);
        let mut note = |progress: Progress| {
            waited.fetch_add(u64::from(progress.stage == Stage::Waiting), Ordering::Relaxed);
        };
        download.run(&mut note).await
    };
    let (one, other) = tokio::join!(one, other);
    stand.whole(&one);
    stand.whole(&other);
    assert!(waited.load(Ordering::Relaxed) > 0, "the second one waited");
    let ranges = stand.ranges();
    assert!(ranges.len() >= 2 && ranges[1..].iter().all(|range| range.as_deref() == Some("bytes=1000-")), "{ranges:?}");
}

#[tokio::test]
async fn a_lock_of_somebody_else_is_awaited_until_it_is_stopped() {
    let stand = Stand::new().await;
    let lock = stand.cache.path().join(".locks/models--Org--Name").join(format!("{}.lock", sha256(&weights())));
    write(&lock, "");
    let file = fs::File::options().write(true).open(&lock).unwrap();
    let held = nix::fcntl::Flock::lock(file, nix::fcntl::FlockArg::LockExclusiveNonblock).unwrap();
    let held = Arc::new(held);
    let files = choose(&stand.repository, &Choice::Transformer).unwrap();
    let download = Download::new(&stand.hub, &stand.repository, "main", &files);
    let cancel = download.cancel.clone();
    let mut note = |progress: Progress| {
        if progress.stage == Stage::Waiting {
            cancel.cancel();
        }
    };
    assert!(matches!(download.run(&mut note).await, Ok(Ended::Cancelled(_))));
    drop(held);
    stand.whole(&stand.run(|_| {}).await.0);
}

#[tokio::test]
async fn a_cache_that_cannot_be_written_is_told() {
    let stand = Stand::new().await;
    write(&stand.cache.path().join("models--Org--Name"), "a file where a folder should be");
    let problem = stand.run(|_| {}).await.0.unwrap_err();
    assert!(problem.what.contains("cannot be written") && problem.hint.contains("HF_HUB_CACHE"), "{problem}");
}

#[tokio::test]
async fn a_renamed_repository_lands_under_the_name_that_was_asked() {
    let stand = Stand::new().await;
    let to = Turn::Status(307, vec![("location", format!("/api/models/{REPO}/revision/main"))]);
    stand.fake.turns("/api/models/Old/Name/revision/main", [to]);
    let repository = stand.hub.list(&Asked::parse("Old/Name").unwrap()).await.unwrap();
    assert_eq!((repository.name.as_str(), repository.asked.as_str()), (REPO, "Old/Name"));
    let files = choose(&repository, &Choice::Transformer).unwrap();
    let ended = Download::new(&stand.hub, &repository, "main", &files).run(&mut |_| {}).await.unwrap();
    let old = stand.cache.path().join("models--Old--Name");
    assert_eq!(ended, Ended::Whole(old.join("snapshots").join(COMMIT)));
    assert_eq!(fs::read_to_string(old.join("refs/main")).unwrap(), COMMIT);
    assert!(!stand.cache.path().join("models--Org--Name").exists(), "nobody asked for that name");
    let found = scan(&Places::default().with(Shelf::HuggingFace, stand.cache.path()));
    assert!(named(&found, "Old/Name").complete);
}

#[tokio::test]
async fn a_list_reads_no_file() {
    let stand = Stand::new().await;
    stand.fake.put(&file("model.safetensors"), vec![0xff; 64]);
    let asked = Asked::parse(REPO).unwrap();
    assert!(stand.hub.inspect(&asked).await.is_err(), "its head is broken");
    let before = stand.fake.all().len();
    assert_eq!(stand.hub.list(&asked).await.unwrap(), stand.repository);
    assert_eq!(stand.fake.all().len(), before + 1);
}
