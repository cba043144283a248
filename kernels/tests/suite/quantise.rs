//! Rows of numbers in blocks: how near the blocks come to them.

use fastrand::Rng;
use half::f16;
use kernels::{PackedFormat, PackedMatrix, can_be_packed};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const FORMATS: [PackedFormat; 8] = [
    PackedFormat::Q4_0,
    PackedFormat::Q4_1,
    PackedFormat::Q5_0,
    PackedFormat::Q5_1,
    PackedFormat::Q8_0,
    PackedFormat::Q4K,
    PackedFormat::Q5K,
    PackedFormat::Q6K,
];

/// What a row becomes.
fn stored(format: PackedFormat, numbers: &[f32]) -> Vec<f32> {
    let mut matrix = PackedMatrix::zeros(format, 1, numbers.len()).unwrap();
    matrix.set_row(0, numbers);
    let mut row = vec![0.0; numbers.len()];
    matrix.row(0, &mut row);
    row
}

fn squared_error(numbers: &[f32], stored: &[f32]) -> f64 {
    let pairs = numbers.iter().zip(stored);
    pairs.map(|(x, y)| (f64::from(*x) - f64::from(*y)).powi(2)).sum()
}

fn in_f16(number: f32) -> f32 {
    f16::from_f32(number).to_f32()
}

/// Lowest and highest integer, and whether a block has a minimum, or its parts have.
fn levels(format: PackedFormat) -> (f32, f32, bool) {
    match format {
        PackedFormat::Q4_0 => (-8.0, 7.0, false),
        PackedFormat::Q5_0 => (-16.0, 15.0, false),
        PackedFormat::Q8_0 => (-127.0, 127.0, false),
        PackedFormat::Q6K => (-32.0, 31.0, false),
        PackedFormat::Q4_1 | PackedFormat::Q4K => (0.0, 15.0, true),
        _ => (0.0, 31.0, true),
    }
}

/// The row, rounded without a search: the range of each block of 32, or part of 16, is that
/// of the integers. Formats of 256 columns have exact scales here, which favours this.
fn plainly_rounded(format: PackedFormat, numbers: &[f32]) -> Vec<f32> {
    let (low, high, has_minimum) = levels(format);
    let part = if format == PackedFormat::Q6K { 16 } else { 32 };
    let in_f16 = |x: f32| if format.block_columns() == 32 { in_f16(x) } else { x };
    let block = |numbers: &[f32]| -> Vec<f32> {
        let least = numbers.iter().fold(f32::INFINITY, |least, x| least.min(*x));
        let most = numbers.iter().fold(f32::NEG_INFINITY, |most, x| most.max(*x));
        let (scale, minimum) = match has_minimum {
            true => {
                let below_0 = format.block_columns() == 256;
                let least = if below_0 { least.min(0.0) } else { least };
                ((most - least) / high, in_f16(least))
            }
            false => (if -least > most { least } else { most } / low, 0.0),
        };
        // The integers belong to the scale before it is rounded, as in ggml.
        let inverse = if scale == 0.0 { 0.0 } else { 1.0 / scale };
        let integer = |x: f32| ((x - minimum) * inverse).round().clamp(low, high);
        numbers.iter().map(|x| integer(*x) * in_f16(scale) + minimum).collect()
    };
    numbers.chunks(part).flat_map(block).collect()
}

/// Numbers of a normal distribution, as weights mostly are.
fn normal(random: &mut Rng, count: usize) -> Vec<f32> {
    let uniform = |random: &mut Rng| random.f32().max(1e-9);
    let normal = |random: &mut Rng| {
        let angle = std::f32::consts::TAU * uniform(random);
        (-2.0 * uniform(random).ln()).sqrt() * angle.cos() * 0.02
    };
    (0..count).map(|_| normal(random)).collect()
}

#[test]
fn the_search_takes_a_good_part_of_the_error_of_plain_rounding() {
    let mut random = Rng::with_seed(1);
    let rows: Vec<Vec<f32>> = (0..40).map(|_| normal(&mut random, 1024)).collect();
    for (format, share) in
        FORMATS.into_iter().zip([0.90, 0.80, 0.90, 0.80, 0.82, 0.9, 0.9, 0.9])
    {
        let sum = |of: &dyn Fn(&[f32]) -> Vec<f32>| -> f64 {
            rows.iter().map(|row| squared_error(row, &of(row))).sum()
        };
        let searched = sum(&|row| stored(format, row));
        let plain = sum(&|row| plainly_rounded(format, row));
        assert!(searched < share * plain, "{}: {}", format.name(), searched / plain);
    }
}

#[test]
fn no_block_comes_out_worse_than_with_plain_rounding() {
    let mut random = Rng::with_seed(2);
    for round in 0..2000 {
        let columns = 32;
        let scale = 10f32.powi(random.i32(-4..4));
        let offset = if round % 3 == 0 { random.f32() - 0.5 } else { 0.0 };
        let mut numbers: Vec<f32> = match round % 2 {
            0 => normal(&mut random, columns).iter().map(|x| x * 50.0).collect(),
            _ => (0..columns).map(|_| random.f32() - 0.5).collect(),
        };
        numbers.iter_mut().for_each(|x| *x = (*x + offset) * scale);
        if round % 5 == 0 {
            numbers[random.usize(..columns)] *= 30.0;
        }
        for format in FORMATS.into_iter().filter(|format| format.block_columns() == 32) {
            let searched = squared_error(&numbers, &stored(format, &numbers));
            let plain = squared_error(&numbers, &plainly_rounded(format, &numbers));
            // Sums of squares are in f32 there.
            let slack = 1e-5 * plain
                + 1e-11 * numbers.iter().map(|x| f64::from(x * x)).sum::<f64>();
            assert!(searched <= plain + slack, "{}: {searched} {plain}", format.name());
        }
    }
}

#[test]
fn numbers_that_a_block_holds_stay_what_they_are() {
    let mut random = Rng::with_seed(3);
    for format in FORMATS.into_iter().filter(|format| format.block_columns() == 32) {
        let (low, high, has_minimum) = levels(format);
        for _ in 0..200 {
            let scale = in_f16(random.f32() * 10f32.powi(random.i32(-3..3)) + 1e-4);
            let minimum =
                if has_minimum { in_f16(-scale * high * random.f32()) } else { 0.0 };
            let mut integers: Vec<f32> =
                (0..32).map(|_| random.i32(low as i32..=high as i32) as f32).collect();
            // As all blocks have that were rounded.
            integers[random.usize(..16)] = low;
            integers[random.usize(16..32)] = high;
            let numbers: Vec<f32> =
                integers.iter().map(|q| scale * q + minimum).collect();
            assert_eq!(stored(format, &numbers), numbers, "{}", format.name());
        }
    }
}

/// The farthest that a number may be from what it becomes: half of a step, if the range of
/// all 256 numbers were that of the integers, and what scales are rounded by.
fn bound(format: PackedFormat, numbers: &[f32]) -> f32 {
    let (low, high, _) = levels(format);
    let largest = numbers.iter().fold(0f32, |largest, x| largest.max(x.abs()));
    // Numbers on one side of 0 have half of the levels there.
    let step = 2.0 * largest / (high - low);
    // Half of the smallest f16, for the scale with each integer and for the minimum.
    let rounded = 2f32.powi(-25) * (high - low).max(63.0);
    1.1 * step + largest / 500.0 + rounded
}

#[test]
fn extreme_rows_are_as_near_as_blocks_can_be() {
    let mut outlier = vec![0.01; 256];
    outlier[77] = -300.0;
    let mut random = Rng::with_seed(4);
    let of_size = |random: &mut Rng, size: f32| -> Vec<f32> {
        (0..256).map(|_| (random.f32() - 0.5) * size).collect()
    };
    let mut rows = vec![
        ("zeros", vec![0.0; 256]),
        ("negative zeros", vec![-0.0; 256]),
        ("all equal", vec![0.37; 256]),
        ("all equal, below 0", vec![-0.37; 256]),
        ("one outlier", outlier),
        ("one number", [vec![0.0; 255], vec![2.5]].concat()),
        ("the largest", [vec![65_504.0; 128], vec![-65_504.0; 128]].concat()),
        ("subnormal f32", vec![1e-40; 256]),
    ];
    for size in [1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-9, 1e5] {
        rows.push(("of one size", of_size(&mut random, size)));
    }
    for (name, row) in &rows {
        assert!(can_be_packed(row), "{name}");
        for format in FORMATS {
            let bound = bound(format, row);
            for (x, y) in row.iter().zip(stored(format, row)) {
                assert!((x - y).abs() <= bound, "{name}, {}: {x} {y}", format.name());
            }
        }
    }
    assert_eq!(stored(PackedFormat::Q4K, &rows[0].1), rows[0].1);
}

#[test]
fn eight_bits_hold_small_numbers_as_well_as_an_f16_scale_can() {
    let mut random = Rng::with_seed(5);
    for exponent in -30..3 {
        let largest = 2f32.powi(exponent) * 1.37;
        let mut numbers: Vec<f32> =
            (0..32).map(|_| (2.0 * random.f32() - 1.0) * largest).collect();
        numbers[3] = largest;
        // The next f16 number above the best scale may be that much larger.
        let scale = (largest / 127.0).max(largest / 127.0 + 2f32.powi(-24));
        for (x, y) in numbers.iter().zip(stored(PackedFormat::Q8_0, &numbers)) {
            assert!((x - y).abs() <= 0.6 * scale, "2^{exponent}: {x} {y}");
        }
    }
}

#[test]
fn rows_need_not_be_whole_blocks_of_32() {
    let mut random = Rng::with_seed(6);
    for columns in [1, 5, 31, 33, 64, 172] {
        let numbers: Vec<f32> =
            normal(&mut random, columns).iter().map(|x| x + 0.1).collect();
        for format in FORMATS.into_iter().filter(|format| format.block_columns() == 32) {
            let rounded = stored(format, &numbers);
            let plain = plainly_rounded(format, &numbers);
            let (searched, plain) =
                (squared_error(&numbers, &rounded), squared_error(&numbers, &plain));
            assert!(searched <= 1.001 * plain + 1e-9, "{}, {columns}", format.name());
        }
    }
}

#[test]
fn what_no_block_holds_is_told() {
    assert!(can_be_packed(&[0.0, -65_504.0, f32::MIN_POSITIVE]));
    for number in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 65_537.0, -1e30] {
        assert!(!can_be_packed(&[1.0, number, 0.0]), "{number}");
    }
}
