//! Images of conversations: taken in from files, kept under their hash where only the user can read them, put into requests.

pub mod pixels;

use crate::base::Problem;
use crate::base::text::clean_line;
use crate::lab::chat::image::{self, Image, MOST_BYTES, REFERENCE};
use crate::store::{Paths, files};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The folder of kept images.
fn folder(paths: &Paths) -> PathBuf {
    paths.data.join("images")
}

/// A file's bytes with what is known of it.
///
/// # Errors
/// When it cannot be read, or is no image that can be sent.
pub fn open(path: &Path) -> Result<(Image, Vec<u8>), Problem> {
    let path = at_home(path);
    let what = || format!("{} cannot be attached", path.display());
    let hint = "give the path of a PNG, JPEG, GIF or WebP file";
    let refused = |why: String| Problem::usage(what(), why, hint);
    let about = std::fs::metadata(&path).map_err(|error| refused(error.to_string()))?;
    if !about.is_file() {
        return Err(refused("it is no file".to_owned()));
    }
    let mut bytes = Vec::new();
    let read = File::open(&path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes));
    read.map_err(|error| refused(error.to_string()))?;
    let name = clean_line(&path.file_name().unwrap_or_default().to_string_lossy());
    let image = described(name, &bytes).map_err(|problem| Problem { what: what(), ..problem })?;
    Ok((image, bytes))
}

/// What is known of an image by its bytes.
///
/// # Errors
/// When they are no image that can be sent.
pub fn described(name: String, bytes: &[u8]) -> Result<Image, Problem> {
    let (media, width, height) = image::measure(bytes)?;
    Ok(Image { hash: hash(bytes), name, media, width, height, bytes: bytes.len() as u64 })
}

/// Takes a file in: its bytes are kept (0600), whatever becomes of the file.
///
/// # Errors
/// When it cannot be read, is no image that can be sent, or cannot be kept.
pub fn keep(paths: &Paths, path: &Path) -> Result<Image, Problem> {
    let (image, bytes) = open(path)?;
    let file = image.file().map(|name| folder(paths).join(name));
    match file {
        Some(file) if !file.is_file() => files::write_private(&file, &bytes).map(|()| image),
        _ => Ok(image),
    }
}

/// The kept bytes of an image.
///
/// # Errors
/// When they are not there, or are others than those that were kept.
pub fn kept(paths: &Paths, file: &str) -> Result<Vec<u8>, Problem> {
    let (stem, ending) = file.split_once('.').unwrap_or((file, ""));
    let named = stem.len() == 64 && stem.bytes().all(|byte| byte.is_ascii_hexdigit()) && ending.len() < 5;
    let path = folder(paths).join(if named { file } else { "none" });
    let gone = |why: String| {
        let hint = "edit the message and attach the image again, or take it out";
        Problem::failed("an image of this conversation is not there", why, hint)
    };
    let mut bytes = Vec::new();
    let read = File::open(&path).and_then(|open| open.take(MOST_BYTES + 1).read_to_end(&mut bytes));
    read.map_err(|error| gone(format!("{}: {error}", path.display())))?;
    match hash(&bytes) == stem {
        true => Ok(bytes),
        false => Err(gone(format!("{} was changed", path.display()))),
    }
}

/// An image as a part of a message.
pub fn data_url(media: &str, bytes: &[u8]) -> String {
    format!("data:{media};base64,{}", STANDARD.encode(bytes))
}

/// Puts the kept bytes into messages that name them.
///
/// # Errors
/// When an image is not there any more.
pub fn fill(paths: &Paths, messages: &mut [Value]) -> Result<(), Problem> {
    let parts = messages.iter_mut().filter_map(|message| message.get_mut("content")?.as_array_mut()).flatten();
    for url in parts.filter_map(|part| part.pointer_mut("/image_url/url")) {
        let Some(file) = url.as_str().and_then(|url| url.strip_prefix(REFERENCE)) else { continue };
        let bytes = kept(paths, file)?;
        let media = image::measure(&bytes)?.0;
        *url = data_url(media.mime(), &bytes).into();
    }
    Ok(())
}

/// Whether any message names an image.
pub fn any(messages: &[Value]) -> bool {
    let parts = messages.iter().filter_map(|message| message.get("content")?.as_array()).flatten();
    parts.into_iter().any(|part| part.get("image_url").is_some())
}

/// The same messages without their images.
pub fn without(messages: &[Value]) -> Vec<Value> {
    let mut messages = messages.to_vec();
    for content in messages.iter_mut().filter_map(|message| message.get_mut("content")) {
        if let Some(parts) = content.as_array() {
            let texts = parts.iter().filter_map(|part| part.get("text")?.as_str());
            *content = texts.collect::<Vec<_>>().join("\n").into();
        }
    }
    messages
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// `~/` is the home of this user.
fn at_home(path: &Path) -> PathBuf {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    match (path.strip_prefix("~"), home) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::chat::image::content;
    use serde_json::json;
    use std::os::unix::fs::PermissionsExt;

    const GIF: &[u8] = b"GIF89a\x02\0\x03\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x02\0\x03\0\0\x02\x02\x04\x0a\0;";

    #[test]
    fn an_image_is_kept_and_put_into_a_request() {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        let file = home.path().join("a cat.gif");
        std::fs::write(&file, GIF).unwrap();
        let image = keep(&paths, &file).unwrap();
        assert_eq!((image.name.as_str(), image.width, image.height), ("a cat.gif", 2, 3));
        std::fs::remove_file(&file).unwrap();
        let kept_at = folder(&paths).join(image.file().unwrap());
        assert_eq!(std::fs::metadata(&kept_at).unwrap().permissions().mode() & 0o777, 0o600);
        let mut messages = vec![json!({"role": "user", "content": content("what?", &[image])})];
        assert!(any(&messages) && !any(&without(&messages)) && without(&messages)[0]["content"] == "what?");
        fill(&paths, &mut messages).unwrap();
        let url = messages[0]["content"][0]["image_url"]["url"].as_str().unwrap();
        assert_eq!(url, data_url("image/gif", GIF));
        std::fs::write(&kept_at, b"GIF89a\x09\0\x09\0").unwrap();
        let mut again = vec![
            json!({"content": [{"image_url": {"url": format!("{REFERENCE}{}", kept_at.file_name().unwrap().to_str().unwrap())}}]}),
        ];
        assert!(fill(&paths, &mut again).unwrap_err().why.contains("was changed"));
        std::fs::remove_file(&kept_at).unwrap();
        assert!(fill(&paths, &mut again).unwrap_err().what.contains("not there"));
        let mut foreign = vec![json!({"content": [{"image_url": {"url": "vramdeck-image:../../x"}}]})];
        assert!(fill(&paths, &mut foreign).is_err());
    }

    #[test]
    fn what_is_no_image_is_refused() {
        let home = tempfile::tempdir().unwrap();
        let text = home.path().join("x.png");
        std::fs::write(&text, "not a picture").unwrap();
        assert!(open(&text).unwrap_err().why.contains("no PNG"));
        assert!(open(home.path()).unwrap_err().why.contains("no file"));
        assert_eq!(open(Path::new("/nowhere/x.png")).unwrap_err().exit_code(), 2);
    }
}
