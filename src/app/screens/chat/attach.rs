//! Images that go along with a message: taken in from a path, shown as a chip, their tokens told after the answer.

use super::dialog::Dialog;
use super::effect::{Attach, Attached, Effect, Write};
use super::state::{Cx, State};
use crate::app::field::Field;
use crate::base::Problem;
use crate::base::text::clean_line;
use crate::base::units::count;
use crate::lab::chat::image::{MOST_IMAGES, Media};
use crate::lab::chat::{ConversationId, Image, TurnFigures, TurnId};
use crate::wire::Dialect;

impl State {
    /// Asks for an image to be taken in.
    pub(super) fn take_image(&mut self, path: String, pasted: bool, cx: &mut Cx<'_>) {
        let resolved = self.resolve(cx.shared).ok();
        let run = self.front.target.as_ref().and_then(|target| target.run.as_ref());
        let started = run.and_then(|run| cx.shared.runs.iter().find(|state| state.run == *run));
        let whom = resolved.map(|to| {
            let started = started.map_or_else(|| to.model.clone(), |state| state.model.clone());
            (to.base_url, to.key, to.dialect, to.model, started)
        });
        cx.wish(Effect::Attach(Box::new(Attach { conversation: self.front.id(), path, pasted, whom })));
    }

    /// Takes the path of the dialog, which stays until the image is there.
    pub(super) fn accept_path(&mut self, field: Field, cx: &mut Cx<'_>) {
        let path = field.text().trim().to_owned();
        if path.is_empty() {
            return;
        }
        self.take_image(path, false, cx);
        self.dialog = Some(Dialog::Attach { field, wrong: None });
    }

    /// An image was taken in, or could not be.
    pub(super) fn attached(&mut self, asked: Attach, result: Result<Box<Attached>, Problem>, cx: &mut Cx<'_>) {
        let full = |talk: &super::talk::Talk| talk.composer.images().len() >= MOST_IMAGES;
        let Some(talk) = self.talk_mut(asked.conversation) else { return };
        let result = match result {
            Ok(_) if full(talk) => {
                let why = format!("{MOST_IMAGES} are there already");
                Err(Problem::usage("no more images fit into this message", why, "send them in several messages"))
            }
            result => result,
        };
        match result {
            Ok(attached) => {
                talk.composer.attach(attached.image.clone());
                if matches!(self.dialog, Some(Dialog::Attach { .. })) {
                    self.dialog = None;
                }
                let dialect = asked.whom.as_ref().map(|(_, _, dialect, ..)| *dialect);
                let model = asked.whom.as_ref().map(|(.., model, _)| model.as_str());
                note(&attached, dialect, model).into_iter().for_each(|note| cx.info(note));
            }
            // What looked like an image is text after all.
            Err(_) if asked.pasted => talk.composer.paste(&asked.path),
            Err(problem) => match &mut self.dialog {
                Some(Dialog::Attach { wrong, .. }) => *wrong = Some(problem),
                _ => cx.problem(problem),
            },
        }
    }

    /// Asks for the images of the conversation in front as they are drawn, each once.
    pub(super) fn settle_previews(&mut self, cx: &mut Cx<'_>) {
        const MOST: usize = 256;
        let path = self.front.tree.path();
        let images = path.iter().flat_map(|turn| turn.choices.get(turn.chosen)).flat_map(|choice| &choice.images);
        let wanted: Vec<(String, Image)> = images
            .filter_map(|image| Some((image.file()?, image.clone())))
            .filter(|(file, _)| !self.previews.contains_key(file))
            .collect();
        for (file, image) in wanted {
            if self.previews.len() < MOST && self.previews.insert(file, None).is_none() {
                cx.wish(Effect::Preview(image));
            }
        }
    }

    /// What the images of a prompt took, told after the answer.
    pub(super) fn counted_images(&mut self, conversation: ConversationId, turn: TurnId, tokens: u64) {
        let Some(talk) = self.talk_mut(conversation) else { return };
        let Some(figures) = talk.tree.turn(turn).map(|turn| turn.figures) else { return };
        let figures = TurnFigures { image_tokens: Some(tokens), ..figures };
        talk.tree.set_figures(turn, figures);
        let batch = talk.tree.batch_of(&[turn]);
        self.storage.push(Write::Batch(batch));
    }
}

/// What is to be said of an image and a model.
fn note(attached: &Attached, dialect: Option<Dialect>, model: Option<&str>) -> Vec<String> {
    let model = clean_line(model.unwrap_or("the model"));
    let sees = match (&attached.sees, attached.most_tokens) {
        (Ok(true), Some(tokens)) => {
            Some(format!("the image costs at most {} tokens by the model's configuration", count(tokens)))
        }
        (Ok(true), None) => None,
        (Ok(false), _) => Some(format!("{model} is not known to see: it may refuse the image or pass over it")),
        (Err(unknown), _) => Some(format!("whether {model} sees is unknown ({unknown}); you may try")),
    };
    let webp = attached.image.media == Media::Webp && matches!(dialect, Some(Dialect::LlamaCpp | Dialect::Ollama));
    let webp = webp.then(|| "llama.cpp is not known to read WebP: a PNG or JPEG is safer".to_owned());
    sees.into_iter().chain(webp).collect()
}
