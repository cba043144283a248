//! Copies that a click begins and whose content is made afterwards, such as links and pictures.
//! Safari lets a page write to the clipboard only while it handles the click, so the clipboard is
//! given a promise of the content then (`ClipboardItem` of
//! <https://w3c.github.io/clipboard-apis/>).
#![allow(
    clippy::disallowed_types,
    reason = "the promise of the content is never rejected, and that of the clipboard is heard \
              from the start"
)]

use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag};

use crate::elements::Page;

/// The media type of texts, and of pictures.
pub(crate) const TEXT: &str = "text/plain";
pub(crate) const PICTURE: &str = "image/png";

/// A copy that was begun. Without an end, nothing is copied.
pub(crate) struct LaterCopy {
    media: &'static str,
    /// What the clipboard makes of the promise, and what gives the promise its content. None
    /// where the clipboard does not take promises.
    promised: Option<(JsFuture, Function)>,
}

impl LaterCopy {
    /// Begins a copy, while the person's click is handled.
    pub(crate) fn begin(page: &Page, media: &'static str) -> LaterCopy {
        let mut resolve = None;
        let content = Promise::new(&mut |done, _| resolve = Some(done));
        let promised = write(page, media, &content).ok().zip(resolve);
        LaterCopy { media, promised }
    }

    /// Copies the content, once it is made.
    ///
    /// # Errors
    /// If the browser refuses.
    pub(crate) async fn finish(self, page: &Page, content: &Blob) -> Result<(), JsValue> {
        if let Some((written, resolve)) = self.promised {
            resolve.call1(&JsValue::NULL, content)?;
            if written.await.is_ok() {
                return Ok(());
            }
        }
        // Other browsers let it also later.
        write(page, self.media, content)?.await.map(drop)
    }

    /// As [`finish`](Self::finish), with a text.
    ///
    /// # Errors
    /// If the browser refuses.
    pub(crate) async fn finish_with_text(
        self,
        page: &Page,
        text: &str,
    ) -> Result<(), JsValue> {
        let kind = BlobPropertyBag::new();
        kind.set_type(self.media);
        let parts = Array::of1(&text.into());
        let blob = Blob::new_with_str_sequence_and_options(&parts, &kind)?;
        self.finish(page, &blob).await
    }
}

/// Writes to the clipboard what is there or promised.
fn write(page: &Page, media: &str, content: &JsValue) -> Result<JsFuture, JsValue> {
    let item = Object::new();
    Reflect::set(&item, &media.into(), content)?;
    let kind: Function =
        Reflect::get(&js_sys::global(), &"ClipboardItem".into())?.dyn_into()?;
    let item = Reflect::construct(&kind, &Array::of1(&item))?;
    let clipboard: JsValue = page.window.navigator().clipboard().into();
    let write: Function = Reflect::get(&clipboard, &"write".into())?.dyn_into()?;
    let written: Promise = write.call1(&clipboard, &Array::of1(&item))?.dyn_into()?;
    Ok(JsFuture::from(written))
}
