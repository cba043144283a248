//! The scores of a text by a model that an engine elsewhere runs.

use std::f64::consts::LN_2;

use inference::distribution::{Listed, distribution_of_listed};
use inference::distribution::{SamplerContext, View};
use protocol::{SamplerSettings, ScoredToken, TokenId, TokenScore};

use super::model::Model;
use super::remote::unusable;
use super::sequence::Asked;
use super::state::Session;
use crate::error::{EngineError, Result};
use crate::remote::{RemoteAnswer, RemoteQuestion, RemoteScore};

/// Numbers that are asked for of a text, at most; the fewer tokens it has, the more are
/// listed at each place.
const MAX_NUMBERS: usize = 16_384;
/// Tokens that are listed at each place, at least: the margin needs the second.
const LEAST_LISTED: usize = 2;

impl Session {
    /// The scores of the tokens of a text, which a slot has read, if an engine elsewhere runs
    /// the model; none if one here does. Entropies are lower bounds unless the engine lists
    /// the whole vocabulary.
    ///
    /// # Errors
    /// [`EngineError::Awaited`] as long as the answer has not come; else if it cannot be used.
    pub(crate) fn remote_scores(
        &mut self,
        slot: usize,
        ids: &[TokenId],
    ) -> Result<Option<Vec<ScoredToken>>> {
        let first =
            ScoredToken { token: self.token(ids[0]), score: None, expected: None };
        let Model::Elsewhere(model) = &mut self.model else { return Ok(None) };
        if ids.len() < 2 {
            return Ok(Some(vec![first]));
        }
        let sequence = &mut self.sequences[slot];
        let asked = sequence.asked.as_mut().filter(|asked| asked.length == ids.len());
        let Some(asked) = asked else {
            let most = model.most_scored().min(self.description.vocab_size as usize);
            let listed =
                (MAX_NUMBERS / ids.len()).clamp(LEAST_LISTED, most.max(LEAST_LISTED));
            let question = RemoteQuestion::Score { ids: ids.to_vec(), listed };
            let reply = model.ask(question);
            sequence.asked = Some(Asked { length: ids.len(), listed, reply });
            return Err(EngineError::Awaited);
        };
        let answer = asked.reply.take().ok_or(EngineError::Awaited)?;
        sequence.asked = None;
        let scores = match answer.map_err(EngineError::Elsewhere)? {
            RemoteAnswer::Score(scores) if scores.len() == ids.len() - 1 => scores,
            _ => return Err(unusable("it does not tell of each token once")),
        };
        let mut scored = vec![first];
        for (id, score) in ids[1..].iter().zip(scores) {
            scored.push(self.remote_score(*id, &score)?);
        }
        Ok(Some(scored))
    }

    fn remote_score(&self, id: TokenId, score: &RemoteScore) -> Result<ScoredToken> {
        let vocab_size = self.description.vocab_size as usize;
        let own = [(id, score.log_probability)];
        let listed = Listed::new(&score.listed, &own, vocab_size)
            .map_err(|error| unusable(&error.to_string()))?;
        let settings = SamplerSettings { temperature: 0.0, ..SamplerSettings::default() };
        let view = View {
            settings: &settings,
            position: 0,
            candidates: 2,
            watch: &[id],
            context: SamplerContext::default(),
        };
        let seen = distribution_of_listed(&listed, view, &|id| self.token(id))?;
        let p = |index: usize| {
            seen.candidates.get(index).map_or(0.0, |candidate| candidate.probability)
        };
        let rank = score.rank.unwrap_or(seen.watched[0].rank);
        Ok(ScoredToken {
            token: self.token(id),
            score: Some(TokenScore {
                probability: seen.watched[0].probability,
                rank,
                surprisal_bits: (-f64::from(score.log_probability) / LN_2).max(0.0)
                    as f32,
                entropy_bits: seen.entropy_bits,
                best_probability: p(0),
                margin: p(0) - p(1),
                exact: seen.exact,
            }),
            expected: (rank > 1 && seen.greedy != id).then(|| self.token(seen.greedy)),
        })
    }
}
