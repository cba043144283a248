//! The browser's events, as actions of the page.

mod clicks;
mod fields;
mod keys;
mod listeners;
mod targets;
mod tools;

pub(crate) use listeners::listen;
