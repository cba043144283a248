//! How a prediction came about: what can be asked, and what is found.

mod findings;
mod question;
mod units;

pub use findings::{
    AttentionLayer, AttentionWeights, AttributedToken, Attribution, AttributionPart,
    Finding, HeadWeights, LensLayer, LensPosition, Occluded, OcclusionStart, RankedToken,
    TokenRank,
};
pub use question::{Inspection, OcclusionUnit};
pub use units::{tokens_to_read, units};
