//! The scores of any text: which tokens surprised the model, and what it expected.

use protocol::{ScoredToken, Token, TokenScore};

use crate::state::known_models::ModelId;

/// Tokens that are drawn at once: the page stays light with texts of thousands.
pub(crate) const PAGE_TOKENS: usize = 256;
/// The tokens in the table of the most surprising.
pub(crate) const WORST: usize = 10;

/// What the tint of a token shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Heat {
    /// −log₂ p.
    #[default]
    Surprisal,
    /// The rank of the token.
    Rank,
    /// How unsure the model was.
    Entropy,
    /// p against the p of the most probable token.
    Ratio,
}

/// A kind of place in a text that one can jump to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Landmark {
    /// The model was as unsure as among eight equal choices.
    Uncertain,
    /// The token was as improbable as one of 32, and not the most probable.
    Surprising,
    /// Two tokens were nearly as probable, and together most of it.
    Fork,
}

/// Something that the person does with scores.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ScoresAction {
    /// Edit the text that is to be scored.
    Edit(String),
    /// Score the text in the box.
    ScoreTyped,
    /// Score the running text.
    ScoreRunning,
    /// Choose what the tint shows.
    SetHeat(Heat),
    /// Look at a token, by its index.
    Select(usize),
    /// Look at a token of the page that is drawn, by its index there.
    SelectDrawn(usize),
    /// Go to the next place of a kind, or the one before.
    Jump(Landmark, i32),
}

/// A text that was scored.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ScoredText {
    pub(crate) model: ModelId,
    pub(crate) tokens: Vec<ScoredToken>,
}

/// The scores of the page.
#[derive(Debug, Default)]
pub(crate) struct Scores {
    /// What is typed or pasted.
    pub(crate) typed: String,
    pub(crate) heat: Heat,
    pub(crate) text: Option<ScoredText>,
    /// The token that is looked at.
    pub(crate) selected: usize,
    /// Why the last text was not scored.
    pub(crate) problem: Option<String>,
}

/// The whole of a text in numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Totals {
    /// Tokens with a score.
    pub(crate) scored: usize,
    pub(crate) bits: f64,
    pub(crate) bits_per_token: f64,
    /// 2 to the bits of a token.
    pub(crate) perplexity: f64,
}

impl ScoredText {
    /// The text as a whole; none if it has no token with a score.
    pub(crate) fn totals(&self) -> Option<Totals> {
        let bits: Vec<f64> = self
            .tokens
            .iter()
            .filter_map(|token| Some(f64::from(token.score?.surprisal_bits)))
            .collect();
        let (scored, sum) = (bits.len(), bits.iter().sum::<f64>());
        let bits_per_token = sum / scored as f64;
        let perplexity = bits_per_token.exp2();
        (scored > 0).then_some(Totals { scored, bits: sum, bits_per_token, perplexity })
    }

    /// The most surprising tokens, by their index.
    pub(crate) fn worst(&self) -> Vec<usize> {
        let bits = |index: &usize| {
            self.tokens[*index].score.map_or(f32::NEG_INFINITY, |s| s.surprisal_bits)
        };
        let mut worst: Vec<usize> =
            (0..self.tokens.len()).filter(|index| bits(index) > 1.0).collect();
        worst.sort_by(|a, b| bits(b).total_cmp(&bits(a)).then(a.cmp(b)));
        worst.truncate(WORST);
        worst
    }

    /// The next place of a kind after a token, or with −1 the one before; the text goes
    /// round.
    pub(crate) fn landmark(&self, kind: Landmark, from: usize, by: i32) -> Option<usize> {
        let count = self.tokens.len();
        let is_there =
            |index: &usize| self.tokens[*index].score.is_some_and(|s| kind.holds(s));
        match by < 0 {
            true => (1..=count).map(|step| (from + count - step) % count).find(is_there),
            false => (1..=count).map(|step| (from + step) % count).find(is_there),
        }
    }

    /// The most bits of a token in each of `parts` equal parts of the text.
    pub(crate) fn spark(&self, parts: usize) -> Vec<f32> {
        let count = self.tokens.len();
        let parts = parts.min(count);
        let bits = |token: &ScoredToken| token.score.map_or(0.0, |s| s.surprisal_bits);
        (0..parts)
            .map(|part| {
                let tokens =
                    &self.tokens[part * count / parts..(part + 1) * count / parts];
                tokens.iter().map(bits).fold(0.0, f32::max)
            })
            .collect()
    }
}

impl Landmark {
    fn holds(self, score: TokenScore) -> bool {
        match self {
            Landmark::Uncertain => score.entropy_bits >= 3.0,
            Landmark::Surprising => score.surprisal_bits >= 5.0 && score.rank > 1,
            Landmark::Fork => {
                score.margin < 0.15 && 2.0 * score.best_probability - score.margin > 0.5
            }
        }
    }
}

impl Heat {
    /// Its name in the page's elements.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Heat::Surprisal => "surprisal",
            Heat::Rank => "rank",
            Heat::Entropy => "entropy",
            Heat::Ratio => "ratio",
        }
    }

    /// The one with a name in the page's elements.
    pub(crate) fn named(name: &str) -> Option<Heat> {
        let all = [Heat::Surprisal, Heat::Rank, Heat::Entropy, Heat::Ratio];
        all.into_iter().find(|heat| heat.name() == name)
    }

    /// How strong the tint of a token is, 0 to 5. Silent where the model was sure of what
    /// came.
    pub(crate) fn level(self, score: TokenScore) -> u8 {
        let TokenScore { probability, rank, surprisal_bits, entropy_bits, .. } = score;
        if rank == 1 && probability >= 0.9 {
            return 0;
        }
        let part =
            |value: f32, most: f32| (value / most * 5.0).ceil().clamp(0.0, 5.0) as u8;
        match self {
            Heat::Surprisal => part(surprisal_bits, 12.0),
            Heat::Entropy => part(entropy_bits, 8.0),
            Heat::Rank => match rank {
                0 | 1 => 0,
                2 | 3 => 1,
                4..=10 => 2,
                11..=100 => 3,
                101..=1000 => 4,
                _ => 5,
            },
            Heat::Ratio => {
                match probability / score.best_probability.max(f32::MIN_POSITIVE) {
                    ratio if ratio >= 1.0 => 0,
                    ratio if ratio >= 0.5 => 1,
                    ratio if ratio >= 0.1 => 2,
                    ratio if ratio >= 0.01 => 3,
                    ratio if ratio >= 0.001 => 4,
                    _ => 5,
                }
            }
        }
    }
}

/// What the model expected in a token's place: the token itself, if it was that.
pub(crate) fn expected(scored: &ScoredToken) -> &Token {
    scored.expected.as_ref().unwrap_or(&scored.token)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(probability: f32, rank: u32, best: f32, second: f32) -> TokenScore {
        TokenScore {
            probability,
            rank,
            surprisal_bits: -probability.log2(),
            entropy_bits: 1.0,
            best_probability: best,
            margin: best - second,
            exact: true,
        }
    }

    fn text(scores: &[TokenScore]) -> ScoredText {
        let token = || Token::new(1, b"a".to_vec(), false);
        let first = ScoredToken { token: token(), score: None, expected: None };
        let rest = scores.iter().map(|score| ScoredToken {
            token: token(),
            score: Some(*score),
            expected: None,
        });
        let tokens = std::iter::once(first).chain(rest).collect();
        ScoredText { model: ModelId::default(), tokens }
    }

    #[test]
    fn totals_are_those_of_the_tokens_with_a_score() {
        let text = text(&[score(0.5, 1, 0.5, 0.2), score(0.125, 2, 0.5, 0.2)]);
        let totals = text.totals().unwrap();
        assert_eq!((totals.scored, totals.bits, totals.bits_per_token), (2, 4.0, 2.0));
        assert_eq!(totals.perplexity, 4.0);
    }

    #[test]
    fn the_worst_come_first_and_what_was_expected_is_no_surprise() {
        let text = text(&[
            score(0.9, 1, 0.9, 0.05),
            score(0.001, 40, 0.5, 0.1),
            score(0.01, 9, 0.5, 0.1),
        ]);
        assert_eq!(text.worst(), [2, 3]);
        assert_eq!(text.spark(2), [-(0.9f32).log2(), -(0.001f32).log2()]);
        assert_eq!(text.spark(99).len(), 4);
    }

    #[test]
    fn jumps_go_round_in_both_directions() {
        let fork = score(0.4, 1, 0.4, 0.35);
        let plain = score(0.9, 1, 0.9, 0.05);
        let text = text(&[fork, plain, fork, plain]);
        let go = |from, by| text.landmark(Landmark::Fork, from, by);
        assert_eq!((go(0, 1), go(1, 1), go(3, 1)), (Some(1), Some(3), Some(1)));
        assert_eq!((go(3, -1), go(1, -1)), (Some(1), Some(3)));
        assert_eq!(text.landmark(Landmark::Surprising, 0, 1), None);
    }

    #[test]
    fn tints_are_silent_where_the_model_was_sure() {
        let sure = score(0.95, 1, 0.95, 0.01);
        let far = score(0.0001, 2000, 0.9, 0.01);
        for heat in [Heat::Surprisal, Heat::Rank, Heat::Entropy, Heat::Ratio] {
            assert_eq!(heat.level(sure), 0);
        }
        assert_eq!((Heat::Rank.level(far), Heat::Ratio.level(far)), (5, 5));
        assert_eq!(Heat::Ratio.level(score(0.4, 2, 0.5, 0.4)), 1);
    }
}
