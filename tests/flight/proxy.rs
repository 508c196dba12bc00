//! A real LiteLLM proxy over the runs that are ready.

use crate::demo::engine;
use crate::steps::launch;
use crate::support::deck::Deck;

#[test]
fn a_real_litellm_proxy_answers_for_the_runs_behind_it() {
    let Some(program) = engine("VRAMDECK_TEST_LITELLM") else { return };
    let program = program.display().to_string();
    let deck = Deck::new();
    let proxy = ["--demo", "launch", "runs", "--engine", "litellm", "--program", &program, "--json"];
    let nothing = deck.run(&proxy);
    assert_eq!(nothing.code, 1, "{nothing}");
    assert!(nothing.stderr.contains("no run is ready"), "{nothing}");
    launch(&deck, "bird", "text = \"alpha beta gamma\"\n", &[]);
    let launched = deck.run(&proxy);
    assert_eq!(launched.code, 0, "{launched}");
    let run = launched.json();
    let url = run["endpoint"].as_str().expect("an endpoint").to_owned();
    assert_eq!((&run["run"], &run["engine"]), (&"litellm".into(), &"litellm".into()));
    let model = run["served_name"].as_str().expect("a model").to_owned();
    let said = deck.run(&["--demo", "chat", "--url", &url, "--model", &model, "--prompt", "hello", "--json"]);
    assert_eq!(said.code, 0, "{said}");
    assert!(said.stdout.contains("alpha beta gamma"), "{said}");
    for name in ["litellm", "bird"] {
        let stopped = deck.run(&["--demo", "stop", name, "--json"]);
        assert_eq!(stopped.code, 0, "{stopped}");
    }
    assert!(deck.processes().is_empty(), "{:?}", deck.processes());
}
