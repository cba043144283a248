//! The plan of a model, and what each of its passes dispatches.

use std::ops::Range;

use super::buffers::{Buffer, BufferId, Buffers, Content, Working};
use super::layer::{LayerPass, push_norm, push_product};
use super::layer_buffers::{LayerBuffers, ProjectionBuffers};
use super::model::{MatrixId, ModelShape, NumbersId, Unfit};
use super::steps::{Kernels, Step, Steps};
use super::working::{PassTokens, WorkingBuffers};
use crate::choice::{Choice, Guess};
use crate::kernel::Kernel;
use crate::limits::Limits;
use crate::norm::{Norm, NormRows, NormTarget};
use crate::product::{Embedding, Finish, Inputs, ProductRows, TILED_FROM};
use crate::ranking::BlockRanking;
use crate::variant::Variant;

/// How much a plan has room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlanLimits {
    /// Of the device.
    pub device: Limits,
    /// Positions of the cache.
    pub positions: usize,
    /// Tokens of a pass.
    pub tokens: usize,
    /// Tokens of a pass that get logits.
    pub logit_rows: usize,
}

/// The buffers and kernels of a model. They are made once; each pass then is a list of
/// dispatches over them.
#[derive(Clone, Debug)]
pub struct Plan {
    shape: ModelShape,
    limits: PlanLimits,
    buffers: Buffers,
    kernels: Kernels,
    working: WorkingBuffers,
    embedding: ProjectionBuffers,
    head: Option<ProjectionBuffers>,
    final_norm: BufferId,
    layers: Vec<LayerBuffers>,
}

/// A pass of some tokens, which all follow each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Pass {
    /// T.
    pub tokens: usize,
    /// The position of the first one: what the cache has before it is what they follow.
    pub start: usize,
    /// Which of them get logits.
    pub logits: Range<usize>,
    /// How the token after the last of these will be drawn, if it is to be guessed: then it
    /// is the first of the ids for the next pass.
    pub guess: Option<Guess>,
    /// What its kernels use of the device: [`Variant::CORE`], or what the plan has
    /// [foreseen](Plan::foresee).
    pub variant: Variant,
}

impl Plan {
    /// The plan of a model.
    ///
    /// # Errors
    /// If the kernels cannot run it.
    pub fn new(shape: ModelShape, limits: PlanLimits) -> Result<Plan, Unfit> {
        shape.check()?;
        let device = &limits.device;
        let mut buffers = Buffers::default();
        let of = |buffers: &mut Buffers, id| ProjectionBuffers {
            matrix: buffers.matrix(&shape, id, device),
            bias: None,
        };
        let embedding = of(&mut buffers, MatrixId::Embedding);
        let head = shape.head.map(|_| of(&mut buffers, MatrixId::Head));
        let layers = (0..shape.layers.len())
            .map(|index| {
                LayerBuffers::add(&mut buffers, &shape, index, limits.positions, device)
            })
            .collect();
        let final_norm = buffers.numbers(&shape, NumbersId::FinalNorm);
        let (tokens, logit_rows) = (limits.tokens, limits.logit_rows);
        let working = WorkingBuffers::add(&mut buffers, &shape, tokens, logit_rows);
        let kernels = Kernels::default();
        let mut plan = Plan {
            shape,
            limits,
            buffers,
            kernels,
            working,
            embedding,
            head,
            final_norm,
            layers,
        };
        plan.foresee(Variant::CORE);
        Ok(plan)
    }

    /// Adds the kernels of a variant, after those that there are.
    pub fn foresee(&mut self, variant: Variant) {
        let PlanLimits { tokens: most, logit_rows, .. } = self.limits;
        // Which kernels there are depends on these numbers of tokens only.
        for tokens in [1, 2, TILED_FROM] {
            let tokens = tokens.min(most);
            let logits = [0..0, 0..logit_rows.min(1), 0..logit_rows.min(tokens)];
            for logits in logits {
                let guess = Some(Guess::GREEDY);
                self.steps(&Pass { tokens, start: 0, logits, guess, variant });
            }
        }
    }

    /// The buffers to make.
    pub fn buffers(&self) -> &[Buffer] {
        &self.buffers.all
    }

    /// The kernels to compile.
    pub fn kernels(&self) -> &[Kernel] {
        &self.kernels.all
    }

    /// The shape of the model.
    pub fn shape(&self) -> &ModelShape {
        &self.shape
    }

    /// The buffer of what comes and goes with passes.
    pub fn working(&self, what: Working) -> BufferId {
        let content = Content::Working(what);
        let at = self.buffers.all.iter().position(|buffer| buffer.content == content);
        BufferId(at.unwrap_or_else(|| unreachable!("every plan has all of them")))
    }

    /// The buffer of a block's cache. A position has its keys, [K, D padded], then its
    /// values.
    pub fn cache(&self, layer: usize) -> BufferId {
        self.layers[layer].cache
    }

    /// What a pass dispatches, in that order. Before it, ids and angles have to be written.
    ///
    /// # Panics
    /// If it has more tokens than there is room for, or none.
    pub fn steps(&mut self, pass: &Pass) -> Vec<Step> {
        let Pass { tokens, start, logits, guess, variant } = pass;
        let (tokens, start, variant) = (*tokens, *start, *variant);
        assert!(tokens > 0 && tokens <= self.limits.tokens, "{tokens} tokens");
        assert!(start + tokens <= self.limits.positions, "{tokens} tokens at {start}");
        assert!(logits.len() <= self.limits.logit_rows && logits.end <= tokens);
        let Plan { shape, limits, kernels, working, embedding, head, layers, .. } = self;
        let final_norm = self.final_norm;
        let device = &limits.device;
        let mut steps = Steps { kernels, all: Vec::new() };

        let rows = Embedding { format: shape.embedding, scale: shape.embedding_scale };
        for (piece, values, scales) in &embedding.matrix {
            let buffers = [*values, *scales, working.ids, working.stream];
            steps.push(
                (rows.name(), || rows.kernel()),
                &buffers,
                rows.dispatch(piece, tokens, device),
            );
        }
        let pass = PassTokens { count: tokens, start };
        let of_layers =
            LayerPass { shape, working, tokens: pass, variant, limits: device };
        for (layer, own) in shape.layers.iter().zip(layers.iter()) {
            of_layers.push(&mut steps, layer, own);
        }
        let norm = Norm {
            epsilon: shape.epsilon,
            target: NormTarget::Store,
            subgroups: variant.subgroups,
        };
        let rows = NormRows::dense(tokens, shape.hidden_size);
        let buffers = [final_norm, working.states, working.stream];
        push_norm(&mut steps, norm, rows, &buffers, device);

        if !logits.is_empty() {
            let finish = Finish {
                scale: shape.logit_scale,
                cap: shape.logit_cap,
                ..Finish::STORE
            };
            let rows = ProductRows {
                tokens: logits.len(),
                first: logits.start * shape.hidden_size,
                stride: shape.hidden_size,
                out_first: 0,
                out_stride: shape.vocab_size,
                bias_first: 0,
            };
            let head = head.as_ref().unwrap_or(embedding);
            // Logits are as precise as they can be.
            let buffers = ((working.states, Inputs::Floats), working.logits);
            push_product(&mut steps, head, buffers, rows, finish, device);
        }
        if let Some((guess, last)) = guess.as_ref().zip(logits.len().checked_sub(1)) {
            let ranking = BlockRanking { vocab_size: shape.vocab_size };
            let buffers = [working.logits, working.ranked];
            steps.push(
                (ranking.name(), || ranking.kernel()),
                &buffers,
                ranking.dispatch(logits.len(), device),
            );
            let choice = Choice { vocab_size: shape.vocab_size };
            let buffers = [working.ranked, working.ids];
            let kernel = (choice.name(), || choice.kernel());
            steps.push(kernel, &buffers, choice.dispatch(last, guess));
        }
        steps.all
    }
}

#[cfg(test)]
mod tests {
    use kernels::PackedFormat;

    use super::*;
    use crate::elementwise::GateFunction;
    use crate::heads::{AttentionShape, CacheNumbers};
    use crate::plan::{HeadNorm, LayerFormats, LayerShape, Structure};
    use crate::template::EXPANDED;

    /// As SmolLM2-135M.
    fn shape() -> ModelShape {
        let format = PackedFormat::Q8_0;
        let formats = LayerFormats {
            query: format,
            key: format,
            value: format,
            output: format,
            gate: format,
            up: format,
            down: format,
        };
        let layer = LayerShape {
            window: None,
            angles: Some(0),
            formats,
            qkv_bias: false,
            output_bias: false,
            mlp_bias: false,
        };
        ModelShape {
            hidden_size: 576,
            intermediate_size: 1536,
            vocab_size: 49_152,
            heads: AttentionShape { heads: 9, kv_heads: 3, head_dim: 64 },
            structure: Structure::PreNorm,
            epsilon: 1e-5,
            head_norm: HeadNorm::None,
            interleaved: false,
            rotated_pairs: 32,
            score_scale: 0.125,
            score_cap: None,
            gate: GateFunction::Silu,
            embedding_scale: 1.0,
            residual_scale: 1.0,
            logit_scale: 1.0,
            logit_cap: None,
            cache: CacheNumbers::Full,
            embedding: format,
            head: None,
            layers: vec![layer; 30],
        }
    }

    #[test]
    fn shaders_are_made_with_the_plan_and_not_again_with_its_passes() {
        let device = Limits::DEFAULT;
        let limits = PlanLimits { device, positions: 512, tokens: 128, logit_rows: 1 };
        let mut plan = Plan::new(shape(), limits).unwrap();
        let variant = Variant { subgroups: true, integers: true };
        plan.foresee(variant);
        let made = EXPANDED.get();
        assert_eq!(made, plan.kernels().len());
        for start in 0..300 {
            let guess = (start % 2 == 0).then_some(Guess::GREEDY);
            let steps =
                plan.steps(&Pass { tokens: 1, start, logits: 0..1, guess, variant });
            assert!(steps.len() > 300);
        }
        for tokens in [2, 4, 5, 128] {
            let logits = tokens - 1..tokens;
            plan.steps(&Pass { tokens, start: 7, logits, guess: None, variant });
        }
        assert_eq!(EXPANDED.get(), made);
    }
}
