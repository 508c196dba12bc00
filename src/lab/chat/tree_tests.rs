use super::*;
use crate::wire::Delta;
use proptest::prelude::*;

fn told(conversation: &mut Conversation, id: TurnId, text: &str) {
    let delta = Delta { content: text.into(), ..Delta::default() };
    conversation.apply(id, &StreamEvent::Delta(delta));
    conversation.apply(id, &StreamEvent::Finished { choice: 0, reason: "stop".into() });
    conversation.apply(id, &StreamEvent::Done);
}

fn texts(conversation: &Conversation) -> Vec<&str> {
    conversation.path().iter().map(|turn| turn.choices[turn.chosen].text.as_str()).collect()
}

fn exchange() -> (Conversation, TurnId, TurnId) {
    let mut conversation = Conversation::new(100.0);
    let asked = conversation.add_user("  \n# What is *the* weather?\nNow", 101.0);
    let answer = conversation.begin_answer(Settings::default(), "m", 101.0).unwrap();
    told(&mut conversation, answer, "rain");
    (conversation, asked, answer)
}

#[test]
fn an_exchange_is_a_path() {
    let (mut conversation, asked, answer) = exchange();
    assert_eq!(conversation.title, "What is *the* weather?");
    assert_eq!(texts(&conversation), ["  \n# What is *the* weather?\nNow", "rain"]);
    assert!(asked < answer, "made in the same instant, still in order");
    assert_eq!(conversation.turn(answer).unwrap().end, TurnEnd::Finished { reason: "stop".into() });
    assert_eq!(conversation.streaming(), None);
    conversation.apply(answer, &StreamEvent::Failed(Problem::failed("late", "", "")));
    assert_eq!(conversation.turn(answer).unwrap().end, TurnEnd::Finished { reason: "stop".into() });
}

#[test]
fn edits_and_new_answers_are_branches() {
    let (mut conversation, asked, answer) = exchange();
    let again = conversation.regenerate(answer, Settings::default(), "m", 102.0).unwrap();
    told(&mut conversation, again, "sun");
    assert_eq!(conversation.position(again), Some(BranchPosition { index: 1, count: 2 }));
    let edited = conversation.edit_user(asked, "And Bergen?", 103.0).unwrap();
    assert_eq!(texts(&conversation), ["And Bergen?"]);
    assert_eq!(conversation.position(edited), Some(BranchPosition { index: 1, count: 2 }));
    assert!(conversation.switch(edited, Neighbour::Previous));
    assert_eq!(conversation.leaf(), Some(again), "goes to the newest end of that branch");
    assert!(conversation.switch(again, Neighbour::Previous));
    assert_eq!(texts(&conversation)[1], "rain");
    assert!(!conversation.switch(answer, Neighbour::Previous));
    assert_eq!(conversation.edit_user(answer, "x", 104.0), None, "an answer is not edited");
    assert_eq!(conversation.regenerate(asked, Settings::default(), "m", 104.0), None);
}

#[test]
fn ends_keep_what_came() {
    let mut conversation = Conversation::new(1.0);
    assert_eq!(conversation.begin_answer(Settings::default(), "m", 1.0), None, "nothing to answer");
    conversation.add_user("hi", 2.0);
    let answer = conversation.begin_answer(Settings::default(), "m", 3.0).unwrap();
    assert_eq!(conversation.begin_answer(Settings::default(), "m", 3.0), None, "one at a time");
    conversation.apply(answer, &StreamEvent::Delta(Delta { content: "par".into(), ..Delta::default() }));
    conversation.fail(answer, "engine gone\u{1b}");
    assert_eq!(conversation.turn(answer).unwrap().end, TurnEnd::Failed { why: "engine gone␛".into() });
    assert_eq!(texts(&conversation), ["hi", "par"]);
    conversation.cancel(answer);
    assert!(matches!(conversation.turn(answer).unwrap().end, TurnEnd::Failed { .. }), "ended once");
}

#[test]
fn choices_are_chosen_among_those_there() {
    let (mut conversation, _, answer) = exchange();
    assert!(!conversation.choose(answer, 1));
    let more = conversation.regenerate(answer, Settings::default(), "m", 102.0).unwrap();
    conversation.apply(more, &StreamEvent::Delta(Delta { choice: 1, content: "b".into(), ..Delta::default() }));
    assert!(conversation.choose(more, 1));
    assert_eq!(texts(&conversation)[1], "b");
}

#[test]
fn tallies_say_what_is_not_counted() {
    let (mut conversation, _, answer) = exchange();
    let usage = Usage { prompt_tokens: 7, completion_tokens: 3, ..Usage::default() };
    conversation.set_figures(answer, TurnFigures { usage: Some(usage), ..TurnFigures::default() });
    let other = conversation.regenerate(answer, Settings::default(), "m", 103.0).unwrap();
    conversation.cancel(other);
    assert_eq!(conversation.tally(), Tally { usage, uncounted: 1 });
}

#[test]
fn what_is_no_tree_is_refused() {
    let (conversation, ..) = exchange();
    let turns: Vec<Turn> = conversation.turns().cloned().collect();
    for broken in [
        vec![turns[1].clone()],
        vec![turns[0].clone(), turns[0].clone()],
        vec![Turn { parent: Some(turns[0].id), ..turns[0].clone() }],
        vec![Turn { choices: vec![], ..turns[0].clone() }],
    ] {
        assert!(Conversation::new(1.0).with_turns(broken, None).is_err());
    }
    let again = Conversation::new(1.0).with_turns(turns, Some(TurnId(5))).unwrap();
    assert_eq!(again.leaf(), conversation.leaf());
}

proptest! {
    /// Whatever is done, the path leads from a first turn to the leaf, and every turn stays reachable.
    #[test]
    fn any_deeds_leave_a_tree(deeds in proptest::collection::vec((0u8..7, 0usize..9), 0..60)) {
        let mut conversation = Conversation::new(1.0);
        for (step, (deed, at)) in deeds.into_iter().enumerate() {
            let now = 2.0 + step as f64 / 3.0;
            let ids: Vec<TurnId> = conversation.turns().map(|turn| turn.id).collect();
            let id = ids.get(at % ids.len().max(1)).copied().unwrap_or(TurnId(0));
            match deed {
                0 => { conversation.add_user("u", now); }
                1 => { conversation.begin_answer(Settings::default(), "m", now); }
                2 => { conversation.edit_user(id, "e", now); }
                3 => { conversation.regenerate(id, Settings::default(), "m", now); }
                4 => { conversation.switch(id, Neighbour::Previous); }
                5 => { conversation.switch(id, Neighbour::Next); }
                _ => conversation.cancel(id),
            }
            let path = conversation.path();
            prop_assert_eq!(path.last().map(|turn| turn.id), conversation.leaf());
            prop_assert!(path.first().is_none_or(|turn| turn.parent.is_none()));
            prop_assert!(path.windows(2).all(|pair| pair[1].parent == Some(pair[0].id)));
        }
        let turns: Vec<Turn> = conversation.turns().cloned().collect();
        let leaf = conversation.leaf();
        let mut again = Conversation { title: conversation.title.clone(), ..Conversation::new(1.0) };
        again.updated_at = conversation.updated_at;
        again.model = conversation.model.clone();
        prop_assert_eq!(again.with_turns(turns, leaf).unwrap(), conversation);
    }
}
