//! What of OpenAI's API the official client does not show: the bytes of streams, and
//! errors before the model is there.

mod answers;
mod echo;
mod members;
mod question;
mod responses;
mod sampling;
mod tokens;
