//! Engines whose numbers and tokens show which model and which text they are of.

use protocol::{
    Candidate, Distribution, ErrorCode, Event, Failure, ModelDescription, ModelSource,
    Outside, SamplerSettings, ScoredToken, Timings, Token, TokenId, TokenScore,
    Verification,
};

use crate::state::BackendKind;

/// The letters of the alphabet of all models. The first is a special token.
const LETTERS: u32 = 8;

/// One of four models. The first two have the same tokens, and the third has other tokens under
/// the same ids. The last one runs on the native server and has other ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Model(pub(super) usize);

impl Model {
    /// The model that a load opens.
    pub(super) fn of(backend: BackendKind, source: &ModelSource) -> Option<Model> {
        match (backend, source) {
            (BackendKind::Native, ModelSource::Hub(model)) if model.name == "other" => {
                Some(Model(2))
            }
            (BackendKind::Native, _) => Some(Model(3)),
            (_, ModelSource::Demo) => Some(Model(0)),
            (_, ModelSource::Address { url }) if url.contains("twin") => Some(Model(1)),
            (_, ModelSource::Address { url }) if url.contains("other") => Some(Model(2)),
            _ => None,
        }
    }

    /// The model with a name.
    pub(super) fn named(name: &str) -> Option<Model> {
        name.strip_prefix("model ")?.parse().ok().map(Model)
    }

    pub(super) fn description(self) -> ModelDescription {
        ModelDescription {
            name: format!("model {}", self.0),
            context_length: [24, 28, 32, 36][self.0],
            end_of_generation: vec![self.id(0)],
            ..super::super::test_page::description()
        }
    }

    pub(super) fn id(self, letter: u32) -> TokenId {
        match self.0 {
            0 | 1 => letter,
            2 => (letter + 3) % LETTERS,
            _ => letter + 100,
        }
    }

    /// The token of an id; none if the model has none.
    pub(super) fn token(self, id: TokenId) -> Option<Token> {
        let letter = (0..LETTERS).find(|letter| self.id(*letter) == id)?;
        Some(Token::new(id, vec![b'`' + letter as u8], letter == 0))
    }

    pub(super) fn tokenize(self, text: &str) -> Vec<Token> {
        let letters = text.bytes().map(|byte| 1 + u32::from(byte) % (LETTERS - 1));
        let exact = text.bytes().map(|b| u32::from(b.wrapping_sub(b'`')));
        letters
            .zip(exact)
            .map(
                |(letter, exact)| {
                    if (1..LETTERS).contains(&exact) { exact } else { letter }
                },
            )
            .filter_map(|letter| self.token(self.id(letter)))
            .collect()
    }

    /// A number that depends on this model and a text only.
    fn number(self, ids: &[TokenId]) -> u64 {
        let mut hash = 0xcbf2_9ce4_8422_2325 ^ (self.0 as u64 + 1);
        for id in ids {
            hash = (hash ^ u64::from(*id + 1)).wrapping_mul(0x0100_0000_01b3);
            hash ^= hash >> 29;
        }
        hash
    }

    /// The entropy that this model gives after a text.
    pub(super) fn entropy(self, ids: &[TokenId]) -> f32 {
        (self.number(ids) % 1_000_000) as f32 / 1e5
    }

    /// The surprisal that this model gives to the last token of a text.
    pub(super) fn surprisal(self, ids: &[TokenId]) -> f32 {
        1.0 + (self.number(ids) % 500_000) as f32 / 1e5
    }

    pub(super) fn distribution(
        self,
        ids: &[TokenId],
        settings: SamplerSettings,
        rows: u32,
        watch: &[TokenId],
    ) -> Distribution {
        let number = self.number(ids);
        let order = |rank: u32| (number as u32 % LETTERS + rank) % LETTERS;
        let candidate = |rank: u32| {
            let id = self.id(order(rank - 1));
            let token = self.token(id).unwrap_or_else(|| Token::new(id, vec![], false));
            let written: Vec<TokenId> = ids.iter().copied().chain([id]).collect();
            let probability = (-self.surprisal(&written)).exp2();
            Candidate {
                rank,
                token,
                logit: -(rank as f32),
                probability,
                sampled_probability: probability,
                cut_by: None,
            }
        };
        let listed: Vec<Candidate> = (1..=rows.min(LETTERS)).map(candidate).collect();
        let all: Vec<Candidate> = (1..=LETTERS).map(candidate).collect();
        let draw = (number >> 8) as usize ^ settings.seed as usize;
        let watched =
            watch.iter().filter_map(|id| all.iter().find(|c| c.token.id == *id));
        Distribution {
            exact: true,
            position: ids.len() as u32,
            vocab_size: LETTERS,
            watched: watched.cloned().collect(),
            outside: Outside {
                tokens: LETTERS - listed.len() as u32,
                probability: 0.0,
                sampled_probability: 0.0,
            },
            entropy_bits: self.entropy(ids),
            greedy: all[0].token.id,
            // The special token, which ends a text, is rare.
            sampled: all[draw % all.len()].clone(),
            draw: 0.5,
            stages: Vec::new(),
            settings,
            timings: Timings::default(),
            candidates: listed,
        }
    }

    /// The verification of this model's distribution after a text.
    pub(super) fn verification(self, ids: &[TokenId], rows: u32) -> Verification {
        let entropy_bits = f64::from(self.entropy(ids));
        let computed_by = format!("model {}", self.0);
        let reference_entropy_bits = entropy_bits;
        let base = super::super::test_page::verification(ids, rows);
        Verification { computed_by, entropy_bits, reference_entropy_bits, ..base }
    }

    pub(super) fn score(self, ids: &[TokenId]) -> Event {
        let tokens: Option<Vec<ScoredToken>> = (0..ids.len())
            .map(|index| {
                let surprisal_bits = self.surprisal(&ids[..=index]);
                let score = TokenScore {
                    probability: (-surprisal_bits).exp2(),
                    rank: 1,
                    surprisal_bits,
                    entropy_bits: self.entropy(&ids[..index]),
                    best_probability: (-surprisal_bits).exp2(),
                    margin: 0.0,
                    exact: true,
                };
                let token = self.token(ids[index])?;
                let score = (index > 0).then_some(score);
                Some(ScoredToken { token, score, expected: None })
            })
            .collect();
        match tokens {
            Some(tokens) => Event::Scored { tokens, timings: Timings::default() },
            None => failed(ErrorCode::InvalidToken),
        }
    }
}

pub(super) fn failed(code: ErrorCode) -> Event {
    let message = format!("It failed: {code:?}.");
    Event::Failed(Failure { code, message, hint: None })
}
