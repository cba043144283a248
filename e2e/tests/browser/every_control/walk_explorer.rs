//! The prompt, the text, the distribution and the sampler.

use anyhow::Result;

use super::hand::{Hand, Walker, count, on, shown, told};

const TOKENS: &str = "#strip [data-token-index]";

pub(super) async fn walk(it: &Walker<'_>) -> Result<()> {
    let tokens = async || it.page.ids().await.map(|ids| ids.len());
    it.types("#prompt", "Once upon a time, there was a little").await?;
    let ten = format!("{} === 10", count("#distribution .row[data-p]"));
    it.press("#start", &ten).await?;
    let more = async |by: i64| {
        let before = tokens().await? as i64;
        Ok::<_, anyhow::Error>(format!("{} === {}", count(TOKENS), before + by))
    };
    it.press("#distribution [data-rank='2']", &more(1).await?).await?;
    for (button, by) in
        [("#greedy", 1), ("#sample", 1), ("#undo", -1), ("#redo", 1), ("#undo", -1)]
    {
        it.press(button, &more(by).await?).await?;
    }
    it.chooses("#pace", "2").await?;
    // It has begun, and what would come next has its time.
    let plays = shown("#stop");
    let begin = match it.hand {
        Hand::Mouse => it.page.click("#play").await,
        Hand::Finger => it.page.tap("#play").await,
        Hand::Keys => {
            it.page.value("document.querySelector('#play').focus()").await.map(drop)
        }
    };
    begin?;
    if it.hand == Hand::Keys {
        it.page.keys(thirtyfour::Key::Enter).await?;
    }
    it.page.until(&plays).await?;
    it.press("#stop", &shown("#play")).await?;
    it.press("#strip [data-token-index='3']", &shown("#return")).await?;
    it.press("#return", &format!("!({})", shown("#return"))).await?;
    it.switch_on(&["#monospace", "#special-tokens"]).await?;
    it.press("#special-tokens", &format!("!({})", on("#special-tokens"))).await?;
    it.press("#copy", &told("#short-notice")).await?;
    let open = "document.querySelector('#examples').matches(':popover-open')";
    it.press("#examples-open", open).await?;
    it.press("#examples li:nth-child(2) button", &format!("!{open}")).await?;
    it.press("#reset", &format!("{} === 0", count(TOKENS))).await?;
    it.press("#start", &ten).await?;
    sampler(it).await
}

async fn sampler(it: &Walker<'_>) -> Result<()> {
    if it.hand == Hand::Finger {
        it.press("#sheet-size", &on("#sheet-size")).await?;
    }
    it.switch_on(&["#scale-relative", "#scale-log", "#scale-linear"]).await?;
    for knob in ["#top-k", "#temperature", "#top-p", "#min-p"] {
        it.turns(knob).await?;
    }
    it.types("#sampler-top-k", "20").await?;
    it.types("#seed", "7").await?;
    it.press("#reroll", "document.querySelector('#seed').value !== '7'").await?;
    let steps = "document.querySelector('#sampler-more').open";
    it.press("#sampler-more summary", steps).await?;
    it.chooses("#sampler-order", "last").await?;
    for knob in ["#typical-p", "#repetition", "#presence", "#frequency"] {
        it.turns(knob).await?;
    }
    it.types("#penalty-window", "9").await?;
    let named = |n: u32| format!("{} === {n}", count("#named-tokens li:not([hidden])"));
    it.types("#named-token", "girl").await?;
    it.press("#ban-token", &named(1)).await?;
    it.types("#named-token", "boy").await?;
    it.types("#named-bias", "3").await?;
    it.press("#bias-token", &named(2)).await?;
    it.press("#named-tokens li button", &named(1)).await?;
    it.chooses("#allowed-kind", "list").await?;
    it.types("#allowed-text", " boy").await?;
    let off =
        "document.querySelector('#sampler-more-heading').textContent === 'More steps'";
    it.press("#sampler-off", off).await?;
    it.press("#sampler-more summary", &format!("!{steps}")).await?;
    if it.hand == Hand::Finger {
        it.press("#sheet-size", &format!("!({})", on("#sheet-size"))).await?;
    }
    Ok(())
}
