//! Every control of the page, one after the other, by mouse, by keyboard and by finger.

mod hand;
mod walk_chat;
mod walk_explorer;
mod walk_menus;
mod walk_tools;

use anyhow::{Result, ensure};
use e2e::Page;

use crate::inside_pictures::KEEP_FILES;
use crate::looks::begin;
use hand::{Hand, Walker};

async fn walk(hand: Hand) -> Result<()> {
    let (site, browser) = begin().await?;
    match hand {
        Hand::Finger => {
            browser.resize(360, 740).await?;
            browser.touch_screen().await?;
        }
        Hand::Mouse | Hand::Keys => browser.resize(1280, 800).await?,
    }
    let page = Page::open(&browser, &site.url("")).await?;
    browser.script(KEEP_FILES, vec![]).await?;
    let walker = Walker { page: &page, hand };
    walk_explorer::walk(&walker).await?;
    walk_tools::walk(&walker).await?;
    walk_menus::walk(&walker).await?;
    walk_chat::walk(&walker).await?;
    ensure!(!page.is_too_wide().await?, "it scrolls sideways");
    browser.quit().await
}

#[tokio::test]
async fn every_control_answers_the_mouse() -> Result<()> {
    walk(Hand::Mouse).await
}

#[tokio::test]
async fn every_control_answers_the_keyboard() -> Result<()> {
    walk(Hand::Keys).await
}

#[tokio::test]
async fn every_control_answers_a_finger() -> Result<()> {
    walk(Hand::Finger).await
}
