//! Variables in texts of a server's entry.

use super::Text;
use crate::base::secret::is_secret_name;

/// Bytes of a text once variables are in their place.
const LONGEST: usize = 64 * 1024;

/// Puts variables in place: `${NAME}`, `${NAME:-what to take where it is not set}`, `${env:NAME}` and `${userHome}`. What is
/// put in is not looked through. A `$` that opens none of these stands for itself.
pub(super) fn expand(written: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<Text, String> {
    let (mut value, mut rest, mut keys) = (String::new(), written, Vec::new());
    while let Some((before, behind)) = rest.split_once("${") {
        value.push_str(before);
        let (inner, after) = behind.split_once('}').ok_or("a `${` is not closed")?;
        let put = variable(inner, env)?;
        value.push_str(&put);
        if is_secret_name(inner.split(":-").next().unwrap_or_default().trim_start_matches("env:")) {
            keys.push(put);
        }
        if value.len() > LONGEST {
            return Err(format!("a text is longer than {LONGEST} bytes"));
        }
        rest = after;
    }
    value.push_str(rest);
    if value.contains('\0') {
        return Err("a text holds a NUL".to_owned());
    }
    Ok(Text { written: written.to_owned(), value, keys })
}

fn variable(inner: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    let (name, otherwise) = inner.split_once(":-").map_or((inner, None), |(name, text)| (name, Some(text)));
    let name = match name.strip_prefix("env:").unwrap_or(name) {
        "userHome" => "HOME",
        name => name,
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(plain) {
        let shown: String = inner.chars().take(80).collect();
        return Err(format!("`${{{shown}}}` is no variable of the environment: write its value, or ${{NAME}}"));
    }
    env(name).or_else(|| otherwise.map(str::to_owned)).ok_or_else(|| format!("the variable {name} is not set"))
}
