//! Reads the JSON of a session and holds it against itself, so that what a page gets of it can
//! be shown as it is.

use serde::Deserialize;

use crate::bounds::{
    MAX_LISTED, MAX_NAME, MAX_TEXT, MAX_TOKENS, Vocabulary, is_probability, must,
};
use crate::session::VERSION;
use crate::{Branch, Fault, Recorded, Session, check_answers};

/// The session of some JSON.
pub(crate) fn read(json: &[u8]) -> Result<Session, Fault> {
    /// What all versions have.
    #[derive(Deserialize)]
    struct AnyVersion {
        version: u32,
    }
    let any: AnyVersion = serde_json::from_slice(json).map_err(|error| {
        // An object that is cut off or spoilt was one.
        let object = json.trim_ascii_start().first() == Some(&b'{');
        match object && !error.is_data() {
            true => Fault::Damaged,
            false => Fault::NoSession,
        }
    })?;
    if any.version > VERSION {
        return Err(Fault::Newer { version: any.version });
    }
    let session: Session = serde_json::from_slice(json)
        .map_err(|error| Fault::invalid(error.to_string()))?;
    session.check()?;
    Ok(session)
}

impl Session {
    /// Whether everything in it belongs together.
    ///
    /// # Errors
    /// The first thing that does not.
    pub fn check(&self) -> Result<(), Fault> {
        let Session { version, model, prompt, texts, view, .. } = self;
        must(*version == VERSION, "the version is unknown")?;
        if texts.ids.len() > MAX_TOKENS {
            return Err(Fault::TooLarge);
        }
        let steps = &self.knobs.steps;
        let long = [prompt.as_deref().unwrap_or_default(), &steps.allowed_text];
        if long.iter().any(|text| text.len() > MAX_TEXT) || steps.named.len() > MAX_LISTED
        {
            return Err(Fault::TooLarge);
        }
        let name = match &model.source {
            crate::Source::Hub(name) | crate::Source::Address(name) => name.as_str(),
            _ => "",
        };
        let names = [name, &model.name, &model.format, &model.computed_in];
        must(names.iter().all(|name| name.len() <= MAX_NAME), "a name is too long")?;
        let known = texts.ids.iter().all(|id| *id < model.vocab_size);
        must(known, "a token is not of the vocabulary")?;
        let depths = self.depths()?;
        let all = texts.origins.iter().map(|(_, count)| u64::from(*count)).sum::<u64>();
        must(all == texts.ids.len() as u64, "not every token has one origin")?;
        let length = match texts.end {
            None => 0,
            Some(end) => match depths.get(end as usize) {
                Some(depth) => depth + 1,
                None => return Err(Fault::invalid("the text ends at no token")),
            },
        };
        let focused = view.focus.is_none_or(|focus| focus < length);
        must(focused, "the token in view is not of the text")?;
        let finite = self.expected.is_none_or(|expected| is_probability(expected.p));
        must(finite, "the expected probability is none")?;
        match &self.recorded {
            Some(recorded) => self.check_recorded(recorded, &depths, length),
            None => Ok(()),
        }
    }

    /// How many tokens precede each token in its text.
    fn depths(&self) -> Result<Vec<u32>, Fault> {
        let texts = &self.texts;
        let mut last = None;
        for Branch(index, parent) in &texts.branches {
            let in_order = last.is_none_or(|last| last < *index);
            let of_list = (*index as usize) < texts.ids.len();
            must(in_order && of_list, "the branches are not in order")?;
            let earlier = parent.is_none_or(|parent| parent < *index);
            must(earlier, "a token follows a later one")?;
            last = Some(*index);
        }
        let mut depths: Vec<u32> = Vec::with_capacity(texts.ids.len());
        for parent in texts.parents() {
            let before = parent.and_then(|parent| depths.get(parent as usize));
            depths.push(before.map_or(0, |before| before + 1));
        }
        Ok(depths)
    }

    fn check_recorded(
        &self,
        recorded: &Recorded,
        depths: &[u32],
        length: u32,
    ) -> Result<(), Fault> {
        let Recorded { date, model, tokens, distribution, answers, .. } = recorded;
        let of = Vocabulary { size: self.model.vocab_size };
        must(date.len() <= MAX_NAME, "the date is too long")?;
        let same = model.vocab_size == self.model.vocab_size;
        must(same, "there are two models")?;
        let ids = tokens.iter().map(|known| known.token.id);
        must(ids.eq(self.texts.ids.iter().copied()), "other tokens were recorded")?;
        let sum = crate::checksum(tokens.iter().map(|known| &known.token));
        must(sum == self.texts.checksum, "the tokens have other bytes")?;
        for (known, depth) in tokens.iter().zip(depths) {
            if let Some(score) = &known.score {
                let whole = is_probability(score.probability) && score.rank > 0;
                must(whole, "a score is none")?;
            }
            if let Some(choice) = &known.choice {
                must(choice.candidate.token == known.token, "another token was chosen")?;
                of.distribution_at(&choice.distribution, *depth)?;
            }
        }
        let position = self.view.focus.unwrap_or(length);
        if let Some(distribution) = distribution {
            of.distribution_at(distribution, position)?;
        }
        check_answers::check(answers, of)?;
        let is_there = recorded.reply_token.is_none_or(|(reply, token)| {
            check_answers::has_reply_token(answers, reply as usize, token as usize)
        });
        must(is_there, "the token in view is of no reply")
    }
}
