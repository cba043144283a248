//! The memory of processes, and whether it grows over a long time.

use anyhow::{Result, bail};

/// The memory that a process has now, in MB, if the system reports it (Linux): its number, or
/// `self`.
pub(crate) fn resident_mb(process: &str) -> Option<u64> {
    Some(status_kb(process, "VmRSS:")? / 1024)
}

/// The most memory that this process ever had, in bytes, if the system reports it (Linux).
pub(crate) fn peak_bytes() -> Option<u64> {
    Some(status_kb("self", "VmHWM:")? * 1024)
}

fn status_kb(process: &str, field: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}

/// Prints how memory developed, by samples in MB at equal intervals.
///
/// # Errors
/// If the most of the last third exceeds that of the first by more than a tenth and `slack_mb`,
/// or if there are fewer than three samples.
pub(crate) fn check_growth(samples_mb: &[u64], slack_mb: u64) -> Result<()> {
    let third = samples_mb.len() / 3;
    if third == 0 {
        bail!("memory was not measured often enough");
    }
    let most = |part: &[u64]| part.iter().copied().max().unwrap_or_default();
    let first = most(&samples_mb[..third]);
    let last = most(&samples_mb[samples_mb.len() - third..]);
    println!("memory: {first} MB at most in the first third, {last} MB in the last");
    if last > first + first / 10 + slack_mb {
        bail!("memory grew from {first} MB to {last} MB");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_that_stays_within_the_slack_does_not_grow() {
        check_growth(&[90, 100, 300, 100, 120, 126], 16).unwrap();
    }

    #[test]
    fn memory_that_exceeds_the_slack_grows() {
        assert!(check_growth(&[90, 100, 300, 100, 120, 127], 16).is_err());
    }

    #[test]
    fn two_samples_say_nothing() {
        assert!(check_growth(&[100, 100], 16).is_err());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_has_some_memory_and_had_at_least_as_much() {
        let resident = resident_mb("self").unwrap();
        assert!(resident > 0 && peak_bytes().unwrap() >> 20 >= resident - 1);
    }
}
