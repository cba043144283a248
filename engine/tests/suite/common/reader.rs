//! A device that reads texts, which is the processor: a second decoder of the same weights. It
//! is late and fails when a test says so.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::{PromptQuestion, PromptReader, PromptReading, ReadTokens, ReaderFault};
use inference::fused_decoder::{DecoderOptions, FusedDecoder};
use inference::{LanguageModel, ModelWeights, Part};
use kernels::{CacheFormat, Kernels, Team};
use model_files::config::Config;
use model_files::weights::{Placement, SafetensorsSource};
use model_files::{BoxedFile, ModelFiles, WeightFiles};
use protocol::{Precision, TokenId};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The device says that it cannot go on.
    Told,
    /// A hidden state is no number.
    StateIsNan,
    /// A key is infinite.
    KeyIsInfinite,
    /// A layer has too few numbers.
    LayerTooShort,
    /// A layer is missing.
    LayerMissing,
    /// There are more tokens than the text has.
    TooMany,
    /// There is nothing in it.
    Empty,
    /// A logit is no number.
    LogitIsNan,
    /// There are too few logits.
    LogitsTooShort,
    /// There are logits after a token that is not the last one.
    LogitsTooEarly,
    /// All logits are higher by 1, which is no fault, but can be seen.
    LogitsRaised,
}

/// All of them.
pub(crate) const FAULTS: [Fault; 7] = [
    Fault::Told,
    Fault::StateIsNan,
    Fault::KeyIsInfinite,
    Fault::LayerTooShort,
    Fault::LayerMissing,
    Fault::TooMany,
    Fault::Empty,
];

/// All that a device can do wrong which continues texts, token by token.
pub(crate) const FAULTS_OF_CONTINUATIONS: [Fault; 8] = [
    Fault::Told,
    Fault::StateIsNan,
    Fault::KeyIsInfinite,
    Fault::LayerTooShort,
    Fault::TooMany,
    Fault::Empty,
    Fault::LogitIsNan,
    Fault::LogitsTooShort,
];

/// How the device behaves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Behaviour {
    /// Tokens of a part.
    pub(crate) part: usize,
    /// How often nothing has come before each part comes.
    pub(crate) late: usize,
    /// What goes wrong, and after how many parts in all.
    pub(crate) fault: Option<(usize, Fault)>,
    /// The longest text.
    pub(crate) most_tokens: usize,
    /// Whether it continues texts.
    pub(crate) continues: bool,
}

impl Default for Behaviour {
    fn default() -> Behaviour {
        Behaviour { part: 50, late: 0, fault: None, most_tokens: 4096, continues: false }
    }
}

/// The device, and what it was asked.
#[derive(Clone, Debug)]
pub(crate) struct Twin(Arc<Mutex<State>>);

#[derive(Debug)]
pub(crate) struct State {
    decoder: FusedDecoder,
    behaviour: Behaviour,
    /// The ids that the decoder has read.
    ids: Vec<TokenId>,
    parts: usize,
    /// All questions so far.
    pub(crate) questions: Vec<PromptQuestion>,
    /// Readings that were ended before their last token.
    pub(crate) dropped: usize,
}

impl Twin {
    /// A device for the model of these files, in eight bits.
    pub(crate) fn new(files: &ModelFiles, behaviour: Behaviour) -> Twin {
        let config = Config::from_json(files.config.as_ref().unwrap()).unwrap();
        let WeightFiles::Safetensors(shards) = &files.weights else { unreachable!() };
        let placement =
            Placement { precision: Precision::Q8, device: engine::Device::Cpu };
        let shards: &[BoxedFile] = shards;
        let mut source = SafetensorsSource::new(shards, &config, placement).unwrap();
        let options = DecoderOptions {
            team: Team::alone(),
            clock_ms: || 0.0,
            kernels: Kernels::detect(),
            cache: CacheFormat::F32,
        };
        let decoder =
            FusedDecoder::new(config, &mut source, options, &mut |_, _| ()).unwrap();
        Twin(Arc::new(Mutex::new(State {
            decoder,
            behaviour,
            ids: Vec::new(),
            parts: 0,
            questions: Vec::new(),
            dropped: 0,
        })))
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it reads of a whole text.
    pub(crate) fn read_all(&self, ids: &[TokenId]) -> ReadTokens {
        self.state().read(ids, 0, ids.len())
    }
}

impl State {
    /// Tokens `from..to` of a text, and what it does not know before them.
    fn read(&mut self, ids: &[TokenId], from: usize, to: usize) -> ReadTokens {
        let known = self.ids.iter().zip(ids).take_while(|(a, b)| a == b).count();
        let known = known.min(from);
        self.decoder.truncate(0, known);
        self.ids.truncate(known);
        let part = Part { slot: 0, ids: &ids[known..to] };
        let states = self.decoder.read(&[part]).unwrap();
        self.ids.extend(&ids[known..to]);
        let width = self.decoder.state_size();
        let mut logits = Vec::new();
        if self.behaviour.continues && to == ids.len() {
            let last = self.decoder.logits(&states[states.len() - width..]).unwrap();
            logits = last.into_values().unwrap().0;
        }
        ReadTokens {
            states: states[(from - known) * width..].to_vec(),
            layers: self.decoder.keys_and_values(0, from..to),
            logits,
        }
    }
}

impl PromptReader for Twin {
    fn most_tokens(&self) -> usize {
        self.state().behaviour.most_tokens
    }

    fn continues(&self) -> bool {
        self.state().behaviour.continues
    }

    fn known(&self, ids: &[TokenId]) -> usize {
        self.state().ids.iter().zip(ids).take_while(|(a, b)| a == b).count()
    }

    fn read(&mut self, question: PromptQuestion) -> Box<dyn PromptReading> {
        self.state().questions.push(question.clone());
        let (next, waited) = (question.from, 0);
        Box::new(Reading { twin: self.clone(), question, next, waited })
    }
}

#[derive(Debug)]
struct Reading {
    twin: Twin,
    question: PromptQuestion,
    next: usize,
    waited: usize,
}

impl PromptReading for Reading {
    fn take(&mut self) -> Option<Result<ReadTokens, ReaderFault>> {
        let mut twin = self.twin.state();
        let Behaviour { part, late, fault, .. } = twin.behaviour;
        if self.waited < late {
            self.waited += 1;
            return None;
        }
        self.waited = 0;
        let ids = &self.question.ids;
        let to = ids.len().min(self.next + part);
        let mut read = twin.read(ids, self.next, to);
        let fault = fault.filter(|(after, _)| *after <= twin.parts);
        twin.parts += 1;
        self.next = to;
        match fault.map(|(_, fault)| fault) {
            None => {}
            Some(Fault::Told) => return Some(Err(ReaderFault("it is gone".into()))),
            Some(Fault::StateIsNan) => read.states[3] = f32::NAN,
            Some(Fault::KeyIsInfinite) => read.layers[1][5] = f32::INFINITY,
            Some(Fault::LayerTooShort) => read.layers[1].truncate(8),
            Some(Fault::LayerMissing) => drop(read.layers.pop()),
            Some(Fault::TooMany) => {
                let twice = |numbers: &mut Vec<f32>| {
                    *numbers = numbers.repeat(1 + ids.len().div_ceil(part));
                };
                twice(&mut read.states);
                read.layers.iter_mut().for_each(twice);
            }
            Some(Fault::Empty) => read = ReadTokens::default(),
            Some(Fault::LogitIsNan) => read.logits[1] = f32::NAN,
            Some(Fault::LogitsTooShort) => drop(read.logits.pop()),
            Some(Fault::LogitsRaised) => read.logits.iter_mut().for_each(|x| *x += 1.0),
            Some(Fault::LogitsTooEarly) => {
                read.logits = vec![0.0; twin.decoder.config().vocab_size];
            }
        }
        Some(Ok(read))
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        if self.next < self.question.ids.len() {
            self.twin.state().dropped += 1;
        }
    }
}
