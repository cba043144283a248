//! How the sampler drew a token: a line of shares, one for each token, as long as its q, and the
//! drawn point on it.

use protocol::{Candidate, Distribution};

use crate::dom::Slot;
use crate::elements::{Page, part};
use crate::texts::{panel, tokens};
use crate::view::panel_model::cuts_all_others;
use crate::view::rows::RowsModel;

/// The line below the rows.
#[derive(Debug)]
pub(super) struct SampleLine {
    line: Slot,
    text: Slot,
    strip: Slot,
    point: Slot,
}

impl SampleLine {
    pub(super) fn new(page: &Page) -> Result<SampleLine, String> {
        let line = page.slot("draw")?;
        Ok(SampleLine {
            text: part(line.element(), ".token")?,
            strip: part(line.element(), ".segments")?,
            point: part(line.element(), ".point")?,
            line,
        })
    }

    pub(super) fn hide(&self) {
        self.line.show(false);
    }

    pub(super) fn render(&self, model: RowsModel) {
        let shown = model.shows_draw && model.samples();
        // It keeps its place where nothing is drawn.
        self.line.show(true);
        self.line.flag("data-idle", !shown);
        if !shown {
            return;
        }
        let distribution = model.distribution;
        let hit = drawn_token(distribution);
        let token = hit.map_or(panel::ONE_OF_OTHERS.get(), |hit| &hit.token.text);
        self.text.text(&panel::draw(distribution.draw, token));
        self.text.attribute("title", Some(&tokens::drawn_point(distribution, token)));
        self.point.property("--at", distribution.draw.into());
        let rows = distribution.candidates.iter();
        let shares =
            rows.map(|candidate| (candidate.sampled_probability, candidate.rank));
        let outside = distribution.outside.sampled_probability;
        let others = (if cuts_all_others(distribution) { 0.0 } else { outside }, 0);
        let shares: Vec<(f32, u32)> = shares.chain([others]).collect();
        let hit_rank = hit.map_or(0, |hit| hit.rank);
        self.strip.style("background-image", &gradient(&shares, hit_rank));
    }
}

/// Shares of the draw with the ranks of their tokens, end to end; the last one is that of all
/// other tokens, whose rank is 0. One style of one element costs a browser far less than an
/// element for each.
fn gradient(shares: &[(f32, u32)], hit_rank: u32) -> String {
    let listed = shares.len().saturating_sub(1) as u32;
    let mut end = 0.0;
    let mut gradient = String::from("linear-gradient(var(--along)");
    for (index, (share, rank)) in shares.iter().enumerate() {
        if *share > 0.0 {
            let colour = match *rank {
                rank if rank == hit_rank || rank == 0 && hit_rank > listed => "hit",
                0 => "others",
                _ if index % 2 == 0 => "odd",
                _ => "even",
            };
            let start = end;
            end += 100.0 * f64::from(*share);
            gradient += &format!(",var(--{colour}) {start:.3}% {end:.3}%");
        }
    }
    gradient + ")"
}

/// The token at the drawn point; none if it is not listed. In a reply that the person changed,
/// `sampled` is the token that was chosen instead.
fn drawn_token(distribution: &Distribution) -> Option<&Candidate> {
    let mut sum = 0.0;
    let mut ends = distribution.candidates.iter().map(|candidate| {
        sum += candidate.sampled_probability;
        (candidate, sum)
    });
    let listed = ends.find(|(_, end)| distribution.draw < *end);
    let sampled = &distribution.sampled;
    match listed {
        // The ends are sums of rounded numbers, so near a border the engine's result counts.
        Some((next, end)) if next.rank == sampled.rank + 1 => {
            let near = distribution.draw - (end - next.sampled_probability) < 1e-5;
            Some(if near { sampled } else { next })
        }
        Some((candidate, _)) => Some(candidate),
        None => {
            let below = sampled.rank as usize > distribution.candidates.len();
            below.then_some(sampled)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_lie_end_to_end_and_the_drawn_one_is_marked() {
        let shares = [(0.5, 1), (0.0, 2), (0.25, 3), (0.25, 0)];
        assert_eq!(
            gradient(&shares, 3),
            "linear-gradient(var(--along),var(--odd) 0.000% 50.000%,var(--hit) 50.000% 75.000%,\
             var(--others) 75.000% 100.000%)"
        );
        for below_the_rows in [0, 9] {
            assert!(gradient(&shares, below_the_rows).contains("var(--hit) 75.000%"));
        }
    }
}
