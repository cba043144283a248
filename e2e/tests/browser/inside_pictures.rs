//! What the tool that looks into the model saves: pictures as SVG and PNG.

use anyhow::{Result, ensure};
use e2e::{Browser, Headers, Page, Site};

/// The tool shows something.
pub(crate) const LOOKED: &str =
    "document.querySelectorAll('#inside-table tbody tr').length > 0";

/// Keeps what the page saves, by its name, instead of giving it to the browser.
pub(crate) const KEEP_FILES: &str = "window.saved = {};
    HTMLAnchorElement.prototype.click = function () {
        if (this.download) saved[this.download] = this.href;
    };";

/// Clicks, and waits until nothing is under way.
pub(crate) async fn click(page: &Page<'_>, selector: &str) -> Result<()> {
    page.click(selector).await?;
    page.settled().await
}

/// Saves a file by its button, and returns its address, which has what is in it.
pub(crate) async fn saved(page: &Page<'_>, button: &str, name: &str) -> Result<String> {
    page.click(button).await?;
    page.until(&format!("saved[{name:?}] !== undefined")).await?;
    let content = page.value(&format!("saved[{name:?}]")).await?;
    Ok(content.as_str().unwrap_or_default().to_owned())
}

/// Takes out all parts of the text, and waits until that is done.
pub(crate) async fn occlude(page: &Page<'_>) -> Result<()> {
    page.click("#inside-view-occlusion").await?;
    page.until("document.querySelector('#inside-cost').textContent !== ''").await?;
    page.click("#inside-occlude").await?;
    let done =
        "/^(\\d+) of \\1 part/.test(document.querySelector('#inside-note').textContent)";
    page.until(done).await
}

#[tokio::test]
async fn every_view_is_saved_as_a_picture() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    browser.script(KEEP_FILES, vec![]).await?;
    page.start("Once upon a time, there was a little").await?;
    click(&page, "#tool-open-inside").await?;
    page.until(LOOKED).await?;
    let of_view = async |name: &str, seen: &[&str]| {
        let svg = saved(&page, "#inside-svg", &format!("{name}.svg")).await?;
        ensure!(svg.starts_with("data:image/svg+xml"), "{name}: {svg}");
        // As another program reads it: well-formed, with a name and a description.
        let read = format!(
            "(() => {{ const text = decodeURIComponent({svg:?}.slice({svg:?}.indexOf(',') + 1));
                const svg = new DOMParser().parseFromString(text, 'image/svg+xml');
                const said = (tag) => svg.querySelector(tag)?.textContent ?? '';
                return [String(svg.querySelector('parsererror') === null), said('title'),
                    said('desc'), [...svg.querySelectorAll('text')].map((t) => t.textContent).join('|'), text];
            }})()"
        );
        let read: Vec<String> = serde_json::from_value(page.value(&read).await?)?;
        ensure!(
            read[0] == "true" && !read[1].is_empty() && read[2].len() > 40,
            "{read:?}"
        );
        ensure!(read[3].contains("after 10 tokens:"), "{name} has no caption: {read:?}");
        for seen in seen {
            ensure!(read[3].contains(seen), "{seen} is not in {name}: {}", read[3]);
        }
        let png = saved(&page, "#inside-png", &format!("{name}.png")).await?;
        ensure!(png.starts_with("data:image/png;base64,"), "{name}: {png}");
        let pixels = "const [png, done] = arguments; const image = new Image();
            image.onload = () => {
                const canvas = document.createElement('canvas');
                [canvas.width, canvas.height] = [image.width, image.height];
                const context = canvas.getContext('2d');
                context.drawImage(image, 0, 0);
                const dots = context.getImageData(0, 0, image.width, image.height).data;
                let dark = 0;
                for (let i = 0; i < dots.length; i += 4) dark += dots[i] < 128;
                done([image.width, image.height, dark]);
            };
            image.src = png;";
        let pixels = browser.execute_async(pixels, vec![png.clone().into()]).await?;
        let pixels: Vec<u64> = serde_json::from_value(pixels.json().clone())?;
        ensure!(
            pixels[0] > 400 && pixels[1] > 200 && pixels[2] > 500,
            "{name}: {pixels:?}"
        );
        std::fs::write(e2e::screenshots().join(format!("saved-{name}.svg")), &read[4])?;
        Ok::<(), anyhow::Error>(())
    };
    of_view("lens", &["layer 1", "embedding", "entropy"]).await?;
    click(&page, "#inside-several").await?;
    page.until("document.querySelectorAll('#inside-table thead th').length > 5").await?;
    page.value("delete saved['lens.svg'] && delete saved['lens.png']").await?;
    of_view("lens", &["layer 1", "␣upon"]).await?;
    page.click("#inside-view-attention").await?;
    page.until("document.querySelector('#inside-text').textContent !== ''").await?;
    of_view("attention", &["head 1", "layer 1"]).await?;
    page.click("#inside-matrix").await?;
    page.until("document.querySelector('#inside-table').dataset.shape === 'matrix'")
        .await?;
    of_view("head", &["where each token looks"]).await?;
    occlude(&page).await?;
    of_view("occlusion", &["without ", "bits"]).await?;
    page.click("#inside-view-attribution").await?;
    page.until(
        "document.querySelector('#inside-note').textContent.startsWith('Together')",
    )
    .await?;
    of_view("attribution", &["MLP 1", "sum"]).await?;
    browser.quit().await
}
