//! Continuations of a text, grown as a tree or by beam search.

use serde::{Deserialize, Serialize};

use crate::{Timings, Token, TokenScore};

/// How a tree of continuations grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum GrowMode {
    /// The most probable path is continued first, until the limits are reached.
    #[default]
    Tree,
    /// Beam search: at each depth, the `width` most probable paths are continued, and the
    /// others are dropped. Paths that have ended compete with the rest, without
    /// normalisation by length.
    Beam,
}

/// The limits of a tree of continuations.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct GrowSettings {
    /// How it grows.
    pub mode: GrowMode,
    /// Tokens of a path, at most.
    #[cfg_attr(
        feature = "schema",
        schemars(range(min = 1, max = crate::limits::MAX_GROW_DEPTH))
    )]
    pub depth: u32,
    /// Children of a token, at most; in a beam search, the paths that are kept.
    #[cfg_attr(
        feature = "schema",
        schemars(range(min = 1, max = crate::limits::MAX_GROW_WIDTH))
    )]
    pub width: u32,
    /// A token gets the fewest most probable children that have this much probability
    /// together, 0 (exclusive) to 1; 1 limits nothing.
    #[cfg_attr(
        feature = "schema",
        schemars(extend("exclusiveMinimum" = 0, "maximum" = 1))
    )]
    pub mass: f32,
    /// Paths with a probability below this are left out, 0 to 1; 0 limits nothing.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 1)))]
    pub min_probability: f32,
    /// Tokens of all paths together, at most.
    #[cfg_attr(
        feature = "schema",
        schemars(range(min = 1, max = crate::limits::MAX_GROW_NODES))
    )]
    pub nodes: u32,
}

impl Default for GrowSettings {
    fn default() -> Self {
        let mode = GrowMode::Tree;
        let (depth, width, nodes) = (3, 3, 64);
        GrowSettings { mode, depth, width, mass: 1.0, min_probability: 0.0, nodes }
    }
}

/// A token of a tree of continuations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GrownNode {
    /// Its number: 1 for the first that came, and so on.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub node: u32,
    /// The number of the token before it; 0 for the end of the request's ids.
    pub parent: u32,
    /// The token.
    pub token: Token,
    /// Its numbers after the tokens before it.
    pub score: TokenScore,
    /// ln of the product of the probabilities of the path from the ids to this token,
    /// computed in 64 bits.
    pub log_probability: f64,
    /// Whether it ends the text or the turn, so that nothing follows it.
    pub ends: bool,
}

/// How the growth of a tree ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Growth {
    /// The last tokens of all paths, the most probable path first. In a beam search, only of
    /// those that were kept.
    pub ends: Vec<u32>,
    /// How many nodes there are.
    pub nodes: u32,
    /// Whether the limit of nodes left out any.
    pub limited: bool,
    /// What this answer cost.
    pub timings: Timings,
}
