//! Replies under schemas, and constraints, whatever they are.

use crate::check;
use vramdeck::base::text::clean_line;
use vramdeck::lab::schema::Schema;
use vramdeck::lab::structured::conform::{Grammar, Matcher};
use vramdeck::lab::structured::diff::diff;
use vramdeck::lab::structured::tree::{Folded, NodeId, State, Tree};
use vramdeck::lab::structured::verdict::Verdict;
use vramdeck::lab::structured::watch::Watch;

/// A schema on the first line, a reply on the others.
pub fn reply(data: &[u8]) {
    let (schema, text) = data.split_at(data.iter().position(|byte| *byte == b'\n').unwrap_or(0));
    let text = text.strip_prefix(b"\n").unwrap_or(text);
    let schema = match serde_json::from_slice(schema).map(|schema| Schema::read(&schema)) {
        Ok(Ok(schema)) => Some(schema),
        Ok(Err(problem)) => return check::problem(&problem),
        Err(_) => None,
    };
    let schema = schema.as_ref();
    let mut watch = Watch::new(schema, None);
    watch.push_bytes(text);
    let sure = watch.possible().is_none_or(|possible| possible.conforms());
    watch.finish();
    let verdict = Verdict::of(&watch, schema);
    laws(text, &watch, &verdict);
    let mut bytes = Watch::new(schema, None);
    text.iter().for_each(|byte| bytes.push_bytes(&[*byte]));
    bytes.finish();
    assert_eq!(Verdict::of(&bytes, schema), verdict, "how it is cut makes a difference");
    assert_eq!(bytes.tree().nodes(), watch.tree().nodes());
    let whole: Option<serde_json::Value> = serde_json::from_slice(text).ok();
    if verdict.valid == Some(true) {
        assert!(whole.is_some() && sure && verdict.conforms_so_far && verdict.errors.is_empty());
    }
    if let (Some(value), Some(schema)) = (&whole, schema)
        && !sure
    {
        assert!(
            !schema.faults(value).is_empty(),
            "a text that obeys was said to be impossible: {:?}",
            watch.possible()
        );
    }
    if let Some(value) = whole {
        assert!(verdict.complete, "serde_json reads it");
        assert!(diff(&value, &watch.tree().to_value().unwrap().unwrap()).is_empty());
    }
}

fn laws(text: &[u8], watch: &Watch, verdict: &Verdict) {
    let tree = watch.tree();
    assert!(tree.bytes() <= text.len() && tree.bytes() + 3 >= text.len());
    for fault in &verdict.errors {
        check::row("an error", &clean_line(&fault.why));
        assert!(!fault.why.is_empty());
    }
    assert!(verdict.valid != Some(false) || !verdict.errors.is_empty(), "wrong without a reason");
    assert!(verdict.conforms_so_far || verdict.valid != Some(true));
    if verdict.valid.is_none() && verdict.valid_unknown.is_none() {
        assert!(!verdict.complete);
    }
    nodes(text, tree);
    let folded: Folded = (0..tree.nodes().len() as u32).step_by(3).map(NodeId::at).collect();
    let rows = tree.rows(&folded);
    assert_eq!(rows.from(0).count(), rows.count());
    assert!(rows.from(0).enumerate().all(|(row, id)| rows.of(id) == Some(row)));
}

fn nodes(text: &[u8], tree: &Tree) {
    for place in 0..tree.nodes().len().min(300) {
        let id = NodeId::at(place as u32);
        let node = tree.node(id).unwrap();
        assert!(node.span.start < node.span.end && node.span.end <= text.len());
        assert_eq!(tree.children(id).count(), node.children as usize);
        assert!(tree.children(id).all(|child| tree.node(child).unwrap().parent == Some(id)));
        if node.whole && !node.kind.is_container() && node.state() == State::Whole {
            let own: serde_json::Value = serde_json::from_slice(&text[node.span.clone()]).unwrap_or_default();
            assert!(tree.scalar(id).is_some_and(|value| value == own || own.is_null()));
        }
        if tree.invalid().is_empty() {
            assert_eq!(tree.find(NodeId::at(0), &tree.pointer(id)), Some(id));
        }
    }
}

/// A constraint on the first line, a text on the others.
pub fn grammar(data: &[u8]) {
    let Some((kind, rest)) = data.split_first() else { return };
    let (rule, text) = rest.split_at(rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len()));
    let rule = String::from_utf8_lossy(rule).into_owned();
    let grammar = match kind % 4 {
        0 => match serde_json::from_str(&rule) {
            Ok(schema) => Grammar::Schema(schema),
            Err(_) => return,
        },
        1 => Grammar::Regex(rule),
        2 => Grammar::Choice(rule.split('|').map(str::to_owned).collect()),
        _ => Grammar::Rules(rule.replace(';', "\n")),
    };
    let mut matcher = match Matcher::new(&grammar) {
        Ok(matcher) => matcher,
        Err(problem) => return check::problem(&problem),
    };
    let text = text.strip_prefix(b"\n").unwrap_or(text);
    matcher.push(text);
    assert!(matcher.conforming() <= matcher.read() && matcher.read() == text.len());
    assert!(matcher.first_impossible().is_none_or(|at| at == matcher.conforming() && at < text.len()));
    check::row("what may come", &matcher.expected().words());
    let _ = matcher.may_end();
}
