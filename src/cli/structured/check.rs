//! `vramdeck structured check`: a text from stdin against a schema, whole or cut off.

use crate::base::Problem;
use crate::base::text::{clean_line, fit};
use crate::cli::output;
use crate::lab::schema::Schema;
use crate::lab::structured::conform::{Grammar, Matcher};
use crate::lab::structured::lint::{Finding, lint};
use crate::lab::structured::tree::{Kind, NodeId, State, Tree};
use crate::lab::structured::verdict::Verdict;
use crate::lab::structured::watch::Watch;
use serde_json::{Value, json};
use std::io::Read;
use std::path::{Path, PathBuf};

/// The longest text that is read, in bytes.
const LONGEST: u64 = 64 * 1024 * 1024;
/// The largest schema that is read, in bytes.
const LARGEST: u64 = 16 * 1024 * 1024;
/// Values that are printed of a tree.
const ROWS: usize = 200;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A JSON Schema, drafts 4 to 2020-12 by its `$schema`. Nothing that it refers to elsewhere is fetched.
    #[arg(long, value_name = "FILE")]
    schema: PathBuf,
    /// Feed so many bytes at a time; 0 feeds the text at once. The result is the same.
    #[arg(long, value_name = "BYTES", default_value_t = 0)]
    chunk: usize,
    /// The reply was cut off by the limit of tokens.
    #[arg(long)]
    cut_by_length: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Runs the command: the text from stdin is answered whatever it holds.
///
/// # Errors
/// When the schema cannot be used, or stdin cannot be read.
pub fn run(args: &Args) -> Result<(), Problem> {
    let value = schema(&args.schema)?;
    let schema = Schema::read(&value)?;
    let (matcher, refused) = match Matcher::new(&Grammar::Schema(value.clone())) {
        Ok(matcher) => (Some(matcher), None),
        Err(problem) => (None, Some(problem.why)),
    };
    let text = stdin()?;
    let mut watch = Watch::new(Some(&schema), matcher);
    let size = if args.chunk == 0 { text.len().max(1) } else { args.chunk };
    text.chunks(size).for_each(|piece| watch.push_bytes(piece));
    watch.finish();
    let verdict = Verdict::of(&watch, Some(&schema));
    let findings = lint(&value);
    if args.json {
        output::json(&document(&verdict, &mut watch, refused, &findings, args))
    } else {
        output::raw(&told(&verdict, &mut watch, refused, &findings, args))
    }
}

fn schema(path: &Path) -> Result<Value, Problem> {
    let what = || format!("{} cannot be used as a schema", path.display());
    let unread = |why: String| Problem::failed(what(), why, "give the path of a file with a JSON Schema");
    let file = std::fs::File::open(path).map_err(|error| unread(error.to_string()))?;
    let mut text = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut text).map_err(|error| unread(error.to_string()))?;
    if text.len() as u64 > LARGEST {
        return Err(unread(format!("it is larger than {} MiB", LARGEST / 1024 / 1024)));
    }
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
    serde_json::from_slice(text).map_err(|error| unread(format!("it is no JSON: {error}")))
}

fn stdin() -> Result<Vec<u8>, Problem> {
    let mut text = Vec::new();
    let read = std::io::stdin().lock().take(LONGEST + 1).read_to_end(&mut text);
    read.map_err(|error| Problem::failed("stdin cannot be read", error.to_string(), "pipe the model's text in"))?;
    if text.len() as u64 > LONGEST {
        let why = format!("it is longer than {} MiB", LONGEST / 1024 / 1024);
        return Err(Problem::failed("the text is not read", why, "give the text of one answer"));
    }
    Ok(text)
}

fn document(verdict: &Verdict, watch: &mut Watch, refused: Option<String>, findings: &[Finding], args: &Args) -> Value {
    let errors: Vec<Value> =
        verdict.errors.iter().map(|fault| json!({"path": fault.path, "message": fault.why})).collect();
    let lint: Vec<Value> = findings
        .iter()
        .map(|one| json!({"backend": one.backend.name(), "keyword": one.keyword, "path": one.path, "effect": one.effect.name()}))
        .collect();
    let followed = watch.matcher_mut().map(|matcher| {
        (matcher.conforming(), matcher.first_impossible(), matcher.expected(), matcher.lost().map(ToString::to_string))
    });
    let (conforming, impossible, expected, lost) = match followed {
        Some((conforming, impossible, expected, lost)) => (Some(conforming), impossible, Some(expected), lost),
        None => (None, None, None, refused),
    };
    let tree = watch.tree();
    json!({
        "complete": verdict.complete,
        "valid": verdict.valid,
        "valid_unknown": verdict.valid_unknown.as_ref().map(ToString::to_string),
        "conforms_so_far": verdict.conforms_so_far,
        "order_differs": verdict.order_differs,
        "errors": errors,
        "lint": lint,
        "outcome": verdict.outcome(args.cut_by_length).words(),
        "starts_at": tree.starts_at(),
        "text_after": tree.after(),
        "impossible_at": watch.impossible_at(),
        "in_schema_order": {
            "conforming_bytes": conforming,
            "first_impossible": impossible,
            "next": expected.as_ref().map(|expected| expected.words()),
            "may_end": expected.as_ref().map(|expected| expected.may_end),
            "unknown": lost,
        },
        "blank_loop": watch.is_blank_loop(),
    })
}

fn told(verdict: &Verdict, watch: &mut Watch, refused: Option<String>, findings: &[Finding], args: &Args) -> String {
    let mut out = rows(watch);
    let mut line = |name: &str, text: &str| out.push_str(&format!("{name:<10} {}\n", clean_line(text)));
    let order =
        if verdict.order_differs { "; the order of members differs from the schema's, which is no fault" } else { "" };
    line("verdict", &format!("{}{order}", verdict.outcome(args.cut_by_length).words()));
    verdict.valid_unknown.iter().for_each(|why| line("", &why.to_string()));
    for fault in &verdict.errors {
        let at = if fault.path.is_empty() { "the whole" } else { &fault.path };
        line("error", &format!("{at}: {}", fault.why));
    }
    if let Some(at) = watch.impossible_at() {
        line("lost", &format!("from byte {at} on no completion can obey the schema"));
    }
    match (watch.matcher_mut(), refused) {
        (Some(matcher), _) => {
            let expected = matcher.expected().words();
            match (matcher.first_impossible(), matcher.lost()) {
                (Some(at), _) => {
                    line(
                        "in order",
                        &format!(
                            "{} bytes follow the schema in its order; at byte {at} {expected} should be",
                            matcher.conforming()
                        ),
                    );
                }
                (None, Some(why)) => line("in order", &format!("not known: {why}")),
                (None, None) => line("next", &expected),
            }
        }
        (None, why) => line("in order", &format!("not known: {}", why.unwrap_or_default())),
    }
    if watch.is_blank_loop() {
        line("blanks", &format!("ends in {} bytes of white space", watch.blanks().run));
    }
    for one in findings {
        let at = if one.path.is_empty() { "the whole schema" } else { &one.path };
        line("schema", &format!("{}: {} at {at} is {}", one.backend.name(), one.keyword, one.effect.name()));
    }
    out
}

/// The tree, a row for each value.
fn rows(watch: &Watch) -> String {
    let tree = watch.tree();
    let all = tree.nodes().len();
    let shown = (0..all.min(ROWS)).filter_map(|place| u32::try_from(place).ok()).map(NodeId::at);
    let mut out: String = shown.map(|id| row(tree, watch, id)).collect();
    if all > ROWS {
        out.push_str(&format!("           … {} more values\n", all - ROWS));
    }
    out
}

fn row(tree: &Tree, watch: &Watch, id: NodeId) -> String {
    let Some(node) = tree.node(id) else { return String::new() };
    let (state, why) = watch.state(id);
    let mark = match (state, &why) {
        (_, Some(_)) | (State::Invalid(_), _) => "wrong",
        (State::Whole, None) => "whole",
        (State::Growing, None) => "growing",
    };
    let name = tree.key(id).map_or_else(String::new, |key| format!("{}: ", Value::from(key)));
    let text = match node.kind {
        Kind::Object => format!("{{{}}}", node.children),
        Kind::Array => format!("[{}]", node.children),
        Kind::String => Value::from(tree.text(id)).to_string(),
        _ => tree.text(id).to_owned(),
    };
    let why = why.map_or_else(String::new, |why| format!("  ({why})"));
    let indent = "  ".repeat((node.depth as usize).min(20));
    format!("{mark:<10} {indent}{}{}\n", fit(&clean_line(&format!("{name}{text}")), 90), clean_line(&why))
}
