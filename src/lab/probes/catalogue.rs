//! The capabilities, in the order they are probed and told.

use super::bench::{Bench, Need};
use super::judge::{account, answers, ending, model, penalty, sampling, structure, tools};
use super::verdict::Finding;
use crate::base::Problem;
use crate::base::text::clean_line;

/// What belongs together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    /// How tokens are drawn.
    Sampling,
    /// How many answers, and what is told of them.
    Answers,
    /// What ends an answer.
    Ending,
    /// Constraints on its text.
    Structure,
    /// Tool calls.
    Tools,
    /// Reasoning and pictures.
    Model,
    /// What is counted and claimed.
    Account,
}

impl Group {
    /// All, in the order told.
    pub const ALL: [Self; 7] =
        [Self::Sampling, Self::Answers, Self::Ending, Self::Structure, Self::Tools, Self::Model, Self::Account];

    /// In files and on the screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sampling => "sampling",
            Self::Answers => "answers",
            Self::Ending => "ending",
            Self::Structure => "structure",
            Self::Tools => "tools",
            Self::Model => "model",
            Self::Account => "account",
        }
    }
}

/// Something an endpoint may or may not do.
#[derive(Clone, Copy)]
pub struct Capability {
    /// Its name; that of the field, where it is one.
    pub name: &'static str,
    /// What it belongs to.
    pub group: Group,
    /// What a yes means, one clause.
    pub means: &'static str,
    /// Whether `--quick` probes it.
    pub quick: bool,
    /// Whether chance has a part in its verdict.
    pub statistical: bool,
    pub(super) judge: fn(&Bench) -> Result<Finding, Need>,
}

impl std::fmt::Debug for Capability {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Capability").field("name", &self.name).finish_non_exhaustive()
    }
}

impl PartialEq for Capability {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

type Judge = fn(&Bench) -> Result<Finding, Need>;

const fn drawn(name: &'static str, group: Group, means: &'static str, judge: Judge) -> Capability {
    Capability { name, group, means, quick: false, statistical: true, judge }
}

const fn sure(name: &'static str, group: Group, means: &'static str, judge: Judge) -> Capability {
    Capability { name, group, means, quick: false, statistical: false, judge }
}

const fn quick(capability: Capability) -> Capability {
    Capability { quick: true, ..capability }
}

use Group::{Account, Answers, Ending, Model, Sampling, Structure, Tools};

/// All of them.
pub const CAPABILITIES: &[Capability] = &[
    quick(drawn("temperature", Sampling, "0 repeats itself, 2 does not", sampling::temperature)),
    quick(drawn("top_p", Sampling, "next to nothing leaves the likeliest token", sampling::top_p)),
    quick(drawn("top_k", Sampling, "1 leaves the likeliest token", sampling::top_k)),
    quick(drawn("min_p", Sampling, "1 leaves the likeliest token", sampling::min_p)),
    drawn("presence_penalty", Sampling, "a greedy text changes where it must", penalty::presence),
    drawn("frequency_penalty", Sampling, "a greedy text changes where it must", penalty::frequency),
    drawn("repetition_penalty", Sampling, "a greedy text changes", penalty::repetition),
    quick(drawn("seed", Sampling, "equal seeds give equal answers, others do not", sampling::seed)),
    drawn("logit_bias", Sampling, "a token with the highest bias is drawn", sampling::logit_bias),
    drawn("use_beam_search", Sampling, "beams are the same each time", sampling::beam_search),
    quick(sure("n", Answers, "as many answers come as were asked for", answers::n)),
    quick(sure("best_of", Answers, "fewer candidates than answers are refused", answers::best_of)),
    quick(sure("logprobs", Answers, "each token comes with its alternatives", answers::logprobs)),
    quick(drawn("stop", Ending, "an answer ends before the string", ending::stop)),
    quick(drawn("max_tokens", Ending, "no answer is longer", ending::max_tokens)),
    drawn("min_tokens", Ending, "no answer is shorter", ending::min_tokens),
    drawn("ignore_eos", Ending, "an answer goes on to its most tokens", ending::ignore_eos),
    drawn("json_object", Structure, "response_format makes every answer JSON", structure::json_object),
    quick(drawn("json_schema", Structure, "response_format makes every answer obey a schema", structure::json_schema)),
    drawn(
        "structured_outputs.json",
        Structure,
        "vLLM's field makes every answer obey a schema",
        structure::outputs_json,
    ),
    drawn("structured_outputs.regex", Structure, "… match an expression", structure::outputs_regex),
    drawn("structured_outputs.choice", Structure, "… be one of some", structure::outputs_choice),
    drawn("structured_outputs.grammar", Structure, "… follow a grammar", structure::outputs_grammar),
    drawn("grammar", Structure, "llama-server's field makes every answer follow a grammar", structure::grammar),
    drawn(
        "json_schema_field",
        Structure,
        "llama-server's json_schema makes every answer obey a schema",
        structure::own_schema,
    ),
    drawn("format", Structure, "Ollama's field makes every answer obey a schema", structure::format),
    quick(drawn(
        "guided_json",
        Structure,
        "the field of old examples makes every answer obey a schema",
        structure::guided_json,
    )),
    quick(drawn("tool_choice.required", Tools, "there is a call where there would be none", tools::required)),
    drawn("tool_choice.named", Tools, "the tool that is named is called", tools::named),
    drawn("tool_choice.none", Tools, "there is no call where there would be one", tools::none),
    drawn("parallel_tool_calls", Tools, "false leaves one call of two", tools::one_at_a_time),
    sure("tool_stream", Tools, "arguments are streamed in pieces", tools::streamed),
    sure("reasoning_split", Model, "thoughts come in a field of their own", model::reasoning),
    sure("images", Model, "a picture is read", model::images),
    quick(sure("usage", Account, "tokens are counted as the tokenizer counts them", account::usage)),
    sure("context", Account, "a prompt near the limit is read from its first word", account::context),
];

/// Finds one by its name.
pub fn capability(name: &str) -> Option<&'static Capability> {
    CAPABILITIES.iter().find(|one| one.name == name)
}

/// Those that are to be probed: of these names, or the quick ones, or all. A name without its ending means all that begin so.
///
/// # Errors
/// When there is none of a name.
pub fn chosen(only: &[String], quick: bool) -> Result<Vec<&'static Capability>, Problem> {
    for name in only {
        if !CAPABILITIES.iter().any(|one| is(one, name)) {
            let why = format!("there is no capability {}", clean_line(name));
            return Err(Problem::usage("nothing was probed", why, "vramdeck probe --list names them"));
        }
    }
    let wanted = |one: &&Capability| only.is_empty() && (!quick || one.quick) || only.iter().any(|name| is(one, name));
    Ok(CAPABILITIES.iter().filter(wanted).collect())
}

fn is(one: &Capability, name: &str) -> bool {
    one.name == name
        || one.group.name() == name
        || one.name.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::probes::stats::ALPHA;

    #[test]
    fn names_are_unique_and_the_card_keeps_its_promise() {
        for (at, one) in CAPABILITIES.iter().enumerate() {
            assert!(!CAPABILITIES[..at].iter().any(|other| other.name == one.name), "{}", one.name);
            assert!(!one.means.is_empty());
        }
        let drawn = CAPABILITIES.iter().filter(|one| one.statistical).count();
        assert!(drawn as f64 * ALPHA <= 0.01, "{drawn} verdicts in which chance is");
    }

    #[test]
    fn some_can_be_chosen() {
        let names = |only: &[&str], quick| {
            let only: Vec<String> = only.iter().map(|name| (*name).to_owned()).collect();
            chosen(&only, quick).map(|all| all.iter().map(|one| one.name).collect::<Vec<_>>())
        };
        assert_eq!(names(&["seed", "tool_choice"], false).unwrap().len(), 4);
        assert_eq!(names(&["ending"], true).unwrap(), ["stop", "max_tokens", "min_tokens", "ignore_eos"]);
        assert_eq!(names(&[], false).unwrap().len(), CAPABILITIES.len());
        assert!(names(&[], true).unwrap().contains(&"guided_json"));
        assert_eq!(names(&["tool"], false).unwrap_err().exit_code(), 2);
    }
}
