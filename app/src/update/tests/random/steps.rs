//! The steps of a sequence are numbers. The state at the time of a step makes an event of them,
//! so that any part of a sequence is a sequence, too.

use crate::action::{Action, Direction};
use crate::chat_action::ChatAction;
use crate::state::{
    AllowedKind, BackendKind, BranchesAction, ChatToken, ComparisonAction, GpuUse,
    GuessAction, Inspected, Knob, Landmark, Part, SamplerAction, Scale, ScoresAction,
    SharingAction, State, Tab, Tool, WordsAction, stretches_of,
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
    /// Open what was shared last.
    OpenShared,
    /// Load the page again.
    Reload,
}

/// The next number of SplitMix64 (Steele, Lea and Flood, 2014).
pub(in crate::update::tests) fn random(state: &mut u64) -> u32 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 16) as u32
}

/// An action that changes or steps through what was written.
fn revision(a: u32, b: u32, exchanges: usize) -> ChatAction {
    let index = (a as usize / 16).checked_rem(exchanges).unwrap_or_default();
    let by = [-1, 1, i32::MIN, i32::MAX][b as usize % 4];
    let part = [Part::Question, Part::Reply][b as usize % 2];
    match a % 16 {
        0..=2 => ChatAction::StepVariant(index, by),
        3..=5 => ChatAction::StepVersion(index, by),
        6..=7 => ChatAction::Regenerate(index),
        8..=9 => ChatAction::Edit(index, part),
        10 => ChatAction::EditText(format!("edit {}", b % 1000)),
        11 => ChatAction::TakeEdit,
        12 => [ChatAction::ContinueEdit, ChatAction::CancelEdit][b as usize % 2].clone(),
        13 => ChatAction::Continue,
        14 => ChatAction::EditBeginning(format!("begin {}", b % 1000)),
        _ if b.is_multiple_of(3) => ChatAction::Think(b.is_multiple_of(2)),
        _ => ChatAction::ShowTokens(b.is_multiple_of(2)),
    }
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
            44 => return StepEvent::Reload,
            45 if a.is_multiple_of(2) => return StepEvent::Reload,
            45 => return StepEvent::OpenShared,
            46 => Action::EditPrompt(text()),
            47 | 77 => tool_action(state, a, b, text()),
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
            78..=80 => Action::ShowTab([Tab::Explorer, Tab::Chat][pick(2)]),
            81..=82 => {
                Action::Chat(ChatAction::EditInput(format!("{}{}", text(), b % 1000)))
            }
            83..=85 => Action::Chat(ChatAction::Send),
            86 => Action::Chat(ChatAction::Stop),
            87 => [Action::Chat(ChatAction::Clear), Action::Chat(ChatAction::BringBack)]
                [pick(2)]
            .clone(),
            88..=89 => Action::Chat(ChatAction::LookAt(reply_token())),
            90 => Action::Chat(revision(b, a, exchanges)),
            91 => Action::Chat(ChatAction::MoveToken(reply_token(), [-1, 1][pick(2)])),
            92 => Action::Chat(revision(a, b, exchanges)),
            93 => Action::Chat(ChatAction::OpenInExplorer(pick(exchanges))),
            94 => Action::UseBackend([BackendKind::Worker, BackendKind::Native][pick(2)]),
            95 => Action::Choose(
                ["./twin/", "./other/", "demo", "./gone/"][pick(4)].into(),
                None,
            ),
            96 => [
                Action::UseDemo,
                Action::Restart,
                Action::TryGpuAgain,
                Action::UseGpu([GpuUse::Off, GpuUse::On][pick(2)]),
                Action::ChooseOnServer(["other", "demo"][b as usize % 2].into()),
            ][pick(5)]
            .clone(),
            97 => [
                Action::CopyText,
                Action::Chat(ChatAction::Copy(pick(exchanges), Part::Reply)),
                Action::Reroll,
                Action::Sharing(SharingAction::CopyLink),
                Action::Sharing(SharingAction::Save),
                Action::Sharing(SharingAction::GoLive),
            ][pick(6)]
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
                Action::SetScale(Scale::Log),
            ][pick(6)]
            .clone(),
        })
    }
}

/// An action in a tool beneath the text.
fn tool_action(state: &State, a: u32, b: u32, text: String) -> Action {
    let (stretches, _) = stretches_of(&state.explorer.tree);
    let at = (b as usize).checked_rem(stretches.len()).unwrap_or_default();
    let by = if b.is_multiple_of(2) { 1 } else { -1 };
    let row = b as usize % 3;
    match a % 18 {
        0 => Action::Words(WordsAction::Open),
        1 => Action::Words(WordsAction::Edit(text)),
        2 => Action::Words(WordsAction::Watch),
        3 => Action::Words(WordsAction::Unwatch(row)),
        4 => Action::Words(WordsAction::Append(row)),
        5 => Action::ToggleTool([Tool::Branches, Tool::Guess, Tool::Draws][row]),
        6 => Action::Branches(BranchesAction::Grow),
        7 => Action::Branches(BranchesAction::GoTo(at)),
        8 => Action::Branches(BranchesAction::StepFork(by)),
        9 => Action::Compare(ComparisonAction::Edit(text)),
        10 => Action::Compare(ComparisonAction::Compare),
        11 => Action::Compare(ComparisonAction::AppendBoth(row)),
        12 => Action::Scores(ScoresAction::ScoreRunning),
        13 => Action::Scores(ScoresAction::Jump(Landmark::Surprising, by)),
        14 => Action::Guess(
            [GuessAction::Add(row), GuessAction::Reveal, GuessAction::Next][row].clone(),
        ),
        _ => Action::Sampler(sampler_action(b, text)),
    }
}

/// Something with the sampler's further steps.
fn sampler_action(b: u32, text: String) -> SamplerAction {
    match b % 8 {
        0 | 1 => SamplerAction::EditToken(text),
        2 => SamplerAction::Ban,
        3 => SamplerAction::AddBias,
        4 => SamplerAction::Remove(0),
        5 => SamplerAction::SetAllowed(AllowedKind::List),
        6 => SamplerAction::EditAllowed(text),
        _ => SamplerAction::SwitchOff,
    }
}
