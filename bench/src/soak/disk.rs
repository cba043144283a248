//! A disk with too little room: a small file system in memory, where one can be made, and
//! a hub with a model that does not fit.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;
use stand_in_hub::{Behaviour, HubModel, StandInHub};

/// The model that does not fit.
pub(super) const BIG_MODEL: &str = "owner/big";
/// Its bytes.
pub(super) const BIG_MODEL_BYTES: usize = 24 << 20;
/// The size of the disk, as an option of `mount`.
const DISK_SIZE: &str = "size=8m";

/// The disk with its hub; it is unmounted when the value is dropped.
pub(super) struct FullDisk {
    folder: PathBuf,
    hub: StandInHub,
}

impl FullDisk {
    /// Makes both. `None` if this process may not mount a file system.
    ///
    /// # Errors
    /// If no folder can be created.
    pub(super) async fn make() -> Result<Option<FullDisk>> {
        let folder =
            std::env::temp_dir().join(format!("soak-disk-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", DISK_SIZE, "tmpfs"])
            .arg(&folder)
            .output();
        if !mount.is_ok_and(|output| output.status.success()) {
            std::fs::remove_dir(&folder)?;
            return Ok(None);
        }
        let model =
            HubModel::new(BIG_MODEL, vec![("model.gguf", vec![7; BIG_MODEL_BYTES])]);
        let hub = StandInHub::start(vec![model], Behaviour::default()).await;
        Ok(Some(FullDisk { folder, hub }))
    }

    /// The environment variables with which a server uses both.
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
        // Nothing else can be done about a disk that cannot be unmounted.
        let _ = Command::new("umount").arg("-l").arg(&self.folder).output();
        let _ = std::fs::remove_dir(&self.folder);
    }
}
