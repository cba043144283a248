//! A GPU in software for the tests of shaders: the one that Chromium and Chrome bring.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

/// Where they have their libraries: in Debian's packages, and in Google's.
const FOLDERS: [&str; 2] = ["/usr/lib/chromium", "/opt/google/chrome"];

/// What tells a loader of Vulkan where the driver is.
const DRIVER: &str = "vk_swiftshader_icd.json";

/// Names it to tests, where it is and the environment names no other.
pub(crate) fn name_to(tests: &mut Command) -> &mut Command {
    let mut folders = FOLDERS.iter().map(Path::new);
    let found = folders.find(|folder| folder.join(DRIVER).is_file());
    let Some(folder) = found else { return tests };
    if std::env::var_os("VK_DRIVER_FILES").is_some() {
        return tests;
    }
    // The loader itself is there, too.
    let mut libraries = OsString::from(folder);
    if let Some(others) = std::env::var_os("LD_LIBRARY_PATH") {
        libraries.push(":");
        libraries.push(others);
    }
    tests.env("VK_DRIVER_FILES", folder.join(DRIVER)).env("LD_LIBRARY_PATH", libraries)
}
