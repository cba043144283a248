//! Starts Chromium by its driver.

use std::path::Path;
use std::process::{Child, Command};

use anyhow::{Context, Result};
use thirtyfour::prelude::*;
use thirtyfour::{ChromeCapabilities, ChromiumLikeCapabilities, LoggingPrefsLogLevel};

use super::driver::TEMPORARY;

/// Whether a browser has a GPU.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gpu {
    /// None.
    #[default]
    None,
    /// One in software, for WebGPU.
    Software,
    /// That of this machine, by Vulkan on Linux.
    Real,
}

impl Gpu {
    fn arguments(self) -> &'static [&'static str] {
        match self {
            Gpu::None => &["--disable-gpu"],
            Gpu::Software => &[
                "--enable-unsafe-webgpu",
                "--enable-features=Vulkan",
                "--use-webgpu-adapter=swiftshader",
            ],
            // As Chrome's documentation has it for headless machines; elsewhere these change
            // nothing.
            Gpu::Real => &[
                "--enable-unsafe-webgpu",
                "--enable-features=Vulkan",
                "--use-angle=vulkan",
                "--disable-vulkan-surface",
            ],
        }
    }
}

/// Starts chromedriver on a free port, and a browser by it, which write to a folder.
pub(super) async fn start(gpu: Gpu, folder: &Path) -> Result<(Child, WebDriver)> {
    let program = std::env::var_os("CHROMEDRIVER").unwrap_or("chromedriver".into());
    let mut command = Command::new(program);
    let (server, port) = super::driver::start_driver(
        command.arg("--port=0").env(TEMPORARY, folder),
        "started successfully on port ",
    )?;
    let mut capabilities = ChromeCapabilities::new();
    if let Some(binary) = std::env::var_os("CHROME").and_then(|b| b.into_string().ok()) {
        capabilities.set_binary(&binary)?;
    }
    for argument in [
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--window-size=1280,800",
    ] {
        capabilities.add_arg(argument)?;
    }
    for argument in gpu.arguments() {
        capabilities.add_arg(argument)?;
    }
    capabilities.set_browser_log_level(LoggingPrefsLogLevel::Severe)?;
    let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities)
        .await
        .context("Chromium did not start")?;
    Ok((server, driver))
}
