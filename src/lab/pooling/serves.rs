//! Which tasks a server serves: by the flags it was started with, by what the model is, or by what it answers.

use crate::base::{Reading, Unknown};
use crate::models::catalogue::Taxonomy;
use crate::models::geometry::Runner;
use crate::wire::Dialect;
use crate::wire::pooling::{Task, route};
use serde_json::Value;

/// The tasks that a server serves, the one it is made for first; empty where it writes text alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Serves {
    /// The tasks.
    pub tasks: Vec<Task>,
    /// How it is known, as a clause.
    pub basis: String,
}

/// What is known of a model without asking.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct About {
    /// Its place in the catalogue.
    pub taxonomy: Option<Taxonomy>,
    /// First of its `architectures`.
    pub architecture: Option<String>,
    /// Whether it writes text.
    pub runner: Option<Runner>,
    /// Names of its labels by number; empty where none are known.
    pub labels: Vec<String>,
}

/// A flag with its value.
pub type Flag<'a> = (&'a str, Option<&'a str>);

/// The tasks by the flags of a start and by the model; `None` where neither tells.
pub fn known(dialect: Dialect, flags: Option<&[Flag<'_>]>, about: &About) -> Option<Serves> {
    let by_flags = flags.and_then(|flags| match dialect {
        Dialect::LlamaCpp => Some(llama(flags)),
        Dialect::Vllm => vllm(flags, about),
        Dialect::Ollama | Dialect::OpenAi => None,
    });
    by_flags.or_else(|| by_model(dialect, about))
}

/// llama-server serves what its flags say, whatever the model.
fn llama(flags: &[Flag<'_>]) -> Serves {
    let on = |names: &[&str]| flags.iter().any(|(flag, _)| names.contains(flag));
    let (tasks, flag) = match () {
        () if on(&["--rerank", "--reranking"]) => (vec![Task::Rerank], "by its flag --reranking"),
        () if on(&["--embedding", "--embeddings"]) => (vec![Task::Embed], "by its flag --embeddings"),
        () => (Vec::new(), "it was started without --embeddings and --reranking"),
    };
    Serves { tasks, basis: flag.to_owned() }
}

fn vllm(flags: &[Flag<'_>], about: &About) -> Option<Serves> {
    let value = |name: &str| flags.iter().rev().find(|(flag, _)| *flag == name).and_then(|(_, value)| *value);
    let config = value("--pooler-config").and_then(|text| serde_json::from_str::<Value>(text).ok());
    let within = config.as_ref().and_then(|config| config.get("task")).and_then(Value::as_str);
    let task = value("--pooler-config.task").or(within);
    let serves = |tasks: Vec<Task>, flag: String| Some(Serves { tasks, basis: format!("by its flag {flag}") });
    match (task, value("--convert"), value("--runner")) {
        (Some("token_classify"), ..) => serves(vec![Task::Tokens], "--pooler-config.task token_classify".to_owned()),
        (Some("embed"), ..) => serves(compared(), "--pooler-config.task embed".to_owned()),
        (_, Some("embed"), _) => serves(compared(), "--convert embed".to_owned()),
        (Some("classify"), ..) | (_, Some("classify"), _) => serves(classified(about), "--convert classify".to_owned()),
        (_, _, Some("generate")) => serves(Vec::new(), "--runner generate".to_owned()),
        (_, _, Some("pooling")) => by_model(Dialect::Vllm, about)
            .filter(|serves| !serves.tasks.is_empty())
            .or_else(|| serves(compared(), "--runner pooling".to_owned())),
        _ => None,
    }
}

/// What vLLM serves of a model that embeds: it scores by the cosine.
fn compared() -> Vec<Task> {
    vec![Task::Embed, Task::Rerank, Task::Score]
}

/// What vLLM serves of a model that classifies: with one label it scores pairs, too.
fn classified(about: &About) -> Vec<Task> {
    match (about.taxonomy, about.labels.len()) {
        (Some(Taxonomy::Reranker), _) => vec![Task::Rerank, Task::Score],
        (Some(Taxonomy::Reward), _) => vec![Task::Reward],
        (_, 1) => vec![Task::Rerank, Task::Score, Task::Reward, Task::Classify],
        _ => vec![Task::Classify],
    }
}

/// What a model of this kind is for, as far as a server of this dialect has a route for it.
fn by_model(dialect: Dialect, about: &About) -> Option<Serves> {
    let architecture = about.architecture.as_deref().unwrap_or_default();
    let writes = about.runner == Some(Runner::Generate);
    let made = |ending: &str| architecture.contains(ending);
    let (tasks, basis) = match about.taxonomy {
        Some(taxonomy) if writes && !matches!(taxonomy, Taxonomy::Embedding | Taxonomy::Reranker) => {
            (Vec::new(), format!("the model writes text ({})", taxonomy.name()))
        }
        Some(Taxonomy::Embedding) => (compared(), "an embedding model of the catalogue".to_owned()),
        Some(Taxonomy::Reranker) => (vec![Task::Rerank, Task::Score], "a reranker of the catalogue".to_owned()),
        Some(Taxonomy::Classification) => (vec![Task::Classify], "a classifier of the catalogue".to_owned()),
        Some(Taxonomy::Reward) => (vec![Task::Reward], "a reward model of the catalogue".to_owned()),
        Some(Taxonomy::TokenClassification) => (vec![Task::Tokens], "it labels tokens, by the catalogue".to_owned()),
        Some(taxonomy) => (Vec::new(), format!("the model writes text ({})", taxonomy.name())),
        None if made("TokenClassification") => (vec![Task::Tokens], format!("by its architecture {architecture}")),
        None if made("SequenceClassification") => (classified(about), format!("by its architecture {architecture}")),
        None if made("RewardModel") => (vec![Task::Reward], format!("by its architecture {architecture}")),
        None if writes => (Vec::new(), format!("by its architecture {architecture}, which writes text")),
        None if about.runner.is_some() => (compared(), format!("by its architecture {architecture}")),
        None => return None,
    };
    let tasks = tasks.into_iter().filter(|task| route(dialect, *task).is_some()).collect();
    Some(Serves { tasks, basis })
}

/// The tasks by the words in which a server describes its model; `None` where they say nothing of it.
pub fn described(dialect: Dialect, words: &[String]) -> Option<Serves> {
    let says = |word: &str| words.iter().any(|one| one == word);
    let serves =
        |tasks: &[Task], word: &str| Some(Serves { tasks: tasks.to_vec(), basis: format!("the server says {word}") });
    match dialect {
        Dialect::Ollama | Dialect::OpenAi if says("embedding") => serves(&[Task::Embed], "embedding"),
        Dialect::OpenAi if says("rerank") => serves(&[Task::Rerank], "rerank"),
        Dialect::Ollama if says("completion") => serves(&[], "completion"),
        Dialect::OpenAi if says("chat") || says("completion") => serves(&[], "chat"),
        _ => None,
    }
}

/// The tasks by what a server answered when it was asked for each of its routes.
///
/// # Errors
/// When it could not be asked.
pub fn answered(dialect: Dialect, answers: &[(Task, Reading<bool>)]) -> Reading<Serves> {
    let yes = |task: Task| answers.iter().any(|(one, served)| *one == task && *served == Ok(true));
    if let Some((_, Err(unknown))) = answers.iter().find(|(_, served)| served.is_err()) {
        return Err(unknown.clone());
    }
    let tasks = match dialect {
        // Its route /pooling is there for every kind; what it gives then follows from the others.
        Dialect::Vllm => match (yes(Task::Embed), yes(Task::Classify), yes(Task::Score), yes(Task::Tokens)) {
            (true, ..) => compared(),
            (_, true, true, _) => vec![Task::Rerank, Task::Score, Task::Reward, Task::Classify],
            (_, true, ..) => vec![Task::Classify],
            (_, _, true, _) => vec![Task::Rerank, Task::Score],
            (.., true) => vec![Task::Tokens, Task::Reward],
            _ => Vec::new(),
        },
        // A server that ranks answers for embeddings as well, with numbers that mean nothing.
        _ if yes(Task::Rerank) => vec![Task::Rerank],
        _ => Task::ALL.into_iter().filter(|task| yes(*task)).collect(),
    };
    Ok(Serves { tasks, basis: "asked of the server".to_owned() })
}

/// Why nothing can be said of the tasks.
pub fn untold() -> Unknown {
    Unknown::because("neither its flags nor its model tell, and the server cannot be asked")
}

#[cfg(test)]
mod tests {
    use super::*;
    use Task::{Classify, Embed, Rerank, Reward, Score, Tokens};

    fn about(taxonomy: Option<Taxonomy>, architecture: &str, runner: Option<Runner>, labels: usize) -> About {
        let architecture = (!architecture.is_empty()).then(|| architecture.to_owned());
        About { taxonomy, architecture, runner, labels: vec!["x".to_owned(); labels] }
    }

    #[test]
    fn flags_say_what_is_served() {
        let nothing = About::default();
        let writes = about(None, "Qwen3ForCausalLM", Some(Runner::Generate), 0);
        for (dialect, flags, about, tasks) in [
            (Dialect::LlamaCpp, &[][..], &nothing, Some(vec![])),
            (Dialect::LlamaCpp, &[("--embeddings", None), ("--pooling", Some("mean"))], &nothing, Some(vec![Embed])),
            (Dialect::LlamaCpp, &[("--reranking", None)], &nothing, Some(vec![Rerank])),
            (Dialect::Vllm, &[("--runner", Some("pooling")), ("--convert", Some("embed"))], &writes, Some(compared())),
            (Dialect::Vllm, &[("--runner", Some("pooling"))], &writes, Some(compared())),
            (Dialect::Vllm, &[("--convert", Some("classify"))], &writes, Some(vec![Classify])),
            (Dialect::Vllm, &[("--pooler-config", Some(r#"{"task": "token_classify"}"#))], &writes, Some(vec![Tokens])),
            (Dialect::Vllm, &[("--pooler-config.task", Some("token_classify"))], &nothing, Some(vec![Tokens])),
            (Dialect::Vllm, &[], &writes, Some(vec![])),
            (Dialect::Vllm, &[], &nothing, None),
            (Dialect::Ollama, &[], &nothing, None),
        ] {
            assert_eq!(known(dialect, Some(flags), about).map(|serves| serves.tasks), tasks, "{dialect:?} {flags:?}");
        }
    }

    #[test]
    fn the_model_says_what_it_is_for() {
        let pools = Some(Runner::Pooling { encoder: false });
        for (about, tasks) in [
            (about(Some(Taxonomy::Embedding), "", None, 0), compared()),
            (about(Some(Taxonomy::Reranker), "", Some(Runner::Generate), 0), vec![Rerank, Score]),
            (about(Some(Taxonomy::Classification), "", Some(Runner::Generate), 0), vec![]),
            (about(Some(Taxonomy::Classification), "", pools, 0), vec![Classify]),
            (about(Some(Taxonomy::Reward), "", pools, 0), vec![Reward]),
            (about(Some(Taxonomy::TokenClassification), "", pools, 0), vec![Tokens]),
            (about(Some(Taxonomy::Other), "", None, 0), vec![]),
            (about(None, "BertForTokenClassification", pools, 9), vec![Tokens]),
            (about(None, "Qwen3ForSequenceClassification", pools, 3), vec![Classify]),
            (about(None, "Qwen3ForSequenceClassification", pools, 1), vec![Rerank, Score, Reward, Classify]),
            (about(None, "BertModel", Some(Runner::Pooling { encoder: true }), 0), compared()),
        ] {
            assert_eq!(known(Dialect::Vllm, None, &about).unwrap().tasks, tasks, "{about:?}");
        }
        let embeds = about(Some(Taxonomy::Embedding), "", None, 0);
        assert_eq!(known(Dialect::Ollama, None, &embeds).unwrap().tasks, [Embed]);
    }

    #[test]
    fn a_server_says_it_itself() {
        let words = |all: &[&str]| all.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        assert_eq!(described(Dialect::Ollama, &words(&["embedding"])).unwrap().tasks, [Embed]);
        assert_eq!(described(Dialect::Ollama, &words(&["completion", "tools"])).unwrap().tasks, []);
        assert_eq!(described(Dialect::OpenAi, &words(&["rerank"])).unwrap().tasks, [Rerank]);
        assert_eq!(described(Dialect::LlamaCpp, &words(&["vision"])), None);
        let told = |dialect, yes: &[Task]| {
            let answers: Vec<_> = Task::ALL.into_iter().map(|task| (task, Ok(yes.contains(&task)))).collect();
            answered(dialect, &answers).unwrap().tasks
        };
        assert_eq!(told(Dialect::Vllm, &[Embed, Rerank, Score, Reward, Tokens]), compared());
        assert_eq!(told(Dialect::Vllm, &[Classify, Reward, Tokens]), [Classify]);
        assert_eq!(told(Dialect::Vllm, &[Classify, Rerank, Score, Reward, Tokens]), [Rerank, Score, Reward, Classify]);
        assert_eq!(told(Dialect::Vllm, &[Reward, Tokens]), [Tokens, Reward]);
        assert_eq!(told(Dialect::Vllm, &[]), []);
        assert_eq!(told(Dialect::LlamaCpp, &[Embed, Rerank]), [Rerank]);
        let broken = [(Embed, Ok(true)), (Rerank, Err(Unknown::because("HTTP 500")))];
        assert!(answered(Dialect::LlamaCpp, &broken).is_err());
    }
}
