//! Handles of the files that the person chose, by which a later visit finds them again. They
//! are stored in the browser's database, if the browser has handles.
#![allow(
    clippy::disallowed_types,
    reason = "each promise is awaited where it is made, so no rejection goes uncaught"
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

type JsResult<T> = Result<T, JsValue>;

/// Whether the browser has a dialog that gives out handles.
pub(crate) fn can_pick(window: &Window) -> bool {
    Reflect::get(window, &PICKER.into()).is_ok_and(|picker| picker.is_function())
}

/// Lets the person choose files; none if the person cancels.
pub(crate) async fn pick(window: &Window) -> Option<Vec<LocalFile>> {
    let kinds = r#"{"multiple": true, "types": [{"description": "Models", "accept":
        {"application/octet-stream": [".gguf", ".safetensors", ".json", ".jinja"]}}]}"#;
    let kinds = JSON::parse(kinds).ok()?;
    let handles: Array = call(window, PICKER, Some(&kinds)).await.ok()?.unchecked_into();
    let files = open(&handles).await.ok()?;
    // If they cannot be stored, the next visit asks for the files by their names.
    let _ = put(window, &handles).await;
    Some(files)
}

/// Stores the handles of files that were dropped on the page. The browser gives them out only
/// during the event.
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

/// Removes the stored handles, since the chosen files have none.
pub(crate) fn forget(window: &Window) {
    let window = window.clone();
    spawn_local(async move {
        // If nothing can be stored, there is nothing to remove.
        let _ = put(&window, &Array::new()).await;
    });
}

/// Finds files of these names again. With `ask`, which must come of a click, the browser asks
/// the person whether the page may read them.
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
        // The files were moved or deleted.
        Err(_) => FoundFiles::Gone,
    }
}

async fn may_read(handle: &JsValue, ask: bool) -> JsResult<bool> {
    let how = JSON::parse(r#"{"mode": "read"}"#)?;
    let mut answer = call(handle, "queryPermission", Some(&how)).await?;
    if ask && answer.as_string().as_deref() == Some("prompt") {
        answer = call(handle, "requestPermission", Some(&how)).await?;
    }
    Ok(answer.as_string().as_deref() == Some("granted"))
}

/// The files of handles, with addresses that the worker can read.
async fn open(handles: &Array) -> JsResult<Vec<LocalFile>> {
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

async fn put(window: &Window, handles: &Array) -> JsResult<()> {
    let store = store(window, IdbTransactionMode::Readwrite).await?;
    done(&store.put_with_key(handles, &KEY.into())?).await.map(drop)
}

async fn get(window: &Window) -> JsResult<Array> {
    let store = store(window, IdbTransactionMode::Readonly).await?;
    let found = done(&store.get(&KEY.into())?).await?;
    // Without handles, it is undefined, which is no array.
    found.dyn_into()
}

async fn store(window: &Window, mode: IdbTransactionMode) -> JsResult<IdbObjectStore> {
    let factory = window.indexed_db()?.ok_or("there is no database")?;
    let opening = factory.open_with_u32(DATABASE, 1)?;
    let made = opening.clone();
    let make = Closure::once_into_js(move || {
        let database = made.result().ok();
        let database = database.and_then(|it| it.dyn_into::<IdbDatabase>().ok());
        // If this fails, so does the transaction below.
        let _ = database.map(|database| database.create_object_store(STORE));
    });
    opening.set_onupgradeneeded(Some(make.unchecked_ref::<Function>()));
    let database: IdbDatabase = done(&opening).await?.dyn_into()?;
    database.transaction_with_str_and_mode(STORE, mode)?.object_store(STORE)
}

/// Waits for a request of the database.
async fn done(request: &IdbRequest) -> JsResult<JsValue> {
    let ended = Promise::new(&mut |resolve, reject| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    });
    JsFuture::from(ended).await?;
    request.result()
}

/// Calls a method that not all browsers have, and awaits its promise.
async fn call(
    object: &JsValue,
    name: &str,
    argument: Option<&JsValue>,
) -> JsResult<JsValue> {
    JsFuture::from(Promise::resolve(&invoke(object, name, argument)?)).await
}

fn invoke(object: &JsValue, name: &str, argument: Option<&JsValue>) -> JsResult<JsValue> {
    let method: Function = Reflect::get(object, &name.into())?.dyn_into()?;
    match argument {
        Some(argument) => method.call1(object, argument),
        None => method.call0(object),
    }
}
