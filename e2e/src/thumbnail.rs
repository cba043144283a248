//! Pictures of the page so small that they are the same on all machines: how bright each square of
//! 40 pixels is, and how much there is in it. Fonts differ by machine; where things are does not.

use anyhow::{Context, Result};

use crate::Browser;

/// Edge of a square, in CSS pixels.
const SQUARE: u32 = 40;
/// A square differs if its brightness or its content does by this many of 15 levels.
const STEP: u32 = 3;
/// The share of squares that may differ.
const MAX_SHARE: f64 = 0.05;

/// Two hexadecimal digits for each square, line by line: the mean of its brightness, and the
/// deviation from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thumbnail(pub Vec<String>);

/// Reduces a picture to its squares.
const REDUCE: &str = "const [base64, square, done] = arguments;
    (async () => {
        const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
        const whole = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
        const [width, height] = [whole.width, whole.height].map((n) => Math.ceil(n / square));
        const canvas = new OffscreenCanvas(whole.width, whole.height);
        const context = canvas.getContext('2d');
        context.drawImage(whole, 0, 0);
        const { data } = context.getImageData(0, 0, whole.width, whole.height);
        const sums = new Float64Array(width * height);
        const squares = new Float64Array(width * height);
        const counts = new Float64Array(width * height);
        for (let y = 0; y < whole.height; y += 1) for (let x = 0; x < whole.width; x += 1) {
            const at = 4 * (y * whole.width + x);
            const cell = Math.floor(y / square) * width + Math.floor(x / square);
            const light = 0.2126 * data[at] + 0.7152 * data[at + 1] + 0.0722 * data[at + 2];
            sums[cell] += light;
            squares[cell] += light * light;
            counts[cell] += 1;
        }
        const level = (part) => Math.min(15, Math.max(0, Math.round(part * 15))).toString(16);
        const digit = (cell) => {
            const mean = sums[cell] / counts[cell];
            const deviation = Math.sqrt(Math.max(0, squares[cell] / counts[cell] - mean * mean));
            return level(mean / 255) + level(deviation / 80);
        };
        done(Array.from({ length: height }, (_, y) =>
            Array.from({ length: width }, (_, x) => digit(y * width + x)).join('')));
    })();";

impl Thumbnail {
    /// What is in the window.
    ///
    /// # Errors
    /// If the browser is gone.
    pub async fn of(browser: &Browser) -> Result<Thumbnail> {
        let picture = browser.screenshot_as_png_base64().await?;
        let lines = browser.execute_async(REDUCE, vec![picture.into(), SQUARE.into()]);
        let lines = serde_json::from_value(lines.await?.json().clone());
        Ok(Thumbnail(lines.context("a picture becomes lines")?))
    }

    /// Why it is not the same as a reference; none if it is.
    pub fn difference(&self, reference: &Thumbnail) -> Option<String> {
        let sizes =
            |it: &Thumbnail| -> Vec<usize> { it.0.iter().map(String::len).collect() };
        if sizes(self) != sizes(reference) {
            return Some("it has another size".into());
        }
        let levels = |it: &Thumbnail| -> Vec<u32> {
            it.0.concat().chars().map(|c| c.to_digit(16).unwrap_or_default()).collect()
        };
        let (mine, theirs) = (levels(self), levels(reference));
        let squares = mine.chunks(2).zip(theirs.chunks(2)).enumerate();
        let differs: Vec<usize> = squares
            .filter(|(_, (a, b))| a.iter().zip(*b).any(|(a, b)| a.abs_diff(*b) >= STEP))
            .map(|(index, _)| index)
            .collect();
        let share = 2.0 * differs.len() as f64 / mine.len().max(1) as f64;
        let width = self.0.first().map_or(1, |line| (line.len() / 2).max(1));
        let first = differs.first().map(|at| (at % width, at / width));
        (share > MAX_SHARE).then(|| {
            let (x, y) = first.unwrap_or_default();
            format!(
                "{:.1} % of the squares differ, the first at {}, {} px",
                share * 100.0,
                x as u32 * SQUARE,
                y as u32 * SQUARE
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &[&str]) -> Thumbnail {
        Thumbnail(lines.iter().map(|line| line.to_string()).collect())
    }

    #[test]
    fn a_little_brighter_or_a_single_square_is_the_same_and_a_region_is_not() {
        let page = of(&["f0f0f0f0", "f0f0f0f0", "f0f0f0f0", "f0f0f0f0", "f0f0f0f0"]);
        let a_little = of(&["e1e1e1e1", "e1e1e1e1", "e1e1e1e1", "e1e1e1e1", "e1e1e1e1"]);
        assert_eq!(page.difference(&a_little), None);
        let one = of(&["f0f0f0f0", "f000f0f0", "f0f0f0f0", "f0f0f0f0", "f0f0f0f0"]);
        assert_eq!(page.difference(&one), None);
        let with_text = of(&["f0f0f5f5", "f0f0f0f0", "f0f0f0f0", "f0f0f0f0", "f0f0f0f0"]);
        let said = page.difference(&with_text).unwrap();
        assert!(said.contains("10.0 %") && said.contains("80, 0 px"), "{said}");
        assert!(page.difference(&of(&["f0f0"])).unwrap().contains("size"));
    }
}
