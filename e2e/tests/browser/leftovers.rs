//! A browser leaves nothing among the temporary files: a profile has 28 MB, a whole run two
//! hundred of them.

use std::fs;
use std::path::PathBuf;

use anyhow::{Result, ensure};
use e2e::{Browser, Headers, Site};

/// A browser with a page open, and its folder.
async fn with_page(site: &Site) -> Result<(Browser, PathBuf)> {
    let browser = Browser::start().await?;
    browser.goto(site.url("blank.html")).await?;
    let folder = browser.folder().to_owned();
    let is_used = fs::read_dir(&folder)?.next().is_some();
    ensure!(is_used, "the browser writes elsewhere than to {}", folder.display());
    Ok((browser, folder))
}

#[tokio::test]
async fn a_browser_that_was_ended_leaves_no_files() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let (browser, folder) = with_page(&site).await?;
    browser.quit().await?;
    ensure!(!folder.exists(), "{} is left", folder.display());
    Ok(())
}

#[tokio::test]
async fn the_browser_of_a_test_that_failed_leaves_no_files() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let (browser, folder) = with_page(&site).await?;
    drop(browser);
    ensure!(!folder.exists(), "{} is left", folder.display());
    Ok(())
}
