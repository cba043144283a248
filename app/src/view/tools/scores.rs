//! The scores of any text: its tokens by tint, a line over all of it, and a table of the most
//! surprising.

use web_sys::{HtmlInputElement, HtmlTextAreaElement};

use super::copies::Copies;
use crate::dom::{self, Slot};
use crate::elements::{Page, Template};
use crate::format;
use crate::state::{Heat, PAGE_TOKENS, Purpose, ScoredText, State, expected_token};
use crate::texts;
use crate::view::tokens::{self, TokenCursor, TokenRun};

/// Bars of the line over the text, at most.
const SPARK_PARTS: usize = 160;
/// The surprisal that reaches the top of the line, in bits.
const SPARK_BITS: f32 = 16.0;

/// The elements of the scores.
#[derive(Debug)]
pub(super) struct ScoresView {
    typed: HtmlTextAreaElement,
    note: Slot,
    result: Slot,
    totals: Slot,
    heats: Vec<(Heat, Slot)>,
    spark: Slot,
    at: HtmlInputElement,
    drawn: Slot,
    strip: Slot,
    token: Slot,
    worst: Copies,
    template: Template,
    run: TokenRun,
    cursor: TokenCursor,
    /// What the tokens are drawn for: the text, the tint and the page.
    shown: Option<(ScoredText, Heat, usize)>,
}

impl ScoresView {
    pub(super) fn new(page: &Page) -> Result<ScoresView, String> {
        let heat = |(heat, id): (Heat, &str)| Ok((heat, page.slot(id)?));
        let heats = [
            (Heat::Surprisal, "heat-surprisal"),
            (Heat::Rank, "heat-rank"),
            (Heat::Entropy, "heat-entropy"),
            (Heat::Ratio, "heat-ratio"),
        ];
        let strip = page.slot("scored-strip")?;
        let host = strip.element().clone().into();
        const PARTS: [&str; 5] = [".at", ".token", ".bits", ".p", ".expected"];
        Ok(ScoresView {
            typed: page.text_area("scores-text")?,
            note: page.slot("scores-note")?,
            result: page.slot("scores-result")?,
            totals: page.slot("scores-totals")?,
            heats: heats.into_iter().map(heat).collect::<Result<_, String>>()?,
            spark: page.slot("spark-line")?,
            at: page.input("scores-at")?,
            drawn: page.slot("scores-drawn")?,
            token: page.slot("scores-token")?,
            worst: Copies::new(page, "worst-rows", "worst-template", &PARTS)?,
            template: tokens::template(page)?,
            run: TokenRun::new(host, Some("scored-token")),
            cursor: TokenCursor::default(),
            strip,
            shown: None,
        })
    }

    pub(super) fn render(&mut self, state: &State) {
        let scores = &state.scores;
        if self.typed.value() != scores.typed {
            self.typed.set_value(&scores.typed);
        }
        for (heat, button) in &self.heats {
            button.state("aria-pressed", *heat == scores.heat);
        }
        let computing = state.requests.any(|purpose| {
            matches!(purpose, Purpose::TokenizeToScore | Purpose::ScoreText)
        });
        // Scores of another model are not those of this one.
        let model = state.engine.model_id();
        let text = scores.text.as_ref().filter(|text| Some(text.model) == model);
        self.note.text(match (&scores.problem, text) {
            (Some(problem), _) => problem,
            _ if computing => texts::scores::COMPUTING.get(),
            (None, None) => texts::scores::HINT.get(),
            (None, Some(_)) => "",
        });
        self.result.show(text.is_some());
        if let Some(text) = text {
            self.render_text(text, scores.heat, scores.selected);
        }
    }

    fn render_text(&mut self, text: &ScoredText, heat: Heat, selected: usize) {
        let page = selected / PAGE_TOKENS;
        let is_shown = self
            .shown
            .as_ref()
            .is_some_and(|(known, was, at)| (*was, *at) == (heat, page) && known == text);
        if !is_shown {
            self.render_page(text, heat, page);
            self.shown = Some((text.clone(), heat, page));
        }
        let at = selected.to_string();
        if self.at.value() != at {
            self.at.set_value(&at);
        }
        let here = Some(selected % PAGE_TOKENS);
        if self.cursor.render(self.run.nodes(), here, here) {
            self.cursor.looked_at().into_iter().for_each(dom::scroll_to);
        }
        let said = text.tokens.get(selected);
        let said = said.map(|scored| texts::scores::token(selected, scored));
        self.token.text(&said.unwrap_or_default());
        // How often the model was asked to.
        let said =
            self.at.set_attribute("aria-valuetext", &format!("token {}", selected + 1));
        debug_assert!(said.is_ok(), "it is the name of an attribute");
    }

    fn render_page(&mut self, text: &ScoredText, heat: Heat, page: usize) {
        let all = text.tokens.len();
        let first = (page * PAGE_TOKENS).min(all);
        let last = (first + PAGE_TOKENS).min(all);
        let drawn = &text.tokens[first..last];
        self.run.render(&self.template, drawn.iter().map(|scored| &scored.token));
        for (node, scored) in self.run.nodes().iter().zip(drawn) {
            let level = scored.score.map_or(0, |score| heat.level(score));
            dom::set(node, "data-heat", &level.to_string());
        }
        self.strip.attribute("data-page", Some(&page.to_string()));
        self.drawn.text(&match all > PAGE_TOKENS {
            true => texts::scores::drawn(first, last, all),
            false => String::new(),
        });
        self.totals.text(&text.totals().map(texts::scores::totals).unwrap_or_default());
        self.spark.attribute("d", Some(&path(&text.spark(SPARK_PARTS))));
        self.at.set_max(&all.saturating_sub(1).to_string());
        let worst = text.worst();
        for (copy, index) in self.worst.show(worst.len()).iter().zip(&worst) {
            let (scored, [at, token, bits, p, expected]) =
                (&text.tokens[*index], &copy.parts[..])
            else {
                return;
            };
            let Some(score) = scored.score else { continue };
            copy.root.attribute("data-token", Some(&index.to_string()));
            at.text(&format::count(*index as u64 + 1));
            token.text(&scored.token.text);
            bits.text(&format::digits(score.surprisal_bits.into()));
            p.text(&format::percent(score.probability));
            let best = format::percent(score.best_probability);
            expected.text(&format!("{} {best}", expected_token(scored).text));
        }
    }
}

/// Bars over a width and a height of 100, as an SVG path.
fn path(bars: &[f32]) -> String {
    let width = 100.0 / bars.len().max(1) as f32;
    let bar = |(index, bits): (usize, &f32)| {
        let height = (bits / SPARK_BITS).clamp(0.0, 1.0) * 100.0;
        let (x, right) = (index as f32 * width, (index + 1) as f32 * width);
        format!("M{x:.2} 100V{:.1}H{right:.2}V100Z", 100.0 - height)
    };
    bars.iter().enumerate().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_over_a_text_has_a_bar_for_each_part() {
        assert_eq!(
            path(&[8.0, 32.0]),
            "M0.00 100V50.0H50.00V100ZM50.00 100V0.0H100.00V100Z"
        );
        assert_eq!(path(&[]), "");
    }
}
