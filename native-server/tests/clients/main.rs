//! The server as programs of others use it: the official Python clients of OpenAI's API
//! and of the Hugging Face hub, and schemathesis, which tries whatever the OpenAPI document allows and forbids. Both
//! in a virtual environment that is made here, once.

// A test that cannot be set up fails; its helpers are no exception.
#![allow(clippy::unwrap_used)]

mod hub;
mod openai;
mod python;
mod schema;
mod server;
