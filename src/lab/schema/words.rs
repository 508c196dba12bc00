//! Faults in words: short, with what the schema asks.

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use serde_json::Value;

/// Characters of a piece of a schema that are told.
const SHOWN: usize = 60;

/// What is wrong with a value.
pub(super) fn words(error: &ValidationError<'_>) -> String {
    sizes(error.kind()).or_else(|| forms(error)).unwrap_or_else(|| cut(&error.masked().to_string(), 5 * SHOWN))
}

/// Bounds and counts.
fn sizes(kind: &Kind) -> Option<String> {
    Some(match kind {
        Kind::Maximum { limit } => format!("must be at most {limit}"),
        Kind::Minimum { limit } => format!("must be at least {limit}"),
        Kind::ExclusiveMaximum { limit } => format!("must be less than {limit}"),
        Kind::ExclusiveMinimum { limit } => format!("must be more than {limit}"),
        Kind::MultipleOf { multiple_of } => format!("must be a multiple of {multiple_of}"),
        Kind::MaxLength { limit } => format!("has more than {limit} characters"),
        Kind::MinLength { limit } => format!("has fewer than {limit} characters"),
        Kind::MaxItems { limit } => format!("has more than {limit} entries"),
        Kind::MinItems { limit } => format!("has fewer than {limit} entries"),
        Kind::AdditionalItems { limit } => format!("has more than the {limit} entries that are allowed"),
        Kind::MaxProperties { limit } => format!("has more than {limit} members"),
        Kind::MinProperties { limit } => format!("has fewer than {limit} members"),
        Kind::UniqueItems => "has the same entry twice".to_owned(),
        Kind::Contains => "has not the entries that it must have".to_owned(),
        _ => return None,
    })
}

fn forms(error: &ValidationError<'_>) -> Option<String> {
    Some(match error.kind() {
        Kind::Type { kind } => {
            let names: Vec<String> = match kind {
                TypeKind::Single(name) => vec![name.to_string()],
                TypeKind::Multiple(names) => names.iter().map(|name| name.to_string()).collect(),
            };
            format!("must be {}, not {}", names.join(" or "), a(error.instance().as_ref()))
        }
        Kind::Enum { options } => {
            let all = options.as_array().map(Vec::as_slice).unwrap_or_default();
            let told: Vec<String> = all.iter().take(6).map(|value| cut(&value.to_string(), SHOWN)).collect();
            let more = if all.len() > 6 { format!(" and {} more", all.len() - 6) } else { String::new() };
            format!("must be one of {}{more}", told.join(", "))
        }
        Kind::Constant { expected_value } => format!("must be {}", cut(&expected_value.to_string(), SHOWN)),
        Kind::Required { property } => match property.as_str() {
            Some(name) => format!("lacks the property `{}`", cut(name, SHOWN)),
            None => format!("lacks the property {property}"),
        },
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            format!("must not have {}", properties(unexpected))
        }
        Kind::Pattern { pattern } => format!("does not match the pattern {}", cut(pattern, SHOWN)),
        Kind::Format { format } => format!("is no {}", cut(format, SHOWN)),
        // Where no property is named, none may be there: that is told of the object.
        Kind::FalseSchema if error.schema_path().as_str().ends_with("/additionalProperties") => {
            "must have no properties".to_owned()
        }
        Kind::FalseSchema => "is not allowed here".to_owned(),
        Kind::Not { .. } => "has a form that is not allowed".to_owned(),
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
            format!("keeps to none of the {} forms that are allowed", context.len())
        }
        Kind::OneOfMultipleValid { .. } => "keeps to several forms of which only one is allowed".to_owned(),
        Kind::PropertyNames { error } => format!("a key {}", words(error)),
        Kind::BacktrackLimitExceeded { .. } => "cannot be matched against its pattern in sensible time".to_owned(),
        _ => return None,
    })
}

fn properties(names: &[String]) -> String {
    let told: Vec<String> = names.iter().take(6).map(|name| format!("`{}`", cut(name, SHOWN))).collect();
    let more = if names.len() > 6 { format!(" and {} more", names.len() - 6) } else { String::new() };
    format!("the propert{} {}{more}", if names.len() == 1 { "y" } else { "ies" }, told.join(", "))
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most { text.to_owned() } else { text.chars().take(most).chain(['…']).collect() }
}

fn a(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use crate::lab::schema::Schema;
    use serde_json::json;

    #[test]
    fn faults_are_told_in_words() {
        for (schema, value, words) in [
            (json!({"type": ["integer", "null"]}), json!("x"), "must be null or integer, not a string"),
            (json!({"enum": ["a", 1]}), json!(2), "must be one of \"a\", 1"),
            (json!({"const": [1]}), json!(2), "must be [1]"),
            (json!({"maximum": 1.5}), json!(2), "must be at most 1.5"),
            (json!({"required": ["a"]}), json!({}), "lacks the property `a`"),
            (
                json!({"properties": {"c": {}}, "additionalProperties": false}),
                json!({"a": 1, "b": 2}),
                "must not have the properties `a`, `b`",
            ),
            (json!({"additionalProperties": false}), json!({"a": 1, "b": 2}), "must have no properties"),
            (
                json!({"anyOf": [{"type": "null"}, {"const": 1}]}),
                json!(2),
                "keeps to none of the 2 forms that are allowed",
            ),
            (json!({"oneOf": [{}, {}]}), json!(2), "keeps to several forms of which only one is allowed"),
            (json!({"pattern": "^a"}), json!("b"), "does not match the pattern ^a"),
            (json!({"propertyNames": {"maxLength": 1}}), json!({"ab": 1}), "a key has more than 1 characters"),
            (json!({"not": {}}), json!(1), "has a form that is not allowed"),
            (json!(false), json!(1), "is not allowed here"),
            (json!({"pattern": "^(?=(a+)+$)(a|aa)+$"}), json!("a".repeat(40) + "!"), ""),
        ] {
            let faults = Schema::new(&schema).unwrap().faults(&value);
            assert_eq!(faults.len(), 1, "{schema}: {faults:?}");
            assert!(words.is_empty() || faults[0].why == words, "{schema}: {faults:?}");
        }
    }
}
