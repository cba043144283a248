//! Figures of every kind, held to the screen: the same words, the same numbers, bars of the same
//! length and tints of the same strength; as SVG, and as the picture that is made of it.

use anyhow::{Context, Result, ensure};
use e2e::{Browser, Headers, Page, Site};

use crate::inside_pictures::{KEEP_FILES, LOOKED, click, saved};
use crate::sharing::explore;

/// Reads a saved SVG, as any other program would.
const READ: &str = "window.readFigure = (address) => {
    const text = decodeURIComponent(address.slice(address.indexOf(',') + 1));
    const svg = new DOMParser().parseFromString(text, 'image/svg+xml');
    const root = svg.documentElement;
    const number = (e, name) => Number(e.getAttribute(name) ?? 1);
    const named = (root.getAttribute('aria-labelledby') ?? '').split(' ');
    const all = (name, of) => [...svg.querySelectorAll(name)].map(of);
    // Letters that cannot be seen have signs in a picture.
    const seen = (text) => text.replaceAll('␣', ' ').replaceAll('↵', '\\n').replaceAll('⇥', '\\t');
    return {
        faults: [
            svg.querySelector('parsererror') ? 'it is not well-formed' : '',
            root.localName === 'svg' && root.getAttribute('role') === 'img' ? '' : 'it is no picture',
            ...named.map((id) => svg.getElementById(id)?.textContent.trim() ? '' : `${id} is empty`),
            svg.querySelector('title') && svg.querySelector('desc') ? '' : 'it has no name',
        ].filter(Boolean),
        width: number(root, 'width'),
        texts: all('text', (e) => ({ x: number(e, 'x'), y: number(e, 'y') - 14, text: e.textContent, seen: seen(e.textContent) })),
        // The first is the paper.
        rects: all('rect', (e) => ({
            x: number(e, 'x'), y: number(e, 'y'), width: number(e, 'width'), height: number(e, 'height'),
            fill: e.getAttribute('fill'), opacity: number(e, 'fill-opacity'), outlined: e.hasAttribute('stroke'),
        })).slice(1),
    };
};
// The shading behind a text, as a part of the strongest.
window.tint = (figure, text) => {
    const here = (rect) => Math.abs(rect.x - text.x) < 1 && Math.abs(rect.y - text.y) < 1 && rect.fill === '#6d8de2';
    return (figure.rects.find(here)?.opacity ?? 0) / 0.8;
};
window.share = (e) => Number(getComputedStyle(e).getPropertyValue('--share') || 0);";

/// Holds tokens in an element against a figure's text, with the levels of their tints.
const TOKENS: &str = "((figure, host, level) => [...document.querySelectorAll(host + ' .tok')].flatMap((token, i) => {
    const drawn = figure.texts[i + 1];
    const expected = Number(token.dataset[level] ?? 0) / 5;
    return [
        // On screen, what is no letter is a sign, which is no part of the text.
        token.querySelector('.sign:not(.space, .white)') || drawn.seen === token.textContent ? '' : `token ${i}: ${drawn.text}, not ${token.textContent}`,
        Math.abs(tint(figure, drawn) - expected) < 0.003 ? '' : `token ${i}: ${tint(figure, drawn)}, not ${expected}`,
    ];
}))";

const TREE: &str = "((figure) => [...document.querySelectorAll('#branch-rows li')].flatMap((row, i) => {
    const [text, value] = figure.texts.slice(1 + 2 * i);
    const part = (name) => row.querySelector(name).textContent;
    const current = row.querySelector('[aria-current]') !== null;
    const depth = Number(getComputedStyle(row).getPropertyValue('--depth'));
    return [
        text.text === (current ? '● ' : '') + part('.stretch') ? '' : `${text.text}, not ${part('.stretch')}`,
        value.text === part('.numbers') ? '' : `${value.text}, not ${part('.numbers')}`,
        text.x === 16 + 20 * depth ? '' : `${text.text} is at ${text.x}`,
    ];
}))";

const COMPARISON: &str = "((figure) => [...document.querySelectorAll('#comparison-rows li')].flatMap((row, i) => {
    // After the title and two heads, each row has its token and both numbers.
    const said = figure.texts.slice(3 + 3 * i, 6 + 3 * i).map(({ text }) => text);
    const shown = ['.token', '.value.here', '.value.there'].map((of) => row.querySelector(of).textContent);
    const top = figure.texts[3 + 3 * i].y;
    const rects = figure.rects.filter(({ y }) => y >= top && y < top + 20).sort((a, b) => a.x - b.x);
    const middle = figure.texts[3 + 3 * i].x;
    const length = (right, outlined) => rects
        .find((rect) => rect.outlined === outlined && rect.x > middle === right)?.width ?? 0;
    const bars = [['.here .p', false, true], ['.here .q', false, false], ['.there .p', true, true], ['.there .q', true, false]];
    return [
        said.join() === shown.join() ? '' : `${said}, not ${shown}`,
        ...bars.map(([of, right, outlined]) => {
            const [drawn, expected] = [length(right, outlined) / 200, share(row.querySelector(of))];
            return Math.abs(drawn - expected) < 0.004 ? '' : `${shown[0]} ${of}: ${drawn}, not ${expected}`;
        }),
    ];
}))";

const TABLE: &str = "((figure) => {
    const table = document.querySelector('#inside-table');
    const heads = [...table.querySelectorAll('thead th')];
    const rows = [...table.querySelectorAll('tbody tr')].map((row) => [...row.children]);
    const first = figure.texts.findIndex(({ text }) => text === heads[0].textContent);
    if (first < 0) return [`there is no ${heads[0].textContent}`];
    const cells = [...heads, ...rows.flat()];
    return cells.flatMap((cell, i) => {
        const drawn = figure.texts[first + i];
        const short = drawn.text.endsWith('…') && cell.textContent.startsWith(drawn.text.slice(0, -1));
        const expected = cell.localName === 'td' ? share(cell) : 0;
        return [
            drawn.text === cell.textContent || short ? '' : `cell ${i}: ${drawn.text}, not ${cell.textContent}`,
            Math.abs(tint(figure, drawn) - expected) < 0.003 ? '' : `cell ${i}: ${tint(figure, drawn)}, not ${expected}`,
        ];
    });
})";

const HEAT: &str = "((figure) => [...document.querySelectorAll('#inside-text > span:not(.unseen)')].flatMap((part, i) => {
    const drawn = figure.texts.find(({ seen, done }) => !done && seen === part.textContent.replaceAll('␣', ' '));
    if (!drawn) return [`there is no ${part.textContent}`];
    drawn.done = true;
    const [found, expected] = [tint(figure, drawn), share(part)];
    return Math.abs(found - expected) < 0.003 ? [] : [`part ${i}: ${found}, not ${expected}`];
}))";

/// The colours at the corners of a picture's rectangles, held against the SVG's.
const PIXELS: &str = "const [svg, png, done] = arguments;
    const figure = readFigure(svg);
    const image = new Image();
    image.onload = () => {
        const canvas = document.createElement('canvas');
        [canvas.width, canvas.height] = [image.width, image.height];
        const context = canvas.getContext('2d');
        context.drawImage(image, 0, 0);
        const scale = image.width / figure.width;
        const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
        // Where two lie over each other, the corner of one is not its own.
        const alone = (rect) => figure.rects.every((other) => other === rect
            || other.x > rect.x + rect.width || other.x + other.width < rect.x
            || other.y > rect.y + rect.height || other.y + other.height < rect.y);
        const wrong = figure.rects.filter((rect) => alone(rect) && rect.width > 6).slice(0, 40).flatMap((rect) => {
            const [x, y] = [rect.x + rect.width - 2.5, rect.y + 2.5].map((at) => Math.round(at * scale));
            const [...found] = context.getImageData(x, y, 1, 1).data;
            const expected = rgb(rect.fill).map((c) => rect.opacity * c + (1 - rect.opacity) * 255);
            return expected.every((c, i) => Math.abs(c - found[i]) < 6) ? [] : [`${found} not ${expected} at ${x}, ${y}`];
        });
        // A tree is made of letters and lines.
        const letters = context.getImageData(0, 0, image.width, image.height).data.some((c) => c < 100);
        done(letters ? wrong : ['there is nothing']);
    };
    image.src = png;";

/// Holds a figure against the page by a function of it that gives what differs.
async fn is_as_on_screen(
    page: &Page<'_>,
    (name, [svg, png]): (&str, [&str; 2]),
    compare: &str,
) -> Result<()> {
    page.value(&format!(
        "delete saved['{name}.svg'] && delete saved['{name}.png'] && true"
    ))
    .await?;
    let svg = saved(page, svg, &format!("{name}.svg")).await?;
    let faults = page.value(&format!("readFigure({svg:?}).faults")).await?;
    ensure!(faults == serde_json::json!([]), "{name}: {faults}");
    let differs = format!("{compare}(readFigure({svg:?})).filter(Boolean)");
    let differs = page.value(&differs).await?;
    ensure!(differs == serde_json::json!([]), "{name}: {differs}");
    let png = saved(page, png, &format!("{name}.png")).await?;
    let arguments = vec![svg.into(), png.into()];
    let wrong = page.browser.execute_async(PIXELS, arguments).await?;
    ensure!(wrong.json() == &serde_json::json!([]), "{name}: {}", wrong.json());
    Ok(())
}

async fn choose(page: &Page<'_>, kind: &str) -> Result<()> {
    let choose = "const field = document.querySelector('#figure');
        field.value = arguments[0];
        field.dispatchEvent(new Event('change', { bubbles: true }));
        document.querySelector('#share-menu').showPopover();";
    page.browser.script(choose, vec![kind.into()]).await.map(drop)
}

async fn close(page: &Page<'_>) -> Result<()> {
    let close = "document.querySelector('#share-menu').hidePopover()";
    page.browser.script(close, vec![]).await.map(drop)
}

#[tokio::test]
async fn figures_have_the_words_the_numbers_and_the_lengths_that_the_page_shows()
-> Result<()> {
    const BUTTONS: [&str; 2] = ["#figure-svg", "#figure-png"];
    let site = Site::start("/", Headers::Isolating, &[]).await;
    let browser = Browser::start().await?;
    let page = Page::open(&browser, &site.url("")).await?;
    browser.script(KEEP_FILES, vec![]).await?;
    browser.script(READ, vec![]).await?;
    explore(&page).await?;
    let some = |of: &str| format!("document.querySelectorAll({of:?}).length");
    let count = page.value(&some("#branch-rows li")).await?;
    ensure!(count.as_u64().context("a number")? > 2, "there are forks: {count}");
    choose(&page, "tree").await?;
    is_as_on_screen(&page, ("tree", BUTTONS), TREE).await?;
    choose(&page, "text").await?;
    let text = format!("((figure) => {TOKENS}(figure, '#strip', 'surprise'))");
    is_as_on_screen(&page, ("text", BUTTONS), &text).await?;
    close(&page).await?;

    page.click("#tool-open-compare").await?;
    page.fill("#compared-text", "Once upon a time, there was a big").await?;
    page.set("#other-temperature", 1.5).await?;
    page.click("#compare").await?;
    page.until("document.querySelectorAll('#comparison-rows li').length > 3").await?;
    page.settled().await?;
    choose(&page, "comparison").await?;
    is_as_on_screen(&page, ("comparison", BUTTONS), COMPARISON).await?;
    close(&page).await?;

    page.click("#tool-open-score").await?;
    page.fill("#scores-text", "The cat sat on the purple mat, and the mat was sad.")
        .await?;
    page.click("#score-typed").await?;
    page.until("document.querySelectorAll('#scored-strip .tok').length > 8").await?;
    page.settled().await?;
    let score = format!("((figure) => {TOKENS}(figure, '#scored-strip', 'heat'))");
    for heat in ["surprisal", "rank", "entropy", "ratio"] {
        page.value(&format!("document.querySelector('#heat-{heat}').click()")).await?;
        page.until(&format!(
            "document.querySelector('#heat-{heat}').ariaPressed === 'true'"
        ))
        .await?;
        choose(&page, "score").await?;
        is_as_on_screen(&page, ("score", BUTTONS), &score).await.context(heat)?;
        close(&page).await?;
    }

    const INSIDE: [&str; 2] = ["#inside-svg", "#inside-png"];
    click(&page, "#tool-open-inside").await?;
    page.until(LOOKED).await?;
    is_as_on_screen(&page, ("lens", INSIDE), TABLE).await?;
    click(&page, "#inside-several").await?;
    page.until("document.querySelectorAll('#inside-table thead th').length > 5").await?;
    is_as_on_screen(&page, ("lens", INSIDE), TABLE).await?;
    page.click("#inside-view-attention").await?;
    page.until("document.querySelector('#inside-text').textContent !== ''").await?;
    page.settled().await?;
    is_as_on_screen(&page, ("attention", INSIDE), TABLE).await?;
    is_as_on_screen(&page, ("attention", INSIDE), HEAT).await?;
    browser.quit().await
}
