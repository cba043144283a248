//! Answers of the tools that try out, verify, grow, compare engines and bet, as none can be.

use protocol::{Event, SweptKnob};
use sharing::{Answered, Asked, Session};

/// Spoils a session; false if it has nothing of the kind.
pub(crate) type Spoil = fn(&mut Session) -> Option<()>;

/// The answer of a tool.
fn answer(session: &mut Session, is: fn(&Asked) -> bool) -> Option<&mut Answered> {
    let answers = &mut session.recorded.as_mut()?.answers;
    answers.iter_mut().find(|answered| is(&answered.to))
}

fn draws(session: &mut Session) -> Option<&mut Answered> {
    answer(session, |to| matches!(to, Asked::Draws { .. }))
}

fn verify(session: &mut Session) -> Option<&mut protocol::Verification> {
    let found = answer(session, |to| matches!(to, Asked::Verify))?;
    match found.events.first_mut()? {
        Event::Verified(check) => Some(check),
        _ => None,
    }
}

fn grow(session: &mut Session) -> Option<&mut Answered> {
    answer(session, |to| matches!(to, Asked::Grow { .. }))
}

fn engines(session: &mut Session) -> Option<&mut Answered> {
    answer(session, |to| matches!(to, Asked::Engines { .. }))
}

fn guess(session: &mut Session) -> Option<&mut Answered> {
    answer(session, |to| matches!(to, Asked::Guess { .. }))
}

fn first_sweep(session: &mut Session) -> Option<&mut protocol::Sweep> {
    match draws(session)?.events.get_mut(1)? {
        Event::Swept(sweep) => Some(sweep),
        _ => None,
    }
}

fn drawn(session: &mut Session) -> Option<&mut protocol::Draws> {
    match draws(session)?.events.first_mut()? {
        Event::Drawn(drawn) => Some(drawn),
        _ => None,
    }
}

pub(crate) const FAULTS: [(&str, Spoil); 19] = [
    ("draws without a sweep", |session| draws(session)?.events.pop().map(|_| ())),
    ("more draws than there can be", |session| {
        match &mut draws(session)?.to {
            Asked::Draws { draws, .. } => *draws = 100_001,
            _ => None?,
        }
        Some(())
    }),
    ("draws that were not counted", |session| {
        drawn(session)?.draws += 1;
        Some(())
    }),
    ("draws from another vocabulary", |session| {
        drawn(session)?.vocab_size += 1;
        Some(())
    }),
    ("a test of no classes", |session| {
        drawn(session)?.chi_square.as_mut()?.degrees_of_freedom = 0;
        Some(())
    }),
    ("a sweep of another knob", |session| {
        first_sweep(session)?.knob = SweptKnob::TopP;
        Some(())
    }),
    ("a point without one of its tokens", |session| {
        first_sweep(session)?.points.first_mut()?.sampled_probabilities.pop().map(|_| ())
    }),
    ("a point of more than everything", |session| {
        first_sweep(session)?.points.last_mut()?.outside = 1.5;
        Some(())
    }),
    ("a verification of another vocabulary", |session| {
        verify(session)?.vocab_size += 1;
        Some(())
    }),
    ("a difference of more than everything", |session| {
        verify(session)?.largest_difference = 2.0;
        Some(())
    }),
    ("a row without a rank", |session| {
        verify(session)?.candidates.first_mut()?.reference_rank = 0;
        Some(())
    }),
    ("growth of no tokens at a time", |session| {
        match &mut grow(session)?.to {
            Asked::Grow { growth } => growth.width = 0,
            _ => None?,
        }
        Some(())
    }),
    ("growth of more than there can be", |session| {
        match grow(session)?.events.first_mut()? {
            Event::Grown(grown) => grown.nodes = 513,
            _ => None?,
        }
        Some(())
    }),
    ("an engine that says nothing", |session| engines(session)?.events.pop().map(|_| ())),
    ("an engine without rows", |session| {
        match engines(session)?.events.last_mut()? {
            Event::Distribution(seen) => seen.candidates.clear(),
            _ => None?,
        }
        Some(())
    }),
    ("a distance of engines with other tokens", |session| {
        let found = engines(session)?;
        let Asked::Engines { apart: Some(_), .. } = &found.to else { None? };
        let [Event::Ready(model), _, Event::Distribution(second)] = &mut found.events[..]
        else {
            None?
        };
        (model.vocab_size, second.vocab_size) =
            (model.vocab_size + 1, second.vocab_size + 1);
        Some(())
    }),
    ("a distance that is none", |session| {
        let Asked::Engines { apart: Some(apart), .. } = &mut engines(session)?.to else {
            None?
        };
        apart.q.as_mut()?.jensen_shannon = -1.0;
        Some(())
    }),
    ("more chips than there are", |session| {
        match &mut guess(session)?.to {
            Asked::Guess { chips, .. } => *chips = vec![200; 3],
            _ => None?,
        }
        Some(())
    }),
    ("bets that an engine answers", |session| {
        let events =
            verify(session).cloned().map(|check| Event::Verified(Box::new(check)));
        guess(session)?.events.extend(events);
        Some(())
    }),
];
