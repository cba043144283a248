//! Trains the demo model from text files and writes all its files.

pub mod answers;
pub mod checkpoint;
pub mod corpus;
pub mod curve;
pub mod dialogues;
pub mod evaluate;
pub mod export;
pub mod model;
pub mod network;
pub mod optimizer;
pub mod per_weight;
pub mod random;
pub mod run;
pub mod schedule;
pub mod shape;
pub mod shapes;
pub mod vocabulary;
