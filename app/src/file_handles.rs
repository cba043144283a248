//! Files that the person chose, found again by a later visit: where the browser gives out
//! handles of files, these outlive the page in its database, and no one else sees them.
#![allow(
    clippy::disallowed_types,
    reason = "each promise is waited for where it is made, so none is rejected unheard"
)]

use js_sys::{Array, Function, JSON, Promise, Reflect};
use protocol::LocalFile;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    DragEvent, Event, File, IdbDatabase, IdbObjectStore, IdbRequest, IdbTransactionMode,
    Url, Window,
};

use crate::state::FoundFiles;

const DATABASE: &str = "next-token-visualizer";
const STORE: &str = "handles";
/// The handles of the model that was chosen last.
const KEY: &str = "model";
const PICKER: &str = "showOpenFilePicker";

type Done<T> = Result<T, JsValue>;

/// Whether the browser has a dialog that gives out handles.
pub(crate) fn can_pick(window: &Window) -> bool {
    Reflect::get(window, &PICKER.into()).is_ok_and(|picker| picker.is_function())
}

/// Lets the person choose files; none if they chose none.
pub(crate) async fn pick(window: &Window) -> Option<Vec<LocalFile>> {
    let kinds = r#"{"multiple": true, "types": [{"description": "Models", "accept":
        {"application/octet-stream": [".gguf", ".safetensors", ".json", ".jinja"]}}]}"#;
    let kinds = JSON::parse(kinds).ok()?;
    let handles: Array = call(window, PICKER, Some(&kinds)).await.ok()?.unchecked_into();
    let files = open(&handles).await.ok()?;
    // Where they cannot be kept, the next visit asks for the files by their names.
    let _ = put(window, &handles).await;
    Some(files)
}

/// Keeps the handles of files that were dropped on the page. They have to be asked for
/// while the event lasts.
pub(crate) fn keep_dropped(window: &Window, event: &Event) {
    let handles = Array::new();
    let items = event.dyn_ref::<DragEvent>().and_then(DragEvent::data_transfer);
    if let Some(items) = items.map(|data| data.items()) {
        for item in (0..items.length()).filter_map(|index| items.get(index)) {
            let handle = (item.kind() == "file")
                .then(|| invoke(&item, "getAsFileSystemHandle", None).ok())
                .flatten();
            if let Some(handle) = handle {
                handles.push(&handle);
            }
        }
    }
    let all = JsFuture::from(Promise::all(&handles));
    let window = window.clone();
    spawn_local(async move {
        let kept = match all.await {
            Ok(handles) => put(&window, &handles.unchecked_into()).await,
            Err(error) => Err(error),
        };
        if kept.is_err() {
            forget(&window);
        }
    });
}

/// Forgets what was kept: the files at hand came without handles.
pub(crate) fn forget(window: &Window) {
    let window = window.clone();
    spawn_local(async move {
        // Where nothing can be kept, there is nothing.
        let _ = put(&window, &Array::new()).await;
    });
}

/// Finds files of these names again. With `ask`, which takes a click, the person is asked
/// whether the page may read them.
pub(crate) async fn find(window: &Window, names: &[String], ask: bool) -> FoundFiles {
    let Ok(handles) = get(window).await else { return FoundFiles::Gone };
    let mut known: Vec<String> = handles.iter().filter_map(|it| name(&it)).collect();
    let mut wanted = names.to_vec();
    known.sort_unstable();
    wanted.sort_unstable();
    if known.is_empty() || known != wanted {
        return FoundFiles::Gone;
    }
    for handle in handles.iter() {
        match may_read(&handle, ask).await {
            Ok(true) => {}
            Ok(false) => return FoundFiles::NotAllowed,
            Err(_) => return FoundFiles::Gone,
        }
    }
    match open(&handles).await {
        Ok(files) => FoundFiles::Files(files),
        // They were moved or deleted.
        Err(_) => FoundFiles::Gone,
    }
}

async fn may_read(handle: &JsValue, ask: bool) -> Done<bool> {
    let how = JSON::parse(r#"{"mode": "read"}"#)?;
    let mut answer = call(handle, "queryPermission", Some(&how)).await?;
    if ask && answer.as_string().as_deref() == Some("prompt") {
        answer = call(handle, "requestPermission", Some(&how)).await?;
    }
    Ok(answer.as_string().as_deref() == Some("granted"))
}

/// The files of handles, with addresses at which the worker finds them.
async fn open(handles: &Array) -> Done<Vec<LocalFile>> {
    let mut files = Vec::new();
    for handle in handles.iter() {
        let file: File = call(&handle, "getFile", None).await?.dyn_into()?;
        let url = Url::create_object_url_with_blob(&file)?;
        files.push(LocalFile { name: file.name(), url });
    }
    Ok(files)
}

fn name(handle: &JsValue) -> Option<String> {
    Reflect::get(handle, &"name".into()).ok()?.as_string()
}

async fn put(window: &Window, handles: &Array) -> Done<()> {
    let store = store(window, IdbTransactionMode::Readwrite).await?;
    done(&store.put_with_key(handles, &KEY.into())?).await.map(drop)
}

async fn get(window: &Window) -> Done<Array> {
    let store = store(window, IdbTransactionMode::Readonly).await?;
    let found = done(&store.get(&KEY.into())?).await?;
    // Without any, it is undefined.
    found.dyn_into()
}

async fn store(window: &Window, mode: IdbTransactionMode) -> Done<IdbObjectStore> {
    let factory = window.indexed_db()?.ok_or("there is no database")?;
    let opening = factory.open_with_u32(DATABASE, 1)?;
    let made = opening.clone();
    let make = Closure::once_into_js(move || {
        let database = made.result().ok();
        let database = database.and_then(|it| it.dyn_into::<IdbDatabase>().ok());
        // If it cannot be made, neither can the transaction below.
        let _ = database.map(|database| database.create_object_store(STORE));
    });
    opening.set_onupgradeneeded(Some(make.unchecked_ref::<Function>()));
    let database: IdbDatabase = done(&opening).await?.dyn_into()?;
    database.transaction_with_str_and_mode(STORE, mode)?.object_store(STORE)
}

/// Waits for a request of the database.
async fn done(request: &IdbRequest) -> Done<JsValue> {
    let ended = Promise::new(&mut |resolve, reject| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    });
    JsFuture::from(ended).await?;
    request.result()
}

/// Calls a method that not all browsers have, and waits for what it promises.
async fn call(object: &JsValue, name: &str, argument: Option<&JsValue>) -> Done<JsValue> {
    JsFuture::from(Promise::resolve(&invoke(object, name, argument)?)).await
}

fn invoke(object: &JsValue, name: &str, argument: Option<&JsValue>) -> Done<JsValue> {
    let method: Function = Reflect::get(object, &name.into())?.dyn_into()?;
    match argument {
        Some(argument) => method.call1(object, argument),
        None => method.call0(object),
    }
}
