//! Pictures that move: what a person sees step by step, as an animated PNG.

use std::fs::File;
use std::io::{BufWriter, Cursor};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use png::{BitDepth, ColorType, Decoder, Encoder};

use crate::Browser;

/// Bytes of a pixel: red, green, blue.
const PIXEL: usize = 3;

/// The pictures so far, and how long each is shown.
#[derive(Debug, Default)]
pub struct MovingPicture {
    width: u32,
    height: u32,
    frames: Vec<(Vec<u8>, u16)>,
}

/// The part of a picture that differs from the one before, in pixels.
struct Part {
    x: u32,
    y: u32,
    width: u32,
    height: u32,
}

impl MovingPicture {
    /// Adds what is in the window, to be shown for some hundredths of a second.
    ///
    /// # Errors
    /// If the browser is gone, or the window has another size than before.
    pub async fn add(&mut self, browser: &Browser, hundredths: u16) -> Result<()> {
        let png = browser.screenshot_as_png().await?;
        let mut reader = Decoder::new(Cursor::new(png)).read_info()?;
        let size = reader.output_buffer_size().context("a picture has a size")?;
        let mut pixels = vec![0; size];
        let info = reader.next_frame(&mut pixels)?;
        ensure!(info.bit_depth == BitDepth::Eight);
        let pixels = match info.color_type {
            ColorType::Rgb => pixels,
            ColorType::Rgba => {
                pixels.chunks_exact(4).flat_map(|pixel| pixel[..PIXEL].to_vec()).collect()
            }
            other => anyhow::bail!("a picture in {other:?}"),
        };
        let first = self.frames.is_empty();
        ensure!(first || (self.width, self.height) == (info.width, info.height));
        (self.width, self.height) = (info.width, info.height);
        self.frames.push((pixels, hundredths));
        Ok(())
    }

    /// Writes it; it plays for ever. Each picture but the first holds only what is new in it.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, file: &Path) -> Result<()> {
        let out = BufWriter::new(File::create(file)?);
        let mut encoder = Encoder::new(out, self.width, self.height);
        encoder.set_color(ColorType::Rgb);
        encoder.set_depth(BitDepth::Eight);
        encoder.set_compression(png::Compression::High);
        encoder.set_animated(self.frames.len() as u32, 0)?;
        let mut writer = encoder.write_header()?;
        let mut before: Option<&[u8]> = None;
        for (pixels, hundredths) in &self.frames {
            writer.set_frame_delay(*hundredths, 100)?;
            match before {
                None => writer.write_image_data(pixels)?,
                Some(before) => {
                    let part = self.changed(before, pixels);
                    writer.set_frame_position(0, 0)?;
                    writer.set_frame_dimension(part.width, part.height)?;
                    writer.set_frame_position(part.x, part.y)?;
                    writer.write_image_data(&self.cut(pixels, &part))?;
                }
            }
            before = Some(pixels);
        }
        Ok(writer.finish()?)
    }

    /// Where two pictures differ; a pixel if they do not.
    fn changed(&self, before: &[u8], after: &[u8]) -> Part {
        let differing = |at: &usize| {
            let at = at * PIXEL..(at + 1) * PIXEL;
            before[at.clone()] != after[at]
        };
        let width = self.width as usize;
        let (mut left, mut right, mut top, mut bottom) = (width, 0, usize::MAX, 0);
        for at in (0..after.len() / PIXEL).filter(differing) {
            let (x, y) = (at % width, at / width);
            (left, right) = (left.min(x), right.max(x));
            (top, bottom) = (top.min(y), bottom.max(y));
        }
        if top == usize::MAX {
            return Part { x: 0, y: 0, width: 1, height: 1 };
        }
        let length = |from: usize, to: usize| (to - from + 1) as u32;
        let (width, height) = (length(left, right), length(top, bottom));
        Part { x: left as u32, y: top as u32, width, height }
    }

    fn cut(&self, pixels: &[u8], part: &Part) -> Vec<u8> {
        let line = self.width as usize * PIXEL;
        let from = part.x as usize * PIXEL;
        let to = from + part.width as usize * PIXEL;
        let lines = pixels.chunks_exact(line).skip(part.y as usize);
        lines
            .take(part.height as usize)
            .flat_map(|line| line[from..to].to_vec())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changed_is_kept_of_a_later_picture() {
        let mut after = vec![0; 4 * 3 * PIXEL];
        let picture = MovingPicture { width: 4, height: 3, frames: Vec::new() };
        let before = after.clone();
        for at in [4 + 1, 2 * 4 + 2] {
            after[at * PIXEL] = 9;
        }
        let part = picture.changed(&before, &after);
        assert_eq!((part.x, part.y, part.width, part.height), (1, 1, 2, 2));
        let cut = picture.cut(&after, &part);
        assert_eq!(cut.iter().step_by(PIXEL).copied().collect::<Vec<_>>(), [9, 0, 0, 9]);
        assert_eq!(picture.changed(&after, &after).width, 1);
    }
}
