//! Tokens that the device reads before it is asked for them: it guesses which ones will be
//! drawn. What the engine draws is what counts. A guess that was wrong has cost the time of the
//! passes after it, and nothing of them is used.

use engine::{Outlook, PromptQuestion, ReadTokens};
use gpu::Guess;
use wasm_bindgen::JsValue;

use super::model::DeviceModel;
use super::pass::Asked;
use super::patience::patiently;
use super::reader::Desk;

/// How many tokens the device reads before it is asked for them.
const MOST_AHEAD: usize = 3;

/// The guess at the draw of the token `after` those that follow a text next.
pub(super) fn guess(outlook: &Outlook, after: usize) -> Option<Guess> {
    Some(Guess {
        temperature: outlook.temperature,
        cuts_first: outlook.cuts_first,
        top_k: outlook.top_k,
        top_p: outlook.top_p,
        min_p: outlook.min_p,
        point: *outlook.points.get(after)?,
    })
}

impl DeviceModel {
    /// Reads on after a text whose last pass, just submitted, guesses the token after it.
    ///
    /// # Errors
    /// If the device takes no pass.
    pub(super) fn begin_ahead(
        &mut self,
        question: &PromptQuestion,
    ) -> Result<(), JsValue> {
        self.ahead.goes_on = true;
        self.read_ahead(question)
    }

    /// Has as many passes after a text as the device may have, as far as it guesses tokens.
    fn read_ahead(&mut self, question: &PromptQuestion) -> Result<(), JsValue> {
        let PromptQuestion { ids, outlook: Some(outlook), .. } = question else {
            return Ok(());
        };
        let most = MOST_AHEAD.min(1 + self.ahead.right);
        while self.ahead.goes_on && self.ahead.passes.len() < most {
            let after = self.ahead.passes.len();
            let at = ids.len() + after;
            if at >= self.positions {
                break;
            }
            let guess = guess(outlook, after + 1);
            let pass = self.submit(Asked {
                ids: None,
                positions: at..at + 1,
                from: at,
                ends: true,
                guess,
            })?;
            self.ahead.passes.push_back(pass);
            self.ahead.goes_on = guess.is_some();
        }
        Ok(())
    }

    /// What was read of the last token of a text, if the device has guessed that token and
    /// read it. Where it has not, everything that it has guessed is forgotten.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) async fn take_ahead(
        &mut self,
        desk: &Desk,
        question: &PromptQuestion,
    ) -> Result<Option<ReadTokens>, JsValue> {
        let PromptQuestion { ids, from, .. } = question;
        let follows = *from + 1 == ids.len() && desk.has_read(&ids[..*from]);
        if follows && let Some(pass) = self.ahead.passes.pop_front() {
            // The device is not to wait until this one is looked at.
            self.read_ahead(question)?;
            let (read, token) = patiently(self.collect(pass)).await?;
            if token == Some(ids[*from]) {
                self.ahead.right += 1;
                desk.note(&ids[*from..]);
                return Ok(Some(read));
            }
            self.ahead.right = 0;
        }
        self.ahead.goes_on = false;
        while let Some(pass) = self.ahead.passes.pop_front() {
            patiently(self.collect(pass)).await?;
        }
        Ok(None)
    }
}
