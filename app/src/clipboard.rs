//! Copying text to the clipboard, also over plain http, where browsers have no
//! `navigator.clipboard`.

use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{HtmlDocument, HtmlTextAreaElement};

use crate::elements::Page;
use crate::later_copy::LaterCopy;

/// Copies a text for which a copy was begun, if one was. False if the browser refuses.
pub(crate) async fn copy_later(
    page: &Page,
    begun: Option<LaterCopy>,
    text: &str,
) -> bool {
    if let Some(begun) = begun
        && begun.finish_with_text(page, text).await.is_ok()
    {
        return true;
    }
    copy(page, text).await
}

/// Copies a text. False if the browser refuses.
pub(crate) async fn copy(page: &Page, text: &str) -> bool {
    let clipboard = page.window.navigator().clipboard();
    if !clipboard.is_undefined()
        && JsFuture::from(clipboard.write_text(text)).await.is_ok()
    {
        return true;
    }
    by_command(page, text).unwrap_or(false)
}

/// Copies the selection of a field that is made for it, by the `copy` command.
fn by_command(page: &Page, text: &str) -> Option<bool> {
    let before = page.document.active_element();
    let body = page.document.body()?;
    let field: HtmlTextAreaElement =
        page.document.create_element("textarea").ok()?.dyn_into().ok()?;
    field.set_class_name("unseen");
    field.set_value(text);
    body.append_child(&field).ok()?;
    field.select();
    let document: &HtmlDocument = page.document.unchecked_ref();
    let copied = document.exec_command("copy").unwrap_or(false);
    field.remove();
    if let Some(before) = before {
        crate::dom::focus(&before);
    }
    Some(copied)
}
