//! Images that are attached: taken in, and whether the model sees; put into requests; counted after the answer.

use super::{Handles, endpoints};
use crate::app::Msg;
use crate::app::screens::chat::{Ask, Attach, Attached, Msg as ChatMsg};
use crate::base::Problem;
use crate::lab::chat::Image;
use crate::runtime::world::Common;
use crate::runtime::{images, sight};
use crate::store::{GeneralSettings, Paths};
use crate::wire::live::Client;
use crate::wire::{ChatRequest, Endpoint, Usage};
use std::path::Path;
use std::sync::Arc;

/// Takes an image in.
pub(super) fn attach(asked: Attach, common: &Common, handles: &Handles) {
    let (paths, client, tx) = (common.paths.clone(), handles.client.clone(), common.tx.clone());
    common.spawn(async move {
        let result = taken(&asked, paths, &client).await.map(Box::new);
        // The deck may have left meanwhile.
        let _ = tx.send(Msg::Chat(ChatMsg::Attached { asked: Box::new(asked), result })).await;
    });
}

/// Reads an image as it is drawn.
pub(super) fn preview(image: Image, common: &Common) {
    let paths = common.paths.clone();
    common.spawn_blocking(move || {
        let file = image.file()?;
        let bytes = images::kept(&paths, &file);
        let thumb = bytes.and_then(|bytes| images::pixels::thumb(&bytes, image.media)).ok().map(Arc::new);
        Some(Msg::Chat(ChatMsg::Previewed { file, thumb }))
    });
}

async fn taken(asked: &Attach, paths: Paths, client: &Client) -> Result<Attached, Problem> {
    let (path, whom, own) = (asked.path.clone(), asked.whom.clone(), paths.clone());
    let kept = tokio::task::spawn_blocking(move || images::keep(&own, Path::new(&path))).await;
    let image = kept.map_err(|error| Problem::failed("the image cannot be read", error.to_string(), "try again"))??;
    let Some((base_url, key, dialect, model, started)) = whom else {
        let sees = Err(crate::base::Unknown::because("it is not chosen whom to talk to"));
        return Ok(Attached { image, sees, most_tokens: None });
    };
    let folders = GeneralSettings::load(&paths).map(|loaded| loaded.value.model_folders).unwrap_or_default();
    let known =
        tokio::task::spawn_blocking(move || sight::of_model(&started, &paths, &folders)).await.unwrap_or_default();
    let endpoint = Endpoint { base_url, key: endpoints::key(&key).unwrap_or_default(), dialect, model };
    let sees = sight::sees(&endpoint, &known, client).await;
    Ok(Attached { image, sees, most_tokens: known.most_tokens })
}

/// Puts the bytes of images into a request.
pub(super) async fn fill(paths: Paths, mut request: ChatRequest) -> Result<ChatRequest, Problem> {
    if !images::any(&request.messages) {
        return Ok(request);
    }
    let filled =
        tokio::task::spawn_blocking(move || images::fill(&paths, &mut request.messages).map(|()| request)).await;
    filled.map_err(|error| Problem::failed("the images cannot be read", error.to_string(), "try again"))?
}

/// What the images of a prompt took: its tokens as the server said, less those of the same prompt without images.
pub(super) async fn counted(ask: &Ask, endpoint: &Endpoint, usage: Option<Usage>, client: &Client) -> Option<Msg> {
    let whole = usage?.prompt_tokens;
    let tokens = sight::image_tokens(endpoint, &ask.request.messages, whole, client).await.ok()?;
    let conversation = ask.stream.conversation;
    Some(Msg::Chat(ChatMsg::ImageTokens { conversation, turn: ask.turn, tokens }))
}
