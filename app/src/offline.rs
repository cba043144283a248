//! The files of the site, kept by a service worker (`js/service_worker.js`) for visits
//! without a network. Wherever it is refused, the page needs the network each time.

use js_sys::{Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{ServiceWorkerContainer, ServiceWorkerRegistration};

use crate::elements::Page;

const SCRIPT: &str = "./service-worker.js";

/// Asks for the files of this page's build to be kept.
pub(crate) fn keep(page: &Page) {
    let (_, build) = page.worker_folder();
    let workers = page.window.navigator().service_worker();
    let alone = page.window.top().ok().flatten().is_some_and(|top| top == page.window);
    // Over plain http and in some private windows there is none. What is shown within
    // another page is that page's to keep.
    if workers.is_undefined() || !alone || build.is_empty() {
        return;
    }
    spawn_local(async move {
        if let Err(reason) = ask(&workers, &build).await {
            web_sys::console::info_2(
                &"The site is not kept for offline:".into(),
                &reason,
            );
        }
    });
}

/// Asks, and asks again whenever there is another service worker; ends only by a fault.
async fn ask(workers: &ServiceWorkerContainer, build: &str) -> Result<(), JsValue> {
    let registered = JsFuture::from(workers.register(SCRIPT)).await?;
    let registered: ServiceWorkerRegistration = registered.unchecked_into();
    // Where the host has a newer one by now, that is the one to be asked. Without a network
    // there is nothing newer.
    if let Ok(update) = registered.update() {
        let _ = JsFuture::from(update).await;
    }
    let message = Object::new();
    Reflect::set(&message, &"keep".into(), &build.into())?;
    loop {
        #[expect(clippy::disallowed_types, reason = "it is never rejected")]
        let replaced = js_sys::Promise::new(&mut |resolve, _| {
            workers.set_oncontrollerchange(Some(&resolve))
        });
        // One of them knows this page's build; the others let it be.
        let all = [registered.installing(), registered.waiting(), registered.active()];
        for worker in all.into_iter().flatten() {
            worker.post_message(&message)?;
        }
        // The browser may find a newer one in its own time.
        JsFuture::from(replaced).await?;
    }
}
