//! How smoothly the page follows a hand on a knob.

use std::collections::HashMap;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::json;
use thirtyfour::WebDriver;

use crate::Page;

/// What was measured while a knob was turned once a frame.
#[derive(Clone, Debug)]
pub struct Frames {
    /// The times between frames in milliseconds, sorted.
    pub times: Vec<f64>,
    /// For how long the page's thread was busy in all, in milliseconds.
    pub busy: f64,
    /// Of these, in scripts.
    pub script: f64,
    /// Of these, with styles and layout.
    pub layout: f64,
}

impl Frames {
    /// A quantile of the times between frames, such as 0.5 for the median.
    pub fn quantile(&self, share: f64) -> f64 {
        let last = self.times.len().saturating_sub(1);
        let index = (share * last as f64).round() as usize;
        self.times.get(index).copied().unwrap_or_default()
    }

    /// Everything, for people.
    pub fn summary(&self) -> String {
        let count = self.times.len().max(1) as f64;
        format!(
            "{:.1} ms from frame to frame (median), {:.1} ms (95 %), {:.1} ms (longest); of each \
             frame {:.2} ms busy: {:.2} ms script, {:.2} ms style and layout",
            self.quantile(0.5),
            self.quantile(0.95),
            self.quantile(1.0),
            self.busy_per_frame(),
            self.script / count,
            self.layout / count,
        )
    }

    /// For how long the page's thread was busy for each frame, in milliseconds: the part of a
    /// frame that is the page's own, whatever else the machine does.
    pub fn busy_per_frame(&self) -> f64 {
        self.busy / self.times.len().max(1) as f64
    }
}

/// Turns a knob to and fro, a step for each frame.
const TURN: &str = "const [selector, count, done] = arguments;
    const knob = document.querySelector(selector);
    const [least, most] = [Number(knob.min), Number(knob.max)];
    const times = [];
    let last;
    const step = (now) => {
        if (last !== undefined) times.push(now - last);
        last = now;
        if (times.length === count) return done(times);
        const at = Math.abs((times.length / 40) % 2 - 1);
        knob.value = least + (most - least) * at;
        knob.dispatchEvent(new InputEvent('input', { bubbles: true }));
        requestAnimationFrame(step);
    };
    requestAnimationFrame(step);";

/// Scrolls an element from one end to the other, a step for each frame.
const SCROLL: &str = "const [selector, count, done] = arguments;
    const element = document.querySelector(selector);
    const times = [];
    let last;
    const step = (now) => {
        if (last !== undefined) times.push(now - last);
        last = now;
        if (times.length === count) return done(times);
        const most = element.scrollHeight - element.clientHeight;
        element.scrollTop = most * (times.length / count);
        requestAnimationFrame(step);
    };
    requestAnimationFrame(step);";

#[derive(Deserialize)]
struct Metrics {
    metrics: Vec<Metric>,
}

#[derive(Deserialize)]
struct Metric {
    name: String,
    value: f64,
}

impl Page<'_> {
    /// Turns a knob once a frame, for so many frames.
    ///
    /// # Errors
    /// If the browser is gone.
    pub async fn turn_every_frame(&self, knob: &str, frames: u32) -> Result<Frames> {
        self.measure(TURN, knob, frames).await
    }

    /// Scrolls an element through, for so many frames.
    ///
    /// # Errors
    /// If the browser is gone.
    pub async fn scroll_every_frame(
        &self,
        selector: &str,
        frames: u32,
    ) -> Result<Frames> {
        self.measure(SCROLL, selector, frames).await
    }

    async fn measure(&self, script: &str, selector: &str, frames: u32) -> Result<Frames> {
        self.browser.cdp("Performance.enable", json!({})).await?;
        let before = self.metrics().await?;
        let times =
            self.browser.execute_async(script, vec![selector.into(), frames.into()]);
        let mut times: Vec<f64> = serde_json::from_value(times.await?.json().clone())?;
        let after = self.metrics().await?;
        times.sort_by(f64::total_cmp);
        let spent = |name: &str| {
            let of = |metrics: &HashMap<String, f64>| metrics.get(name).copied();
            (of(&after).unwrap_or_default() - of(&before).unwrap_or_default()) * 1000.0
        };
        Ok(Frames {
            times,
            busy: spent("TaskDuration"),
            script: spent("ScriptDuration"),
            layout: spent("LayoutDuration") + spent("RecalcStyleDuration"),
        })
    }

    async fn metrics(&self) -> Result<HashMap<String, f64>> {
        let driver: &WebDriver = self.browser;
        let cdp = driver.cdp();
        let metrics = cdp.send_raw("Performance.getMetrics", json!({}));
        let metrics: Metrics =
            serde_json::from_value(metrics.await?).context("the browser's counters")?;
        Ok(metrics.metrics.into_iter().map(|m| (m.name, m.value)).collect())
    }
}
