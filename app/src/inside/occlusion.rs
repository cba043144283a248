//! The prediction without each part of its text.

use protocol::{Finding, Occluded, OcclusionStart, Token};

use super::table::{Cell, Heat, Row, Shape, Table};
use crate::format;
use crate::texts;

/// The change in bits with the strongest shading.
const MOST_BITS: f64 = 10.0;

/// The parts in a table and as shaded text, and how far it has come.
pub(super) fn of(findings: &[Finding], tokens: &[&Token]) -> (Table, Vec<Heat>, String) {
    let start = findings.iter().find_map(|finding| match finding {
        Finding::Occlusion(start) => Some(start),
        _ => None,
    });
    let Some(start) = start else { return Default::default() };
    let occluded = findings.iter().filter_map(|finding| match finding {
        Finding::Occluded(occluded) => Some(occluded),
        _ => None,
    });
    let mut parts: Vec<&Occluded> = occluded.collect();
    parts.sort_by_key(|part| part.start);
    let note = texts::inside::removed(parts.len() as u64, start.units.into());
    (table(start, &parts, tokens), heat(start, &parts, tokens), note)
}

fn table(start: &OcclusionStart, parts: &[&Occluded], tokens: &[&Token]) -> Table {
    let target = &start.target.text;
    let whole = Row {
        head: texts::inside::WHOLE_TEXT.into(),
        cells: vec![
            Cell::plain(format::percent(start.log_probability.exp() as f32)),
            Cell::default(),
            Cell::default(),
        ],
    };
    let row = |part: &&Occluded| {
        let bits = bits(start, part);
        let top = &part.top;
        Row {
            head: texts::inside::without(&text(part, tokens)),
            cells: vec![
                Cell::plain(format::percent(part.log_probability.exp() as f32)),
                Cell::shaded(texts::inside::signed_bits(bits), share(bits)),
                Cell::plain(format!(
                    "{} {}",
                    top.token.text,
                    format::percent(top.probability)
                )),
            ],
        }
    };
    Table {
        shape: Shape::Bars(1),
        caption: texts::inside::occlusion(target),
        columns: texts::inside::occlusion_columns(),
        rows: std::iter::once(whole).chain(parts.iter().map(row)).collect(),
    }
}

fn heat(start: &OcclusionStart, parts: &[&Occluded], tokens: &[&Token]) -> Vec<Heat> {
    let mut heat = Vec::new();
    let mut index = 0;
    while let Some(token) = tokens.get(index) {
        let part = parts.iter().find(|part| part.start as usize == index);
        heat.push(match part {
            Some(part) => {
                index = part.end as usize;
                let bits = bits(start, part);
                Heat {
                    text: text(part, tokens),
                    share: share(bits),
                    title: texts::inside::signed_bits(bits),
                }
            }
            None => {
                index += 1;
                Heat { text: token.text.clone(), share: 0.0, title: String::new() }
            }
        });
    }
    heat
}

/// By how many bits the logarithm of the probability changes without a part.
fn bits(start: &OcclusionStart, part: &Occluded) -> f64 {
    (part.log_probability - start.log_probability) / std::f64::consts::LN_2
}

fn share(bits: f64) -> f32 {
    (bits / MOST_BITS).clamp(-1.0, 1.0) as f32
}

fn text(part: &Occluded, tokens: &[&Token]) -> String {
    let range = part.start as usize..part.end as usize;
    let tokens = tokens.get(range).unwrap_or_default();
    tokens.iter().map(|token| token.text.as_str()).collect()
}
