//! The page's elements, which are found once at the start, by their ids, and the copies of its
//! templates with the elements inside them.

use wasm_bindgen::JsCast;
use web_sys::{
    Document, Element, HtmlDialogElement, HtmlInputElement, HtmlSelectElement,
    HtmlTemplateElement, HtmlTextAreaElement, Window,
};

use crate::dom::Slot;

/// The page.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) window: Window,
    pub(crate) document: Document,
}

impl Page {
    /// The page that this program runs in.
    pub(crate) fn new() -> Result<Page, String> {
        let window = web_sys::window().ok_or("there is no window")?;
        let document = window.document().ok_or("there is no document")?;
        Ok(Page { window, document })
    }

    /// The root element.
    pub(crate) fn root(&self) -> Result<Slot, String> {
        self.document
            .document_element()
            .map(Slot::new)
            .ok_or_else(|| "there is no root".into())
    }

    /// The folder of the worker's files, relative to the page, and the name of the site's build,
    /// which is empty if the build was not completed.
    pub(crate) fn worker_folder(&self) -> (String, String) {
        let meta = self.find::<Element>("worker-folder").ok();
        let attribute = |name| meta.as_ref().and_then(|meta| meta.get_attribute(name));
        let folder = attribute("content").unwrap_or_else(|| "./".into());
        (folder, attribute("data-build").unwrap_or_default())
    }

    /// The element with an id.
    pub(crate) fn slot(&self, id: &str) -> Result<Slot, String> {
        self.find::<Element>(id).map(Slot::new)
    }

    /// The input with an id.
    pub(crate) fn input(&self, id: &str) -> Result<HtmlInputElement, String> {
        self.find(id)
    }

    /// The text box with an id.
    pub(crate) fn text_area(&self, id: &str) -> Result<HtmlTextAreaElement, String> {
        self.find(id)
    }

    /// The selection list with an id.
    pub(crate) fn select(&self, id: &str) -> Result<HtmlSelectElement, String> {
        self.find(id)
    }

    /// The dialog with an id.
    pub(crate) fn dialog(&self, id: &str) -> Result<HtmlDialogElement, String> {
        self.find(id)
    }

    /// The template with an id.
    pub(crate) fn template(&self, id: &str) -> Result<Template, String> {
        let template: HtmlTemplateElement = self.find(id)?;
        let first = template.content().first_element_child();
        first.map(Template).ok_or_else(|| format!("the template {id} is empty"))
    }

    fn find<T: JsCast>(&self, id: &str) -> Result<T, String> {
        let element = self.document.get_element_by_id(id);
        let element = element.ok_or_else(|| format!("there is no element #{id}"))?;
        element.dyn_into().map_err(|_| format!("#{id} is of another kind"))
    }
}

/// A template of the page.
#[derive(Debug)]
pub(crate) struct Template(Element);

impl Template {
    /// A copy of the template's element with everything inside.
    pub(crate) fn copy(&self) -> Element {
        match self.0.clone_node_with_deep(true) {
            Ok(node) => node.unchecked_into(),
            Err(_) => unreachable!("elements can be cloned"),
        }
    }
}

/// The elements of a model in a list.
#[derive(Debug)]
pub(crate) struct ModelElements {
    /// The item of the list.
    pub(crate) item: Element,
    pub(crate) owner: Slot,
    pub(crate) name: Slot,
    pub(crate) tag: Slot,
    pub(crate) note: Slot,
    pub(crate) facts: Slot,
    pub(crate) fit: Slot,
    pub(crate) load: Slot,
    pub(crate) delete: Slot,
}

impl ModelElements {
    pub(crate) fn new(template: &Template) -> Result<ModelElements, String> {
        let item = template.copy();
        Ok(ModelElements {
            owner: part(&item, ".offer-owner")?,
            name: part(&item, "strong")?,
            tag: part(&item, ".offer-tag")?,
            note: part(&item, ".offer-note")?,
            facts: part(&item, ".facts")?,
            fit: part(&item, ".fit")?,
            load: part(&item, ".load")?,
            delete: part(&item, ".delete")?,
            item,
        })
    }
}

/// The elements of a row of the distribution.
#[derive(Debug)]
pub(crate) struct RowElements {
    /// The item of the list.
    pub(crate) item: Element,
    pub(crate) row: Slot,
    pub(crate) rank: Slot,
    pub(crate) token: Slot,
    pub(crate) id: Slot,
    pub(crate) tag: Slot,
    pub(crate) p: Slot,
    pub(crate) q: Slot,
    /// The bars: they have their lengths themselves, since what a row has, all in it inherit.
    pub(crate) p_bar: Slot,
    pub(crate) q_bar: Slot,
}

impl RowElements {
    pub(crate) fn new(template: &Template) -> Result<RowElements, String> {
        let item = template.copy();
        Ok(RowElements {
            row: part(&item, ".row")?,
            rank: part(&item, ".rank")?,
            token: part(&item, ".token")?,
            id: part(&item, ".id")?,
            tag: part(&item, ".tag")?,
            p: part(&item, ".value.p")?,
            q: part(&item, ".value.q")?,
            p_bar: part(&item, ".bar .p")?,
            q_bar: part(&item, ".bar .q")?,
            item,
        })
    }
}

/// The element inside another that a selector selects.
pub(crate) fn part(of: &Element, selector: &str) -> Result<Slot, String> {
    let found = of.query_selector(selector).ok().flatten();
    found.map(Slot::new).ok_or_else(|| format!("there is no {selector} in a template"))
}
