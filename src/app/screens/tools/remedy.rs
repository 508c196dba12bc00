//! What to change so that a server sees the calls that a model writes.

use crate::engines::EngineKind;
use crate::engines::flags::bundled;
use crate::lab::tools::formats;
use crate::wire::Dialect;

/// The flags that make the server read calls of a format, where it has such flags and a parser for it.
pub fn parser_flags(dialect: Dialect, format: &str) -> Option<String> {
    if dialect != Dialect::Vllm {
        return None;
    }
    let table = bundled(EngineKind::Vllm).ok()?;
    let known = &table.find("--tool-call-parser")?.choices;
    let format = formats().iter().find(|one| one.name == format)?;
    let mut names = std::iter::once(&format.name).chain(&format.aliases);
    let parser = names.find(|name| known.contains(name))?;
    Some(format!("--enable-auto-tool-choice --tool-call-parser {parser}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_those_of_the_engine() {
        let flags = |format| parser_flags(Dialect::Vllm, format);
        assert_eq!(flags("hermes").as_deref(), Some("--enable-auto-tool-choice --tool-call-parser hermes"));
        assert!(flags("qwen3_coder").is_some_and(|flags| flags.ends_with(" qwen3_coder")));
        assert_eq!(flags("seed_tool_call"), None);
        assert_eq!(parser_flags(Dialect::LlamaCpp, "hermes"), None);
        let found = formats().iter().filter(|one| parser_flags(Dialect::Vllm, &one.name).is_some()).count();
        assert!(found >= 30, "{found} of {}", formats().len());
    }
}
