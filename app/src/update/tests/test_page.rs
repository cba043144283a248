//! A page for tests: its state, the requests that it sent, and its other effects.

use protocol::{
    Candidate, Command, Distribution, Event, FinishReason, ModelDescription, Outside,
    Precision, PromptDevice, Reply, Request, RequestId, SamplerSettings, ScoredToken,
    Timings, Token, TokenId, TokenScore, Verification, VerifiedToken,
};

use crate::action::Action;
use crate::backend::LinkEvent;
use crate::effect::Effect;
use crate::state::{Remedy, State};
use crate::update::{begin, update};

/// A page for tests.
pub(crate) struct TestPage {
    pub(crate) state: State,
    /// The requests that were sent and are not answered yet.
    pub(crate) sent: Vec<Request>,
    /// All other effects.
    pub(crate) wanted: Vec<Effect>,
}

impl TestPage {
    /// A page that has just been opened.
    pub(crate) fn opened(mut state: State) -> TestPage {
        if state.engine.page.is_empty() {
            state.engine.page = "http://localhost:5005/".into();
        }
        let mut page = TestPage { state, sent: Vec::new(), wanted: Vec::new() };
        let effects = begin(&mut page.state);
        page.take(effects);
        page
    }

    /// A page whose model is ready.
    pub(crate) fn ready() -> TestPage {
        let mut page = TestPage::opened(State::default());
        page.load();
        page
    }

    /// A page that was started from a prompt and shows its distribution.
    pub(crate) fn started(prompt: &str) -> TestPage {
        let mut page = TestPage::ready();
        page.act(Action::EditPrompt(prompt.into()));
        page.act(Action::Start);
        page.answer();
        page
    }

    /// Opens the connection and loads the model.
    pub(crate) fn load(&mut self) {
        self.link(LinkEvent::Open);
        let load = self.sent.remove(0);
        self.reply(load.id, Event::Ready(description()));
    }

    pub(crate) fn act(&mut self, action: Action) {
        let effects = update(&mut self.state, action);
        self.take(effects);
    }

    pub(crate) fn link(&mut self, event: LinkEvent) {
        let generation = self.state.engine.generation;
        self.act(Action::Link { generation, event });
    }

    /// Ends the engine, with all that was sent to it.
    pub(crate) fn die(&mut self) {
        self.sent.clear();
        self.link(LinkEvent::Died("unreachable".into()));
    }

    pub(crate) fn reply(&mut self, id: RequestId, event: Event) {
        self.link(LinkEvent::Reply(Box::new(Reply { id, event })));
    }

    /// Answers all requests that were sent, and those that are sent because of the answers.
    pub(crate) fn answer(&mut self) {
        while !self.sent.is_empty() {
            self.answer_next();
        }
    }

    /// Answers the oldest request. A cancelled one is answered, too, as by an engine that had
    /// the answer ready.
    pub(crate) fn answer_next(&mut self) {
        let Request { id, command } = self.sent.remove(0);
        let event = match command {
            Command::Tokenize { text, .. } => {
                Event::Tokenized { tokens: text.bytes().map(token_of).collect() }
            }
            Command::NextToken { ids, settings, candidates, watch } => {
                Event::Distribution(distribution(&ids, settings, candidates, &watch))
            }
            Command::Score { ids } => {
                let tokens = ids.iter().enumerate().map(|(i, id)| scored(i, *id));
                Event::Scored { tokens: tokens.collect(), timings: Timings::default() }
            }
            Command::Detokenize { ids } => Event::Tokenized {
                tokens: ids.iter().map(|id| token_of(*id as u8)).collect(),
            },
            Command::Verify { ids, candidates } => {
                Event::Verified(Box::new(verification(&ids, candidates)))
            }
            Command::Cancel { .. } => return,
            other => panic!("nothing answers {other:?} by itself"),
        };
        self.reply(id, event);
    }

    /// The ids of the text.
    pub(crate) fn ids(&self) -> Vec<TokenId> {
        self.state.explorer.tree.ids(usize::MAX)
    }

    /// Whether a token of the text has a score by the current model.
    pub(crate) fn is_scored(&self, index: usize) -> bool {
        let node = self.state.explorer.tree.at(index);
        node.is_some_and(|node| node.score_by(self.state.engine.model_id()).is_some())
    }

    /// The commands that were sent and are not answered yet.
    pub(crate) fn commands(&self) -> Vec<&Command> {
        self.sent.iter().map(|request| &request.command).collect()
    }

    /// The remedy of the problem that is shown.
    pub(crate) fn remedy(&self) -> Option<Remedy> {
        self.state.error.as_ref().map(|problem| problem.remedy)
    }

    /// How many connections were opened.
    pub(crate) fn connections(&self) -> usize {
        let connects = |effect: &&Effect| matches!(effect, Effect::Connect { .. });
        self.wanted.iter().filter(connects).count()
    }

    /// The message of the problem that is shown.
    pub(crate) fn problem(&self) -> &str {
        self.state.error.as_ref().map_or("", |problem| &problem.message)
    }

    fn take(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Send(request) => self.sent.push(request),
                other => self.wanted.push(other),
            }
        }
    }
}

pub(crate) fn description() -> ModelDescription {
    ModelDescription {
        name: "Toy".into(),
        architecture: "toy".into(),
        parameters: 1,
        precision: "F32".into(),
        stored: "F32".into(),
        computed_in: "32 bits".into(),
        asked: Precision::Auto,
        weight_bytes: 4,
        context_length: 64,
        vocab_size: 256,
        device: "CPU".into(),
        threads: 1,
        chat: true,
        chat_fault: None,
        calls_itself: None,
        active_parameters: 0,
        rereads: false,
        system_message: true,
        thinking: String::new(),
        thinks_unasked: false,
        elsewhere: false,
        prompts: PromptDevice::Same,
        prompt_speeds: None,
        continuation_speeds: None,
        end_of_generation: vec![0],
    }
}

pub(crate) fn token_of(byte: u8) -> Token {
    Token::new(byte.into(), vec![byte], byte == 0)
}

pub(crate) fn finished(reason: FinishReason) -> Event {
    Event::Finished { reason, timings: Timings::default() }
}

/// A distribution whose candidates are `a`, `b`, `c`, … for any text. The third is drawn.
pub(crate) fn distribution(
    ids: &[TokenId],
    settings: SamplerSettings,
    rows: u32,
    watch: &[TokenId],
) -> Distribution {
    let candidate = |rank: u32| Candidate {
        rank,
        token: token_of(b'a' + rank as u8 - 1),
        logit: -(rank as f32),
        probability: 0.5f32.powi(rank as i32),
        sampled_probability: 0.5f32.powi(rank as i32),
        cut_by: None,
    };
    Distribution {
        exact: true,
        position: ids.len() as u32,
        vocab_size: 256,
        candidates: (1..=rows).map(candidate).collect(),
        watched: watch.iter().map(|_| candidate(1)).collect(),
        outside: Outside {
            tokens: 256 - rows,
            probability: 0.5f32.powi(rows as i32),
            sampled_probability: 0.5f32.powi(rows as i32),
        },
        entropy_bits: 2.0,
        greedy: b'a'.into(),
        sampled: candidate(3),
        draw: 0.8,
        stages: Vec::new(),
        settings,
        timings: Timings { forward_tokens: ids.len() as u64, ..Timings::default() },
    }
}

/// The verification of [`distribution`]: its rows are right, and another token is not.
pub(crate) fn verification(ids: &[TokenId], rows: u32) -> Verification {
    let verified = |rank: u32| VerifiedToken {
        token: token_of(b'a' + rank as u8 - 1),
        rank,
        reference_rank: rank,
        probability: 0.5f64.powi(rank as i32),
        reference_probability: 0.5f64.powi(rank as i32),
    };
    Verification {
        position: ids.len() as u32,
        vocab_size: 256,
        computed_by: "Q8_0 weights, AVX2 kernels, CPU".into(),
        checked_by: "candle, in f32".into(),
        largest: verified(26),
        largest_difference: 1e-4,
        entropy_bits: 2.0,
        reference_entropy_bits: 2.0,
        divergence_nats: 1e-6,
        same_first: true,
        changed_ranks: 0,
        largest_rank_shift: 0,
        candidates: (1..=rows).map(verified).collect(),
        timings: Timings { forward_tokens: ids.len() as u64, ..Timings::default() },
        reference_ms: 1500.0,
    }
}

/// One token of a generation.
pub(crate) fn generated(id: u8) -> Event {
    let mut drawn = distribution(&[1], SamplerSettings::default(), 3, &[]);
    drawn.sampled.token = token_of(id);
    Event::Token(drawn)
}

fn scored(index: usize, id: TokenId) -> ScoredToken {
    let score = TokenScore {
        probability: 0.25,
        rank: 2,
        surprisal_bits: 2.0,
        entropy_bits: 3.0,
        best_probability: 0.5,
        margin: 0.25,
        exact: true,
    };
    let expected = (index > 0).then(|| token_of(b'e'));
    let score = (index > 0).then_some(score);
    ScoredToken { token: token_of(id as u8), score, expected }
}
