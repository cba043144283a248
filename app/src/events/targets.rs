//! What an element of the page is: read from its attributes and those of its ancestors.

use wasm_bindgen::JsCast;
use web_sys::{Element, Event};

use crate::state::{ChatToken, Inspected};

/// The element that an event happened to.
pub(super) fn target(event: &Event) -> Option<Element> {
    event.target()?.dyn_into().ok()
}

/// The nearest of an element and its ancestors that a selector selects.
pub(super) fn closest(element: &Element, selector: &str) -> Option<Element> {
    element.closest(selector).ok().flatten()
}

/// The number in an attribute.
pub(super) fn number(element: &Element, attribute: &str) -> Option<usize> {
    element.get_attribute(attribute)?.parse().ok()
}

/// The row of the distribution that an element is in, from 0.
pub(super) fn row_of(element: &Element) -> Option<usize> {
    number(&closest(element, "[data-rank]")?, "data-rank")?.checked_sub(1)
}

/// The token of the text that an element is in, from 0.
pub(super) fn token_of(element: &Element) -> Option<usize> {
    number(&closest(element, "[data-action=token]")?, "data-token-index")
}

/// The token of a reply that an element is in.
pub(super) fn reply_token_of(element: &Element) -> Option<ChatToken> {
    let token = closest(element, "[data-action=reply-token]")?;
    Some(ChatToken {
        exchange: number(&closest(&token, "[data-exchange]")?, "data-exchange")?,
        token: number(&token, "data-token-index")?,
    })
}

/// The row or token whose exact numbers are shown while the pointer is on an element.
pub(super) fn inspected(element: &Element) -> Option<Inspected> {
    let row = row_of(element).map(Inspected::Row);
    row.or_else(|| token_of(element).map(Inspected::Token))
}
