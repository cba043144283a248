//! Someone who uses the page with one kind of input.

use anyhow::{Context, Result, ensure};
use e2e::Page;
use thirtyfour::prelude::*;

/// The kind of input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hand {
    Mouse,
    Keys,
    Finger,
}

/// Someone on a page.
pub(super) struct Walker<'a> {
    pub(super) page: &'a Page<'a>,
    pub(super) hand: Hand,
}

/// A condition: an element is shown.
pub(super) fn shown(selector: &str) -> String {
    format!("document.querySelector({selector:?})?.checkVisibility()")
}

/// A condition: a button is pressed in, or a menu is open.
pub(super) fn on(selector: &str) -> String {
    format!(
        "['ariaPressed', 'ariaExpanded', 'ariaSelected'].some((on) =>
            document.querySelector({selector:?})[on] === 'true')"
    )
}

/// A condition: an element has a text that is not empty.
pub(super) fn told(selector: &str) -> String {
    format!("document.querySelector({selector:?})?.textContent.trim()")
}

/// How many elements there are.
pub(super) fn count(selector: &str) -> String {
    format!("document.querySelectorAll({selector:?}).length")
}

impl Walker<'_> {
    /// Presses a control, after which a condition comes true.
    pub(super) async fn press(&self, selector: &str, then: &str) -> Result<()> {
        let pressed = match self.hand {
            Hand::Mouse => self.page.click(selector).await,
            Hand::Finger => self.page.tap(selector).await,
            Hand::Keys => self.press_key(selector).await,
        };
        pressed.with_context(|| format!("{selector} by {:?}", self.hand))?;
        let came = self.page.until(then).await;
        came.with_context(|| format!("{selector} by {:?}", self.hand))?;
        self.page.settled().await
    }

    /// Presses one control after the other, each of which is on afterwards.
    pub(super) async fn switch_on(&self, selectors: &[&str]) -> Result<()> {
        for selector in selectors {
            self.press(selector, &on(selector)).await?;
        }
        Ok(())
    }

    async fn press_key(&self, selector: &str) -> Result<()> {
        self.focus(selector).await?;
        let ticks = format!("document.querySelector({selector:?}).type === 'checkbox'");
        match self.page.value(&ticks).await? == true {
            true => self.page.keys(" ").await,
            false => self.page.keys(Key::Enter).await,
        }
    }

    /// Moves the focus to what Tab reaches, or the arrow keys do within its group.
    async fn focus(&self, selector: &str) -> Result<()> {
        let groups =
            "[data-roving], [role=tablist], #strip, #distribution, .reply, .scored-strip";
        let focus = format!(
            "(() => {{ const element = document.querySelector({selector:?});
                if (!element) return 'it is not there';
                element.scrollIntoView({{ block: 'nearest' }});
                element.focus();
                if (document.activeElement !== element) return 'it does not take the focus';
                return element.tabIndex >= 0 || element.closest({groups:?}) ? '' : 'no key reaches it';
            }})()"
        );
        let problem = self.page.value(&focus).await?;
        ensure!(problem == "", "{selector}: {problem}");
        Ok(())
    }

    /// Types a text into a field in place of what it has.
    pub(super) async fn types(&self, field: &str, text: &str) -> Result<()> {
        match self.hand {
            Hand::Mouse => self.page.click(field).await?,
            Hand::Finger => self.page.tap(field).await?,
            Hand::Keys => self.focus(field).await?,
        }
        self.page.keys(Key::Control + "a").await?;
        self.page.keys(text).await?;
        let has = format!("document.querySelector({field:?}).value === {text:?}");
        self.page.until(&has).await.with_context(|| field.to_owned())?;
        self.page.settled().await
    }

    /// Chooses from a list. What opens at a finger is the system's own list.
    pub(super) async fn chooses(&self, list: &str, value: &str) -> Result<()> {
        let is = format!("document.querySelector({list:?}).value === {value:?}");
        match self.hand {
            Hand::Mouse | Hand::Finger => {
                self.page.click(&format!("{list} option[value='{value}']")).await?;
            }
            Hand::Keys => {
                self.focus(list).await?;
                let at = |which: &str| format!("document.querySelector({list:?}){which}");
                let option =
                    at(&format!(".querySelector(\"option[value='{value}']\").index"));
                let (from, to) = (at(".selectedIndex"), option);
                let by = self.page.value(&format!("{to} - {from}")).await?;
                let by = by.as_i64().context("an option has an index")?;
                for _ in 0..by.abs() {
                    self.page.keys(if by > 0 { Key::Down } else { Key::Up }).await?;
                }
            }
        }
        self.page
            .until(&is)
            .await
            .with_context(|| format!("{list} by {:?}", self.hand))?;
        self.page.settled().await
    }

    /// Turns a knob to another value.
    pub(super) async fn turns(&self, knob: &str) -> Result<()> {
        let value = format!("Number(document.querySelector({knob:?}).value)");
        let before = self.page.value(&value).await?;
        match self.hand {
            Hand::Keys => {
                self.focus(knob).await?;
                let is_most =
                    format!("{value} === Number(document.querySelector({knob:?}).max)");
                let is_most = self.page.value(&is_most).await? == true;
                self.page.keys(if is_most { Key::Left } else { Key::Right }).await?;
            }
            Hand::Finger => {
                let (x, y) = self.page.center(knob).await?;
                self.page.finger(&[(x, y), (x + 6.0, y), (x + 18.0, y)]).await?;
            }
            Hand::Mouse => {
                let field = self.page.browser.find(By::Css(knob)).await?;
                field.scroll_into_view().await?;
                let chain = self.page.browser.action_chain();
                chain
                    .move_to_element_with_offset(&field, 14, 0)
                    .click()
                    .perform()
                    .await?;
            }
        }
        self.page
            .until(&format!("{value} !== {before}"))
            .await
            .with_context(|| format!("{knob} by {:?}", self.hand))?;
        self.page.settled().await
    }
}
