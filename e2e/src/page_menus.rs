//! The menus of the page, and its chat.

use anyhow::Result;
use thirtyfour::Key;

use crate::Page;

impl Page<'_> {
    /// Opens the menu of the model.
    ///
    /// # Errors
    /// If there is none.
    pub async fn open_menu(&self) -> Result<()> {
        let open = "document.querySelector('#model-menu').matches(':popover-open')";
        match self.value(open).await? == true {
            true => Ok(()),
            false => self.click("#model-chip").await,
        }
    }

    /// Opens the picker of models.
    ///
    /// # Errors
    /// If there is none.
    pub async fn open_models(&self) -> Result<()> {
        self.open_menu().await?;
        self.click("#models-open").await
    }

    /// Sends a message in the chat, and waits for the end of the reply.
    ///
    /// # Errors
    /// If it is not sent.
    pub async fn say(&self, text: &str) -> Result<()> {
        self.fill("#chat-input", text).await?;
        self.keys(Key::Enter).await?;
        self.until("document.querySelector('#chat-input').value === ''").await?;
        self.settled().await
    }
}
