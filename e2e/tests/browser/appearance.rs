//! Every state of the page, in every size and set of colours, compared with how it looked when
//! someone last looked at it. `RENEW_PICTURES=1 cargo test -p e2e --test browser -- appearance`
//! writes the references anew; `target/screenshots/appearance` then has the pictures to look at.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use e2e::{Browser, Headers, Page, Site, Thumbnail};
use serde_json::json;

/// Sizes with their names.
const SIZES: [(u32, u32); 4] = [(360, 740), (768, 1024), (1280, 720), (1920, 1080)];
const TOOLS: [&str; 7] =
    ["words", "score", "branches", "compare", "draws", "inside", "verify"];

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("appearance").join(format!("{name}.txt"))
}

/// Thumbnails by the names of their states.
type Album = BTreeMap<String, Thumbnail>;

fn read(name: &str) -> Result<Album> {
    let text = fs::read_to_string(file(name))
        .with_context(|| format!("there is no reference {name}: renew the pictures"))?;
    let states = text.split("# ").skip(1).map(|state| {
        let mut lines = state.lines().map(str::to_owned);
        let name = lines.next().unwrap_or_default();
        (name, Thumbnail(lines.filter(|line| !line.is_empty()).collect()))
    });
    Ok(states.collect())
}

fn write(name: &str, album: &Album) -> Result<()> {
    let states = album
        .iter()
        .map(|(state, Thumbnail(lines))| format!("# {state}\n{}\n", lines.join("\n")));
    fs::create_dir_all(file(name).parent().context("it is in a folder")?)?;
    Ok(fs::write(file(name), states.collect::<String>())?)
}

/// Takes pictures of one size in one set of colours.
struct Photographer<'a> {
    browser: &'a Browser,
    page: Page<'a>,
    name: String,
    album: Album,
}

impl Photographer<'_> {
    async fn take(&mut self, state: &str) -> Result<()> {
        self.page.settled().await?;
        // Nothing has the focus or the pointer, and nothing moves.
        let still = "document.activeElement?.matches('dialog *, .popover *') || document.activeElement?.blur(),
            document.getAnimations().filter((a) => a.playState === 'running'
                && a.effect.getTiming().iterations !== Infinity).length === 0";
        self.page.until(still).await?;
        let thumbnail = Thumbnail::of(self.browser).await?;
        self.album.insert(state.to_owned(), thumbnail);
        let folder = e2e::screenshots().join("appearance");
        fs::create_dir_all(folder)?;
        self.browser.picture(&format!("appearance/{}-{state}", self.name)).await
    }

    /// Clicks by script: what is pressed need not be in view.
    async fn press(&self, selector: &str) -> Result<()> {
        self.page.value(&format!("document.querySelector({selector:?}).click()")).await?;
        self.page.settled().await
    }
}

/// Goes through all states.
async fn album(browser: &Browser, site: &Site, name: String) -> Result<Album> {
    let page = Page::open(browser, &site.url("")).await?;
    page.start("Once upon a time, there was a little").await?;
    let mut it = Photographer { browser, page, name, album: Album::new() };
    it.take("loaded").await?;
    for _ in 0..4 {
        it.press("#greedy").await?;
    }
    it.take("stepping").await?;
    it.press("#strip [data-token-index='4']").await?;
    it.take("looking-back").await?;
    it.press("#return").await?;
    for tool in TOOLS {
        it.press(&format!("#tool-open-{tool}")).await?;
        match tool {
            "words" => {
                it.page.fill("#words-query", "girl").await?;
                it.page
                    .until("document.querySelectorAll('#words-rows tr').length > 1")
                    .await?;
            }
            "score" => it.press("#score-running").await?,
            "branches" => it.press("#grow").await?,
            "compare" => {
                it.page.set("#other-temperature", 1.5).await?;
                it.press("#compare").await?;
            }
            "draws" => {
                it.page
                    .until("document.querySelectorAll('#sweep-top-p-rows tr').length > 2")
                    .await?;
            }
            _ => {}
        }
        it.take(&format!("tool-{tool}")).await?;
    }
    it.press("#tool-open-verify").await?;
    it.press("#sampler-more summary").await?;
    it.take("sampler").await?;
    it.press("#sampler-more summary").await?;
    it.press("#model-chip").await?;
    it.take("model-menu").await?;
    it.press("#models-open").await?;
    it.page.until("document.querySelectorAll('#offered .offer').length > 5").await?;
    it.take("models").await?;
    it.press("[data-action='close-models']").await?;
    it.press("#examples-open").await?;
    it.take("examples").await?;
    it.page.keys(thirtyfour::Key::Escape).await?;
    it.press("#help-open").await?;
    it.take("help").await?;
    it.press("[data-action='close-help']").await?;
    let empty = "const box = document.querySelector('#prompt'); box.value = '';
        box.dispatchEvent(new InputEvent('input', { bubbles: true }));";
    browser.script(empty, vec![]).await?;
    it.press("#start").await?;
    it.page.until("!document.querySelector('#error').hidden").await?;
    it.take("error").await?;
    it.press("#dismiss").await?;
    it.press("#tab-chat").await?;
    it.take("chat-empty").await?;
    it.page.set("#chat-temperature", 0.0).await?;
    it.page.say("Tell me a story about a cat.").await?;
    it.take("chat").await?;
    it.press("#show-tokens").await?;
    it.take("chat-tokens").await?;
    Ok(it.album)
}

/// How wide a line is in the fonts of the page and of its numbers, at 100 pixels: another font
/// breaks lines elsewhere.
async fn font_widths(browser: &Browser, site: &Site) -> Result<String> {
    let page = Page::open(browser, &site.url("")).await?;
    let measured = page
        .value(
            "['body', 'code, kbd, pre'].map((selector) => {
                const context = new OffscreenCanvas(1, 1).getContext('2d');
                const element = document.querySelector(selector) ?? document.body;
                context.font = `100px ${getComputedStyle(element).fontFamily}`;
                return Math.round(context.measureText('Once upon a time, 12.5 %').width);
            }).join(' ')",
        )
        .await?;
    Ok(measured.as_str().context("widths are a text")?.to_owned())
}

#[tokio::test]
async fn every_state_looks_as_it_did_when_someone_looked() -> Result<()> {
    let renew = std::env::var_os("RENEW_PICTURES").is_some();
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    let fonts = font_widths(&browser, &site).await?;
    browser.quit().await?;
    if renew {
        fs::write(file("fonts"), format!("{fonts}\n"))?;
    } else if fs::read_to_string(file("fonts"))?.trim() != fonts {
        test_support::skip("the fonts of this machine are others than in the pictures");
        return Ok(());
    }
    let mut wrong = Vec::new();
    for (width, height) in SIZES {
        for colours in ["light", "dark", "forced"] {
            // Forced colours are the same at every width: once narrow and once wide will do.
            if colours == "forced" && ![360, 1280].contains(&width) {
                continue;
            }
            // Nothing of the states before is remembered.
            let browser = Browser::start().await?;
            browser.resize(width, height).await?;
            let scheme = if colours == "dark" { "dark" } else { "light" };
            let forced = if colours == "forced" { "active" } else { "none" };
            let features = json!({"features": [
                {"name": "prefers-color-scheme", "value": scheme},
                {"name": "forced-colors", "value": forced},
                {"name": "prefers-reduced-motion", "value": "reduce"},
            ]});
            browser.cdp("Emulation.setEmulatedMedia", features).await?;
            let name = format!("{width}-{colours}");
            let seen = album(&browser, &site, name.clone()).await?;
            browser.quit().await?;
            if renew {
                write(&name, &seen)?;
                continue;
            }
            let known = read(&name)?;
            ensure!(known.keys().eq(seen.keys()), "{name} has other states: renew");
            for (state, thumbnail) in &seen {
                let difference = known[state].difference(thumbnail);
                wrong.extend(difference.map(|why| format!("{name}, {state}: {why}")));
            }
        }
    }
    ensure!(wrong.is_empty(), "{} look otherwise:\n{}", wrong.len(), wrong.join("\n"));
    Ok(())
}

#[tokio::test]
async fn a_page_that_lacks_a_region_does_not_look_the_same() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    browser.resize(1280, 720).await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.start("Once upon a time, there was a little").await?;
    let whole = Thumbnail::of(&browser).await?;
    ensure!(Thumbnail::of(&browser).await?.difference(&whole).is_none());
    for region in ["#panel", ".column:first-child"] {
        let hide =
            format!("document.querySelector('{region}').style.visibility = 'hidden'");
        page.value(&hide).await?;
        let less = Thumbnail::of(&browser).await?;
        ensure!(whole.difference(&less).is_some(), "{region} is not missed");
        page.value(&format!("document.querySelector('{region}').style.visibility = ''"))
            .await?;
    }
    browser.prefer("prefers-color-scheme", "dark").await?;
    ensure!(
        whole.difference(&Thumbnail::of(&browser).await?).is_some(),
        "dark is not seen"
    );
    browser.quit().await
}
