// Attention with a cache, with an online softmax. Query heads that share keys and values are
// rows: row r of key/value head h is query head h * group_size + r % group_size of token
// r / group_size. A workgroup has $ROWS rows and some chunks of 64 positions; what it finds out
// is a partial result, which `combine` puts together with those of other chunks.

struct Params {
    tokens: u32,
    // Of one key/value head: query heads, and workgroups for its rows.
    group_size: u32,
    tiles: u32,
    kv_heads: u32,
    // The position of the first token.
    start: u32,
    // Positions that a token sees, itself included; 0 if it sees all before it.
    window: u32,
    splits: u32,
    chunks_per_split: u32,
    scale: f32,
    cap: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> queries: array<vec4<f32>>;
#if HALF
@group(0) @binding(2) var<storage, read> cache: array<vec2<u32>>;
#else
@group(0) @binding(2) var<storage, read> cache: array<vec4<u32>>;
#endif
// For each token, query head and split: vectors of channels, then the highest score and the sum.
@group(0) @binding(3) var<storage, read_write> partials: array<vec4<f32>>;

// Below any score, and finite.
const LOWEST: f32 = -1.0e30;
// Vectors of four channels of a head.
const VECTORS: u32 = $VECTORSu;
// Values are added up by that many invocations for each vector.
const PARTS: u32 = $PARTSu;

var<workgroup> rows: array<vec4<f32>, $ROW_VECTORS>;
var<workgroup> scores: array<f32, $SCORES>;
var<workgroup> reduced: array<f32, 64>;
var<workgroup> factors: array<f32, 8>;
var<workgroup> gathered: array<vec4<f32>, 64>;

// Four channels of the cache: of keys, or of values, which follow them.
fn cached(position: u32, head: u32, vector: u32) -> vec4<f32> {
    let at = (position * 2u * params.kv_heads + head) * VECTORS + vector;
#if HALF
    let words = cache[at];
    return vec4<f32>(unpack2x16float(words.x), unpack2x16float(words.y));
#else
    return bitcast<vec4<f32>>(cache[at]);
#endif
}

fn first_visible(position: u32) -> u32 {
    if (params.window == 0u || position + 1u < params.window) {
        return 0u;
    }
    return position + 1u - params.window;
}

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let tile = group.x + group.y * groups.x;
    if (tile >= params.tiles) {
        return;
    }
    let kv_head = group.z % params.kv_heads;
    let split = group.z / params.kv_heads;
    let heads = params.group_size * params.kv_heads;
    let first_row = tile * $ROWSu;

    for (var at = lane; at < $ROW_VECTORSu; at += 64u) {
        let row = first_row + at / VECTORS;
        let token = row / params.group_size;
        var query = vec4<f32>(0.0);
        if (token < params.tokens) {
            let head = token * heads + kv_head * params.group_size + row % params.group_size;
            query = queries[head * VECTORS + at % VECTORS] * params.scale;
        }
        rows[at] = query;
    }
    workgroupBarrier();

    let first_token = first_row / params.group_size;
    let last_token = min((first_row + $ROWSu - 1u) / params.group_size, params.tokens - 1u);
    let last_position = params.start + last_token;
    let begin = first_visible(params.start + first_token) / 64u + split * params.chunks_per_split;
    let end = min(begin + params.chunks_per_split, last_position / 64u + 1u);

    // For the softmax, eight invocations have a row.
    let own_row = lane / 8u;
    let own_part = lane % 8u;
    var highest = LOWEST;
    var total = 0.0;
    // For the values, an invocation has four channels of each row, and some positions.
    let vector = lane % VECTORS;
    let part = lane / VECTORS;
    var sums: array<vec4<f32>, $ROWS>;
    for (var row = 0u; row < $ROWSu; row++) {
        sums[row] = vec4<f32>(0.0);
    }

    for (var chunk = begin; chunk < end; chunk++) {
        let position = 64u * chunk + lane;
        var dots: array<f32, $ROWS>;
        for (var row = 0u; row < $ROWSu; row++) {
            dots[row] = 0.0;
        }
        // What lies beyond the last position is nobody's.
        if (position <= last_position) {
            for (var at = 0u; at < VECTORS; at++) {
                let key = cached(position, kv_head, at);
                for (var row = 0u; row < $ROWSu; row++) {
                    dots[row] += dot(rows[row * VECTORS + at], key);
                }
            }
        }
        for (var row = 0u; row < $ROWSu; row++) {
            let of_token = params.start + (first_row + row) / params.group_size;
            var score = dots[row];
#if CAP
            let turned = clamp(2.0 * score / params.cap, -30.0, 30.0);
            score = params.cap * (1.0 - 2.0 / (exp(turned) + 1.0));
#endif
            let is_visible = position <= min(of_token, last_position)
                && position >= first_visible(of_token);
            scores[64u * row + lane] = select(LOWEST, score, is_visible);
        }
        workgroupBarrier();

        var most = LOWEST;
        if (own_row < $ROWSu) {
            for (var at = own_part; at < 64u; at += 8u) {
                most = max(most, scores[64u * own_row + at]);
            }
        }
        reduced[lane] = most;
        workgroupBarrier();
        most = highest;
        for (var at = 0u; at < 8u; at++) {
            most = max(most, reduced[8u * own_row + at]);
        }
        let factor = exp(highest - most);
        highest = most;
        var sum = 0.0;
        if (own_row < $ROWSu) {
            for (var at = own_part; at < 64u; at += 8u) {
                let score = scores[64u * own_row + at];
                let power = select(0.0, exp(score - most), score > 0.5 * LOWEST);
                scores[64u * own_row + at] = power;
                sum += power;
            }
        }
        workgroupBarrier();
        reduced[lane] = sum;
        if (own_part == 0u) {
            factors[own_row] = factor;
        }
        workgroupBarrier();
        total *= factor;
        for (var at = 0u; at < 8u; at++) {
            total += reduced[8u * own_row + at];
        }

        for (var row = 0u; row < $ROWSu; row++) {
            sums[row] *= factors[row];
        }
        if (part < PARTS) {
            let count = min(64u, last_position + 1u - 64u * chunk);
            for (var at = part; at < count; at += PARTS) {
                let value = cached(64u * chunk + at, params.kv_heads + kv_head, vector);
                for (var row = 0u; row < $ROWSu; row++) {
                    sums[row] += scores[64u * row + at] * value;
                }
            }
        }
        workgroupBarrier();
    }

    for (var row = 0u; row < $ROWSu; row++) {
        gathered[lane] = sums[row];
        workgroupBarrier();
        let token = (first_row + row) / params.group_size;
        let head = kv_head * params.group_size + (first_row + row) % params.group_size;
        let to = ((token * heads + head) * params.splits + split) * (VECTORS + 1u);
        if (token < params.tokens) {
            if (part == 0u) {
                var sum = sums[row];
                for (var at = 1u; at < PARTS; at++) {
                    sum += gathered[at * VECTORS + vector];
                }
                partials[to + vector] = sum;
            }
            if (lane == 8u * row) {
                partials[to + VECTORS] = vec4<f32>(highest, total, 0.0, 0.0);
            }
        }
        workgroupBarrier();
    }
}
