//! Sentences and labels about tokens and distributions, as text and as they are spoken.

use protocol::{Candidate, Distribution, Piece, SamplerOrder, Token, display_pieces};

use crate::format;
use crate::texts;

/// The person chose the token.
pub(crate) const CHOSEN: &str = "chosen";
/// The token is the most probable one, which is taken at temperature 0.
pub(crate) const GREEDY_PICK: &str = "greedy pick";
/// The sampler drew the token.
pub(crate) const SAMPLED: &str = "sampled";
/// The sampler cut the token.
pub(crate) const CUT: &str = "cut";
/// Nothing is drawn.
pub(crate) const NO_Q: &str = "–";

/// A token as a screen reader says it: "space cat", "newline", "byte E2".
pub(crate) fn spoken(token: &Token) -> String {
    if token.special {
        return format!("special token {}", token.text);
    }
    let pieces = display_pieces(&token.bytes);
    let words: Vec<String> = pieces.into_iter().map(spoken_piece).collect();
    words.join(" ")
}

fn spoken_piece(piece: Piece) -> String {
    match piece {
        Piece::Text(text) => text,
        Piece::Mark("␣") => "space".into(),
        Piece::Mark("↵") => "newline".into(),
        Piece::Mark("⇥") => "tab".into(),
        Piece::Mark(_) => "nothing".into(),
        Piece::Byte(byte) => {
            let inner = byte.trim_matches(['<', '>']);
            let name = inner.strip_prefix("0x").unwrap_or(inner);
            format!("byte {name}")
        }
    }
}

/// The label of the button that shows more or less of the distribution.
pub(crate) fn sheet_size(open: bool) -> &'static str {
    match open {
        true => "Show less of the distribution",
        false => "Show more of the distribution",
    }
}

/// The name of the row of all tokens that are not listed.
pub(crate) fn other_row(tokens: u32) -> String {
    format!("Other: {}", format::counted(tokens.into(), "token"))
}

/// The label of a row for screen readers.
pub(crate) fn row_label(candidate: &Candidate) -> String {
    let mut label = format!(
        "rank {}, {}, {}",
        candidate.rank,
        spoken(&candidate.token),
        format::spoken_percent(candidate.probability)
    );
    if let Some(kind) = candidate.cut_by {
        label += &format!(", cut by {}", texts::sampler::step(kind));
    }
    label
}

/// The exact numbers of a candidate.
pub(crate) fn exact(candidate: &Candidate) -> String {
    let Candidate { rank, token, logit, probability, sampled_probability, .. } =
        candidate;
    format!(
        "{} · id {} · rank {} · logit {logit:.4} · p {probability} · q {sampled_probability} · {} bits",
        token.text,
        token.id,
        format::count((*rank).into()),
        format::digits(f64::from(-probability.log2()).max(0.0)),
    )
}

/// What each step of the sampler kept or changed: "49,152 → top-k 40 → top-p 12".
pub(crate) fn pipeline(distribution: &Distribution) -> String {
    let settings = &distribution.settings;
    let mut steps: Vec<String> =
        distribution.stages.iter().map(|stage| texts::sampler::stage(*stage)).collect();
    // Before the cuts it has its usual place, and at 0 it is the step "greedy".
    if settings.order == SamplerOrder::TemperatureLast && settings.temperature > 0.0 {
        steps.push(texts::sampler::temperature(settings.temperature));
    }
    let all = format::count(distribution.vocab_size.into());
    match steps.is_empty() {
        true => format!("all {all} tokens"),
        false => format!("{all} → {}", steps.join(" → ")),
    }
}

/// How open the choice of the next token is, as a sentence.
pub(crate) fn openness(distribution: &Distribution) -> String {
    let p = |row: usize| distribution.candidates.get(row).map_or(0.0, |c| c.probability);
    let (first, second) = (p(0), p(1));
    if first >= 0.9 {
        return "Almost certain: one token has nearly all the probability.".into();
    }
    if first >= 0.5 {
        return "One clear favourite, likelier than all the rest together.".into();
    }
    if first < 1.25 * second && first + second > 0.4 {
        return "A close race between the first two.".into();
    }
    let mut sum = 0.0;
    let half = distribution.candidates.iter().position(|candidate| {
        sum += candidate.probability;
        sum >= 0.5
    });
    match (half, distribution.candidates.len()) {
        (Some(row), _) => format!("The top {} together have more than half.", row + 1),
        (None, 0 | 1) => "Wide open: even the top token has less than half.".into(),
        (None, rows) => {
            format!("Wide open: even the top {rows} together have less than half.")
        }
    }
}

/// How the sampler drew `token`.
pub(crate) fn drawn_point(distribution: &Distribution, token: &str) -> String {
    format!(
        "With all tokens laid end to end by q, the point {:.6} falls on {token}. \
         Seed {} and position {} make the point.",
        distribution.draw, distribution.settings.seed, distribution.position
    )
}

/// Why a text of another model, `maker`, cannot be continued.
pub(crate) fn other_tokens(maker: &str) -> String {
    format!(
        "These tokens are from {maker} and mean something else to the current model. Start \
         the prompt, or load that model again."
    )
}

#[cfg(test)]
mod tests {
    use protocol::SamplerSettings;

    use super::*;
    use crate::update::tests::test_page::distribution;

    #[test]
    fn one_row_below_one_half_is_described_in_the_singular() {
        let mut open = distribution(&[1], SamplerSettings::default(), 1, &[]);
        open.candidates[0].probability = 0.4;
        assert_eq!(openness(&open), "Wide open: even the top token has less than half.");
    }

    #[test]
    fn tokens_are_spoken_in_words() {
        let spoken = |bytes: &[u8]| spoken(&Token::new(1, bytes.to_vec(), false));
        assert_eq!(spoken(b" cat"), "space cat");
        assert_eq!(spoken(b".\n"), ". newline");
        assert_eq!(spoken(b"\xE2"), "byte E2");
        assert_eq!(spoken(b""), "nothing");
        let end = Token::new(2, b"<|im_end|>".to_vec(), true);
        assert_eq!(super::spoken(&end), "special token <|im_end|>");
    }
}
