use super::*;
use crate::lab::suite::{
    About, Advice, Answer, Figures, MadeCall, Report, Size, advise, compare, from_jsonl, markdown, shipped, to_jsonl,
};
use proptest::prelude::*;

fn plan() -> Plan {
    Plan { temperatures: vec![0.3, 0.9], tools: vec![2, 8], repeats: 2, ..Plan::default() }
}

/// A model that answers rightly where `knows` says so, else with a text that is wrong wherever a call is wanted.
fn answer(case: &Case, turn: usize, knows: bool) -> Answer {
    let expect = &case.turns[turn].expect;
    let figures = Figures { first_call_seconds: Some(0.5), completion_tokens: Some(10), ..Figures::default() };
    if !knows {
        let name = if case.wants_call() { "made_up" } else { &case.tools[0].name }.to_owned();
        return Answer { calls: vec![MadeCall { name, arguments: "{}".to_owned() }], figures, ..Answer::default() };
    }
    let calls = expect.calls.iter();
    let calls = calls.map(|call| MadeCall { name: call.name.clone(), arguments: call.sample().to_string() }).collect();
    let says: Vec<&str> = expect.says.iter().map(|group| group[0].as_str()).collect();
    Answer { calls, content: Some(format!("So {}", says.join(" and "))), figures, ..Answer::default() }
}

fn work(run: &mut Run, job: Job, knows: &impl Fn(&Case, &Setting) -> bool) {
    let case = run.cases[job.case].clone();
    let work = run.work(job).unwrap();
    assert!(work.seed < 1 << 31);
    let mut dialogue = work.dialogue();
    let (key, right) = (work.setting.key(), knows(&case, &work.setting));
    let mut turn = 0;
    while dialogue.ask().is_some() {
        dialogue.take(answer(&case, turn, right));
        turn += 1;
    }
    assert!(run.finish(dialogue.outcome(&key, job.repeat).unwrap()));
}

fn all(knows: impl Fn(&Case, &Setting) -> bool) -> Vec<Outcome> {
    let mut run = Run::new(plan(), shipped(Size::Full), Vec::new()).unwrap();
    while let Some(job) = run.next_job() {
        work(&mut run, job, &knows);
    }
    assert_eq!(run.state(), State::Done);
    run.outcomes().cloned().collect()
}

#[test]
fn a_run_counts_and_ends() {
    let mut run = Run::new(plan(), shipped(Size::Full), Vec::new()).unwrap();
    // The base asks all cases, the four sweeps the quick ones.
    let total = 2 * (130 + 4 * 38);
    assert_eq!(run.progress(), Progress { total, ..Progress::default() });
    let (first, second) = (run.next_job().unwrap(), run.next_job().unwrap());
    assert_ne!(first, second);
    work(&mut run, second, &|_, _| true);
    assert_eq!(run.progress(), Progress { total, done: 1, given: 1, right: 1, failed: 0 });
    run.give_back(first);
    assert_eq!(run.next_job(), Some(first));
    run.cancel();
    assert_eq!((run.next_job(), run.state()), (None, State::Cancelled));
    let mut stranger = run.outcomes().next().unwrap().clone();
    stranger.repeat = 7;
    assert!(!run.finish(stranger.clone()));
    stranger.case = "unknown".to_owned();
    assert!(!run.finish(stranger));
    assert!(Run::new(plan(), Vec::new(), Vec::new()).is_err());
}

#[test]
fn a_failed_request_is_asked_again_and_never_counted() {
    let cases: Vec<Case> = shipped(Size::Quick).into_iter().take(1).collect();
    let mut run = Run::new(Plan::default(), cases.clone(), Vec::new()).unwrap();
    let job = run.next_job().unwrap();
    let work = run.work(job).unwrap();
    let (mut dialogue, key) = (work.dialogue(), work.setting.key());
    dialogue.take(Answer { failure: Some("connection refused".to_owned()), ..Answer::default() });
    let outcome = dialogue.outcome(&key, 0).unwrap();
    run.finish(outcome.clone());
    assert_eq!((run.state(), run.progress().failed), (State::Done, 1));
    let report = Report::of(About::default(), run.plan(), std::slice::from_ref(&outcome));
    assert_eq!((report.settings[0].all.pass.value, report.settings[0].all.failed), (None, 1));
    assert_eq!(Run::new(Plan::default(), cases, vec![outcome]).unwrap().next_job(), Some(job));
}

#[test]
fn a_report_counts_each_category_and_the_files_hold_it() {
    let outcomes = all(|case, _| case.category != "parallel");
    let about = About { suite: "calls".to_owned(), model: "tiny|\u{1b}[31m".to_owned(), ..About::default() };
    let report = Report::of(about.clone(), &plan(), &outcomes);
    let base = &report.settings[0];
    assert_eq!((report.settings.len(), base.categories.len()), (5, 9));
    assert_eq!((base.all.cases, base.all.trials, base.all.k), (130, 260, 2));
    assert!(base.headline.is_some_and(|share| (share - 8.0 / 9.0).abs() < 1e-9));
    let parallel = &base.categories.iter().find(|(name, _)| name == "parallel").unwrap().1;
    assert_eq!((parallel.pass.value, parallel.pass.n, parallel.pass_all.value), (Some(0.0), 12, Some(0.0)));
    assert_eq!((parallel.hallucinated.value, parallel.labels[&Label::HallucinatedName]), (Some(1.0), 24));
    assert_eq!((base.all.trigger_f1, base.all.first_call_seconds), (Some(1.0), Some(0.5)));

    let advice = advise(&plan(), &outcomes);
    assert_eq!(Advice::line(&advice), "no parallel calls");
    let text = markdown(&report, &plan(), &advice);
    assert!(text.contains("**no parallel calls**") && text.contains("| parallel | 0 % (0–24, n=12) |"), "{text}");
    assert!(!text.contains('\u{1b}') && text.contains("tiny\\|"));

    let lines = to_jsonl(&about, &plan(), &outcomes);
    assert_eq!(from_jsonl(&lines, "mine").unwrap(), (about, plan(), outcomes.clone()));
    let cut = from_jsonl(&lines[..lines.len() - 20], "mine").unwrap();
    assert_eq!(cut.2.len() + 1, outcomes.len());
    assert!(from_jsonl("", "mine").is_err());
    assert!(
        from_jsonl(&format!("{lines}{{}}\n"), "mine")
            .unwrap_err()
            .to_string()
            .contains(&format!("line {}", outcomes.len() + 2))
    );
}

#[test]
fn advice_follows_from_the_sweeps() {
    let line = |knows: fn(&Case, &Setting) -> bool| Advice::line(&advise(&plan(), &all(knows)));
    assert_eq!(line(|_, _| true), "no limit found in what was tried");
    assert_eq!(line(|case, _| case.category != "single"), "not for tool calls");
    assert_eq!(line(|_, setting| setting.temperature < 0.5), "temperature ≤ 0.3");
    assert_eq!(line(|_, setting| setting.tools != Some(8)), "at most 2 tools");
    assert_eq!(line(|case, _| !matches!(case.category.as_str(), "nested" | "multi-turn")), "single-shot only");
    assert_eq!(line(|case, _| case.category != "nested"), "no calls that build on each other");
    assert_eq!(line(|case, _| case.category != "none"), "offer tools only when one is needed");
    // Six of 38 cases fall away, which the intervals show; two of 38 they do not.
    assert_eq!(line(|case, setting| setting.temperature < 0.5 || case.category != "pick"), "temperature ≤ 0.3");
    let few = line(|case, setting| setting.temperature < 0.5 || case.category != "forced");
    assert!(few.contains("(likely)"), "{few}");
}

#[test]
fn a_wrong_parser_is_blamed_before_the_model() {
    let cases: Vec<Case> = shipped(Size::Full).into_iter().filter(|case| case.category == "single").collect();
    let verdict = |dropped: usize| {
        let mut run = Run::new(Plan::default(), cases.clone(), Vec::new()).unwrap();
        while let Some(job) = run.next_job() {
            let work = run.work(job).unwrap();
            let mut dialogue = work.dialogue();
            let call = &work.case.turns[0].expect.calls[0];
            let raw = format!(r#"<tool_call>{{"name": "{}", "arguments": {}}}</tool_call>"#, call.name, call.sample());
            let raw = if job.case < dropped { raw } else { "I cannot".to_owned() };
            dialogue.take(Answer { content: Some(String::new()), raw: Some(raw), ..Answer::default() });
            run.finish(dialogue.outcome(&work.setting.key(), 0).unwrap());
        }
        let outcomes: Vec<Outcome> = run.outcomes().cloned().collect();
        Advice::line(&advise(run.plan(), &outcomes))
    };
    let parser = "try another parser: the server drops calls";
    assert_eq!(verdict(20), parser);
    assert_eq!(verdict(5), format!("{parser}; not for tool calls"));
    assert_eq!(verdict(0), "not for tool calls");
}

#[test]
fn streaming_and_strictness_are_told_apart() {
    let plan = Plan { streaming: true, strict: true, ..Plan::default() };
    let mut run = Run::new(plan.clone(), shipped(Size::Quick), Vec::new()).unwrap();
    while let Some(job) = run.next_job() {
        work(&mut run, job, &|case, setting| {
            setting.strict || !setting.stream || !matches!(case.category.as_str(), "schema" | "pick")
        });
    }
    let outcomes: Vec<Outcome> = run.outcomes().cloned().collect();
    assert_eq!(Advice::line(&advise(&plan, &outcomes)), "do not stream; offer tools as strict");
}

#[test]
fn two_results_are_compared_over_the_cases_that_both_have() {
    let base = Plan::default().base.key();
    let own = |outcomes: &[Outcome]| -> Vec<Outcome> {
        outcomes.iter().filter(|outcome| outcome.setting == base).cloned().collect()
    };
    let (first, second) = (own(&all(|case, _| case.category != "pick")), own(&all(|case, _| case.id != "single-add")));
    let first: Vec<&Outcome> = first.iter().skip(4).collect();
    let comparison = compare(&first, &second.iter().collect::<Vec<_>>());
    let words: Vec<(&str, &str)> = comparison.rows.iter().map(|row| (row.category.as_str(), row.words())).collect();
    assert_eq!(words[1], ("pick", "better"));
    assert_eq!(words[0], ("single", "no difference shown"));
    assert_eq!((words.len(), words.last().map(|row| row.0)), (10, Some("all")));
    assert_eq!((comparison.gained.len(), comparison.lost.len(), comparison.left_out), (20, 0, 2));
    let empty = compare(&[], &[]);
    assert_eq!((empty.rows.len(), empty.rows[0].words()), (1, "not measured"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn a_resumed_run_is_the_uninterrupted_one(stop in 0..60_usize, wrong in 0..7_usize) {
        let cases: Vec<Case> = shipped(Size::Quick).into_iter().take(6).collect();
        let knows = |case: &Case, setting: &Setting| case.id.len() % 7 != wrong || setting.temperature > 0.5;
        let mut whole = Run::new(plan(), cases.clone(), Vec::new()).unwrap();
        while let Some(job) = whole.next_job() {
            work(&mut whole, job, &knows);
        }
        let mut part = Run::new(plan(), cases.clone(), Vec::new()).unwrap();
        for _ in 0..stop {
            if let Some(job) = part.next_job() {
                work(&mut part, job, &knows);
            }
        }
        part.cancel();
        let text = to_jsonl(&About::default(), part.plan(), part.outcomes());
        let (_, plan, earlier) = from_jsonl(&text, "part").unwrap();
        let mut rest = Run::new(plan, cases, earlier).unwrap();
        prop_assert_eq!(rest.progress().done, stop.min(60));
        while let Some(job) = rest.next_job() {
            work(&mut rest, job, &knows);
        }
        prop_assert_eq!(rest.outcomes().collect::<Vec<_>>(), whole.outcomes().collect::<Vec<_>>());
    }
}
