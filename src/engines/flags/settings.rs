//! Flags as a person sets them: read from arguments, checked against a table, written back as arguments.

use super::{FlagKind, FlagSpec, FlagTable, removed};
use crate::base::Problem;
use crate::base::text::is_flag;
use crate::engines::{EngineKind, FlagSetting};

/// Reads engine arguments as typed on a command line. A flag takes the words after it up to the next flag, as the
/// table says it may; a switch takes none.
///
/// # Errors
/// When a word stands where no flag can take it.
pub fn parse_args(args: &[String], table: &FlagTable) -> Result<Vec<FlagSetting>, Problem> {
    let (settings, strays) = parse_words(args, table);
    strays.first().map_or(Ok(settings), |word| Err(stray(word)))
}

/// The same with the words that no flag can take, in order.
pub(crate) fn parse_words(args: &[String], table: &FlagTable) -> (Vec<FlagSetting>, Vec<String>) {
    let (mut settings, mut strays): (Vec<FlagSetting>, Vec<String>) = (Vec::new(), Vec::new());
    let mut takes = 0_usize;
    for arg in args {
        if is_flag(arg) {
            let (flag, value) = match arg.split_once('=').filter(|(flag, _)| flag.starts_with('-')) {
                Some((flag, value)) => (flag.to_owned(), Some(value.to_owned())),
                None => (arg.clone(), None),
            };
            takes = match table.find(&flag).map(|spec| spec.kind) {
                _ if value.is_some() => 0,
                Some(FlagKind::Bool) if !flag.contains('.') => 0,
                Some(FlagKind::List) => usize::MAX,
                _ => 1,
            };
            settings.push(FlagSetting { flag, value });
            continue;
        }
        let Some(last) = settings.last_mut().filter(|_| takes > 0) else {
            strays.push(arg.clone());
            continue;
        };
        takes -= 1;
        match &mut last.value {
            Some(value) => {
                value.push(' ');
                value.push_str(arg);
            }
            None => last.value = Some(arg.clone()),
        }
    }
    (settings, strays)
}

/// A word that no flag can take.
pub(crate) fn stray(arg: &str) -> Problem {
    Problem::usage(
        format!("`{arg}` belongs to no flag"),
        "after `--` come the engine's flags with their values",
        "write --flag value, or --flag=value",
    )
}

/// The arguments that set these flags.
pub fn to_args(settings: &[FlagSetting], table: &FlagTable) -> Vec<String> {
    let mut args = Vec::new();
    for setting in settings {
        // A value that looks like a flag, or like nothing, must hold on to its flag; llama-server takes any next word.
        if let Some(value) =
            setting.value.as_ref().filter(|value| (is_flag(value) || value.is_empty()) && !is_llama(table))
        {
            args.push(format!("{}={value}", setting.flag));
            continue;
        }
        args.push(setting.flag.clone());
        let Some(value) = &setting.value else { continue };
        match table.find(&setting.flag).map(|spec| spec.kind) {
            Some(FlagKind::List) => args.extend(value.split_whitespace().map(str::to_owned)),
            _ => args.push(value.clone()),
        }
    }
    args
}

/// The value of a flag under any of its names: the last one set.
pub fn value_of<'a>(settings: &'a [FlagSetting], names: &[&str]) -> Option<&'a str> {
    let wanted = |setting: &&FlagSetting| names.contains(&super::normal(&setting.flag).as_str());
    settings.iter().rev().find(wanted)?.value.as_deref()
}

/// Checks flags against the table of a version. Answers with the remarks worth showing (deprecated flags).
///
/// # Errors
/// The first flag that the version does not know, that is gone, or whose value it would refuse.
pub fn verify(engine: EngineKind, settings: &[FlagSetting], table: &FlagTable) -> Result<Vec<String>, Problem> {
    let mut remarks = Vec::new();
    for setting in settings {
        let Some(spec) = table.find(&setting.flag) else {
            return Err(unknown(engine, &setting.flag, table));
        };
        if let Some(note) = &spec.deprecated {
            remarks.push(format!("{} is deprecated: {note}", setting.flag));
        }
        if spec.kind == FlagKind::Bool && matches!(engine, EngineKind::Vllm | EngineKind::LlamaCpp) {
            is_bare(setting)?;
        }
        value_fits(setting, spec, table)?;
    }
    Ok(remarks)
}

/// A switch of these engines takes no value, not even `true`.
fn is_bare(setting: &FlagSetting) -> Result<(), Problem> {
    let FlagSetting { flag, value: Some(value) } = setting else { return Ok(()) };
    if flag.contains('.') {
        return Ok(());
    }
    let name = flag.trim_start_matches("--no-").trim_start_matches('-');
    let hint = format!("write --{name}, or --no-{name}, without a value");
    Err(Problem::usage(format!("{flag} cannot be `{value}`"), "it is a switch", hint))
}

fn unknown(engine: EngineKind, flag: &str, table: &FlagTable) -> Problem {
    let what = format!("{engine} {} has no flag {flag}", table.version());
    if let Some(instead) = removed(engine, flag) {
        return Problem::usage(what, "it was removed in an earlier version", instead);
    }
    let near = table.closest(flag);
    let known = table.flags.len();
    let why = format!("it is not among the {known} flags of that version");
    match near.is_empty() {
        true => Problem::usage(what, why, "leave it out, or pass --unchecked if you know better"),
        false => Problem::usage(what, why, format!("did you mean {}?", near.join(" or "))),
    }
}

fn value_fits(setting: &FlagSetting, spec: &FlagSpec, table: &FlagTable) -> Result<(), Problem> {
    let flag = &setting.flag;
    let dotted = flag.contains('.');
    let Some(value) = setting.value.as_deref() else {
        let optional = spec.kind == FlagKind::Bool || dotted;
        return if optional { Ok(()) } else { Err(missing(flag, spec)) };
    };
    if dotted {
        return Ok(());
    }
    let fits = match spec.kind {
        FlagKind::Bool => matches!(value.to_ascii_lowercase().as_str(), "true" | "false" | "0" | "1" | "on" | "off"),
        FlagKind::Int => value.parse::<i64>().is_ok() || (!is_llama(table) && human_count(value)),
        FlagKind::Size => human_count(value) || value == "auto",
        FlagKind::Float => value.parse::<f64>().is_ok_and(f64::is_finite),
        FlagKind::Choice => spec.open || spec.choices.iter().any(|choice| choice == value),
        FlagKind::Json => {
            value.starts_with('{') && serde_json::from_str::<serde_json::Value>(value).is_ok() || bare(value)
        }
        FlagKind::Str | FlagKind::List => true,
    };
    if fits { Ok(()) } else { Err(refused(flag, value, spec)) }
}

/// A JSON flag may also take a path or a name.
fn bare(value: &str) -> bool {
    !value.starts_with(['{', '['])
}

fn is_llama(table: &FlagTable) -> bool {
    table.find("--ctx-size").is_some()
}

/// `4096`, `32k`, `1.5M`, `-1`.
fn human_count(value: &str) -> bool {
    let digits = value.trim_end_matches(['k', 'K', 'm', 'M', 'g', 'G', 't', 'T']);
    value.len() - digits.len() <= 1 && digits.parse::<f64>().is_ok_and(f64::is_finite)
}

fn missing(flag: &str, spec: &FlagSpec) -> Problem {
    Problem::usage(format!("{flag} needs a value"), format!("it takes a {}", spec.kind.name()), example(spec))
}

fn refused(flag: &str, value: &str, spec: &FlagSpec) -> Problem {
    let why = match spec.kind {
        FlagKind::Choice => "it takes one of a few values".to_owned(),
        kind => format!("it takes a {}", kind.name()),
    };
    Problem::usage(format!("{flag} cannot be `{value}`"), why, example(spec))
}

fn example(spec: &FlagSpec) -> String {
    if !spec.choices.is_empty() {
        return format!("one of {}", spec.choices.join(", "));
    }
    match &spec.default {
        Some(default) => format!("the default is {default}"),
        None => format!("{} VALUE", spec.name()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines::flags::bundled;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn arguments_survive_the_round_trip() {
        let table = bundled(EngineKind::Vllm).unwrap();
        for text in [
            "--enforce-eager --max-model-len 2048",
            "--max-model-len -1 --enable-prefix-caching",
            "--cudagraph-capture-sizes 1 2 4 --no-enable-prefix-caching",
            "-tp 2",
        ] {
            let settings = parse_args(&words(text), &table).unwrap();
            assert_eq!(to_args(&settings, &table), words(text), "{text}");
        }
        let settings = parse_args(&words("--max-model-len=8k"), &table).unwrap();
        assert_eq!(value_of(&settings, &["--max-model-len"]), Some("8k"));
        assert!(parse_args(&words("--enforce-eager yes"), &table).is_err());
        assert!(parse_args(&words("loose"), &table).is_err());
    }

    #[test]
    fn wrong_flags_and_values_are_named() {
        for (engine, text, says) in [
            (EngineKind::Vllm, "--gpu-mem-util 0.5", "did you mean --gpu-memory-utilization"),
            (EngineKind::Vllm, "--swap-space 4", "--kv-offloading-size"),
            (EngineKind::Vllm, "--guided-decoding-backend outlines", "--structured-outputs-config.backend"),
            (EngineKind::Vllm, "--max-num-seqs many", "whole number"),
            (EngineKind::Vllm, "--max-num-seqs", "needs a value"),
            (EngineKind::Vllm, "--runner int3", "one of auto, draft, generate, pooling"),
            (EngineKind::Vllm, "--speculative-config {\"a\"", "JSON"),
            (EngineKind::Vllm, "--enforce-eager=true", "without a value"),
            (EngineKind::LlamaCpp, "--ctx-size 32k", "whole number"),
            (EngineKind::LlamaCpp, "--cache-type-k q9_9", "one of f32"),
        ] {
            let table = bundled(engine).unwrap();
            let settings = parse_args(&words(text), &table).unwrap();
            let problem = verify(engine, &settings, &table).expect_err(text);
            assert!(problem.to_string().contains(says), "{text}: {problem}");
            assert_eq!(problem.exit_code(), 2);
        }
    }

    #[test]
    fn right_flags_pass() {
        let table = bundled(EngineKind::Vllm).unwrap();
        let text =
            "--max-model-len 32k --max-num-seqs 64 --kv-cache-dtype fp8 --structured-outputs-config.backend xgrammar";
        let settings = parse_args(&words(text), &table).unwrap();
        assert_eq!(verify(EngineKind::Vllm, &settings, &table), Ok(Vec::new()));
    }
}
