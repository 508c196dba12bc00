//! A conversation line by line.

use super::exchange::Talk;
use super::report::Printer;
use crate::base::Problem;
use crate::base::text::clean_line;
use crate::cli::output;
use crate::lab::sampling::{Param, describe, value};
use serde_json::json;
use std::io::BufRead;
use tokio::sync::mpsc;

const HELP: &str = "/system TEXT  set the system prompt (nothing: none)\n\
/set NAME VALUE  set a sampling parameter (unset: send none)\n\
/settings  what is set\n\
/image FILE  send an image with the next message\n\
/reset  forget the conversation\n\
/exit  leave (also Ctrl-D, or Ctrl-C twice); Ctrl-C stops an answer";

/// What a line asks for.
enum Turn {
    Leave,
    Handled,
    Say(String),
}

/// Reads lines until the person leaves.
pub(super) async fn run(mut talk: Talk) -> Result<(), Problem> {
    output::aside(&format!("{} at {}; /help", clean_line(&talk.endpoint.model), talk.endpoint.base_url));
    let mut lines = lines();
    let mut interrupts = 0;
    while interrupts < 2 {
        output::raw("> ")?;
        let line = tokio::select! {
            line = lines.recv() => line,
            () = talk.interrupts.next() => {
                interrupts += 1;
                output::aside(if interrupts == 1 { "\nCtrl-C once more leaves" } else { "" });
                continue;
            }
        };
        let Some(line) = line else { break };
        interrupts = 0;
        match command(&mut talk, line.trim()) {
            Turn::Leave => break,
            Turn::Handled => {}
            Turn::Say(text) => {
                if say(&mut talk, &text).await? {
                    interrupts = 1;
                }
            }
        }
    }
    Ok(())
}

/// Lines from the terminal, read on a thread of their own: such a read cannot be called off.
fn lines() -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel(1);
    std::thread::spawn(move || {
        let mut stdin = std::io::stdin().lock();
        loop {
            let mut bytes = Vec::new();
            match stdin.read_until(b'\n', &mut bytes) {
                Ok(1..) if sender.blocking_send(String::from_utf8_lossy(&bytes).into_owned()).is_ok() => {}
                _ => return,
            }
        }
    });
    receiver
}

fn command(talk: &mut Talk, line: &str) -> Turn {
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    match word {
        "" => {}
        "/exit" | "/quit" | "/q" => return Turn::Leave,
        "/help" | "/?" => output::aside(HELP),
        "/reset" => {
            talk.messages.retain(|message| message["role"] == "system");
            output::aside("the conversation is forgotten");
        }
        "/system" => system(talk, rest.trim()),
        "/image" => {
            if let Err(problem) = talk.wait(rest.trim()) {
                output::aside(&problem.to_string());
            }
        }
        "/set" => set(talk, rest.trim()),
        "/settings" => {
            let all = describe(&Default::default(), &talk.settings);
            output::aside(if all.is_empty() { "nothing is set" } else { &all });
        }
        _ if word.starts_with('/') => output::aside(&format!("no command {}; /help lists them", clean_line(word))),
        _ => return Turn::Say(line.to_owned()),
    }
    Turn::Handled
}

fn system(talk: &mut Talk, text: &str) {
    talk.messages.retain(|message| message["role"] != "system");
    if !text.is_empty() {
        talk.messages.insert(0, json!({ "role": "system", "content": text }));
    }
}

fn set(talk: &mut Talk, text: &str) {
    let (name, given) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let name = name.replace('-', "_");
    let Some(param) = Param::ALL.into_iter().find(|param| param.name() == name) else {
        let names: Vec<&str> = Param::ALL.into_iter().map(Param::name).collect();
        return output::aside(&format!("no parameter {}; there are {}", clean_line(&name), names.join(", ")));
    };
    match value::parse(param, given, talk.endpoint.dialect) {
        Ok(value) => {
            let before = talk.settings.clone();
            talk.settings.set(param, value);
            output::aside(&describe(&before, &talk.settings));
        }
        Err(problem) => output::aside(&problem.to_string()),
    }
}

/// Asks and prints; true when Ctrl-C stopped the answer. What came of a broken answer stays in the conversation.
async fn say(talk: &mut Talk, text: &str) -> Result<bool, Problem> {
    let images = talk.say(text);
    let (request, notes) = talk.request();
    notes.iter().for_each(|note| output::aside(&format!("note: {}", note.text)));
    let mut printer = Printer::new(talk.prints_as_it_comes());
    let exchange = talk.exchange(request, |event| printer.event(event)).await?;
    printer.rest(talk, &exchange)?;
    if let Some(problem) = &exchange.reply.failed {
        output::aside(&problem.to_string());
    }
    if !images.is_empty() && exchange.reply.done {
        talk.tell_images(&exchange).await;
    }
    match exchange.reply.choices.get(exchange.chosen(&talk.settings)) {
        Some(choice) if !choice.text.is_empty() => {
            talk.messages.push(json!({ "role": "assistant", "content": choice.text }));
        }
        _ => {
            talk.messages.pop();
        }
    }
    Ok(exchange.stopped)
}
