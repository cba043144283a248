// A workgroup computes 64 rows, which are four tiles, for 32 tokens. For each block of 32
// columns, weights become numbers once; then each invocation adds up four rows of two tokens.

// By groups of four columns: of 64 rows, and of 32 tokens.
var<workgroup> weights: array<vec4<f32>, 512>;
var<workgroup> inputs: array<vec4<f32>, 256>;

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let first_tile = 4u * (group.x + group.y * groups.x);
    if (first_tile >= params.tiles) {
        return;
    }
    let row = lane % 16u;
    // What it stores of the weights: a tile's row, groups k and k + 4.
    let of_tile = (lane / 16u) % 4u;
    let tile = min(first_tile + of_tile, params.tiles - 1u);
    let k = lane / 64u;
    // What it stores of the inputs: a token's group.
    let group_of_input = lane % 8u;
    let token_of_input = 32u * group.z + lane / 8u;
    // What it adds up: rows 16 * i + row of two tokens.
    let pair_of_tokens = lane / 16u;
    var sums_first = vec4<f32>(0.0);
    var sums_second = vec4<f32>(0.0);
    for (var block = 0u; block < params.blocks; block++) {
        let at = (tile * params.blocks + block) * $GROUPSu * 16u + row;
        let scale = block_scale(tile, block, row, params.records);
        let stored = pair(at, k);
        weights[64u * k + 16u * of_tile + row] =
            stored.first * scale.scale.x + vec4<f32>(scale.minimum.x);
        weights[64u * (k + 4u) + 16u * of_tile + row] =
            stored.second * scale.scale.y + vec4<f32>(scale.minimum.y);
        var numbers = vec4<f32>(0.0);
        if (token_of_input < params.tokens) {
            numbers = input(token_of_input, 8u * block + group_of_input);
        }
        inputs[32u * group_of_input + lane / 8u] = numbers;
        workgroupBarrier();
        for (var at_group = 0u; at_group < 8u; at_group++) {
            let first = inputs[32u * at_group + pair_of_tokens];
            let second = inputs[32u * at_group + pair_of_tokens + 16u];
            let w0 = weights[64u * at_group + row];
            let w1 = weights[64u * at_group + row + 16u];
            let w2 = weights[64u * at_group + row + 32u];
            let w3 = weights[64u * at_group + row + 48u];
            sums_first +=
                vec4<f32>(dot(w0, first), dot(w1, first), dot(w2, first), dot(w3, first));
            sums_second += vec4<f32>(
                dot(w0, second), dot(w1, second), dot(w2, second), dot(w3, second));
        }
        workgroupBarrier();
    }
    for (var i = 0u; i < 4u; i++) {
        let out_row = 16u * (first_tile + i) + row;
        if (out_row < params.rows) {
            let token = 32u * group.z + pair_of_tokens;
            if (token < params.tokens) {
                put(token, out_row, sums_first[i]);
            }
            if (token + 16u < params.tokens) {
                put(token + 16u, out_row, sums_second[i]);
            }
        }
    }
}
