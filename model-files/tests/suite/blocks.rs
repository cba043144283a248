//! The values of blocks of every format: those of llama.cpp's Python package, those that
//! candle reads, and those of a plain reading of ggml's description.

use candle_core::Device;
use candle_core::quantized::{GgmlDType, QStorage, QTensor};
use half::f16;
use kernels::{PackedFormat, PackedMatrix};
use test_support::Random;

/// The values of rows of blocks, [rows, columns].
fn values(format: PackedFormat, rows: usize, columns: usize, bytes: &[u8]) -> Vec<f32> {
    let mut matrix = PackedMatrix::zeros(format, rows, columns).unwrap();
    matrix.set_rows_from_ggml(0, bytes).unwrap();
    let mut values = vec![0.0; rows * columns];
    for (row, values) in values.chunks_exact_mut(columns).enumerate() {
        matrix.row(row, values);
    }
    values
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks_exact(2);
    let byte = |two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap();
    digits.map(byte).collect()
}

#[test]
fn blocks_have_the_values_that_llama_cpps_python_package_reads() {
    let fixture = include_str!("../fixtures/blocks.json");
    let fixture: serde_json::Value = serde_json::from_str(fixture).unwrap();
    for format in PackedFormat::ALL {
        let of = |key| unhex(fixture[format.name()][key].as_str().unwrap());
        let expected = of("values");
        let numbers = expected.as_chunks().0.iter().map(|four| f32::from_le_bytes(*four));
        let expected: Vec<f32> = numbers.collect();
        let columns = format.block_columns();
        let found = values(format, expected.len() / columns, columns, &of("blocks"));
        assert_eq!(found, expected, "{}", format.name());
        assert!(expected.iter().any(|value| *value != 0.0));
    }
}

/// Where a format's blocks have f16 numbers.
fn halves(format: PackedFormat) -> &'static [usize] {
    match format {
        PackedFormat::Q4_1 | PackedFormat::Q5_1 => &[0, 2],
        PackedFormat::Q4K | PackedFormat::Q5K => &[0, 2],
        PackedFormat::Q2K => &[80, 82],
        PackedFormat::Q3K => &[108],
        PackedFormat::Q6K => &[208],
        PackedFormat::Mxfp4 => &[],
        _ => &[0],
    }
}

/// Rows of random blocks whose scales are finite.
fn random_rows(format: PackedFormat, blocks: usize, random: &mut Random) -> Vec<u8> {
    let size = format.ggml_block_bytes();
    let mut bytes: Vec<u8> =
        (0..blocks * size).map(|_| random.below(256) as u8).collect();
    for block in bytes.chunks_exact_mut(size) {
        for at in halves(format) {
            let half = (random.below(0x7C00) | random.below(2) << 15) as u16;
            block[*at..][..2].copy_from_slice(&half.to_le_bytes());
        }
        if format == PackedFormat::Mxfp4 {
            block[0] = random.below(250) as u8;
        }
    }
    bytes
}

#[test]
fn blocks_have_the_values_that_candle_reads() {
    let mut random = Random::new(7);
    for (format, dtype) in [
        (PackedFormat::Q4_0, GgmlDType::Q4_0),
        (PackedFormat::Q4_1, GgmlDType::Q4_1),
        (PackedFormat::Q5_0, GgmlDType::Q5_0),
        (PackedFormat::Q5_1, GgmlDType::Q5_1),
        (PackedFormat::Q8_0, GgmlDType::Q8_0),
        (PackedFormat::Q2K, GgmlDType::Q2K),
        (PackedFormat::Q3K, GgmlDType::Q3K),
        (PackedFormat::Q4K, GgmlDType::Q4K),
        (PackedFormat::Q5K, GgmlDType::Q5K),
        (PackedFormat::Q6K, GgmlDType::Q6K),
    ] {
        let (rows, columns) = (19, 512);
        let bytes =
            random_rows(format, rows * columns / format.block_columns(), &mut random);
        let found = values(format, rows, columns, &bytes);
        let storage = QStorage::from_data(bytes.into(), &Device::Cpu, dtype).unwrap();
        let tensor = QTensor::new(storage, (rows, columns)).unwrap();
        let expected = tensor.dequantize(&Device::Cpu).unwrap().flatten_all().unwrap();
        assert_eq!(found, expected.to_vec1::<f32>().unwrap(), "{dtype:?}");
    }
}

/// The numbers that four bits of `IQ4_NL` and `IQ4_XS` stand for (ggml-common.h).
const NON_LINEAR: [f32; 16] = [
    -127.0, -104.0, -83.0, -65.0, -49.0, -35.0, -22.0, -10.0, 1.0, 13.0, 25.0, 38.0,
    53.0, 69.0, 89.0, 113.0,
];
/// Those of `MXFP4`: E2M1 of OCP Microscaling Formats 1.0, 5.3.3.
const E2M1: [f32; 8] = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0];

/// The values of a block of 32 whose nibbles stand for numbers: the low ones come first.
fn of_nibbles(bytes: &[u8], scale: f32, number: impl Fn(u8) -> f32) -> Vec<f32> {
    let low = bytes.iter().map(|byte| byte & 15);
    let high = bytes.iter().map(|byte| byte >> 4);
    low.chain(high).map(|nibble| scale * number(nibble)).collect()
}

#[test]
fn blocks_of_codebooks_have_the_values_of_their_description() {
    let half = |bytes: &[u8]| f16::from_le_bytes([bytes[0], bytes[1]]).to_f32();
    let non_linear = |nibble: u8| NON_LINEAR[usize::from(nibble)];
    let iq4_nl = |block: &[u8]| of_nibbles(&block[2..], half(block), non_linear);
    let iq4_xs = |block: &[u8]| {
        let upper = u16::from_le_bytes([block[2], block[3]]);
        let of_32 = |part: usize| {
            let low = block[4 + part / 2] >> (4 * (part % 2)) & 15;
            let scale = i32::from(low) + i32::from(upper >> (2 * part) & 3) * 16 - 32;
            let nibbles = &block[8 + 16 * part..][..16];
            of_nibbles(nibbles, half(block) * scale as f32, non_linear)
        };
        (0..8).flat_map(of_32).collect()
    };
    let mxfp4 = |block: &[u8]| {
        let scale = 2f64.powi(i32::from(block[0]) - 127) as f32;
        let number = |nibble: u8| match E2M1[usize::from(nibble & 7)] {
            number if nibble < 8 => number,
            number => -number,
        };
        of_nibbles(&block[1..], scale, number)
    };
    let mut random = Random::new(8);
    let mut check = |format: PackedFormat, read: &dyn Fn(&[u8]) -> Vec<f32>| {
        let (rows, columns) = (33, 768);
        let blocks = rows * columns / format.block_columns();
        let bytes = random_rows(format, blocks, &mut random);
        let expected: Vec<f32> =
            bytes.chunks_exact(format.ggml_block_bytes()).flat_map(read).collect();
        let found = values(format, rows, columns, &bytes);
        assert_eq!(found, expected, "{}", format.name());
    };
    check(PackedFormat::Iq4Nl, &iq4_nl);
    check(PackedFormat::Iq4Xs, &iq4_xs);
    check(PackedFormat::Mxfp4, &mxfp4);
}
