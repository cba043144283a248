//! The tokens that the tool which looks into the model follows and compares with.

use protocol::{Inspection, TokenId};

use super::TestPage;
use super::inside::{model, opened, question};
use crate::action::Action;
use crate::state::{InsideAction, InsideView};

#[test]
fn the_token_to_compare_with_is_chosen_and_stays() {
    let mut page = opened(InsideView::Attribution);
    let Some((_, Inspection::Attribution { tokens })) = question(&page) else {
        panic!("{:?}", page.commands())
    };
    let shown = model(&page);
    assert!(shown.rivals.iter().all(|(id, _)| *id != tokens[0]));
    let other = shown.rivals.iter().find(|(id, _)| *id != tokens[1]).unwrap().0;
    page.sent.clear();
    page.act(Action::Inside(InsideAction::AddRival(Some(other))));
    let Some((_, Inspection::Attribution { tokens: now })) = question(&page) else {
        panic!("{:?}", page.commands())
    };
    assert_eq!(now, [tokens[0], other]);
    let chosen = |page: &TestPage| {
        let chosen = model(page).chosen.into_iter();
        chosen.map(|(id, _)| id).collect::<Vec<_>>()
    };
    assert_eq!(chosen(&page), [other]);
    page.act(Action::Inside(InsideAction::Show(InsideView::Lens)));
    assert_eq!(chosen(&page), [other]);
    page.act(Action::Inside(InsideAction::AddRival(None)));
    assert!(chosen(&page).is_empty());
}

#[test]
fn the_lens_follows_several_tokens_until_they_are_let_go() {
    let mut page = opened(InsideView::Lens);
    let Some((_, Inspection::Lens { follow, .. })) = question(&page) else {
        panic!("{:?}", page.commands())
    };
    let others: Vec<TokenId> = model(&page).rivals.iter().map(|(id, _)| *id).collect();
    let followed = |page: &mut TestPage, action| {
        page.sent.clear();
        page.act(Action::Inside(action));
        match question(page) {
            Some((_, Inspection::Lens { follow, .. })) => follow,
            other => panic!("{other:?}"),
        }
    };
    let (first, second) = (others[1], others[2]);
    let target = follow[0];
    let one = followed(&mut page, InsideAction::AddRival(Some(first)));
    assert_eq!(one, [target, first]);
    let two = followed(&mut page, InsideAction::AddRival(Some(second)));
    assert_eq!(two, [target, second, first]);
    let again = followed(&mut page, InsideAction::DropRival(second));
    assert_eq!(again, [target, first]);
    let none = followed(&mut page, InsideAction::AddRival(None));
    assert_eq!(none, follow);
}
