//! What our own engine says, which is what the stand-in tells.

use std::sync::{Mutex, PoisonError};

use engine::{Clock, Engine, Session};
use protocol::{Command, Event, Request, RequestId, TokenId, TokenizeOptions};

/// Our own engine.
#[derive(Debug)]
pub(crate) struct Oracle(Mutex<Engine<()>>);

/// What follows a text.
pub(crate) struct Next {
    /// ln p of all tokens, by id.
    pub(crate) log_p: Vec<f32>,
    /// The tokens by falling ln p.
    pub(crate) order: Vec<TokenId>,
}

impl Oracle {
    pub(crate) fn new(session: Session) -> Oracle {
        let mut engine = Engine::new(Clock { monotonic_ms: || 0.0, unix_seconds: || 0 });
        engine.set_session(session, &mut |_, _| ());
        Oracle(Mutex::new(engine))
    }

    fn ask(&self, command: Command) -> Option<Event> {
        let mut engine = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut last = None;
        let request = Request { id: RequestId(1), command };
        engine.submit((), request, &mut |_, reply| last = Some(reply.event));
        while engine.step(&mut |_, reply| last = Some(reply.event)) {}
        last
    }

    /// What follows a text; none if the model cannot read it.
    pub(crate) fn next(&self, ids: &[TokenId]) -> Option<Next> {
        match self.ask(Command::LogProbabilities { ids: ids.to_vec() })? {
            Event::LogProbabilities(packed) => {
                let log_p = packed.values()?;
                let mut order: Vec<TokenId> = (0..log_p.len() as TokenId).collect();
                let value = |id: &TokenId| log_p[*id as usize];
                order.sort_by(|a, b| value(b).total_cmp(&value(a)).then(a.cmp(b)));
                Some(Next { log_p, order })
            }
            _ => None,
        }
    }

    /// The tokens of a text.
    pub(crate) fn tokenize(&self, text: &str) -> Option<Vec<TokenId>> {
        let options = TokenizeOptions { special_tokens: true, continuation: false };
        match self.ask(Command::Tokenize { text: text.into(), options })? {
            Event::Tokenized { tokens } => {
                Some(tokens.iter().map(|token| token.id).collect())
            }
            _ => None,
        }
    }

    /// The bytes of tokens.
    pub(crate) fn bytes(&self, ids: &[TokenId]) -> Option<Vec<u8>> {
        match self.ask(Command::Detokenize { ids: ids.to_vec() })? {
            Event::Tokenized { tokens } => {
                Some(tokens.into_iter().flat_map(|token| token.bytes).collect())
            }
            _ => None,
        }
    }

    /// The context in tokens.
    pub(crate) fn context(&self) -> u32 {
        match self.ask(Command::Describe) {
            Some(Event::Ready(model)) => model.context_length,
            _ => 0,
        }
    }

    /// V.
    pub(crate) fn vocab_size(&self) -> u32 {
        match self.ask(Command::Describe) {
            Some(Event::Ready(model)) => model.vocab_size,
            _ => 0,
        }
    }
}

impl Next {
    /// The `count` most probable tokens.
    pub(crate) fn top(&self, count: usize) -> Vec<TokenId> {
        self.order.iter().copied().take(count).collect()
    }

    /// A token that is drawn.
    pub(crate) fn draw(&self, random: &mut fastrand::Rng) -> TokenId {
        let mut point = random.f64();
        for id in &self.order {
            point -= f64::from(self.value(*id)).exp();
            if point < 0.0 {
                return *id;
            }
        }
        self.order[0]
    }

    /// ln p of a token.
    pub(crate) fn value(&self, id: TokenId) -> f32 {
        self.log_p.get(id as usize).copied().unwrap_or(f32::NEG_INFINITY)
    }

    /// The rank of a token.
    pub(crate) fn rank(&self, id: TokenId) -> usize {
        self.order.iter().position(|other| *other == id).map_or(0, |index| index + 1)
    }
}
