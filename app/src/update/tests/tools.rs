//! The tools beneath the text: words, scores, branches and comparisons.

use protocol::{
    Candidate, Command, Divergence, Event, GrownNode, Growth, SamplerSettings,
    ScoredToken, TextComparison, TokenScore, Word, WordForm, Words,
};

use super::TestPage;
use super::test_page::{distribution, token_of};
use crate::action::Action;
use crate::effect::{Effect, Focus};
use crate::state::{
    BranchesAction, CameTo, ComparisonAction, Heat, Knob, Landmark, ScoresAction, Tool,
    WordsAction, stretches_of,
};

fn with_tool(prompt: &str, tool: Tool) -> TestPage {
    let mut page = TestPage::started(prompt);
    page.act(Action::ToggleTool(tool));
    page
}

fn candidate(id: u8) -> Candidate {
    let listed = distribution(&[1], SamplerSettings::default(), 1, &[]).candidates;
    Candidate { token: token_of(id), ..listed[0].clone() }
}

fn word(text: u32, form: WordForm, tokens: &[u8]) -> Word {
    let tokens: Vec<Candidate> = tokens.iter().map(|id| candidate(*id)).collect();
    Word { text, form, length: tokens.len() as u32, tokens, log_probability: -2.0 }
}

fn ask_word(page: &mut TestPage, query: &str) {
    page.act(Action::Words(WordsAction::Edit(query.into())));
}

/// Answers the open question for words with two forms of each text.
fn answer_words(page: &mut TestPage) -> Vec<String> {
    let at = page.sent.iter().position(|r| matches!(r.command, Command::LookUp { .. }));
    let request = page.sent.remove(at.expect("words were asked for"));
    let Command::LookUp { texts, .. } = request.command else { unreachable!() };
    let words = (0..).zip(&texts).flat_map(|(index, text)| {
        let bytes = text.as_bytes();
        [
            word(index, WordForm::AsTyped, bytes),
            word(index, WordForm::WithSpace, &[b" ", bytes].concat()),
        ]
    });
    let words = Words { words: words.collect(), timings: Default::default() };
    page.reply(request.id, Event::LookedUp(words));
    texts
}

#[test]
fn the_slash_opens_the_words_and_goes_to_their_box() {
    let mut page = TestPage::started("hi");
    page.act(Action::Words(WordsAction::Open));
    assert_eq!(page.state.open_tool(), Some(Tool::Words));
    assert!(page.wanted.contains(&Effect::Focus(Focus::Words)));
    assert!(page.sent.is_empty(), "nothing was typed");
}

#[test]
fn a_word_is_looked_up_as_it_is_typed_and_appended_with_all_its_tokens() {
    let mut page = with_tool("hi", Tool::Words);
    ask_word(&mut page, "d");
    assert!(matches!(
        page.commands()[..],
        [Command::LookUp { ids, texts, .. }] if ids == &[104, 105] && texts == &["d"]
    ));
    // Typing on replaces the question.
    ask_word(&mut page, "do");
    assert!(page.commands().iter().any(|c| matches!(c, Command::Cancel { .. })));
    page.sent.retain(
        |r| matches!(&r.command, Command::LookUp { texts, .. } if texts == &["do"]),
    );
    assert_eq!(answer_words(&mut page), ["do"]);
    assert!(page.sent.is_empty(), "asked once");
    page.act(Action::Words(WordsAction::Append(1)));
    assert_eq!(page.ids(), [104, 105, 32, 100, 111]);
    page.act(Action::Undo);
    assert_eq!(page.ids(), [104, 105, 32, 100]);
}

#[test]
fn watched_words_follow_every_step_and_a_stopped_question_is_not_asked_again() {
    let mut page = with_tool("hi", Tool::Words);
    ask_word(&mut page, "a");
    page.act(Action::Words(WordsAction::Watch));
    assert_eq!(page.state.words.query, "");
    page.sent.retain(|r| matches!(r.command, Command::LookUp { .. }));
    page.sent.truncate(1);
    answer_words(&mut page);
    page.act(Action::Pick(0));
    // The text is read first, then the words are looked up after it.
    assert!(matches!(page.commands()[..], [Command::NextToken { .. }]));
    page.answer_next();
    let asked = |page: &TestPage| {
        let looks_up = |c: &&Command| matches!(c, Command::LookUp { .. });
        page.commands().into_iter().filter(looks_up).count()
    };
    assert_eq!(asked(&page), 1);
    page.act(Action::Stop);
    page.sent.clear();
    page.act(Action::Words(WordsAction::Edit(String::new())));
    assert_eq!(asked(&page), 0, "it was stopped");
    page.act(Action::Words(WordsAction::Unwatch(0)));
    assert!(page.state.words.watched.is_empty());
}

#[test]
fn a_knob_asks_again_only_after_the_answer() {
    let mut page = with_tool("hi", Tool::Words);
    ask_word(&mut page, "a");
    page.act(Action::TurnKnob(Knob::Temperature, 0.3));
    page.act(Action::TurnKnob(Knob::Temperature, 0.4));
    let looks_up = |r: &&protocol::Request| matches!(r.command, Command::LookUp { .. });
    assert_eq!(page.sent.iter().filter(looks_up).count(), 1);
    answer_words(&mut page);
    page.answer_next();
    assert_eq!(page.sent.iter().filter(looks_up).count(), 1);
}

#[test]
fn a_pasted_text_is_tokenised_and_scored_and_its_worst_token_is_looked_at() {
    let mut page = with_tool("hi", Tool::Score);
    page.act(Action::Scores(ScoresAction::ScoreTyped));
    assert!(page.sent.is_empty(), "there is nothing to score");
    page.act(Action::Scores(ScoresAction::Edit("abcd".into())));
    page.act(Action::Scores(ScoresAction::ScoreTyped));
    page.answer_next();
    let Some(Command::Score { ids }) = page.commands().first().copied() else { panic!() };
    assert_eq!(ids, &[97, 98, 99, 100]);
    let request = page.sent.remove(0);
    let scored = |id: u8, bits: f32| ScoredToken {
        token: token_of(id),
        score: Some(TokenScore {
            probability: (-bits).exp2(),
            rank: 9,
            surprisal_bits: bits,
            entropy_bits: bits / 2.0,
            best_probability: 0.4,
            margin: 0.3,
            exact: true,
        }),
        expected: Some(token_of(b'x')),
    };
    let first = ScoredToken { token: token_of(b'a'), score: None, expected: None };
    let tokens = vec![first, scored(b'b', 2.0), scored(b'c', 9.0), scored(b'd', 6.0)];
    page.reply(request.id, Event::Scored { tokens, timings: Default::default() });
    assert_eq!(page.state.scores.selected, 2);
    let jump = |page: &mut TestPage, by| {
        page.act(Action::Scores(ScoresAction::Jump(Landmark::Surprising, by)));
        page.state.scores.selected
    };
    assert_eq!((jump(&mut page, 1), jump(&mut page, 1), jump(&mut page, -1)), (3, 2, 3));
    page.act(Action::Scores(ScoresAction::SetHeat(Heat::Rank)));
    page.act(Action::Scores(ScoresAction::Select(99)));
    assert_eq!(page.state.scores.selected, 3, "there is no such token");
    // The running text stays as it is.
    assert_eq!(page.ids(), [104, 105]);
}

fn grown(node: u32, parent: u32, id: u8) -> GrownNode {
    let score = TokenScore {
        probability: 0.5,
        rank: 1,
        surprisal_bits: 1.0,
        entropy_bits: 1.0,
        best_probability: 0.5,
        margin: 0.1,
        exact: true,
    };
    let (token, log_probability, ends) = (token_of(id), -0.7, false);
    GrownNode { node, parent, token, score, log_probability, ends }
}

#[test]
fn what_grows_is_added_to_the_tree_and_can_be_gone_to() {
    let mut page = with_tool("hi", Tool::Branches);
    page.act(Action::Branches(BranchesAction::Grow));
    assert!(
        matches!(page.commands()[..], [Command::Grow { ids, .. }] if ids == &[104, 105])
    );
    let request = page.sent.remove(0);
    let nodes = vec![grown(1, 0, b'a'), grown(2, 0, b'b'), grown(3, 1, b'c')];
    page.reply(request.id, Event::Nodes { nodes });
    assert_eq!(page.ids(), [104, 105], "the text stays where it is");
    let end = Growth { ends: vec![3, 2], nodes: 3, ..Default::default() };
    page.reply(request.id, Event::Grown(end));
    assert_eq!(page.state.branches.came_to, CameTo::Grown { nodes: 3, limited: false });
    let (stretches, _) = stretches_of(&page.state.explorer.tree);
    assert_eq!(stretches.len(), 3);
    page.act(Action::Branches(BranchesAction::GoTo(1)));
    assert_eq!(page.ids(), [104, 105, 97, 99]);
    page.act(Action::Branches(BranchesAction::StepFork(1)));
    assert_eq!(page.ids(), [104, 105, 98]);
    // Back at the same fork, and there again.
    page.act(Action::Branches(BranchesAction::StepFork(-1)));
    assert_eq!(page.ids(), [104, 105, 97, 99]);
    page.act(Action::Branches(BranchesAction::StepFork(1)));
    assert_eq!(page.ids(), [104, 105, 98]);
    page.act(Action::Undo);
    assert_eq!(page.ids(), [104, 105, 97, 99]);
}

#[test]
fn growth_is_stopped_and_keeps_what_came() {
    let mut page = with_tool("hi", Tool::Branches);
    page.act(Action::Branches(BranchesAction::Grow));
    let request = page.sent.remove(0);
    page.reply(request.id, Event::Nodes { nodes: vec![grown(1, 0, b'a')] });
    page.act(Action::Branches(BranchesAction::Stop));
    assert!(matches!(page.commands()[..], [Command::Cancel { .. }]));
    assert_eq!(stretches_of(&page.state.explorer.tree).0.len(), 2);
}

/// Answers the open comparison.
fn answer_comparison(page: &mut TestPage) -> (Vec<u32>, Vec<u32>, [f32; 2]) {
    let at = page.sent.iter().position(|r| matches!(r.command, Command::Compare { .. }));
    let request = page.sent.remove(at.expect("texts were compared"));
    let Command::Compare { first, second, .. } = request.command else { unreachable!() };
    let apart = Divergence {
        first_from_second: Some(0.1),
        second_from_first: None,
        jensen_shannon: 0.05,
    };
    let pair =
        |id| protocol::ComparedCandidate { first: candidate(id), second: candidate(id) };
    let comparison = TextComparison {
        positions: [first.ids.len() as u32, second.ids.len() as u32],
        vocab_size: 256,
        exact: true,
        candidates: vec![pair(b'a'), pair(b'b')],
        entropy_bits: [1.0, 2.0],
        p: apart,
        q: apart,
        timings: Default::default(),
    };
    page.reply(request.id, Event::Compared(Box::new(comparison)));
    let temperatures = [first.settings.temperature, second.settings.temperature];
    (first.ids, second.ids, temperatures)
}

#[test]
fn another_prompt_is_compared_and_a_token_is_appended_to_both() {
    let mut page = with_tool("hi", Tool::Compare);
    assert!(page.sent.is_empty(), "nothing was asked for");
    page.act(Action::Compare(ComparisonAction::Edit("yo!".into())));
    page.act(Action::Compare(ComparisonAction::Compare));
    page.answer_next();
    let (first, second, _) = answer_comparison(&mut page);
    assert_eq!((first, second), (vec![104, 105], vec![121, 111, 33]));
    page.act(Action::Compare(ComparisonAction::AppendBoth(1)));
    assert_eq!(page.ids(), [104, 105, 98]);
    page.answer_next();
    let (first, second, _) = answer_comparison(&mut page);
    assert_eq!((first, second), (vec![104, 105, 98], vec![121, 111, 33, 98]));
}

#[test]
fn the_same_text_is_compared_at_another_temperature() {
    let mut page = with_tool("hi", Tool::Compare);
    page.act(Action::Compare(ComparisonAction::SetTemperature(Some(1.5))));
    page.act(Action::Compare(ComparisonAction::Compare));
    let (first, second, temperatures) = answer_comparison(&mut page);
    assert_eq!(first, second);
    assert_eq!(temperatures[1], 1.5);
    page.act(Action::Compare(ComparisonAction::SetTemperature(Some(9.0))));
    let (.., temperatures) = answer_comparison(&mut page);
    assert_eq!(temperatures[1], 2.0, "it stays in its range");
    assert!(page.sent.is_empty());
}
