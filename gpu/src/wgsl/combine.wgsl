// Puts the partial results of `attend` together: an invocation has four channels of a head.

struct Params {
    // Tokens times query heads.
    heads: u32,
    splits: u32,
    // D. Partial results have vectors of channels, of which the last one may be padded.
    channels: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> partials: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

const VECTORS: u32 = $VECTORSu;

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let item = (group.x + group.y * groups.x) * 64u + lane;
    if (item >= params.heads * VECTORS) {
        return;
    }
    let first = (item / VECTORS) * params.splits * (VECTORS + 1u);
    var highest = -1.0e30;
    for (var split = 0u; split < params.splits; split++) {
        highest = max(highest, partials[first + split * (VECTORS + 1u) + VECTORS].x);
    }
    var sum = vec4<f32>(0.0);
    var total = 0.0;
    for (var split = 0u; split < params.splits; split++) {
        let at = first + split * (VECTORS + 1u);
        let about = partials[at + VECTORS];
        // An empty part has the lowest score, and nothing to add.
        let factor = exp(about.x - highest);
        sum += factor * partials[at + item % VECTORS];
        total += factor * about.y;
    }
    let result = sum / total;
    for (var at = 0u; at < 4u; at++) {
        let channel = 4u * (item % VECTORS) + at;
        if (channel < params.channels) {
            out[(item / VECTORS) * params.channels + channel] = result[at];
        }
    }
}
