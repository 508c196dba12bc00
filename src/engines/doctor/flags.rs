//! Flags that the engine does not know, or whose value it does not take.

use super::Source;
use super::context::Context;
use super::read::{between, nearest, quoted_after, table, words};
use super::remedy::{Change, Cost, Remedy};
use super::rule::{CAUSE, LIKELY, RAISED, Rule, Told, rule};
use super::text::said;
use crate::base::text::is_flag;
use crate::engines::EngineKind;
use crate::engines::flags::{normal, removed};

pub const RULES: &[Rule] = &[
    rule("bad_flag", &["error: unrecognized arguments"], CAUSE, unrecognized),
    rule("bad_flag", &["error: invalid argument:"], CAUSE, unrecognized),
    rule("bad_flag", &["Error: unknown flag:"], CAUSE, unrecognized),
    rule("bad_flag", &["Error: unknown shorthand flag:"], CAUSE, unrecognized),
    rule("bad_flag", &["error: unknown argument:"], CAUSE, unrecognized),
    rule("bad_flag", &["error: ambiguous option:"], CAUSE, unrecognized),
    rule("bad_value", &["error: unknown value for"], CAUSE, argument),
    rule("bad_value", &[": error: "], RAISED, argument),
    rule("bad_flag", &["error: unexpected argument"], CAUSE, unrecognized),
    rule("bad_flag", &["Error: No such option"], CAUSE, unrecognized),
    rule("bad_value", &["error: argument", "invalid choice"], CAUSE, choice),
    rule("bad_value", &["error: argument"], 8, argument),
    rule("bad_value", &["error: argument", "validation error"], RAISED, argument),
    rule("bad_cache_type", &["error while handling argument", "Unsupported cache type"], CAUSE, cache_type),
    rule("bad_value", &["error while handling argument"], 8, argument),
    rule("bad_value", &["error: invalid value"], CAUSE, argument),
    rule("bad_value", &["invalid argument", "for", "flag: strconv", "rror"], CAUSE, argument),
    rule("bad_quantization", &["Cannot find the config file for", "rror"], CAUSE, no_config),
    rule("bad_quantization", &["does not match the quantization method", "rror"], CAUSE, mismatch),
    rule("bad_quantization", &["Unknown quantization method", "rror"], CAUSE, no_config),
    rule("bad_quantization", &["rror", "Failed to find a kernel that can implement"], CAUSE, card_cannot),
    rule("bad_value", &["error: --model is required"], CAUSE, argument),
    rule("bad_value", &["error: model path or hf repo required"], CAUSE, argument),
    rule("bad_cache_type", &["ache quantization requires flash_attn"], CAUSE, needs_flash),
    rule("bad_cache_type", &["requires Flash Attention", "ache"], CAUSE, needs_flash),
    rule("bad_quantization", &["quantization", "is not supported for the current GPU", "rror"], CAUSE, card_cannot),
    rule("bad_parser", &["invalid tool call parser", "rror"], CAUSE, parser),
    rule("bad_parser", &["invalid reasoning parser", "rror"], CAUSE, parser),
    rule("bad_parser", &["rror", "easoning parser", "not found. Available parsers"], CAUSE, parser),
    rule("bad_parser", &["rror", "ool parser", "not found. Available parsers"], CAUSE, parser),
    rule("missing_parser", &["tools param requires --jinja"], CAUSE, jinja),
    rule("missing_parser", &["--enable-auto-tool-choice requires --tool-call-parser", "rror"], CAUSE, tool_flags),
    rule("missing_parser", &["tool choice requires --enable-auto-tool-choice", "rror"], CAUSE, tool_flags),
    rule("bad_template", &["chat template", "appears path-like", "rror"], CAUSE, template),
    rule("bad_template", &["TemplateSyntaxError"], CAUSE, template),
    rule("bad_template", &["default chat template is no longer allowed", "rror"], CAUSE, template),
    rule("bad_template", &["failed to parse chat template"], CAUSE, template),
    rule("bad_template", &["chat template parsing error"], CAUSE, template),
    rule("bad_value", &["Value error,"], RAISED, refused),
    rule("needs_remote_code", &["trust_remote_code=True", "rror"], CAUSE, remote_code),
    rule("needs_remote_code", &["trust-remote-code", "rror"], LIKELY, remote_code),
    rule("needs_remote_code", &["contains custom code which must be executed"], CAUSE, remote_code),
    rule("needs_remote_code", &["rror", "requires you to execute the"], CAUSE, remote_code),
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
        let why = format!("{name} does not know one of its arguments: {}.", said(line));
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
    match near_flag(engine, flag) {
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

/// The flag most likely meant: one that begins like it, where it is long enough to tell, or one written like it.
fn near_flag(engine: EngineKind, flag: &str) -> Option<String> {
    let table = table(engine)?;
    let wanted = normal(flag);
    let names = table.flags.iter().map(|spec| spec.name());
    let longer = names.filter(|name| wanted.len() > 6 && name.starts_with(&wanted)).min_by_key(|name| name.len());
    longer.or_else(|| table.closest(flag).first().copied()).map(str::to_owned)
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

/// How types are called elsewhere.
const SHORT_TYPES: [(&str, &str); 5] =
    [("fp16", "float16"), ("f16", "float16"), ("bf16", "bfloat16"), ("fp32", "float32"), ("f32", "float32")];

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
    let meant =
        SHORT_TYPES.iter().find(|(short, _)| *short == given.to_lowercase()).map(|(_, long)| (*long).to_owned());
    let meant = meant.filter(|long| valid.contains(long));
    let near = meant.or_else(|| nearest(&given, &valid, 2).filter(|near| near.len() > 1).map(str::to_owned));
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
    let why = format!("The engine refused a value: {}.", said(line));
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

/// llama.cpp: a V cache of fewer bits is read by flash attention alone.
fn needs_flash(_: &str, context: &Context) -> Told {
    let why = "A V cache of fewer bits was asked for, and only flash attention reads one.";
    let on = Remedy::set(
        "--flash-attn",
        context.flag("--flash-attn"),
        "on",
        Cost::Nothing,
        "the kernels that read such a cache",
    );
    let given = context.flag("--cache-type-v");
    let unset =
        Remedy::unset("--cache-type-v", given, Cost::Room, "the V cache is kept in f16: twice the bytes of q8_0");
    Told::new(why, vec![on, unset])
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
    let why = format!("The card has no kernels for it: {}.", said(line));
    let unset =
        Remedy::unset("--quantization", context.flag("--quantization"), Cost::Room, "weights as they are stored");
    Told::new(why, vec![unset, Remedy::by_hand("take a variant quantised in a way the card knows: AWQ, GPTQ or FP8")])
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
    let reasoning = line.contains("easoning parser");
    let flag = if reasoning { "--reasoning-parser" } else { "--tool-call-parser" };
    let given = line.split_once("parser: ").and_then(|(_, rest)| rest.split([' ', '(']).next());
    let given = given.or_else(|| between(line, "parser '", "'")).unwrap_or_default();
    let list = between(line, "{", "}").or_else(|| line.split_once("Available parsers:").map(|(_, list)| list));
    let valid = list.map(words).unwrap_or_default();
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

/// llama-server before it read templates by itself.
fn jinja(_: &str, _: &Context) -> Told {
    let why = "Tool calls were asked for, and the server does not read the model's template.";
    let set = Remedy::switch("--jinja", Cost::Nothing, "the model's own template says how tools are called");
    Told::new(why, vec![set, Remedy::by_hand("or update llama.cpp: newer versions read templates by themselves")])
}

fn template(line: &str, context: &Context) -> Told {
    let why = format!("The chat template cannot be used: {}.", said(line));
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
