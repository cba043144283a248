//! The tools beneath the text.

use anyhow::Result;

use super::hand::{Hand, Walker, count, on, shown, told};

pub(super) async fn walk(it: &Walker<'_>) -> Result<()> {
    words(it).await?;
    scores(it).await?;
    branches(it).await?;
    compare(it).await?;
    draws(it).await?;
    inside(it).await?;
    it.press("#tool-open-verify", &shown("#verify")).await?;
    it.press("#verify", &told("#verified")).await?;
    it.switch_on(&["#tool-size"]).await?;
    it.press("#tool-size", &format!("!({})", on("#tool-size"))).await?;
    it.press("#tool-open-verify", &format!("!({})", shown("#verify"))).await
}

/// The text has another number of tokens than now.
async fn other_length(it: &Walker<'_>) -> Result<String> {
    let length = count("#strip [data-token-index]");
    let now = it.page.value(&length).await?;
    Ok(format!("{length} !== {now}"))
}

async fn words(it: &Walker<'_>) -> Result<()> {
    it.press("#tool-open-words", &shown("#words-query")).await?;
    it.types("#words-query", "girl").await?;
    it.page.until(&shown("#words-rows .append")).await?;
    it.press("#words-watch", &shown("#words-rows [data-watched] .unwatch")).await?;
    let longer = other_length(it).await?;
    it.press("#words-rows .append", &longer).await?;
    let watched = count("#words-rows [data-watched]");
    let some = it.page.value(&watched).await?;
    it.press("#words-rows [data-watched] .unwatch", &format!("{watched} !== {some}"))
        .await
}

async fn scores(it: &Walker<'_>) -> Result<()> {
    it.press("#tool-open-score", &shown("#scores-text")).await?;
    let text = "Once upon a time, a volcano ate the big red ball. Then it slept.";
    it.types("#scores-text", text).await?;
    it.press("#score-typed", &shown("#scores-result")).await?;
    it.press("#score-running", &shown("#scores-result")).await?;
    it.press("#score-typed", &shown("#scores-result")).await?;
    it.switch_on(&["#heat-rank", "#heat-entropy", "#heat-ratio", "#heat-surprisal"])
        .await?;
    let at = "document.querySelector('#scores-at').value";
    for landmark in ["uncertain", "surprising", "fork"] {
        for way in ["jump", "jump-back"] {
            let button = format!("[data-action='{way}'][data-landmark='{landmark}']");
            it.press(&button, &told("#scores-token")).await?;
        }
    }
    it.turns("#scores-at").await?;
    // The arrow keys go along its tokens by the line above it.
    if it.hand != Hand::Keys {
        let token = "#scored-strip [data-token-index='2']";
        it.press(token, &format!("{at} === '2'")).await?;
    }
    let before = it.page.value(at).await?;
    it.press("#worst-rows tr:nth-child(3) button", &format!("{at} !== {before}")).await
}

async fn branches(it: &Walker<'_>) -> Result<()> {
    it.press("#tool-open-branches", &shown("#grow")).await?;
    it.chooses("#grow-mode", "beam").await?;
    for (field, value) in [
        ("#grow-depth", "3"),
        ("#grow-width", "2"),
        ("#grow-mass", "0.8"),
        ("#grow-least", "0.002"),
    ] {
        it.types(field, value).await?;
    }
    it.chooses("#grow-mode", "tree").await?;
    let rows = count("#branch-rows li");
    let before = it.page.value(&rows).await?;
    it.press("#grow", &format!("{rows} > {before}")).await?;
    it.press("#branch-rows li:last-child button", &shown("#fork")).await?;
    for way in ["fork-later", "fork-earlier"] {
        let said = it.page.text("#fork-way").await?;
        let other =
            format!("document.querySelector('#fork-way').textContent !== {said:?}");
        it.press(&format!("[data-action='{way}']"), &other).await?;
    }
    Ok(())
}

async fn compare(it: &Walker<'_>) -> Result<()> {
    it.press("#tool-open-compare", &shown("#compare")).await?;
    it.types("#compared-text", "Once upon a time, there was a big").await?;
    it.types("#other-temperature", "1.5").await?;
    it.types("#other-top-p", "0.9").await?;
    let result = shown("#comparison-result");
    it.press("#compare", &result).await?;
    let longer = other_length(it).await?;
    it.press("#comparison-rows li:first-child button", &longer).await?;
    it.chooses("#compared-with", "f32").await?;
    it.press("#compare", &format!("{} && {result}", shown("#close-side"))).await?;
    it.press("#close-side", &format!("!({})", shown("#close-side"))).await?;
    it.chooses("#compared-with", "model").await?;
    it.types("#compared-model", "demo").await?;
    it.chooses("#compared-with", "text").await
}

async fn draws(it: &Walker<'_>) -> Result<()> {
    it.press("#tool-open-draws", &told("#draws-summary")).await?;
    it.chooses("#draw-count", "100").await?;
    it.press("#draw-again", &told("#draws-summary")).await
}

async fn inside(it: &Walker<'_>) -> Result<()> {
    let rows = format!("{} > 0", count("#inside-table tbody tr"));
    it.press("#tool-open-inside", &rows).await?;
    it.switch_on(&["#inside-several"]).await?;
    it.press("#inside-several", &format!("!({})", on("#inside-several"))).await?;
    it.chooses("#inside-rival", "").await?;
    for format in ["csv", "json", "svg", "png"] {
        let kept =
            format!("Object.keys(saved).some((name) => name.endsWith('.{format}'))");
        it.press(&format!("#inside-{format}"), &kept).await?;
    }
    it.switch_on(&["#inside-view-attention", "#inside-first"]).await?;
    it.types("#inside-layer", "1").await?;
    it.types("#inside-head", "1").await?;
    it.switch_on(&["#inside-matrix"]).await?;
    it.press("#inside-matrix", &format!("!({})", on("#inside-matrix"))).await?;
    // A head is chosen by its cell, or by its number.
    it.types("#inside-layer", "0").await?;
    it.types("#inside-head", "0").await?;
    if it.hand != Hand::Keys {
        let layer = "document.querySelector('#inside-layer').value !== '0'";
        it.press("#inside-table tbody td[data-action]", layer).await?;
    }
    it.switch_on(&[
        "#inside-view-occlusion",
        "#inside-sentences",
        "#inside-tokens",
        "#inside-words",
    ])
    .await?;
    it.press("#inside-occlude", &rows).await?;
    it.switch_on(&["#inside-view-attribution", "#inside-view-lens"]).await?;
    it.press("#inside-begin-lesson", &shown("#inside-lesson")).await
}
