//! Tests in a real browser. Each starts a browser and the servers that it needs.
#![allow(clippy::print_stdout, reason = "numbers that people want to see")]

mod accessibility;
mod addresses;
mod appearance;
mod axe;
mod chat;
mod chat_revisions;
mod comparisons;
mod conformance;
mod continuations;
mod device_files;
mod embedding;
mod explorer;
mod failures;
mod fault_schedules;
mod faults;
mod frames;
mod hosting;
mod hub_links;
mod hub_pages;
mod inside;
mod inside_everywhere;
mod inside_pictures;
mod inspections;
mod installed;
mod keyboard;
mod languages;
mod layout;
mod models;
mod numbers;
mod offline;
mod pictures;
mod prompts;
mod questions;
mod random_actions;
mod real_inside;
mod real_model;
mod red_team;
/// The sampler's steps, many draws and sweeps through a link.
mod sampler;
/// The sampler's steps, many draws and sweeps on the page.
mod sampling;
mod service_worker;
mod sharing;
mod stored;
mod tasks;
mod temporary_files;
mod text_tools;
mod texts;
mod threads;
mod touch;
mod unreachable;
mod verification;
mod verified_distributions;
mod waits;
mod worker_memory;
