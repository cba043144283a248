//! Which requests are open, and for what purpose. An event of any other request is outdated
//! and is dropped. This is the page's only guard against outdated answers.

use protocol::{Progress, RequestId, SamplerSettings};

use super::node::NodeId;
use super::number_check::TextInView;
use super::reply::ReplyId;
use super::sharing::Session;
use super::text_distribution::TextKey;
use super::tools::comparison::ComparisonTerms;
use super::tools::draws::TrialTerms;
use super::tools::inside::{InsideQuestion, SavedFormat};
use super::tools::side::SideTerms;
use super::tools::words::LookUpTerms;

/// Why a request was sent.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Purpose {
    /// To load a model, or to learn which one is loaded.
    Model,
    /// To list the stored models.
    Models,
    /// To list the files of a model of a hub.
    ModelFiles,
    /// To start from the prompt, or from a text that has to be tokenized again.
    Tokenize,
    /// To show the tokens of this prompt while it is typed.
    TypedPrompt(String),
    /// To show a distribution.
    Distribution(DistributionTerms),
    /// To score these tokens.
    Score(Vec<NodeId>),
    /// To learn whether these ids are the same tokens to the model.
    Verify {
        nodes: Vec<NodeId>,
        /// If they are not, tokenize the text again.
        tokenize_again: bool,
    },
    /// To hold the numbers on screen against a second computation.
    VerifyNumbers(TextInView),
    /// To look up words after the text.
    LookUp(LookUpTerms),
    /// To score any text: to turn it into tokens first.
    TokenizeToScore,
    /// To score any text.
    ScoreText,
    /// To grow what could follow this token.
    Grow(NodeId),
    /// To turn the other text of a comparison into tokens.
    TokenizeOther,
    /// To hold two texts or samplers against each other.
    Compare(ComparisonTerms),
    /// To hold two engines against each other.
    Side(SideTerms),
    /// To draw many times, or to sweep a knob.
    Trial(TrialTerms),
    /// To learn which tokens a text is that the sampler's card names.
    NameToken(String),
    /// To find out how a prediction came about.
    Inside(InsideQuestion),
    /// To save the whole vocabulary in a format: its probabilities first, then, with these, its
    /// tokens.
    Vocabulary(SavedFormat, Option<Vec<f32>>),
    /// To learn which tokens the ids of a session are.
    Session(Box<Session>),
    /// To sample one token after another in the explorer.
    Play,
    /// To generate a reply.
    Chat,
    /// To learn whether a reply of an earlier visit is made of the model's tokens.
    VerifyReply(ReplyId),
    /// To compute again the distribution that a token of such a reply was drawn from, by the
    /// token's index.
    Inspect(ReplyId, usize),
}

/// What a distribution was requested for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DistributionTerms {
    pub(crate) text: TextKey,
    pub(crate) settings: SamplerSettings,
    pub(crate) rows: u32,
}

/// The open requests.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    last: u32,
    open: Vec<OpenRequest>,
}

/// A request whose terminal event has not come.
#[derive(Debug)]
struct OpenRequest {
    id: RequestId,
    purpose: Purpose,
    /// Its last event, if that was progress.
    progress: Option<Progress>,
}

impl Requests {
    /// Opens a request and returns its new id.
    pub(crate) fn open(&mut self, purpose: Purpose) -> RequestId {
        let id = self.next_id();
        self.open.push(OpenRequest { id, purpose, progress: None });
        id
    }

    /// A new id. It is not open: for requests that have no reply.
    pub(crate) fn next_id(&mut self) -> RequestId {
        self.last = self.last.wrapping_add(1);
        RequestId(self.last)
    }

    /// The purpose of a request; none if it is not open.
    pub(crate) fn purpose(&self, id: RequestId) -> Option<&Purpose> {
        self.open.iter().find(|open| open.id == id).map(|open| &open.purpose)
    }

    /// Closes a request. Its later events are dropped.
    pub(crate) fn close(&mut self, id: RequestId) {
        self.open.retain(|open| open.id != id);
    }

    /// Stores how far a request has come. None after any event that is not progress.
    pub(crate) fn note_progress(&mut self, id: RequestId, progress: Option<Progress>) {
        if let Some(open) = self.open.iter_mut().find(|open| open.id == id) {
            open.progress = progress;
        }
    }

    /// The progress of the request that the engine works on.
    pub(crate) fn progress(&self) -> Option<&Progress> {
        self.open.iter().find_map(|open| open.progress.as_ref())
    }

    /// Closes all requests that a predicate selects, and returns their ids.
    pub(crate) fn close_all(
        &mut self,
        which: impl Fn(&Purpose) -> bool,
    ) -> Vec<RequestId> {
        let (closed, open) = std::mem::take(&mut self.open)
            .into_iter()
            .partition(|open| which(&open.purpose));
        self.open = open;
        let closed: Vec<OpenRequest> = closed;
        closed.into_iter().map(|closed| closed.id).collect()
    }

    /// Whether a predicate selects any open request.
    pub(crate) fn any(&self, which: impl Fn(&Purpose) -> bool) -> bool {
        self.open.iter().any(|open| which(&open.purpose))
    }

    /// The first open request for which `what` gives something.
    pub(crate) fn find<'a, T>(
        &'a self,
        what: impl Fn(&'a Purpose) -> Option<T>,
    ) -> Option<T> {
        self.open.iter().find_map(|open| what(&open.purpose))
    }

    /// The distribution that is requested, if one is.
    pub(crate) fn distribution(&self) -> Option<&DistributionTerms> {
        self.find(|purpose| match purpose {
            Purpose::Distribution(asked) => Some(asked),
            _ => None,
        })
    }

    /// Whether the explorer samples one token after another.
    pub(crate) fn playing(&self) -> bool {
        self.any(|purpose| *purpose == Purpose::Play)
    }

    /// Whether a reply is being generated.
    pub(crate) fn chatting(&self) -> bool {
        self.any(|purpose| *purpose == Purpose::Chat)
    }

    /// Whether any request is open but those for models.
    pub(crate) fn busy(&self) -> bool {
        self.any(|purpose| {
            !matches!(purpose, Purpose::Model | Purpose::Models | Purpose::ModelFiles)
        })
    }
}
