//! The pixels of an image: made smaller where that was asked for, and for drawing.

use crate::base::Problem;
use crate::lab::chat::image::{MOST_SIDE, Media, THUMB_COLUMNS, THUMB_ROWS, Thumb};
use image::{DynamicImage, ImageFormat, ImageReader, Limits};
use std::io::Cursor;

/// Most bytes that a decoder may take.
const MOST_MEMORY: u64 = 512 << 20;

/// The pixels; of an image that moves, those of its first picture.
///
/// # Errors
/// When the bytes are damaged, or need more than 512 MiB.
pub fn decode(bytes: &[u8], media: Media) -> Result<DynamicImage, Problem> {
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(MOST_SIDE), Some(MOST_SIDE));
    limits.max_alloc = Some(MOST_MEMORY);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format(media));
    reader.limits(limits);
    reader
        .decode()
        .map_err(|error| Problem::failed("the image cannot be read", error.to_string(), "save it anew as PNG or JPEG"))
}

/// The image with no side longer than `side`; `None` where it is not longer. JPEG stays JPEG, everything else becomes PNG.
///
/// # Errors
/// When the bytes are damaged.
pub fn scaled(bytes: &[u8], media: Media, side: u32) -> Result<Option<(Media, Vec<u8>)>, Problem> {
    let pixels = decode(bytes, media)?;
    if pixels.width().max(pixels.height()) <= side {
        return Ok(None);
    }
    let smaller = pixels.resize(side, side, image::imageops::FilterType::Triangle);
    let (media, smaller) = match media {
        Media::Jpeg => (Media::Jpeg, DynamicImage::from(smaller.to_rgb8())),
        _ => (Media::Png, DynamicImage::from(smaller.to_rgba8())),
    };
    let mut out = Cursor::new(Vec::new());
    smaller.write_to(&mut out, format(media)).map_err(|error| {
        Problem::failed("the image cannot be made smaller", error.to_string(), "make it smaller yourself")
    })?;
    Ok(Some((media, out.into_inner())))
}

/// The image as cells of two pixels each, no larger than a preview may be.
///
/// # Errors
/// When the bytes are damaged.
pub fn thumb(bytes: &[u8], media: Media) -> Result<Thumb, Problem> {
    let pixels = decode(bytes, media)?.thumbnail(THUMB_COLUMNS, THUMB_ROWS * 2).to_rgb8();
    let at = |x: u32, y: u32| pixels.get_pixel_checked(x, y).map_or([0; 3], |pixel| pixel.0);
    let row = |y: u32| (0..pixels.width()).map(|x| (at(x, y), at(x, y + 1))).collect();
    Ok(Thumb { rows: (0..pixels.height()).step_by(2).map(row).collect() })
}

fn format(media: Media) -> ImageFormat {
    match media {
        Media::Png => ImageFormat::Png,
        Media::Jpeg => ImageFormat::Jpeg,
        Media::Gif => ImageFormat::Gif,
        Media::Webp => ImageFormat::WebP,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::chat::image::measure;

    fn picture(width: u32, height: u32, media: Media) -> Vec<u8> {
        let pixels = image::RgbImage::from_fn(width, height, |x, y| image::Rgb([x as u8, y as u8, 9]));
        let mut out = Cursor::new(Vec::new());
        DynamicImage::from(pixels).write_to(&mut out, format(media)).unwrap();
        out.into_inner()
    }

    #[test]
    fn headers_say_what_decoders_find() {
        for media in [Media::Png, Media::Jpeg, Media::Gif, Media::Webp] {
            let bytes = picture(37, 11, media);
            assert_eq!(measure(&bytes), Ok((media, 37, 11)));
            let pixels = decode(&bytes, media).unwrap();
            assert_eq!((pixels.width(), pixels.height()), (37, 11));
            assert!(decode(&bytes[..bytes.len() / 3], media).is_err(), "{media:?}");
        }
    }

    #[test]
    fn a_preview_is_small_and_keeps_its_shape() {
        for (width, height, columns, rows) in
            [(640, 480, 32, 12), (100, 1000, 2, 12), (1000, 100, 32, 2), (1, 1, 24, 12)]
        {
            let thumb = thumb(&picture(width, height, Media::Png), Media::Png).unwrap();
            assert_eq!((thumb.rows[0].len(), thumb.rows.len()), (columns, rows), "{width}x{height}");
        }
    }

    #[test]
    fn only_what_is_too_large_is_made_smaller() {
        assert_eq!(scaled(&picture(40, 20, Media::Png), Media::Png, 40), Ok(None));
        for (media, to) in [(Media::Png, Media::Png), (Media::Jpeg, Media::Jpeg), (Media::Webp, Media::Png)] {
            let (found, bytes) = scaled(&picture(40, 20, media), media, 10).unwrap().unwrap();
            assert_eq!((found, measure(&bytes)), (to, Ok((to, 10, 5))));
        }
    }
}
