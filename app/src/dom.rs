//! Writing to the DOM. A [`Slot`] remembers what it wrote, so that writing the same again costs
//! nothing.

use std::cell::{Cell, RefCell};

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, ScrollIntoViewOptions, ScrollLogicalPosition};

/// An element whose text, attributes and properties are written only when they change.
#[derive(Debug)]
pub(crate) struct Slot {
    element: HtmlElement,
    text: RefCell<Option<String>>,
    written: RefCell<Vec<(&'static str, Option<String>)>>,
    hidden: Cell<Option<bool>>,
}

impl Slot {
    /// A slot for an element that nothing has been written to.
    pub(crate) fn new(element: Element) -> Slot {
        Slot {
            element: element.unchecked_into(),
            text: RefCell::default(),
            written: RefCell::default(),
            hidden: Cell::default(),
        }
    }

    /// The element itself.
    pub(crate) fn element(&self) -> &HtmlElement {
        &self.element
    }

    /// Sets the text; markup in it stays text.
    pub(crate) fn text(&self, text: &str) {
        let mut last = self.text.borrow_mut();
        if last.as_deref() != Some(text) {
            // Other characters in the text that is there are less work for the browser than
            // another text in its place.
            let written = last.as_ref().and_then(|_| self.element.first_child());
            match written {
                Some(node) => node.set_node_value(Some(text)),
                None => self.element.set_text_content(Some(text)),
            }
            *last = Some(text.to_owned());
        }
    }

    /// Sets an attribute, or removes it. Returns whether that changed anything.
    pub(crate) fn attribute(&self, name: &'static str, value: Option<&str>) -> bool {
        let changed = self.changed(name, value);
        if changed {
            let done = match value {
                Some(value) => self.element.set_attribute(name, value),
                None => self.element.remove_attribute(name),
            };
            debug_assert!(done.is_ok(), "{name} is the name of an attribute");
        }
        changed
    }

    /// Sets a property of CSS to a number.
    pub(crate) fn property(&self, name: &'static str, value: f64) {
        self.style(name, &format!("{value:.5}"));
    }

    /// Sets a property of CSS.
    pub(crate) fn style(&self, name: &'static str, value: &str) {
        if self.changed(name, Some(value)) {
            let done = self.element.style().set_property(name, value);
            debug_assert!(done.is_ok(), "{name} is the name of a property");
        }
    }

    /// Shows or hides the element.
    pub(crate) fn show(&self, shown: bool) {
        if self.hidden.replace(Some(!shown)) != Some(!shown) {
            self.element.set_hidden(!shown);
        }
    }

    /// Sets or removes an attribute without a value.
    pub(crate) fn flag(&self, name: &'static str, on: bool) {
        self.attribute(name, on.then_some(""));
    }

    /// Sets an attribute to "true" or "false".
    pub(crate) fn state(&self, name: &'static str, on: bool) {
        self.attribute(name, Some(if on { "true" } else { "false" }));
    }

    fn changed(&self, name: &'static str, value: Option<&str>) -> bool {
        let mut written = self.written.borrow_mut();
        match written.iter_mut().find(|(known, _)| *known == name) {
            Some((_, last)) if last.as_deref() == value => false,
            Some((_, last)) => {
                *last = value.map(str::to_owned);
                true
            }
            None => {
                written.push((name, value.map(str::to_owned)));
                true
            }
        }
    }
}

/// Appends a new element to another.
pub(crate) fn append(parent: &Element, name: &str) -> Result<Slot, String> {
    let document = parent.owner_document().ok_or("the page is gone")?;
    let failed = |_| format!("<{name}> could not be added");
    let element = document.create_element(name).map_err(failed)?;
    parent.append_child(&element).map_err(failed)?;
    Ok(Slot::new(element))
}

/// Gives an element the focus.
pub(crate) fn focus(element: &Element) {
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        // A hidden element cannot take the focus.
        let _ = element.focus();
    }
}

/// Scrolls an element into view, as little as possible.
pub(crate) fn scroll_to(element: &Element) {
    let options = ScrollIntoViewOptions::new();
    options.set_block(ScrollLogicalPosition::Nearest);
    options.set_inline(ScrollLogicalPosition::Nearest);
    element.scroll_into_view_with_scroll_into_view_options(&options);
}

/// Shows one of two buttons that take the same place. If the hidden one had the focus, the
/// shown one gets it, so that the keyboard does not lose its place.
pub(crate) fn show_one(first: &Slot, second: &Slot, shows_second: bool) {
    let (hidden, shown) = if shows_second { (first, second) } else { (second, first) };
    let document = hidden.element().owner_document();
    let active = document.and_then(|document| document.active_element());
    shown.show(true);
    if active.is_some_and(|active| active == **hidden.element()) {
        focus(shown.element());
    }
    hidden.show(false);
}

/// Moves the focus within a group of buttons of which Tab reaches one. False if `from` is not
/// in the group.
pub(crate) fn rove(group: &Element, from: &Element, by: i32) -> bool {
    let Ok(found) = group.query_selector_all("button") else { return false };
    let buttons: Vec<HtmlElement> = (0..found.length())
        .filter_map(|index| found.get(index)?.dyn_into().ok())
        .collect();
    let Some(at) = buttons.iter().position(|button| **button == *from) else {
        return false;
    };
    let last = buttons.len() - 1;
    let to = at.saturating_add_signed(by as isize).min(last);
    for (index, button) in buttons.iter().enumerate() {
        set(button, "tabindex", if index == to { "0" } else { "-1" });
    }
    focus(&buttons[to]);
    true
}

/// Removes an attribute of an element without a slot.
pub(crate) fn remove(element: &Element, name: &str) {
    let done = element.remove_attribute(name);
    debug_assert!(done.is_ok(), "attributes can be removed");
}

/// Sets an attribute of an element without a slot.
pub(crate) fn set(element: &Element, name: &str, value: &str) {
    let done = element.set_attribute(name, value);
    debug_assert!(done.is_ok(), "{name} is the name of an attribute");
}
