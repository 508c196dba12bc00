//! Bad input: each gets a clear answer, and the deck goes on.

use super::openai::{Answer, Server, delta, finish};
use super::standin::{Standin, library};
use super::steps::{assert_empty, launch, start};
use crate::support::deck::{Deck, Output};
use crate::support::term::{Exit, Term};
use serde_json::json;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn write(deck: &Deck, path: &str, bytes: impl AsRef<[u8]>) -> String {
    let path = deck.home().join(path);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder can be made");
    std::fs::write(&path, bytes).expect("the file can be written");
    path.display().to_string()
}

/// A program that says which version it is and does nothing else.
fn pretender(deck: &Deck, name: &str, version: &str) -> String {
    let script = format!("#!/bin/sh\ncase \"$1\" in --version) echo '{version}';; *) exit 1;; esac\n");
    let path = write(deck, &format!("bin/{name}"), script);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("it can be made a program");
    path
}

/// A problem that holds these words, and says what to try.
#[track_caller]
fn refused(output: &Output, code: i32, words: &[&str]) {
    assert_eq!((output.code, output.stdout.as_str()), (code, ""), "{output}");
    let error = output.error();
    for word in words {
        assert!(error.to_string().contains(word), "{word:?} is missing\n{output}");
    }
    assert!(error["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{output}");
}

/// The deck without the demo.
fn bare(deck: &Deck) -> Term {
    let mut term = Term::start(deck, &[], 120, 32);
    term.wait_for("vramdeck");
    term
}

/// Leaves, and sees that the terminal is as it was.
#[track_caller]
fn leave(mut term: Term) {
    term.press("alt+1");
    term.wait_for("x end process");
    term.press("q");
    assert_eq!(term.wait_exit(), Exit::Code(0));
    assert_eq!(term.not_restored(), [""; 0]);
}

#[test]
fn weights_that_cannot_be_loaded_are_refused_before_anything_starts() {
    let deck = Deck::new();
    let llama = pretender(&deck, "llama-server", "version: 7000 (abcdef)");
    let vllm = pretender(&deck, "vllm", "0.32.0");
    let cut = write(&deck, "cut.gguf", b"GGUF\x03\x00\x00\x00\x05\x00");
    let text = write(&deck, "text.gguf", "no model at all");
    let config = write(&deck, "model/config.json", r#"{"model_type":"llama","architectures":["LlamaForCausalLM"]}"#);
    let header = r#"{"a":{"dtype":"F32","shape":[64],"data_offsets":[0,256]}}"#;
    let half = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &[0; 100]].concat();
    let tensors = write(&deck, "model/model.safetensors", half);
    let folder = Path::new(&config).parent().expect("a folder").display().to_string();
    for (engine, program, model, words) in [
        ("llama.cpp", &llama, "/no/such.gguf", &["/no/such.gguf", "No such file"][..]),
        ("llama.cpp", &llama, cut.as_str(), &[&cut, "ends within its header"]),
        ("llama.cpp", &llama, text.as_str(), &[&text, "does not begin with"]),
        ("vllm", &vllm, "/no/such/folder", &["/no/such/folder", "does not exist"]),
        ("vllm", &vllm, folder.as_str(), &[&tensors, "truncated"]),
    ] {
        refused(&deck.run(&["launch", model, "--engine", engine, "--program", program, "--json"]), 1, words);
    }
    assert_eq!(deck.run(&["ps", "--all", "--json"]).json()["runs"], json!([]));
    assert_empty(&deck);
}

#[test]
fn engines_that_are_not_there_are_named_with_the_way_to_get_them() {
    let deck = Deck::new().with_env("PATH", "/nonexistent");
    for (engine, name) in [("vllm", "vLLM"), ("llama.cpp", "llama-server"), ("ollama", "ollama")] {
        let model = if engine == "llama.cpp" { "m.gguf" } else { "some/model" };
        refused(&deck.run(&["launch", model, "--engine", engine, "--json"]), 1, &[name, "not installed"]);
    }
}

#[test]
fn flags_and_ports_are_checked_before_the_start() {
    let deck = Deck::new();
    let unknown = ["--demo", "launch", "m", "--json", "--", "--max-modle-len", "9"];
    refused(&deck.run(&unknown), 2, &["no flag --max-modle-len"]);
    let wrong = ["--demo", "launch", "m", "--json", "--", "--tokens-per-second", "fast"];
    refused(&deck.run(&wrong), 2, &["--tokens-per-second", "number"]);
    let held = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = held.local_addr().expect("its address").port().to_string();
    let taken = ["--demo", "launch", "m", "--port", &port, "--json"];
    refused(&deck.run(&taken), 1, &[&format!("port {port} is taken"), &std::process::id().to_string()]);
    assert_empty(&deck);
}

#[tokio::test(flavor = "multi_thread")]
async fn endpoints_that_will_not_do_are_explained() {
    let deck = Deck::new();
    let ask = |url: &str| deck.run(&["chat", "--url", url, "--model", "m", "--prompt", "hi", "--json"]);
    refused(&ask("http://127.0.0.1:1"), 1, &["nothing listens there"]);
    let server = Server::start().await;
    let page = Answer::new(200, "text/html", "<html><body>welcome</body></html>");
    server.on("/v1/models", page.clone());
    server.on("/v1/chat/completions", page);
    refused(&ask(&server.url()), 1, &["web page"]);
    let server = Server::start().await;
    let no = Answer::json(401, &json!({"error": {"message": "Incorrect API key provided"}}));
    server.on("/v1/models", no.clone());
    server.on("/v1/chat/completions", no);
    refused(&ask(&server.url()), 1, &["401", "key"]);
    assert_empty(&deck);
}

#[test]
fn files_of_the_user_that_are_wrong_are_named_with_line_and_what_is_allowed() {
    for (file, text, words) in [
        ("config.toml", "# mine\nhz = 3\n", &["config.toml line 2", "`hz` is not a setting", "sample_hz"][..]),
        ("config.toml", "\nsample_hz = \"fast\"\n", &["config.toml line 2", "sample_hz = 2.0"]),
        ("config.toml", "sample_hz = = 3\n", &["config.toml line 1", "not TOML"]),
        ("themes/mine.toml", "\nacent = \"red\"\n", &["mine.toml", "line 2", "acent"]),
        ("themes/mine.toml", "accent = 7\n", &["mine.toml", "line 1", "accent"]),
        ("keys.toml", "[\"global\"]\n\"q\" = \"fly\"\n", &["keys.toml", "line 2", "fly"]),
        ("keys.toml", "[\"global\"]\n\"hyper+q\" = \"quit\"\n", &["keys.toml", "line 2", "hyper"]),
        ("sampling.toml", "[mine]\nheat = 3\n", &["sampling.toml line 2", "heat"]),
        ("sampling.toml", "[mine]\ntemperature = \"hot\"\n", &["sampling.toml line 2", "temperature"]),
        ("endpoints.toml", "[[endpoint]]\nurl = 3\n", &["endpoints.toml line 2", "string"]),
    ] {
        let deck = Deck::new();
        write(&deck, &format!("config/{file}"), text);
        let mut term = start(&deck);
        if file.starts_with("sampling") || file.starts_with("endpoints") {
            term.press("4");
        }
        term.wait_for(".toml");
        term.press("f2");
        let flat = |text: &str| text.replace(['│', '\n'], " ").split_whitespace().collect::<Vec<_>>().join(" ");
        term.wait_until(&format!("{words:?} for {text:?}"), |screen| {
            let shown = flat(&screen.contents());
            words.iter().all(|word| shown.contains(word))
        });
    }
}

#[test]
fn scenarios_that_are_wrong_end_the_demo_with_the_line() {
    let deck = Deck::new();
    let wrong = write(&deck, "mine.toml", "about = \"x\"\nspeed = 3\n");
    refused(&deck.run(&["--demo", &wrong, "gpu", "--json"]), 2, &[&wrong, "line 2", "`speed`", "`card`"]);
    refused(&deck.run(&["--demo", "nowhere", "gpu", "--json"]), 2, &["nowhere", "desktop", "two-cards"]);
    let mut term = Term::start(&deck, &["--demo", &wrong], 100, 20);
    assert_eq!(term.wait_exit(), Exit::Code(2));
    term.wait_for("line 2");
    assert_eq!(term.not_restored(), [""; 0]);
}

#[test]
fn a_home_that_cannot_be_written_is_told_and_the_deck_flies() {
    let outer = Deck::new();
    // Below a file nobody can make a folder, root neither.
    let file = write(&outer, "file", "");
    let deck = Deck::new().with_env("VRAMDECK_HOME", &format!("{file}/home"));
    let mut term = bare(&deck);
    term.wait_for("conversations are not saved");
    term.press("4");
    term.wait_for("nobody");
    leave(term);
    refused(&deck.run(&["--demo", "launch", "m", "--json"]), 1, &[&file]);
    assert_eq!(deck.run(&["ps", "--json"]).json()["runs"], json!([]));
}

#[test]
fn databases_that_cannot_be_used_are_kept_and_told() {
    let deck = Deck::new();
    let path = write(&deck, "data/demo/vramdeck.sqlite3", vec![7_u8; 20_000]);
    let mut term = start(&deck);
    term.wait_for("was damaged");
    term.press("f2");
    term.wait_for(".corrupt-");
    drop(term);
    let kept = std::fs::read_dir(deck.home().join("data/demo")).expect("the folder").flatten();
    let kept: Vec<_> =
        kept.map(|entry| entry.path()).filter(|path| path.to_string_lossy().contains("corrupt-")).collect();
    assert_eq!(
        kept.iter().map(|path| std::fs::read(path).expect("it is there")).collect::<Vec<_>>(),
        [vec![7; 20_000]]
    );
    // The one begun in its place, as a later version would leave it.
    let newer = rusqlite::Connection::open(&path).and_then(|db| db.pragma_update(None, "user_version", 1_000_000));
    newer.expect("the database can be changed");
    let mut term = start(&deck);
    term.wait_for("newer vramdeck");
}

#[test]
fn without_a_driver_all_else_works_and_it_is_found_when_it_comes() {
    let driver = Standin::new("cards 1\nname Test Card\n");
    let home = Deck::new();
    let place = home.home().join("libnvidia-ml.so.1");
    let deck =
        driver.env().iter().fold(Deck::new(), |deck, (name, value)| deck.with_env(name, &value.display().to_string()));
    let deck = deck.with_env("VRAMDECK_NVML_LIB", &place.display().to_string());
    let mut term = bare(&deck);
    term.wait_for("NVML");
    launch(&deck, "bird", "", &[]);
    term.press("4");
    term.wait_for("sampling");
    term.press("alt+1");
    std::fs::copy(library(), &place).expect("the driver is installed");
    term.wait_for("Test Card");
    driver.say("cards 1\nfail all 15\n");
    term.wait_gone("Test Card");
    driver.say("cards 1\nname Test Card\n");
    term.wait_for("Test Card");
    leave(term);
}

#[test]
fn terminals_of_any_size_are_drawn() {
    let deck = Deck::new();
    let mut term = Term::start(&deck, &["--demo"], 10, 5);
    term.wait_for("needs room");
    for step in 0_u16..120 {
        term.resize(1 + step * 37 % 211, 1 + step * 17 % 61);
        if step % 10 == 0 {
            term.press(["1", "2", "3", "4"][usize::from(step / 10 % 4)]);
        }
    }
    term.resize(120, 32);
    term.press("alt+1");
    term.wait_for("who holds it");
    leave(term);
}

#[test]
fn a_megabyte_is_pasted_and_still_there() {
    let deck = Deck::new();
    let mut term = start(&deck);
    term.press("4");
    term.wait_for("sampling");
    let line = "words, words \u{1b}[31m and more words\r";
    term.paste(&(line.repeat(1_000_000 / line.len()) + "the end of it"));
    term.wait_for("the end of it");
    term.type_text("!");
    term.wait_for("the end of it!");
    leave(term);
    let mut term = start(&deck);
    term.press("4");
    term.wait_for("the end of it!");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_an_answer_says_reaches_the_terminal_as_a_command() {
    // The emulator of these tests drops U+FFFD, which stands for C1; what it shows right of one is out of place.
    let evil = "\u{1b}]0;evil\u{7} \u{1b}[?1049l \u{1b}[2J \u{1b}c \u{9b}31m \u{1b}]52;c;ZXZpbA==\u{7} \u{1b}[?2004l tame\r\u{8}\n";
    let server = Server::start().await;
    server.on("/v1/models", Answer::json(200, &json!({"object": "list", "data": [{"id": "m"}]})));
    let words = (0..8000).map(|number| delta(if number % 4 == 0 { evil } else { "word " }));
    server.on("/v1/chat/completions", Answer::stream(words.chain([delta("the last word"), finish("stop")])));
    let deck = Deck::new();
    write(&deck, "config/endpoints.toml", format!("[[endpoint]]\nurl = \"{}\"\n", server.url()));
    let mut term = bare(&deck);
    term.press("4");
    term.wait_for("sampling");
    term.press("ctrl+t");
    term.wait_for(&server.url());
    term.press("enter");
    term.wait_for("is ready");
    term.type_text("go on");
    term.press("enter");
    term.wait_for("the last word");
    assert!(term.find("tame").is_some(), "{}", term.text());
    assert!(!term.title().contains("evil") && term.clipboard().is_none());
    assert!(term.screen(|screen| screen.alternate_screen() && screen.bracketed_paste()));
    leave(term);
}

#[test]
fn terminals_and_locales_that_can_do_less_get_less() {
    let deck = Deck::new().with_env("NO_COLOR", "1");
    let mut term = start(&deck);
    term.wait_for("who holds it");
    assert!(!term.styled().contains("fg:") && !term.styled().contains("bg:"), "{}", term.styled());
    leave(term);
    let deck = Deck::new().with_env("TERM", "dumb");
    let mut term = start(&deck);
    term.wait_for("who holds it");
    leave(term);
    let deck = Deck::new().with_env("LANG", "C").with_env("LC_ALL", "C");
    let mut term = start(&deck);
    for (key, shown) in [("1", "who holds it"), ("2", "models"), ("3", "Nothing runs"), ("4", "sampling")] {
        term.press(key);
        term.wait_for(shown);
        assert!(term.text().is_ascii(), "{}", term.text());
    }
    leave(term);
}
