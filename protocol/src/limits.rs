//! The bounds and defaults that page, engine and server share.

/// The default number of rows of a distribution.
pub const DEFAULT_CANDIDATES: u32 = 10;
/// The most rows of a distribution.
pub const MAX_CANDIDATES: u32 = 50;
/// The most tokens that a distribution reports on by id.
pub const MAX_WATCHED: usize = 64;
/// The most positions of a logit lens.
pub const MAX_LENS_POSITIONS: u32 = 64;
/// The default number of tokens that a logit lens lists after each layer.
pub const DEFAULT_LENS_CANDIDATES: u32 = 5;
/// The most tokens that a logit lens lists after each layer.
pub const MAX_LENS_CANDIDATES: u32 = 20;
/// The most tokens that a logit lens follows by id.
pub const MAX_FOLLOWED: usize = 8;
/// The most attention weights of one answer; 30 layers of 9 heads have them at 3,883 tokens.
pub const MAX_ATTENTION_WEIGHTS: usize = 1 << 20;
/// The most tokens of a text whose attention is given for every token.
pub const MAX_MATRIX_TOKENS: usize = 128;
/// The most parts of a text that are removed one at a time.
pub const MAX_OCCLUSIONS: usize = 512;
/// The most tokens whose logits are attributed to the parts of the model.
pub const MAX_ATTRIBUTED: usize = 8;
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
/// The highest penalty for presence and for frequency.
pub const MAX_PENALTY: f32 = 2.0;
/// The highest penalty for repetition.
pub const MAX_REPETITION_PENALTY: f32 = 10.0;
/// The largest bias of a logit.
pub const MAX_BIAS: f32 = 100.0;
/// The most tokens with a bias.
pub const MAX_BIASED: usize = 300;
/// The most tokens that are banned.
pub const MAX_BANNED: usize = 300;
/// The most texts of a list of those that are allowed.
pub const MAX_ALLOWED_TEXTS: usize = 100;
/// The most characters of such a text.
pub const MAX_ALLOWED_CHARACTERS: usize = 100;
/// The most characters of a pattern of the texts that are allowed.
pub const MAX_PATTERN_CHARACTERS: usize = 1000;
/// The most times that a token is drawn in one request.
pub const MAX_DRAWS: u32 = 100_000;
/// The most values of a sweep.
pub const MAX_SWEEP_VALUES: usize = 64;
/// The highest probability, as rounding in 32 bits leaves it.
pub const MAX_PROBABILITY: f64 = 1.0001;
/// The default limit of a chat reply, in tokens.
pub const DEFAULT_NEW_TOKENS: u32 = 200;
/// The most tokens of a generated text or reply.
pub const MAX_NEW_TOKENS: u32 = 512;
/// The most messages of a conversation.
pub const MAX_MESSAGES: usize = 1_000;
/// The most bytes of the variables that a request sets for a chat template.
pub const MAX_TEMPLATE_BYTES: usize = 64 << 10;
/// How deep values of these variables are nested at most.
pub const MAX_TEMPLATE_DEPTH: usize = 16;
/// The most bytes of text in one request. They are about a million tokens, more than any
/// model's context that runs here.
pub const MAX_TEXT_BYTES: usize = 4 << 20;
/// The default port of the native server.
pub const DEFAULT_PORT: u16 = 5005;
