//! Has a service worker (`js/service_worker.js`) keep the site's files for visits without a
//! network. If that is not possible, every visit needs the network.

use js_sys::{Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{ServiceWorkerContainer, ServiceWorkerRegistration};

use crate::elements::Page;
use crate::language_script;

const SCRIPT: &str = "./service-worker.js";

/// Asks the service worker to keep the files of this page's build.
pub(crate) fn keep(page: &Page) {
    let (_, build) = page.worker_folder();
    let workers = page.window.navigator().service_worker();
    let is_top = page.window.top().ok().flatten().is_some_and(|top| top == page.window);
    // Over plain http and in some private windows there are no service workers. A page within
    // another page is not kept.
    if workers.is_undefined() || !is_top || build.is_empty() {
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

/// Asks, and asks again whenever another service worker takes over. Ends only by an error.
async fn ask(workers: &ServiceWorkerContainer, build: &str) -> Result<(), JsValue> {
    let registered = JsFuture::from(workers.register(SCRIPT)).await?;
    let registered: ServiceWorkerRegistration = registered.unchecked_into();
    // A newer service worker of the host is the one to ask. Without a network there is none.
    if let Ok(update) = registered.update() {
        let _ = JsFuture::from(update).await;
    }
    let message = Object::new();
    Reflect::set(&message, &"keep".into(), &build.into())?;
    let language = language_script::code();
    Reflect::set(&message, &"language".into(), &language.into())?;
    loop {
        #[expect(clippy::disallowed_types, reason = "it is never rejected")]
        let replaced = js_sys::Promise::new(&mut |resolve, _| {
            workers.set_oncontrollerchange(Some(&resolve))
        });
        // The one that knows this page's build keeps it; the others ignore the message.
        let all = [registered.installing(), registered.waiting(), registered.active()];
        for worker in all.into_iter().flatten() {
            worker.post_message(&message)?;
        }
        // The browser may find a newer service worker later.
        JsFuture::from(replaced).await?;
    }
}
