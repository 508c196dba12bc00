use super::*;
use proptest::prelude::*;

fn line(event: &Event) -> String {
    serde_json::to_string(event).unwrap() + "\n"
}

fn begun(slot: &str) -> Event {
    Event::Begun { slot: slot.into(), version: "1.0".into(), build: Build::Cpu }
}

fn whole_story(slot: &str) -> Vec<Event> {
    let steps = [Stage::Environment, Stage::Resolve, Stage::Packages, Stage::Verify];
    let steps = steps.into_iter().enumerate().map(|(index, stage)| Event::Step { index, stage });
    let end = [Event::Made { slot: slot.into() }, Event::Switched { slot: slot.into() }];
    std::iter::once(begun(slot)).chain(steps).chain(end).collect()
}

#[test]
fn a_journal_tells_how_far_it_came() {
    let text: String = whole_story("1.0-1").iter().map(line).collect();
    let after = |lines: usize| fold(&text.split_inclusive('\n').take(lines).collect::<String>());
    assert_eq!(after(0), Standing::Idle);
    assert_eq!(after(1), Standing::Half { slot: "1.0-1".into(), stage: None });
    assert_eq!(after(4), Standing::Half { slot: "1.0-1".into(), stage: Some(Stage::Packages) });
    assert_eq!(after(6), Standing::Made { slot: "1.0-1".into() });
    assert_eq!(after(7), Standing::Switched { slot: "1.0-1".into() });
}

#[test]
fn hostile_journals_lead_nowhere() {
    for text in [
        "not json\n".to_owned(),
        line(&Event::Made { slot: "1.0-1".into() }),
        line(&begun("../../etc-1")),
        line(&begun("1.0-1")).trim_end().to_owned(),
        line(&Event::Switched { slot: "1.0-1".into() }),
    ] {
        assert_eq!(fold(&text), Standing::Idle, "{text}");
    }
    let other = line(&begun("1.0-1")) + &line(&Event::Made { slot: "2.0-1".into() });
    assert!(matches!(fold(&other), Standing::Half { .. }));
}

#[test]
fn forward_when_whole_back_when_not() {
    let lying = |slot: &str, whole| Lying { slot: slot.into(), whole };
    let half = Standing::Half { slot: "2.0-1".into(), stage: None };
    let both = [lying("1.0-1", true), lying("2.0-1", false)];
    assert_eq!(amend(&half, &both, Some("1.0-1")), [Amend::Delete("2.0-1".into()), Amend::Close]);
    let made = Standing::Made { slot: "2.0-1".into() };
    let both = [lying("1.0-1", true), lying("2.0-1", true)];
    let forward = [Amend::Switch("2.0-1".into()), Amend::Delete("1.0-1".into()), Amend::Close];
    assert_eq!(amend(&made, &both, Some("1.0-1")), forward);
    assert_eq!(amend(&Standing::Idle, &both[..1], Some("1.0-1")), [Amend::Close]);
    let back = [Amend::Switch("1.0-1".into()), Amend::Close];
    assert_eq!(amend(&Standing::Idle, &both[..1], None), back, "a whole one without a link is linked again");
    let unlink = [Amend::Unlink, Amend::Close];
    assert_eq!(amend(&Standing::Idle, &[], Some("1.0-1")), unlink, "a link that leads nowhere goes");
    assert_eq!(amend(&made, &[lying("2.0-1", false)], None), [Amend::Delete("2.0-1".into()), Amend::Close]);
}

/// A folder as it would lie on disk.
#[derive(Debug, Clone, Default)]
struct Folder {
    slots: Vec<Lying>,
    current: Option<String>,
    journal: String,
}

impl Folder {
    /// Does the first `until` things of an install of `slot`, as the installer does them.
    fn install(&mut self, slot: &str, until: usize) {
        let mut done = 0;
        for event in whole_story(slot) {
            // What an event tells of is done before it is written, but for the beginnings of slot and steps.
            let made = matches!(event, Event::Made { .. });
            let moves: [&dyn Fn(&mut Self); 2] = [
                &|folder: &mut Self| match &event {
                    Event::Made { .. } => {
                        folder.slots.iter_mut().filter(|one| one.slot == slot).for_each(|one| one.whole = true)
                    }
                    Event::Switched { .. } => folder.current = Some(slot.to_owned()),
                    _ => {}
                },
                &|folder: &mut Self| {
                    folder.journal += &line(&event);
                    if matches!(event, Event::Begun { .. }) {
                        folder.slots.push(Lying { slot: slot.to_owned(), whole: false });
                    }
                },
            ];
            for one in moves {
                if done == until {
                    return;
                }
                one(self);
                done += 1;
            }
            assert!(!made || self.slots.iter().any(|one| one.whole));
        }
    }

    /// Does the first `until` of what is to be put right.
    fn recover(&mut self, until: usize) {
        for amend in amend(&fold(&self.journal), &self.slots, self.current.as_deref()).into_iter().take(until) {
            match amend {
                Amend::Switch(slot) => self.current = Some(slot),
                Amend::Unlink => self.current = None,
                Amend::Delete(slot) => self.slots.retain(|one| one.slot != slot),
                Amend::Close => self.journal.clear(),
            }
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = fold(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn a_cut_journal_never_claims_more_than_was_written(cut in 0_usize..2000) {
        let text: String = whole_story("1.0-1").iter().map(line).collect();
        let cut = cut.min(text.len());
        let made = text.find("\"made\"").unwrap();
        let end_of_made = made + text[made..].find('\n').unwrap() + 1;
        let claims = matches!(fold(&text[..cut]), Standing::Made { .. } | Standing::Switched { .. });
        prop_assert_eq!(claims, cut >= end_of_made);
    }

    #[test]
    fn whatever_ends_an_installer_the_next_command_leaves_one_whole_environment(
        first in 0_usize..20, ended in 0_usize..6, second in 0_usize..20, again in 0_usize..6, torn in 0_usize..30,
    ) {
        let mut folder = Folder::default();
        folder.install("1.0-1", first);
        folder.recover(ended);
        // A second recovery ends what the first did not.
        folder.recover(usize::MAX);
        let before = folder.current.clone();
        folder.install("2.0-1", second);
        if second < 20 && folder.current == before {
            let keep = folder.journal.len().saturating_sub(torn);
            folder.journal.truncate(keep);
        }
        prop_assert!(folder.current.as_ref().is_none_or(|name| folder.slots.iter().any(|one| one.slot == *name && one.whole)),
            "current leads to a half-made environment: {:?}", folder);
        folder.recover(again);
        prop_assert!(folder.current.as_ref().is_none_or(|name| folder.slots.iter().any(|one| one.slot == *name && one.whole)),
            "while recovering: {:?}", folder);
        folder.recover(usize::MAX);
        prop_assert!(folder.journal.is_empty() && folder.slots.iter().all(|one| one.whole), "{:?}", folder);
        prop_assert_eq!(folder.slots.len(), usize::from(folder.current.is_some()), "nothing else lies there: {:?}", folder);
        prop_assert!(before.is_none() || folder.current.is_some(), "what worked before is lost: {:?}", folder);
    }
}
