//! The WebSocket, over a real connection.

mod choice;
mod client;
mod conversation;
mod ends;

pub(crate) use client::{Running, Socket, answer, receive, send};
