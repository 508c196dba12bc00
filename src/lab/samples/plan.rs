//! From a wish to the requests: which settings, how several answers are asked for in a dialect, with which seeds.

use super::best::{Emulated, emulated};
use super::grid::Grid;
use crate::base::Problem;
use crate::lab::sampling::{Param, Setting, Settings, Support, support, to_fields, value};
use crate::wire::{ChatRequest, Dialect};
use serde_json::{Value, json};

/// The most answers of one settings.
pub const MOST_ANSWERS: usize = 64;
/// The most answers of a whole grid.
pub const MOST_IN_ALL: usize = 1024;

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Wish {
    /// The prompt.
    pub prompt: String,
    /// The system's text, where there is one.
    pub system: Option<String>,
    /// The settings; `n`, `best_of` and `use_beam_search` of its base say how many answers there are, and of what kind.
    pub grid: Grid,
    /// The first seed of answers that are asked for one by one, where the settings have none.
    pub drawn_seed: i64,
    /// Whether answers are streamed.
    pub stream: bool,
}

/// How several answers of one settings are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// In one request.
    Together,
    /// Each in a request of its own, and why, where there are several.
    Apart(Option<String>),
}

impl Asked {
    /// In the words of the command line.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Together => "n in one request",
            Self::Apart(_) => "separate requests",
        }
    }
}

/// One request.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Position of its settings in the grid.
    pub setting: usize,
    /// Number of its first answer.
    pub first: usize,
    /// How many answers it asks for.
    pub count: usize,
    /// The seed that is sent; that of the first answer where there are several.
    pub seed: Option<i64>,
    /// The first seed for answers that must be asked for one by one after all.
    pub spare_seed: i64,
    /// Fields of the request.
    pub fields: Vec<(String, Value)>,
    /// Whether it is streamed.
    pub stream: bool,
}

/// The settings of one place in the grid, and how they are asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// The settings.
    pub settings: Settings,
    /// How several answers are asked for.
    pub asked: Asked,
    /// How many answers there are.
    pub answers: usize,
}

/// All that is to be asked of one endpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Whose API it is written for.
    pub dialect: Dialect,
    /// The conversation.
    pub messages: Vec<Value>,
    /// Each place of the grid.
    pub settings: Vec<Planned>,
    /// The requests.
    pub jobs: Vec<Job>,
    /// What the engine will not do as asked, one clause each.
    pub notes: Vec<String>,
    /// What vramdeck does in the engine's stead.
    pub emulated: Option<Emulated>,
}

/// Plans the requests for a dialect.
///
/// # Errors
/// When there is nothing to ask, too much, the dialect does not take a value, or lacks what was asked for.
pub fn plan(wish: &Wish, dialect: Dialect) -> Result<Plan, Problem> {
    if wish.prompt.trim().is_empty() {
        return Err(Problem::usage("there is nothing to ask", "the prompt is empty", "write a prompt"));
    }
    let all = wish.grid.settings()?;
    let answers = how_many(&wish.grid.base, dialect)?;
    let total = answers.saturating_mul(all.len());
    if total > MOST_IN_ALL {
        return Err(too_many(total, MOST_IN_ALL, "a grid has"));
    }
    let mut plan = Plan {
        dialect,
        messages: messages(wish),
        settings: Vec::new(),
        jobs: Vec::new(),
        notes: Vec::new(),
        emulated: emulated(&wish.grid.base, dialect),
    };
    for settings in all {
        settings.0.iter().try_for_each(|(param, setting)| value::check(*param, setting, dialect))?;
        plan.add(settings, answers, wish);
    }
    Ok(plan)
}

fn messages(wish: &Wish) -> Vec<Value> {
    let system = wish.system.iter().filter(|text| !text.trim().is_empty());
    let system = system.map(|text| json!({"role": "system", "content": text}));
    system.chain([json!({"role": "user", "content": wish.prompt})]).collect()
}

/// How many answers each settings has.
fn how_many(base: &Settings, dialect: Dialect) -> Result<usize, Problem> {
    let wanted = |param: Param| base.whole(param).map_or(1, |n| usize::try_from(n).unwrap_or(0));
    let (n, best_of, beam) = (wanted(Param::N), wanted(Param::BestOf), base.on(Param::UseBeamSearch));
    if n == 0 || best_of == 0 {
        return Err(Problem::usage(
            "no answer is asked for",
            "n and best_of are 1 or more",
            "leave them unset for one",
        ));
    }
    if beam {
        if let Some(why) = super::beam::unsupported(dialect) {
            return Err(Problem::usage("there is no beam search to ask for", why, "ask a run of vLLM"));
        }
        if n < 2 || best_of > 1 {
            let why = if n < 2 { "the beam is one wide" } else { "best_of does not go with it" };
            return Err(Problem::usage("beam search cannot be asked for", why, "a width of 2 or more, no best_of"));
        }
    }
    let answers = n.max(best_of);
    if answers > MOST_ANSWERS { Err(too_many(answers, MOST_ANSWERS, "one settings has")) } else { Ok(answers) }
}

fn too_many(wanted: usize, most: usize, whose: &str) -> Problem {
    Problem::usage(format!("{wanted} answers are not asked for"), format!("{whose} {most} at most"), "ask for fewer")
}

impl Plan {
    /// The requests for one settings.
    fn add(&mut self, settings: Settings, answers: usize, wish: &Wish) {
        let setting = self.settings.len();
        let asked = asked(&settings, answers, self.dialect);
        let (mut fields, notes) = to_fields(&bare(&settings), self.dialect);
        for note in notes {
            if !self.notes.contains(&note.text) {
                self.notes.push(note.text);
            }
        }
        let beam = settings.on(Param::UseBeamSearch);
        let given = settings.whole(Param::Seed).filter(|seed| *seed >= 0 || self.dialect == Dialect::Vllm);
        let spare_seed = given.unwrap_or(wish.drawn_seed);
        let (count, jobs) = if asked == Asked::Together { (answers, 1) } else { (1, answers) };
        if count > 1 && !fields.iter().any(|(name, _)| name == "n") {
            fields.push(("n".to_owned(), count.into()));
        }
        for first in 0..jobs {
            let drawn = given.or((jobs > 1).then_some(spare_seed));
            let seed = drawn.map(|seed| seed.saturating_add(first as i64));
            let fields = seeded(&fields, seed);
            // A beam comes whole at the end, whatever is asked for.
            self.jobs.push(Job { setting, first, count, seed, spare_seed, fields, stream: wish.stream && !beam });
        }
        self.settings.push(Planned { settings, asked, answers });
    }

    /// How many answers there are in all.
    pub fn total(&self) -> usize {
        self.settings.iter().map(|planned| planned.answers).sum()
    }

    /// The request of a job.
    pub fn request(&self, job: &Job) -> ChatRequest {
        ChatRequest { messages: self.messages.clone(), fields: job.fields.clone(), stream: job.stream }
    }

    /// The seed of an answer that came to a job: vLLM and llama-server give the answers of one request the seeds from that of
    /// the request on (measured: the same texts come when each is asked for by itself).
    pub fn seed(&self, job: &Job, at: usize) -> Option<i64> {
        let counts = at == 0 || matches!(self.dialect, Dialect::Vllm | Dialect::LlamaCpp);
        job.seed.filter(|_| counts && !self.beam(job.setting)).map(|seed| seed.saturating_add(at as i64))
    }

    /// Whether a settings is a beam search.
    pub fn beam(&self, setting: usize) -> bool {
        self.settings.get(setting).is_some_and(|planned| planned.settings.on(Param::UseBeamSearch))
    }
}

impl Job {
    /// The answers from `came` on, each in a request of its own.
    pub fn apart(&self, came: usize) -> Vec<Self> {
        let fields: Vec<_> = self.fields.iter().filter(|(name, _)| name != "n").cloned().collect();
        let one = |at: usize| {
            let seed = Some(self.seed.unwrap_or(self.spare_seed).saturating_add(at as i64));
            Self { first: self.first + at, count: 1, seed, fields: seeded(&fields, seed), ..self.clone() }
        };
        (came..self.count).map(one).collect()
    }
}

/// What is sent besides the number of answers: log probabilities too, where the best one is looked for.
fn bare(settings: &Settings) -> Settings {
    let mut bare = settings.clone();
    let needs = settings.whole(Param::BestOf).is_some_and(|k| k > 1) || settings.on(Param::UseBeamSearch);
    if needs && settings.whole(Param::Logprobs).unwrap_or(0) < 1 {
        bare.set(Param::Logprobs, Some(Setting::Whole(1)));
    }
    bare.set(Param::N, None);
    bare.set(Param::BestOf, None);
    // What is on for the fields is on for the number of answers too, else it would be told that the beam is one wide.
    if settings.on(Param::UseBeamSearch) {
        bare.set(Param::N, settings.0.get(&Param::N).cloned());
    }
    bare
}

fn seeded(fields: &[(String, Value)], seed: Option<i64>) -> Vec<(String, Value)> {
    let rest = fields.iter().filter(|(name, _)| name != "seed").cloned();
    rest.chain(seed.map(|seed| ("seed".to_owned(), seed.into()))).collect()
}

/// How several answers of one settings are asked for.
fn asked(settings: &Settings, answers: usize, dialect: Dialect) -> Asked {
    if answers < 2 {
        return Asked::Apart(None);
    }
    match support(Param::N, dialect) {
        Support::No { why } => Asked::Apart(Some(why.clone())),
        _ if settings.on(Param::UseBeamSearch) => Asked::Together,
        _ if dialect == Dialect::Vllm && settings.real(Param::Temperature) == Some(0.0) => {
            Asked::Apart(Some("vLLM refuses more than one answer a request at temperature 0".to_owned()))
        }
        _ => Asked::Together,
    }
}
