//! Fingers, as a touch screen has them.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use thirtyfour::common::command::{Actions, Command};
use tokio::time::sleep;

use crate::{Browser, Page};

/// How long the page may take to render a change.
const FRAMES: Duration = Duration::from_secs(2);

impl Browser {
    /// Makes the window a touch screen: the page sees a coarse pointer.
    ///
    /// # Errors
    /// If the browser is gone.
    pub async fn touch_screen(&self) -> Result<()> {
        let touch = json!({"enabled": true, "maxTouchPoints": 5});
        self.cdp("Emulation.setTouchEmulationEnabled", touch).await
    }
}

impl Page<'_> {
    /// Moves a finger over the screen, from the first of these places to the last, in CSS
    /// pixels. With one place, it is a tap.
    ///
    /// # Errors
    /// If the browser is gone.
    pub async fn finger(&self, places: &[(f64, f64)]) -> Result<()> {
        let moves = |(x, y): &(f64, f64), ms: u32| {
            let (x, y) = (x.round() as i64, y.round() as i64);
            json!({"type": "pointerMove", "duration": ms, "x": x, "y": y, "origin": "viewport"})
        };
        let (first, rest) = places.split_first().context("a finger is somewhere")?;
        let mut steps =
            vec![moves(first, 0), json!({"type": "pointerDown", "button": 0})];
        steps.extend(rest.iter().map(|place| moves(place, 60)));
        steps.push(json!({"type": "pointerUp", "button": 0}));
        let finger = json!({
            "type": "pointer", "id": "finger", "parameters": {"pointerType": "touch"},
            "actions": steps,
        });
        let actions = Actions::from(Value::Array(vec![finger]));
        self.browser.handle().cmd(Command::PerformActions(actions)).await?;
        Ok(())
    }

    /// Scrolls an element into view and taps it.
    ///
    /// # Errors
    /// If something else lies over it.
    pub async fn tap(&self, selector: &str) -> Result<()> {
        let (x, y) = self.center(selector).await?;
        self.finger(&[(x, y)]).await
    }

    /// The middle of an element, which is scrolled into view, in CSS pixels.
    ///
    /// # Errors
    /// If it is not shown, or something else lies over it.
    pub async fn center(&self, selector: &str) -> Result<(f64, f64)> {
        let find = "const [selector] = arguments;
            const element = document.querySelector(selector);
            if (!element) return `there is no ${selector}`;
            element.scrollIntoView({ block: 'nearest', inline: 'nearest', behavior: 'instant' });
            const box = element.getBoundingClientRect();
            const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
            const top = document.elementFromPoint(x, y);
            return element.contains(top) ? [x, y]
                : `${selector} is under ${top?.id || top?.className} at ${x}, ${y}`;";
        // The page renders a change in its next frame.
        // The page renders a change in its next frame, and what moves has to come to rest.
        let start = Instant::now();
        let mut before = None;
        loop {
            let place = self.browser.script(find, vec![selector.into()]).await?;
            let found = serde_json::from_value(place.clone()).ok();
            match found {
                Some(found) if before == Some(found) => return Ok(found),
                _ if start.elapsed() > FRAMES => bail!("{place}"),
                _ => before = found,
            }
            sleep(Duration::from_millis(40)).await;
        }
    }
}
