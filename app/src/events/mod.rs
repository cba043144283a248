//! The browser's events, as actions of the page.

mod chat;
mod clicks;
mod drags;
mod fields;
mod keys;
mod listeners;
mod targets;
mod tools;

pub(crate) use listeners::listen;
