//! Tool calls in raw text, a target for each way to write them: nothing is lost, and how the text is cut makes no difference.

use std::sync::{Arc, LazyLock};
use vramdeck::lab::template::{Conversation, Files, Now, Template, Templates, conversations, messages, shipped, tools};
use vramdeck::lab::tools::format::{self, Body};
use vramdeck::lab::tools::{Compiled, Parsed, Tools, detect, formats, parse};

static OFFERED: LazyLock<Arc<Tools>> = LazyLock::new(|| {
    let text = r#"[{"name": "f", "parameters": {"properties": {"a": {"type": ["integer", "null"]}, "b": {"type": "object"},
        "c": {"type": "string"}}}}]"#;
    Arc::new(Tools::read(text).unwrap())
});

pub fn json(data: &[u8]) {
    check(data, &[Body::Json, Body::Code]);
}

pub fn named(data: &[u8]) {
    check(data, &[Body::Named, Body::Lines]);
}

pub fn tagged(data: &[u8]) {
    check(data, &[Body::Tagged]);
}

pub fn python(data: &[u8]) {
    check(data, &[Body::Python]);
}

pub fn gemma(data: &[u8]) {
    check(data, &[Body::Gemma]);
}

pub fn channel(data: &[u8]) {
    check(data, &[Body::Channel]);
}

/// The first byte chooses among the formats that have one of the bodies.
fn check(data: &[u8], bodies: &[Body]) {
    let fitting: Vec<_> =
        formats().iter().filter(|one| one.call.iter().any(|call| bodies.contains(&call.body))).collect();
    let Some((first, text)) = data.split_first() else { return };
    let Ok(compiled) = Compiled::new(fitting[usize::from(*first) % fitting.len()]) else { return };
    let compiled = Arc::new(compiled);
    let whole = parse(text, &compiled, &OFFERED, 0);
    laws(text, &whole);
    for chunk in [1, 7] {
        assert_eq!(parse(text, &compiled, &OFFERED, chunk), whole, "{} in chunks of {chunk}", compiled.name());
    }
}

fn laws(text: &[u8], parsed: &Parsed) {
    let mut at = 0;
    for (kind, span) in &parsed.segments {
        assert_eq!(span.start, at, "{kind:?}");
        at = span.end;
    }
    assert_eq!(at, text.len(), "bytes are lost");
    assert!(parsed.calls.iter().all(|call| !call.complete || call.arguments.is_some()));
}

/// Any text in the format that is found for it.
pub fn any_format(data: &[u8]) {
    let found = detect(data, formats(), &OFFERED, 0);
    laws(data, &found);
}

/// A description of formats is refused or makes a parser.
pub fn descriptions(data: &[u8]) {
    let Ok(own) = format::read(&String::from_utf8_lossy(data)) else { return };
    for format in own.iter().take(4) {
        if let Ok(compiled) = Compiled::new(format) {
            let text = b"a <tool_call>{\"name\": \"f\", \"arguments\": {}}</tool_call> @@f(a=1) b";
            laws(text, &parse(text, &Arc::new(compiled), &OFFERED, 3));
        }
    }
}

/// Definitions of tools are read or refused.
pub fn definitions(data: &[u8]) {
    let Ok(tools) = Tools::read(&String::from_utf8_lossy(data)) else { return };
    let compiled = Compiled::new(format::named("qwen3_coder").unwrap()).unwrap();
    let text = b"<function=f>\n<parameter=a>\n1\n</parameter>\n<parameter=b>\n{}\n</parameter>\n</function>";
    laws(text, &parse(text, &Arc::new(compiled), &Arc::new(tools), 0));
}

/// A template is rendered or refused.
pub fn template(data: &[u8]) {
    let source = String::from_utf8_lossy(data);
    let special = [("bos_token".to_owned(), "<s>".to_owned())];
    let template = match Template::new(&source, &special) {
        Ok(template) => template,
        Err(problem) => return drop(problem.to_string()),
    };
    for conversation in shipped().iter().take(6) {
        if let Err(problem) = template.render(conversation, Now::default()) {
            assert!(!problem.why.is_empty() && !problem.hint.is_empty());
        }
    }
}

/// The files of a model's folder, and a conversation.
pub fn template_files(data: &[u8]) {
    let text = String::from_utf8_lossy(data).into_owned();
    let some = || Some(text.clone());
    let files =
        Files { tokenizer_config: some(), config: some(), special_tokens: some(), legacy: some(), ..Files::default() };
    if let Ok(templates) = Templates::of(&files) {
        assert!(templates.context != Ok(0));
        let _ = (templates.choose(None, true), templates.choose(Some("rag"), false));
    }
    for conversation in conversations(&text).unwrap_or_default() {
        assert_eq!(Conversation::read(&conversation.to_json()).unwrap(), conversation);
        let template = Template::new("{{ messages|tojson }}{{ tools|tojson }}", &[]).unwrap();
        let _ = template.render(&conversation, Now::default());
    }
    let _ = (tools(&text), messages(&text));
}
