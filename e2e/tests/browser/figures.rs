//! What is on screen as pictures and as numbers.

use anyhow::{Result, ensure};
use e2e::{Browser, Headers, Page, Site};

use crate::clipboard::KEEP_COPIES;
use crate::inside_pictures::{KEEP_FILES, saved};
use crate::sharing::explore;

/// Holds the lengths of the bars of a picture, and the numbers beside them, against the screen.
async fn bars_are_those_on_screen(page: &Page<'_>, svg: &str) -> Result<()> {
    let compare = format!(
        "(() => {{ const text = decodeURIComponent({svg:?}.slice({svg:?}.indexOf(',') + 1));
            const svg = new DOMParser().parseFromString(text, 'image/svg+xml');
            const said = [...svg.querySelectorAll('text')].map((t) => t.textContent);
            // An outline for p, and a solid bar for q: they differ without colours, too.
            const widths = (of) => [...svg.querySelectorAll(of)].map((bar) => +bar.getAttribute('width'));
            const [p, q] = [widths('rect[stroke]'), widths('rect[fill=\"#24408e\"]')];
            const rows = [...document.querySelectorAll('#distribution li')];
            const shown = (row, of) => row.querySelector(of).getBoundingClientRect().width
                / row.querySelector('.bar').getBoundingClientRect().width;
            const wrong = rows.flatMap((row, i) => [
                Math.abs(p[i] / 320 - shown(row, '.bar .p')) < 0.01 ? '' : `p of row ${{i}}: ${{p[i]}}`,
                said.includes(row.querySelector('.token').textContent) ? '' : `row ${{i}}`,
                ...['.value.p', '.value.q'].map((of) => row.querySelector(of).textContent)
                    .filter((value) => /^[0-9]/.test(value) && !said.includes(value)),
            ]).filter(Boolean);
            return q.length > 0 ? wrong : ['no solid bars'];
        }})()"
    );
    let wrong = page.value(&compare).await?;
    ensure!(wrong.as_array().is_some_and(Vec::is_empty), "{wrong}");
    Ok(())
}

#[tokio::test]
async fn figures_are_valid_named_and_hold_the_numbers_on_screen() -> Result<()> {
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    page.browser.script(KEEP_FILES, vec![]).await?;
    explore(&page).await?;
    page.click("#tool-open-compare").await?;
    page.fill("#compared-text", "Once upon a time, there was a big").await?;
    page.click("#compare").await?;
    page.until("document.querySelectorAll('#comparison-rows li').length > 3").await?;
    page.click("#share").await?;
    let mut drawn = Vec::new();
    for (kind, said) in
        [("bars", "sampled"), ("text", "␣little"), ("tree", "●"), ("comparison", "␣boy")]
    {
        let choose = "const field = document.querySelector('#figure');
            field.value = arguments[0];
            field.dispatchEvent(new Event('change', { bubbles: true }));";
        browser.script(choose, vec![kind.into()]).await?;
        let svg = saved(&page, "#figure-svg", &format!("{kind}.svg")).await?;
        // As another program reads it: well-formed, with a name, a description and a caption.
        let read = format!(
            "(() => {{ const text = decodeURIComponent({svg:?}.slice({svg:?}.indexOf(',') + 1));
                const svg = new DOMParser().parseFromString(text, 'image/svg+xml');
                if (svg.querySelector('parsererror')) return 'not well-formed';
                return [...svg.querySelectorAll('title, desc, text')]
                    .map((t) => t.textContent).join('|');
            }})()"
        );
        let texts = page.value(&read).await?.as_str().unwrap_or_default().to_owned();
        ensure!(texts.contains(said) && texts.contains("seed 42"), "{kind}: {texts}");
        if kind == "bars" {
            bars_are_those_on_screen(&page, &svg).await?;
        }
        let png = saved(&page, "#figure-png", &format!("{kind}.png")).await?;
        ensure!(png.starts_with("data:image/png;base64,"), "{kind}");
        drawn.push((kind, png));
        let csv = saved(&page, "#figure-csv", &format!("{kind}.csv")).await?;
        ensure!(csv.contains("%0D%0A"), "{kind}: {csv}");
        let json = saved(&page, "#figure-json", &format!("{kind}.json")).await?;
        let rows = format!(
            "JSON.parse(decodeURIComponent({json:?}.slice({json:?}.indexOf(',') + 1)))"
        );
        let rows = page.value(&rows).await?;
        ensure!(rows.as_array().is_some_and(|rows| rows.len() > 2), "{kind}: {rows}");
        if kind == "bars" {
            for (row, shown) in
                rows.as_array().into_iter().flatten().zip(page.rows().await?)
            {
                let same = row["id"] == shown.id && row["rank"] == shown.rank;
                let p = row["p"].as_f64().unwrap_or_default();
                ensure!(same && (p - shown.p).abs() < 1e-6, "{row} {shown:?}");
            }
        }
    }
    // The whole vocabulary, whose first row is the first on screen.
    let choose = "const field = document.querySelector('#figure');
        field.value = 'vocabulary';
        field.dispatchEvent(new Event('change', { bubbles: true }));";
    browser.script(choose, vec![]).await?;
    let csv = saved(&page, "#figure-csv", "vocabulary.csv").await?;
    ensure!(csv.matches("%0D%0A").count() == 4097, "all 4,096 tokens and a head");
    let json = saved(&page, "#figure-json", "vocabulary.json").await?;
    let first = format!(
        "(() => {{ const all = JSON.parse(decodeURIComponent({json:?}.slice({json:?}.indexOf(',') + 1)));
            const sum = all.reduce((sum, row) => sum + row.p, 0);
            return Math.abs(sum - 1) < 1e-3 ? all[0] : sum; }})()"
    );
    let (first, shown) = (page.value(&first).await?, page.rows().await?);
    let shown = shown.first().map(|row| (row.id, row.p));
    let p = first["p"].as_f64().unwrap_or_default();
    ensure!(
        shown.is_some_and(|(id, q)| first["id"] == id && (p - q).abs() < 1e-5),
        "{first}"
    );
    let choose = choose.replace("'vocabulary'", "'bars'");
    browser.script(&choose, vec![]).await?;
    // One click puts the picture on the clipboard.
    browser.script(KEEP_COPIES, vec![]).await?;
    page.click("#figure-copy").await?;
    page.until("/^image.png \\d{4,}/.test(window.copiedPicture)").await?;
    for (kind, png) in drawn {
        browser.goto(png).await?;
        browser.picture(&format!("figure-{kind}")).await?;
    }
    // The page that WebKit makes around a picture has styles of its own, which this one's policy
    // forbids.
    browser.goto("about:blank").await?;
    browser.quit().await
}
