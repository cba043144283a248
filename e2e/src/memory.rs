//! The memory of a browser's pages.

use std::fs;

use crate::processes::{family, field};

/// The peak memory of any renderer process below `ancestor`, in bytes: of a page with its
/// workers, WebAssembly included. None on systems other than Linux, or without a renderer.
pub(crate) fn renderers_peak(ancestor: u32) -> Option<u64> {
    renderers(ancestor)?.filter_map(|pid| bytes(pid, "VmHWM:")).max()
}

/// The current memory of all renderer processes below `ancestor`, in bytes.
pub(crate) fn renderers_now(ancestor: u32) -> Option<u64> {
    Some(renderers(ancestor)?.filter_map(|pid| bytes(pid, "VmRSS:")).sum())
}

fn renderers(ancestor: u32) -> Option<impl Iterator<Item = u32>> {
    Some(family(ancestor)?.into_iter().filter(|pid| is_renderer(*pid)))
}

fn is_renderer(pid: u32) -> bool {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&line).contains("--type=renderer")
}

fn bytes(pid: u32, name: &str) -> Option<u64> {
    let kilobytes: u64 = field(pid, name)?.trim_end_matches("kB").trim().parse().ok()?;
    Some(kilobytes * 1024)
}
