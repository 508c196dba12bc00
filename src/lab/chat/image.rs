//! Images that are said beside a text: what is known of them, read out of their first bytes. The bytes themselves lie in the
//! store under their hash; requests name them until they leave.

use crate::base::text::clean_line;
use crate::base::units::Bytes;
use crate::base::{Problem, text};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Most bytes of an image.
pub const MOST_BYTES: u64 = 20 << 20;
/// Most pixels of a side.
pub const MOST_SIDE: u32 = 16_384;
/// Most images of one message.
pub const MOST_IMAGES: usize = 16;
/// How a request names an image whose bytes are not put in yet.
pub const REFERENCE: &str = "vramdeck-image:";
/// Columns of a name in a chip.
const NAME_COLUMNS: usize = 32;

/// A kind of image file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Media {
    /// Portable Network Graphics.
    Png,
    /// JPEG.
    Jpeg,
    /// GIF.
    Gif,
    /// WebP.
    Webp,
}

impl Media {
    /// The media type in a request.
    pub fn mime(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
        }
    }

    /// The ending of a file.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::Gif => "gif",
            Self::Webp => "webp",
        }
    }
}

/// One image of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// SHA-256 of its bytes, in hexadecimal.
    pub hash: String,
    /// The name of the file it came from, without folders.
    pub name: String,
    /// Its kind.
    pub media: Media,
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
    /// Bytes of the file.
    pub bytes: u64,
}

impl Image {
    /// The mark that stands for it in texts: `[image cat.png 640x480 117 KiB]`.
    pub fn chip(&self) -> String {
        let name = clean_line(&self.name);
        let name = text::fit(&name, NAME_COLUMNS);
        format!("[image {name} {}x{} {}]", self.width, self.height, Bytes(self.bytes))
    }

    /// The file's name among the kept ones; `None` where the hash is none (a file changed by hand).
    pub fn file(&self) -> Option<String> {
        let good = self.hash.len() == 64 && self.hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        good.then(|| format!("{}.{}", self.hash, self.media.ending()))
    }

    /// Its part of a message in OpenAI's shape, the bytes named only.
    pub fn part(&self) -> Value {
        let file = self.file().unwrap_or_default();
        json!({"type": "image_url", "image_url": {"url": format!("{REFERENCE}{file}")}})
    }
}

/// What a person says: a text with images.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Said {
    /// The text.
    pub text: String,
    /// The images, in order.
    pub images: Vec<Image>,
}

impl<T: Into<String>> From<T> for Said {
    fn from(text: T) -> Self {
        Self { text: text.into(), images: Vec::new() }
    }
}

/// An image small enough to draw in cells, each of which shows two pixels one above the other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Thumb {
    /// Rows of cells: red, green and blue of the upper and of the lower pixel.
    pub rows: Vec<Vec<([u8; 3], [u8; 3])>>,
}

/// Columns of a drawn image.
pub const THUMB_COLUMNS: u32 = 32;
/// Rows of a drawn image.
pub const THUMB_ROWS: u32 = 12;

/// The content of a user's message: its text alone, or parts where images go along.
pub fn content(text: &str, images: &[Image]) -> Value {
    if images.is_empty() {
        return text.into();
    }
    let words = (!text.is_empty()).then(|| json!({"type": "text", "text": text}));
    images.iter().map(Image::part).chain(words).collect()
}

/// Kind and size of an image by its first bytes.
///
/// # Errors
/// When it is no PNG, JPEG, GIF or WebP, is cut off, or has a side of no or of too many pixels.
pub fn measure(bytes: &[u8]) -> Result<(Media, u32, u32), Problem> {
    let hint = "give a PNG, JPEG, GIF or WebP file";
    let bad = |why: String| Problem::usage("the image cannot be used", why, hint);
    if bytes.len() as u64 > MOST_BYTES {
        return Err(bad(format!("it is larger than {}", Bytes(MOST_BYTES))));
    }
    let media = kind(bytes).ok_or_else(|| bad("it is no PNG, JPEG, GIF or WebP image".to_owned()))?;
    let size = match media {
        Media::Png => png(bytes),
        Media::Jpeg => jpeg(bytes),
        Media::Gif => gif(bytes),
        Media::Webp => webp(bytes),
    };
    let (width, height) = size.ok_or_else(|| bad("its size cannot be read: it is cut off or damaged".to_owned()))?;
    if width == 0 || height == 0 || width > MOST_SIDE || height > MOST_SIDE {
        return Err(bad(format!("{width}x{height} pixels are not from 1 to {MOST_SIDE} a side")));
    }
    Ok((media, width, height))
}

fn kind(bytes: &[u8]) -> Option<Media> {
    let is = |start: &[u8]| bytes.starts_with(start);
    match () {
        () if is(b"\x89PNG\r\n\x1a\n") => Some(Media::Png),
        () if is(b"\xff\xd8\xff") => Some(Media::Jpeg),
        () if is(b"GIF87a") || is(b"GIF89a") => Some(Media::Gif),
        () if is(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") => Some(Media::Webp),
        () => None,
    }
}

/// Bytes at a place.
fn at<const N: usize>(bytes: &[u8], place: usize) -> Option<[u8; N]> {
    bytes.get(place..)?.first_chunk().copied()
}

/// The header chunk comes first: length, `IHDR`, width, height.
fn png(bytes: &[u8]) -> Option<(u32, u32)> {
    (at(bytes, 12) == Some(*b"IHDR"))
        .then(|| Some((u32::from_be_bytes(at(bytes, 16)?), u32::from_be_bytes(at(bytes, 20)?))))?
}

fn gif(bytes: &[u8]) -> Option<(u32, u32)> {
    Some((u16::from_le_bytes(at(bytes, 6)?).into(), u16::from_le_bytes(at(bytes, 8)?).into()))
}

/// Segments up to the one that begins a frame (SOF0 to SOF15 without DHT, JPG and DAC).
fn jpeg(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut place = 2;
    loop {
        let [0xff, marker] = at(bytes, place)? else { return None };
        match marker {
            // A byte that fills, or a marker without a length.
            0xff => place += 1,
            0x01 | 0xd0..=0xd8 => place += 2,
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                let (height, width) = (at(bytes, place + 5)?, at(bytes, place + 7)?);
                return Some((u16::from_be_bytes(width).into(), u16::from_be_bytes(height).into()));
            }
            // The picture itself or its end, before any frame.
            0xd9 | 0xda => return None,
            _ => {
                let length = usize::from(u16::from_be_bytes(at(bytes, place + 2)?));
                place = place.checked_add(2)?.checked_add(length.max(2))?;
            }
        }
    }
}

/// The three ways in which WebP begins: lossy, lossless, extended.
fn webp(bytes: &[u8]) -> Option<(u32, u32)> {
    match &at::<4>(bytes, 12)? {
        b"VP8 " => {
            let start = at::<3>(bytes, 23)? == [0x9d, 0x01, 0x2a];
            let side = |place| Some(u32::from(u16::from_le_bytes(at(bytes, place)?) & 0x3fff));
            start.then(|| Some((side(26)?, side(28)?)))?
        }
        b"VP8L" => {
            let bits = u32::from_le_bytes(at(bytes, 21)?);
            (at(bytes, 20) == Some([0x2f])).then(|| ((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
        }
        b"VP8X" => {
            let side = |place| {
                let [low, middle, high] = at(bytes, place)?;
                Some(u32::from_le_bytes([low, middle, high, 0]) + 1)
            };
            Some((side(24)?, side(27)?))
        }
        _ => None,
    }
}

/// The path in a pasted text, where all of it is one that ends like an image: terminals paste it when a file is dragged onto
/// them, some in quotes, some with blanks escaped, some as a `file://` address.
pub fn pasted_path(pasted: &str) -> Option<String> {
    let line = pasted.trim();
    if line.is_empty() || line.len() > 4096 || line.contains(['\n', '\r', '\0']) {
        return None;
    }
    let quoted = |mark: char| line.strip_prefix(mark)?.strip_suffix(mark);
    let path = match (quoted('\'').or_else(|| quoted('"')), line.strip_prefix("file://")) {
        (Some(inside), _) => inside.to_owned(),
        (None, Some(address)) => decoded(address.strip_prefix("localhost").unwrap_or(address))?,
        (None, None) => unescaped(line),
    };
    let begins = path.starts_with('/') || path.starts_with("~/") || path.starts_with("./") || path.starts_with("../");
    let ending = path.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    let image = ["png", "jpg", "jpeg", "gif", "webp"].contains(&ending.as_str());
    (begins && image).then_some(path)
}

/// `%20` and the like.
fn decoded(address: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(address.len());
    let mut rest = address.as_bytes();
    while let Some((first, more)) = rest.split_first() {
        if *first == b'%' {
            let digits = std::str::from_utf8(more.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = more.get(2..)?;
        } else {
            bytes.push(*first);
            rest = more;
        }
    }
    String::from_utf8(bytes).ok().filter(|path| !path.contains('\0'))
}

fn unescaped(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next()),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn riff(tag: &[u8; 4], rest: &[u8]) -> Vec<u8> {
        [&b"RIFF\0\0\0\0WEBP"[..], tag, &[0; 4], rest].concat()
    }

    #[test]
    fn sizes_are_read_out_of_headers() {
        let png = [&b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR"[..], &[0, 0, 2, 128, 0, 0, 1, 224]].concat();
        let gif = b"GIF89a\x80\x02\xe0\x01\0".to_vec();
        let jpeg =
            [&b"\xff\xd8\xff\xe0\0\x04ab"[..], b"\xff\xff\xc4\0\x03x", b"\xff\xc2\0\x11\x08\x01\xe0\x02\x80\x03"]
                .concat();
        let lossy = riff(b"VP8 ", &[0, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01]);
        let lossless = riff(b"VP8L", &[[0x2f].to_vec(), (639u32 | 479 << 14).to_le_bytes().to_vec()].concat());
        let extended = riff(b"VP8X", &[0, 0, 0, 0, 0x7f, 0x02, 0, 0xdf, 0x01, 0]);
        for (bytes, media) in [
            (png, Media::Png),
            (gif, Media::Gif),
            (jpeg, Media::Jpeg),
            (lossy, Media::Webp),
            (lossless, Media::Webp),
            (extended, Media::Webp),
        ] {
            assert_eq!(measure(&bytes), Ok((media, 640, 480)));
            let cut = measure(&bytes[..bytes.len() - 3]).map(|_| ());
            assert!(media == Media::Gif || cut.unwrap_err().why.contains("cut off"), "{media:?}");
        }
        for (bytes, says) in [
            (&b"plain text"[..], "no PNG"),
            (b"", "no PNG"),
            (b"<svg></svg>", "no PNG"),
            (b"\xff\xd8\xff\xda\0\0", "cannot be read"),
            (b"GIF87a\0\0\x01\0", "0x1 pixels"),
            (b"GIF87a\xff\xff\x01\0", "65535x1 pixels"),
        ] {
            assert!(measure(bytes).unwrap_err().why.contains(says), "{bytes:?}");
        }
    }

    #[test]
    fn dragged_files_are_known() {
        for (pasted, path) in [
            ("/tmp/a cat.png\n", Some("/tmp/a cat.png")),
            ("'/tmp/a cat.PNG' ", Some("/tmp/a cat.PNG")),
            ("/tmp/a\\ cat\\(1\\).jpeg", Some("/tmp/a cat(1).jpeg")),
            ("file:///tmp/a%20cat.webp", Some("/tmp/a cat.webp")),
            ("file://localhost/tmp/x.gif", Some("/tmp/x.gif")),
            ("~/x.jpg", Some("~/x.jpg")),
            ("/tmp/notes.txt", None),
            ("look at x.png", None),
            ("/tmp/a.png\n/tmp/b.png", None),
            ("file:///tmp/%zz.png", None),
            ("", None),
        ] {
            assert_eq!(pasted_path(pasted).as_deref(), path, "{pasted:?}");
        }
    }

    #[test]
    fn a_message_with_images_has_parts() {
        let image = Image {
            hash: "ab".repeat(32),
            name: "a\u{1b}.png".into(),
            media: Media::Png,
            width: 640,
            height: 480,
            bytes: 120_000,
        };
        assert_eq!(image.chip(), "[image a␛.png 640x480 117 KiB]");
        let content = content("what?", std::slice::from_ref(&image));
        assert_eq!(content[0]["image_url"]["url"], format!("vramdeck-image:{}.png", "ab".repeat(32)));
        assert_eq!(content[1], json!({"type": "text", "text": "what?"}));
        assert_eq!(super::content("x", &[]), json!("x"));
        assert_eq!(Image { hash: "../../etc".into(), ..image }.file(), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(start in 0usize..6, rest in prop::collection::vec(any::<u8>(), 0..80)) {
            let starts: [&[u8]; 6] = [b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"RIFF0000WEBPVP8 ", b"RIFF0000WEBPVP8X"];
            if let Ok((_, width, height)) = measure(&[starts[start], &rest].concat()) {
                prop_assert!((1..=MOST_SIDE).contains(&width) && (1..=MOST_SIDE).contains(&height));
            }
        }

        #[test]
        fn any_paste_is_answered(text in "\\PC{0,40}") {
            let _ = pasted_path(&text);
        }
    }
}
