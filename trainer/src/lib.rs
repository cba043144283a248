//! Trains the demo model from text files and writes all its files.

pub mod answers;
pub mod checkpoint;
pub mod corpus;
pub mod curve;
pub mod dialogues;
pub mod evaluate;
pub mod export;
pub mod model;
pub mod ops;
pub mod optimizer;
pub mod random;
pub mod run;
pub mod schedule;
pub mod shape;
pub mod vocabulary;
