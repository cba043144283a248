// Queries, keys and values of T tokens: norms of heads, rotation, and where they belong. A
// workgroup has a head of a token: queries first, then keys, then values.

struct Params {
    tokens: u32,
    heads: u32,
    kv_heads: u32,
    // Channels of a head, and pairs of them that are rotated.
    channels: u32,
    pairs: u32,
    // The position of the first token.
    start: u32,
    // Pairs that the table of angles has for each token.
    table_pairs: u32,
    epsilon: f32,
    // Channels that a head has where it goes to: those beyond its own are 0.
    stride: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> projected: array<f32>;
// Cosine and sine of each token and pair.
@group(0) @binding(2) var<storage, read> angles: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read_write> queries: array<f32>;
// For each position its keys, then its values.
@group(0) @binding(4) var<storage, read_write> cache: array<u32>;
#if NORM
@group(0) @binding(5) var<storage, read> query_norm: array<f32>;
@group(0) @binding(6) var<storage, read> key_norm: array<f32>;
#endif

var<workgroup> head: array<f32, 256>;
var<workgroup> squares: array<f32, 64>;

// A channel of the head, rotated.
fn channel(index: u32, token: u32, is_value: bool) -> f32 {
    if (index >= params.channels) {
        return 0.0;
    }
    if (is_value || index >= 2u * params.pairs) {
        return head[index];
    }
#if INTERLEAVED
    let at = index / 2u;
    let a = head[2u * at];
    let b = head[2u * at + 1u];
    let is_second = index % 2u == 1u;
#else
    let at = index % params.pairs;
    let a = head[at];
    let b = head[at + params.pairs];
    let is_second = index >= params.pairs;
#endif
    let angle = angles[token * params.table_pairs + at];
    return select(a * angle.x - b * angle.y, a * angle.y + b * angle.x, is_second);
}

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let item = group.x + group.y * groups.x;
    let heads_of_token = params.heads + 2u * params.kv_heads;
    if (item >= params.tokens * heads_of_token) {
        return;
    }
    let token = item / heads_of_token;
    let index = item % heads_of_token;
    let is_value = index >= params.heads + params.kv_heads;
    var sum = 0.0;
    for (var at = lane; at < params.channels; at += 64u) {
        let number = projected[item * params.channels + at];
        head[at] = number;
        sum += number * number;
    }
#if NORM
    squares[lane] = sum;
    workgroupBarrier();
    for (var half = 32u; half > 0u; half /= 2u) {
        if (lane < half) {
            squares[lane] += squares[lane + half];
        }
        workgroupBarrier();
    }
    let factor = 1.0 / sqrt(squares[0] / f32(params.channels) + params.epsilon);
    if (!is_value) {
        for (var at = lane; at < params.channels; at += 64u) {
            let weight = select(key_norm[at], query_norm[at], index < params.heads);
            head[at] = head[at] * factor * weight;
        }
    }
#endif
    workgroupBarrier();
    for (var at = 2u * lane; at < params.stride; at += 128u) {
        let numbers =
            vec2<f32>(channel(at, token, is_value), channel(at + 1u, token, is_value));
        if (index < params.heads) {
            let to = (token * params.heads + index) * params.stride + at;
            queries[to] = numbers.x;
            queries[to + 1u] = numbers.y;
        } else {
            // Keys and values of a position lie one after the other, as heads do here.
            let position = params.start + token;
            let of_position = position * 2u * params.kv_heads + index - params.heads;
            let to = of_position * params.stride + at;
#if HALF
            cache[to / 2u] = pack2x16float(numbers);
#else
            cache[to] = bitcast<u32>(numbers.x);
            cache[to + 1u] = bitcast<u32>(numbers.y);
#endif
        }
    }
}
