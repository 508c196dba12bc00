//! The fit of a launch, on the simulated card of the demo.

use super::stand::{Stand, wide};

#[test]
fn a_dry_run_tells_the_fit_of_its_flags() {
    let stand = Stand::new();
    let dry = |model: &str, more: &[&str]| {
        stand.json(&[&["--demo", "launch", model, "--dry-run", "--json"], more].concat())["fit"].clone()
    };
    let whole = dry("Qwen/Qwen3-8B", &[]);
    assert_eq!((whole["verdict"].as_str(), whole["vram_basis"].as_str()), (Some("does_not_fit"), Some("simulated")));
    let short = dry("Qwen/Qwen3-8B-AWQ", &["--", "--max-model-len", "4096"]);
    assert_eq!((short["verdict"].as_str(), short["max_model_len"].as_u64()), (Some("fits"), Some(4096)), "{short}");
    let ollama = dry("qwen3:8b", &["--engine", "ollama"]);
    assert_eq!(ollama["engine"], "ollama", "the rules of the dialect: {ollama}");
}

#[test]
fn what_cannot_be_judged_says_why() {
    let stand = Stand::new();
    let unknown = |args: &[&str]| {
        let shown = stand.json(&[&["--demo", "launch", "--dry-run", "--json"], args].concat());
        assert!(shown["fit"].is_null(), "{shown}");
        shown["fit_unknown"].as_str().unwrap().to_owned()
    };
    assert!(unknown(&["Org/Nobody-knows-it"]).contains("vramdeck fit"));
    assert!(unknown(&["m", "--engine", "endpoint", "--url", "http://127.0.0.1:9"]).contains("endpoint"));
    assert!(unknown(&["m", "--dialect", "openai"]).contains("dialect"));
}

#[test]
fn a_person_reads_one_row() {
    let stand = Stand::new();
    let text = stand.text(&["--demo", "launch", "Qwen/Qwen3-8B-AWQ", "--dry-run", "--", "--max-model-len", "4096"]);
    let row = text.lines().position(|line| line.starts_with("  fit ")).unwrap_or_else(|| panic!("{text}"));
    let rows: Vec<&str> = text.lines().skip(row).collect();
    assert!(rows[0].contains("✓ fits") && rows.join(" ").contains("RTX 5080"), "{text}");
    wide(&rows.join("\n"), 80);
}

#[test]
fn a_start_that_will_hardly_come_up_is_warned_of_and_made() {
    let stand = Stand::new();
    for (model, name, warned) in [("Qwen/Qwen3-8B", "large", true), ("Qwen/Qwen3-0.6B", "small", false)] {
        let args = ["--demo", "launch", model, "--name", name, "--detach", "--json"];
        let output = stand.run(&args);
        let _ = stand.run(&["--demo", "stop", name]);
        assert!(output.status.success(), "{output:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(said.contains("\"warning\"") && said.contains("does_not_fit"), warned, "{said}");
        assert!(said.lines().count() <= 1, "{said}");
    }
}
