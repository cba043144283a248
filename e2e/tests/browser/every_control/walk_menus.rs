//! The model's menu, the picker of models and the help.

use anyhow::Result;

use super::hand::{Walker, count, shown};

pub(super) async fn walk(it: &Walker<'_>) -> Result<()> {
    it.press("#model-chip", &shown("#models-open")).await?;
    it.press("#models-open", &format!("{} > 5", count("#offered .offer"))).await?;
    it.types("#model-filter", "base").await?;
    it.types("#model-filter", "demo").await?;
    it.chooses("#model-precision", "q4").await?;
    it.chooses("#model-precision", "q8").await?;
    it.types("#model-typed", "not a name").await?;
    it.press("#model-choose", &shown("#model-typed-error")).await?;
    it.press("#model-list-files", &shown("#model-typed-error")).await?;
    it.press(".model-access summary", &shown("#model-hub")).await?;
    it.types("#model-token", "hf_test").await?;
    it.press("#model-keep-token", "document.querySelector('#model-keep-token').checked")
        .await?;
    let closed = |dialog: &str| format!("!document.querySelector('{dialog}').open");
    it.press("[data-action='close-models']", &closed("#models")).await?;
    it.press("#help-open", &shown("#keys")).await?;
    it.press("#keys", "!document.querySelector('#keys').checked").await?;
    it.press("#keys", "document.querySelector('#keys').checked").await?;
    it.press("[data-action='close-help']", &closed("#help")).await
}
