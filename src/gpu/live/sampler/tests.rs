use super::*;
use crate::gpu::Source;
use crate::gpu::live::{Claim, SimCard};

fn next(samples: &mut watch::Receiver<Option<Arc<Sample>>>) -> Option<Arc<Sample>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        tokio::time::timeout(Duration::from_secs(20), samples.changed()).await.expect("a sample in time").ok()?;
        samples.borrow_and_update().clone()
    })
}

#[test]
fn publishes_follows_the_pace_attributes_runs_and_ends_when_dropped() {
    let dir = tempfile::tempdir().unwrap();
    let card = SimCard::create(dir.path(), "headless", None).unwrap();
    let mut claim = Claim::new(&card, "engine", 0).unwrap();
    claim.set(crate::base::Bytes::from_gib(2.0)).unwrap();
    let options = Options { disks: vec![dir.path().to_owned()], ..Options::default() };
    options.runs.write().unwrap().push(("mine".to_owned(), vec![std::process::id()]));
    let sampler = Sampler::start(SourceChoice::Simulated(card), options, Duration::from_secs(3600)).unwrap();
    let mut samples = sampler.subscribe();
    let first = next(&mut samples).unwrap();
    assert_eq!(first.source, Source::Simulated("headless".to_owned()));
    let processes = first.cards[0].processes.as_ref().unwrap();
    assert_eq!(processes.iter().map(|p| p.run.as_deref()).collect::<Vec<_>>(), [Some("mine")]);
    assert_eq!(first.host.disks.len(), 1);
    let began = Instant::now();
    sampler.set_interval(Duration::ZERO);
    for _ in 0..3 {
        assert!(next(&mut samples).unwrap().at >= first.at);
    }
    let took = began.elapsed();
    assert!(
        took >= *INTERVALS.start() && took < Duration::from_secs(5),
        "the order reaches a sleeping sampler: {took:?}"
    );
    assert!(sampler.latest().is_some());
    drop(sampler);
    while next(&mut samples).is_some() {}
}
