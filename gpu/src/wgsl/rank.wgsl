// What is known of 1,024 logits: the highest, the sums of e^x and of x e^x over x = logit -
// highest, how many are no numbers, and the $TOP highest with their ids, sorted.

struct Params {
    // V, and blocks of 1,024 that they make.
    count: u32,
    blocks: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<u32>;

const LOWEST: f32 = -1.0e30;

var<workgroup> values: array<f32, 1024>;
var<workgroup> places: array<u32, 1024>;
var<workgroup> sums: array<vec4<f32>, 256>;

// Whether `a` comes after `b`: by falling logit, then by rising id.
fn is_after(a: u32, b: u32) -> bool {
    if (values[a] == values[b]) {
        return places[a] > places[b];
    }
    return values[a] < values[b];
}

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let block = group.x + group.y * groups.x;
    if (block >= params.blocks) {
        return;
    }
    var strange = 0.0;
    for (var at = lane; at < 1024u; at += 256u) {
        let id = 1024u * block + at;
        var logit = LOWEST;
        if (id < params.count) {
            logit = logits[group.z * params.count + id];
            // Not by comparisons, which a compiler may leave out.
            if ((bitcast<u32>(logit) & 0x7f800000u) == 0x7f800000u) {
                strange += 1.0;
                logit = LOWEST;
            }
        }
        values[at] = logit;
        places[at] = id;
    }
    workgroupBarrier();

    // A bitonic sort.
    for (var size = 2u; size <= 1024u; size *= 2u) {
        for (var distance = size / 2u; distance > 0u; distance /= 2u) {
            for (var item = lane; item < 512u; item += 256u) {
                let a = 2u * distance * (item / distance) + item % distance;
                let b = a + distance;
                let falls = (a & size) == 0u;
                if (is_after(a, b) == falls) {
                    let value = values[a];
                    let place = places[a];
                    values[a] = values[b];
                    places[a] = places[b];
                    values[b] = value;
                    places[b] = place;
                }
            }
            workgroupBarrier();
        }
    }

    let highest = values[0];
    var sum = vec4<f32>(0.0, 0.0, strange, 0.0);
    for (var at = lane; at < 1024u; at += 256u) {
        let below = values[at] - highest;
        if (values[at] > 0.5 * LOWEST) {
            let power = exp(below);
            sum += vec4<f32>(power, power * below, 0.0, 0.0);
        }
    }
    sums[lane] = sum;
    workgroupBarrier();
    for (var half = 128u; half > 0u; half /= 2u) {
        if (lane < half) {
            sums[lane] += sums[lane + half];
        }
        workgroupBarrier();
    }

    let to = (group.z * params.blocks + block) * $BLOCK_WORDSu;
    if (lane == 0u) {
        out[to] = bitcast<u32>(highest);
        out[to + 1u] = bitcast<u32>(sums[0].x);
        out[to + 2u] = bitcast<u32>(sums[0].y);
        out[to + 3u] = u32(sums[0].z);
    }
    if (lane < $TOPu) {
        out[to + 4u + lane] = bitcast<u32>(values[lane]);
        out[to + 4u + $TOPu + lane] = places[lane];
    }
}
