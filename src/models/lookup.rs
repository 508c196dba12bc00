//! What a name means: a model on this machine, or a variant of the catalogue.

use super::catalogue::{Catalogue, Entry, Variant};
use super::fit::Engine;
use super::local::{LocalModel, Shelf};
use super::quant::Scheme;

/// The mix that people mean by a GGUF model without one, as Ollama does.
const USUAL_MIX: &str = "Q4_K_M";

/// What a name means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Meant<'a> {
    /// A model that lies on this machine.
    Local(&'a LocalModel),
    /// A variant of the catalogue.
    Variant(&'a Entry, &'a Variant),
}

impl Meant<'_> {
    /// The engine that it is for, when nobody says one.
    pub fn engine(&self) -> Engine {
        let (engines, ollama) = match self {
            Self::Local(model) => (&model.engines, model.shelf == Shelf::Ollama),
            Self::Variant(_, variant) => (&variant.engines, false),
        };
        match engines.first() {
            Some(_) if ollama => Engine::Ollama,
            Some(engine) => *engine,
            None => Engine::Vllm,
        }
    }
}

/// What `name` means: first on this machine, then as a repository of a variant, an Ollama tag, an entry. `form` is a
/// quantisation (`AWQ`, `Q4_K_M`), `engine` one that has to run it.
pub fn lookup<'a>(
    name: &str,
    engine: Option<Engine>,
    form: Option<&str>,
    catalogue: &'a Catalogue,
    local: &'a [LocalModel],
) -> Option<Meant<'a>> {
    let here = local.iter().filter(|model| is_named(model, name)).filter(|model| runs(&model.engines, engine));
    let here: Vec<&LocalModel> = here.collect();
    let wanted = |model: &&LocalModel| form.is_none_or(|form| mix_of(model).is_some_and(|mix| same(mix, form)));
    if let Some(model) = here.iter().find(|model| wanted(model)).or(here.first().filter(|_| form.is_none())) {
        return Some(Meant::Local(model));
    }
    listed(name, engine, form, catalogue)
}

fn listed<'a>(name: &str, engine: Option<Engine>, form: Option<&str>, catalogue: &'a Catalogue) -> Option<Meant<'a>> {
    let all = || catalogue.entries.iter().flat_map(|entry| entry.variants.iter().map(move |variant| (entry, variant)));
    let fits = |variant: &Variant| runs(&variant.engines, engine);
    let repo = |variant: &Variant| variant.repo.as_ref().is_some_and(|repo| same(&repo.value, name));
    let entry = catalogue.find(name);
    let exact = all().find(|(_, variant)| repo(variant) && fits(variant) && (entry.is_none() || form.is_none()));
    if let (Some((entry, variant)), None) = (exact, entry) {
        return Some(Meant::Variant(entry, variant));
    }
    let entry = entry?;
    let of_form = |form: &str| entry.variants.iter().find(|one| fits(one) && same(&one.label, form));
    let usual =
        || entry.variants.iter().find(|one| fits(one)).filter(|one| !is_gguf(one)).or_else(|| of_form(USUAL_MIX));
    let variant = form.and_then(of_form).or_else(usual).or_else(|| entry.variants.iter().find(|one| fits(one)));
    variant.map(|variant| Meant::Variant(entry, variant))
}

fn is_gguf(variant: &Variant) -> bool {
    matches!(variant.facts.quant.scheme, Scheme::Gguf(_))
}

fn mix_of(model: &LocalModel) -> Option<&str> {
    match &model.facts.as_ref().ok()?.quant.scheme {
        Scheme::Gguf(mix) => Some(mix),
        _ => None,
    }
}

fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

fn runs(engines: &[Engine], engine: Option<Engine>) -> bool {
    engine.is_none_or(|engine| engines.contains(&engine))
}

/// Ollama's names carry a tag; without one `latest` is meant.
fn is_named(model: &LocalModel, name: &str) -> bool {
    same(&model.name, name) || model.shelf == Shelf::Ollama && same(&model.name, &format!("{name}:latest"))
}

/// Ids of the catalogue that look most like a name, at most `most`: those that share the most three-letter pieces.
pub fn near<'a>(name: &str, catalogue: &'a Catalogue, most: usize) -> Vec<&'a str> {
    let wanted = pieces(name);
    let mut scored: Vec<(usize, &str)> = catalogue
        .entries
        .iter()
        .map(|entry| (pieces(&entry.id).iter().filter(|piece| wanted.contains(piece)).count(), entry.id.as_str()))
        .filter(|(score, _)| score * 2 >= wanted.len().max(1))
        .collect();
    scored.sort_by_key(|(score, id)| (std::cmp::Reverse(*score), id.len()));
    scored.into_iter().take(most).map(|(_, id)| id).collect()
}

fn pieces(text: &str) -> Vec<[char; 3]> {
    let bare: Vec<char> = text.chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect();
    bare.windows(3).filter_map(|window| <[char; 3]>::try_from(window).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meant(name: &str, engine: Option<Engine>, form: Option<&str>) -> String {
        match lookup(name, engine, form, Catalogue::shipped(), &[]) {
            Some(Meant::Variant(entry, variant)) => format!("{} {}", entry.id, variant.label),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn names_mean_variants() {
        for (name, engine, form, is) in [
            ("qwen/qwen3-8b", None, None, "Qwen/Qwen3-8B BF16"),
            ("Qwen/Qwen3-8B", None, Some("q4_k_m"), "Qwen/Qwen3-8B Q4_K_M"),
            ("Qwen/Qwen3-8B", Some(Engine::LlamaCpp), None, "Qwen/Qwen3-8B Q4_K_M"),
            ("Qwen/Qwen3-8B-AWQ", None, None, "Qwen/Qwen3-8B AWQ"),
            ("nobody/nothing", None, None, "None"),
        ] {
            assert_eq!(meant(name, engine, form), is, "{name} {engine:?} {form:?}");
        }
    }

    #[test]
    fn a_slip_of_the_pen_finds_its_neighbours() {
        let found = near("qwen3-8b", Catalogue::shipped(), 3);
        assert!(found.contains(&"Qwen/Qwen3-8B"), "{found:?}");
        assert!(near("zzzzzz", Catalogue::shipped(), 3).is_empty());
    }

    #[test]
    fn what_lies_here_comes_first() {
        let local = LocalModel {
            name: "qwen3:latest".to_owned(),
            shelf: Shelf::Ollama,
            path: "/models/qwen3".into(),
            bytes: 1,
            last_used: None,
            complete: true,
            facts: Err("unread".to_owned()),
            engines: vec![Engine::Ollama, Engine::LlamaCpp],
            digest: None,
            disk: crate::models::local::Disk::default(),
        };
        let all = [local];
        let found = lookup("qwen3", None, None, Catalogue::shipped(), &all).unwrap();
        assert_eq!((found, found.engine()), (Meant::Local(&all[0]), Engine::Ollama));
        assert_eq!(lookup("qwen3", Some(Engine::Vllm), None, Catalogue::shipped(), &all), None);
    }
}
