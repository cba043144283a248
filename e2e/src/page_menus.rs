//! The menus of the page.

use anyhow::Result;

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
}
