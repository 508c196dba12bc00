//! Decoding and assembly over answers as each server writes them.

use super::*;
use proptest::prelude::*;

/// Feeds payloads as SSE in pieces of `piece` bytes.
fn reply_of(payloads: &[&str], piece: usize) -> Reply {
    let body: String = payloads.iter().map(|payload| format!("data: {payload}\n\n")).collect();
    let mut reader = StreamReader::new(BodyKind::Sse, MAX_LINE);
    let mut events = Vec::new();
    body.as_bytes().chunks(piece).for_each(|bytes| reader.feed(bytes, &mut events));
    reader.finish(&mut events);
    events.into_iter().collect()
}

const VLLM: &[&str] = &[
    r#"{"id":"c-1","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}],"prompt_token_ids":null}"#,
    r#"{"id":"c-1","model":"m","choices":[{"index":0,"delta":{"reasoning":"Let me"},"finish_reason":null}]}"#,
    r#"{"id":"c-1","model":"m","choices":[{"index":0,"delta":{"reasoning":" see."},"finish_reason":null}]}"#,
    r#"{"id":"c-1","model":"m","choices":[{"index":0,"delta":{"content":"Two tokens"},"logprobs":{"content":[{"token":"Two","logprob":-2.5,"bytes":[84],"top_logprobs":[{"token":"Two","logprob":-2.5},{"token":"One","logprob":-0.5}]},{"token":" tokens","logprob":-0.25,"top_logprobs":[]}]},"finish_reason":null}]}"#,
    r#"{"id":"c-1","model":"m","choices":[{"index":0,"delta":{"content":null,"tool_calls":[{"id":"t-a","type":"function","index":0,"function":{"name":"weather"}}]},"finish_reason":null}]}"#,
    r#"{"id":"c-1","model":"m","choices":[{"index":0,"delta":{"content":null,"tool_calls":[{"index":0,"function":{"arguments":"{\"city\":"}}]}}]}"#,
    r#"{"id":"c-1","model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\"Oslo\"}"}},{"id":"t-b","type":"function","index":1,"function":{"name":"time"}}]},"finish_reason":"tool_calls"}]}"#,
    r#"{"id":"c-1","model":"m","choices":[],"usage":{"prompt_tokens":20,"total_tokens":29,"completion_tokens":9,"prompt_tokens_details":{"cached_tokens":16},"completion_tokens_details":{"reasoning_tokens":3}}}"#,
    "[DONE]",
];

const LLAMA: &[&str] = &[
    r#"{"choices":[{"finish_reason":null,"index":0,"delta":{"role":"assistant","content":null}}],"id":"c-2","model":"m","object":"chat.completion.chunk"}"#,
    r#"{"choices":[{"finish_reason":null,"index":0,"delta":{"reasoning_content":"Hm."}}],"id":"c-2","model":"m"}"#,
    r#"{"choices":[{"finish_reason":null,"index":0,"delta":{"content":"A"}}],"id":"c-2","model":"m"}"#,
    r#"{"choices":[{"finish_reason":null,"index":1,"delta":{"content":"B"}}],"id":"c-2","model":"m"}"#,
    r#"{"choices":[{"finish_reason":null,"index":0,"delta":{"tool_calls":[{"index":0,"id":"x","type":"function","function":{"name":"f","arguments":"{"}}]}}],"id":"c-2"}"#,
    r#"{"choices":[{"finish_reason":"tool_calls","index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"}"}}]}}],"id":"c-2"}"#,
    r#"{"choices":[{"finish_reason":"length","index":1,"delta":{}}],"id":"c-2","timings":{"predicted_n":4}}"#,
    r#"{"choices":[],"id":"c-2","usage":{"completion_tokens":4,"prompt_tokens":27,"total_tokens":31}}"#,
    "[DONE]",
];

#[test]
fn a_vllm_stream() {
    for piece in [1, 7, 4096] {
        let reply = reply_of(VLLM, piece);
        let choice = &reply.choices[0];
        assert_eq!((reply.id.as_str(), reply.model.as_str(), reply.done), ("c-1", "m", true));
        assert_eq!((choice.text.as_str(), choice.reasoning.as_str()), ("Two tokens", "Let me see."));
        assert_eq!(choice.logprobs.len(), 2);
        assert_eq!(choice.logprobs[0].top, [("One".to_owned(), -0.5), ("Two".to_owned(), -2.5)]);
        let calls: Vec<_> = choice.tool_calls.iter().map(|c| (&*c.id, &*c.name, &*c.arguments)).collect();
        assert_eq!(calls, [("t-a", "weather", "{\"city\":\"Oslo\"}"), ("t-b", "time", "")]);
        assert_eq!(choice.finish.as_deref(), Some("tool_calls"));
        let usage =
            Usage { prompt_tokens: 20, completion_tokens: 9, cached_tokens: Some(16), reasoning_tokens: Some(3) };
        assert_eq!(reply.usage, Some(usage));
    }
}

#[test]
fn a_llama_stream_of_two_choices() {
    let reply = reply_of(LLAMA, 11);
    let texts: Vec<_> = reply.choices.iter().map(|c| (&*c.text, &*c.reasoning, c.finish.as_deref())).collect();
    assert_eq!(texts, [("A", "Hm.", Some("tool_calls")), ("B", "", Some("length"))]);
    assert_eq!(reply.choices[0].tool_calls[0].arguments, "{}");
    assert_eq!(reply.usage.unwrap().completion_tokens, 4);
    assert!(reply.done && reply.failed.is_none());
}

#[test]
fn a_role_chunk_and_an_empty_usage_delta_are_no_tokens() {
    let mut decoder = Decoder::default();
    let mut events = Vec::new();
    decoder.chunk(VLLM[0], &mut events);
    decoder.chunk(
        r#"{"id":"z","choices":[{"index":0,"delta":{}}],"usage":{"completion_tokens":4,"prompt_tokens":2}}"#,
        &mut events,
    );
    assert!(matches!(events[..], [StreamEvent::Opened { .. }, StreamEvent::Usage(_)]), "{events:?}");
}

#[test]
fn ollamas_native_lines() {
    let body = concat!(
        r#"{"model":"m","message":{"role":"assistant","content":"","thinking":"Hm"},"done":false}"#,
        "\n",
        r#"{"model":"m","message":{"role":"assistant","content":"Hi"},"done":false}"#,
        "\n",
        r#"{"model":"m","message":{"role":"assistant","content":"","tool_calls":[{"id":"a","function":{"index":0,"name":"f","arguments":{"x":1}}},{"id":"b","function":{"index":1,"name":"g","arguments":{}}}]},"done":false}"#,
        "\n",
        r#"{"model":"m","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","prompt_eval_count":17,"eval_count":5,"logprobs":[{"token":"H","logprob":-1.0,"top_logprobs":[]}]}"#,
    );
    let mut reader = StreamReader::new(BodyKind::JsonLines, MAX_LINE);
    let mut events = Vec::new();
    reader.feed(body.as_bytes(), &mut events);
    reader.finish(&mut events);
    let reply: Reply = events.into_iter().collect();
    let choice = &reply.choices[0];
    assert_eq!((&*choice.text, &*choice.reasoning, choice.finish.as_deref()), ("Hi", "Hm", Some("stop")));
    let calls: Vec<_> = choice.tool_calls.iter().map(|c| (&*c.id, &*c.arguments)).collect();
    assert_eq!(calls, [("a", "{\"x\":1}"), ("b", "{}")]);
    assert_eq!((reply.usage.unwrap().completion_tokens, choice.logprobs.len(), reply.done), (5, 1, true));
}

#[test]
fn calls_that_all_have_index_0_are_told_apart_by_id() {
    let reply = reply_of(
        &[
            r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"b","function":{"name":"f","arguments":"[]"}}]}}]}"#,
            "[DONE]",
        ],
        4096,
    );
    let calls: Vec<_> = reply.choices[0].tool_calls.iter().map(|c| (&*c.id, &*c.arguments)).collect();
    assert_eq!(calls, [("a", "{}"), ("b", "[]")]);
}

fn whole(body: &str) -> Reply {
    let mut reader = StreamReader::new(BodyKind::Whole, MAX_LINE);
    let mut events = Vec::new();
    body.as_bytes().chunks(5).for_each(|bytes| reader.feed(bytes, &mut events));
    reader.finish(&mut events);
    events.into_iter().collect()
}

#[test]
fn whole_answers_give_the_same_events() {
    let reply = whole(
        r#"{"id":"i","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":null,"reasoning":"r","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#,
    );
    let choice = &reply.choices[0];
    assert_eq!((&*choice.text, &*choice.reasoning, &*choice.tool_calls[0].name), ("", "r", "f"));
    assert!(reply.done);
    let reply = whole(
        r#"{"id":"i","object":"text_completion","model":"m","choices":[{"index":0,"text":" a b","logprobs":{"text_offset":[0,2],"token_logprobs":[null,-0.5],"tokens":[" a"," b"],"top_logprobs":[null,{" c":-3.0," b":-0.5}]},"finish_reason":"length"}]}"#,
    );
    assert_eq!(reply.choices[0].text, " a b");
    assert_eq!(
        reply.choices[0].logprobs,
        [TokenLogprob { token: " b".into(), logprob: -0.5, top: vec![(" b".into(), -0.5), (" c".into(), -3.0)] }]
    );
    let parts =
        whole(r#"{"choices":[{"message":{"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}}]}"#);
    assert_eq!(parts.choices[0].text, "ab");
}

#[test]
fn what_is_no_answer_fails_with_an_excerpt() {
    for body in ["", "[]", "{}", "null", "<html>", "{\"object\":\"list\",\"data\":[]}", "{\"choices\":[{"] {
        let failed = whole(body).failed.unwrap_or_else(|| panic!("{body}"));
        assert!(!failed.hint.is_empty());
    }
    assert!(whole("{\"a\u{1b}[2J\":").failed.unwrap().detail[0].contains("␛[2J"));
}

#[test]
fn errors_inside_a_stream_keep_what_came() {
    let begun = r#"{"id":"i","choices":[{"index":0,"delta":{"content":"half"}}]}"#;
    for (error, why) in [
        (r#"{"error":{"message":"out of blocks","type":"InternalServerError","code":500}}"#, "out of blocks"),
        (r#"{"error":"plain words"}"#, "plain words"),
        (r#"{"object":"error","message":"old shape","code":400}"#, "old shape"),
        (r#"{"error":"{\"error\":{\"code\":400,\"message\":\"nested\"}}"}"#, "nested"),
        (r#"{"error":{}}"#, "no reason given"),
    ] {
        let reply = reply_of(&[begun, error, begun], 13);
        assert_eq!(reply.choices[0].text, "half");
        assert!(reply.failed.as_ref().unwrap().why.contains(why), "{reply:?}");
        assert!(!reply.done);
    }
    let mut reader = StreamReader::new(BodyKind::Sse, MAX_LINE);
    let mut events = Vec::new();
    reader.feed(b"error: {\"code\":500,\"message\":\"as a field\"}\n\ndata: [DONE]\n\n", &mut events);
    assert!(matches!(&events[..], [StreamEvent::Failed(problem)] if problem.why == "as a field"), "{events:?}");
}

#[test]
fn an_end_without_done_is_good_only_when_all_was_finished() {
    let text = r#"{"choices":[{"index":0,"delta":{"content":"a"}}]}"#;
    let end = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
    assert!(reply_of(&[text, end], 100).done);
    for cut in [&[text][..], &[], &[end, text]] {
        let reply = reply_of(cut, 100);
        assert_eq!(reply.failed.unwrap().what, "the answer was cut off");
    }
}

#[test]
fn a_line_without_end_fails_and_holds_no_memory() {
    let mut reader = StreamReader::new(BodyKind::Sse, 1 << 16);
    let mut events = Vec::new();
    reader.feed(b"data: {\"choices\":[{\"delta\":{\"content\":\"kept\"}}]}\n\n", &mut events);
    for _ in 0..100_000 {
        reader.feed(&[b'x'; 4096], &mut events);
    }
    let reply: Reply = events.into_iter().collect();
    assert_eq!(reply.choices[0].text, "kept");
    assert!(reply.failed.unwrap().why.contains("longer than 65536 bytes"));
}

proptest! {
    #[test]
    fn mutated_streams_never_panic_and_say_how_they_end(
        which in 0usize..2,
        edits in prop::collection::vec((0usize..6000, prop::sample::select(vec!["", "\"", "{", "}", "[", "null", "-1", "1e999", "\n", "\u{1b}", "[DONE]", ",", "9999999999", "\"index\":4000000000", "é"]), 0usize..30), 0..8),
        piece in 1usize..200,
    ) {
        let payloads = [VLLM, LLAMA][which];
        let mut body: Vec<u8> = payloads.iter().flat_map(|p| format!("data: {p}\n\n").into_bytes()).collect();
        for (at, text, gone) in edits {
            let at = at % (body.len() + 1);
            let end = (at + gone).min(body.len());
            body.splice(at..end, text.bytes());
        }
        for kind in [BodyKind::Sse, BodyKind::JsonLines, BodyKind::Whole] {
            let run = |piece: usize| {
                let mut reader = StreamReader::new(kind, MAX_LINE);
                let mut events = Vec::new();
                body.chunks(piece).for_each(|bytes| reader.feed(bytes, &mut events));
                reader.finish(&mut events);
                events
            };
            let events = run(piece);
            let ends = events.iter().filter(|e| matches!(e, StreamEvent::Done | StreamEvent::Failed(_))).count();
            prop_assert_eq!(ends, 1);
            prop_assert!(matches!(events.last(), Some(StreamEvent::Done | StreamEvent::Failed(_))));
            let reply: Reply = events.into_iter().collect();
            prop_assert_eq!(reply, run(body.len().max(1)).into_iter().collect::<Reply>());
        }
    }
}
