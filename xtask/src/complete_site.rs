//! The last step of a build of the site, which trunk calls by a hook (Trunk.toml) once all
//! else is there: a smaller page, the worker's second build, a folder for both builds that is named by
//! their contents, the languages, the page's policy, and the service worker that knows all files.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::contents::name_of;
use crate::{fast_worker, site_languages, wasm_opt};

/// What both builds of the worker consist of, and the worker for what is shared. Page and
/// workers belong together, whatever a host or a browser has kept of an older build: so the
/// page names the folder.
const WORKER: [&str; 11] = [
    "worker.js",
    "worker_bg.wasm",
    "worker_loader.js",
    "worker_fast.js",
    "worker_fast_bg.wasm",
    "worker_fast_loader.js",
    "worker_fast_plain.json",
    "worker_member.js",
    "sharing-worker.js",
    "sharing-worker_bg.wasm",
    "sharing-worker_loader.js",
];
/// What the page has where the folder's name and the build's belong.
const PLACE: &str = r#"<meta id="worker-folder" content="./" data-build="">"#;
/// What the page has where the policy belongs that it is held to, before all scripts.
const POLICY: &str = r#"<meta http-equiv="Content-Security-Policy" content="">"#;
const PAGE: &str = "index.html";
/// Edited by whoever hosts the site, so it is no part of a build.
const CATALOGUE: &str = "models.json";

/// Completes the site where trunk assembles it.
pub(crate) fn complete(root: &Path) -> Result<()> {
    let staging = env::var_os("TRUNK_STAGING_DIR").map(PathBuf::from);
    let staging =
        staging.context("trunk calls this, and says where the site is put together")?;
    wasm_opt::shrink(root, &staging)?;
    fast_worker::build(root, &staging)?;
    let folder = gather_worker(&staging)?;
    let page = read(&staging.join(PAGE))?;
    for place in [PLACE, POLICY] {
        if !page.contains(place) {
            bail!("index.html has no place for what the build adds: {place}");
        }
    }
    let page = site_languages::put_in_place(&staging, &page)?;
    // So that its texts are part of the build's name.
    write(&staging.join(PAGE), &page)?;
    let files = files(&staging)?;
    let build = name_of(&staging, files.iter().map(String::as_str))?;
    let named = format!(
        r#"<meta id="worker-folder" content="./{folder}/" data-build="{build}">"#
    );
    let policy = content_policy::in_page(&page);
    let policed = POLICY.replace("content=\"\"", &format!("content=\"{policy}\""));
    let page = page.replace(PLACE, &named).replace(POLICY, &policed);
    write(&staging.join(PAGE), &page)?;
    let script = read(&root.join("app/js/service_worker.js"))?;
    let listed = files.iter().filter(|file| *file != PAGE);
    let listed: Vec<String> = listed.map(|file| format!("  {file:?},\n")).collect();
    let script = script
        .replace("\"@build@\"", &format!("{build:?}"))
        .replace("[\"@files@\"]", &format!("[\n{}]", listed.concat()));
    write(&staging.join("service-worker.js"), &script)
}

/// Puts the worker's files into a folder of their own; its name.
fn gather_worker(staging: &Path) -> Result<String> {
    let comes_later = env::var_os(fast_worker::LATER).is_some();
    let there = |file: &&str| !comes_later || staging.join(file).is_file();
    let worker: Vec<&str> = WORKER.into_iter().filter(there).collect();
    let folder = format!("worker-{}", name_of(staging, worker.iter().copied())?);
    let place = staging.join(&folder);
    fs::create_dir_all(&place)?;
    for file in worker {
        fs::rename(staging.join(file), place.join(file))
            .with_context(|| format!("{file} cannot be moved"))?;
    }
    Ok(folder)
}

/// The files of the build, by their paths from the page; in order.
fn files(staging: &Path) -> Result<Vec<String>> {
    fn collect(root: &Path, folder: &Path, into: &mut Vec<String>) -> Result<()> {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                collect(root, &path, into)?;
                continue;
            }
            let name = path.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
            if name != CATALOGUE {
                into.push(name);
            }
        }
        Ok(())
    }
    let mut found = Vec::new();
    collect(staging, staging, &mut found)?;
    found.sort();
    Ok(found)
}

fn read(file: &Path) -> Result<String> {
    fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}

fn write(file: &Path, text: &str) -> Result<()> {
    fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}
