// Rows of numbers as integers of 16 bits. An invocation has a block of 32 columns; blocks beyond
// a row's columns are 0.

struct Params {
    rows: u32,
    // Blocks of a row.
    blocks: u32,
    // Of x, in vectors of four: columns, those to the next row, and the first one.
    columns: u32,
    stride: u32,
    first: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4<u32>>;

// Far from 0, so that one over it is a number.
const LEAST: f32 = 1.0e-30;

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let item = (group.x + group.y * groups.x) * 64u + lane;
    if (item >= params.rows * params.blocks) {
        return;
    }
    let start = params.first + (item / params.blocks) * params.stride;
    let column = 8u * (item % params.blocks);
    var numbers: array<vec4<f32>, 8>;
    var most = vec4<f32>(0.0);
    // The bits of what is no number.
    var strange = vec4<u32>(0u);
    for (var at = 0u; at < 8u; at++) {
        numbers[at] = vec4<f32>(0.0);
        if (column + at < params.columns) {
            numbers[at] = x[start + column + at];
        }
        most = max(most, abs(numbers[at]));
        // Not by comparisons, which a compiler may leave out.
        let bits = bitcast<vec4<u32>>(numbers[at]);
        let exponents = bits & vec4<u32>(0x7f800000u);
        strange |= select(vec4<u32>(0u), bits, exponents == vec4<u32>(0x7f800000u));
    }
    let largest = max(max(max(most.x, most.y), max(most.z, most.w)), LEAST);
    // 127 times 256 and 127: the largest of two signed bytes.
    let scale = largest / 32639.0;
    var totals = vec2<f32>(0.0);
    for (var half = 0u; half < 2u; half++) {
        var high = vec4<u32>(0u);
        var low = vec4<u32>(0u);
        var total = vec4<i32>(0);
        for (var at = 0u; at < 4u; at++) {
            let whole = vec4<i32>(round(numbers[4u * half + at] / scale));
            let above = (whole + vec4<i32>(128)) >> vec4<u32>(8u);
            high[at] = pack4xI8(above);
            low[at] = pack4xI8(whole - 256 * above);
            total += whole;
        }
        out[$INPUT_VECTORSu * item + half] = high;
        out[$INPUT_VECTORSu * item + 2u + half] = low;
        totals[half] = scale * f32(total.x + total.y + total.z + total.w);
    }
    var about = bitcast<vec4<u32>>(vec4<f32>(scale, totals, 0.0));
    // What is none must not look like one.
    let of_all = strange.x | strange.y | strange.z | strange.w;
    if (of_all != 0u) {
        about = vec4<u32>(of_all);
    }
    out[$INPUT_VECTORSu * item + 4u] = about;
}
