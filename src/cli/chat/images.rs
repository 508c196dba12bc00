//! Images of `vramdeck chat`: opened before anything is asked, put into the next message, counted after the answer.

use super::exchange::{Exchange, Talk};
use crate::base::units::count;
use crate::base::{Problem, Reading, Unknown};
use crate::cli::output;
use crate::lab::chat::image::{Image, MOST_IMAGES};
use crate::runtime::{images, sight};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// An image that waits for the next message.
pub(super) struct Waiting {
    image: Image,
    url: String,
}

/// Opens files, made smaller where a longest side was given.
pub(super) fn open(paths: &[PathBuf], side: Option<u32>) -> Result<Vec<Waiting>, Problem> {
    if paths.len() > MOST_IMAGES {
        let why = format!("{} images are more than {MOST_IMAGES} of one message", paths.len());
        return Err(Problem::usage("nothing was asked", why, "send them in several messages"));
    }
    paths.iter().map(|path| one(path, side)).collect()
}

fn one(path: &Path, side: Option<u32>) -> Result<Waiting, Problem> {
    let (mut image, mut bytes) = images::open(path)?;
    if let Some(side) = side
        && let Some((media, smaller)) = images::pixels::scaled(&bytes, image.media, side)?
    {
        bytes = smaller;
        image = images::described(image.name, &bytes)?;
        debug_assert_eq!(image.media, media);
    }
    Ok(Waiting { url: images::data_url(image.media.mime(), &bytes), image })
}

impl Talk {
    /// Takes an image for the next message; says what it is.
    pub(super) fn wait(&mut self, path: &str) -> Result<(), Problem> {
        if self.images.len() >= MOST_IMAGES {
            let why = format!("{MOST_IMAGES} wait already");
            return Err(Problem::usage("no more images fit into this message", why, "send the message first"));
        }
        let waiting = one(Path::new(path), None)?;
        output::aside(&format!("{} goes along with the next message", waiting.image.chip()));
        self.images.push(waiting);
        Ok(())
    }

    /// Adds what the person says, with the images that waited.
    pub(super) fn say(&mut self, text: &str) -> Vec<Image> {
        let waiting = std::mem::take(&mut self.images);
        if waiting.is_empty() {
            self.messages.push(json!({"role": "user", "content": text}));
            return Vec::new();
        }
        let part = |one: &Waiting| json!({"type": "image_url", "image_url": {"url": one.url}});
        let words = (!text.is_empty()).then(|| json!({"type": "text", "text": text}));
        let content: Value = waiting.iter().map(part).chain(words).collect();
        self.messages.push(json!({"role": "user", "content": content}));
        waiting.into_iter().map(|one| one.image).collect()
    }

    /// What the images of the conversation took of the answer's prompt.
    pub(super) async fn image_tokens(&self, exchange: &Exchange) -> Reading<u64> {
        let usage = exchange.reply.usage.ok_or(Unknown::because("the endpoint gave no token counts"))?;
        sight::image_tokens(&self.endpoint, &self.messages, usage.prompt_tokens, &self.client).await
    }

    /// The same in a line beside the answer.
    pub(super) async fn tell_images(&self, exchange: &Exchange) {
        match self.image_tokens(exchange).await {
            Ok(tokens) => output::aside(&format!("{} of the prompt's tokens are images", count(tokens))),
            Err(unknown) => output::aside(&format!("what the images cost is unknown: {unknown}")),
        }
    }
}

/// The images of a message for the document of `--json`.
pub(super) fn document(all: &[Image]) -> Value {
    let row = |one: &Image| {
        json!({"name": one.name, "media": one.media.mime(), "width": one.width, "height": one.height,
            "bytes": one.bytes, "sha256": one.hash})
    };
    all.iter().map(row).collect()
}
