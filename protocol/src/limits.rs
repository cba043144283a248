//! The bounds and defaults that page, engine and server share.

/// Rows of the distribution that the page shows at first.
pub const DEFAULT_CANDIDATES: u32 = 10;
/// Rows of a distribution, at most.
pub const MAX_CANDIDATES: u32 = 50;
/// Tokens that a distribution reports on by id, at most.
pub const MAX_WATCHED: usize = 64;
/// The page's first temperature.
pub const DEFAULT_TEMPERATURE: f32 = 0.7;
/// The highest temperature.
pub const MAX_TEMPERATURE: f32 = 2.0;
/// The highest probability, as rounding in 32 bits leaves it.
pub const MAX_PROBABILITY: f64 = 1.0001;
/// Tokens in a chat reply at first.
pub const DEFAULT_NEW_TOKENS: u32 = 200;
/// Tokens in a chat reply, at most.
pub const MAX_NEW_TOKENS: u32 = 512;
/// Messages in a conversation, at most.
pub const MAX_MESSAGES: usize = 1_000;
/// Bytes of text in one request, at most. A million tokens would not fit in any model
/// that runs here.
pub const MAX_TEXT_BYTES: usize = 4 << 20;
/// The port of the native server.
pub const DEFAULT_PORT: u16 = 5005;
