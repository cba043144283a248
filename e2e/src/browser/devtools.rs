//! What only Chromium's own protocol can do. In another browser it fails by saying so.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::{Browser, Kind};

impl Browser {
    /// Sends a command of the Chrome DevTools protocol.
    ///
    /// # Errors
    /// If the browser refuses it, or is not Chromium.
    pub async fn cdp(&self, method: &str, parameters: Value) -> Result<()> {
        self.asked(method, parameters).await.map(drop)
    }

    /// As [`cdp`](Self::cdp), with the answer.
    async fn asked(&self, method: &str, parameters: Value) -> Result<Value> {
        let is_chromium = matches!(self.kind, Kind::Chromium);
        ensure!(is_chromium, "only Chromium can do this: {method}");
        Ok(self.driver.cdp().send_raw(method, parameters).await?)
    }

    /// What screen readers are told of the page: roles and names, in order.
    ///
    /// # Errors
    /// If the browser is gone.
    pub async fn accessibility_tree(&self) -> Result<Vec<(String, String)>> {
        let tree = self.asked("Accessibility.getFullAXTree", json!({})).await?;
        let nodes = tree["nodes"].as_array().cloned().unwrap_or_default();
        let told = nodes.iter().filter(|node| node["ignored"] != true);
        let text = |value: &Value| value["value"].as_str().unwrap_or_default().to_owned();
        Ok(told.map(|node| (text(&node["role"]), text(&node["name"]))).collect())
    }

    /// What keeps the page from being installed as an app, as Chromium sees it.
    ///
    /// # Errors
    /// If the browser is gone.
    pub async fn installability_errors(&self) -> Result<Vec<String>> {
        let found = self.asked("Page.getInstallabilityErrors", json!({})).await?;
        let errors = found["installabilityErrors"].as_array().cloned();
        Ok(errors.unwrap_or_default().iter().map(Value::to_string).collect())
    }
}
