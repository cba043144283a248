//! Every shader, compiled.

use gpu::catalogue;

use crate::device::gpu;

#[test]
fn every_shader_compiles() {
    let Some(gpu) = gpu() else { return };
    for kernel in catalogue() {
        // A mistake in a shader ends the test with what the compiler says.
        gpu.pipeline(&kernel);
    }
}
