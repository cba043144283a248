//! Choosing the device that a model runs on.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use engine::Device;

/// The device that a person chooses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// CUDA, then Metal, then CPU: the first that this program and machine have.
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// An NVIDIA GPU.
    Cuda,
    /// An Apple GPU.
    Metal,
}

/// Why a device cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// This program was built without it.
    #[error(
        "This server was built without {name}. Built in: {built_in}; found on this \
         machine: {found}. Choose a device that was built in, or build the server with \
         `cargo run --release -p native-server --features {feature}`."
    )]
    NotBuiltIn {
        /// The device's name for people.
        name: &'static str,
        /// The feature of this crate that brings it in.
        feature: &'static str,
        /// What was built in.
        built_in: String,
        /// What this machine has.
        found: String,
    },
    /// The machine does not have it, or its driver refuses.
    #[error(
        "{name} cannot be used: {reason}. Built in: {built_in}; found on this machine: \
         {found}. Choose the device \"cpu\" or \"auto\"."
    )]
    Refused {
        /// The device's name for people.
        name: &'static str,
        /// What the driver says.
        reason: String,
        /// What was built in.
        built_in: String,
        /// What this machine has.
        found: String,
    },
}

/// A device, ready to hold a model.
#[derive(Clone, Debug)]
pub(crate) struct OpenDevice {
    pub(crate) device: Device,
    pub(crate) name: String,
    pub(crate) threads: u32,
}

const CUDA_BUILT_IN: bool = cfg!(feature = "cuda");
const METAL_BUILT_IN: bool = cfg!(feature = "metal");

impl DeviceChoice {
    /// Reads a choice, whatever its case; `mps` is another name of Metal.
    ///
    /// # Errors
    /// A sentence with the choices.
    pub fn parse(text: &str) -> Result<DeviceChoice, String> {
        match text.to_ascii_lowercase().as_str() {
            "" | "auto" => Ok(DeviceChoice::Auto),
            "cpu" => Ok(DeviceChoice::Cpu),
            "cuda" => Ok(DeviceChoice::Cuda),
            "metal" | "mps" => Ok(DeviceChoice::Metal),
            _ => Err("it can be auto, cpu, cuda or metal".into()),
        }
    }

    /// Opens the device.
    pub(crate) fn open(self) -> Result<OpenDevice, DeviceError> {
        match self {
            DeviceChoice::Cpu => Ok(cpu()),
            DeviceChoice::Cuda => cuda(),
            DeviceChoice::Metal => metal(),
            DeviceChoice::Auto => Ok(first_available()),
        }
    }
}

fn first_available() -> OpenDevice {
    let candidates = [(CUDA_BUILT_IN, cuda as fn() -> _), (METAL_BUILT_IN, metal)];
    for (_, open) in candidates.into_iter().filter(|(built_in, _)| *built_in) {
        match open() {
            Ok(device) => return device,
            Err(error) => tracing::warn!("{error} Going on without it."),
        }
    }
    cpu()
}

fn cpu() -> OpenDevice {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    OpenDevice { device: Device::Cpu, name: "CPU".into(), threads: threads as u32 }
}

fn cuda() -> Result<OpenDevice, DeviceError> {
    // With a stream of its own: the default stream is one per thread, and a model is loaded
    // in one thread and run in another.
    let opened = gpu("CUDA", "cuda", CUDA_BUILT_IN, || Device::new_cuda_with_stream(0))?;
    let name = cuda_name(&opened.device).unwrap_or(opened.name);
    Ok(OpenDevice { name, ..opened })
}

/// The GPU's name as its maker gives it.
#[cfg(feature = "cuda")]
fn cuda_name(device: &Device) -> Option<String> {
    let name = device.as_cuda_device().ok()?.cuda_stream().context().name().ok()?;
    Some(format!("{name} (CUDA)"))
}

#[cfg(not(feature = "cuda"))]
fn cuda_name(_: &Device) -> Option<String> {
    None
}

fn metal() -> Result<OpenDevice, DeviceError> {
    gpu("Metal", "metal", METAL_BUILT_IN, || Device::new_metal(0))
}

fn gpu<E: std::fmt::Display>(
    name: &'static str,
    feature: &'static str,
    built_in: bool,
    open: impl FnOnce() -> Result<Device, E>,
) -> Result<OpenDevice, DeviceError> {
    if !built_in {
        let (built_in, found) = (built_in_names(), found());
        return Err(DeviceError::NotBuiltIn { name, feature, built_in, found });
    }
    // The bindings panic if the library of a driver is missing or broken.
    let opened = catch_unwind(AssertUnwindSafe(open));
    let reason = match opened {
        Ok(Ok(device)) => {
            return Ok(OpenDevice { device, name: name.into(), threads: 1 });
        }
        Ok(Err(error)) => first_line(&error),
        Err(_) => "its driver's library cannot be loaded".into(),
    };
    let (built_in, found) = (built_in_names(), found());
    Err(DeviceError::Refused { name, reason, built_in, found })
}

/// What this machine has, as far as it can be seen without a driver.
fn found() -> String {
    let mut found = vec!["cpu"];
    if ["/proc/driver/nvidia/version", "/dev/nvidiactl", "/dev/dxg"]
        .iter()
        .any(|file| Path::new(file).exists())
    {
        found.push("the driver of an NVIDIA GPU");
    }
    if cfg!(all(target_os = "macos", target_arch = "aarch64")) {
        found.push("an Apple GPU");
    }
    found.join(", ")
}

fn built_in_names() -> String {
    let names = [(true, "cpu"), (CUDA_BUILT_IN, "cuda"), (METAL_BUILT_IN, "metal")];
    let names: Vec<_> =
        names.iter().filter(|(is, _)| *is).map(|(_, name)| *name).collect();
    names.join(", ")
}

/// The first line of an error: messages of drivers can have pages of backtrace.
fn first_line(error: &impl std::fmt::Display) -> String {
    error.to_string().lines().next().unwrap_or_default().trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_was_not_built_in_is_refused_with_those_that_were() {
        if !CUDA_BUILT_IN {
            let error = DeviceChoice::Cuda.open().unwrap_err().to_string();
            assert!(error.contains("built without CUDA"), "{error}");
            assert!(error.contains("Built in: cpu"), "{error}");
            assert!(error.contains("found on this machine: cpu"), "{error}");
            assert!(error.contains("--features cuda"), "{error}");
        }
    }

    #[test]
    fn a_device_that_is_not_there_is_refused_with_what_is_whatever_its_driver_does() {
        let nothing = || Err("no device was found.\n  in a long trace");
        let error = gpu("CUDA", "cuda", true, nothing).unwrap_err().to_string();
        assert!(error.contains("cannot be used: no device was found. Built"), "{error}");
        assert!(error.contains("found on this machine: cpu"), "{error}");
        let panics = || -> Result<Device, String> { panic!("no library") };
        let error = gpu("CUDA", "cuda", true, panics).unwrap_err().to_string();
        assert!(error.contains("library cannot be loaded"), "{error}");
    }

    #[test]
    fn auto_always_finds_something() {
        assert!(DeviceChoice::Auto.open().unwrap().threads >= 1);
    }
}
