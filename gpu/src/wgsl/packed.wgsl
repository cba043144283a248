// A packed matrix. A tile's block of 32 columns is $GROUPS groups of sixteen words, one for each
// row; a word has four columns or parts of their bits. Before this text, `matrix_values` and
// `matrix_scales` are bound as arrays of u32.

// An f16 number that is finite. Not by `unpack2x16float`, which may take small ones for 0.
fn half_number(bits: u32) -> f32 {
    let magnitude = bits & 0x7fffu;
    let normal = bitcast<f32>((magnitude << 13u) + 0x38000000u);
    let subnormal = f32(magnitude) * 5.9604644775390625e-8;
    let number = select(normal, subnormal, magnitude < 0x400u);
    return select(number, -number, (bits & 0x8000u) != 0u);
}

fn bytes_of(word: u32) -> vec4<u32> {
    return (vec4<u32>(word) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(255u);
}

// Eight columns of a row, in two words of four bytes: of groups k and k + 4, where k is below 4.
// `at` is the row's word in the first group of a block.
fn stored_words(at: u32, k: u32) -> vec2<u32> {
#if EIGHT
    return vec2<u32>(matrix_values[at + 16u * k], matrix_values[at + 16u * k + 64u]);
#endif
#if FOUR
    return nibbles(matrix_values[at + 16u * k]);
#endif
#if CODE
    return nibbles(matrix_values[at + 16u * k]);
#endif
#if FIVE
    let above = vec2<u32>(matrix_values[at + 64u]) >> vec2<u32>(k, k + 4u);
    return nibbles(matrix_values[at + 16u * k]) | ((above & vec2<u32>(0x01010101u)) << vec2<u32>(4u));
#endif
#if SIX
    let above = vec2<u32>(matrix_values[at + 64u], matrix_values[at + 80u]) >> vec2<u32>(2u * k);
    return nibbles(matrix_values[at + 16u * k]) | ((above & vec2<u32>(0x03030303u)) << vec2<u32>(4u));
#endif
#if TWO
    return quarters(at, k);
#endif
#if THREE
    let above = vec2<u32>(matrix_values[at + 32u]) >> vec2<u32>(k, k + 4u);
    return quarters(at, k) | ((above & vec2<u32>(0x01010101u)) << vec2<u32>(2u));
#endif
}

fn nibbles(word: u32) -> vec2<u32> {
    return vec2<u32>(word, word >> 4u) & vec2<u32>(0x0f0f0f0fu);
}

fn quarters(at: u32, k: u32) -> vec2<u32> {
    let words = vec2<u32>(matrix_values[at], matrix_values[at + 16u]);
    return (words >> vec2<u32>(2u * k)) & vec2<u32>(0x03030303u);
}

#if CODE
// The entries of the codebook, as four numbers.
fn look_up(codes: vec4<u32>) -> vec4<i32> {
    let odd = (codes & vec4<u32>(4u)) != vec4<u32>(0u);
    let low = select(vec4<u32>($CODE_0u), vec4<u32>($CODE_1u), odd);
    let high = select(vec4<u32>($CODE_2u), vec4<u32>($CODE_3u), odd);
    let words = select(low, high, (codes & vec4<u32>(8u)) != vec4<u32>(0u));
    // The entry's byte becomes the highest one, and comes down again with its sign.
    let up = vec4<u32>(24u) - (codes & vec4<u32>(3u)) * 8u;
    return bitcast<vec4<i32>>(words << up) >> vec4<u32>(24u);
}
#endif

// What turns stored values of both halves of a row's block into numbers.
struct Scale {
    scale: vec2<f32>,
    minimum: vec2<f32>,
}

// The f16 number of that index in a record.
fn record_half(record: u32, row: u32, index: u32) -> f32 {
    let word = matrix_scales[record + 8u * index + row / 2u];
    return half_number((word >> (16u * (row % 2u))) & 0xffffu);
}

// The byte of that index after them.
fn record_byte(record: u32, row: u32, index: u32) -> u32 {
    let word = matrix_scales[record + 8u * $HALVESu + 4u * index + row / 4u];
    return (word >> (8u * (row % 4u))) & 255u;
}

fn signed_byte(byte: u32) -> f32 {
    return f32(bitcast<i32>(byte << 24u) >> 24u);
}

// The scales of a row's block, where a row of the matrix has `records` of them.
fn block_scale(tile: u32, block: u32, row: u32, records: u32) -> Scale {
    let record = (tile * records + block / $RECORD_BLOCKSu) * $RECORD_WORDSu;
    let within = block % $RECORD_BLOCKSu;
#if HALF
    return Scale(vec2<f32>(record_half(record, row, 0u)), vec2<f32>(0.0));
#endif
#if HALF_AND_MINIMUM
    let scale = record_half(record, row, 0u);
    return Scale(vec2<f32>(scale), vec2<f32>(record_half(record, row, 1u)));
#endif
#if EXPONENT
    // 2^(e - 128). Those of 0 and 1 are below what devices have to tell from 0.
    let exponent = max(record_byte(record, row, 0u), 1u) - 1u;
    return Scale(vec2<f32>(bitcast<f32>(exponent << 23u)), vec2<f32>(0.0));
#endif
#if SIGNED
    let scale = record_half(record, row, 0u) * signed_byte(record_byte(record, row, within));
    return Scale(vec2<f32>(scale), vec2<f32>(0.0));
#endif
#if SIGNED_HALVES
    let first = signed_byte(record_byte(record, row, 2u * within));
    let second = signed_byte(record_byte(record, row, 2u * within + 1u));
    return Scale(record_half(record, row, 0u) * vec2<f32>(first, second), vec2<f32>(0.0));
#endif
#if UNSIGNED_AND_MINIMUM
    let scale = record_half(record, row, 0u) * f32(record_byte(record, row, 2u * within));
    let minimum =
        record_half(record, row, 1u) * f32(record_byte(record, row, 2u * within + 1u));
    return Scale(vec2<f32>(scale), vec2<f32>(-minimum));
#endif
#if NIBBLE_HALVES_AND_MINIMUM
    let bytes = vec2<u32>(
        record_byte(record, row, 2u * within), record_byte(record, row, 2u * within + 1u));
    let scale = record_half(record, row, 0u) * vec2<f32>(bytes & vec2<u32>(15u));
    let minimum = record_half(record, row, 1u) * vec2<f32>(bytes >> vec2<u32>(4u));
    return Scale(scale, -minimum);
#endif
}
