//! Pictures in black and white, measured: letters and marks against what they lie on, and marks
//! that mean different things against each other. Contrast is that of WCAG 2.2, which is one of
//! luminances and so the same in grey.

use super::*;

/// What text needs (WCAG 1.4.3), and what marks need (1.4.11).
const TEXT: f64 = 4.5;
const MARK: f64 = 3.0;
/// What neighbouring steps of a shading need: a tenth is just seen side by side.
const STEP: f64 = 1.15;

/// A rectangle or a text of a picture: where it is, and in which colour.
#[derive(Clone, Debug)]
struct Drawn {
    name: String,
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    fill: [f64; 3],
    opacity: f64,
    stroke: Option<[f64; 3]>,
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split('"').next().map(str::to_owned)
}

fn colour(text: &str) -> [f64; 3] {
    let byte = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    [byte(1), byte(3), byte(5)].map(|byte| f64::from(byte) / 255.0)
}

fn drawn(svg: &str) -> Vec<Drawn> {
    let tags =
        svg.split('<').filter(|tag| tag.starts_with("rect") || tag.starts_with("text"));
    tags.map(|tag| {
        let number =
            |name: &str| attribute(tag, name).map_or(0.0, |x| x.parse().unwrap());
        Drawn {
            name: tag.chars().take(4).collect(),
            x: number("x"),
            y: number("y"),
            width: number("width"),
            height: number("height"),
            fill: colour(&attribute(tag, "fill").unwrap()),
            opacity: attribute(tag, "fill-opacity").map_or(1.0, |x| x.parse().unwrap()),
            stroke: attribute(tag, "stroke").map(|stroke| colour(&stroke)),
        }
    })
    .collect()
}

/// The luminance of a colour in sRGB, 0 to 1.
fn luminance(colour: [f64; 3]) -> f64 {
    let linear = |c: f64| match c <= 0.040_45 {
        true => c / 12.92,
        false => ((c + 0.055) / 1.055).powf(2.4),
    };
    let [r, g, b] = colour.map(linear);
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// What is seen at a place, of what was drawn before some element.
fn ground(before: &[Drawn], (x, y): (f64, f64)) -> [f64; 3] {
    let here = |one: &&Drawn| {
        let within = |at: f64, from: f64, length: f64| from <= at && at < from + length;
        one.name == "rect" && within(x, one.x, one.width) && within(y, one.y, one.height)
    };
    before.iter().filter(here).fold([1.0; 3], |under, one| {
        let mixed = |index: usize| {
            one.opacity * one.fill[index] + (1.0 - one.opacity) * under[index]
        };
        [mixed(0), mixed(1), mixed(2)]
    })
}

fn picture(part: Part) -> Vec<Drawn> {
    let words = || "words".to_owned();
    let (title, description, caption) = (words(), words(), words());
    let svg =
        Picture { title, description, caption, parts: vec![part] }.svg("2026-01-02");
    drawn(&svg)
}

fn shaded(share: f32) -> Shaded {
    Shaded { text: "letters".into(), share }
}

/// Every part, with its extremes.
fn every_part() -> Vec<Part> {
    let steps = || (-5..=5).map(|step| shaded(step as f32 / 5.0));
    let bar = |share: f32| Bar { label: "a".into(), share, value: "1".into() };
    let pair = |shares: [f32; 2]| Pair {
        label: "a".into(),
        shares,
        values: ["1".into(), "2".into()],
        note: "note".into(),
    };
    let tree = |depth: u32, current: bool| TreeRow {
        depth,
        text: "text".into(),
        value: "p".into(),
        current,
    };
    vec![
        Part::Text(steps().collect()),
        Part::Grid {
            columns: vec!["a".into(); 12],
            rows: vec![std::iter::once(shaded(0.0)).chain(steps()).collect()],
        },
        Part::Bars(vec![bar(1.0), bar(-1.0)]),
        Part::Matrix {
            labels: vec!["a".into(); 2],
            rows: vec![vec![1.0], vec![0.5, 1.0]],
        },
        Part::Pairs(vec![pair([1.0, 0.5]), pair([0.1, 0.9])]),
        Part::Mirrored {
            heads: ["this".into(), "other".into()],
            rows: vec![("a".into(), [Some(pair([0.9, 0.4])), Some(pair([0.2, 0.6]))])],
        },
        Part::Tree(vec![tree(0, true), tree(1, false), tree(1, true)]),
    ]
}

#[test]
fn every_letter_is_legible_on_what_it_lies_on() {
    for part in every_part() {
        let all = picture(part.clone());
        let texts = all.iter().enumerate().filter(|(_, one)| one.name == "text");
        let mut least = f64::MAX;
        for (index, text) in texts {
            // The middle of the first letter.
            let under = ground(&all[..index], (text.x + 4.0, text.y - 5.0));
            least = least.min(contrast(text.fill, under));
        }
        assert!(least >= TEXT, "{part:?}: {least:.2}");
    }
}

#[test]
fn every_fifth_of_a_shading_is_told_from_the_next_without_colours() {
    for sign in [1.0, -1.0] {
        let steps = (0..=5).map(|step| shaded(sign * step as f32 / 5.0)).collect();
        let all = picture(Part::Text(steps));
        let texts = all.iter().enumerate().filter(|(_, one)| one.name == "text");
        // Without the title and the caption.
        let middle = |(index, text): (usize, &Drawn)| {
            ground(&all[..index], (text.x + 4.0, text.y - 5.0))
        };
        let grounds: Vec<[f64; 3]> = texts.skip(1).take(6).map(middle).collect();
        for pair in grounds.windows(2) {
            let step = contrast(pair[0], pair[1]);
            assert!(step >= STEP, "{sign}: {step:.3}");
        }
    }
}

#[test]
fn less_is_told_from_more_by_a_line_at_its_foot() {
    let line = |share: f32| {
        let all = picture(Part::Text(vec![shaded(share)]));
        let text = all.iter().position(|one| one.name == "text").unwrap();
        let letters = &all[text + 1..];
        let shading = letters.iter().find(|one| one.name == "rect").unwrap();
        let (x, foot) = (shading.x + 2.0, shading.y + shading.height - 1.0);
        let at = |y: f64| ground(&all, (x, y));
        contrast(at(foot), at(foot - 4.0))
    };
    for share in [0.2, 0.6, 1.0] {
        assert!(line(-share) >= MARK, "{share}: {:.2}", line(-share));
        assert!((line(share) - 1.0).abs() < 1e-9, "{share}: {:.2}", line(share));
    }
}

#[test]
fn bars_are_seen_on_paper_and_a_solid_one_within_an_outline() {
    let white = [1.0; 3];
    for part in every_part() {
        let all = picture(part.clone());
        let is_bar = |one: &&Drawn| one.opacity == 1.0 && one.fill != white;
        for bar in all.iter().filter(|one| one.name == "rect").filter(is_bar) {
            let edge = bar.stroke.unwrap_or(bar.fill);
            assert!(contrast(edge, white) >= MARK, "{part:?}: {bar:?}");
        }
    }
    let pair = Pair { shares: [1.0, 0.5], ..Pair::default() };
    let all = picture(Part::Pairs(vec![pair]));
    let rects: Vec<&Drawn> = all.iter().filter(|one| one.name == "rect").collect();
    let [_, outlined, solid] = rects[..] else { panic!("{rects:?}") };
    assert!(contrast(outlined.fill, solid.fill) >= MARK);
    assert!(contrast(outlined.stroke.unwrap(), outlined.fill) >= MARK);
}

#[test]
fn the_lines_of_a_tree_are_seen() {
    let [.., tree] = &every_part()[..] else { panic!("there is a tree") };
    let picture = Picture { parts: vec![tree.clone()], ..Picture::default() };
    let svg = picture.svg("2026-01-02");
    let lines: Vec<&str> = svg.split('<').filter(|tag| tag.starts_with("path")).collect();
    assert!(lines.len() >= 4, "{svg}");
    for line in lines {
        let stroke = colour(&attribute(line, "stroke").unwrap());
        assert!(contrast(stroke, [1.0; 3]) >= MARK, "{line}");
    }
}
