// Guesses the token that will be drawn, of the highest logits of blocks: which of them are kept,
// and where among their weights, laid end to end by falling logit, the draw's point is. Logits
// beyond these count as nothing. One workgroup.

struct Params {
    // Blocks of a row, and where the row begins, in words.
    blocks: u32,
    first: u32,
    // Whether the highest logit is the token.
    greedy: u32,
    // What is kept: the highest few if not 0, the mass, and the least share of the highest.
    top_k: u32,
    top_p: f32,
    min_p: f32,
    // 1 / temperature of the cuts, and of the draw.
    cut_factor: f32,
    draw_factor: f32,
    point: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> ranked: array<u32>;
@group(0) @binding(2) var<storage, read_write> ids: array<u32>;

var<workgroup> sums: array<vec2<f32>, 256>;
var<workgroup> chosen: atomic<u32>;

// Keys have the order of the logits: a logit's own bits, turned around below 0.
fn key_of(bits: u32) -> u32 {
    return select(bits | 0x80000000u, ~bits, (bits & 0x80000000u) != 0u);
}

// What blocks are filled up with is below this.
const LOWEST: f32 = -5.0e29;

fn word_of(at: u32) -> u32 {
    return params.first + (at / $TOPu) * $BLOCK_WORDSu + 4u + at % $TOPu;
}

fn total(lane: u32, own: vec2<f32>) -> vec2<f32> {
    sums[lane] = own;
    workgroupBarrier();
    for (var half = 128u; half > 0u; half /= 2u) {
        if (lane < half) {
            sums[lane] += sums[lane + half];
        }
        workgroupBarrier();
    }
    let all = sums[0];
    workgroupBarrier();
    return all;
}

// The weights of all logits from a key on, and how many these are.
fn above(lane: u32, key: u32, highest: f32, factor: f32) -> vec2<f32> {
    var own = vec2<f32>(0.0, 0.0);
    for (var at = lane; at < params.blocks * $TOPu; at += 256u) {
        let bits = ranked[word_of(at)];
        let logit = bitcast<f32>(bits);
        if (key_of(bits) >= key && logit > LOWEST) {
            own += vec2<f32>(exp((logit - highest) * factor), 1.0);
        }
    }
    return total(lane, own);
}

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) lane: u32) {
    var highest = 2.0 * LOWEST;
    for (var block = 0u; block < params.blocks; block++) {
        highest = max(highest, bitcast<f32>(ranked[params.first + block * $BLOCK_WORDSu]));
    }
    // The least key that is kept.
    var least = 0u;
    if (params.greedy != 0u) {
        least = key_of(bitcast<u32>(highest));
    } else {
        if (params.top_k > 0u) {
            let wanted = f32(params.top_k);
            for (var bit = 0x80000000u; bit > 0u; bit /= 2u) {
                if (above(lane, least | bit, highest, 1.0).y >= wanted) {
                    least |= bit;
                }
            }
        }
        if (params.top_p < 1.0) {
            let kept = least;
            let wanted = params.top_p * above(lane, kept, highest, params.cut_factor).x;
            least = 0u;
            for (var bit = 0x80000000u; bit > 0u; bit /= 2u) {
                let key = max(least | bit, kept);
                if (above(lane, key, highest, params.cut_factor).x >= wanted) {
                    least |= bit;
                }
            }
            least = max(least, kept);
        }
        if (params.min_p > 0.0) {
            let lowest = highest + log(params.min_p) / params.cut_factor;
            least = max(least, key_of(bitcast<u32>(lowest)));
        }
        let kept = least;
        let wanted = params.point * above(lane, kept, highest, params.draw_factor).x;
        least = 0u;
        for (var bit = 0x80000000u; bit > 0u; bit /= 2u) {
            let key = max(least | bit, kept);
            if (above(lane, key, highest, params.draw_factor).x > wanted) {
                least |= bit;
            }
        }
        least = max(least, kept);
    }
    if (lane == 0u) {
        atomicStore(&chosen, 0xffffffffu);
    }
    workgroupBarrier();
    // Of equal logits, the first; if none has the key, the highest that is below it.
    for (var at = lane; at < params.blocks * $TOPu; at += 256u) {
        let word = word_of(at);
        if (key_of(ranked[word]) == least) {
            atomicMin(&chosen, ranked[word + $TOPu]);
        }
    }
    workgroupBarrier();
    if (lane == 0u) {
        let id = atomicLoad(&chosen);
        ids[0] = select(id, ranked[params.first + 4u + $TOPu], id == 0xffffffffu);
    }
}
