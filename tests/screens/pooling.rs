//! The Lab's view Pooling: whom is asked for what, and what came back as tables and bars.

use crate::support::{self, check, draw, draw_ascii, press, send};
use std::sync::Arc;
use vramdeck::app::screens::lab::pooling::{Effect, Msg as Pooling};
use vramdeck::app::screens::lab::{Effect as Lab, Msg as LabMsg, View};
use vramdeck::app::{Effect as Root, Model, Msg};
use vramdeck::base::{Problem, Unknown};
use vramdeck::engines::Phase;
use vramdeck::lab::pooling::{Serves, tell};
use vramdeck::wire::pooling::{Answer, Ask, Class, Pooled, Task};

fn deck() -> Model {
    let mut model = support::model(support::desktop());
    send(&mut model, Msg::Runs(vec![support::run("bge-m3", Phase::Ready, &[41_822])]));
    model.lab.view = View::Pooling;
    press(&mut model, "7");
    model
}

fn serve(model: &mut Model, tasks: &[Task], basis: &str) {
    let of = model.lab.pooling.known.as_ref().unwrap().of.clone();
    let serves = Ok(Serves { tasks: tasks.to_vec(), basis: basis.to_owned() });
    send(model, Msg::Lab(LabMsg::Pooling(Pooling::Serves { of, serves })));
}

fn ask(model: &mut Model) -> (u64, Ask) {
    let effects = press(model, "r");
    let asked = effects.into_iter().find_map(|effect| match effect {
        Root::Lab(Lab::Pooling(Effect::Ask { asked, ask, .. })) => Some((asked, ask)),
        _ => None,
    });
    asked.unwrap()
}

fn answer(model: &mut Model, pooled: Pooled, names: &[&str], tokens: Option<u64>) {
    let (asked, ask) = ask(model);
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let words = |text: &String| Ok(text.split_inclusive(' ').map(str::to_owned).collect());
    let texts = ask.texts.iter().map(words).collect();
    let told = tell(ask, Answer { pooled, model: "bge-m3".into(), tokens }, &names, texts, 0.08);
    send(model, Msg::Lab(LabMsg::Pooling(Pooling::Told { asked, result: Ok(Arc::new(told)) })));
}

fn vectors() -> Pooled {
    Pooled::Vectors(vec![vec![0.8, 0.6, 0.0], vec![0.7, 0.7, 0.14], vec![0.0, 0.1, -0.9]])
}

#[test]
fn embeddings_are_a_matrix() {
    let mut model = deck();
    check("pooling_asking_80x24", &draw(&model, "terminal", (80, 24)));
    serve(&mut model, &[Task::Embed, Task::Rerank, Task::Score], "by its flag --convert embed");
    answer(&mut model, vectors(), &[], Some(24));
    check("pooling_embed_80x24", &draw(&model, "terminal", (80, 24)));
    check("pooling_embed_200x50", &draw(&model, "terminal", (200, 50)));
    check("pooling_embed_ascii", &draw_ascii(&model, "terminal", (80, 24)));
}

#[test]
fn ranks_labels_and_tokens_are_bars() {
    let mut model = deck();
    serve(&mut model, &[Task::Rerank, Task::Score], "a reranker of the catalogue");
    answer(&mut model, Pooled::Numbers(vec![0.62, 0.71, 0.004]), &[], None);
    check("pooling_rerank_80x24", &draw(&model, "terminal", (80, 24)));
    check("pooling_rerank_200x50", &draw(&model, "terminal", (200, 50)));
    press(&mut model, "] ]");
    let class = |probs: [f32; 3]| Class { label: None, probs: probs.to_vec() };
    let classes = vec![class([0.9, 0.07, 0.03]), class([0.2, 0.7, 0.1]), class([0.0, 0.25, 0.75])];
    answer(&mut model, Pooled::Classes(classes), &["calm", "busy", "cold"], Some(24));
    check("pooling_classify_80x24", &draw(&model, "terminal", (80, 24)));
    press(&mut model, "] ]");
    let row = |label: usize| (0..3).map(|at| if at == label { 0.9 } else { 0.05 }).collect::<Vec<f32>>();
    let labels = [&[0, 1, 0, 0, 0, 1][..], &[0, 1, 0, 0, 0, 0, 2], &[2, 2, 0, 0, 0, 0]];
    let tokens = labels.map(|labels| labels.iter().map(|label| row(*label)).collect()).to_vec();
    answer(&mut model, Pooled::Tokens(tokens), &["O", "B-THING", "B-MONEY"], Some(24));
    check("pooling_tokens_200x50", &draw(&model, "terminal", (200, 50)));
}

#[test]
fn what_is_not_served_or_refused_is_said() {
    let mut model = deck();
    serve(&mut model, &[], "the model writes text (text/generative/other)");
    let (asked, _) = ask(&mut model);
    check("pooling_waiting_80x24", &draw(&model, "terminal", (80, 24)));
    let problem = Problem::failed(
        "the server does not give embeddings",
        "Not Found (HTTP 404)",
        "start vLLM with --runner pooling, and --convert embed where the model writes text",
    );
    send(&mut model, Msg::Lab(LabMsg::Pooling(Pooling::Told { asked, result: Err(problem) })));
    check("pooling_refused_80x24", &draw(&model, "terminal", (80, 24)));
    let of = model.lab.pooling.known.as_ref().unwrap().of.clone();
    let serves = Err(Unknown::because("HTTP 500"));
    send(&mut model, Msg::Lab(LabMsg::Pooling(Pooling::Serves { of, serves })));
    press(&mut model, "w");
    check("pooling_targets_80x24", &draw(&model, "terminal", (80, 24)));
}

#[test]
fn any_size_is_drawn() {
    let mut model = deck();
    serve(&mut model, &[Task::Rerank], "by its flag --reranking");
    answer(&mut model, Pooled::Numbers(vec![-3.0, 7.5, 0.0]), &[], None);
    press(&mut model, "[");
    answer(&mut model, vectors(), &[], None);
    for (width, height) in [(20, 5), (60, 10), (80, 24), (119, 30), (300, 80)] {
        draw(&model, "terminal", (width, height));
    }
}
