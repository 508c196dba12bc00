//! Flags that the engine does not know, or whose value it does not take.

use super::Source;
use super::context::Context;
use super::read::{between, count_after, nearest, plain, quoted_after, table, words};
use super::remedy::{Change, Cost, Remedy};
use super::rules::{CAUSE, LIKELY, RAISED, Rule, Told, rule};
use super::text::sentence;
use crate::base::text::is_flag;
use crate::engines::EngineKind;
use crate::engines::flags::removed;

pub const RULES: &[Rule] = &[
    rule("bad_flag", &["error: unrecognized arguments"], CAUSE, unrecognized),
    rule("bad_flag", &["error: invalid argument:"], CAUSE, unrecognized),
    rule("bad_flag", &["Error: unknown flag:"], CAUSE, unrecognized),
    rule("bad_flag", &["Error: unknown shorthand flag:"], CAUSE, unrecognized),
    rule("bad_flag", &["error: unknown argument:"], CAUSE, unrecognized),
    rule("bad_flag", &["error: ambiguous option:"], CAUSE, unrecognized),
    rule("bad_value", &["error: unknown value for"], CAUSE, argument),
    rule("bad_value", &[": error: "], RAISED, argument),
    rule("bad_value", &["rror", "must be divisible by tensor parallel size"], CAUSE, parallel),
    rule("bad_value", &["rror", "fp8_e5m2 kv-cache is not supported"], CAUSE, cache_dtype),
    rule("bad_backend", &["rror", "is not valid for this configuration"], CAUSE, backend),
    rule("bad_backend", &["rror", "No valid attention backend found"], CAUSE, backend),
    rule("bad_flag", &["error: unexpected argument"], CAUSE, unrecognized),
    rule("bad_flag", &["Error: No such option"], CAUSE, unrecognized),
    rule("bad_value", &["error: argument", "invalid choice"], CAUSE, choice),
    rule("bad_value", &["error: argument"], 8, argument),
    rule("bad_value", &["error: argument", "validation error"], RAISED, argument),
    rule("bad_cache_type", &["error while handling argument", "Unsupported cache type"], CAUSE, cache_type),
    rule("bad_value", &["error while handling argument"], 8, argument),
    rule("bad_value", &["error: invalid value"], CAUSE, argument),
    rule("bad_value", &["invalid argument", "for", "flag: strconv", "rror"], CAUSE, argument),
    rule("bad_value", &["disable_any_whitespace is only supported for", "rror"], CAUSE, whitespace),
    rule("context_too_large", &["rror", "is greater than the derived max_model_len"], CAUSE, too_long),
    rule("bad_value", &["max_num_batched_tokens", "is smaller than max_model_len", "rror"], CAUSE, batched),
    rule("bad_quantization", &["Cannot find the config file for", "rror"], CAUSE, no_config),
    rule("bad_quantization", &["does not match the quantization method", "rror"], CAUSE, mismatch),
    rule("bad_quantization", &["Unknown quantization method", "rror"], CAUSE, no_config),
    rule("bad_quantization", &["quantization", "is not supported for the current GPU", "rror"], CAUSE, card_cannot),
    rule("bad_dtype", &["is not supported for quantization method", "rror"], CAUSE, dtype_for_method),
    rule("bad_dtype", &["Bfloat16 is only supported on GPUs", "rror"], CAUSE, no_bfloat),
    rule("bad_parser", &["invalid tool call parser", "rror"], CAUSE, parser),
    rule("bad_parser", &["invalid reasoning parser", "rror"], CAUSE, parser),
    rule("missing_parser", &["--enable-auto-tool-choice requires --tool-call-parser", "rror"], CAUSE, tool_flags),
    rule("missing_parser", &["tool choice requires --enable-auto-tool-choice", "rror"], CAUSE, tool_flags),
    rule("bad_template", &["chat template", "appears path-like", "rror"], CAUSE, template),
    rule("bad_template", &["TemplateSyntaxError"], CAUSE, template),
    rule("bad_template", &["default chat template is no longer allowed", "rror"], CAUSE, template),
    rule("bad_template", &["failed to parse chat template"], CAUSE, template),
    rule("bad_value", &["Value error,"], RAISED, refused),
    rule("needs_remote_code", &["trust_remote_code=True", "rror"], CAUSE, remote_code),
    rule("needs_remote_code", &["trust-remote-code", "rror"], LIKELY, remote_code),
];

fn kind(context: &Context) -> EngineKind {
    context.source.and_then(Source::kind).unwrap_or(EngineKind::Vllm)
}

/// `unrecognized arguments: --gpu-mem-util 0.5 --task generate`: one change mends all of them.
fn unrecognized(line: &str, context: &Context) -> Told {
    let llama = line.contains("error: invalid argument:");
    let rest = [
        "unrecognized arguments:",
        "invalid argument:",
        "unknown argument:",
        "ambiguous option:",
        "unknown flag:",
        "shorthand flag:",
        "unexpected argument",
        "No such option",
    ]
    .iter()
    .find_map(|marker| line.split_once(marker))
    .map_or("", |(_, rest)| rest);
    let engine = if llama { EngineKind::LlamaCpp } else { kind(context) };
    let found: Vec<&str> =
        rest.split_whitespace().take(64).map(|word| word.trim_matches(['\'', '"', ':', ','])).collect();
    let mut mended: Vec<(Remedy, String)> = Vec::new();
    for (at, word) in found.iter().enumerate().filter(|(_, word)| is_flag(word)) {
        let (flag, joined) = word.split_once('=').map_or((*word, None), |(flag, value)| (flag, Some(value)));
        let value = joined.or(found.get(at + 1).copied().filter(|next| !is_flag(next)));
        mended.push(mend(engine, flag, value));
    }
    let name = engine.name();
    let Some((first, why)) = mended.first().cloned() else {
        let why = format!("{name} does not know one of its arguments: {}.", sentence(line));
        return Told::new(why, vec![Remedy::by_hand("check the flags: vramdeck launch … --dry-run")]);
    };
    let flag = first.flag.clone().unwrap_or_default();
    let mut remedies = Vec::new();
    if mended.len() > 1 {
        let changes = mended.iter().map(|(remedy, _)| remedy.change.clone()).collect();
        let all: Vec<&str> = mended.iter().filter_map(|(remedy, _)| remedy.flag.as_deref()).collect();
        let change = Change::Several { changes };
        remedies.push(Remedy { why: format!("each of {} is mended at once", all.join(", ")), change, ..first.clone() });
    } else {
        remedies.push(first.clone());
    }
    if first.to.is_some() {
        remedies.push(Remedy::unset(&flag, first.from.clone(), Cost::Feature, "the server starts without it"));
    }
    Told::new(why, remedies)
}

/// What becomes of one flag that is not known, and why.
fn mend(engine: EngineKind, flag: &str, value: Option<&str>) -> (Remedy, String) {
    let value = value.map(str::to_owned);
    let with = |flag: &str, value: Option<&str>| value.map_or(flag.to_owned(), |value| format!("{flag} {value}"));
    if let Some(instead) = removed(engine, flag) {
        let why = format!("{flag} is gone from {engine}: {instead}.");
        let mut words = instead.strip_prefix("use ").unwrap_or_default().split_whitespace();
        let new = words.next().filter(|word| is_flag(word)).map(|word| word.trim_end_matches([',', ';', ':']));
        let given = words.next().map(|word| word.trim_end_matches([',', ';']));
        let plain =
            given.filter(|word| word.chars().all(|c| c.is_ascii_alphanumeric()) && *word != "and" && *word != "or");
        let remedy = match (new, given, plain) {
            (Some(new), None, _) => renamed(flag, new, value.as_deref(), &instead),
            (Some(new), _, Some(set)) => {
                let unset = Change::UnsetFlag { flag: flag.to_owned() };
                let put = Change::SetFlag { flag: new.to_owned(), value: Some(set.to_owned()) };
                Remedy {
                    flag: Some(flag.to_owned()),
                    from: Some(with(flag, value.as_deref())),
                    to: Some(with(new, Some(set))),
                    why: instead.clone(),
                    cost: Cost::Nothing,
                    change: Change::Several { changes: vec![unset, put] },
                }
            }
            _ => Remedy::unset(flag, value, Cost::Nothing, &instead),
        };
        return (remedy, why);
    }
    let near = table(engine).and_then(|table| table.closest(flag).first().map(|near| (*near).to_owned()));
    match near {
        Some(near) => {
            let why = format!("{engine} has no flag {flag}; the nearest it has is {near}.");
            (renamed(flag, &near, value.as_deref(), "the flag that was most likely meant"), why)
        }
        None => {
            let why = format!("{engine} has no flag {flag}, nor one that is written like it.");
            (Remedy::unset(flag, value, Cost::Nothing, "the server starts without it"), why)
        }
    }
}

fn renamed(from: &str, to: &str, value: Option<&str>, why: &str) -> Remedy {
    let with = |flag: &str| value.map_or(flag.to_owned(), |value| format!("{flag} {value}"));
    Remedy {
        flag: Some(from.to_owned()),
        from: Some(with(from)),
        to: Some(with(to)),
        why: why.to_owned(),
        cost: Cost::Nothing,
        change: Change::RenameFlag { from: from.to_owned(), to: to.to_owned() },
    }
}

/// The flag that a line complains of: the last of `-ctk/--cache-type-k`, or what stands in quotes.
fn flag_of(line: &str) -> Option<String> {
    let rest = [
        "error: argument ",
        "unknown value for ",
        "handling argument ",
        "invalid value for ",
        "error: invalid value ",
        "for \"",
    ]
    .iter()
    .find_map(|marker| line.split_once(marker))?
    .1;
    let words = rest.split([' ', ':', '"', '\'', '/', ',', ';']).take(24);
    let flags: Vec<&str> = words.filter(|word| is_flag(word)).collect();
    flags.iter().find(|flag| flag.starts_with("--")).or(flags.first()).map(|flag| (*flag).to_owned())
}

/// `argument --dtype: invalid choice: 'int3' (choose from 'auto', 'bfloat16')`.
fn choice(line: &str, context: &Context) -> Told {
    let flag = flag_of(line).unwrap_or_default();
    let given = quoted_after(line, "invalid choice: ").unwrap_or_default().to_owned();
    let valid = line.split_once("(choose from ").map(|(_, list)| words(list)).unwrap_or_default();
    let name = match flag.as_str() {
        "--dtype" => "bad_dtype",
        "--quantization" => "bad_quantization",
        _ => "bad_value",
    };
    if flag.is_empty() {
        return argument(line, context);
    }
    let why = format!("{flag} does not take `{given}`; it takes {}.", valid.join(", "));
    let near = nearest(&given, &valid, 2).filter(|near| near.len() > 1).map(str::to_owned);
    let auto = valid.iter().find(|word| *word == "auto").cloned();
    let mut remedies = vec![Remedy::unset(&flag, Some(given.clone()), Cost::Feature, "the engine takes its default")];
    if let Some(near) = near.or(auto) {
        let why = if near == "auto" { "the engine chooses by itself" } else { "the value nearest to what was written" };
        remedies.push(Remedy::set(&flag, Some(given), near, Cost::Nothing, why));
    }
    Told::new(why, remedies).named(name)
}

/// A value that a flag does not take, of which the line says no more.
fn argument(line: &str, _: &Context) -> Told {
    let why = format!("The engine refused a value: {}.", sentence(line).trim_end_matches('.'));
    let remedies = match flag_of(line) {
        Some(flag) => vec![Remedy::unset(&flag, None, Cost::Feature, "the engine takes its default")],
        None => vec![Remedy::by_hand("change the value it speaks of")],
    };
    Told::new(why, remedies)
}

/// `error while handling argument "--cache-type-k": Unsupported cache type: q9_9`.
fn cache_type(line: &str, _: &Context) -> Told {
    let flag = flag_of(line).unwrap_or("--cache-type-k".to_owned());
    let given = line.split_once("Unsupported cache type:").map_or("", |(_, rest)| rest.trim()).to_owned();
    let known = table(EngineKind::LlamaCpp).and_then(|table| table.find(&flag)).map(|spec| spec.choices.clone());
    let valid = known.unwrap_or_default();
    let why = format!("{flag} does not take `{given}`; it takes {}.", valid.join(", "));
    let near = nearest(&given, &valid, 2).unwrap_or("q8_0").to_owned();
    let lower = if near == "f16" || near == "f32" { Cost::Nothing } else { Cost::Precision };
    Told::new(
        why,
        vec![
            Remedy::set(&flag, Some(given.clone()), near, lower, "the type nearest to what was written"),
            Remedy::unset(
                &flag,
                Some(given),
                Cost::Room,
                "the cache is kept in f16, its default: twice the bytes of q8_0",
            ),
        ],
    )
}

fn whitespace(line: &str, _: &Context) -> Told {
    let flag = "--structured-outputs-config";
    let why = format!("{}: no backend is chosen for structured outputs.", sentence(line).trim_end_matches('.'));
    let json = r#"{"backend":"xgrammar","disable_any_whitespace":true}"#;
    let set = Remedy::set(flag, None, json, Cost::Nothing, "names the backend that knows the setting");
    Told::new(why, vec![set, Remedy::unset(flag, None, Cost::Feature, "whitespace stays free")])
}

/// `User-specified max_model_len (100000) is greater than the derived max_model_len (max_position_embeddings=4096.0 …`.
fn too_long(line: &str, _: &Context) -> Told {
    let asked = count_after(line, "max_model_len (");
    let most = line.split_once("derived max_model_len (").and_then(|(_, rest)| {
        let numbers = rest.split(['=', ' ', ',']).filter_map(|word| word.parse::<f64>().ok());
        numbers.into_iter().find(|most| *most >= 1.0)
    });
    let say = |tokens: Option<f64>| tokens.map_or("fewer".to_owned(), plain);
    let asked = asked.map(|asked| asked as f64);
    let why = format!("{} tokens of context were asked for; the model was made for {}.", say(asked), say(most));
    let long = "positions it was not trained for: answers beyond its length may be nonsense";
    let mut remedies = vec![Remedy::env("VLLM_ALLOW_LONG_MAX_MODEL_LEN", "1", Cost::Precision, long)];
    let from = asked.map(plain);
    remedies.push(match most {
        Some(most) => Remedy::set("--max-model-len", from, plain(most), Cost::Context, "the model's own length"),
        None => Remedy::unset("--max-model-len", from, Cost::Context, "the model's own length is taken"),
    });
    Told::new(why, remedies)
}

fn batched(line: &str, _: &Context) -> Told {
    let length = count_after(line, "max_model_len (").map(|length| length.to_string());
    let set = length.map(|length| {
        let why = "a step then holds a whole prompt";
        Remedy::set("--max-num-batched-tokens", None, length, Cost::Room, why)
    });
    let unset = Remedy::unset("--max-num-batched-tokens", None, Cost::Nothing, "the engine's default fits the length");
    Told::new(format!("{}.", sentence(line).trim_end_matches('.')), [Some(unset), set].into_iter().flatten().collect())
}

fn no_config(line: &str, context: &Context) -> Told {
    let named = line.split_once("config file for ").or_else(|| line.split_once("quantization method: "));
    let method = named.and_then(|(_, rest)| rest.split([' ', '.', '[', ',']).next()).unwrap_or_default().to_owned();
    let given = if method.is_empty() { context.flag("--quantization") } else { Some(method.clone()) };
    let why = format!("--quantization {method} was asked for, and the checkpoint was not quantised that way.");
    let unset = "what the checkpoint itself says is taken";
    Told::new(
        why,
        vec![
            Remedy::unset("--quantization", given, Cost::Nothing, unset),
            Remedy::by_hand(format!("take a variant of the model that was quantised with {method}")),
        ],
    )
}

fn mismatch(line: &str, _: &Context) -> Told {
    let is = between(line, "model config (", ")").unwrap_or("another way").to_owned();
    let given = between(line, "`quantization` argument (", ")").map(str::to_owned);
    let why = format!("The checkpoint is quantised with {is}, not with {}.", given.clone().unwrap_or_default());
    Told::new(why, vec![Remedy::unset("--quantization", given, Cost::Nothing, "the checkpoint's own method is taken")])
}

fn card_cannot(line: &str, context: &Context) -> Told {
    let why = format!("The card has no kernels for it: {}.", sentence(line).trim_end_matches('.'));
    let unset =
        Remedy::unset("--quantization", context.flag("--quantization"), Cost::Room, "weights as they are stored");
    Told::new(why, vec![unset, Remedy::by_hand("take a variant quantised in a way the card knows: AWQ, GPTQ or FP8")])
}

fn dtype_for_method(line: &str, _: &Context) -> Told {
    let valid = line.split_once("Supported dtypes:").map(|(_, list)| words(list)).unwrap_or_default();
    let valid: Vec<&str> = valid.iter().map(|word| word.trim_start_matches("torch.").trim_end_matches('.')).collect();
    let why = format!("{}.", sentence(line).trim_end_matches('.'));
    let to = valid.first().copied().filter(|word| !word.is_empty()).unwrap_or("float16").to_owned();
    Told::new(
        why,
        vec![Remedy::set("--dtype", None, to, Cost::Nothing, "the type that the quantised kernels compute in")],
    )
}

fn no_bfloat(line: &str, _: &Context) -> Told {
    let why = format!("{}.", sentence(line).trim_end_matches('.'));
    Told::new(why, vec![Remedy::set("--dtype", None, "half", Cost::Precision, "16 bits that this card computes in")])
}

/// The parser that fits a model by its name; hermes where the name says nothing, as most models follow it.
fn parser_for(context: &Context) -> &'static str {
    const BY_NAME: &[(&str, &str)] = &[
        ("qwen3-coder", "qwen3_coder"),
        ("qwen3.5", "qwen3_coder"),
        ("llama-4", "llama4_pythonic"),
        ("llama-3", "llama3_json"),
        ("mistral", "mistral"),
        ("ministral", "mistral"),
        ("granite", "granite"),
        ("phi-4-mini", "phi4_mini_json"),
        ("gpt-oss", "openai"),
        ("gemma-4", "gemma4"),
        ("lfm2", "lfm2"),
        ("glm-4", "glm45"),
        ("xlam", "xlam"),
    ];
    BY_NAME.iter().find(|(part, _)| context.model_has(part)).map_or("hermes", |(_, parser)| parser)
}

/// `invalid tool call parser: nosuch (chose from { a,b,c })`.
fn parser(line: &str, context: &Context) -> Told {
    let reasoning = line.contains("reasoning parser");
    let flag = if reasoning { "--reasoning-parser" } else { "--tool-call-parser" };
    let given = line.split_once("parser: ").and_then(|(_, rest)| rest.split([' ', '(']).next()).unwrap_or_default();
    let valid = between(line, "{", "}").map(words).unwrap_or_default();
    let why = format!("There is no parser `{given}`; there are {}.", valid.join(", "));
    let from = Some(given.to_owned());
    let mut remedies = Vec::new();
    let near = nearest(given, &valid, 3).map(str::to_owned);
    let usual = (!reasoning).then(|| parser_for(context).to_owned()).filter(|usual| valid.contains(usual));
    if let Some(near) = near.or(usual) {
        let why = "the parser nearest to what was written, or the one most models of this kind follow";
        remedies.push(Remedy::set(flag, from.clone(), near, Cost::Nothing, why));
    }
    let mut out = Remedy::unset(flag, from, Cost::Feature, "the server answers with the model's raw text");
    if !reasoning {
        let auto = Change::UnsetFlag { flag: "--enable-auto-tool-choice".to_owned() };
        out.change = Change::Several { changes: vec![out.change, auto] };
        "tool calls stay in the text".clone_into(&mut out.why);
    }
    remedies.push(out);
    Told::new(why, remedies)
}

fn tool_flags(line: &str, context: &Context) -> Told {
    let why = "Tool calls were asked for, and the server was not told how the model writes them.";
    let parser = parser_for(context);
    let mut set =
        Remedy::set("--tool-call-parser", None, parser, Cost::Nothing, "how models of this kind write tool calls");
    if !line.contains("requires --tool-call-parser") {
        let auto = Change::SetFlag { flag: "--enable-auto-tool-choice".to_owned(), value: None };
        set.change = Change::Several { changes: vec![auto, set.change] };
    }
    let unset = Remedy::unset("--enable-auto-tool-choice", Some("on".to_owned()), Cost::Feature, "no tool calls");
    Told::new(why, vec![set, unset])
}

fn template(line: &str, context: &Context) -> Told {
    let why = format!("The chat template cannot be used: {}.", sentence(line).trim_end_matches('.'));
    let mut remedies = vec![Remedy::by_hand("give --chat-template the path of a Jinja template that is there")];
    if !line.contains("no longer allowed") {
        let given = context.flag("--chat-template");
        remedies.push(Remedy::unset("--chat-template", given, Cost::Nothing, "the model's own template is taken"));
    }
    Told::new(why, remedies)
}

fn refused(line: &str, context: &Context) -> Told {
    argument(line, context)
}

fn remote_code(_: &str, _: &Context) -> Told {
    let why = "The repository brings Python code of its own, which the engine runs only when told to.";
    let set = Remedy::switch("--trust-remote-code", Cost::Trust, "read that code first: it runs with your rights");
    Told::new(why, vec![set])
}

/// `Total number of attention heads (32) must be divisible by tensor parallel size (3).`
fn parallel(line: &str, _: &Context) -> Told {
    let (heads, size) = (count_after(line, "heads ("), count_after(line, "parallel size ("));
    let why = format!("{}.", sentence(line).trim_end_matches('.'));
    let from = size.map(|size| size.to_string());
    let fits = heads.zip(size).and_then(|(heads, size)| (1..size.min(64)).rev().find(|n| heads % n == 0)).unwrap_or(1);
    let reason = "as many cards as divide the model's heads";
    Told::new(why, vec![Remedy::set("--tensor-parallel-size", from, fits.to_string(), Cost::Cache, reason)])
}

fn cache_dtype(_: &str, _: &Context) -> Told {
    let why = "The checkpoint is in fp8 e4m3, and the cache was asked for in e5m2; the kernels know one of the two.";
    let set =
        Remedy::set("--kv-cache-dtype", Some("fp8_e5m2".to_owned()), "fp8", Cost::Nothing, "the same 8 bits as e4m3");
    Told::new(why, vec![set])
}

fn backend(line: &str, context: &Context) -> Told {
    let why = format!("No attention kernel does what was asked for: {}.", sentence(line).trim_end_matches('.'));
    let given = context.flag("--attention-backend");
    let auto = "the engine chooses one that this card and cache can use";
    let mut remedies = vec![Remedy::unset("--attention-backend", given, Cost::Nothing, auto)];
    if context.flag("--kv-cache-dtype").is_none_or(|dtype| dtype != "auto") {
        let cache = "the cache in the model's own type: every kernel knows it";
        remedies.push(Remedy::set("--kv-cache-dtype", context.flag("--kv-cache-dtype"), "auto", Cost::Cache, cache));
    }
    Told::new(why, remedies)
}
