//! Every shader, compiled.

use gpu::catalogue;

use crate::device::gpu;

#[test]
fn every_shader_compiles() {
    let Some(gpu) = gpu() else { return };
    for kernel in catalogue() {
        if kernel.source.contains("subgroups;") && !gpu.has_subgroups {
            continue;
        }
        // A mistake in a shader ends the test with what the compiler says.
        gpu.pipeline(&kernel);
    }
}
