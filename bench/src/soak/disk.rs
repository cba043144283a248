//! A disk with too little room: a small file system in memory, where one can be made, and
//! a hub with a model that does not fit.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;
use stand_in_hub::{Behaviour, HubModel, StandInHub};

use super::faults::BIG;

/// Bytes of the model.
pub(super) const MODEL_BYTES: usize = 24 << 20;
/// The disk's size, as `mount` reads it.
const ROOM: &str = "size=8m";

/// The disk with its hub; taken away with the value.
pub(super) struct FullDisk {
    folder: PathBuf,
    hub: StandInHub,
}

impl FullDisk {
    /// Makes both; none where this system lets no one make a file system.
    ///
    /// # Errors
    /// If not even a folder can be made.
    pub(super) async fn make() -> Result<Option<FullDisk>> {
        let folder =
            std::env::temp_dir().join(format!("soak-disk-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", ROOM, "tmpfs"])
            .arg(&folder)
            .output();
        if !mount.is_ok_and(|output| output.status.success()) {
            std::fs::remove_dir(&folder)?;
            return Ok(None);
        }
        let model = HubModel::new(BIG, vec![("model.gguf", vec![7; MODEL_BYTES])]);
        let hub = StandInHub::start(vec![model], Behaviour::default()).await;
        Ok(Some(FullDisk { folder, hub }))
    }

    /// What a server must be told to use both.
    pub(super) fn variables(&self) -> [(&str, String); 3] {
        [
            ("HF_HOME", self.folder.display().to_string()),
            ("HF_ENDPOINT", self.hub.endpoint().to_owned()),
            ("NEXTTOKEN_HUB_FETCH", "1".to_owned()),
        ]
    }
}

impl Drop for FullDisk {
    fn drop(&mut self) {
        // What is left of it goes with the machine.
        let _ = Command::new("umount").arg("-l").arg(&self.folder).output();
        let _ = std::fs::remove_dir(&self.folder);
    }
}
