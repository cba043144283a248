//! How the sampler drew a token: a line of segments, one for each token, as long as its q, and
//! the drawn point on it.

use protocol::{Candidate, Distribution};

use crate::dom::{self, Slot};
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
    /// A segment for each row, and one for all other tokens.
    segments: Vec<Slot>,
}

impl SampleLine {
    pub(super) fn new(page: &Page) -> Result<SampleLine, String> {
        let line = page.slot("draw")?;
        Ok(SampleLine {
            text: part(line.element(), ".token")?,
            strip: part(line.element(), ".segments")?,
            point: part(line.element(), ".point")?,
            line,
            segments: Vec::new(),
        })
    }

    pub(super) fn hide(&self) {
        self.line.show(false);
    }

    pub(super) fn render(&mut self, model: RowsModel) -> Result<(), String> {
        let shown = model.shows_draw && model.samples();
        // It keeps its place where nothing is drawn.
        self.line.show(true);
        self.line.flag("data-idle", !shown);
        if !shown {
            return Ok(());
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
        while self.segments.len() < shares.len() {
            self.segments.push(dom::append(self.strip.element(), "i")?);
        }
        let listed = shares.len() as u32 - 1;
        let hit_rank = hit.map_or(0, |hit| hit.rank);
        for (index, segment) in self.segments.iter().enumerate() {
            let share = shares.get(index);
            segment.show(share.is_some_and(|(q, _)| *q > 0.0));
            if let Some((q, rank)) = share {
                segment.property("--q", f64::from(*q));
                let is_hit = *rank == hit_rank || *rank == 0 && hit_rank > listed;
                segment.flag("data-hit", is_hit);
                segment.flag("data-others", *rank == 0);
            }
        }
        Ok(())
    }
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
