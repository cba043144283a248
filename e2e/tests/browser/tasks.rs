//! The twelve tasks of `docs/tasks.md`, each from the page alone and in at most five actions: a
//! click, a key, or typing into one field.

use anyhow::{Result, ensure};
use e2e::{Browser, Headers, Page, Site};
use thirtyfour::prelude::*;

/// Someone who counts what they do.
struct Newcomer<'a> {
    page: Page<'a>,
    actions: u32,
}

impl<'a> Newcomer<'a> {
    /// On a page whose running text stands already.
    async fn with_text(
        browser: &'a Browser,
        site: &Site,
        text: &str,
    ) -> Result<Newcomer<'a>> {
        browser.resize(1280, 800).await?;
        let page = Page::open(browser, &site.url("")).await?;
        page.start(text).await?;
        Ok(Newcomer { page, actions: 0 })
    }

    async fn click(&mut self, selector: &str) -> Result<()> {
        self.actions += 1;
        self.page.click(selector).await?;
        self.page.settled().await
    }

    /// Clicks a field and types: one action, as a person counts.
    async fn types(&mut self, selector: &str, text: &str) -> Result<()> {
        self.actions += 1;
        self.page.fill(selector, text).await?;
        self.page.settled().await
    }

    async fn presses(&mut self, key: impl Into<TypingData> + Send) -> Result<()> {
        self.actions += 1;
        self.page.keys(key).await?;
        self.page.settled().await
    }

    /// Chooses from a list.
    async fn chooses(&mut self, list: &str, option: &str) -> Result<()> {
        self.click(&format!("{list} option[value='{option}']")).await
    }

    /// Reads something, which must come to be there.
    async fn reads(&self, selector: &str, what: &str) -> Result<String> {
        let has = format!(
            "document.querySelector('{selector}')?.textContent.includes({})",
            serde_json::to_string(what)?
        );
        self.page.until(&has).await?;
        self.page.text(selector).await
    }

    fn is_done(&self, task: &str) -> Result<()> {
        println!("{task}: {} actions", self.actions);
        ensure!(self.actions <= 5, "{task} took {} actions", self.actions);
        Ok(())
    }
}

const STORY: &str = "Once upon a time, there was a little";

async fn site() -> Site {
    Site::start("/", Headers::Isolating, &[]).await
}

#[tokio::test]
async fn what_follows_and_how_surely() -> Result<()> {
    let (site, browser) = (site().await, Browser::start().await?);
    let mut person = Newcomer::with_text(&browser, &site, STORY).await?;
    person.types("#prompt", "The dog was very").await?;
    person.click("#start").await?;
    let first = person.page.rows().await?;
    ensure!(first[0].p > first[1].p);
    ensure!(!person.page.text("#openness").await?.is_empty());
    person.is_done("1: what follows, how surely")?;
    browser.quit().await
}

#[tokio::test]
async fn how_likely_another_word_would_have_been() -> Result<()> {
    let (site, browser) = (site().await, Browser::start().await?);
    let mut person = Newcomer::with_text(&browser, &site, STORY).await?;
    person.click("#tool-open-words").await?;
    person.types("#words-query", "horse").await?;
    person.page.until("document.querySelectorAll('#words-rows tr').length >= 2").await?;
    person.reads("#words-rows", "with a space").await?;
    person.is_done("2: how likely another word")?;
    browser.quit().await
}

#[tokio::test]
async fn which_of_four_answers_it_prefers() -> Result<()> {
    let (site, browser) = (site().await, Browser::start().await?);
    let mut person = Newcomer::with_text(&browser, &site, STORY).await?;
    person.click("#tool-open-words").await?;
    for answer in ["girl", "boy", "dog", "cat"] {
        // Typing a word and Enter: one entry of a list.
        person.page.fill("#words-query", answer).await?;
        person.presses(Key::Enter).await?;
    }
    let rows = "document.querySelectorAll('#words-rows tr[data-watched]').length";
    person.page.until(&format!("{rows} === 8")).await?;
    let shares = "[...document.querySelectorAll('#words-rows .share')].every(s => s.textContent.includes('%'))";
    person.page.until(shares).await?;
    person.is_done("3: which of four answers")?;
    browser.quit().await
}

#[tokio::test]
async fn where_a_paragraph_surprised_it_most() -> Result<()> {
    let (site, browser) = (site().await, Browser::start().await?);
    let mut person = Newcomer::with_text(&browser, &site, STORY).await?;
    let text = "Once upon a time, there was a little girl. She ate a philosophical hat.";
    person.click("#tool-open-score").await?;
    person.types("#scores-text", text).await?;
    person.click("#score-typed").await?;
    let said = person.reads("#scores-token", "expected").await?;
    ensure!(said.contains("bits"), "{said}");
    person.click("#jump-surprising").await?;
    person.is_done("4: where it was surprised")?;
    browser.quit().await
}

#[tokio::test]
async fn why_it_said_that() -> Result<()> {
    let (site, browser) = (site().await, Browser::start().await?);
    let mut person = Newcomer::with_text(&browser, &site, STORY).await?;
    person.click("#strip [data-token-index='6']").await?;
    person.click("#tool-open-inside").await?;
    person.click("#inside-view-occlusion").await?;
    person.click("#inside-occlude").await?;
    person
        .page
        .until("!document.querySelector('#inside-table').closest('[hidden]')")
        .await?;
    person.is_done("5: why it said that")?;
    browser.quit().await
}

#[tokio::test]
async fn at_which_layer_it_knew() -> Result<()> {
    let (site, browser) = (site().await, Browser::start().await?);
    let mut person = Newcomer::with_text(&browser, &site, STORY).await?;
    person.click("#tool-open-inside").await?;
    person.page.until("document.querySelectorAll('#inside-table tr').length > 3").await?;
    person.is_done("6: at which layer it knew")?;
    browser.quit().await
}

#[tokio::test]
async fn what_else_the_story_could_have_become() -> Result<()> {
    let (site, browser) = (site().await, Browser::start().await?);
    let mut person = Newcomer::with_text(&browser, &site, STORY).await?;
    let before = person.page.ids().await?;
    person.click("#tool-open-branches").await?;
    person.click("#grow").await?;
    person.page.until("document.querySelectorAll('#branch-rows li').length > 4").await?;
    person.click("#branch-rows li:nth-child(4) button").await?;
    ensure!(person.page.ids().await?.starts_with(&before));
    person.is_done("7: what else it could have become")?;
    browser.quit().await
}

#[tokio::test]
async fn what_another_word_in_the_prompt_changes() -> Result<()> {
    let (site, browser) = (site().await, Browser::start().await?);
    let mut person = Newcomer::with_text(&browser, &site, STORY).await?;
    person.click("#tool-open-compare").await?;
    person.types("#compared-text", "Once upon a time, there was a big").await?;
    person.click("#compare").await?;
    let said = person.reads("#divergence-p", "KL").await?;
    ensure!(said.contains("JS"), "{said}");
    person.is_done("8: what another word changes")?;
    browser.quit().await
}

#[tokio::test]
async fn how_often_it_would_take_the_second_token() -> Result<()> {
    let (site, browser) = (site().await, Browser::start().await?);
    let mut person = Newcomer::with_text(&browser, &site, STORY).await?;
    person.click("#tool-open-draws").await?;
    person.page.until("document.querySelectorAll('#draws-rows tr').length > 2").await?;
    person
        .page
        .until("document.querySelectorAll('#sweep-top-p-rows tr').length > 2")
        .await?;
    person.is_done("9: how often the second token")?;
    browser.quit().await
}

#[tokio::test]
async fn only_yes_and_no_are_allowed() -> Result<()> {
    let (site, browser) = (site().await, Browser::start().await?);
    let mut person = Newcomer::with_text(&browser, &site, STORY).await?;
    person.click("#sampler-more summary").await?;
    person.chooses("#allowed-kind", "list").await?;
    person.types("#allowed-text", " girl").await?;
    person
        .page
        .until(
            "[...document.querySelectorAll('#distribution [data-rank]')]
        .filter((row) => !row.hasAttribute('data-cut')).length === 1",
        )
        .await?;
    person.is_done("10: only some texts")?;
    browser.quit().await
}

#[tokio::test]
async fn a_reply_goes_another_way_from_its_third_word() -> Result<()> {
    let (site, browser) = (site().await, Browser::start().await?);
    let mut person = Newcomer::with_text(&browser, &site, STORY).await?;
    person.page.click("#tab-chat").await?;
    person.page.say("Tell me a story about a cat.").await?;
    person.click("#show-tokens").await?;
    person.click("#chat-log .reply [data-token-index='2']").await?;
    person.click("#distribution [data-rank='2']").await?;
    person.reads(".variants .step", "2 of 2").await?;
    person.is_done("11: a reply goes another way")?;
    browser.quit().await
}

#[tokio::test]
async fn whether_the_numbers_can_be_trusted() -> Result<()> {
    let (site, browser) = (site().await, Browser::start().await?);
    let mut person = Newcomer::with_text(&browser, &site, STORY).await?;
    person.click("#tool-open-verify").await?;
    person.click("#verify").await?;
    person.page.until("document.querySelector('#verified').textContent !== ''").await?;
    person.is_done("12: can they be trusted")?;
    browser.quit().await
}
