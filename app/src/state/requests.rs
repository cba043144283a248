//! Which requests are open and what for. An event whose request is not here is late and
//! is dropped: that is the page's only guard against old answers, and it is enough.

use protocol::{RequestId, SamplerSettings};

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
    Distribution(Asked),
    /// To know how surprising these tokens are.
    Score(Vec<NodeId>),
    /// To see whether the tokens at hand mean the same to this model.
    Verify(Vec<NodeId>),
    /// To go on sampling.
    Play,
    /// To have a reply.
    Chat,
}

/// The terms on which a distribution was asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Asked {
    /// The last token of the sequence, which the tree tells the rest of.
    pub(crate) tail: NodeId,
    pub(crate) settings: SamplerSettings,
    pub(crate) rows: u32,
}

/// The open requests.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    last: u32,
    open: Vec<(RequestId, Purpose)>,
}

impl Requests {
    /// A fresh id for a request that is being sent.
    pub(crate) fn open(&mut self, purpose: Purpose) -> RequestId {
        let id = self.fresh();
        self.open.push((id, purpose));
        id
    }

    /// A fresh id for a request that has no reply.
    pub(crate) fn fresh(&mut self) -> RequestId {
        self.last = self.last.wrapping_add(1);
        RequestId(self.last)
    }

    /// Why an open request was sent.
    pub(crate) fn purpose(&self, id: RequestId) -> Option<&Purpose> {
        self.open.iter().find(|(open, _)| *open == id).map(|(_, purpose)| purpose)
    }

    /// Forgets a request, so that whatever still comes of it is dropped.
    pub(crate) fn close(&mut self, id: RequestId) {
        self.open.retain(|(open, _)| *open != id);
    }

    /// Forgets all of some kind; their ids, to cancel them.
    pub(crate) fn close_all(
        &mut self,
        which: impl Fn(&Purpose) -> bool,
    ) -> Vec<RequestId> {
        let closed =
            self.open.iter().filter(|(_, purpose)| which(purpose)).map(|(id, _)| *id);
        let closed = closed.collect();
        self.open.retain(|(_, purpose)| !which(purpose));
        closed
    }

    /// Whether any of some kind is open.
    pub(crate) fn any(&self, which: impl Fn(&Purpose) -> bool) -> bool {
        self.open.iter().any(|(_, purpose)| which(purpose))
    }

    /// The distribution that is under way.
    pub(crate) fn distribution(&self) -> Option<Asked> {
        self.open.iter().find_map(|(_, purpose)| match purpose {
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
