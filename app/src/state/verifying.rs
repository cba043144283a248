//! Whether the numbers on screen can be, are being or were verified. A result is given out
//! only while the text and the model that it belongs to are in view.

use protocol::Verification;

use super::in_view::About;
use super::number_check::TextInView;
use super::page::State;
use super::requests::Purpose;

impl State {
    /// The text that the distribution in view follows. None without a distribution, or if
    /// the model at hand did not compute it.
    pub(crate) fn text_in_view(&self) -> Option<TextInView> {
        let model = self.engine.model_id()?;
        let ids = match self.in_view()?.about {
            About::Next | About::LookedBack(_) => {
                self.explorer.tree.ids(self.explorer.position())
            }
            // It is about to be replaced.
            About::LastToken(_) => return None,
            About::Reply(at) => {
                let reply = self.chat.exchanges[at.exchange].reply();
                let own = reply.writer.model == Some(model);
                if !own || reply.prompt.is_empty() {
                    return None;
                }
                reply.ids(at.token)
            }
        };
        Some(TextInView { model, ids })
    }

    /// The result of the verification of the distribution in view.
    pub(crate) fn verification_in_view(&self) -> Option<&Verification> {
        self.number_check.as_ref()?.of(&self.text_in_view()?)
    }

    /// The text whose numbers are being verified.
    pub(crate) fn verifying(&self) -> Option<&TextInView> {
        self.requests.find(|purpose| match purpose {
            Purpose::VerifyNumbers(text) => Some(text),
            _ => None,
        })
    }

    /// Whether the distribution in view can be verified now.
    pub(crate) fn can_verify(&self) -> bool {
        self.engine.is_ready()
            && self.verifying().is_none()
            && !self.playing()
            && !self.requests.chatting()
            && !self.computing()
            && self.text_in_view().is_some()
    }
}
