//! How the worker's fastest build runs, with all its threads, in a browser without relaxed SIMD
//! (Safari, Firefox before 145): its loader writes other instructions over those before it
//! compiles the module. A list says which and where.
//!
//! All have three bytes. What takes the place of one is an instruction that gives one of the
//! results that the other may have, and fills up with `nop`. Where three bytes are too few, it
//! is a trap: the kernels use such ones only after they have asked whether there is relaxed SIMD
//! (`kernels::has_relaxed_simd`).
//!
//! Opcodes: WebAssembly core specification 3.0, section 5.4.8; canonical choices, section 4.3.5.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use wasmparser::{Parser, Payload, Validator, WasmFeatures};

/// What vector instructions begin with.
const VECTOR: u8 = 0xfd;
const NOP: u8 = 0x01;
const UNREACHABLE: u8 = 0x00;
/// Bytes of an instruction of relaxed SIMD: [`VECTOR`], and 256 and more in LEB128.
const BYTES: usize = 3;

/// What takes the place of an instruction of relaxed SIMD, whose number is 256 + `number`.
fn in_its_place(number: u8) -> Option<[u8; BYTES]> {
    Some(match number {
        // i8x16.swizzle
        0x00 => [VECTOR, 0x0e, NOP],
        // i32x4.trunc_sat_f32x4_s and _u, trunc_sat_f64x2_s_zero and _u_zero
        0x01 => [VECTOR, 0xf8, 0x01],
        0x02 => [VECTOR, 0xf9, 0x01],
        0x03 => [VECTOR, 0xfc, 0x01],
        0x04 => [VECTOR, 0xfd, 0x01],
        // Of madd and nmadd. The other is the dot product that adds.
        0x05..=0x08 | 0x13 => [UNREACHABLE, NOP, NOP],
        // v128.bitselect for laneselect
        0x09..=0x0c => [VECTOR, 0x52, NOP],
        // f32x4.min and max, f64x2.min and max
        0x0d => [VECTOR, 0xe8, 0x01],
        0x0e => [VECTOR, 0xe9, 0x01],
        0x0f => [VECTOR, 0xf4, 0x01],
        0x10 => [VECTOR, 0xf5, 0x01],
        // i16x8.q15mulr_sat_s
        0x11 => [VECTOR, 0x82, 0x01],
        // v128.and for the dot product that adds nothing: it is no such product, by which the
        // kernels know. They use it for nothing else.
        0x12 => [VECTOR, 0x4e, NOP],
        _ => return None,
    })
}

/// The list for a module: `[{"bytes": [b, b, b], "steps": [n, …]}, …]`. The bytes belong at the
/// first step from the module's start, then always one step further.
///
/// # Errors
/// If the module is damaged, or would still need relaxed SIMD.
pub(crate) fn list(module: &[u8]) -> Result<Value> {
    let mut places: BTreeMap<[u8; BYTES], Vec<usize>> = BTreeMap::new();
    let mut plain = module.to_vec();
    for (at, bytes) in replacements(module)? {
        plain[at..at + BYTES].copy_from_slice(&bytes);
        places.entry(bytes).or_default().push(at);
    }
    let features = WasmFeatures::all() - WasmFeatures::RELAXED_SIMD;
    Validator::new_with_features(features)
        .validate_all(&plain)
        .context("the module would still need relaxed SIMD")?;
    let one = |(bytes, places): ([u8; BYTES], Vec<usize>)| {
        let before = std::iter::once(&0).chain(&places);
        let steps: Vec<_> =
            places.iter().zip(before).map(|(at, from)| at - from).collect();
        json!({ "bytes": bytes, "steps": steps })
    };
    Ok(places.into_iter().map(one).collect())
}

/// Where instructions of relaxed SIMD are, in order, and what belongs there.
fn replacements(module: &[u8]) -> Result<Vec<(usize, [u8; BYTES])>> {
    let mut found = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        let Payload::CodeSectionEntry(body) = payload? else { continue };
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            let at = usize::try_from(operators.original_position())?;
            operators.read()?;
            let end = usize::try_from(operators.original_position())?;
            // The upper bit says that the number goes on.
            let &[VECTOR, low @ 0x80..=0xff, 0x02] = &module[at..end] else { continue };
            let bytes = in_its_place(low & 0x7f);
            let bytes = bytes.with_context(|| {
                format!("an unknown instruction of relaxed SIMD at {at}: {low:#x}")
            })?;
            found.push((at, bytes));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const THREE: [&str; 9] = [
        "f32x4.relaxed_madd",
        "f32x4.relaxed_nmadd",
        "f64x2.relaxed_madd",
        "f64x2.relaxed_nmadd",
        "i8x16.relaxed_laneselect",
        "i16x8.relaxed_laneselect",
        "i32x4.relaxed_laneselect",
        "i64x2.relaxed_laneselect",
        "i32x4.relaxed_dot_i8x16_i7x16_add_s",
    ];
    const TWO: [&str; 7] = [
        "i8x16.relaxed_swizzle",
        "f32x4.relaxed_min",
        "f32x4.relaxed_max",
        "f64x2.relaxed_min",
        "f64x2.relaxed_max",
        "i16x8.relaxed_q15mulr_s",
        "i16x8.relaxed_dot_i8x16_i7x16_s",
    ];
    const ONE: [&str; 4] = [
        "i32x4.relaxed_trunc_f32x4_s",
        "i32x4.relaxed_trunc_f32x4_u",
        "i32x4.relaxed_trunc_f64x2_s_zero",
        "i32x4.relaxed_trunc_f64x2_u_zero",
    ];

    /// A module with a function for each instruction.
    fn module() -> Vec<u8> {
        let of = |names: &[&str], inputs: usize| -> String {
            let get: String = (0..inputs).map(|i| format!("local.get {i} ")).collect();
            let function = |name: &&str| {
                let parameters = "v128 ".repeat(inputs);
                format!("(func (param {parameters}) (result v128) {get} {name})\n")
            };
            names.iter().map(function).collect()
        };
        let all = of(&THREE, 3) + &of(&TWO, 2) + &of(&ONE, 1);
        wat::parse_str(format!("(module {all})")).unwrap()
    }

    fn is_valid(module: &[u8]) -> bool {
        let features = WasmFeatures::all() - WasmFeatures::RELAXED_SIMD;
        Validator::new_with_features(features).validate_all(module).is_ok()
    }

    /// What the loader does.
    fn replaced(module: &[u8]) -> Vec<u8> {
        let mut plain = module.to_vec();
        for one in list(module).unwrap().as_array().unwrap() {
            let bytes: Vec<u8> = serde_json::from_value(one["bytes"].clone()).unwrap();
            let steps: Vec<usize> = serde_json::from_value(one["steps"].clone()).unwrap();
            let mut at = 0;
            for step in steps {
                at += step;
                plain[at..at + BYTES].copy_from_slice(&bytes);
            }
        }
        plain
    }

    #[test]
    fn every_instruction_of_relaxed_simd_has_one_that_takes_its_place() {
        let module = module();
        assert!(!is_valid(&module));
        assert_eq!(replacements(&module).unwrap().len(), 20);
        let plain = replaced(&module);
        assert!(is_valid(&plain) && plain.len() == module.len());
        assert_eq!(list(&plain).unwrap(), json!([]));
    }

    #[test]
    fn what_only_looks_like_such_an_instruction_stays() {
        // A dot product's bytes as a constant, as an address and as data; and a lane's number.
        let module = wat::parse_str(
            r#"(module (memory 1) (data "\fd\93\02")
                (func (result v128)
                    v128.const i8x16 0xfd 0x93 0x02 0xfd 0x93 0x02 0 0 0 0 0 0 0 0 0 0)
                (func (result i32) i32.const 0 i32.load offset=0x89fd)
                (func (param v128) (result i32) local.get 0 i8x16.extract_lane_s 2))"#,
        );
        let module = module.unwrap();
        let looks = |bytes: &&[u8]| **bytes == [0xfd, 0x93, 0x02];
        assert!(module.windows(3).filter(looks).count() >= 3);
        assert_eq!(list(&module).unwrap(), json!([]));
    }

    #[test]
    fn what_is_no_module_is_an_error() {
        assert!(list(b"no module").is_err());
    }
}
