//! One case asked of an endpoint, turn by turn.

use crate::base::Problem;
use crate::base::text::clean_line;
use crate::lab::sampling::{Param, Setting as Value, Settings, to_fields};
use crate::lab::structured::{self, Constraint, Options, Request};
use crate::lab::suite::{Answer, Choice, Dialogue, Figures, Label, MadeCall, Outcome, ToolSpec, Work};
use crate::wire::live::{Client, Health, Timed};
use crate::wire::{ChatRequest, Endpoint, Reply, ReplyChoice, StreamEvent, raw};
use serde_json::json;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Whom to ask, and how patiently.
#[derive(Debug, Clone)]
pub struct Target {
    /// The client.
    pub client: Client,
    /// Whom.
    pub endpoint: Endpoint,
    /// The longest one answer may take.
    pub patience: Duration,
    /// How long to wait before each further try while nothing answers; their number is that of the tries.
    pub pauses: Vec<Duration>,
}

impl Target {
    /// An endpoint with the usual patience: five minutes an answer, three further tries within four seconds.
    pub fn new(client: Client, endpoint: Endpoint) -> Self {
        let pauses = [500, 1000, 2000].map(Duration::from_millis).to_vec();
        Self { client, endpoint, patience: Duration::from_secs(300), pauses }
    }
}

/// Why there was no answer.
#[derive(Debug, Clone)]
pub(super) struct Trouble {
    pub(super) problem: Problem,
    /// Whether the endpoint answers other questions.
    pub(super) there: bool,
    /// Whether it was only too late.
    pub(super) late: bool,
}

/// Asks cases of a target.
#[derive(Debug)]
pub(super) struct Asker {
    pub(super) target: Target,
    /// The most tokens of one answer; `None` leaves it to the server.
    pub(super) max_tokens: Option<u64>,
}

impl Asker {
    /// Asks a case to its end; beside its outcome the trouble, where a request failed.
    pub(super) async fn outcome(&self, work: &Work) -> Option<(Outcome, Option<Trouble>)> {
        let mut dialogue = work.dialogue();
        let mut trouble = None;
        let constraint = work.case.constraint.as_ref().map(|one| self.constraint(one)).transpose();
        while let Some(request) = self.request(work, &dialogue, constraint.as_ref().ok().and_then(Option::as_ref)) {
            let answer = match &constraint {
                Err(why) => {
                    Answer { failure: Some(why.clone()), failed_as: Some(Label::NotOffered), ..Answer::default() }
                }
                Ok(constraint) => {
                    let (mut answer, failed) = self.given(request, constraint.as_ref()).await;
                    trouble = failed.or(trouble);
                    answer.as_json = constraint
                        .as_ref()
                        .zip(work.case.constraint.as_ref())
                        .is_some_and(|(asked, wanted)| asked.asked.schema().is_some() && wanted.schema().is_none());
                    answer
                }
            };
            dialogue.take(answer);
        }
        Some((dialogue.outcome(&work.setting.key(), work.job.repeat)?, trouble))
    }

    /// A constraint as the endpoint takes it.
    ///
    /// # Errors
    /// Why it has none, in words.
    fn constraint(&self, constraint: &Constraint) -> Result<Request, String> {
        let asked = structured::request(constraint, self.target.endpoint.dialect, &Options::default());
        let told = |problem: Problem| clean_line(&format!("{}: {}", problem.what, problem.why));
        match asked.map_err(told)? {
            Request { native: true, .. } => Err("the engine takes it only at an address of its own".to_owned()),
            asked => Ok(asked),
        }
    }

    /// The answer, or what failed. Where the endpoint answers the same request without its constraint, it is the constraint that
    /// it refuses, and nothing is wrong with the endpoint.
    async fn given(&self, request: ChatRequest, constraint: Option<&Request>) -> (Answer, Option<Trouble>) {
        let failed = match self.answer(request.clone()).await {
            Ok(answer) => return (answer, None),
            Err(failed) => failed,
        };
        let problem = &failed.problem;
        let failure = Some(clean_line(&format!("{}: {}", problem.what, problem.why)));
        if let Some(constraint) = constraint.filter(|_| failed.there && !failed.late) {
            let mut free = request;
            free.fields.retain(|(name, _)| !constraint.fields.iter().any(|(own, _)| own == name));
            free.fields.iter_mut().filter(|(name, _)| name == "max_tokens").for_each(|(_, most)| *most = json!(1));
            let answered = tokio::time::timeout(self.target.patience, self.ask(free)).await;
            if matches!(answered, Ok(Ok(_))) {
                return (Answer { failure, failed_as: Some(Label::Refused), ..Answer::default() }, None);
            }
        }
        (Answer { failure, ..Answer::default() }, Some(failed))
    }

    /// The next request of a case; `None` once it is over.
    fn request(&self, work: &Work, dialogue: &Dialogue<'_>, constraint: Option<&Request>) -> Option<ChatRequest> {
        let messages = dialogue.ask()?.to_vec();
        let mut sampling = Settings::default();
        sampling.0.insert(Param::Temperature, Value::Real(work.setting.temperature));
        sampling.0.insert(Param::Seed, Value::Whole(i64::try_from(work.seed).unwrap_or(0)));
        if let Some(most) = self.max_tokens {
            sampling.0.insert(Param::MaxTokens, Value::Whole(i64::try_from(most).unwrap_or(i64::MAX)));
        }
        let dialect = self.target.endpoint.dialect;
        let (mut fields, _) = to_fields(&sampling, dialect);
        if !dialogue.offered().is_empty() {
            let tools = dialogue.offered().iter().map(|tool: &ToolSpec| tool.to_openai(work.setting.strict));
            fields.push(("tools".to_owned(), tools.collect()));
            // Where the model decides nothing is said: some servers refuse the word.
            if *dialogue.choice() != Choice::Auto {
                fields.push(("tool_choice".to_owned(), dialogue.choice().to_openai()));
            }
        }
        fields.extend(constraint.map(|asked| asked.fields.clone()).unwrap_or_default());
        fields.extend(raw::fields(dialect, work.setting.stream));
        Some(ChatRequest { messages, fields, stream: work.setting.stream })
    }

    /// Asks until there is an answer: once more where the endpoint is well, and as often as there are pauses where it is not.
    async fn answer(&self, request: ChatRequest) -> Result<Answer, Trouble> {
        let mut tries = 0;
        loop {
            let Ok(asked) = tokio::time::timeout(self.target.patience, self.ask(request.clone())).await else {
                let why = format!("no end within {} s", self.target.patience.as_secs());
                let problem = Problem::failed("the answer takes too long", why, "allow more time or fewer tokens");
                return Err(Trouble { problem, there: true, late: true });
            };
            let problem = match asked {
                Ok(answer) => return Ok(answer),
                Err(problem) => problem,
            };
            let there = matches!(self.target.client.health(&self.target.endpoint.base_url).await, Ok(Health::Ready));
            let most = if there { self.target.pauses.len().min(1) } else { self.target.pauses.len() };
            let Some(pause) = self.target.pauses.get(tries).filter(|_| tries < most) else {
                return Err(Trouble { problem, there, late: false });
            };
            tokio::time::sleep(*pause).await;
            tries += 1;
        }
    }

    async fn ask(&self, request: ChatRequest) -> Result<Answer, Problem> {
        let streamed = request.stream;
        let sent = Instant::now();
        let mut events = self.target.client.chat(&self.target.endpoint, request, CancellationToken::new());
        let mut times = Times { sent, streamed, ..Times::of(sent) };
        let mut reply = Reply::default();
        while let Some(timed) = events.recv().await {
            reply.apply(timed.event.clone());
            times.note(&timed, &reply);
        }
        match reply.failed.take() {
            Some(problem) => return Err(problem),
            None if !reply.done || reply.choices.is_empty() => {
                return Err(Problem::failed("there is no answer", "the server ended without one", "ask again"));
            }
            None => {}
        }
        let raw = self.target.client.raw_text(&self.target.endpoint, &reply).await.ok();
        let (raw, raw_end) = raw.map(|raw| (raw.text, raw.end)).unzip();
        let mut figures = times.figures;
        figures.prompt_tokens = reply.usage.map(|usage| usage.prompt_tokens);
        figures.completion_tokens = reply.usage.map(|usage| usage.completion_tokens);
        let choice = reply.choices.into_iter().next().unwrap_or_default();
        let text = |text: String| Some(text).filter(|text| !text.is_empty());
        let calls = choice.tool_calls.into_iter();
        Ok(Answer {
            content: text(choice.text),
            reasoning: text(choice.reasoning),
            calls: calls.map(|call| MadeCall { name: call.name, arguments: call.arguments }).collect(),
            raw,
            raw_end: raw_end.unwrap_or_default(),
            finish: choice.finish,
            figures,
            ..Answer::default()
        })
    }
}

struct Times {
    sent: Instant,
    streamed: bool,
    figures: Figures,
}

impl Times {
    fn of(sent: Instant) -> Self {
        Self { sent, streamed: false, figures: Figures::default() }
    }

    fn note(&mut self, timed: &Timed, reply: &Reply) {
        let passed = timed.at.duration_since(self.sent).as_secs_f64();
        let choice = reply.choices.first();
        match &timed.event {
            StreamEvent::Delta(_) if self.streamed => {
                self.figures.first_token_seconds = self.figures.first_token_seconds.or(Some(passed));
                if self.figures.first_call_seconds.is_none() && choice.is_some_and(is_called) {
                    self.figures.first_call_seconds = Some(passed);
                }
            }
            StreamEvent::Finished { .. } | StreamEvent::Done => {
                self.figures.seconds = Some(passed);
                let calls = choice.is_some_and(|choice| !choice.tool_calls.is_empty());
                self.figures.first_call_seconds = self.figures.first_call_seconds.or(calls.then_some(passed));
            }
            _ => {}
        }
    }
}

/// Whether the first call is there in full: another one began, or its arguments are an object.
fn is_called(choice: &ReplyChoice) -> bool {
    let Some(first) = choice.tool_calls.first() else { return false };
    let whole = || {
        first.arguments.trim_end().ends_with('}') && serde_json::from_str::<serde_json::Value>(&first.arguments).is_ok()
    };
    choice.tool_calls.len() > 1 || whole()
}
