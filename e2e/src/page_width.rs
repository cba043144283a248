//! Whether a page fits its window.

use anyhow::Result;

use crate::Page;

impl Page<'_> {
    /// Whether the page is wider than its window, so that it is scrolled sideways. On a phone
    /// `innerWidth` grows with the page; what tells is the width that the page was given.
    ///
    /// # Errors
    /// If the page is gone.
    pub async fn is_too_wide(&self) -> Result<bool> {
        let root = "document.documentElement";
        let wider = format!("{root}.scrollWidth > {root}.clientWidth");
        Ok(self.value(&wider).await? == true)
    }
}
