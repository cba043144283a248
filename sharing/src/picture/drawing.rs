//! The elements of an SVG text, placed from the top to the bottom. Letters are monospaced, so
//! that widths are known without measuring.

use std::fmt::Write as _;

/// The colours of the light page: a file is for paper, and has no theme.
pub(super) const INK: &str = "#1b2230";
/// Of what is beside the matter.
pub(super) const MUTED: &str = "#596273";
/// Of lines, which are seen against the paper.
const LINE: &str = "#858b98";
/// Of outlined bars.
const PALE: &str = "#e4e9f7";
/// Of solid bars.
const SOLID: &str = "#24408e";
/// Of shadings above 0.
const MORE: &str = "#6d8de2";
/// Of shadings below 0.
const LESS: &str = "#a32a76";
/// The opacity of the strongest shadings under letters: the letters stay legible, and a fifth more or
/// less is seen in grey, too (tests).
const MORE_UNDER_LETTERS: f32 = 0.8;
const LESS_UNDER_LETTERS: f32 = 0.6;
/// The height of the line at the foot of what is below 0, in pixels.
const FOOT: u32 = 2;

/// The width of a letter, in pixels.
pub(super) const LETTER: u32 = 8;
/// The height of a line.
pub(super) const LINE_HEIGHT: u32 = 20;
/// The letters in a line of running text.
pub(super) const LINE_LETTERS: u32 = 96;
/// The distance of everything to the edges.
const MARGIN: u32 = 16;
/// Of a line's top to where its letters stand.
const BASELINE: u32 = 14;

/// What has been drawn so far.
#[derive(Debug, Default)]
pub(super) struct Drawing {
    body: String,
    /// The furthest that anything reaches to the right, without margins.
    width: u32,
    /// Where the next part begins, without margins.
    pub(super) top: u32,
}

impl Drawing {
    /// Leaves some pixels free.
    pub(super) fn skip(&mut self, height: u32) {
        self.top += height;
    }

    /// A rectangle that shows a share, −1 to 1; none for 0.
    pub(super) fn shade(&mut self, place: (u32, u32), size: (u32, u32), share: f32) {
        self.shade_to(place, size, share, 1.0);
    }

    /// The same under letters, which stay legible. What is below 0 has a line at its foot, too, so
    /// that it is told from what is above without colours.
    pub(super) fn shade_under_letters(
        &mut self,
        place: (u32, u32),
        size: (u32, u32),
        share: f32,
    ) {
        let strongest = if share < 0.0 { LESS_UNDER_LETTERS } else { MORE_UNDER_LETTERS };
        self.shade_to(place, size, share, strongest);
        if share < 0.0 {
            let (x, y) = (place.0 + MARGIN, place.1 + size.1 - FOOT + MARGIN);
            self.element(format_args!(
                r#"<rect x="{x}" y="{y}" width="{}" height="{FOOT}" fill="{INK}"/>"#,
                size.0
            ));
        }
    }

    fn shade_to(
        &mut self,
        (x, y): (u32, u32),
        (width, height): (u32, u32),
        share: f32,
        strongest: f32,
    ) {
        self.width = self.width.max(x + width);
        if share != 0.0 {
            let colour = if share < 0.0 { LESS } else { MORE };
            let opacity = share.abs().min(1.0) * strongest;
            self.element(format_args!(
                r#"<rect x="{}" y="{}" width="{width}" height="{height}" fill="{colour}" fill-opacity="{opacity:.3}"/>"#,
                x + MARGIN,
                y + MARGIN
            ));
        }
    }

    /// A bar: an outline for one number, and a solid bar in it for the other. They are told
    /// apart without colours, too.
    pub(super) fn pair(&mut self, (x, y): (u32, u32), height: u32, widths: [u32; 2]) {
        let [outlined, solid] = widths;
        self.width = self.width.max(x + outlined.max(solid));
        let (x, y) = (x + MARGIN, y + MARGIN);
        if outlined > 0 {
            self.element(format_args!(
                r#"<rect x="{x}" y="{y}" width="{outlined}" height="{height}" fill="{PALE}" stroke="{INK}"/>"#
            ));
        }
        if solid > 0 {
            self.element(format_args!(
                r#"<rect x="{x}" y="{}" width="{solid}" height="{}" fill="{SOLID}"/>"#,
                y + 4,
                height - 8
            ));
        }
    }

    /// A line.
    pub(super) fn line(&mut self, from: (u32, u32), to: (u32, u32)) {
        self.element(format_args!(
            r#"<path d="M{} {}L{} {}" stroke="{LINE}"/>"#,
            from.0 + MARGIN,
            from.1 + MARGIN,
            to.0 + MARGIN,
            to.1 + MARGIN
        ));
    }

    /// A text whose line begins at a point.
    pub(super) fn text(&mut self, (x, y): (u32, u32), text: &str, colour: &str) {
        self.width = self.width.max(x + letters(text) * LETTER);
        self.element(format_args!(
            r#"<text x="{}" y="{}" fill="{colour}">{}</text>"#,
            x + MARGIN,
            y + MARGIN + BASELINE,
            escaped(text)
        ));
    }

    /// A text that is written upwards and ends at a point.
    pub(super) fn text_upwards(&mut self, (x, y): (u32, u32), text: &str) {
        let (x, y) = (x + MARGIN + BASELINE - 3, y + MARGIN);
        self.element(format_args!(
            r#"<text x="{x}" y="{y}" fill="{MUTED}" transform="rotate(-90 {x} {y})">{}</text>"#,
            escaped(text)
        ));
    }

    /// A text in as many lines as it needs, broken at spaces where it has any.
    pub(super) fn lines(&mut self, text: &str, colour: &str) {
        let mut line = String::new();
        for word in text.split_inclusive(' ') {
            if letters(&line) + letters(word) > LINE_LETTERS && !line.is_empty() {
                self.text((0, self.top), &std::mem::take(&mut line), colour);
                self.skip(LINE_HEIGHT);
            }
            line += word;
        }
        self.text((0, self.top), &line, colour);
        self.skip(LINE_HEIGHT);
    }

    /// The whole file.
    pub(super) fn finish(&self, title: &str, description: &str) -> String {
        let (width, height) = (self.width + 2 * MARGIN, self.top + 2 * MARGIN);
        format!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img" aria-labelledby="title description" font-family="ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="13" xml:space="preserve"><title id="title">{}</title><desc id="description">{}</desc><rect width="{width}" height="{height}" fill="#ffffff"/>{}</svg>"##,
            escaped(title),
            escaped(description),
            self.body
        )
    }

    fn element(&mut self, element: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.body.write_fmt(element);
    }
}

/// The width of a text in letters. East Asian ones and pictures take two.
pub(super) fn letters(text: &str) -> u32 {
    text.chars().map(|letter| if letter < '\u{2e80}' { 1 } else { 2 }).sum()
}

/// The beginning of a text that has at most so many letters.
pub(super) fn shortened(text: &str, most: u32) -> String {
    if letters(text) <= most {
        return text.to_owned();
    }
    let mut short = String::new();
    for letter in text.chars() {
        short.push(letter);
        if letters(&short) + 2 > most {
            break;
        }
    }
    short + "…"
}

/// A text as XML has it. What XML has no way to write is replaced, and what would not be seen
/// is shown by its sign.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\n' => escaped.push('↵'),
            '\t' => escaped.push('⇥'),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            letter if letter.is_control() => escaped.push('\u{fffd}'),
            letter => escaped.push(letter),
        }
    }
    escaped
}
