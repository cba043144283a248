//! The page with a stand-in as its hub, which several files of tests share.

use anyhow::Result;
use e2e::{Browser, Page, Site};
use random_model::{Kind, Shape};
use stand_in_hub::{HubModel, StandInHub};

/// The model that most tests load.
pub(crate) const ID: &str = "owner/tiny";

/// Its files.
pub(crate) fn tiny() -> HubModel {
    HubModel::of(ID, &random_model::files(&Shape::tiny(), Kind::Instruct, 1))
}

/// How many bytes a download of a model transfers.
pub(crate) fn wanted(model: &HubModel) -> u64 {
    let files = model.files.iter().filter(|file| file.path != "README.md");
    files.map(|file| file.bytes.len() as u64).sum()
}

/// The address of the page with a stand-in as its hub, and with a model unless `model` is
/// empty.
pub(crate) fn address(site: &Site, hub: &StandInHub, model: &str) -> String {
    let hub = hub.endpoint().replace(':', "%3A").replace('/', "%2F");
    let model = match model {
        "" => String::new(),
        model => format!("&model={model}"),
    };
    site.url(&format!("?hub={hub}{model}"))
}

/// Opens the page with a stand-in as the hub of this visit, which the person accepts, and waits
/// until the model is ready.
pub(crate) async fn open_with<'a>(
    browser: &'a Browser,
    site: &Site,
    hub: &StandInHub,
    model: &str,
) -> Result<Page<'a>> {
    let page = visit_with(browser, site, hub, model).await?;
    page.settled().await?;
    Ok(page)
}

/// Opens the page in the same way, but does not wait for the model.
pub(crate) async fn visit_with<'a>(
    browser: &'a Browser,
    site: &Site,
    hub: &StandInHub,
    model: &str,
) -> Result<Page<'a>> {
    let page = Page::visit(browser, &address(site, hub, model)).await?;
    page.until("document.documentElement.dataset.rendered").await?;
    // A visit that continues has accepted the hub before.
    if page.value("document.querySelector('#hub-question').open").await? == true {
        page.click("#use-hub").await?;
        page.until("!document.querySelector('#hub-question').open").await?;
    }
    Ok(page)
}

/// The name that a model of a stand-in is stored under.
pub(crate) fn stored_as(hub: &StandInHub, id: &str) -> String {
    format!("{id} from {}", hub.endpoint())
}

/// An expression for the name of the current model, as the page shows it.
pub(crate) const NAME: &str = "document.querySelector('#model-name').textContent";
