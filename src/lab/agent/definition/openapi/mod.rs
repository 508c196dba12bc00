//! Definitions from an OpenAPI 3 file: each operation becomes a request.

mod resolve;
#[cfg(test)]
mod tests;

use super::{Definition, Imported};
use crate::base::Problem;
use crate::lab::agent::run::{Limits, Runner};
use resolve::Resolver;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Bytes of a file.
const LONGEST: usize = 8 * 1024 * 1024;
/// Operations of a file.
const MOST: usize = 512;
/// Characters of a tool's name.
const NAME: usize = 64;
const METHODS: [&str; 6] = ["get", "post", "put", "patch", "delete", "head"];

/// Reads an OpenAPI 3 file in JSON: each operation becomes a tool that sends a request to the first of `servers`. Parameters
/// of path and query become arguments, and so do the members of a JSON body. References within the file are put in place;
/// operations with a reference that leads out of it, or that need a header, a cookie or a body of another kind, are left out
/// and told.
///
/// # Errors
/// When it is no such JSON, names no server with a whole address, or has more than 512 operations.
pub fn openapi(text: &str) -> Result<Imported, Problem> {
    let refuse = |why: String| {
        let hint = "give an OpenAPI 3 file as JSON whose first server has a whole address";
        Problem::failed("the OpenAPI file cannot be used", why, hint)
    };
    if text.len() > LONGEST {
        return Err(refuse(format!("it is longer than {LONGEST} bytes")));
    }
    let root: Value = serde_json::from_str(text).map_err(|error| refuse(error.to_string()))?;
    if !root.get("openapi").and_then(Value::as_str).is_some_and(|version| version.starts_with("3.")) {
        return Err(refuse("`openapi` is not 3.x".to_owned()));
    }
    let base = base(&root).map_err(refuse)?;
    let paths = root.get("paths").and_then(Value::as_object).ok_or_else(|| refuse("it has no `paths`".to_owned()))?;
    let operations = paths.iter().flat_map(|(path, item)| {
        METHODS.iter().filter_map(move |method| Some((path, *method, item, item.get(*method)?.as_object()?)))
    });
    let operations: Vec<_> = operations.collect();
    if operations.len() > MOST {
        return Err(refuse(format!("it has {} operations, {MOST} are allowed", operations.len())));
    }
    let mut out = Imported::default();
    let mut names = BTreeSet::new();
    if root.get("security").and_then(Value::as_array).is_some_and(|all| !all.is_empty()) {
        out.told.push("the server wants a key: add it to the headers of each tool".to_owned());
    }
    for (path, method, item, operation) in operations {
        let read = Operation { root: &root, base: &base, path, method, item, operation };
        match read.tool().and_then(|tool| tool.faults().first().map_or(Ok(tool.clone()), |fault| Err(fault.clone()))) {
            Ok(tool) if !names.insert(tool.name.clone()) => {
                out.told.push(format!("{method} {path} is left out: there is another {}", tool.name));
            }
            Ok(tool) => out.tools.push(tool),
            Err(why) => out.told.push(format!("{method} {path} is left out: {why}")),
        }
    }
    Ok(out)
}

/// The address of the first server, its variables at their defaults.
fn base(root: &Value) -> Result<String, String> {
    let server = root.pointer("/servers/0").ok_or("it names no server")?;
    let mut url = server.get("url").and_then(Value::as_str).unwrap_or_default().to_owned();
    for (name, variable) in server.get("variables").and_then(Value::as_object).into_iter().flatten() {
        let default = variable.get("default").and_then(Value::as_str).unwrap_or_default();
        url = url.replace(&format!("{{{name}}}"), default);
    }
    if !(url.starts_with("https://") || url.starts_with("http://")) || url.contains(['{', '?', '#']) {
        return Err("its first server has no whole address".to_owned());
    }
    Ok(url.trim_end_matches('/').to_owned())
}

struct Operation<'a> {
    root: &'a Value,
    base: &'a str,
    path: &'a str,
    method: &'a str,
    item: &'a Value,
    operation: &'a Map<String, Value>,
}

/// The arguments as they are gathered.
#[derive(Default)]
struct Arguments {
    properties: Map<String, Value>,
    required: Vec<Value>,
    query: Vec<String>,
}

impl Operation<'_> {
    fn tool(&self) -> Result<Definition, String> {
        let mut resolver = Resolver::new(self.root);
        let mut all = Arguments::default();
        self.parameters(&mut resolver, &mut all)?;
        self.body(&mut resolver, &mut all)?;
        let mut url = format!("{}{}", self.base, self.path);
        if let Some(name) =
            crate::lab::agent::run::names(self.path).iter().find(|name| !all.properties.contains_key(**name))
        {
            return Err(format!("the path takes {name}, which is no parameter"));
        }
        if !all.query.is_empty() {
            url.push_str(&format!("{{?{}}}", all.query.join(",")));
        }
        let mut parameters = json!({"type": "object", "properties": all.properties});
        if !all.required.is_empty() {
            parameters["required"] = all.required.into();
        }
        Ok(Definition {
            name: self.name(),
            description: self.description(),
            parameters,
            strict: None,
            run: Runner::Http { method: self.method.to_ascii_uppercase(), url, headers: BTreeMap::new() },
            limits: Limits::default(),
        })
    }

    fn name(&self) -> String {
        let id = self.operation.get("operationId").and_then(Value::as_str).map(str::to_owned);
        let name = id.unwrap_or_else(|| format!("{}_{}", self.method, self.path.trim_matches('/')));
        let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '.') { c } else { '_' };
        let name: String = name.chars().map(plain).take(NAME).collect();
        name.trim_matches('_').replace("__", "_")
    }

    fn description(&self) -> String {
        let text = |key: &str| self.operation.get(key).and_then(Value::as_str).map(str::trim).unwrap_or_default();
        let words = [text("summary"), text("description")].into_iter().filter(|text| !text.is_empty());
        words.collect::<Vec<_>>().join("\n").chars().take(4096).collect()
    }

    /// Parameters of the operation come before those of its path with the same name and place.
    fn parameters(&self, resolver: &mut Resolver<'_>, all: &mut Arguments) -> Result<(), String> {
        let own = self.operation.get("parameters").and_then(Value::as_array).into_iter().flatten();
        let shared = self.item.get("parameters").and_then(Value::as_array).into_iter().flatten();
        let mut seen = BTreeSet::new();
        for one in own.chain(shared) {
            let one = resolver.whole(one)?;
            let text = |key: &str| one.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            let (name, place) = (text("name"), text("in"));
            let required = one.get("required") == Some(&Value::Bool(true));
            if !seen.insert((name.clone(), place.clone())) {
                continue;
            }
            match place.as_str() {
                "path" | "query" if all.properties.contains_key(&name) => {
                    return Err(format!("two parameters are named {name}"));
                }
                "path" if self.path.contains(&format!("{{{name}}}")) => {}
                "query" if !name.is_empty() && !name.contains(['{', '}', ',']) => all.query.push(name.clone()),
                _ if !required => continue,
                _ => return Err(format!("it needs the {place} parameter {name}")),
            }
            let mut schema = one.get("schema").cloned().unwrap_or_else(|| json!({}));
            if let Some(schema) = schema.as_object_mut().filter(|_| one.get("description").is_some()) {
                schema.entry("description").or_insert_with(|| text("description").into());
            }
            if required || place == "path" {
                all.required.push(name.clone().into());
            }
            all.properties.insert(name, schema);
        }
        Ok(())
    }

    /// The members of a JSON body become arguments beside the others.
    fn body(&self, resolver: &mut Resolver<'_>, all: &mut Arguments) -> Result<(), String> {
        let Some(body) = self.operation.get("requestBody") else { return Ok(()) };
        let body = resolver.whole(body)?;
        let needed = body.get("required") == Some(&Value::Bool(true));
        let content = body.get("content").and_then(Value::as_object);
        let json = content.into_iter().flatten().find(|(kind, _)| kind.starts_with("application/json"));
        let Some((_, json)) = json else {
            return if needed { Err("its body is no JSON".to_owned()) } else { Ok(()) };
        };
        let schema = json.get("schema").cloned().unwrap_or_default();
        let members = schema.get("properties").and_then(Value::as_object);
        let Some(members) = members else {
            return if needed { Err("its body is no object with members".to_owned()) } else { Ok(()) };
        };
        if matches!(self.method, "get" | "head") {
            return Err(format!("a {} has a body", self.method));
        }
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        let required: Vec<&Value> = required.filter(|_| needed).collect();
        for (name, schema) in members {
            if all.properties.contains_key(name) {
                return Err(format!("a parameter and a member of the body are both named {name}"));
            }
            if required.iter().any(|one| *one == name) {
                all.required.push(name.clone().into());
            }
            all.properties.insert(name.clone(), schema.clone());
        }
        Ok(())
    }
}
