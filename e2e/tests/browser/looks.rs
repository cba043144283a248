//! How tests of a tool begin and end: a site and a browser, and a page in two looks, of which
//! pictures are taken.

use anyhow::{Result, ensure};
use e2e::{Browser, Headers, Page, Site};

/// The looks: a wide window in light colours, and a phone in dark ones.
pub(crate) const LOOKS: [Look; 2] = [
    Look { scheme: "light", width: 1280, height: 800 },
    Look { scheme: "dark", width: 360, height: 740 },
];

/// A size of the window with a set of colours.
pub(crate) struct Look {
    scheme: &'static str,
    width: u32,
    height: u32,
}

/// The built site, and a browser.
pub(crate) async fn begin() -> Result<(Site, Browser)> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    Ok((site, Browser::start().await?))
}

impl Look {
    /// The page in this look. What the person chose in a look before is remembered, no text is.
    pub(crate) async fn open<'a>(
        &self,
        browser: &'a Browser,
        site: &Site,
    ) -> Result<Page<'a>> {
        let forget = "if (location.protocol === 'http:') sessionStorage.clear();";
        browser.script(forget, vec![]).await?;
        // By the driver, which waits for it: WebKit's fails at a script that a page takes the place of.
        browser.goto("about:blank").await?;
        browser.prefer("prefers-color-scheme", self.scheme).await?;
        browser.resize(self.width, self.height).await?;
        Page::open(browser, &site.url("")).await
    }

    /// Takes a picture of a page, which must fit its width.
    pub(crate) async fn picture(&self, page: &Page<'_>, name: &str) -> Result<()> {
        let file = format!("{name}-{}-{}", self.scheme, self.width);
        page.browser.picture(&file).await?;
        ensure!(!page.is_too_wide().await?, "{file} scrolls sideways");
        Ok(())
    }
}
