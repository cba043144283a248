//! A turn of the conversation: a question with the variants of its reply, and its other
//! versions. Whatever is not shown is kept with all that followed it.

use super::reply::{ChatReply, ReplyId};

/// A question with its reply.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    /// Never used again, so that an index that means another exchange now is noticed.
    pub(crate) key: u32,
    pub(crate) question: String,
    /// The replies; at least one.
    variants: Vec<Variant>,
    /// The index of the variant that is shown and that later questions build on.
    shown: usize,
    /// The index of the variant that was shown before the newest was added.
    shown_before: usize,
    /// Other versions of this question: those written earlier and those written later, each
    /// with the conversation that followed it.
    pub(super) earlier: Vec<Vec<Exchange>>,
    pub(super) later: Vec<Vec<Exchange>>,
    /// The index of the version that this one was made of.
    pub(super) edited_from: usize,
}

/// A reply with the conversation that followed it. That of the variant that is shown is in
/// the conversation itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Variant {
    pub(super) reply: ChatReply,
    pub(super) rest: Vec<Exchange>,
}

impl Exchange {
    /// A question with the variants of its reply, of which one is shown.
    pub(super) fn new(
        key: u32,
        question: String,
        mut variants: Vec<Variant>,
        shown: usize,
    ) -> Exchange {
        if variants.is_empty() {
            variants.push(Variant::default());
        }
        let shown = shown.min(variants.len() - 1);
        Exchange {
            key,
            question,
            variants,
            shown,
            shown_before: shown,
            earlier: Vec::new(),
            later: Vec::new(),
            edited_from: 0,
        }
    }

    /// The variant that is shown.
    pub(crate) fn reply(&self) -> &ChatReply {
        &self.variants[self.shown].reply
    }

    /// The variant that is shown, to be changed.
    pub(super) fn reply_mut(&mut self) -> &mut ChatReply {
        &mut self.variants[self.shown].reply
    }

    /// A variant by its index.
    pub(super) fn variant_mut(&mut self, index: usize) -> Option<&mut ChatReply> {
        self.variants.get_mut(index).map(|variant| &mut variant.reply)
    }

    /// How many variants there are, and the index of the one that is shown.
    pub(crate) fn variants(&self) -> (usize, usize) {
        (self.variants.len(), self.shown)
    }

    /// How many versions of the question there are, and the index of the one that is shown.
    pub(crate) fn versions(&self) -> (usize, usize) {
        (self.earlier.len() + 1 + self.later.len(), self.earlier.len())
    }

    /// The id of the variant that is shown.
    pub(crate) fn id(&self) -> ReplyId {
        ReplyId { exchange: self.key, variant: self.shown }
    }

    /// Each variant, with the conversation that followed it if it is not shown.
    pub(super) fn all_variants(&self) -> &[Variant] {
        &self.variants
    }

    /// Adds a variant and shows it. `rest` is the conversation that followed the one that was
    /// shown.
    pub(super) fn add_variant(&mut self, reply: ChatReply, rest: Vec<Exchange>) {
        self.variants[self.shown].rest = rest;
        self.shown_before = self.shown;
        self.variants.push(Variant { reply, rest: Vec::new() });
        self.shown = self.variants.len() - 1;
    }

    /// Shows the variant that is `by` further on, or the first or last one. Takes the
    /// conversation that followed the one that was shown, and returns that of the other.
    pub(super) fn step_variant(&mut self, by: i32, rest: Vec<Exchange>) -> Vec<Exchange> {
        self.variants[self.shown].rest = rest;
        let last = self.variants.len() - 1;
        self.shown = self.shown.saturating_add_signed(by as isize).min(last);
        std::mem::take(&mut self.variants[self.shown].rest)
    }

    /// Removes the newest variant, which is shown, and shows the one that was shown before it.
    /// Returns the conversation that followed that one; none if it is the only variant.
    pub(super) fn drop_variant(&mut self) -> Option<Vec<Exchange>> {
        if self.variants.len() == 1 {
            return None;
        }
        self.variants.remove(self.shown);
        self.shown = self.shown_before.min(self.variants.len() - 1);
        Some(std::mem::take(&mut self.variants[self.shown].rest))
    }

    /// All questions and all replies, also those that are not shown.
    #[cfg(test)]
    pub(crate) fn everything(&self) -> (Vec<String>, Vec<String>) {
        let mut all = (vec![self.question.clone()], Vec::new());
        let hidden = self.variants.iter().flat_map(|variant| &variant.rest);
        let versions = self.earlier.iter().chain(&self.later).flatten();
        for exchange in hidden.chain(versions) {
            let (questions, replies) = exchange.everything();
            all.0.extend(questions);
            all.1.extend(replies);
        }
        all.1.extend(self.variants.iter().map(|variant| variant.reply.answer()));
        all
    }
}
