//! A schema as it is asked while a text grows: only what can be told before the end, the rest marked for a judgement at the end.

use super::pattern::Pattern;
use super::plans::{PlanId, Stubs};
use jsonschema::Draft;
use serde_json::{Map, Value};
use std::sync::Arc;

/// The types of JSON Schema, as bits.
pub(super) const NAMES: [&str; 7] = ["null", "boolean", "object", "array", "number", "string", "integer"];
/// All types.
const ALL: u8 = 0b0111_1111;

/// What a schema says of one value.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Nothing is allowed.
    pub never: bool,
    /// Types that are allowed, where not all are: bits in the order of [`NAMES`].
    pub types: Option<u8>,
    /// Lists of values of which it must be one.
    pub choices: Vec<Choice>,
    /// Bounds of a number, both included, and whether a bound itself is not.
    pub low: Option<(f64, bool)>,
    pub high: Option<(f64, bool)>,
    pub length: (Option<u64>, Option<u64>),
    pub pattern: Option<Arc<Pattern>>,
    pub tuple: Vec<PlanId>,
    pub rest: Option<PlanId>,
    /// No entries may come behind the tuple.
    pub closed_tuple: bool,
    pub items: (Option<u64>, Option<u64>),
    pub unique: bool,
    /// Sorted by name.
    pub properties: Vec<Property>,
    pub patterns: Vec<(regex::Regex, PlanId)>,
    pub additional: Additional,
    pub names: Option<PlanId>,
    pub required: Vec<String>,
    pub dependent: Vec<(String, Vec<String>)>,
    pub members: (Option<u64>, Option<u64>),
    /// Schemas that must all be obeyed by the same value.
    pub all: Vec<PlanId>,
    /// Groups of schemas of which one at least must be obeyed.
    pub any: Vec<Vec<PlanId>>,
    /// It has keywords that are judged only when the value is whole.
    pub exact: bool,
}

/// A property that is named.
#[derive(Debug)]
pub(super) struct Property {
    pub name: Box<str>,
    pub plan: PlanId,
    pub never: bool,
    /// Its place in the schema.
    pub order: usize,
}

/// What a property must obey that is not named.
#[derive(Debug, Default)]
pub(super) enum Additional {
    #[default]
    Free,
    Never,
    Plan(PlanId),
}

/// Values of which one must be met.
#[derive(Debug)]
pub(super) struct Choice {
    pub values: Vec<Value>,
    /// The strings among them, sorted by their bytes.
    pub strings: Vec<Box<str>>,
    /// As `enum` or `const` says it, for words.
    pub told: String,
}

impl Choice {
    fn new(values: Vec<Value>) -> Self {
        let mut strings: Vec<Box<str>> = values.iter().filter_map(Value::as_str).map(Into::into).collect();
        strings.sort_unstable();
        let told: Vec<String> = values.iter().take(6).map(|value| cut(&value.to_string())).collect();
        let more = if values.len() > 6 { format!(" and {} more", values.len() - 6) } else { String::new() };
        Self { told: told.join(", ") + &more, strings, values }
    }
}

/// A value for words, not longer than fits.
pub(super) fn cut(text: &str) -> String {
    if text.chars().count() <= 40 { text.to_owned() } else { text.chars().take(39).chain(['…']).collect() }
}

impl Plan {
    /// The property of a name.
    pub(super) fn property(&self, name: &str) -> Option<&Property> {
        let at = self.properties.binary_search_by(|one| (*one.name).cmp(name)).ok()?;
        self.properties.get(at)
    }

    /// A schema of which nothing can be told before the value is whole.
    pub(super) fn opaque() -> Self {
        Self { exact: true, ..Self::default() }
    }

    pub(super) fn new(schema: &Value, stubs: &mut Stubs<'_>) -> Self {
        match schema {
            Value::Bool(is) => Self { never: !is, ..Self::default() },
            Value::Object(all) => Self::read(all, stubs),
            _ => Self::opaque(),
        }
    }

    fn read(all: &Map<String, Value>, stubs: &mut Stubs<'_>) -> Self {
        let mut plan = Self::default();
        if let Some(path) = all.get("$ref").and_then(Value::as_str) {
            match stubs.reference(path) {
                Some(id) => plan.all.push(id),
                None => plan.exact = true,
            }
            if stubs.draft < Draft::Draft201909 {
                return plan;
            }
        }
        plan.values(all, stubs.draft);
        plan.texts(all);
        plan.lists(all, stubs);
        plan.objects(all, stubs);
        plan.parts(all, stubs);
        plan.exact |= all.keys().any(|key| judged_whole(key, stubs.draft));
        plan
    }

    fn values(&mut self, all: &Map<String, Value>, draft: Draft) {
        let names: Option<Vec<&str>> = match all.get("type") {
            Some(Value::String(name)) => Some(vec![name]),
            Some(Value::Array(names)) => Some(names.iter().filter_map(Value::as_str).collect()),
            _ => None,
        };
        let bits = names.map(|names| {
            let bit = |name: &&str| NAMES.iter().position(|one| one == name).map_or(0, |at| 1_u8 << at);
            names.iter().map(bit).fold(0, |bits, bit| bits | bit)
        });
        self.types = bits.filter(|bits| *bits != 0 && *bits != ALL);
        if let Some(Value::Array(values)) = all.get("enum") {
            self.choices.push(Choice::new(values.clone()));
        }
        if let Some(value) = all.get("const").filter(|_| draft > Draft::Draft4) {
            self.choices.push(Choice::new(vec![value.clone()]));
        }
        let figure = |key: &str| all.get(key).and_then(Value::as_f64);
        let flag = |key: &str| all.get(key) == Some(&Value::Bool(true));
        self.low = figure("minimum").map(|low| (low, flag("exclusiveMinimum")));
        self.high = figure("maximum").map(|high| (high, flag("exclusiveMaximum")));
        if let Some(over) = figure("exclusiveMinimum").filter(|over| self.low.is_none_or(|(low, _)| *over >= low)) {
            self.low = Some((over, true));
        }
        if let Some(below) = figure("exclusiveMaximum").filter(|below| self.high.is_none_or(|(high, _)| *below <= high))
        {
            self.high = Some((below, true));
        }
    }

    fn texts(&mut self, all: &Map<String, Value>) {
        self.length = (count(all, "minLength"), count(all, "maxLength"));
        if let Some(pattern) = all.get("pattern").and_then(Value::as_str) {
            self.pattern = Pattern::new(pattern).map(Arc::new);
            self.exact |= self.pattern.is_none();
        }
    }

    fn lists(&mut self, all: &Map<String, Value>, stubs: &mut Stubs<'_>) {
        self.items = (count(all, "minItems"), count(all, "maxItems"));
        self.unique = all.get("uniqueItems") == Some(&Value::Bool(true));
        let old = stubs.draft < Draft::Draft202012;
        let (tuple, rest) = match all.get("items") {
            Some(Value::Array(_)) if old => ("items", "additionalItems"),
            _ if old => ("", "items"),
            _ => ("prefixItems", "items"),
        };
        if let Some(Value::Array(items)) = all.get(tuple) {
            self.tuple = (0..items.len()).map(|at| stubs.stub(&[tuple, &at.to_string()])).collect();
        }
        self.closed_tuple = all.get(rest) == Some(&Value::Bool(false));
        self.rest = all.contains_key(rest).then(|| stubs.stub(&[rest]));
    }

    fn objects(&mut self, all: &Map<String, Value>, stubs: &mut Stubs<'_>) {
        if let Some(Value::Object(properties)) = all.get("properties") {
            let one = |(order, (name, schema)): (usize, (&String, &Value))| Property {
                name: name.as_str().into(),
                plan: stubs.stub(&["properties", name]),
                never: schema == &Value::Bool(false),
                order,
            };
            self.properties = properties.iter().enumerate().map(one).collect();
            self.properties.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        }
        let mut known = true;
        for name in all.get("patternProperties").and_then(Value::as_object).into_iter().flat_map(Map::keys) {
            let pattern = jsonschema_regex::to_rust_regex(name).ok();
            let made = pattern.and_then(|pattern| regex::RegexBuilder::new(&pattern).size_limit(1 << 20).build().ok());
            match made {
                Some(made) => self.patterns.push((made, stubs.stub(&["patternProperties", name]))),
                None => known = false,
            }
        }
        self.exact |= !known;
        self.additional = match all.get("additionalProperties") {
            Some(Value::Bool(false)) if known => Additional::Never,
            Some(Value::Object(_)) if known => Additional::Plan(stubs.stub(&["additionalProperties"])),
            _ => Additional::Free,
        };
        let names = all.get("propertyNames").filter(|_| stubs.draft > Draft::Draft4);
        self.names = names.map(|_| stubs.stub(&["propertyNames"]));
        self.members = (count(all, "minProperties"), count(all, "maxProperties"));
        self.required = strings(all.get("required"));
        let dependent = all.get("dependentRequired").filter(|_| stubs.draft >= Draft::Draft201909);
        let pairs = dependent.and_then(Value::as_object).into_iter().flatten();
        self.dependent = pairs.map(|(name, needed)| (name.clone(), strings(Some(needed)))).collect();
    }

    fn parts(&mut self, all: &Map<String, Value>, stubs: &mut Stubs<'_>) {
        let many = |key: &str| all.get(key).and_then(Value::as_array).map_or(0, Vec::len);
        self.all.extend((0..many("allOf")).map(|at| stubs.stub(&["allOf", &at.to_string()])));
        for key in ["anyOf", "oneOf"] {
            let group: Vec<PlanId> = (0..many(key)).map(|at| stubs.stub(&[key, &at.to_string()])).collect();
            if !group.is_empty() {
                self.any.push(group);
            }
        }
    }
}

/// Keywords that say nothing before the value is whole, and are judged then.
fn judged_whole(key: &str, draft: Draft) -> bool {
    match key {
        "not" | "oneOf" | "multipleOf" | "dependencies" | "$dynamicRef" | "$recursiveRef" => true,
        "contains" => draft > Draft::Draft4,
        "if" => draft >= Draft::Draft7,
        "unevaluatedItems" | "unevaluatedProperties" | "dependentSchemas" => draft >= Draft::Draft201909,
        "format" | "contentEncoding" | "contentMediaType" => draft <= Draft::Draft7,
        _ => false,
    }
}

fn count(all: &Map<String, Value>, key: &str) -> Option<u64> {
    let value = all.get(key)?;
    value
        .as_u64()
        .or_else(|| value.as_f64().filter(|count| *count >= 0.0 && count.fract() == 0.0).map(|count| count as u64))
}

fn strings(list: Option<&Value>) -> Vec<String> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}
