//! A sequence whose memory cannot be made smaller: session and model still agree on what
//! was read.

use inference::{
    InferenceError, LanguageModel, Logits, MatrixNumbers, ModelWeights, Part, Taps,
};
use kernels::OutOfMemory;
use model_files::config::Config;
use model_files::weights::{LayerWeights, NormWeights};
use protocol::{Precision, TokenId};

use super::model::Model;
use super::tests::{next, session as new_session};
use super::*;

type Result<T> = std::result::Result<T, InferenceError>;

/// A model that has no memory for a copy.
#[derive(Debug)]
struct WithoutCopies(Box<dyn LanguageModel>);

impl LanguageModel for WithoutCopies {
    fn read(&mut self, parts: &[Part<'_>]) -> Result<Vec<f32>> {
        self.0.read(parts)
    }

    fn read_tapped(&mut self, part: Part<'_>, taps: &mut Taps) -> Result<Vec<f32>> {
        self.0.read_tapped(part, taps)
    }

    fn logits(&mut self, states: &[f32]) -> Result<Logits> {
        self.0.logits(states)
    }

    fn state_size(&self) -> usize {
        self.0.state_size()
    }

    fn bytes_per_token(&self) -> usize {
        self.0.bytes_per_token()
    }

    fn cached(&self, slot: usize) -> usize {
        self.0.cached(slot)
    }

    fn truncate(&mut self, slot: usize, length: usize) {
        self.0.truncate(slot, length);
    }

    fn copy(&mut self, _: usize, _: usize, _: usize) -> Result<()> {
        Err(OutOfMemory.into())
    }
}

impl ModelWeights for WithoutCopies {
    fn config(&self) -> &Config {
        self.0.config()
    }

    fn computed_by(&self) -> String {
        self.0.computed_by()
    }

    fn embedding(&self) -> &dyn MatrixNumbers {
        self.0.embedding()
    }

    fn positions(&self, count: usize) -> Result<Option<Vec<f32>>> {
        self.0.positions(count)
    }

    fn embedding_norm(&self) -> Result<Option<NormWeights>> {
        self.0.embedding_norm()
    }

    fn layer(&self, index: usize) -> Result<LayerWeights<&dyn MatrixNumbers>> {
        self.0.layer(index)
    }

    fn norm(&self) -> Result<NormWeights> {
        self.0.norm()
    }

    fn head(&self) -> &dyn MatrixNumbers {
        self.0.head()
    }

    fn head_bias(&self) -> Result<Option<Vec<f32>>> {
        self.0.head_bias()
    }
}

#[test]
fn a_text_is_read_anew_where_its_memory_could_not_be_made_smaller() {
    let mut session = new_session(Precision::F32);
    let limits = CacheLimits { sequences: 1, bytes: u64::MAX };
    let long: Vec<TokenId> = (0..300).map(|i| 50 + i % 100).collect();
    let slot = session.acquire(&long, Some(1), limits).unwrap().unwrap();
    session.read(&[ReadRequest::whole(slot, &long)]).unwrap();
    session.release(slot);

    let Session { model: Model::Here(model), .. } = session else { panic!("it is here") };
    let model = Model::Here(Box::new(WithoutCopies(model)));
    let mut session = Session { model, ..session };
    let short = [&long[..20], &[20]].concat();
    assert!(session.acquire(&short, Some(1), limits).is_err());
    // What the session holds of the sequence is what the model holds.
    assert_eq!(
        session.sequences[slot].ids.len(),
        session.model.here().unwrap().cached(slot)
    );

    let found = next(&mut session, &short, 0.0);
    let expected = next(&mut new_session(Precision::F32), &short, 0.0);
    assert_eq!(found.greedy, expected.greedy);
    assert!((found.entropy_bits - expected.entropy_bits).abs() < 1e-6);
}
