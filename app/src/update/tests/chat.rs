//! Conversations, and turns that fail.

use protocol::{Command, ErrorCode, Event, Failure, FinishReason, Role};

use super::TestPage;
use super::test_page::{finished, generated, token_of};
use crate::action::Action;
use crate::chat_action::ChatAction;
use crate::state::{ChatToken, Draft, State, Tab};
use crate::view::panel_model::PanelModel;

/// A chat in which a question has been sent.
fn asked(question: &str) -> (TestPage, protocol::RequestId) {
    let mut page = TestPage::ready();
    page.act(Action::ShowTab(Tab::Chat));
    page.act(Action::Chat(ChatAction::EditInput(question.into())));
    page.act(Action::Chat(ChatAction::Send));
    let id = page.sent.remove(0).id;
    (page, id)
}

/// A chat with one reply, `ok` and the end.
fn answered() -> TestPage {
    let (mut page, id) = asked("hello");
    page.reply(id, Event::Prompt { tokens: vec![token_of(b'p')] });
    for byte in [b'o', b'k', 0] {
        page.reply(id, generated(byte));
    }
    page.reply(id, finished(FinishReason::EndOfText));
    page
}

fn failure() -> Event {
    Event::Failed(Failure {
        code: ErrorCode::Internal,
        message: "It broke.".into(),
        hint: None,
    })
}

#[test]
fn a_reply_is_streamed_and_kept_for_the_next_turn_without_special_tokens() {
    let mut page = answered();
    page.act(Action::Chat(ChatAction::EditInput("and?".into())));
    page.act(Action::Chat(ChatAction::Send));
    let [Command::Chat { messages, .. }] = page.commands()[..] else {
        panic!("{:?}", page.sent);
    };
    let sent: Vec<_> =
        messages.iter().map(|message| (message.role, &message.content[..])).collect();
    assert_eq!(
        sent,
        [(Role::User, "hello"), (Role::Assistant, "ok"), (Role::User, "and?")]
    );
}

#[test]
fn the_chat_uses_its_own_temperature_and_the_shown_sampler() {
    use crate::state::Knob;
    let mut page = TestPage::ready();
    page.act(Action::TurnKnob(Knob::ChatTemperature, 1.1));
    page.act(Action::TurnKnob(Knob::TopP, 0.9));
    page.act(Action::Chat(ChatAction::EditInput("hello".into())));
    page.act(Action::Chat(ChatAction::Send));
    assert!(matches!(
        page.commands()[..],
        [Command::Chat { settings, max_new_tokens: 200, .. }]
            if settings.temperature == 1.1 && settings.top_p == 0.9
    ));
}

#[test]
fn a_failed_turn_leaves_the_history_and_its_text_returns_to_the_box() {
    let (mut page, id) = asked("hello");
    page.reply(id, failure());
    assert!(page.state.chat.exchanges.is_empty());
    assert_eq!(page.state.chat.input, "hello");
    assert_eq!(page.problem(), "It broke.");
}

#[test]
fn what_was_written_before_a_failure_stays() {
    let (mut page, id) = asked("hello");
    page.reply(id, generated(b'o'));
    page.reply(id, failure());
    assert_eq!(page.state.chat.exchanges[0].reply().answer(), "o");
    assert_eq!(page.problem(), "It broke.");
    assert!(page.state.chat.input.is_empty());
}

#[test]
fn text_that_was_typed_meanwhile_is_kept_beside_what_returns() {
    let (mut page, id) = asked("hello");
    page.act(Action::Chat(ChatAction::EditInput("more".into())));
    page.reply(id, failure());
    assert_eq!(page.state.chat.input, "hello\nmore");
}

#[test]
fn an_empty_message_is_not_sent() {
    let mut page = TestPage::ready();
    page.act(Action::Chat(ChatAction::EditInput("  ".into())));
    page.act(Action::Chat(ChatAction::Send));
    assert!(page.sent.is_empty());
    assert!(page.state.error.is_some());
}

#[test]
fn stop_keeps_what_has_come() {
    let (mut page, id) = asked("hello");
    page.reply(id, generated(b'o'));
    page.act(Action::Chat(ChatAction::Stop));
    page.reply(id, generated(b'k'));
    let reply = page.state.chat.exchanges[0].reply();
    assert_eq!(
        (reply.answer().as_str(), reply.finish),
        ("o", Some(FinishReason::Cancelled))
    );
}

#[test]
fn stop_before_the_first_token_takes_the_turn_back() {
    let (mut page, _) = asked("hello");
    page.act(Action::Chat(ChatAction::Stop));
    assert!(page.state.chat.exchanges.is_empty());
    assert_eq!(page.state.chat.input, "hello");
}

#[test]
fn clearing_in_the_middle_of_a_reply_draws_nothing_late() {
    let (mut page, id) = asked("hello");
    page.act(Action::Chat(ChatAction::Clear));
    page.reply(id, generated(b'o'));
    assert!(page.state.chat.exchanges.is_empty());
}

#[test]
fn another_token_in_the_newest_reply_makes_a_variant_that_goes_on_from_there() {
    let mut page = answered();
    page.act(Action::Chat(ChatAction::LookAt(ChatToken { exchange: 0, token: 1 })));
    page.act(Action::Pick(0));
    let [Command::Generate { ids, max_new_tokens, .. }] = page.commands()[..] else {
        panic!("{:?}", page.sent);
    };
    assert_eq!(ids, &[b'p', b'o', b'a'].map(u32::from));
    assert_eq!(*max_new_tokens, 198);
    let id = page.sent[0].id;
    page.reply(id, generated(b'y'));
    page.reply(id, finished(FinishReason::EndOfText));
    assert_eq!(page.state.chat.exchanges[0].reply().answer(), "oay");
    page.act(Action::Chat(ChatAction::StepVariant(0, -1)));
    assert_eq!(page.state.chat.exchanges[0].reply().answer(), "ok");
}

#[test]
fn a_variant_that_fails_stays_beside_the_reply_as_it_was() {
    let mut page = answered();
    page.act(Action::Chat(ChatAction::LookAt(ChatToken { exchange: 0, token: 1 })));
    page.act(Action::Pick(0));
    let id = page.sent[0].id;
    page.reply(id, failure());
    assert_eq!(page.state.chat.exchanges[0].reply().answer(), "oa");
    page.act(Action::Chat(ChatAction::StepVariant(0, -1)));
    assert_eq!(page.state.chat.exchanges[0].reply().answer(), "ok");
    assert_eq!(page.state.chat.exchanges.len(), 1);
}

#[test]
fn a_chat_that_was_cleared_comes_back_until_another_is_begun() {
    let mut page = answered();
    page.act(Action::Chat(ChatAction::Clear));
    assert!(page.state.chat.exchanges.is_empty());
    page.act(Action::Chat(ChatAction::BringBack));
    assert_eq!(page.state.chat.exchanges[0].reply().answer(), "ok");
    page.act(Action::Chat(ChatAction::Clear));
    page.act(Action::Chat(ChatAction::EditInput("another".into())));
    page.act(Action::Chat(ChatAction::Send));
    page.act(Action::Chat(ChatAction::BringBack));
    assert_eq!(page.state.chat.exchanges.len(), 1);
    assert_eq!(page.state.chat.exchanges[0].question, "another");
}

#[test]
fn the_explorer_takes_over_the_ids_that_the_model_saw_and_wrote() {
    let mut page = answered();
    page.act(Action::Chat(ChatAction::OpenInExplorer(0)));
    assert_eq!(page.state.tab, Tab::Explorer);
    assert_eq!(page.ids(), [b'p', b'o', b'k', 0].map(u32::from));
    assert!(matches!(
        page.commands()[..],
        [Command::NextToken { ids, .. }] if ids.len() == 4
    ));
    assert!(page.state.explorer.is_from_chat());
    page.act(Action::Undo);
    assert!(!page.state.explorer.is_from_chat(), "that is the prompt's text");
}

#[test]
fn a_reply_of_an_earlier_visit_is_computed_again_where_it_is_looked_at() {
    let before = answered();
    let draft = serde_json::to_string(&Draft::of(&before.state)).unwrap();
    let mut state = State::default();
    serde_json::from_str::<Draft>(&draft).unwrap().restore(&mut state);
    let mut page = TestPage::opened(state);
    page.load();
    page.answer();
    let reply = page.state.chat.exchanges[0].reply();
    assert_eq!((reply.answer().as_str(), reply.tokens.len()), ("ok", 3));
    assert_eq!(reply.finish, Some(FinishReason::EndOfText));
    page.act(Action::ShowTab(Tab::Chat));
    assert!(PanelModel::of(&page.state).empty.contains("earlier visit"));
    page.act(Action::Chat(ChatAction::LookAt(ChatToken { exchange: 0, token: 1 })));
    // First the page asks whether the ids are tokens of the model, then for the distribution.
    assert!(matches!(
        page.commands()[..],
        [Command::Score { ids }] if ids == &[b'p', b'o', b'k', 0].map(u32::from)
    ));
    assert!(PanelModel::of(&page.state).computing);
    page.answer_next();
    let [Command::NextToken { ids, watch, .. }] = page.commands()[..] else {
        panic!("{:?}", page.sent);
    };
    assert_eq!((&ids[..], &watch[..]), (&[112, 111][..], &[107][..]));
}

#[test]
fn a_reply_of_another_model_is_described_so_and_not_computed() {
    let before = answered();
    let mut state = State::default();
    let draft = Draft::of(&before.state);
    draft.restore(&mut state);
    let mut page = TestPage::opened(state);
    page.load();
    page.act(Action::ShowTab(Tab::Chat));
    page.act(Action::Chat(ChatAction::LookAt(ChatToken { exchange: 0, token: 0 })));
    let id = page.sent.remove(0).id;
    let tokens = [1, 2, 3, 4]
        .map(|id| protocol::ScoredToken {
            token: token_of(id),
            score: None,
            expected: None,
        })
        .into();
    page.reply(id, Event::Scored { tokens, timings: Default::default() });
    assert!(page.sent.is_empty());
    let reason = PanelModel::of(&page.state).empty;
    assert!(reason.contains("written by Toy"), "{reason}");
}
