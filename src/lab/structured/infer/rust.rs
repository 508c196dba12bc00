//! Structs and enums of Rust, as serde writes them.

use super::tokens::Reader;
use super::{DEEPEST, Mistake, Types, described, object, reference, union};
use serde_json::{Value, json};

/// All types of a text.
pub(super) fn types(mut reader: Reader<'_>) -> Result<Types, Mistake> {
    let mut out = Types::new();
    while !reader.peek().is_empty() {
        let doc = reader.doc().to_owned();
        attributes(&mut reader)?;
        public(&mut reader)?;
        let word = reader.next();
        if !matches!(word, "struct" | "enum") {
            return Err(reader.wrong("before this `struct` or `enum` should stand"));
        }
        let name = reader.name()?.to_owned();
        if reader.peek() == "<" {
            return Err(reader.wrong("types with parameters are not read"));
        }
        let schema = if word == "enum" { variants(&mut reader)? } else { fields(&mut reader)? };
        out.push((name, described(schema, &doc)));
        reader.take(";");
    }
    if out.is_empty() { Err(reader.wrong("here `struct` or `enum` should stand")) } else { Ok(out) }
}

/// Attributes are passed over, but those that rename.
fn attributes(reader: &mut Reader<'_>) -> Result<(), Mistake> {
    while reader.take("#") {
        reader.want("[")?;
        let mut depth = 1;
        while depth > 0 {
            match reader.peek() {
                "" => return Err(reader.wrong("here ] should stand")),
                "serde" => {
                    return Err(reader.wrong("serde's attributes are not read: write the names as they are in JSON"));
                }
                "[" => depth += 1,
                "]" => depth -= 1,
                _ => {}
            }
            reader.next();
        }
    }
    Ok(())
}

fn public(reader: &mut Reader<'_>) -> Result<(), Mistake> {
    if reader.take("pub") && reader.take("(") {
        reader.name()?;
        reader.want(")")?;
    }
    Ok(())
}

fn fields(reader: &mut Reader<'_>) -> Result<Value, Mistake> {
    reader.want("{")?;
    let mut out = Vec::new();
    while !reader.take("}") {
        let doc = reader.doc().to_owned();
        attributes(reader)?;
        public(reader)?;
        let name = reader.name()?.trim_start_matches("r#").to_owned();
        reader.want(":")?;
        let optional = reader.peek() == "Option";
        let schema = kind(reader, 0)?;
        out.push((name, described(schema, &doc), !optional));
        if !reader.take(",") && reader.peek() != "}" {
            return Err(reader.wrong("here , or } should stand"));
        }
    }
    Ok(object(out, ""))
}

fn variants(reader: &mut Reader<'_>) -> Result<Value, Mistake> {
    reader.want("{")?;
    let mut all = Vec::new();
    while !reader.take("}") {
        attributes(reader)?;
        let name = reader.name()?.to_owned();
        match reader.peek() {
            "(" => {
                reader.next();
                let inner = kind(reader, 0)?;
                reader.take(",");
                reader.want(")")?;
                all.push(object(vec![(name, inner, true)], ""));
            }
            "{" => {
                let inner = fields(reader)?;
                all.push(object(vec![(name, inner, true)], ""));
            }
            _ => all.push(json!({"const": name})),
        }
        if !reader.take(",") && reader.peek() != "}" {
            return Err(reader.wrong("here , or } should stand"));
        }
    }
    if all.is_empty() { Err(reader.wrong("the enum has no variants: before")) } else { Ok(union(all)) }
}

fn kind(reader: &mut Reader<'_>, level: usize) -> Result<Value, Mistake> {
    if level > DEEPEST {
        return Err(reader.wrong("the type is too deep"));
    }
    if reader.take("&") {
        if reader.take("'") {
            reader.name()?;
        }
        return kind(reader, level + 1);
    }
    if reader.take("[") {
        let inner = kind(reader, level + 1)?;
        let mut schema = json!({"type": "array", "items": inner});
        if reader.take(";") {
            let count: u64 = reader.peek().parse().map_err(|_| reader.wrong("here a number should stand"))?;
            reader.next();
            schema["minItems"] = count.into();
            schema["maxItems"] = count.into();
        }
        reader.want("]")?;
        return Ok(schema);
    }
    let mut name = reader.name()?;
    // Of a path the last part counts.
    while reader.peek() == ":" && reader.peek_second() == ":" {
        reader.next();
        reader.next();
        name = reader.name()?;
    }
    let inner = |reader: &mut Reader<'_>| -> Result<Value, Mistake> {
        reader.want("<")?;
        let schema = kind(reader, level + 1)?;
        reader.want(">")?;
        Ok(schema)
    };
    Ok(match name {
        "String" | "str" => json!({"type": "string"}),
        "char" => json!({"type": "string", "minLength": 1, "maxLength": 1}),
        "bool" => json!({"type": "boolean"}),
        "i8" | "i16" | "i32" | "i64" | "i128" | "isize" => json!({"type": "integer"}),
        "u8" | "u16" | "u32" | "u64" | "u128" | "usize" => json!({"type": "integer", "minimum": 0}),
        "f32" | "f64" => json!({"type": "number"}),
        "Value" => json!({}),
        "Box" | "Rc" | "Arc" => inner(reader)?,
        "Option" => union(vec![inner(reader)?, json!({"type": "null"})]),
        "Vec" | "VecDeque" => json!({"type": "array", "items": inner(reader)?}),
        "HashSet" | "BTreeSet" => json!({"type": "array", "items": inner(reader)?, "uniqueItems": true}),
        "HashMap" | "BTreeMap" => {
            reader.want("<")?;
            kind(reader, level + 1)?;
            reader.want(",")?;
            let value = kind(reader, level + 1)?;
            reader.want(">")?;
            json!({"type": "object", "additionalProperties": value})
        }
        other if reader.peek() == "<" => return Err(reader.wrong(&format!("{other} with parameters is not read"))),
        other => json!({"$ref": reference(other)}),
    })
}
