//! Pictures: what is in them, and that nothing in them is markup.

use super::*;

fn shaded(text: &str, share: f32) -> Shaded {
    Shaded { text: text.into(), share }
}

fn picture(parts: Vec<Part>) -> String {
    let words = |text: &str| text.to_owned();
    let (title, description) = (words("Title <b>"), words("All & sundry"));
    Picture { title, description, caption: words("a model"), parts }.svg("2026-01-02")
}

/// Whether every element is closed, in the right order.
fn is_well_formed(svg: &str) -> bool {
    let mut open = Vec::new();
    for tag in svg.split('<').skip(1) {
        let Some((tag, text)) = tag.split_once('>') else { return false };
        let name = tag.split([' ', '/']).find(|name| !name.is_empty()).unwrap_or("");
        let quotes = tag.matches('"').count();
        match tag.strip_prefix('/') {
            Some(name) if open.pop() != Some(name) => return false,
            Some(_) => (),
            None if !tag.ends_with('/') => open.push(name),
            None => (),
        }
        if text.contains('>') || !quotes.is_multiple_of(2) {
            return false;
        }
    }
    open.is_empty()
}

#[test]
fn what_is_written_in_a_picture_is_no_markup() {
    let hostile = "</text><script>alert(\"1\")</script>\u{0}\u{ffff}\n";
    let bar = Bar { label: hostile.into(), share: 1.0, value: hostile.into() };
    let svg = picture(vec![
        Part::Text(vec![shaded(hostile, 0.5)]),
        Part::Grid {
            columns: vec![hostile.into(), "p".into()],
            rows: vec![vec![shaded(hostile, 0.0), shaded(hostile, -1.0)]],
        },
        Part::Bars(vec![bar]),
        Part::Matrix { labels: vec![hostile.into()], rows: vec![vec![1.0]] },
    ]);
    assert!(is_well_formed(&svg), "{svg}");
    assert!(!svg.contains("<script"), "{svg}");
    let unprintable = |letter: char| letter.is_control() || letter == '\u{ffff}';
    assert!(!svg.contains(unprintable), "{svg:?}");
}

#[test]
fn a_picture_says_what_it_is_of_and_when_it_was_made() {
    let svg = picture(vec![Part::Text(vec![shaded("Hi", 0.0)])]);
    assert!(svg.contains("<title id=\"title\">Title &lt;b&gt;</title>"), "{svg}");
    assert!(svg.contains("<desc id=\"description\">All &amp; sundry</desc>"), "{svg}");
    assert!(svg.contains(">a model · 2026-01-02</text>"), "{svg}");
    assert!(is_well_formed(&svg));
}

#[test]
fn shadings_have_the_strength_and_the_colour_of_their_numbers() {
    let svg = picture(vec![Part::Matrix {
        labels: vec!["a".into(), "b".into()],
        rows: vec![vec![0.25], vec![0.0, 1.0]],
    }]);
    assert_eq!(svg.matches("fill=\"#6d8de2\"").count(), 2, "none for 0: {svg}");
    assert!(svg.contains("fill-opacity=\"0.250\""), "{svg}");
    let text = vec![shaded("no", -1.0), shaded(" yes", 0.5)];
    let svg = picture(vec![Part::Text(text)]);
    assert!(svg.contains("fill=\"#a32a76\" fill-opacity=\"0.600\""), "{svg}");
    assert!(svg.contains("> yes</text>"), "spaces count: {svg}");
}

#[test]
fn bars_go_both_ways_from_one_line() {
    let bar = |share: f32| Bar { label: "x".into(), share, value: "1".into() };
    let svg = picture(vec![Part::Bars(vec![bar(1.0), bar(-0.5), bar(0.0)])]);
    // Labels and values take 18 pixels each, beside a margin of 16.
    assert!(svg.contains("<rect x=\"292\" y=\"49\" width=\"240\""), "{svg}");
    assert!(svg.contains("<rect x=\"172\" y=\"69\" width=\"120\""), "{svg}");
    assert_eq!(svg.matches("<rect").count(), 3, "with the ground: {svg}");
}

#[test]
fn long_texts_are_broken_into_lines_and_long_cells_cut() {
    let long = "word ".repeat(60);
    let svg = picture(vec![
        Part::Text(vec![shaded(&"x".repeat(250), 1.0), shaded(" end", 0.0)]),
        Part::Grid {
            columns: vec!["a".into(), long.clone(), "b".into()],
            rows: vec![vec![shaded("row", 0.0), shaded(&long, 0.0)]],
        },
    ]);
    assert_eq!(svg.matches(&format!(">{}</text>", "x".repeat(96))).count(), 2);
    assert!(svg.contains("word word word word wor…"), "{svg}");
    // A cell that stands for a whole row is not cut.
    assert!(svg.contains(&format!(">{long}</text>")));
    assert!(is_well_formed(&svg));
}

#[test]
fn an_outlined_bar_has_a_solid_one_in_it_and_numbers_beside_it() {
    let pair = |p: f32, q: f32, note: &str| Pair {
        label: "␣cat".into(),
        shares: [p, q],
        values: [format!("{p}"), format!("{q}")],
        note: note.into(),
    };
    let svg = picture(vec![
        Part::Pairs(vec![pair(0.5, 0.25, "drawn"), pair(0.0, 0.0, "")]),
        Part::Mirrored {
            heads: ["this".into(), "other".into()],
            rows: vec![("x".into(), [Some(pair(1.0, 0.5, "")), None])],
        },
    ]);
    assert!(is_well_formed(&svg), "{svg}");
    assert!(svg.contains("width=\"160\" height=\"16\" fill=\"#e4e9f7\" stroke"), "{svg}");
    assert!(svg.contains("width=\"80\" height=\"8\" fill=\"#24408e\""), "{svg}");
    for said in [">0.5<", ">0.25<", ">drawn<", ">this<", ">other<", ">–<"] {
        assert!(svg.contains(said), "{said}: {svg}");
    }
    // On the left side, both bars end at the line: 64 + 10 + 200, beside the margin.
    assert!(svg.contains("<rect x=\"90\" y=\"118\" width=\"200\""), "{svg}");
    assert!(svg.contains("<rect x=\"190\" y=\"122\" width=\"100\""), "{svg}");
}

#[test]
fn a_tree_has_a_line_for_each_text_and_marks_the_current_one() {
    let row = |depth: u32, current: bool| TreeRow {
        depth,
        text: format!("text {depth}"),
        value: "p 1.0%".into(),
        current,
    };
    let rows =
        vec![row(0, true), row(1, false), row(1, true), row(2, true), row(9, false)];
    let svg = picture(vec![Part::Tree(rows)]);
    assert!(is_well_formed(&svg), "{svg}");
    assert_eq!(svg.matches("● text").count(), 3, "{svg}");
    assert_eq!(svg.matches("<path").count(), 8, "two for each but the first: {svg}");
    let deep = vec![row(u32::MAX, false)];
    assert!(is_well_formed(&picture(vec![Part::Tree(deep)])));
}
