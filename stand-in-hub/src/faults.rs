//! How the stand-in misbehaves.

use std::time::Duration;

use crate::random::Random;

/// How a hub behaves; by default, without faults.
///
/// ```
/// use stand_in_hub::{Behaviour, Refusal};
///
/// let gated = Behaviour { refusal: Some(Refusal::Gated), ..Behaviour::default() };
/// assert_eq!(gated.fault_rate, 0.0);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Behaviour {
    /// The seed of all that is random.
    pub seed: u64,
    /// The probability that a request for a file fails in a way that a retry cures.
    pub fault_rate: f64,
    /// Files are sent whole, whatever range is asked for.
    pub no_ranges: bool,
    /// Every request for the model is refused.
    pub refusal: Option<Refusal>,
    /// One byte of this file is wrong.
    pub wrong_file: Option<String>,
    /// The pause between two pieces of 64 KiB.
    pub pause: Option<Duration>,
}

/// A refusal that no retry cures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// 401: no such model, or not for everyone.
    Unknown,
    /// 403: terms must be accepted.
    Gated,
    /// 404.
    Missing,
    /// 429 with a wait of an hour.
    TooMany,
    /// 503.
    Broken,
}

/// What goes wrong with one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A status, with `Retry-After` where there is one.
    Status(u16, Option<u64>),
    /// The connection is cut after so many bytes.
    Cut(u64),
    /// Nothing is sent for seconds, after so many bytes.
    Stall(u64),
    /// Another range is sent than was asked for.
    Shifted,
}

impl Behaviour {
    /// A schedule by a seed: mostly faults that a retry cures, sometimes one that none does.
    pub fn schedule(seed: u64, files: &[&str]) -> Behaviour {
        let mut random = Random::new(seed);
        let fault_rate = [0.0, 0.1, 0.3, 0.6][random.below(4) as usize];
        let refusals = [
            Refusal::Unknown,
            Refusal::Gated,
            Refusal::Missing,
            Refusal::TooMany,
            Refusal::Broken,
        ];
        let refusal = random.chance(0.1).then(|| refusals[random.below(5) as usize]);
        let wrong = random.chance(0.1).then(|| random.below(files.len() as u64) as usize);
        Behaviour {
            seed,
            fault_rate,
            no_ranges: random.chance(0.15),
            refusal,
            wrong_file: wrong.and_then(|file| files.get(file)).map(|f| (*f).to_owned()),
            pause: random.chance(0.1).then(|| Duration::from_millis(2)),
        }
    }

    /// The fault of a request for so many bytes, if it has one.
    pub(crate) fn fault(&self, random: &mut Random, length: u64) -> Option<Fault> {
        if !random.chance(self.fault_rate) {
            return None;
        }
        Some(match random.below(10) {
            0 => Fault::Status(429, Some(1)),
            1 => Fault::Status(429, None),
            2 => Fault::Status(500, None),
            3 => Fault::Status(503, Some(2)),
            4 => Fault::Stall(random.below(length)),
            5 => Fault::Shifted,
            _ => Fault::Cut(random.below(length)),
        })
    }
}

impl Refusal {
    /// The status, and what `X-Error-Code` says.
    pub(crate) fn status(self) -> (u16, Option<&'static str>) {
        match self {
            Refusal::Unknown => (401, Some("RepoNotFound")),
            Refusal::Gated => (403, Some("GatedRepo")),
            Refusal::Missing => (404, Some("RevisionNotFound")),
            Refusal::TooMany => (429, None),
            Refusal::Broken => (503, None),
        }
    }
}
