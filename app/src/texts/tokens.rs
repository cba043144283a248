//! Sentences and labels about tokens and distributions, as text and as they are spoken.

use protocol::{Candidate, Distribution, Piece, SamplerOrder, Token, display_pieces};

pub(crate) use crate::language::table::tokens::*;

use crate::format;
use crate::language::say;
use crate::language::table::{counts, numbers};
use crate::texts;

/// Nothing is drawn.
pub(crate) const NO_Q: &str = "–";

/// A token as a screen reader says it: "space cat", "newline", "byte E2".
pub(crate) fn spoken(token: &Token) -> String {
    if token.special {
        return say!(SPECIAL_TOKEN, text = token.text);
    }
    let pieces = display_pieces(&token.bytes);
    let words: Vec<String> = pieces.into_iter().map(spoken_piece).collect();
    words.join(" ")
}

fn spoken_piece(piece: Piece) -> String {
    match piece {
        Piece::Text(text) => text,
        Piece::Mark("␣") => SPACE.into(),
        Piece::Mark("↵") => NEWLINE.into(),
        Piece::Mark("⇥") => TAB.into(),
        Piece::Mark(_) => NOTHING.into(),
        Piece::Byte(byte) => {
            let inner = byte.trim_matches(['<', '>']);
            say!(BYTE, byte = inner.strip_prefix("0x").unwrap_or(inner))
        }
    }
}

/// The label of the button that shows more or less of the distribution.
pub(crate) fn sheet_size(open: bool) -> &'static str {
    match open {
        true => SHOW_LESS.get(),
        false => SHOW_MORE.get(),
    }
}

/// The name of the row of all tokens that are not listed.
pub(crate) fn other_row(tokens: u32) -> String {
    say!(OTHER_ROW, tokens = counts::TOKENS.of(tokens.into()))
}

/// The label of a row for screen readers.
pub(crate) fn row_label(candidate: &Candidate) -> String {
    let label = say!(
        ROW,
        rank = candidate.rank,
        token = spoken(&candidate.token),
        percent = format::spoken_percent(candidate.probability),
    );
    match candidate.cut_by {
        None => label,
        Some(kind) => say!(CUT_ROW, row = label, step = texts::sampler::step(kind)),
    }
}

/// The exact numbers of a candidate.
pub(crate) fn exact(candidate: &Candidate) -> String {
    let Candidate { rank, token, logit, probability, sampled_probability, .. } =
        candidate;
    let bits = format::digits(f64::from(-probability.log2()).max(0.0));
    say!(
        EXACT,
        token = token.text,
        id = token.id,
        rank = format::count((*rank).into()),
        logit = format::fixed(f64::from(*logit), 4),
        p = format::exactly(*probability),
        q = format::exactly(*sampled_probability),
        bits = say!(numbers::BITS, number = bits),
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
    let vocabulary = u64::from(distribution.vocab_size);
    match steps.is_empty() {
        true => say!(ALL_TOKENS, tokens = counts::TOKENS.of(vocabulary)),
        false => {
            steps.insert(0, format::count(vocabulary));
            steps.join(&format!(" {ARROW} "))
        }
    }
}

/// How open the choice of the next token is, as a sentence.
pub(crate) fn openness(distribution: &Distribution) -> String {
    let p = |row: usize| distribution.candidates.get(row).map_or(0.0, |c| c.probability);
    let (first, second) = (p(0), p(1));
    if first >= 0.9 {
        return ALMOST_CERTAIN.into();
    }
    if first >= 0.5 {
        return CLEAR_FAVOURITE.into();
    }
    if first < 1.25 * second && first + second > 0.4 {
        return CLOSE_RACE.into();
    }
    let mut sum = 0.0;
    let half = distribution.candidates.iter().position(|candidate| {
        sum += candidate.probability;
        sum >= 0.5
    });
    match (half, distribution.candidates.len()) {
        (Some(row), _) => say!(TOP_HAVE_HALF, number = row + 1),
        (None, 0 | 1) => TOP_LACKS_HALF.into(),
        (None, rows) => say!(TOP_ROWS_LACK_HALF, number = rows),
    }
}

/// How the sampler drew `token`.
pub(crate) fn drawn_point(distribution: &Distribution, token: &str) -> String {
    say!(
        DRAWN_POINT,
        point = format::fixed(distribution.draw.into(), 6),
        token = token,
        seed = distribution.settings.seed,
        position = distribution.position,
    )
}

/// Why a text of another model, `maker`, cannot be continued.
pub(crate) fn other_tokens(maker: &str) -> String {
    say!(OTHER_TOKENS, maker = maker)
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
