// As `product_many`, with integers: a workgroup computes 64 rows, which are four tiles, for 32
// tokens. For each block of 32 columns, weights become bytes once; then each invocation adds up
// four rows of two tokens.

// By groups of four columns, 64 rows; then the scales and minima of both halves of a row's block.
var<workgroup> weights: array<u32, 512>;
var<workgroup> scales: array<vec4<f32>, 64>;
// 32 tokens.
var<workgroup> inputs: array<vec4<u32>, 160>;

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
    // What it stores of the inputs: a vector of a token's block.
    let token_of_input = 32u * group.z + lane / INPUT_VECTORS;
    let stores = lane < 32u * INPUT_VECTORS && token_of_input < params.tokens;
    // What it adds up: rows 16 * i + row of two tokens.
    let pair_of_tokens = lane / 16u;
    var sums: array<vec4<f32>, 2>;
    for (var block = 0u; block < params.blocks; block++) {
        let at = (tile * params.blocks + block) * $GROUPSu * 16u + row;
        let words = signed_pair(at, k);
        weights[64u * k + 16u * of_tile + row] = words.x;
        weights[64u * (k + 4u) + 16u * of_tile + row] = words.y;
        if (k == 0u) {
            let scale = block_scale(tile, block, row, params.records);
            scales[16u * of_tile + row] = vec4<f32>(scale.scale, scale.minimum);
        }
        if (lane < 32u * INPUT_VECTORS) {
            var vector = vec4<u32>(0u);
            if (stores) {
                let start = params.first + token_of_input * params.stride;
                vector = x[start + INPUT_VECTORS * block + lane % INPUT_VECTORS];
            }
            inputs[lane] = vector;
        }
        workgroupBarrier();
        for (var token = 0u; token < 2u; token++) {
            let start = INPUT_VECTORS * (pair_of_tokens + 16u * token);
            let about = bitcast<vec4<f32>>(inputs[start + 4u]);
            for (var half = 0u; half < 2u; half++) {
                let high = inputs[start + half];
                let low = inputs[start + 2u + half];
                var whole = vec4<i32>(0);
                for (var of_half = 0u; of_half < 4u; of_half++) {
                    let weight = 64u * (4u * half + of_half) + row;
                    whole += vec4<i32>(
                        integer_product(weights[weight], high[of_half], low[of_half]),
                        integer_product(weights[weight + 16u], high[of_half], low[of_half]),
                        integer_product(weights[weight + 32u], high[of_half], low[of_half]),
                        integer_product(weights[weight + 48u], high[of_half], low[of_half]));
                }
                let scale = vec4<f32>(
                    scales[row][half], scales[row + 16u][half],
                    scales[row + 32u][half], scales[row + 48u][half]);
                sums[token] += about.x * scale * vec4<f32>(whole);
#if MINIMA
                let minimum = vec4<f32>(
                    scales[row][2u + half], scales[row + 16u][2u + half],
                    scales[row + 32u][2u + half], scales[row + 48u][2u + half]);
                sums[token] += about[1u + half] * minimum;
#endif
            }
        }
        workgroupBarrier();
    }
    for (var i = 0u; i < 4u; i++) {
        let out_row = 16u * (first_tile + i) + row;
        for (var token = 0u; token < 2u; token++) {
            let at = 32u * group.z + pair_of_tokens + 16u * token;
            if (out_row < params.rows && at < params.tokens) {
                put(at, out_row, sums[token][i]);
            }
        }
    }
}
