// The logit and the rank, from 1 on, of watched ids. A workgroup has one of them.

struct Params {
    // V, and how many ids are watched.
    count: u32,
    watched: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
// Of each: the row of logits, and the id.
@group(0) @binding(2) var<storage, read> watched: array<vec2<u32>>;
@group(0) @binding(3) var<storage, read_write> out: array<vec2<u32>>;

var<workgroup> before: array<u32, 256>;

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let index = group.x + group.y * groups.x;
    if (index >= params.watched) {
        return;
    }
    let first = watched[index].x * params.count;
    let id = watched[index].y;
    let own = logits[first + id];
    var count = 0u;
    for (var at = lane; at < params.count; at += 256u) {
        let other = logits[first + at];
        if (other > own || (other == own && at < id)) {
            count++;
        }
    }
    before[lane] = count;
    workgroupBarrier();
    for (var half = 128u; half > 0u; half /= 2u) {
        if (lane < half) {
            before[lane] += before[lane + half];
        }
        workgroupBarrier();
    }
    if (lane == 0u) {
        out[index] = vec2<u32>(bitcast<u32>(own), before[0] + 1u);
    }
}
