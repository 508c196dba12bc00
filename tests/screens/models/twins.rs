//! Models that lie more than once: each copy is one of its own.

use super::fake::{deck, go};
use crate::support::{draw, send};
use std::path::PathBuf;
use std::sync::Arc;
use vramdeck::app::mouse::Gesture;
use vramdeck::app::screens::models::ranking::Ranking;
use vramdeck::app::screens::models::{Effect as Wish, Msg as Told};
use vramdeck::app::{Effect, Model, Msg, Overlay};
use vramdeck::models::fit::Engine;
use vramdeck::models::local::{Disk, LocalModel, Piece, Shelf};
use vramdeck::models::rank::rank;

fn file(path: &str, engines: &[Engine]) -> LocalModel {
    let path = PathBuf::from(path);
    let root = path.parent().unwrap().to_owned();
    let id = (1, path.as_os_str().len() as u64);
    let piece = Piece { path: path.clone(), blob: path.clone(), bytes: 4 << 30, id, names: 1 };
    LocalModel {
        name: path.file_stem().unwrap().to_str().unwrap().to_owned(),
        shelf: Shelf::Folder,
        path,
        bytes: 4 << 30,
        last_used: None,
        complete: true,
        facts: Err("its header is cut off".to_owned()),
        engines: engines.to_vec(),
        digest: None,
        disk: Disk { root, pieces: vec![piece], ..Disk::default() },
    }
}

/// The screen with these models, and only the strays of them where so asked.
fn with(local: Vec<LocalModel>, only_strays: bool) -> Model {
    let mut model = deck((160, 50));
    let old = model.models.ranking.clone().unwrap();
    let mut rows = rank(&old.catalogue, &local, &old.situation);
    rows.retain(|row| !only_strays || row.entry.is_none());
    let local = Arc::new(local);
    model.models.local = Arc::clone(&local);
    let generation = model.models.asked.ranking;
    let ranking = Ranking { generation, local, rows, ..(*old).clone() };
    send(&mut model, Msg::Models(Told::Ranked(ranking.into())));
    model
}

fn tiny(engines: &[Engine]) -> Model {
    with(vec![file("/f/a/tiny.gguf", engines), file("/f/longer/b/tiny.gguf", engines)], true)
}

fn at(model: &Model) -> Option<usize> {
    model.models.list.at(model.models.ranking.as_ref().unwrap())
}

/// The path that the question for deleting names.
fn offered(model: &mut Model) -> String {
    go(model, "X");
    match model.overlays.last() {
        Some(Overlay::Confirm(confirm)) => match &confirm.effects[..] {
            [Effect::Models(Wish::Remove(plan))] => plan.files[0].path().display().to_string(),
            other => panic!("{other:?}"),
        },
        other => panic!("no question: {other:?}"),
    }
}

#[test]
fn two_files_of_one_name_are_two_rows() {
    for engines in [&[Engine::LlamaCpp][..], &[]] {
        let mut model = tiny(engines);
        assert_eq!((model.models.list.order.len(), at(&model)), (2, Some(0)));
        go(&mut model, "down");
        assert_eq!(at(&model), Some(1), "with {engines:?}");
        go(&mut model, "up");
        send(&mut model, Msg::Mouse(Gesture::WheelDown, 10, 8));
        assert_eq!(at(&model), Some(1), "with {engines:?}");
    }
}

#[test]
fn the_second_of_one_name_is_the_one_deleted() {
    let mut model = tiny(&[Engine::LlamaCpp]);
    assert_eq!(offered(&mut model), "/f/a/tiny.gguf");
    let mut model = tiny(&[Engine::LlamaCpp]);
    go(&mut model, "down");
    assert_eq!(offered(&mut model), "/f/longer/b/tiny.gguf");
}

#[test]
fn each_copy_of_a_variant_can_be_chosen() {
    let copy = |folder: &str| file(&format!("{folder}/Qwen3-8B-Q4_K_M.gguf"), &[Engine::LlamaCpp]);
    let mut model = with(vec![copy("/one"), copy("/second")], false);
    go(&mut model, "/ q w e n 3 - 8 b enter");
    let ranking = model.models.ranking.clone().unwrap();
    let row = model.models.selected().unwrap().0;
    let count = ranking.rows[row].choices.len();
    let mut seen = Vec::new();
    let mut offers = Vec::new();
    for _ in 0..count {
        let (row, choice) = model.models.selected().unwrap();
        seen.push(choice);
        if ranking.rows[row].choices[choice].local.is_some() {
            offers.push(offered(&mut model));
            go(&mut model, "esc");
        }
        go(&mut model, "v");
    }
    seen.sort_unstable();
    assert_eq!(seen, (0..count).collect::<Vec<_>>(), "each way once");
    offers.sort_unstable();
    assert_eq!(offers, ["/one/Qwen3-8B-Q4_K_M.gguf", "/second/Qwen3-8B-Q4_K_M.gguf"]);
    assert_eq!(model.models.selected().unwrap().1, 0, "and around again");
}

/// A copy that has gone, or come, leaves the chosen variant chosen.
#[test]
fn a_way_outlives_its_copy() {
    let copy = |folder: &str| file(&format!("{folder}/Qwen3-8B-Q4_K_M.gguf"), &[Engine::LlamaCpp]);
    let model = with(vec![copy("/one"), copy("/second")], false);
    let ranking = model.models.ranking.clone().unwrap();
    let row = ranking.rows.iter().find(|row| row.name == "Qwen/Qwen3-8B").unwrap();
    let way = |at: &usize| ranking.way(&row.choices[*at]);
    let copies: Vec<usize> = (0..row.choices.len()).filter(|at| row.choices[*at].local.is_some()).collect();
    let [one, two] = [way(&copies[0]), way(&copies[1])];
    assert_ne!(one, two);
    let mut row = row.clone();
    row.choices.remove(copies[0]);
    let left = ranking.choice(&row, &one).unwrap();
    assert_eq!(ranking.way(&row.choices[left]), two);
}

#[test]
fn the_second_of_one_name_can_be_pointed_at() {
    let mut model = tiny(&[Engine::LlamaCpp]);
    let drawn = crate::look::symbols(&draw(&model, "terminal", model.shared.size));
    let row = |line: &str| line.chars().take(60).collect::<String>().contains("tiny");
    let lines: Vec<u16> = drawn.lines().zip(0..).filter(|(line, _)| row(line)).map(|(_, y)| y).collect();
    for (place, y) in lines.iter().enumerate() {
        send(&mut model, Msg::Mouse(Gesture::Press, 10, *y));
        send(&mut model, Msg::Mouse(Gesture::Release, 10, *y));
        assert_eq!(at(&model), Some(place), "{drawn}");
    }
    assert_eq!(lines.len(), 2, "{drawn}");
    assert_eq!(offered(&mut model), "/f/longer/b/tiny.gguf");
}
