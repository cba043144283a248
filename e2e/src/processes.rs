//! The processes of a browser, on Linux.

use std::fs;
use std::time::{Duration, Instant};

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

/// Waits until processes have ended, as long as that takes at most.
pub(crate) fn wait_for_end(processes: &[u32], at_most: Duration) {
    let start = Instant::now();
    // One that nobody has asked for its status runs no more.
    let runs =
        |pid: &u32| field(*pid, "State:").is_some_and(|state| !state.starts_with('Z'));
    while processes.iter().any(runs) && start.elapsed() < at_most {
        std::thread::sleep(Duration::from_millis(5));
    }
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
