//! Speaks to an Ollama server.

use crate::app::Msg as Root;
use crate::app::screens::engines::Msg;
use crate::app::screens::engines::ollama::{Effect, Job, Model, Msg as Said};
use crate::base::Problem;
use crate::engines::live::ollama::{Ollama, Step};
use crate::runtime::world::{Common, World};

/// Where an Ollama server listens unless told otherwise.
const USUAL: &str = "http://127.0.0.1:11434";
/// Seconds that a model loaded from here stays, as Ollama itself would keep it.
const KEEP_SECONDS: i64 = 300;

fn tell(common: &Common, said: Said) {
    common.tell(Root::Engines(Msg::Ollama(said)));
}

/// Runs one effect.
pub fn run(effect: Effect, world: &World) {
    let common = world.common.clone();
    let pull = super::renew;
    match effect {
        Effect::Cancel => {
            pull(&world.engines.pull);
        }
        Effect::List(url) => {
            let url = url.or_else(|| std::env::var("OLLAMA_HOST").ok().map(|host| address(&host)));
            let base_url = url.unwrap_or_else(|| USUAL.to_owned());
            world.spawn(async move {
                let result = list(&base_url).await;
                tell(&common, Said::Listed { base_url, result });
            });
        }
        Effect::Pull(url, name) => job(url, name, None, world),
        Effect::Create(url, name, gguf) => job(url, name, Some(gguf), world),
        Effect::Show(url, name) => answer(show(url, name), world),
        Effect::Load(url, name) => answer(load(url, name), world),
        Effect::Unload(url, name) => answer(unload(url, name), world),
        Effect::Delete(url, name) => answer(delete(url, name), world),
    }
}

/// Does the work and says how it went.
fn answer(work: impl Future<Output = Result<Said, Problem>> + Send + 'static, world: &World) {
    let common = world.common.clone();
    world.spawn(async move {
        let said = work.await.unwrap_or_else(|problem| Said::Done(Err(problem)));
        tell(&common, said);
    });
}

/// `OLLAMA_HOST` may lack the scheme, the port, or both.
fn address(host: &str) -> String {
    let with_scheme = if host.contains("://") { host.to_owned() } else { format!("http://{host}") };
    let rest = with_scheme.split_once("://").map_or("", |(_, rest)| rest);
    if rest.contains(':') { with_scheme } else { format!("{with_scheme}:11434") }
}

async fn list(url: &str) -> Result<Vec<Model>, Problem> {
    let server = Ollama::new(url)?;
    let (models, loaded) = (server.list().await?, server.loaded().await?);
    let model = |model: crate::engines::live::ollama::OllamaModel| Model {
        loaded: loaded.iter().find(|one| one.name == model.name).map(|one| (one.size, one.on_card)),
        detail: [model.parameters, model.quantization].into_iter().flatten().collect::<Vec<_>>().join(" "),
        name: model.name,
        size: model.size,
    };
    Ok(models.into_iter().map(model).collect())
}

async fn show(url: String, name: String) -> Result<Said, Problem> {
    let facts = Ollama::new(&url)?.show(&name).await?;
    let text = serde_json::to_string_pretty(&facts).unwrap_or_default();
    Ok(Said::Shown { name, lines: text.lines().map(str::to_owned).collect() })
}

async fn load(url: String, name: String) -> Result<Said, Problem> {
    Ollama::new(&url)?.load(&name, KEEP_SECONDS).await?;
    Ok(Said::Done(Ok(format!("{name} is loaded, for {} minutes after its last use", KEEP_SECONDS / 60))))
}

async fn unload(url: String, name: String) -> Result<Said, Problem> {
    Ollama::new(&url)?.unload(&name).await?;
    Ok(Said::Done(Ok(format!("{name} is unloaded"))))
}

async fn delete(url: String, name: String) -> Result<Said, Problem> {
    Ollama::new(&url)?.delete(&name).await?;
    Ok(Said::Done(Ok(format!("{name} is deleted"))))
}

fn job(url: String, name: String, gguf: Option<std::path::PathBuf>, world: &World) {
    let token = super::renew(&world.engines.pull);
    let common = world.common.clone();
    world.spawn(async move {
        let progress = |step: Step| {
            let bytes = step.done.zip(step.total);
            tell(&common, Said::Progress(Job { name: name.clone(), status: step.status, bytes }));
        };
        let work = async {
            let server = Ollama::new(&url)?;
            match &gguf {
                Some(gguf) => server.create(&name, gguf, progress).await,
                None => server.pull(&name, progress).await,
            }
        };
        let result = tokio::select! {
            () = token.cancelled() => Ok(format!("{name}: cancelled; what was fetched stays and is used next time")),
            result = work => result.map(|()| format!("{name} is there")),
        };
        tell(&common, Said::Done(result));
    });
}
