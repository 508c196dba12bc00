//! Where a GGUF of a model is found when the catalogue names no repository.

use crate::server::{COMMIT, Fake};
use serde_json::{Value, json};
use std::path::Path;
use vramdeck::base::Problem;
use vramdeck::models::hub::{Found, Made, made};
use vramdeck::models::live::Hub;

const LIST: &str = "/api/models";

async fn seek(fake: &Fake, label: &str) -> Result<Found, Problem> {
    Hub::new(fake.access(Path::new("/nowhere"))).unwrap().seek("Org/Base", label).await
}

/// A repository with one GGUF file of a size.
fn holds(fake: &Fake, repo: &str, file: &str, bytes: u64) {
    let lfs = json!({"sha256": "a".repeat(64), "size": bytes});
    let siblings = json!([{"rfilename": file, "lfs": lfs}]);
    let info = json!({"id": repo, "sha": COMMIT, "siblings": siblings});
    fake.put(&format!("/api/models/{repo}/revision/main"), info.to_string().into_bytes());
}

fn listed(fake: &Fake, list: &Value) {
    fake.put(LIST, list.to_string().into_bytes());
}

#[tokio::test]
async fn the_most_downloaded_that_has_the_quantisation_is_found() {
    let fake = Fake::start().await;
    listed(
        &fake,
        &json!([
            {"id": "asks/Base-GGUF", "downloads": 900, "gated": "auto"},
            {"id": "../../etc/passwd", "downloads": 800},
            {"id": "gone/Base-GGUF", "downloads": 700},
            {"id": "lacks/Base-GGUF", "downloads": 600},
            {"id": "has/Base-GGUF", "downloads": 500, "gated": false},
            {"id": "later/Base-GGUF", "downloads": 400},
        ]),
    );
    holds(&fake, "asks/Base-GGUF", "base-Q4_K_M.gguf", 1);
    holds(&fake, "lacks/Base-GGUF", "base-Q8_0.gguf", 2);
    holds(&fake, "has/Base-GGUF", "base-Q4_K_M.gguf", 3);
    holds(&fake, "later/Base-GGUF", "base-Q4_K_M.gguf", 4);
    let found = seek(&fake, "q4_k_m").await.unwrap();
    assert_eq!((found.made.repo.as_str(), found.made.downloads, found.bytes), ("has/Base-GGUF", Some(500), 3));
    let query = &fake.asked(LIST)[0].query;
    assert!(query.contains("filter=gguf") && query.contains("filter=base_model%3Aquantized%3AOrg%2FBase"), "{query}");
    assert!(fake.asked("/api/models/asks/Base-GGUF/revision/main").is_empty(), "open ones come first");
    let gone = seek(&fake, "IQ1_S").await.unwrap_err();
    assert!(gone.what.contains("IQ1_S") && gone.why.contains("gone/Base-GGUF"), "{gone:?}");
}

#[tokio::test]
async fn what_is_not_found_is_said_with_what_to_do() {
    let fake = Fake::start().await;
    listed(&fake, &json!([]));
    let none = seek(&fake, "Q4_K_M").await.unwrap_err();
    assert!(none.why.contains("no GGUF repository") && none.hint.contains("ORG/NAME:Q4_K_M"), "{none:?}");
    listed(&fake, &json!({"error": "x"}));
    assert!(seek(&fake, "Q4_K_M").await.is_err());
    listed(&fake, &json!([{"id": "a/b"}]));
    holds(&fake, "a/b", "b-F16.gguf", 1);
    assert!(seek(&fake, "Q4_K_M").await.unwrap_err().why.contains("none of the 1"));
}

#[test]
fn lists_are_read_whatever_is_in_them() {
    let all = json!([null, 1, {"id": 1}, {"id": "a/b:Q4"}, {"id": "a/b\u{1b}[2J"}, {"modelId": "a/b", "gated": true}]);
    let one = Made { repo: "a/b".to_owned(), downloads: None, gated: true };
    assert_eq!(made(all.to_string().as_bytes()), Ok(vec![one]));
    assert!(made(b"[").is_err() && made(b"{}").is_err());
}
