//! The processes of a browser, on Linux.

use std::fs;

/// A process and all that it has started, directly or not. None on systems other than Linux.
pub(crate) fn family(ancestor: u32) -> Option<Vec<u32>> {
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
    Some(family)
}

fn parent(pid: u32) -> Option<u32> {
    field(pid, "PPid:")?.parse().ok()
}

/// A line of what the system tells of a process.
pub(crate) fn field(pid: u32, name: &str) -> Option<String> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim().to_owned())
}
