//! Where a GGUF of a model can be had.

use super::client::{Hub, whole};
use crate::base::Problem;
use crate::models::hub::{Asked, Choice, Fault, Found, Made, choose, made};

/// The longest list of repositories, bytes.
const LIST: u64 = 4 << 20;
/// Repositories that are looked into at most.
const LOOKED: usize = 6;

impl Hub {
    /// The most downloaded repository that holds the quantisation `label` as GGUF and whose card says that it was made from
    /// `model`. Open ones come before those whose terms must be accepted.
    ///
    /// # Errors
    /// As [`Hub::inspect`], and when none has it.
    pub async fn seek(&self, model: &str, label: &str) -> Result<Found, Problem> {
        let asked = Asked::parse(model)?;
        let told = |fault: Fault| fault.problem(&self.access, &asked.repo, &asked.revision);
        let mut list = self.made_from(&asked.repo).await.map_err(told)?;
        list.sort_by_key(|made| made.gated);
        let mut refused = None;
        for made in list.iter().take(LOOKED) {
            match self.list(&Asked::parse(&made.repo)?).await {
                Ok(repository) => {
                    if let Ok(files) = choose(&repository, &Choice::Gguf(label.to_owned())) {
                        let bytes = files.iter().fold(0, |sum, file| file.bytes.saturating_add(sum));
                        return Ok(Found { made: made.clone(), bytes });
                    }
                }
                Err(problem) => refused = Some(problem),
            }
        }
        let page = self.access.page(&asked.repo);
        let why = match (list.len(), refused) {
            (0, _) => "the hub knows no GGUF repository whose card names it as what it was made from".to_owned(),
            (_, Some(problem)) => format!("{}: {}", problem.what, problem.why),
            (n, None) => format!("none of the {} most downloaded GGUF repositories has it", n.min(LOOKED)),
        };
        let hint = format!("choose another variant with v, or look at {page} and start it as ORG/NAME:{label}");
        Err(Problem::failed(format!("no {label} of {} was found", asked.repo), why, hint))
    }

    /// GGUF repositories whose card names `model`, the most downloaded first.
    async fn made_from(&self, model: &str) -> Result<Vec<Made>, Fault> {
        let words = [
            ("filter", "gguf"),
            ("filter", &format!("base_model:quantized:{model}")),
            ("sort", "downloads"),
            ("direction", "-1"),
            ("limit", "20"),
        ];
        let answer = self.question(["api", "models"], &words).await?;
        made(&whole(answer, LIST).await?).map_err(Fault::Nonsense)
    }
}
