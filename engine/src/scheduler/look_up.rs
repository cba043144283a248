//! Words that a person asks about, as continuations of a text.

use inference::distribution::{SamplerContext, View};
use protocol::{
    Candidate, Distribution, Event, SamplerSettings, TokenId, TokenizeOptions, Word,
    WordForm, Words, limits,
};

use super::branches::Branches;
use super::context::{Context, Outcome};
use super::prefill::PrefillProgress;
use crate::error::{EngineError, Result};
use crate::session::{MAX_FORKS, Session};

/// Words that are being looked up.
#[derive(Debug)]
pub(super) struct LookUp {
    pub(super) ids: Vec<TokenId>,
    texts: Vec<String>,
    settings: SamplerSettings,
    words: Vec<Pending>,
    started: bool,
    /// Whether the branches were opened, for as many as there is memory.
    opened: bool,
    /// The words whose next token the branches are read for.
    wave: Vec<usize>,
    pub(super) branches: Branches,
    pub(super) prefill: PrefillProgress,
}

/// A word with the ids of all its tokens.
#[derive(Debug)]
struct Pending {
    word: Word,
    ids: Vec<TokenId>,
}

impl LookUp {
    pub(super) fn new(
        ids: Vec<TokenId>,
        texts: Vec<String>,
        settings: SamplerSettings,
    ) -> LookUp {
        // What follows the first token of a word is no part of the prompt.
        let settings = settings.after_prompt(ids.len());
        LookUp {
            ids,
            texts,
            settings,
            words: Vec::new(),
            started: false,
            opened: false,
            wave: Vec::new(),
            branches: Branches::default(),
            prefill: PrefillProgress::default(),
        }
    }

    /// Tokenizes the texts, in all their forms.
    ///
    /// # Errors
    /// If a text is too long, or has a token without an embedding.
    pub(super) fn tokenize(&mut self, session: &Session) -> Result<()> {
        for (index, text) in (0..).zip(std::mem::take(&mut self.texts)) {
            let forms = [
                (WordForm::AsTyped, text.clone(), false),
                (WordForm::WithSpace, format!(" {text}"), false),
                (WordForm::SpecialTokens, text, true),
            ];
            let first = self.words.len();
            for (form, text, special_tokens) in forms {
                let options = TokenizeOptions { special_tokens, continuation: true };
                let ids = session.tokenize_as(&text, options)?;
                let ids: Vec<TokenId> = ids.into_iter().map(|token| token.id).collect();
                self.check_length(session, ids.len())?;
                let is_known = self.words[first..].iter().any(|known| known.ids == ids);
                if !ids.is_empty() && !is_known {
                    let (text, length) = (index, ids.len() as u32);
                    let tokens = Vec::new();
                    let word = Word { text, form, length, tokens, log_probability: 0.0 };
                    self.words.push(Pending { word, ids });
                }
            }
        }
        Ok(())
    }

    fn check_length(&self, session: &Session, length: usize) -> Result<()> {
        let most = limits::MAX_WORD_TOKENS;
        if length > most {
            return Err(EngineError::WordTooLong { tokens: length, limit: most });
        }
        // The last token is not read.
        let tokens = self.ids.len() + length.saturating_sub(1);
        let limit = session.description().context_length as usize;
        match tokens > limit {
            true => Err(EngineError::PromptTooLong { tokens, limit }),
            false => Ok(()),
        }
    }

    /// The most tokens that its sequence may come to hold.
    pub(super) fn max_tokens_held(&self) -> usize {
        self.ids.len() + self.words.iter().map(|word| word.ids.len()).max().unwrap_or(0)
    }

    /// The number of tokens that must be read before the first tokens are known.
    pub(super) fn tokens_to_read(&mut self, session: &Session, slot: usize) -> usize {
        match self.started {
            true => 0,
            false => self.prefill.tokens_to_read(&self.ids, session, slot),
        }
    }

    /// Whether it needs the logits after the ids.
    pub(super) fn needs_logits(&self) -> bool {
        !self.started
    }

    /// The first tokens of all words.
    pub(super) fn first_tokens(&self) -> Vec<TokenId> {
        match self.started {
            true => Vec::new(),
            false => self.words.iter().map(|word| word.ids[0]).collect(),
        }
    }

    /// The next token of the word that a branch is read for.
    pub(super) fn next_after(&self, branch: usize) -> Option<TokenId> {
        self.words[*self.wave.get(branch)?].next()
    }

    /// Takes the numbers of tokens whose place has been read, and chooses what is read next.
    pub(super) fn step(&mut self, context: &mut Context) -> Result<Outcome> {
        let (slot, length) = (context.slot, self.ids.len());
        if !self.started {
            if context.session.cached_tokens(slot, &self.ids) < length {
                return Ok(Outcome::More);
            }
            self.take_first_tokens(context)?;
        } else if self.branches.are_read(context.session) {
            self.take_next_tokens(context)?;
        } else {
            return Ok(Outcome::More);
        }
        self.take_kept_tokens(context)?;
        let incomplete = |index: &usize| !self.words[*index].word.is_complete();
        let incomplete = (0..self.words.len()).filter(incomplete);
        let incomplete: Vec<usize> = incomplete.collect();
        if incomplete.is_empty() {
            return Ok(self.done(context));
        }
        self.open_branches(context, &incomplete)?;
        self.wave = incomplete.into_iter().take(self.branches.width()).collect();
        let texts = self.wave.iter().map(|index| {
            let Pending { word, ids } = &self.words[*index];
            [&self.ids[..], &ids[..word.tokens.len()]].concat()
        });
        self.branches.set_texts(context.session, slot, texts.collect());
        Ok(Outcome::More)
    }

    fn take_first_tokens(&mut self, context: &mut Context) -> Result<()> {
        let first: Vec<TokenId> = self.words.iter().map(|word| word.ids[0]).collect();
        let Context { session, slot, emit, .. } = context;
        let numbers = self.numbers(session, *slot, &self.ids, &first)?;
        for (pending, (candidate, log_probability)) in self.words.iter_mut().zip(numbers)
        {
            pending.take(candidate, log_probability);
            emit(Event::Word(pending.word.clone()));
        }
        self.started = true;
        Ok(())
    }

    /// Copies the sequence for the words that have to be read, once.
    fn open_branches(&mut self, context: &mut Context, words: &[usize]) -> Result<()> {
        if std::mem::replace(&mut self.opened, true) {
            return Ok(());
        }
        let lengths = words.iter().map(|index| self.words[*index].ids.len());
        let longest = lengths.max().unwrap_or(0);
        let count = words.len().min(MAX_FORKS);
        let (length, slot) = (self.ids.len(), context.slot);
        self.branches.open(context.session, slot, length, (count, longest))
    }

    /// Takes the numbers of tokens whose logits were kept when the words were asked about
    /// before, with another sampler: they cost no forward pass.
    fn take_kept_tokens(&mut self, context: &mut Context) -> Result<()> {
        let Context { session, emit, .. } = context;
        for index in 0..self.words.len() {
            let before = self.words[index].word.tokens.len();
            while let Some(id) = self.words[index].next() {
                let Pending { word, ids } = &self.words[index];
                let text = [&self.ids[..], &ids[..word.tokens.len()]].concat();
                let next = [id];
                let view = self.view(&text, &next);
                let Some(seen) = session.kept_distribution(&text, view)? else { break };
                for (candidate, log_probability) in watched(seen) {
                    self.words[index].take(candidate, log_probability);
                }
            }
            let word = &self.words[index].word;
            if word.is_complete() && word.tokens.len() > before {
                emit(Event::Word(word.clone()));
            }
        }
        Ok(())
    }

    fn take_next_tokens(&mut self, context: &mut Context) -> Result<()> {
        let Context { session, emit, .. } = context;
        // All before any is taken: an engine elsewhere may not have answered them all yet.
        let mut taken = Vec::new();
        for (index, (slot, text)) in self.wave.iter().zip(self.branches.texts()) {
            let done = self.words[*index].word.tokens.len();
            let next = [self.words[*index].ids[done]];
            taken.push(self.numbers(session, *slot, text, &next)?);
            session.keep_logits(*slot, text);
        }
        for (index, numbers) in self.wave.iter().zip(taken) {
            let pending = &mut self.words[*index];
            for (candidate, log_probability) in numbers {
                pending.take(candidate, log_probability);
            }
            if pending.word.is_complete() {
                emit(Event::Word(pending.word.clone()));
            }
        }
        Ok(())
    }

    /// The numbers of some tokens after a text that a slot has read, each with its ln p.
    fn numbers(
        &self,
        session: &mut Session,
        slot: usize,
        text: &[TokenId],
        tokens: &[TokenId],
    ) -> Result<Vec<(Candidate, f64)>> {
        let view = self.view(text, tokens);
        Ok(watched(session.distribution(slot, text, view)?))
    }

    fn view<'a>(&'a self, text: &[TokenId], watch: &'a [TokenId]) -> View<'a> {
        View {
            settings: &self.settings,
            position: text.len() as u32,
            candidates: 1,
            watch,
            context: SamplerContext::default(),
        }
    }

    fn done(&mut self, context: &Context) -> Outcome {
        self.prefill.timings.forward_tokens = context.session.forward_tokens();
        let words = std::mem::take(&mut self.words).into_iter();
        Outcome::Done(Event::LookedUp(Words {
            words: words.map(|pending| pending.word).collect(),
            timings: self.prefill.timings,
        }))
    }
}

impl Pending {
    /// The next token whose numbers are not known; none if it is complete.
    fn next(&self) -> Option<TokenId> {
        self.ids.get(self.word.tokens.len()).copied()
    }

    fn take(&mut self, candidate: Candidate, log_probability: f64) {
        self.word.tokens.push(candidate);
        self.word.log_probability += log_probability;
    }
}

/// The tokens that were asked about, each with its ln p.
fn watched(seen: Distribution) -> Vec<(Candidate, f64)> {
    let top = seen.candidates.first().cloned();
    let numbers = seen.watched.into_iter().map(|candidate| {
        let log_p = top.as_ref().map_or(0.0, |top| log_probability(&candidate, top));
        (candidate, log_p)
    });
    numbers.collect()
}

/// ln p of a token, from its logit and the most probable token: exact also where p is too
/// small for 32 bits.
pub(super) fn log_probability(candidate: &Candidate, top: &Candidate) -> f64 {
    f64::from(candidate.logit) - f64::from(top.logit) + f64::from(top.probability).ln()
}
