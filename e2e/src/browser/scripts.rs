//! Scripts of the harness itself.

/// Records what the page's policy has refused. As text: Firefox lets a page that takes the place
/// of an empty tab not touch what was made in that.
pub(super) const WATCH_POLICY: &str = "self.refusedByPolicy = '';
    addEventListener('securitypolicyviolation', (event) => {
        refusedByPolicy += `${event.effectiveDirective} ${event.blockedURI}\n`;
    });";

/// Whether a module of one function, with one instruction of relaxed SIMD, is valid.
pub(super) const HAS_RELAXED_SIMD: &str = "return WebAssembly.validate(new Uint8Array([
    0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 19, 1, 17, 0,
    65, 0, 253, 15, 65, 0, 253, 15, 65, 0, 253, 15, 253, 147, 2, 11]));";
