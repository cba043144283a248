#if SUBGROUPS
enable subgroups;
#endif
// x / sqrt(mean(x^2) + epsilon) * weight, for each row. A workgroup has a row.

struct Params {
    rows: u32,
    width: u32,
    // Numbers to the next row, and the first one.
    stride: u32,
    first: u32,
    out_stride: u32,
    out_first: u32,
    epsilon: f32,
    scale: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
#if !IN_PLACE
@group(0) @binding(3) var<storage, read> x: array<f32>;
#endif

#if SUBGROUPS
// Of each subgroup.
#endif
var<workgroup> squares: array<f32, 256>;

fn input(at: u32) -> f32 {
#if IN_PLACE
    return out[at];
#else
    return x[at];
#endif
}

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
#if SUBGROUPS
    @builtin(subgroup_size) subgroup_size: u32,
    @builtin(subgroup_invocation_id) of_subgroup: u32,
#endif
) {
    let row = group.x + group.y * groups.x;
    if (row >= params.rows) {
        return;
    }
    let first = params.first + row * params.stride;
    var sum = 0.0;
    for (var column = lane; column < params.width; column += 256u) {
        let number = input(first + column);
        sum += number * number;
    }
#if SUBGROUPS
    let of_all = subgroupAdd(sum);
    if (of_subgroup == 0u) {
        squares[lane / subgroup_size] = of_all;
    }
    workgroupBarrier();
    var total = 0.0;
    for (var at = 0u; at < 256u / subgroup_size; at++) {
        total += squares[at];
    }
#else
    squares[lane] = sum;
    workgroupBarrier();
    for (var half = 128u; half > 0u; half /= 2u) {
        if (lane < half) {
            squares[lane] += squares[lane + half];
        }
        workgroupBarrier();
    }
    let total = squares[0];
#endif
    let factor = 1.0 / sqrt(total / f32(params.width) + params.epsilon);
    let out_first = params.out_first + row * params.out_stride;
    for (var column = lane; column < params.width; column += 256u) {
        let normed = input(first + column) * factor * weight[column];
#if ADD
        out[out_first + column] += params.scale * normed;
#else
        out[out_first + column] = normed;
#endif
    }
}
