//! A constant for each text of `languages/en.json`, by region.
#![deny(dead_code, reason = "a text that is not used")]

include!(concat!(env!("OUT_DIR"), "/table.rs"));
