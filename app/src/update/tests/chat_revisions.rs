//! What a person does with a conversation beside sending messages: other replies, edits, the
//! system message, begun replies. Nothing that was written is lost.

use protocol::{Command, Event, FinishReason, Message, Role};

use super::TestPage;
use super::test_page::{finished, generated, token_of};
use crate::action::Action;
use crate::chat_action::ChatAction;
use crate::effect::{Effect, Focus};
use crate::state::{ChatToken, Draft, Editing, Knob, Part, State, Tab};
use crate::update::update;

fn act(page: &mut TestPage, action: ChatAction) {
    page.act(Action::Chat(action));
}

/// Answers the chat's request with a text, the end, and a prompt.
fn write(page: &mut TestPage, text: &str, reason: FinishReason) {
    let id = page.sent.remove(0).id;
    page.reply(id, Event::Prompt { tokens: vec![token_of(b'p')] });
    text.bytes().for_each(|byte| page.reply(id, generated(byte)));
    page.reply(id, finished(reason));
    page.sent.clear();
}

fn say(page: &mut TestPage, text: &str, answer: &str) {
    act(page, ChatAction::EditInput(text.into()));
    act(page, ChatAction::Send);
    write(page, answer, FinishReason::EndOfText);
}

/// A chat of two turns.
fn two_turns() -> TestPage {
    let mut page = TestPage::ready();
    page.act(Action::ShowTab(Tab::Chat));
    say(&mut page, "one", "eins");
    say(&mut page, "two", "zwei");
    page
}

/// The conversation that is shown.
fn shown(page: &TestPage) -> Vec<(String, String)> {
    let exchanges = page.state.chat.exchanges.iter();
    exchanges.map(|e| (e.question.clone(), e.reply().answer())).collect()
}

fn turns(turns: &[(&str, &str)]) -> Vec<(String, String)> {
    turns.iter().map(|(q, a)| (q.to_string(), a.to_string())).collect()
}

/// The messages of the newest command, with whether the last is continued.
fn sent(page: &TestPage) -> (Vec<(Role, String)>, bool) {
    let [Command::Chat { messages, continue_final_message, .. }] = page.commands()[..]
    else {
        panic!("{:?}", page.sent);
    };
    let said = |message: &Message| (message.role, message.content.clone());
    (messages.iter().map(said).collect(), *continue_final_message)
}

fn edit(page: &mut TestPage, index: usize, part: Part, text: &str) {
    act(page, ChatAction::Edit(index, part));
    act(page, ChatAction::EditText(text.into()));
}

#[test]
fn another_reply_is_drawn_with_another_seed_and_the_first_one_stays() {
    let mut page = two_turns();
    page.act(Action::TurnKnob(Knob::Seed, 7.0));
    act(&mut page, ChatAction::Regenerate(1));
    let [Command::Chat { settings, .. }] = page.commands()[..] else { panic!() };
    assert_eq!(settings.seed, 8);
    write(&mut page, "dos", FinishReason::EndOfText);
    assert_eq!(shown(&page), turns(&[("one", "eins"), ("two", "dos")]));
    act(&mut page, ChatAction::StepVariant(1, -1));
    assert_eq!(shown(&page)[1].1, "zwei");
}

#[test]
fn another_reply_to_an_earlier_message_keeps_what_followed_the_old_one() {
    let mut page = two_turns();
    act(&mut page, ChatAction::Regenerate(0));
    assert_eq!(sent(&page).0, [(Role::User, "one".into())]);
    write(&mut page, "uno", FinishReason::EndOfText);
    assert_eq!(shown(&page), turns(&[("one", "uno")]));
    act(&mut page, ChatAction::StepVariant(0, -1));
    assert_eq!(shown(&page), turns(&[("one", "eins"), ("two", "zwei")]));
    act(&mut page, ChatAction::StepVariant(0, 1));
    assert_eq!(shown(&page), turns(&[("one", "uno")]));
}

#[test]
fn an_edited_message_begins_another_conversation_and_the_old_one_stays_reachable() {
    let mut page = two_turns();
    edit(&mut page, 0, Part::Question, "ONE");
    act(&mut page, ChatAction::TakeEdit);
    assert_eq!(sent(&page).0, [(Role::User, "ONE".into())]);
    write(&mut page, "I", FinishReason::EndOfText);
    assert_eq!(page.state.chat.exchanges[0].versions(), (2, 1));
    assert_eq!(shown(&page), turns(&[("ONE", "I")]));
    act(&mut page, ChatAction::StepVersion(0, -1));
    assert_eq!(shown(&page), turns(&[("one", "eins"), ("two", "zwei")]));
    edit(&mut page, 1, Part::Question, "TWO");
    act(&mut page, ChatAction::TakeEdit);
    write(&mut page, "II", FinishReason::EndOfText);
    act(&mut page, ChatAction::StepVersion(0, 1));
    act(&mut page, ChatAction::StepVersion(0, -1));
    assert_eq!(shown(&page), turns(&[("one", "eins"), ("TWO", "II")]));
    act(&mut page, ChatAction::StepVersion(1, -1));
    assert_eq!(shown(&page)[1].1, "zwei");
}

#[test]
fn an_edit_that_is_stopped_before_its_reply_is_open_again_in_the_old_conversation() {
    let mut page = two_turns();
    edit(&mut page, 0, Part::Question, "ONE");
    act(&mut page, ChatAction::TakeEdit);
    act(&mut page, ChatAction::Stop);
    assert_eq!(shown(&page), turns(&[("one", "eins"), ("two", "zwei")]));
    let exchange = page.state.chat.exchanges[0].key;
    let editing = Editing { exchange, part: Part::Question, text: "ONE".into() };
    assert_eq!(page.state.chat.editing, Some(editing));
    assert!(page.state.chat.input.is_empty());
}

#[test]
fn an_edited_reply_is_what_the_conversation_goes_on_from() {
    let mut page = two_turns();
    edit(&mut page, 1, Part::Reply, "deux");
    act(&mut page, ChatAction::TakeEdit);
    assert!(page.sent.is_empty(), "nothing is written for it");
    assert_eq!(shown(&page)[1].1, "deux");
    act(&mut page, ChatAction::EditInput("three".into()));
    act(&mut page, ChatAction::Send);
    let (messages, begun) = sent(&page);
    assert_eq!(messages[3], (Role::Assistant, "deux".into()));
    assert!(!begun);
}

#[test]
fn the_model_continues_an_edited_reply() {
    let mut page = two_turns();
    edit(&mut page, 0, Part::Reply, "ei");
    act(&mut page, ChatAction::ContinueEdit);
    let (messages, begun) = sent(&page);
    assert!(begun);
    assert_eq!(messages, [(Role::User, "one".into()), (Role::Assistant, "ei".into())]);
    write(&mut page, "ner", FinishReason::EndOfText);
    assert_eq!(shown(&page), turns(&[("one", "einer")]));
    act(&mut page, ChatAction::StepVariant(0, -1));
    assert_eq!(shown(&page).len(), 2);
}

#[test]
fn an_edit_without_text_is_not_taken_and_escape_leaves_the_message_as_it_was() {
    let mut page = two_turns();
    edit(&mut page, 0, Part::Question, "  ");
    act(&mut page, ChatAction::TakeEdit);
    assert!(page.sent.is_empty() && page.state.error.is_some());
    assert!(page.state.chat.edited().is_some());
    let effects = update(&mut page.state, Action::Escape);
    assert_eq!(effects, [Effect::Focus(Focus::ChatMessage(0, Part::Question))]);
    assert_eq!(page.state.chat.editing, None);
    assert_eq!(shown(&page).len(), 2);
}

#[test]
fn a_system_message_is_sent_first_where_the_model_takes_one() {
    let mut page = TestPage::ready();
    act(&mut page, ChatAction::EditSystem("Be brief.".into()));
    act(&mut page, ChatAction::EditInput("hello".into()));
    act(&mut page, ChatAction::Send);
    let expected = [(Role::System, "Be brief.".into()), (Role::User, "hello".into())];
    assert_eq!(sent(&page).0, expected);
    write(&mut page, "ok", FinishReason::EndOfText);
    if let Some(model) = &mut page.state.engine.model {
        model.system_message = false;
    }
    act(&mut page, ChatAction::Regenerate(0));
    assert_eq!(sent(&page).0, [(Role::User, "hello".into())]);
}

#[test]
fn a_begun_reply_is_continued_and_is_part_of_the_reply() {
    let mut page = TestPage::ready();
    act(&mut page, ChatAction::EditBeginning("Sure, ".into()));
    act(&mut page, ChatAction::EditInput("hello".into()));
    act(&mut page, ChatAction::Send);
    let expected = [(Role::User, "hello".into()), (Role::Assistant, "Sure, ".into())];
    assert_eq!(sent(&page), (expected.into(), true));
    assert!(page.state.chat.begun.is_empty(), "it is for one reply");
    write(&mut page, "ok", FinishReason::EndOfText);
    assert_eq!(shown(&page), turns(&[("hello", "Sure, ok")]));
    // Another reply begins with it, too.
    act(&mut page, ChatAction::Regenerate(0));
    assert!(sent(&page).1);
    act(&mut page, ChatAction::Stop);
    assert_eq!(shown(&page), turns(&[("hello", "Sure, ok")]));
    assert_eq!(page.state.chat.begun, "Sure, ", "nothing typed is lost");
}

#[test]
fn a_reply_that_was_cut_goes_on_from_its_end() {
    let mut page = TestPage::ready();
    page.act(Action::ShowTab(Tab::Chat));
    act(&mut page, ChatAction::EditInput("hello".into()));
    act(&mut page, ChatAction::Send);
    write(&mut page, "ok", FinishReason::MaxTokens);
    act(&mut page, ChatAction::Continue);
    let [Command::Generate { ids, .. }] = page.commands()[..] else { panic!() };
    assert_eq!(ids, &[b'p', b'o', b'k'].map(u32::from));
    let id = page.sent.remove(0).id;
    page.reply(id, generated(b'!'));
    page.reply(id, finished(FinishReason::EndOfText));
    assert_eq!(shown(&page), turns(&[("hello", "ok!")]));
    assert_eq!(page.state.chat.exchanges[0].variants(), (1, 0));
    act(&mut page, ChatAction::Continue);
    assert!(page.sent.is_empty(), "the model has ended it");
}

#[test]
fn a_reload_keeps_all_versions_and_variants_and_what_is_being_edited() {
    let mut page = two_turns();
    act(&mut page, ChatAction::EditSystem("Be brief.".into()));
    act(&mut page, ChatAction::ShowTokens(true));
    act(&mut page, ChatAction::Regenerate(1));
    write(&mut page, "dos", FinishReason::EndOfText);
    edit(&mut page, 0, Part::Question, "ONE");
    act(&mut page, ChatAction::TakeEdit);
    write(&mut page, "I", FinishReason::EndOfText);
    edit(&mut page, 0, Part::Reply, "i");
    let text = serde_json::to_string(&Draft::of(&page.state)).unwrap();
    let mut state = State::default();
    serde_json::from_str::<Draft>(&text).unwrap().restore(&mut state);
    let mut page = TestPage::opened(state);
    page.load();
    page.answer();
    assert_eq!(shown(&page), turns(&[("ONE", "I")]));
    let (at, editing) = page.state.chat.edited().unwrap();
    assert_eq!((at, editing.text.as_str()), (0, "i"));
    assert_eq!(page.state.chat.system, "Be brief.");
    assert!(page.state.chat.shows_tokens);
    act(&mut page, ChatAction::StepVersion(0, -1));
    assert_eq!(shown(&page), turns(&[("one", "eins"), ("two", "dos")]));
    act(&mut page, ChatAction::StepVariant(1, -1));
    assert_eq!(shown(&page)[1].1, "zwei");
    let ids = page.state.chat.exchanges[1].reply().ids(usize::MAX);
    assert_eq!(ids, [b'p', b'z', b'w', b'e', b'i'].map(u32::from));
}

#[test]
fn a_reload_in_the_middle_of_another_reply_shows_the_one_before() {
    let mut page = two_turns();
    act(&mut page, ChatAction::Regenerate(0));
    let mut state = State::default();
    Draft::of(&page.state).restore(&mut state);
    let page = TestPage::opened(state);
    assert_eq!(shown(&page), turns(&[("one", "eins"), ("two", "zwei")]));
    assert_eq!(page.state.chat.exchanges[0].variants(), (1, 0));
}

#[test]
fn more_rows_of_a_reply_are_asked_for_when_its_distribution_is_in_view() {
    let mut page = two_turns();
    act(&mut page, ChatAction::LookAt(ChatToken { exchange: 0, token: 1 }));
    assert!(page.sent.is_empty(), "its distribution is at hand");
    page.act(Action::TurnKnob(Knob::Rows, 20.0));
    let [Command::NextToken { ids, candidates: 20, .. }] = page.commands()[..] else {
        panic!("{:?}", page.sent);
    };
    assert_eq!(ids, &[b'p', b'e'].map(u32::from));
}

#[test]
fn each_token_of_a_reply_has_its_surprisal() {
    let page = two_turns();
    let tokens = &page.state.chat.exchanges[0].reply().tokens;
    // Its probability is one eighth.
    assert!(tokens.iter().all(|token| token.surprisal_bits() == Some(3.0)));
}
