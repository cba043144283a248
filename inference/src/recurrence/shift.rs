//! Mixtures of each token's inputs with those of the token before it, as RWKV has them before
//! its projections.

use std::sync::Arc;

use super::State;

/// Whose inputs are mixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Before {
    /// The mixer's.
    Mixer,
    /// The MLP's.
    Mlp,
}

impl Before {
    /// The inputs of the last token that a sequence has read, `[H]`; `None` before its first.
    pub(crate) fn last(self, state: &State, hidden: usize) -> Option<&[f32]> {
        let start = self.place() * hidden;
        state.get(start..start + hidden)
    }

    /// Where they are in a state, counted in widths of the stream.
    fn place(self) -> usize {
        match self {
            Before::Mixer => 0,
            Before::Mlp => 1,
        }
    }
}

/// x + (b − x) · m, where b are the inputs of the token before, zeros if there is none.
pub(crate) fn mixed(x: &[f32], before: Option<&[f32]>, amounts: &[f32], out: &mut [f32]) {
    match before {
        Some(before) => {
            let parts = x.iter().zip(before).zip(amounts);
            for (out, ((x, before), amount)) in out.iter_mut().zip(parts) {
                *out = x + (before - x) * amount;
            }
        }
        None => {
            for (out, (x, amount)) in out.iter_mut().zip(x.iter().zip(amounts)) {
                *out = x - x * amount;
            }
        }
    }
}

/// Keeps a token's inputs, `[H]`, for the one after it. A state that is empty gets its size.
pub(crate) fn keep_last(before: Before, x: &[f32], size: usize, state: &mut State) {
    let state = Arc::make_mut(state);
    state.resize(size, 0.0);
    let start = before.place() * x.len();
    state[start..start + x.len()].copy_from_slice(x);
}
