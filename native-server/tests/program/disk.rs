//! No room in the folder that models are downloaded to. The folder is a small file system
//! in memory, which only root can make, and not in every container: where it cannot be
//! made, the test says so and does nothing.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use random_model::{Kind, Shape};
use serde_json::json;
use stand_in_hub::{Behaviour, HubModel, StandInHub};

use crate::running::{Program, tiny_model};

/// A small file system, taken away with the value.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(place: &Path, megabytes: usize) -> Option<SmallDisk> {
        std::fs::create_dir_all(place).unwrap();
        let size = format!("size={megabytes}m");
        let mount = ["-t", "tmpfs", "-o", &size, "tmpfs"];
        let output = Command::new("mount").args(mount).arg(place).output();
        match output {
            Ok(output) if output.status.success() => Some(SmallDisk(place.to_owned())),
            _ => None,
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // What is left of it goes with the machine.
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_costs_the_download_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("small");
    let Some(disk) = SmallDisk::mount(&place, 96) else {
        test_support::skip("this process may not mount a small file system");
        return;
    };
    let ballast = disk.0.join("ballast");
    std::fs::write(&ballast, vec![1; 80 << 20]).unwrap();
    let shape = Shape { vocab_size: 200_000, ..Shape::tiny() };
    let model = HubModel::of("owner/big", &random_model::files(&shape, Kind::Base, 1));
    let hub = StandInHub::start(vec![model], Behaviour::default()).await;
    let (home, endpoint) =
        (disk.0.to_str().unwrap().to_owned(), hub.endpoint().to_owned());
    let start = move |id: &str| {
        let variables = [("HF_HOME", &*home), ("HF_ENDPOINT", &*endpoint)];
        Program::start(&["--device", "cpu", "--port", "0", "--model", id], &variables)
    };
    tokio::task::block_in_place(|| {
        let mut full = start("owner/big");
        full.wait_for("could not be loaded");
        let answer = full.post("/api/score", &json!({ "text": "Hello" }));
        assert_eq!(answer.status, 500);
        let told = answer.json()["error"].as_str().unwrap().to_owned();
        assert!(told.contains("not enough room"), "{told}");
        assert!(!told.contains(disk.0.to_str().unwrap()), "{told}");
        assert_eq!(full.get("/healthz").json()["status"], "failed");
        assert_eq!(full.get("/api/models").status, 200);
        full.terminate();
        assert!(full.ended().success());

        // Whoever needs no room there goes on as ever.
        let model = tiny_model(folder.path());
        let other = start(model.to_str().unwrap());
        other.wait_until_ready();
        assert_eq!(other.post("/api/score", &json!({ "text": "Hello" })).status, 200);

        // With room, it is there after all.
        std::fs::remove_file(&ballast).unwrap();
        let again = start("owner/big");
        again.wait_until_ready();
        assert_eq!(again.post("/api/score", &json!({ "text": "Hello" })).status, 200);
    });
    // The hub's server needs its time, too.
    tokio::time::sleep(Duration::from_millis(1)).await;
}
