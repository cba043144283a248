//! The page as a person uses it, by what it shows and by its controls.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use serde_json::Value;
use thirtyfour::error::WebDriverErrorInner;
use thirtyfour::prelude::*;

use crate::Browser;

/// How long anything on the page may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long the page may take to render a change.
const FRAMES: Duration = Duration::from_secs(2);

/// A condition: the page does not load again to become isolated.
const STAYS: &str =
    "['isolated', 'none'].includes(document.documentElement.dataset.isolation)";

/// The page in a browser.
pub struct Page<'a> {
    /// The browser that shows it.
    pub browser: &'a Browser,
}

impl<'a> Page<'a> {
    /// Opens the page and waits until the model is ready and nothing is under way.
    ///
    /// # Errors
    /// If that does not happen in time.
    pub async fn open(browser: &'a Browser, url: &str) -> Result<Page<'a>> {
        let page = Page::visit(browser, url).await?;
        page.settled().await?;
        Ok(page)
    }

    /// Opens the page and does not wait for the model.
    ///
    /// # Errors
    /// If the page does not stop loading again.
    pub async fn visit(browser: &'a Browser, url: &str) -> Result<Page<'a>> {
        browser.goto(url).await?;
        let page = Page { browser };
        page.stays().await?;
        Ok(page)
    }

    /// Waits until the page does not load again to become isolated.
    async fn stays(&self) -> Result<()> {
        let start = Instant::now();
        let script = format!("return {STAYS};");
        while start.elapsed() < PATIENCE {
            // Between two pages, the script fails.
            let said = self.browser.script(&script, vec![]).await;
            if said.is_ok_and(|said| said == Value::Bool(true)) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        bail!("the page still loads again")
    }

    /// Waits until a script in the page returns true.
    ///
    /// # Errors
    /// If it does not within two minutes.
    pub async fn until(&self, condition: &str) -> Result<()> {
        let start = Instant::now();
        let script = format!("return !!({condition});");
        while start.elapsed() < PATIENCE {
            if self.browser.script(&script, vec![]).await? == Value::Bool(true) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let error = self.text("#error").await.unwrap_or_default();
        bail!("{condition} did not come true; the page says {error:?}")
    }

    /// Clicks an element at the first change of the page after which a condition holds.
    ///
    /// The page itself watches, since the driver may be too slow to stop something in time.
    ///
    /// # Errors
    /// If the condition does not hold in time, or the element is not shown then.
    pub async fn click_once(&self, selector: &str, condition: &str) -> Result<()> {
        let watch = format!(
            "const [selector, done] = arguments;
            const look = () => {{
                if (!({condition})) return;
                observer.disconnect();
                const element = document.querySelector(selector);
                const shown = element !== null && element.offsetParent !== null;
                if (shown) element.click();
                done(shown);
            }};
            const observer = new MutationObserver(look);
            observer.observe(document, {{
                subtree: true, childList: true, characterData: true, attributes: true,
            }});
            look();"
        );
        let clicked = self.browser.execute_async(&watch, vec![selector.into()]).await?;
        if clicked.json() == &Value::Bool(true) {
            return Ok(());
        }
        bail!("{selector} was not shown when {condition} came true")
    }

    /// Waits until the model is ready and nothing is under way.
    ///
    /// # Errors
    /// If that does not happen in time.
    pub async fn settled(&self) -> Result<()> {
        // The next frame shows what was clicked or typed.
        let frame = "requestAnimationFrame(() => requestAnimationFrame(arguments[0]));";
        self.browser.execute_async(frame, vec![]).await?;
        self.until("document.documentElement.dataset.state === 'ready'").await
    }

    /// The value of an expression in the page.
    ///
    /// # Errors
    /// If it throws.
    pub async fn value(&self, expression: &str) -> Result<Value> {
        self.browser.script(&format!("return {expression};"), vec![]).await
    }

    /// The text that an element shows.
    ///
    /// # Errors
    /// If there is none.
    pub async fn text(&self, selector: &str) -> Result<String> {
        self.browser.text_of(&self.browser.find(By::Css(selector)).await?).await
    }

    /// Clicks an element.
    ///
    /// # Errors
    /// If there is none that can be clicked.
    pub async fn click(&self, selector: &str) -> Result<()> {
        self.clicked(selector).await.map(drop)
    }

    /// Clicks an element and returns it. The page renders a change in its next frame, so the
    /// element may not be there or clickable yet, or may be replaced by another one.
    async fn clicked(&self, selector: &str) -> Result<WebElement> {
        use WebDriverErrorInner::{
            ElementClickIntercepted, ElementNotInteractable, NoSuchElement,
            StaleElementReference,
        };
        let start = Instant::now();
        loop {
            let found = self.browser.find(By::Css(selector)).await;
            let clicked = match &found {
                Ok(element) => element.click().await,
                Err(_) => Ok(()),
            };
            match found.and_then(|element| clicked.map(|()| element)) {
                Err(error)
                    if matches!(
                        error.as_inner(),
                        ElementClickIntercepted(_)
                            | ElementNotInteractable(_)
                            | NoSuchElement(_)
                            | StaleElementReference(_)
                    ) && start.elapsed() < FRAMES =>
                {
                    self.browser.bring_into_view(selector).await?;
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                clicked => return Ok(clicked?),
            }
        }
    }

    /// Presses keys at the element with the focus. Modifier keys are held to the end.
    ///
    /// # Errors
    /// If the browser is gone.
    pub async fn keys(&self, keys: impl Into<TypingData> + Send) -> Result<()> {
        Ok(self.browser.active_element().await?.send_keys(keys.into()).await?)
    }

    /// Replaces the text of a field, as by typing.
    ///
    /// # Errors
    /// If there is none.
    pub async fn fill(&self, selector: &str, text: &str) -> Result<()> {
        let field = self.clicked(selector).await?;
        field.send_keys(Key::Control + "a").await?;
        field.send_keys(Key::Backspace).await?;
        // The driver types only characters of the basic plane, and slowly. Others are pasted.
        if text.chars().all(|c| u32::from(c) < 0x1_0000) && text.len() < 2_000 {
            // WebKit's driver refuses to type nothing.
            if !text.is_empty() {
                field.send_keys(text).await?;
            }
        } else {
            let paste = "const field = document.querySelector(arguments[0]);
                field.value = arguments[1];
                field.dispatchEvent(new InputEvent('input', { bubbles: true }));";
            self.browser.script(paste, vec![selector.into(), text.into()]).await?;
        }
        Ok(())
    }

    /// Sets a slider, a number field or a list, as by dragging or choosing.
    ///
    /// # Errors
    /// If there is none.
    pub async fn set(
        &self,
        selector: &str,
        value: impl Into<Value> + Send,
    ) -> Result<()> {
        let set = "const input = document.querySelector(arguments[0]);
            input.value = arguments[1];
            input.dispatchEvent(new InputEvent('input', { bubbles: true }));
            input.dispatchEvent(new Event('change', { bubbles: true }));";
        self.browser.script(set, vec![selector.into(), value.into()]).await?;
        Ok(())
    }

    /// Types a prompt and presses Start.
    ///
    /// # Errors
    /// If no distribution is shown in time.
    pub async fn start(&self, prompt: &str) -> Result<()> {
        self.fill("#prompt", prompt).await?;
        let step = self.step().await?;
        self.click("#start").await?;
        self.until(&format!("Number(document.documentElement.dataset.step) > {step}"))
            .await?;
        self.settled().await
    }

    /// How many distributions have been shown.
    ///
    /// # Errors
    /// If the browser is gone.
    pub async fn step(&self) -> Result<u64> {
        let step =
            self.value("Number(document.documentElement.dataset.step || 0)").await?;
        Ok(step.as_f64().unwrap_or_default() as u64)
    }

    /// How many tokens have gone through the model, by the last answer.
    ///
    /// # Errors
    /// If the browser is gone.
    pub async fn forward_tokens(&self) -> Result<u64> {
        let tokens =
            self.value("Number(document.documentElement.dataset.forwardTokens)").await?;
        Ok(tokens.as_f64().unwrap_or_default() as u64)
    }

    /// The ids of the text.
    ///
    /// # Errors
    /// If the browser is gone.
    pub async fn ids(&self) -> Result<Vec<u64>> {
        let ids = self
            .value("[...document.querySelectorAll('#strip [data-token-index]')].map((t) => Number(t.dataset.id))")
            .await?;
        Ok(serde_json::from_value(ids)?)
    }

    /// The rows that are shown: rank, id, p and q.
    ///
    /// # Errors
    /// If the browser is gone.
    pub async fn rows(&self) -> Result<Vec<Row>> {
        let rows = self
            .value(
                "[...document.querySelectorAll('#distribution [data-rank]')]
                .filter((row) => row.offsetParent !== null)
                .map(({ dataset: d }) =>
                    ({ rank: Number(d.rank), id: Number(d.id), p: Number(d.p), q: Number(d.q) }))",
            )
            .await?;
        Ok(serde_json::from_value(rows)?)
    }
}

/// A row of the distribution.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
pub struct Row {
    /// Its rank.
    pub rank: u32,
    /// Its token.
    pub id: u64,
    /// The model's probability.
    pub p: f64,
    /// The sampler's probability.
    pub q: f64,
}
