//! `vramdeck structured ask`: one question under a constraint.

use super::given::{Given, Written, in_runtime, settings};
use super::told;
use crate::base::Problem;
use crate::cli::chat::{sampling, target};
use crate::cli::{Context, output};
use crate::lab::structured::Kind;
use crate::lab::structured::ask::Onward;
use crate::lab::structured::blanks::{Blanks, looping};
use crate::lab::structured::judge::judge;
use crate::runtime::structured;
use crate::wire::live::Client;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The question; may be left out with --library, whose constraints have one
    #[arg(value_name = "TEXT")]
    prompt: Option<String>,
    #[command(flatten)]
    given: Given,
    #[command(flatten)]
    written: Written,
    #[command(flatten)]
    whom: target::Flags,
    /// Print the request as it would be sent, and ask nothing
    #[arg(long)]
    show_request: bool,
    /// Wait for the whole answer instead of streaming it
    #[arg(long)]
    no_stream: bool,
    /// Do not stop a reply that fills white space without end
    #[arg(long)]
    let_loop: bool,
    /// Print one JSON document with the request, the reply and its judgement
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    sampling: Box<sampling::Flags>,
}

/// Runs the command. A reply that does not obey is an answer as well: exit code 0.
///
/// # Errors
/// When the constraint cannot be used or written for the engine, the endpoint cannot be used, or the engine refuses.
pub fn run(args: &Args, context: &Context) -> Result<(), Problem> {
    // What was typed is checked before anything is asked.
    let found = args.given.find(&args.written, context)?;
    let settings = settings(&args.sampling, context)?;
    let prompt = args.prompt.clone().or(found.prompt).filter(|prompt| !prompt.trim().is_empty());
    let prompt =
        prompt.ok_or_else(|| Problem::usage("there is nothing to ask", "no question is given", "add it as a word"))?;
    in_runtime(async {
        let client = Client::new();
        let endpoint = target::find(&args.whom.whom(), &context.paths, &client).await?.endpoint;
        let mut question = args.written.question(&found.constraint, &prompt, &settings, endpoint.dialect)?;
        question.stream = !args.no_stream;
        let body = structured::body(&question, &endpoint);
        if args.show_request {
            return if args.json { output::json(&body) } else { output::line(&told::pretty(&body)) };
        }
        let request = question.constraint.clone();
        let asked = request.as_ref().map_or(&found.constraint, |request| &request.asked).clone();
        let warnings = told::warnings(&asked, request.as_ref(), &endpoint);
        if !args.json {
            warnings.iter().for_each(|warning| output::aside(&format!("note: {warning}")));
        }
        let mut teller = told::Teller::new(!args.json && question.stream);
        let json = matches!(asked.kind(), Kind::JsonMode | Kind::Schema);
        let mut blanks = Blanks::default();
        let answer = structured::ask(&question, &endpoint, &client, |heard| {
            teller.hear(heard);
            blanks.feed(heard.text);
            match looping(&blanks).filter(|_| json && !args.let_loop) {
                Some(why) => Onward::Stop(why),
                None => Onward::On,
            }
        });
        let answer = answer.await?;
        let (asked, judgement, answer) = judged(asked, answer).await?;
        if args.json {
            output::json(&told::document(&body, &asked, &answer, &judgement, &warnings))
        } else {
            teller.end(&answer)?;
            told::verdict(&asked, &answer, &judgement)
        }
    })
}

type Judged =
    (crate::lab::structured::Constraint, crate::lab::structured::judge::Judgement, crate::lab::structured::ask::Told);

/// Judges apart from the thread that listens: a large schema takes its time.
async fn judged(
    asked: crate::lab::structured::Constraint,
    answer: crate::lab::structured::ask::Told,
) -> Result<Judged, Problem> {
    let work = tokio::task::spawn_blocking(move || {
        let judgement = judge(&asked, &answer);
        (asked, judgement, answer)
    });
    work.await.map_err(|error| Problem::failed("the reply is not judged", error.to_string(), "ask again"))
}
