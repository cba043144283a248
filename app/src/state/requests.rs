//! Which requests are open and what for. An event whose request is not here is late and
//! is dropped: that is the page's only guard against old answers, and it is enough.

use protocol::{Progress, RequestId, SamplerSettings};

use super::text_distribution::TextKey;
use super::tree::NodeId;

/// Why something was asked.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Purpose {
    /// To have a model, or to know which one there is.
    Model,
    /// To know which models are stored.
    Models,
    /// To start from the prompt.
    Tokenize,
    /// To draw a distribution.
    Distribution(DistributionTerms),
    /// To know how surprising these tokens are.
    Score(Vec<NodeId>),
    /// To see whether the tokens at hand mean the same to this model.
    Verify {
        nodes: Vec<NodeId>,
        /// Where they do not, the text is to be made of this model's tokens.
        tokenize_again: bool,
    },
    /// To go on sampling.
    Play,
    /// To have a reply.
    Chat,
    /// To see whether a reply of an earlier visit is made of this model's tokens.
    VerifyReply(ReplyId),
    /// To compute again what a token of such a reply was drawn from.
    Inspect(ReplyId, usize),
}

/// A reply, wherever it has moved to in the meantime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ReplyId {
    /// The key of its exchange.
    pub(crate) exchange: u32,
    pub(crate) variant: usize,
}

/// The terms on which a distribution was asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct DistributionTerms {
    pub(crate) text: TextKey,
    pub(crate) settings: SamplerSettings,
    pub(crate) rows: u32,
}

/// The open requests.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    last: u32,
    open: Vec<Open>,
}

/// A request that has not been answered to the end.
#[derive(Debug)]
struct Open {
    id: RequestId,
    purpose: Purpose,
    /// How far it has come, until it tells anything else.
    progress: Option<Progress>,
}

impl Requests {
    /// A fresh id for a request that is being sent.
    pub(crate) fn open(&mut self, purpose: Purpose) -> RequestId {
        let id = self.fresh();
        self.open.push(Open { id, purpose, progress: None });
        id
    }

    /// A fresh id for a request that has no reply.
    pub(crate) fn fresh(&mut self) -> RequestId {
        self.last = self.last.wrapping_add(1);
        RequestId(self.last)
    }

    /// Why an open request was sent.
    pub(crate) fn purpose(&self, id: RequestId) -> Option<&Purpose> {
        self.open.iter().find(|open| open.id == id).map(|open| &open.purpose)
    }

    /// Forgets a request, so that whatever still comes of it is dropped.
    pub(crate) fn close(&mut self, id: RequestId) {
        self.open.retain(|open| open.id != id);
    }

    /// Notes how far a request has come; none once it tells of something else, since what
    /// was under way is done then.
    pub(crate) fn note_progress(&mut self, id: RequestId, progress: Option<Progress>) {
        if let Some(open) = self.open.iter_mut().find(|open| open.id == id) {
            open.progress = progress;
        }
    }

    /// How far the request that is worked on has come.
    pub(crate) fn progress(&self) -> Option<&Progress> {
        self.open.iter().find_map(|open| open.progress.as_ref())
    }

    /// Forgets all of some kind; their ids, to cancel them.
    pub(crate) fn close_all(
        &mut self,
        which: impl Fn(&Purpose) -> bool,
    ) -> Vec<RequestId> {
        let (closed, open) = std::mem::take(&mut self.open)
            .into_iter()
            .partition(|open| which(&open.purpose));
        self.open = open;
        let closed: Vec<Open> = closed;
        closed.into_iter().map(|closed| closed.id).collect()
    }

    /// Whether any of some kind is open.
    pub(crate) fn any(&self, which: impl Fn(&Purpose) -> bool) -> bool {
        self.open.iter().any(|open| which(&open.purpose))
    }

    /// The distribution that is under way.
    pub(crate) fn distribution(&self) -> Option<DistributionTerms> {
        self.open.iter().find_map(|open| match &open.purpose {
            Purpose::Distribution(asked) => Some(*asked),
            _ => None,
        })
    }

    /// Whether the model is sampling on its own in the explorer.
    pub(crate) fn playing(&self) -> bool {
        self.any(|purpose| *purpose == Purpose::Play)
    }

    /// Whether a reply is being written.
    pub(crate) fn chatting(&self) -> bool {
        self.any(|purpose| *purpose == Purpose::Chat)
    }

    /// Whether the engine has anything to do but load.
    pub(crate) fn busy(&self) -> bool {
        self.any(|purpose| !matches!(purpose, Purpose::Model | Purpose::Models))
    }
}
