//! Refuses sizes that contradict each other or that no real model has.

use super::{Block, Config, Experts, MixerKind, NormConfig, Scales};
use crate::error::Result;
use crate::error::invalid_config;

impl Config {
    /// Returns the configuration if all its sizes and constants are valid.
    pub(super) fn checked(self) -> Result<Config> {
        let sizes = [
            ("hidden_size", self.hidden_size, 1 << 16),
            ("intermediate_size", self.intermediate_size, 1 << 20),
            ("num_hidden_layers", self.num_hidden_layers, 1 << 10),
            ("num_attention_heads", self.num_attention_heads, 1 << 12),
            ("num_key_value_heads", self.num_key_value_heads, 1 << 12),
            ("head_dim", self.head_dim, 1 << 12),
            ("vocab_size", self.vocab_size, 1 << 22),
            ("context length", self.context_length, 1 << 26),
        ];
        for (name, size, limit) in sizes {
            if !(1..=limit).contains(&size) {
                return Err(invalid_config(format!("{name} is {size}")));
            }
        }
        if let Some(width) = self.embedding_width.filter(|w| !(1..=1 << 16).contains(w)) {
            return Err(invalid_config(format!("word_embed_proj_dim is {width}")));
        }
        if !self.num_attention_heads.is_multiple_of(self.num_key_value_heads) {
            return Err(invalid_config(format!(
                "{} attention heads cannot share {} key/value heads",
                self.num_attention_heads, self.num_key_value_heads
            )));
        }
        if !self.head_dim.is_multiple_of(2) {
            return Err(invalid_config(format!("head_dim {} is odd", self.head_dim)));
        }
        if self.layers.len() != self.num_hidden_layers {
            return Err(invalid_config(format!(
                "it describes {} layers",
                self.layers.len()
            )));
        }
        if self.layers.iter().any(|layer| layer.window == Some(0)) {
            return Err(invalid_config("sliding_window is 0"));
        }
        let has_convolutions =
            self.layers.iter().any(|layer| layer.mixer == MixerKind::Convolution);
        if has_convolutions && !(1..=64).contains(&self.convolution_taps) {
            return Err(invalid_config(format!(
                "a convolution has {} taps",
                self.convolution_taps
            )));
        }
        self.altup.iter().try_for_each(|altup| altup.check(&self.layers))?;
        self.latent.iter().try_for_each(|latent| latent.check(self.head_dim))?;
        let recurs = self.layers.iter().any(|layer| layer.mixer == MixerKind::Recurrence);
        match &self.recurrence {
            Some(recurrence) => recurrence.check()?,
            None if recurs => {
                return Err(invalid_config("the sizes of a recurrence are missing"));
            }
            None => {}
        }
        if self.experts.is_none() && self.layers.iter().any(|layer| layer.experts) {
            return Err(invalid_config(
                "a layer has experts, but their number is missing",
            ));
        }
        let parallel = matches!(self.block, Block::Parallel | Block::ParallelTwoNorms);
        if self.experts.is_some() && (parallel || self.block == Block::NormAfterSum) {
            return Err(invalid_config("experts in such blocks are not supported"));
        }
        self.experts.iter().try_for_each(Experts::check)?;
        self.norm.check()?;
        self.scales.check()?;
        let caps = [self.attention.cap, self.attention.clip, self.logit_cap]
            .into_iter()
            .flatten();
        let scale = self.attention.scale as f32;
        for factor in caps.chain([scale]) {
            if !(factor > 0.0 && factor.is_finite()) {
                return Err(invalid_config(format!("a factor is {factor}")));
            }
        }
        self.rope.check(self.head_dim)?;
        self.local_rope.iter().try_for_each(|rope| rope.check(self.head_dim))?;
        Ok(self)
    }
}

impl NormConfig {
    fn check(&self) -> Result<()> {
        match self.epsilon >= 0.0 && self.epsilon < 1.0 {
            true => Ok(()),
            false => {
                Err(invalid_config(format!("the epsilon of norms is {}", self.epsilon)))
            }
        }
    }
}

impl Scales {
    fn check(&self) -> Result<()> {
        let Scales { embedding, residual, logits } = *self;
        match [embedding, residual, logits].iter().all(|x| x.is_finite() && *x != 0.0) {
            true => Ok(()),
            false => Err(invalid_config(format!("a factor is not a number: {self:?}"))),
        }
    }
}
