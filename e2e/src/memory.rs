//! The memory of a browser's pages.

use std::fs;

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
    let processes: Vec<(u32, u32)> = fs::read_dir("/proc")
        .ok()?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(|pid| Some((pid, parent(pid)?)))
        .collect();
    let mut family = vec![ancestor];
    let mut index = 0;
    while let Some(of) = family.get(index).copied() {
        let children = processes.iter().filter(|(_, parent)| *parent == of);
        family.extend(children.map(|(pid, _)| *pid));
        index += 1;
    }
    Some(family.into_iter().filter(|pid| is_renderer(*pid)))
}

fn is_renderer(pid: u32) -> bool {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&line).contains("--type=renderer")
}

fn parent(pid: u32) -> Option<u32> {
    field(pid, "PPid:")?.parse().ok()
}

fn bytes(pid: u32, name: &str) -> Option<u64> {
    let kilobytes: u64 = field(pid, name)?.trim_end_matches("kB").trim().parse().ok()?;
    Some(kilobytes * 1024)
}

fn field(pid: u32, name: &str) -> Option<String> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim().to_owned())
}
