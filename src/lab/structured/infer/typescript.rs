//! Interfaces and type aliases of TypeScript.

use super::tokens::Reader;
use super::{DEEPEST, Mistake, Types, described, object, reference, union};
use serde_json::{Value, json};

/// All types of a text.
pub(super) fn types(mut reader: Reader<'_>) -> Result<Types, Mistake> {
    let mut out = Types::new();
    while !reader.peek().is_empty() {
        let doc = reader.doc().to_owned();
        reader.take("export");
        reader.take("declare");
        match reader.peek() {
            "interface" => {
                reader.next();
                let name = plain(&mut reader)?;
                if reader.peek() == "extends" {
                    return Err(reader.wrong("interfaces that extend others are not read: write all members"));
                }
                let schema = members(&mut reader, 0)?;
                out.push((name, described(schema, &doc)));
            }
            "type" => {
                reader.next();
                let name = plain(&mut reader)?;
                reader.want("=")?;
                let schema = kind(&mut reader, 0)?;
                out.push((name, described(schema, &doc)));
            }
            // A bare type is one without a name.
            "{" if out.is_empty() => out.push(("Answer".to_owned(), kind(&mut reader, 0)?)),
            _ => return Err(reader.wrong("here `interface` or `type` should stand")),
        }
        while reader.take(";") {}
    }
    if out.is_empty() { Err(reader.wrong("here `interface` or `type` should stand")) } else { Ok(out) }
}

fn plain(reader: &mut Reader<'_>) -> Result<String, Mistake> {
    let name = reader.name()?.to_owned();
    if reader.peek() == "<" { Err(reader.wrong("types with parameters are not read")) } else { Ok(name) }
}

fn members(reader: &mut Reader<'_>, level: usize) -> Result<Value, Mistake> {
    reader.want("{")?;
    let (mut out, mut rest) = (Vec::new(), None);
    while !reader.take("}") {
        let doc = reader.doc().to_owned();
        if reader.peek() == "readonly" && !matches!(reader.peek_second(), ":" | "?") {
            reader.next();
        }
        if reader.take("[") {
            // `[key: string]: type` allows members of any name.
            reader.name()?;
            reader.want(":")?;
            reader.want("string")?;
            reader.want("]")?;
            reader.want(":")?;
            rest = Some(kind(reader, level + 1)?);
        } else {
            let name = match reader.peek() {
                text if text.starts_with(['"', '\'']) => literal(reader.next()),
                _ => reader.name()?.to_owned(),
            };
            let optional = reader.take("?");
            reader.want(":")?;
            let schema = kind(reader, level + 1)?;
            out.push((name, described(schema, &doc), !optional));
        }
        while reader.take(";") || reader.take(",") {}
        if reader.peek().is_empty() {
            return Err(reader.wrong("here } should stand"));
        }
    }
    let mut schema = object(out, "");
    if let Some(rest) = rest {
        schema["additionalProperties"] = rest;
    }
    Ok(schema)
}

/// A type: alternatives of types that may be lists.
fn kind(reader: &mut Reader<'_>, level: usize) -> Result<Value, Mistake> {
    if level > DEEPEST {
        return Err(reader.wrong("the type is too deep"));
    }
    reader.take("|");
    let mut all = vec![listed(reader, level)?];
    while reader.take("|") {
        all.push(listed(reader, level)?);
    }
    if reader.peek() == "&" {
        return Err(reader.wrong("types joined by & are not read: write all members"));
    }
    Ok(union(all))
}

fn listed(reader: &mut Reader<'_>, level: usize) -> Result<Value, Mistake> {
    let mut schema = single(reader, level)?;
    while reader.peek() == "[" && reader.peek_second() == "]" {
        reader.next();
        reader.next();
        schema = json!({"type": "array", "items": schema});
    }
    Ok(schema)
}

fn single(reader: &mut Reader<'_>, level: usize) -> Result<Value, Mistake> {
    match reader.peek() {
        "{" => members(reader, level + 1),
        "(" => {
            reader.next();
            let inner = kind(reader, level + 1)?;
            reader.want(")")?;
            Ok(inner)
        }
        text if text == "-" || text.starts_with(|c: char| c == '"' || c == '\'' || c.is_ascii_digit()) => fixed(reader),
        _ => named(reader, level),
    }
}

/// A type of one value.
fn fixed(reader: &mut Reader<'_>) -> Result<Value, Mistake> {
    let text = reader.peek();
    if text.starts_with(['"', '\'']) {
        return Ok(json!({"const": literal(reader.next())}));
    }
    if text == "-" {
        reader.next();
        let number: f64 = reader.next().parse().map_err(|_| reader.wrong("here a number should stand"))?;
        return Ok(json!({"const": -number}));
    }
    let number = serde_json::from_str::<Value>(text).map_err(|_| reader.wrong("here a number should stand"))?;
    reader.next();
    Ok(json!({"const": number}))
}

/// A type by its name.
fn named(reader: &mut Reader<'_>, level: usize) -> Result<Value, Mistake> {
    let name = reader.name()?;
    Ok(match name {
        "string" => json!({"type": "string"}),
        "number" => json!({"type": "number"}),
        "bigint" => json!({"type": "integer"}),
        "boolean" => json!({"type": "boolean"}),
        "null" => json!({"type": "null"}),
        "true" | "false" => json!({"const": name == "true"}),
        "object" => json!({"type": "object"}),
        "any" | "unknown" => json!({}),
        "Date" => json!({"type": "string", "format": "date-time"}),
        "Array" | "ReadonlyArray" => {
            reader.want("<")?;
            let inner = kind(reader, level + 1)?;
            reader.want(">")?;
            json!({"type": "array", "items": inner})
        }
        "Record" => {
            reader.want("<")?;
            reader.want("string")?;
            reader.want(",")?;
            let inner = kind(reader, level + 1)?;
            reader.want(">")?;
            json!({"type": "object", "additionalProperties": inner})
        }
        "undefined" | "never" | "void" | "symbol" | "keyof" | "typeof" => {
            return Err(reader.wrong(&format!("{name} has no JSON")));
        }
        other if reader.peek() == "<" => return Err(reader.wrong(&format!("{other} with parameters is not read"))),
        other => json!({"$ref": reference(other)}),
    })
}

fn literal(text: &str) -> String {
    text.get(1..text.len().saturating_sub(1)).unwrap_or_default().to_owned()
}
