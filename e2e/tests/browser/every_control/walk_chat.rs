//! The chat.

use anyhow::Result;

use super::hand::{Walker, on, shown, told};

pub(super) async fn walk(it: &Walker<'_>) -> Result<()> {
    it.press("#tab-chat", &on("#tab-chat")).await?;
    it.press("#chat-settings summary", &shown("#chat-temperature")).await?;
    it.turns("#chat-temperature").await?;
    it.turns("#max-new-tokens").await?;
    it.types("#chat-begun", "Once").await?;
    it.press("#chat-settings summary", "!document.querySelector('#chat-settings').open")
        .await?;
    it.types("#chat-input", "Tell me a story.").await?;
    it.press("#chat-send", &told(".reply-text")).await?;
    it.press("#show-tokens", &shown(".reply .tok")).await?;
    let title = "document.querySelector('#panel-title').textContent";
    it.press(
        ".reply [data-token-index='1']",
        &format!("{title}.startsWith('Reply token 2')"),
    )
    .await?;
    let step = |which: &str| {
        format!(
            "document.querySelector('.variants .step').textContent === '{which} of 2'"
        )
    };
    it.press("#distribution [data-rank='2']", &step("2")).await?;
    it.press("[data-action='chat-variant-earlier']", &step("1")).await?;
    it.press("[data-action='chat-variant-later']", &step("2")).await?;
    it.press(".answered .copy-message", &told("#short-notice")).await?;
    it.press(".answered .edit-message", &shown(".edit-box")).await?;
    let cancel = "[data-action='chat-cancel-edit']";
    it.press(cancel, &format!("!({})", shown(".edit-box"))).await?;
    let three = "document.querySelector('.variants .step').textContent.endsWith('of 3')";
    it.press(".answered .regenerate", three).await?;
    it.press(".sees summary", "document.querySelector('.sees').open").await?;
    it.press(".asked .edit-message", &shown(".edit-box")).await?;
    it.types(".edit-box", "Tell me of a cat.").await?;
    it.press(".take-edit", &shown(".versions .step")).await?;
    it.press(".answered .open", &on("#tab-explorer")).await?;
    it.press("#tab-chat", &on("#tab-chat")).await?;
    it.press("#chat-clear", &shown("#chat-bring-back")).await?;
    it.press("#chat-bring-back", &shown(".exchange")).await
}
