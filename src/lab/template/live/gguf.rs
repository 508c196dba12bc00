//! The templates that a GGUF file carries.

use super::super::sources::{Found, Templates};
use super::Source;
use crate::base::{Problem, Unknown};
use crate::models::gguf::{Talk, talk};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

pub(super) fn read(path: &Path, name: String) -> Result<Source, Problem> {
    let fail = |why: String| {
        Problem::failed(
            format!("{name} cannot be read"),
            why,
            "check the path; a file that was cut off has to be downloaded again",
        )
    };
    let file = File::open(path).map_err(|error| fail(error.to_string()))?;
    let talk = talk(BufReader::new(file)).map_err(|broken| fail(broken.to_string()))?;
    let tokenizer = Err(Unknown::because("a GGUF file's own vocabulary is read by engines only: --url lets one count"));
    Ok(Source { templates: templates(talk), tokenizer, name })
}

fn templates(talk: Talk) -> Templates {
    let mut out = Templates::default();
    for (name, text) in talk.templates {
        let key = if name.is_empty() { String::new() } else { format!(".{name}") };
        let name = if name.is_empty() { "default".to_owned() } else { name };
        out.add(Found { name, source: format!("tokenizer.chat_template{key}"), text });
    }
    out.special = talk.special;
    if let Some(context) = talk.context {
        out.context = Ok(context);
    }
    out
}
