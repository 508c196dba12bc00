//! What a repository holds, from its file list, its configuration and the heads of its weights; no weights are fetched.

use super::client::{Hub, Part, whole};
use crate::base::text::clean_line;
use crate::base::{Bytes, Problem};
use crate::models::fit::Engine;
use crate::models::hub::{Asked, Fault, GgufSet, RemoteFile, Repository, gguf_sets, lost_weights, needed};
use crate::models::safetensors::{HEADER_MOST, Header, Index, census};
use crate::models::{Exact, Facts, config, gguf};
use futures_util::StreamExt;
use futures_util::stream::iter;
use std::time::Instant;

/// Bytes of the first request for a safetensors header: most are shorter.
const FIRST: u64 = 128 << 10;
/// Bytes of the first and the last request for a GGUF head: its vocabulary is in it.
const GGUF: (u64, u64) = (4 << 20, 64 << 20);
/// The longest configuration and index, bytes.
const CONFIG: u64 = 8 << 20;
const INDEX: u64 = 64 << 20;
/// The longest heads of all files of a model together, bytes.
const HEADS: usize = 256 << 20;
/// Questions at the same time.
const AT_ONCE: usize = 8;
/// The most files of weights whose headers are read.
const FILES: usize = 512;

/// A model of a repository.
#[derive(Debug, Clone, PartialEq)]
pub struct RemoteModel {
    /// Its quantisation among GGUF files; `None` for safetensors.
    pub label: Option<String>,
    /// The files to download for it.
    pub files: Vec<RemoteFile>,
    /// Bytes of them.
    pub bytes: u64,
    /// What is known of its weights, or why nothing is.
    pub facts: Result<Facts, String>,
    /// Engines that can load it.
    pub engines: Vec<Engine>,
}

/// A repository with its models.
#[derive(Debug, Clone, PartialEq)]
pub struct Remote {
    /// The repository at its commit.
    pub repository: Repository,
    /// The models in it: safetensors first, then GGUF files, smallest first.
    pub models: Vec<RemoteModel>,
}

impl Hub {
    /// What a repository holds. Of several GGUF files only the one asked for (else the smallest) is read to its head;
    /// of the others the size is known.
    ///
    /// # Errors
    /// Offline, missing, gated, a refused token, too many questions, no connection: each with what to do.
    pub async fn inspect(&self, asked: &Asked) -> Result<Remote, Problem> {
        let repository = self.list(asked).await?;
        self.read(asked, repository).await
    }

    /// The commit and the files of a repository; no file is read.
    ///
    /// # Errors
    /// As [`Hub::inspect`].
    pub async fn list(&self, asked: &Asked) -> Result<Repository, Problem> {
        let told = |fault: Fault| fault.problem(&self.access, &asked.repo, &asked.revision);
        self.repository(asked).await.map_err(told)
    }

    /// As [`Hub::inspect`], of a repository that is listed already.
    ///
    /// # Errors
    /// As [`Hub::inspect`].
    pub async fn read(&self, asked: &Asked, repository: Repository) -> Result<Remote, Problem> {
        let told = |fault: Fault| fault.problem(&self.access, &asked.repo, &asked.revision);
        let mut models = Vec::new();
        if asked.quant.is_none() {
            models.extend(self.transformer(&repository).await.map_err(told)?);
        }
        let sets = gguf_sets(&repository);
        let wanted = |set: &GgufSet| asked.quant.as_deref().is_some_and(|quant| set.label.eq_ignore_ascii_case(quant));
        let read = sets.iter().position(wanted).or_else(|| (asked.quant.is_none() && models.is_empty()).then_some(0));
        for (place, set) in sets.into_iter().enumerate() {
            models.push(self.gguf(&repository, set, read == Some(place)).await.map_err(told)?);
        }
        Ok(Remote { repository, models })
    }

    /// The safetensors model, if there is one.
    async fn transformer(&self, repository: &Repository) -> Result<Option<RemoteModel>, Fault> {
        let is_weights = |file: &&RemoteFile| file.path.ends_with(".safetensors") || file.path.ends_with(".bin");
        let files: Vec<RemoteFile> =
            repository.files.iter().filter(|file| needed(repository, &file.path)).cloned().collect();
        let weights: Vec<&RemoteFile> = files.iter().filter(is_weights).collect();
        if weights.is_empty() || repository.file("config.json").is_none() {
            return Ok(None);
        }
        let bytes = files.iter().fold(0_u64, |sum, file| sum.saturating_add(file.bytes));
        let facts = match lost_weights(repository) {
            Some(name) => Err(lacking(name)),
            None => self.transformer_facts(repository, &weights).await?,
        };
        Ok(Some(RemoteModel { label: None, bytes, facts, engines: vec![Engine::Vllm], files }))
    }

    async fn transformer_facts(
        &self,
        repository: &Repository,
        weights: &[&RemoteFile],
    ) -> Result<Result<Facts, String>, Fault> {
        let text = self.small(repository, "config.json", CONFIG).await?;
        let mut facts = match config::parse(&String::from_utf8_lossy(&text)) {
            Ok(facts) => facts,
            Err(problem) => return Ok(Err(clean_line(&format!("config.json: {}", problem.why)))),
        };
        facts.name.clone_from(&repository.name);
        let all = weights.iter().fold(0_u64, |sum, file| sum.saturating_add(file.bytes));
        facts.exact = Exact::Total(all);
        let safetensors = weights.iter().all(|file| file.path.ends_with(".safetensors"));
        if safetensors && weights.len() <= FILES {
            let wanted = self.indexed(repository, weights).await?;
            let mut found = iter(wanted).map(|file| self.header(repository, file)).buffer_unordered(AT_ONCE);
            let (mut headers, mut bytes) = (Vec::new(), 0_u64);
            while let Some(header) = found.next().await.transpose()? {
                bytes = bytes.saturating_add(header.head);
                if bytes > HEADS as u64 {
                    return Err(Fault::Nonsense(format!(
                        "its headers are longer than {} together",
                        Bytes(HEADS as u64)
                    )));
                }
                headers.push(header);
            }
            let layers = Some(facts.geometry.layers.len()).filter(|layers| *layers > 0);
            facts.exact = Exact::Headers(census(&headers, layers).sums);
        }
        Ok(Ok(facts))
    }

    /// The files that the index names, all where there is none.
    async fn indexed<'a>(
        &self,
        repository: &Repository,
        weights: &[&'a RemoteFile],
    ) -> Result<Vec<&'a RemoteFile>, Fault> {
        const NAME: &str = "model.safetensors.index.json";
        if repository.file(NAME).is_none() || weights.iter().any(|file| file.path.starts_with("consolidated")) {
            return Ok(weights.to_vec());
        }
        let index = Index::parse(&self.small(repository, NAME, INDEX).await?).map_err(Fault::Nonsense)?;
        let find = |name: &String| {
            let found = weights.iter().find(|file| file.path == *name).copied();
            found.ok_or_else(|| Fault::Nonsense(format!("its index names {}, which it lacks", clean_line(name))))
        };
        index.files.iter().map(find).collect()
    }

    /// The header of a safetensors file, checked against the file's size.
    async fn header(&self, repository: &Repository, file: &RemoteFile) -> Result<Header, Fault> {
        let broken = |why: &dyn std::fmt::Display| Fault::Nonsense(clean_line(&format!("{}: {why}", file.path)));
        let mut bytes = self.head(repository, file, 0, FIRST.min(file.bytes)).await?;
        let length = bytes.first_chunk::<8>().map(|first| u64::from_le_bytes(*first));
        let length =
            length.filter(|length| *length <= HEADER_MOST).ok_or_else(|| broken(&"it is no safetensors file"))?;
        let end = length.saturating_add(8);
        if end > file.bytes {
            return Err(broken(&"its header is longer than the file"));
        }
        if end > bytes.len() as u64 {
            let rest = self.head(repository, file, bytes.len() as u64, end).await?;
            bytes.extend(rest);
        }
        let header = Header::read(bytes.as_slice()).map_err(|why| broken(&why))?;
        header.check_size(file.bytes).map_err(|why| broken(&why))?;
        Ok(header)
    }

    async fn gguf(&self, repository: &Repository, set: GgufSet, read: bool) -> Result<RemoteModel, Fault> {
        let name = format!("{}:{}", repository.name, set.label);
        let bytes = set.bytes();
        let facts = if let Some(name) = set.left_out.first() {
            Err(lacking(name))
        } else if read {
            let (mut heads, mut bytes) = (Vec::new(), 0);
            for file in &set.files {
                let head: Vec<u8> = self.gguf_head(repository, file).await?;
                bytes += head.len();
                if bytes > HEADS {
                    return Err(Fault::Nonsense(format!(
                        "the heads of {name} are longer than {} together",
                        Bytes(HEADS as u64)
                    )));
                }
                heads.push(head);
            }
            let head = gguf::join(heads.iter().map(Vec::as_slice)).map_err(|why| clean_line(&why.to_string()));
            head.map(|head| gguf::facts(&head, &name))
        } else {
            Err(format!("its head was not read: ask for {name}"))
        };
        Ok(RemoteModel { label: Some(set.label), files: set.files, bytes, facts, engines: vec![Engine::LlamaCpp] })
    }

    /// As much of a GGUF file as its head needs.
    async fn gguf_head(&self, repository: &Repository, file: &RemoteFile) -> Result<Vec<u8>, Fault> {
        let mut bytes = Vec::new();
        let mut want = GGUF.0;
        loop {
            let end = want.min(file.bytes);
            let more = self.head(repository, file, bytes.len() as u64, end).await?;
            bytes.extend(more);
            let short = matches!(gguf::read(bytes.as_slice()), Err(gguf::Broken::Short));
            if !short || end == file.bytes || want >= GGUF.1 {
                return Ok(bytes);
            }
            want = want.saturating_mul(2);
        }
    }

    /// Bytes of a file from `from` up to, not with, `to`. A server that knows no ranges is read only so far.
    async fn head(&self, repository: &Repository, file: &RemoteFile, from: u64, to: u64) -> Result<Vec<u8>, Fault> {
        if to <= from {
            return Ok(Vec::new());
        }
        let part = Part { from, to: Some(to - 1), tag: None };
        let mut answer = self.file(repository, &file.path, &part).await?;
        let skip = match answer.status().as_u16() {
            206 => 0,
            _ => from,
        };
        let mut bytes = Vec::new();
        let begun = Instant::now();
        while let Some(chunk) = answer.chunk().await.map_err(|error| super::client::cut(&error))? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() as u64 >= to - from + skip {
                break;
            }
            super::client::keeps_up(begun, bytes.len())?;
        }
        bytes.drain(..(skip as usize).min(bytes.len()));
        bytes.truncate((to - from) as usize);
        if (bytes.len() as u64) < to - from {
            return Err(Fault::Cut(format!("{} ended early", clean_line(&file.path))));
        }
        Ok(bytes)
    }

    /// A small file whole.
    async fn small(&self, repository: &Repository, path: &str, most: u64) -> Result<Vec<u8>, Fault> {
        whole(self.file(repository, path, &Part::default()).await?, most).await
    }
}

fn lacking(name: &str) -> String {
    format!("the hub lists {} without a size and a digest that can be checked", clean_line(name))
}
