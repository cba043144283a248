//! The verification of the distribution in view: its button, its progress and its result.

use protocol::{Distribution, Phase, Progress, Token, Verification};

use crate::dom::{self, Slot};
use crate::elements::Page;
use crate::state::State;
use crate::texts::verification as texts;
use crate::view::controls::EnabledControls;

/// The elements of the verification.
#[derive(Debug)]
pub(super) struct VerificationView {
    verify: Slot,
    stop: Slot,
    progress: Slot,
    result: Slot,
    terms: Slot,
}

/// What the panel shows of a verification.
#[derive(Debug, PartialEq)]
pub(crate) struct VerificationModel {
    /// How far a verification has come, from 0 to 1; none if none is under way.
    pub(crate) running: Option<f64>,
    /// The result as a sentence; empty without one for the distribution in view.
    pub(crate) result: String,
    /// What was compared, and how far both are apart as a whole.
    pub(crate) terms: String,
}

impl VerificationModel {
    /// What is shown of a state.
    pub(crate) fn of(state: &State) -> VerificationModel {
        let running = state.verifying().map(|_| match state.requests.progress() {
            Some(Progress { phase: Phase::Verify, done, total: Some(total), .. }) => {
                *done as f64 / (*total).max(1) as f64
            }
            _ => 0.0,
        });
        let check = state.verification_in_view().zip(state.in_view());
        let (result, terms) = match check {
            Some((check, view)) => {
                (result(check, view.distribution), texts::terms(check))
            }
            None => Default::default(),
        };
        VerificationModel { running, result, terms }
    }
}

impl VerificationView {
    pub(super) fn new(page: &Page) -> Result<VerificationView, String> {
        Ok(VerificationView {
            verify: page.slot("verify")?,
            stop: page.slot("verify-stop")?,
            progress: page.slot("verify-progress")?,
            result: page.slot("verified")?,
            terms: page.slot("verified-terms")?,
        })
    }

    pub(super) fn render(&self, state: &State) {
        let VerificationModel { running, result, terms } = VerificationModel::of(state);
        let enabled = EnabledControls::of(state).verify;
        dom::show_one(&self.verify, &self.stop, running.is_some());
        self.verify.state("aria-disabled", !enabled);
        self.progress.show(running.is_some());
        let share = running.map(|share| format!("{share:.3}"));
        self.progress.attribute("value", share.as_deref());
        self.result.text(&result);
        self.terms.text(&terms);
    }
}

/// How far the distribution on screen is from the second computation, as a sentence.
fn result(check: &Verification, shown: &Distribution) -> String {
    let (difference, token) = largest(check, shown);
    let entropy = (f64::from(shown.entropy_bits) - check.reference_entropy_bits).abs();
    texts::result(check, difference, &token.text, entropy)
}

/// The largest difference of a probability, and its token: over the whole vocabulary of
/// what the engine gives now, and of the rows on screen, which it may have given earlier.
fn largest<'a>(check: &'a Verification, shown: &Distribution) -> (f64, &'a Token) {
    let mut largest = (check.largest_difference, &check.largest.token);
    for verified in &check.candidates {
        let row = shown.candidates.iter().find(|row| row.token.id == verified.token.id);
        let shown = row.map_or(verified.probability, |row| row.probability.into());
        let difference = (shown - verified.reference_probability).abs();
        if difference > largest.0 {
            largest = (difference, &verified.token);
        }
    }
    largest
}

#[cfg(test)]
mod tests {
    use protocol::SamplerSettings;

    use super::*;
    use crate::update::tests::test_page::{distribution, verification};

    fn shown() -> Distribution {
        distribution(&[1, 2], SamplerSettings::default(), 5, &[])
    }

    #[test]
    fn a_result_says_how_far_both_are_apart() {
        let check = verification(&[1, 2], 5);
        assert_eq!(
            result(&check, &shown()),
            "Checked with candle in f32: largest difference 0.0100 percentage points (z), \
             entropy below 0.001 bits apart, all 5 ranks the same."
        );
        assert_eq!(
            texts::terms(&check),
            "Q8_0 weights, AVX2 kernels, CPU · against candle, in f32 · divergence 1.0e-6 \
             nats · 1.50 s"
        );
    }

    #[test]
    fn ranks_that_differ_are_counted() {
        let mut check = verification(&[1, 2], 5);
        (check.changed_ranks, check.largest_rank_shift) = (2, 1);
        let said = result(&check, &shown());
        assert!(said.ends_with("2 of 5 ranks differ, by 1 place at most."), "{said}");
        check.same_first = false;
        let said = result(&check, &shown());
        assert!(said.ends_with("at most. The most probable token is another."), "{said}");
    }

    #[test]
    fn a_row_on_screen_that_is_not_what_the_engine_gives_now_is_found() {
        let check = verification(&[1, 2], 5);
        let mut shown = shown();
        shown.candidates[1].probability += 0.125;
        let said = result(&check, &shown);
        assert!(said.contains("difference 12.5000 percentage points (b)"), "{said}");
        shown.entropy_bits += 0.25;
        assert!(result(&check, &shown).contains("entropy 0.250 bits apart"));
    }
}
