//! What llguidance itself says of a schema.

use super::{Backend, Effect, Finding};
use crate::base::text::clean_line;
use crate::lab::schema::Schema;
use crate::lab::structured::size::beyond;
use llguidance::ParserFactory;
use llguidance::api::TopLevelGrammar;
use serde_json::{Map, Value, json};
use toktrie::{ApproximateTokEnv, InferenceCapabilities};

/// Bytes of a schema that is shown to llguidance.
const MOST: usize = 64 << 10;
/// Levels of one: both validator and llguidance go down by recursion.
const DEEPEST: usize = 40;
/// Members of one object: llguidance takes a level for each.
const WIDEST: usize = 100;

/// Our findings for guidance in the light of llguidance's own: where it takes the schema as it stands, those that were only
/// read in the schema go, such as in definitions that nothing uses; where it refuses what we did not find, that is added.
pub(super) fn settled(schema: &Value, ours: Vec<Finding>) -> Vec<Finding> {
    let by_gate = |one: &Finding| one.keyword == "patternProperties";
    match asked(schema) {
        None => ours,
        Some(Ok(())) => ours.into_iter().filter(by_gate).collect(),
        Some(Err(why)) => {
            let mut all = ours;
            if all.iter().all(by_gate) {
                all.push(whole(&why));
            }
            all
        }
    }
}

fn whole(why: &str) -> Finding {
    let named = why.split('"').nth(1).filter(|_| why.contains("Unimplemented keys"));
    let keyword = match named {
        Some(name) => name,
        None if why.contains("oneOf") => "oneOf",
        None if why.contains("ref") || why.contains("Pointer") => "$ref",
        None if why.contains("regex") || why.contains("Regex") => "pattern",
        None => "",
    };
    Finding {
        backend: Backend::Guidance,
        keyword: keyword.to_owned(),
        path: String::new(),
        effect: Effect::Refused,
        why: format!("llguidance says: {}", clean_line(&why.chars().take(300).collect::<String>())),
    }
}

/// Whether llguidance takes the schema, or why not; `None` where it is not asked: the schema is no valid one, too large, too deep or too wide.
fn asked(schema: &Value) -> Option<Result<(), String>> {
    if beyond(schema, DEEPEST, WIDEST) || schema.to_string().len() > MOST || Schema::new(schema).is_err() {
        return None;
    }
    let mut map: Map<String, Value> = match schema {
        Value::Object(map) => map.clone(),
        _ => return None,
    };
    map.insert("x-guidance".to_owned(), json!({"whitespace_flexible": true}));
    let env = ApproximateTokEnv::single_byte_env();
    let mut factory = ParserFactory::new(&env, InferenceCapabilities::default(), &[]).ok()?;
    factory.quiet();
    let told = factory.create_parser(TopLevelGrammar::from_json_schema(Value::Object(map)));
    Some(told.map(|_| ()).map_err(|error| error.to_string()))
}
