//! Images: attached, sent, edited, waiting, counted.

use super::*;
use crate::base::Unknown;
use crate::lab::chat::Image;
use crate::lab::chat::image::{Media, Thumb};
use std::sync::Arc;

fn image(name: &str) -> Image {
    Image { hash: "a1".repeat(32), name: name.into(), media: Media::Png, width: 640, height: 480, bytes: 120_000 }
}

/// The images that were to be taken in since the last call.
fn wanted(bench: &mut Bench) -> Vec<Attach> {
    let all = bench.out.iter().filter_map(|effect| match effect {
        Effect::Attach(asked) => Some((**asked).clone()),
        _ => None,
    });
    let all = all.collect();
    bench.out.clear();
    all
}

fn taken(bench: &mut Bench, asked: Attach, name: &str) {
    let attached = Attached { image: image(name), sees: Ok(true), most_tokens: Some(1024) };
    bench.chat(Msg::Attached { asked: Box::new(asked), result: Ok(Box::new(attached)) });
}

#[test]
fn a_dragged_file_becomes_a_chip_and_goes_along() {
    let mut bench = Bench::new();
    bench.send(crate::app::Msg::Paste("'/tmp/a cat.png'".into()));
    let asked = wanted(&mut bench).remove(0);
    assert_eq!((asked.path.as_str(), asked.pasted), ("/tmp/a cat.png", true));
    let (base_url, .., started) = asked.whom.clone().unwrap();
    assert_eq!((base_url.as_str(), started.as_str()), ("http://127.0.0.1:9", "tiny"));
    taken(&mut bench, asked, "a cat.png");
    bench.type_text("what?");
    assert!(bench.state().front.composer.editor.text().starts_with("[image a cat.png 640x480 117 KiB] what?"));
    bench.press("enter");
    let ask = bench.asks().remove(0);
    let content = &ask.request.messages[0]["content"];
    assert_eq!(content[0]["image_url"]["url"], format!("vramdeck-image:{}.png", "a1".repeat(32)));
    assert_eq!(content[1]["text"], "what?");
    bench.answer(ask.stream, "a cat", StreamEvent::Done);
    let conversation = ask.stream.conversation;
    bench.chat(Msg::ImageTokens { conversation, turn: ask.turn, tokens: 253 });
    let turn = bench.state().front.tree.turn(ask.turn).unwrap();
    assert_eq!(turn.figures.image_tokens, Some(253));
    // Edited, the image stands in the composer again.
    bench.press("esc e");
    assert!(bench.state().front.composer.editor.text().starts_with("[image a cat.png"), "{:?}", bench.state().focus);
    assert_eq!(bench.state().front.composer.images().len(), 1);
}

#[test]
fn what_is_no_image_after_all_is_text() {
    let mut bench = Bench::new();
    bench.send(crate::app::Msg::Paste("/tmp/none.png".into()));
    let asked = wanted(&mut bench).remove(0);
    let result = Err(Problem::usage("/tmp/none.png cannot be attached", "no such file", "give a path"));
    bench.chat(Msg::Attached { asked: Box::new(asked), result: result.clone() });
    assert_eq!(bench.state().front.composer.text(), "/tmp/none.png");
    // Typed into the dialog, it is told there.
    bench.press("alt+i");
    bench.type_text("/tmp/none.png");
    bench.press("enter");
    let asked = wanted(&mut bench).remove(0);
    assert!(!asked.pasted);
    bench.chat(Msg::Attached { asked: Box::new(asked.clone()), result });
    assert!(matches!(&bench.state().dialog, Some(dialog::Dialog::Attach { wrong: Some(_), .. })));
    taken(&mut bench, asked, "b.png");
    assert!(bench.state().dialog.is_none() && bench.state().front.composer.images().len() == 1);
}

#[test]
fn images_wait_with_their_message_and_a_blind_model_is_named() {
    let mut bench = Bench::new();
    bench.say("one");
    let stream = bench.asks().remove(0).stream;
    bench.send(crate::app::Msg::Paste("/tmp/a.png".into()));
    let asked = wanted(&mut bench).remove(0);
    let blind = |sees| Box::new(Attached { image: image("a.png"), sees, most_tokens: None });
    bench.chat(Msg::Attached { asked: Box::new(asked.clone()), result: Ok(blind(Ok(false))) });
    bench.chat(Msg::Attached { asked: Box::new(asked), result: Ok(blind(Err(Unknown::because("untold")))) });
    bench.press("enter");
    assert_eq!(bench.state().front.queue.iter().next().unwrap().images.len(), 2);
    bench.press("alt+up");
    assert_eq!(bench.state().front.composer.images().len(), 2);
    bench.press("enter");
    bench.answer(stream, "1", StreamEvent::Done);
    let ask = bench.asks().remove(0);
    assert_eq!(ask.request.messages[2]["content"].as_array().unwrap().len(), 2, "{:?}", ask.request.messages);
    // Each image is read once to be drawn.
    let read = |bench: &Bench| bench.state().previews.len();
    assert_eq!(read(&bench), 1);
    let file = image("a.png").file().unwrap();
    bench.chat(Msg::Previewed { file: file.clone(), thumb: Some(Arc::new(Thumb::default())) });
    assert!(bench.state().previews[&file].is_some());
}
