use super::*;
use crate::app::screens::chat::target::{KeyFrom, Resolved};
use crate::base::{Problem, Unknown};
use crate::lab::pooling::{Given, Serves, tell};
use crate::wire::Dialect;
use crate::wire::pooling::{Answer, Ask, Pooled};
use std::sync::Arc;

fn ready() -> (State, Shared, Env) {
    let to = Resolved {
        base_url: "http://h".into(),
        model: "emb".into(),
        key: KeyFrom::Nowhere,
        dialect: Dialect::Vllm,
        context: Err(Unknown::because("untold")),
        simulated: false,
    };
    let known = Known { of: ("http://h".into(), "emb".into()), serves: None };
    let state = State { resolved: Ok(to), known: Some(known), ..State::default() };
    let env = Env { now: std::time::SystemTime::UNIX_EPOCH, uptime: Duration::from_secs(1) };
    (state, Shared::empty(), env)
}

fn serves(tasks: &[Task]) -> Msg {
    let serves = Serves { tasks: tasks.to_vec(), basis: "by its flag".into() };
    Msg::Serves { of: ("http://h".into(), "emb".into()), serves: Ok(serves) }
}

#[test]
fn the_task_is_that_of_the_server_until_one_is_chosen() {
    let (mut state, mut shared, env) = ready();
    receive(&mut state, serves(&[Task::Classify]), &mut shared, &env);
    assert!(state.task == Task::Classify && state.lacks(Task::Embed) && !state.lacks(Task::Classify));
    act(&mut state, Action::NextTask, &mut shared, &env);
    assert_eq!(state.task, Task::Reward);
    receive(&mut state, serves(&[Task::Embed]), &mut shared, &env);
    assert_eq!(state.task, Task::Reward, "what was chosen stays");
    act(&mut state, Action::PreviousTask, &mut shared, &env);
    assert_eq!(state.task, Task::Classify);
}

#[test]
fn a_question_is_asked_answered_and_stopped() {
    let (mut state, mut shared, env) = ready();
    let effects = act(&mut state, Action::Run, &mut shared, &env);
    let ask = match &effects[..] {
        [Root::Lab(crate::app::screens::lab::Effect::Pooling(Effect::Ask { asked: 1, ask, .. }))] => ask.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!((ask.texts.len(), ask.query.as_str()), (3, ""));
    assert_eq!(contexts(&state)[0], "lab.pooling.busy");
    let answer =
        Answer { pooled: Pooled::Vectors(vec![vec![1.0], vec![1.0], vec![-1.0]]), model: "m".into(), tokens: None };
    let told = Arc::new(tell(ask, answer, &[], Vec::new(), 0.1));
    receive(&mut state, Msg::Told { asked: 9, result: Ok(told.clone()) }, &mut shared, &env);
    assert!(state.told.is_none(), "an answer to another question");
    receive(&mut state, Msg::Told { asked: 1, result: Ok(told) }, &mut shared, &env);
    let given = state.told.as_ref().unwrap().as_ref().unwrap();
    assert!(matches!(&given.given, Given::Similar(all) if all.nearest() == Some((0, 1, 1.0))));
    let copied = act(&mut state, Action::Copy, &mut shared, &env);
    assert!(matches!(&copied[..], [Root::Copy(text)] if text.lines().count() == 3 && text.contains("\t-1.000000")));
    for _ in 0..40 {
        act(&mut state, Action::PageDown, &mut shared, &env);
        act(&mut state, Action::Right, &mut shared, &env);
    }
    assert!(state.row <= 10 && state.column == 2);
    act(&mut state, Action::Run, &mut shared, &env);
    let effects = act(&mut state, Action::Stop, &mut shared, &env);
    assert!(matches!(&effects[..], [Root::Lab(crate::app::screens::lab::Effect::Pooling(Effect::Stop))]));
    assert!(state.flying.is_none() && act(&mut state, Action::Stop, &mut shared, &env).is_empty());
}

#[test]
fn what_cannot_be_asked_is_said() {
    let (mut state, mut shared, env) = ready();
    state.texts = crate::app::editor::Editor::with("  \n");
    assert!(act(&mut state, Action::Run, &mut shared, &env).is_empty());
    state.resolved = Err(Problem::failed("a", "b", "c"));
    assert!(act(&mut state, Action::Run, &mut shared, &env).is_empty());
    assert!(state.flying.is_none() && state.asked == 0);
}

#[test]
fn what_is_typed_goes_where_the_focus_is() {
    let (mut state, mut shared, env) = ready();
    state.task = Task::Rerank;
    focus(&mut state, true);
    assert_eq!(contexts(&state), ["lab.pooling.texts.input"]);
    act(&mut state, Action::Newline, &mut shared, &env);
    paste(&mut state, "four\r\nfive", &mut shared, &env);
    assert_eq!(state.ask().texts.len(), 5);
    focus(&mut state, true);
    key(&mut state, Key::parse("?").unwrap(), &mut shared, &env);
    assert!(state.ask().query.ends_with("??"), "{}", state.ask().query);
    focus(&mut state, true);
    assert_eq!(state.focus, Focus::Result);
    state.task = Task::Embed;
    focus(&mut state, false);
    assert_eq!(state.focus, Focus::Texts, "there is no query to write");
    assert_eq!(Ask { raw: false, ..state.ask() }.query, "");
}
