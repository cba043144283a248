//! The steps of a sequence are numbers. The state at the time of a step makes an event of them,
//! so that any part of a sequence is a sequence, too.

use crate::action::{Action, Direction};
use crate::state::{
    AllowedKind, BackendKind, ChatToken, Inspected, Knob, SamplerAction, Scale, State,
    Tab, Tool,
};

/// One step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    kind: u32,
    pub(super) a: u32,
    b: u32,
}

/// What happens in a step.
#[derive(Debug)]
pub(super) enum StepEvent {
    Act(Action),
    /// Deliver the next event of a request.
    Deliver,
    /// Deliver all events.
    DeliverMany,
    /// Fail a request.
    Fail,
    /// Deliver a reply a second time.
    Again,
    /// Deliver a reply of an earlier connection.
    Late,
    /// Lose the connection.
    Die,
    /// Dispatch the next action that waits.
    Timer,
    /// Load the page again.
    Reload,
}

/// The next number of SplitMix64 (Steele, Lea and Flood, 2014).
pub(super) fn random(state: &mut u64) -> u32 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 16) as u32
}

/// The sequence of a seed.
pub(super) fn sequence(seed: u64, length: usize) -> Vec<Step> {
    let mut state = seed;
    let mut next = || random(&mut state);
    (0..length).map(|_| Step { kind: next() % 100, a: next(), b: next() }).collect()
}

impl Step {
    /// The event that a state makes of the step.
    pub(super) fn event(self, state: &State) -> StepEvent {
        let Step { kind, a, b } = self;
        let pick = |count: usize| (a as usize).checked_rem(count).unwrap_or_default();
        let text = || ["abc", "de", "fgabcd", " ", "", "gfedcba"][pick(6)].to_owned();
        let exchanges = state.chat.exchanges.len();
        let reply_token = || {
            let exchange = pick(exchanges);
            let tokens = state.chat.exchanges.get(exchange);
            let tokens = tokens.map_or(0, |exchange| exchange.reply().tokens.len());
            ChatToken {
                exchange,
                token: (b as usize).checked_rem(tokens).unwrap_or_default(),
            }
        };
        StepEvent::Act(match kind {
            0..=23 => return StepEvent::Deliver,
            24..=33 => return StepEvent::DeliverMany,
            34 => return StepEvent::Fail,
            35..=36 => return StepEvent::Again,
            37..=38 => return StepEvent::Late,
            39 => return StepEvent::Die,
            40..=43 => return StepEvent::Timer,
            44..=45 => return StepEvent::Reload,
            46..=47 => Action::EditPrompt(text()),
            48..=50 => Action::Start,
            51 => Action::Example(text()),
            52..=55 => Action::Pick(pick(9)),
            56..=57 => Action::Greedy,
            58..=59 => Action::Sample,
            60..=61 => Action::Play,
            62 => Action::Stop,
            63 => [Action::Verify, Action::Verify, Action::StopVerifying, Action::Stop]
                [pick(4)]
            .clone(),
            64..=66 => Action::Undo,
            67 => Action::Redo,
            68 => Action::Reset,
            69..=71 => Action::LookBack(pick(state.explorer.tree.path().len())),
            72 => [Action::Return, Action::Escape][pick(2)].clone(),
            73 => Action::MoveToken([-1, 1, i32::MIN, i32::MAX][pick(4)]),
            74..=76 => {
                let (knob, value) = [
                    (Knob::Temperature, f64::from(b % 3)),
                    (Knob::Rows, f64::from(1 + b % 8)),
                    (Knob::Seed, f64::from(b % 9)),
                    (Knob::Pace, [0.0, 8.0][b as usize % 2]),
                    (Knob::TopK, f64::from(b % 3)),
                    (Knob::MaxNewTokens, f64::from(1 + b % 6)),
                    (Knob::ChatTemperature, f64::from(b % 3)),
                    (Knob::Presence, f64::from(b % 3)),
                ][pick(8)];
                Action::TurnKnob(knob, value)
            }
            77 if b % 2 == 0 => Action::Sampler(
                [
                    SamplerAction::EditToken(text()),
                    SamplerAction::Ban,
                    SamplerAction::AddBias,
                    SamplerAction::Remove(0),
                    SamplerAction::SetAllowed(AllowedKind::List),
                    SamplerAction::EditAllowed(text()),
                    SamplerAction::SwitchOff,
                ][pick(7)]
                .clone(),
            ),
            77 => Action::SetScale([Scale::Linear, Scale::Relative, Scale::Log][pick(3)]),
            78..=80 => Action::ShowTab([Tab::Explorer, Tab::Chat][pick(2)]),
            81..=82 => Action::EditChat(format!("{}{}", text(), b % 1000)),
            83..=85 => Action::Send,
            86 => Action::StopChat,
            87 => [Action::ClearChat, Action::BringBackChat][pick(2)].clone(),
            88..=90 => Action::LookAtReply(reply_token()),
            91 => Action::MoveReplyToken(reply_token(), [-1, 1][pick(2)]),
            92 => [Action::StepVariant(1), Action::StepVariant(-1)][pick(2)].clone(),
            93 => Action::OpenInExplorer(pick(exchanges)),
            94 => Action::UseBackend([BackendKind::Worker, BackendKind::Native][pick(2)]),
            95 => Action::Choose(
                ["./twin/", "./other/", "demo", "./gone/"][pick(4)].into(),
                None,
            ),
            96 => [Action::UseDemo, Action::Restart][pick(2)].clone(),
            97 => [Action::CopyText, Action::CopyReply(pick(exchanges)), Action::Reroll]
                [pick(3)]
            .clone(),
            98 => Action::Inspect(
                [
                    None,
                    Some(Inspected::Row(b as usize % 9)),
                    Some(Inspected::Token(b as usize % 9)),
                ][pick(3)],
            ),
            _ => [
                Action::Dismiss,
                Action::DismissNotice,
                Action::MoveRow(1),
                Action::ToggleTool(Tool::ALL[b as usize % Tool::ALL.len()]),
                Action::ShowTokens(Direction::Earlier),
            ][pick(5)]
            .clone(),
        })
    }
}
