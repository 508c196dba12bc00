//! Reads flag tables out of an engine's own help text.

use super::{FlagKind, FlagSpec};

/// Reads the help of a Python `argparse` program (vLLM): entries indented by two, help by twenty-four.
pub fn parse_argparse(text: &str) -> Vec<FlagSpec> {
    let mut flags: Vec<FlagSpec> = Vec::new();
    let mut group = String::new();
    let mut entry: Option<(String, String)> = None;
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        if indent == 2 && line.trim_start().starts_with('-') {
            finish(&mut flags, entry.take(), &group, argparse_spec);
            entry = Some(split_header(line.trim_start()));
        } else if indent >= 8 {
            if let Some((_, help)) = &mut entry {
                join(help, line.trim());
            }
        } else if indent == 0 && !line.is_empty() {
            finish(&mut flags, entry.take(), &group, argparse_spec);
            if let Some(name) = line.strip_suffix(':').filter(|name| !name.contains(' ')) {
                group = name.to_owned();
            }
        }
    }
    finish(&mut flags, entry, &group, argparse_spec);
    flags
}

/// Reads the help of `llama-server`: entries at the margin, help in column forty.
pub fn parse_llama(text: &str) -> Vec<FlagSpec> {
    let mut flags: Vec<FlagSpec> = Vec::new();
    let mut group = String::new();
    let mut entry: Option<(String, String)> = None;
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("----- ").and_then(|rest| rest.strip_suffix(" -----")) {
            finish(&mut flags, entry.take(), &group, llama_spec);
            group = name.trim_end_matches(" params").to_owned();
        } else if line.starts_with('-') {
            finish(&mut flags, entry.take(), &group, llama_spec);
            entry = Some(split_header(line));
        } else if line.starts_with(' ')
            && let Some((_, help)) = &mut entry
        {
            join(help, line.trim());
        }
    }
    finish(&mut flags, entry, &group, llama_spec);
    flags
}

type Build = fn(&str, &str) -> Option<FlagSpec>;

fn finish(flags: &mut Vec<FlagSpec>, entry: Option<(String, String)>, group: &str, build: Build) {
    let Some((header, help)) = entry else { return };
    let Some(mut spec) = build(&header, &help) else { return };
    group.clone_into(&mut spec.group);
    let known = |spec: &FlagSpec, name: &String| spec.names.contains(name);
    if !flags.iter().any(|other| spec.names.iter().any(|name| known(other, name))) {
        flags.push(spec);
    }
}

fn join(help: &mut String, more: &str) {
    if !help.is_empty() && !more.is_empty() {
        help.push(' ');
    }
    help.push_str(more);
}

/// Parts a line into the header and the help on the same line: at the first run of two spaces that does not follow a
/// comma (llama-server aligns its names with such runs).
fn split_header(line: &str) -> (String, String) {
    let mut from = 0;
    while let Some(at) = line.get(from..).and_then(|rest| rest.find("  ")).map(|at| at + from) {
        let head = line.get(..at).unwrap_or_default();
        if !head.is_empty() && !head.ends_with(',') {
            return (head.to_owned(), line.get(at..).unwrap_or_default().trim().to_owned());
        }
        from = at + line.get(at..).map_or(1, |rest| rest.len() - rest.trim_start().len()).max(1);
    }
    (line.to_owned(), String::new())
}

/// Names and the first metavariable of a header.
fn names(header: &str) -> (Vec<String>, Option<String>) {
    let (mut names, mut metavar, mut depth) = (Vec::new(), None, 0_i32);
    let mut parts = vec![String::new()];
    for c in header.chars() {
        match c {
            '{' | '[' | '<' => depth += 1,
            '}' | ']' | '>' => depth -= 1,
            ',' if depth <= 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(part) = parts.last_mut() {
            part.push(c);
        }
    }
    for part in &parts {
        let mut words = part.trim().splitn(2, char::is_whitespace);
        let Some(name) = words.next().filter(|name| name.starts_with('-') && name.len() > 1) else { continue };
        names.push(name.to_owned());
        metavar = metavar.or_else(|| words.next().map(|rest| rest.trim().to_owned()).filter(|rest| !rest.is_empty()));
    }
    (names, metavar)
}

/// The default as the help says it; none for what only Python could write (`EPLBConfig(…)`).
fn default_of(help: &str, remarked: bool) -> Option<String> {
    let (_, rest) = help.rsplit_once("(default: ")?;
    let mut depth = 0_u32;
    let end = rest.find(|c: char| {
        match c {
            '(' | '[' | '{' => depth += 1,
            ']' | '}' => depth = depth.saturating_sub(1),
            ')' if depth > 0 => depth -= 1,
            ')' => return true,
            // llama-server goes on with a remark.
            ',' => return remarked && depth == 0,
            _ => {}
        }
        false
    });
    let value = rest.get(..end.unwrap_or(rest.len()))?.trim().trim_matches(['\'', '"']);
    (!value.is_empty() && value != "None" && !value.contains('(')).then(|| value.to_owned())
}

fn choices_of(metavar: &str) -> Vec<String> {
    let inner = metavar.strip_prefix(['{', '[', '<']).and_then(|rest| rest.split(['}', ']', '>']).next());
    let Some(inner) = inner else { return Vec::new() };
    let values: Vec<&str> = inner.split([',', '|']).map(str::trim).collect();
    let plain = |value: &&str| !value.is_empty() && !value.contains([' ', '.', '=']) && !value.starts_with("dev");
    if values.len() > 1 && values.iter().all(plain) {
        values.into_iter().map(str::to_owned).collect()
    } else {
        Vec::new()
    }
}

fn blank(names: Vec<String>, help: &str, default: Option<String>) -> FlagSpec {
    FlagSpec {
        names,
        kind: FlagKind::Str,
        default,
        choices: Vec::new(),
        open: false,
        group: String::new(),
        common: false,
        deprecated: None,
        help: (!help.is_empty()).then(|| help.to_owned()),
    }
}

fn argparse_spec(header: &str, help: &str) -> Option<FlagSpec> {
    let (names, metavar) = names(header);
    if names.is_empty() {
        return None;
    }
    let mut spec = blank(names, help, default_of(help, false));
    let Some(metavar) = metavar else {
        spec.kind = FlagKind::Bool;
        return Some(spec);
    };
    if metavar.starts_with('{') {
        spec.choices = choices_of(&metavar);
    }
    spec.kind = match &spec.default {
        _ if !spec.choices.is_empty() => FlagKind::Choice,
        _ if metavar.contains('[') => FlagKind::List,
        Some(value) if value.parse::<i64>().is_ok() => FlagKind::Size,
        Some(value) if value.parse::<f64>().is_ok_and(f64::is_finite) => FlagKind::Float,
        _ => FlagKind::Str,
    };
    Some(spec)
}

fn llama_spec(header: &str, help: &str) -> Option<FlagSpec> {
    let (names, metavar) = names(header);
    if names.is_empty() {
        return None;
    }
    let mut spec = blank(names, help, default_of(help, true));
    let Some(metavar) = metavar else {
        spec.kind = FlagKind::Bool;
        return Some(spec);
    };
    spec.choices = choices_of(&metavar);
    if let Some((_, rest)) = help.split_once("allowed values: ") {
        let list = rest.split('(').next().unwrap_or_default();
        spec.choices = list.split(", ").map(|value| value.trim().to_owned()).filter(|v| !v.is_empty()).collect();
    }
    let fraction = spec.default.as_deref().is_some_and(|v| v.contains('.') && v.parse::<f64>().is_ok());
    spec.kind = match metavar.as_str() {
        _ if !spec.choices.is_empty() => FlagKind::Choice,
        "N" if help.contains("'auto'") || help.contains("'all'") => FlagKind::Str,
        "N" if fraction => FlagKind::Float,
        "N" => FlagKind::Int,
        _ => FlagKind::Str,
    };
    Some(spec)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ARGPARSE: &str = "usage: vllm serve [model_tag] [options]\n\noptions:\n  --api-server-count N, -asc N\n                        How many. (default: None)\n  --grpc                Launch it. (default: False)\n\nCacheConfig:\n  Settings.\n\n  --gpu-memory-utilization G, --device-memory-utilization G\n                        The share. (default: 0.92)\n  --kv-cache-dtype {auto,fp8}\n                        Format. (default: auto)\n  --enable-prefix-caching, --no-enable-prefix-caching\n                        Reuse. (default: None)\n  --block-size SIZE     Tokens. (default: 16)\n  --skip A [A ...]\n                        Layers. (default: [])\n  --own CONFIG          Own. (default: OwnConfig(a=1, b='x'))\n";

    #[test]
    fn argparse_help_becomes_a_table() {
        let flags = parse_argparse(ARGPARSE);
        let seen: Vec<_> =
            flags.iter().map(|f| (f.name(), f.kind, f.default.as_deref().unwrap_or("-"), f.group.as_str())).collect();
        assert_eq!(
            seen,
            [
                ("--api-server-count", FlagKind::Str, "-", "options"),
                ("--grpc", FlagKind::Bool, "False", "options"),
                ("--gpu-memory-utilization", FlagKind::Float, "0.92", "CacheConfig"),
                ("--kv-cache-dtype", FlagKind::Choice, "auto", "CacheConfig"),
                ("--enable-prefix-caching", FlagKind::Bool, "-", "CacheConfig"),
                ("--block-size", FlagKind::Size, "16", "CacheConfig"),
                ("--skip", FlagKind::List, "[]", "CacheConfig"),
                ("--own", FlagKind::Str, "-", "CacheConfig"),
            ]
        );
        assert_eq!(flags[3].choices, ["auto", "fp8"]);
        assert_eq!(flags[2].names.len(), 2);
        assert_eq!(flags[5].help.as_deref(), Some("Tokens. (default: 16)"));
    }

    #[test]
    fn llama_help_becomes_a_table() {
        let text = "----- common params -----\n\n-h,    --help, --usage                  print usage and exit\n-c,    --ctx-size N                     size of the context (default: 0, 0 = model)\n-fa,   --flash-attn [on|off|auto]       set it (default: 'auto')\n-ctk,  --cache-type-k TYPE              type\n                                        allowed values: f32, f16\n                                        (default: f16)\n-ngl,  --gpu-layers N                   a number, 'auto', or 'all' (default: auto)\n-kvo,  --kv-offload, -nkvo, --no-kv-offload\n                                        offload (default: enabled)\n--temp N                                heat (default: 0.80)\n";
        let flags = parse_llama(text);
        let seen: Vec<_> = flags.iter().map(|f| (f.name(), f.kind, f.default.as_deref().unwrap_or("-"))).collect();
        assert_eq!(
            seen,
            [
                ("--help", FlagKind::Bool, "-"),
                ("--ctx-size", FlagKind::Int, "0"),
                ("--flash-attn", FlagKind::Choice, "auto"),
                ("--cache-type-k", FlagKind::Choice, "f16"),
                ("--gpu-layers", FlagKind::Str, "auto"),
                ("--kv-offload", FlagKind::Bool, "enabled"),
                ("--temp", FlagKind::Float, "0.80"),
            ]
        );
        assert_eq!(flags[3].choices, ["f32", "f16"]);
    }

    /// Reads recorded help texts where a folder of them is given.
    #[test]
    fn recorded_help_gives_whole_tables() {
        let Some(shared) = std::env::var_os("VRAMDECK_SHARED").map(std::path::PathBuf::from) else { return };
        let read = |file: &str| std::fs::read_to_string(shared.join("engines").join(file)).unwrap();
        let vllm = parse_argparse(&read("vllm-0.32.0/help-all.txt"));
        assert!(vllm.len() >= 300, "{}", vllm.len());
        let llama = parse_llama(&read("llamacpp-0.7.0-b11669/help.txt"));
        assert!(llama.len() >= 240, "{}", llama.len());
        for (engine, flags) in [(crate::engines::EngineKind::Vllm, vllm), (crate::engines::EngineKind::LlamaCpp, llama)]
        {
            let bundled = crate::engines::flags::bundled(engine).unwrap();
            for spec in flags {
                let known =
                    bundled.find(spec.name()).unwrap_or_else(|| panic!("{engine}: {:?} is not bundled", spec.names));
                assert_eq!(spec.kind == FlagKind::Bool, known.kind == FlagKind::Bool, "{:?}", spec.names);
            }
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in any::<String>(), lines in proptest::collection::vec("( {0,26}|-{0,3})[-a-z{},\\[\\]<> ()=:ü]{0,40}", 0..40)) {
            parse_argparse(&text);
            parse_llama(&text);
            let text = lines.join("\n");
            parse_argparse(&text);
            parse_llama(&text);
        }
    }
}
