//! The bounds and defaults that page, engine and server share.

/// The default number of rows of a distribution.
pub const DEFAULT_CANDIDATES: u32 = 10;
/// The most rows of a distribution.
pub const MAX_CANDIDATES: u32 = 50;
/// The most tokens that a distribution reports on by id.
pub const MAX_WATCHED: usize = 64;
/// The most texts that are looked up in one request.
pub const MAX_LOOKED_UP: usize = 16;
/// The most tokens of a text that is looked up.
pub const MAX_WORD_TOKENS: usize = 64;
/// The most tokens of a path of a tree of continuations.
pub const MAX_GROW_DEPTH: u32 = 32;
/// The most children of a token, and the most paths of a beam search.
pub const MAX_GROW_WIDTH: u32 = 16;
/// The most tokens of a tree of continuations.
pub const MAX_GROW_NODES: u32 = 512;
/// The default temperature.
pub const DEFAULT_TEMPERATURE: f32 = 0.7;
/// The highest temperature.
pub const MAX_TEMPERATURE: f32 = 2.0;
/// The highest probability, as rounding in 32 bits leaves it.
pub const MAX_PROBABILITY: f64 = 1.0001;
/// The default limit of a chat reply, in tokens.
pub const DEFAULT_NEW_TOKENS: u32 = 200;
/// The most tokens of a generated text or reply.
pub const MAX_NEW_TOKENS: u32 = 512;
/// The most messages of a conversation.
pub const MAX_MESSAGES: usize = 1_000;
/// The most bytes of text in one request. They are about a million tokens, more than any
/// model's context that runs here.
pub const MAX_TEXT_BYTES: usize = 4 << 20;
/// The default port of the native server.
pub const DEFAULT_PORT: u16 = 5005;
