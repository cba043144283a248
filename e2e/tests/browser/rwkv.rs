//! RWKV-7 in the page, with its list of tokens in the place of a `tokenizer.json`: at an
//! address, as it is stored, and without a network.

use std::fs;
use std::path::Path;

use anyhow::{Result, ensure};
use e2e::{Browser, Headers, Page, Row, Site};

/// The most probable token after `7`, and its probability by the paper's formulas in float64
/// (`inference/tests/fixtures/make_rwkv.py`).
const EXPECTED: (u64, f64) = (37, 0.145_834_8);

fn check(rows: &[Row]) -> Result<()> {
    let (id, p) = EXPECTED;
    ensure!(rows.len() == 10 && rows[0].id == id, "{rows:?}");
    ensure!((rows[0].p - p).abs() < 0.005, "{rows:?}");
    Ok(())
}

#[tokio::test]
async fn a_model_with_a_list_of_tokens_runs_and_is_kept() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let model = folder.path().join("m");
    fs::create_dir_all(&model)?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let fixture = root.join("inference/tests/fixtures/rwkv7");
    for name in ["config.json", "model.safetensors"] {
        fs::copy(fixture.join(name), model.join(name))?;
    }
    let list = root.join("text/tests/world/vocabulary.txt");
    fs::copy(list, model.join("rwkv_vocab_v20230424.txt"))?;
    let site = Site::start("/", Headers::Isolating, &[("f", folder.path())]).await;
    let browser = Browser::start().await?;
    let url = site.url("?model=./f/m/");
    let page = Page::open(&browser, &url).await?;
    page.start("7").await?;
    let first = page.rows().await?;
    check(&first)?;
    // Going on and back: the state of a text cannot be cut short.
    page.click("#greedy").await?;
    page.settled().await?;
    ensure!(page.rows().await? != first);
    page.start("7").await?;
    check(&page.rows().await?)?;
    // The next visit has it from storage.
    let sent = site.bodies_of("model.safetensors");
    let page = Page::open(&browser, &url).await?;
    page.start("7").await?;
    check(&page.rows().await?)?;
    ensure!(site.bodies_of("model.safetensors") == sent);
    browser.quit().await
}
