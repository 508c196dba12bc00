//! An answer as one JSON document.

use crate::base::Reading;
use crate::cli::chat::target::Found;
use crate::lab::pooling::{Given, Serves, Similarity, Tokens, Told};
use serde_json::{Value, json};

/// The document of an answer; texts and labels are as they came.
pub(super) fn document(found: &Found, told: &Told) -> Value {
    let mut document = json!({
        "task": told.ask.task,
        "model": found.endpoint.model,
        "url": found.endpoint.base_url,
        "dialect": found.endpoint.dialect,
        "query": (!told.ask.query.is_empty()).then_some(&told.ask.query),
        "texts": told.ask.texts,
        "tokens": told.tokens.as_ref().ok(),
        "seconds": told.seconds,
    });
    if let Err(unknown) = &told.tokens {
        document["tokens_unknown"] = unknown.why.clone().into();
    }
    let (key, value) = match &told.given {
        Given::Similar(all) => {
            document["dimensions"] = all.dimensions.into();
            document["norms"] = json!(all.norms);
            document["similarity"] = matrix(all);
            ("embeddings", json!(all.vectors))
        }
        Given::Ranked(ranked) => {
            let row = |(at, number): &(usize, f64)| json!({"index": at, "score": number});
            ("results", ranked.order.iter().map(row).collect())
        }
        Given::Labels(all) => {
            let label = |(name, number): &(String, f64)| json!({"label": name, "score": number});
            let row = |one: &crate::lab::pooling::Labelled| one.labels.iter().map(label).collect::<Value>();
            ("labels", all.iter().map(row).collect())
        }
        Given::Tokens(all) => ("token_labels", all.iter().map(tokens).collect()),
    };
    document[key] = value;
    document
}

fn matrix(all: &Similarity) -> Value {
    let row = |row: usize| (0..all.compared()).map(|column| json!(all.cosine(row, column).ok())).collect::<Value>();
    (0..all.compared()).map(row).collect()
}

fn tokens(one: &Tokens) -> Value {
    let token =
        |token: &crate::lab::pooling::Token| json!({"token": token.text, "label": token.label, "score": token.score});
    let span = |span: crate::lab::pooling::Span| json!({"text": span.text, "label": span.label, "score": span.score});
    let mut told = json!({
        "tokens": one.tokens.iter().map(token).collect::<Value>(),
        "spans": one.spans().into_iter().map(span).collect::<Value>(),
    });
    if let Some(unknown) = &one.textless {
        told["texts_unknown"] = unknown.why.clone().into();
    }
    told
}

/// The document of the tasks that a server serves.
pub(super) fn tasks(found: &Found, serves: &Reading<Serves>) -> Value {
    let mut document = json!({
        "model": found.endpoint.model,
        "url": found.endpoint.base_url,
        "dialect": found.endpoint.dialect,
        "tasks": serves.as_ref().ok().map(|serves| &serves.tasks),
    });
    match serves {
        Ok(serves) => document["basis"] = serves.basis.clone().into(),
        Err(unknown) => document["tasks_unknown"] = unknown.why.clone().into(),
    }
    document
}
