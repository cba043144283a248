//! A model on a device, by a plan.

use std::collections::HashMap;
use std::ops::Range;

use gpu::decoder::{Weights, matrix, numbers, shape};
use gpu::plan::{BufferId, Content, Pass, Plan, PlanLimits, Step, Working};
use gpu::{CacheNumbers, Front, Guess, Limits, Variant, angles, merge};
use model_files::config::Config;
use wgpu::BufferUsages;

use crate::device::Gpu;

/// Bytes between the numbers of two dispatches.
const PARAMS_STRIDE: usize = 256;

/// A model on a device, and what it has read.
pub(super) struct Runner<'a> {
    gpu: &'a Gpu,
    config: &'a Config,
    plan: Plan,
    buffers: Vec<wgpu::Buffer>,
    bound: HashMap<(usize, Vec<BufferId>), wgpu::BindGroup>,
    params: wgpu::Buffer,
    /// Tokens of a pass.
    pass_tokens: usize,
    variant: Variant,
    pub(super) cached: usize,
}

/// What a pass gives.
pub(super) struct Answer {
    /// Of each token that was asked for.
    pub(super) logits: Vec<Vec<f32>>,
    pub(super) fronts: Vec<Option<Front>>,
    /// Final states of all tokens, [T, H].
    pub(super) states: Vec<f32>,
}

impl<'a> Runner<'a> {
    /// Puts a model on the device, with a cache of `positions`. What is not written yet is no
    /// number.
    pub(super) fn new(
        gpu: &'a Gpu,
        config: &'a Config,
        weights: Weights<'_>,
        cache: CacheNumbers,
        (positions, pass_tokens): (usize, usize),
        device: Limits,
    ) -> Runner<'a> {
        let shape = shape(config, weights, cache).unwrap();
        let limits = PlanLimits {
            device,
            positions,
            tokens: pass_tokens,
            logit_rows: pass_tokens,
        };
        let plan = Plan::new(shape, limits).unwrap();
        let buffers = plan.buffers().iter().map(|buffer| {
            let on_device = gpu.buffer(buffer.bytes, BufferUsages::STORAGE);
            let poison = |bytes: u64| f32::NAN.to_le_bytes().repeat(bytes as usize / 4);
            let bytes = match &buffer.content {
                Content::Values(id, range) => {
                    matrix(weights, *id).unwrap().values()[range.clone()].to_vec()
                }
                Content::Scales(id, range) => {
                    matrix(weights, *id).unwrap().scales()[range.clone()].to_vec()
                }
                Content::Numbers(id) => numbers(weights, *id)
                    .unwrap()
                    .iter()
                    .flat_map(|x| x.to_le_bytes())
                    .collect(),
                Content::Cache(_) | Content::Working(_) => poison(buffer.bytes),
            };
            gpu.queue.write_buffer(&on_device, 0, &bytes);
            on_device
        });
        let buffers = buffers.collect();
        let params = gpu.buffer((PARAMS_STRIDE * 4096) as u64, BufferUsages::UNIFORM);
        Runner {
            gpu,
            config,
            plan,
            buffers,
            bound: HashMap::new(),
            params,
            pass_tokens,
            variant: Variant::CORE,
            cached: 0,
        }
    }

    /// From now on, kernels are those of a variant.
    pub(super) fn use_variant(&mut self, variant: Variant) {
        self.plan.foresee(variant);
        self.variant = variant;
    }

    /// The kernels of the plan.
    pub(super) fn kernels(&self) -> usize {
        self.plan.kernels().len()
    }

    /// Reads ids after those that were read, and returns what is known after each.
    pub(super) fn read(&mut self, ids: &[u32]) -> Answer {
        let mut all =
            Answer { logits: Vec::new(), fronts: Vec::new(), states: Vec::new() };
        for ids in ids.chunks(self.pass_tokens) {
            let answer = self.pass(ids, 0..ids.len());
            all.logits.extend(answer.logits);
            all.fronts.extend(answer.fronts);
            all.states.extend(answer.states);
        }
        all
    }

    /// A pass, of which some tokens get logits.
    pub(super) fn pass(&mut self, ids: &[u32], logits: Range<usize>) -> Answer {
        let (start, tokens) = (self.cached, ids.len());
        let before = self.plan.kernels().len();
        let guess = Some(Guess::GREEDY);
        let variant = self.variant;
        let pass = Pass { tokens, start, logits: logits.clone(), guess, variant };
        let steps = self.plan.steps(&pass);
        assert_eq!(self.plan.kernels().len(), before, "a kernel was not foreseen");
        self.write(Working::Ids, ids.iter().flat_map(|id| id.to_le_bytes()).collect());
        let ropes = [Some(&self.config.rope), self.config.local_rope.as_ref()];
        for (table, rope) in ropes.into_iter().enumerate() {
            let Some(rope) = rope else { continue };
            let frequencies = rope.frequencies(false);
            let table_of = angles(&frequencies, rope.attention_factor(), start, tokens);
            let bytes = table_of.iter().flat_map(|x| x.to_le_bytes()).collect();
            self.write(Working::Angles(table), bytes);
        }
        self.submit(&steps);
        self.cached += tokens;
        let vocab_size = self.config.vocab_size;
        let found = self.read_back(Working::Logits, logits.len() * vocab_size);
        let found: Vec<f32> = found.into_iter().map(f32::from_bits).collect();
        let of_row = vocab_size.div_ceil(gpu::BLOCK_LOGITS) * gpu::BLOCK_WORDS;
        let ranked = self.read_back(Working::Ranked, logits.len() * of_row);
        // The device's guess at the next token is the most probable one of the last row.
        if let Some(last) = found.chunks(vocab_size).last() {
            let highest =
                (0..last.len()).rev().max_by(|a, b| last[*a].total_cmp(&last[*b]));
            let guessed = self.read_back(Working::Ids, 1)[0];
            assert_eq!(Some(guessed as usize), highest);
        }
        let states = self.read_back(Working::States, tokens * self.config.hidden_size);
        Answer {
            logits: found.chunks(vocab_size).map(<[f32]>::to_vec).collect(),
            fronts: ranked.chunks(of_row).map(|row| merge(row, vocab_size)).collect(),
            states: states.into_iter().map(f32::from_bits).collect(),
        }
    }

    /// Keys and values of all that was read, layer by layer: [T, 2, K, D].
    pub(super) fn keys_and_values(&self) -> Vec<Vec<f32>> {
        let shape = self.plan.shape();
        let heads = shape.heads;
        let words = self.cached * shape.cache.position_bytes(&heads) / 4;
        let of_layer = |layer| {
            let kept = self.gpu.words(&self.buffers[self.plan.cache(layer).0], words);
            let numbers = shape.cache.unpacked(&kept);
            let of_heads = numbers.chunks(heads.padded_dim());
            of_heads.flat_map(|head| head[..heads.head_dim].to_vec()).collect()
        };
        (0..shape.layers.len()).map(of_layer).collect()
    }

    fn write(&self, what: Working, bytes: Vec<u8>) {
        self.gpu.queue.write_buffer(&self.buffers[self.plan.working(what).0], 0, &bytes);
    }

    fn read_back(&self, what: Working, words: usize) -> Vec<u32> {
        match words {
            0 => Vec::new(),
            words => self.gpu.words(&self.buffers[self.plan.working(what).0], words),
        }
    }

    /// All dispatches of a pass at once.
    fn submit(&mut self, steps: &[Step]) {
        let mut params = Vec::new();
        for step in steps {
            params.extend(step.params.bytes());
            params.resize(params.len().next_multiple_of(PARAMS_STRIDE), 0);
        }
        self.gpu.queue.write_buffer(&self.params, 0, &params);
        for step in steps {
            let key = (step.kernel, step.buffers.clone());
            if !self.bound.contains_key(&key) {
                let pipeline = self.gpu.pipeline(&self.plan.kernels()[step.kernel]);
                let buffers: Vec<_> =
                    step.buffers.iter().map(|id| &self.buffers[id.0]).collect();
                let bound = self.gpu.bind(&pipeline, &self.params, &buffers);
                self.bound.insert(key, bound);
            }
        }
        let pipelines: Vec<_> =
            self.plan.kernels().iter().map(|kernel| self.gpu.pipeline(kernel)).collect();
        let mut encoder = self.gpu.device.create_command_encoder(&Default::default());
        let mut pass = encoder.begin_compute_pass(&Default::default());
        for (index, step) in steps.iter().enumerate() {
            pass.set_pipeline(&pipelines[step.kernel].pipeline);
            let bound = &self.bound[&(step.kernel, step.buffers.clone())];
            pass.set_bind_group(0, bound, &[(index * PARAMS_STRIDE) as u32]);
            pass.dispatch_workgroups(step.grid.x, step.grid.y, step.grid.z);
        }
        drop(pass);
        self.gpu.queue.submit([encoder.finish()]);
    }
}
