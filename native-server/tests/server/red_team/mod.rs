//! Ways to get in, or to get a token, a text or a file out, that pages of other sites and
//! programs on the network have: each is tried, and each fails.

mod attacker;
mod other_sites;
mod paths_and_tokens;
mod requests;
