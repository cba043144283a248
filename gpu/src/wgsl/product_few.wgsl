// A workgroup computes the sixteen rows of a tile for one token. Invocation 16 * s + r works on
// row r and every $SPLITS-th block from block s on; what they have is added up at the end.

var<workgroup> sums: array<f32, $LANES>;

fn block_product(tile: u32, block: u32, row: u32, token: u32) -> f32 {
    let at = (tile * params.blocks + block) * $GROUPSu * 16u + row;
    let scale = block_scale(tile, block, row, params.records);
#if INTEGERS
    let start = params.first + token * params.stride + INPUT_VECTORS * block;
    let high = array<vec4<u32>, 2>(x[start], x[start + 1u]);
    let low = array<vec4<u32>, 2>(x[start + 2u], x[start + 3u]);
    let about = bitcast<vec4<f32>>(x[start + 4u]);
    var sums_of_block = vec2<i32>(0);
    for (var k = 0u; k < 4u; k++) {
        let weights = signed_pair(at, k);
        sums_of_block += vec2<i32>(
            integer_product(weights.x, high[0][k], low[0][k]),
            integer_product(weights.y, high[1][k], low[1][k]));
    }
    let product = about.x * dot(scale.scale, vec2<f32>(sums_of_block));
#if MINIMA
    return product + dot(scale.minimum, about.yz);
#else
    return product;
#endif
#else
    var first = 0.0;
    var second = 0.0;
#if MINIMA
    var totals = vec2<f32>(0.0);
#endif
    for (var k = 0u; k < 4u; k++) {
        let weights = pair(at, k);
        let x_first = input(token, 8u * block + k);
        let x_second = input(token, 8u * block + k + 4u);
        first += dot(weights.first, x_first);
        second += dot(weights.second, x_second);
#if MINIMA
        totals += vec2<f32>(dot(x_first, vec4<f32>(1.0)), dot(x_second, vec4<f32>(1.0)));
#endif
    }
#if MINIMA
    return dot(scale.scale, vec2<f32>(first, second)) + dot(scale.minimum, totals);
#else
    return dot(scale.scale, vec2<f32>(first, second));
#endif
#endif
}

@compute @workgroup_size($LANES)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let tile = group.x + group.y * groups.x;
    if (tile >= params.tiles) {
        return;
    }
    let row = lane % 16u;
    var sum = 0.0;
    for (var block = lane / 16u; block < params.blocks; block += $SPLITSu) {
        sum += block_product(tile, block, row, group.z);
    }
    sums[lane] = sum;
    workgroupBarrier();
    for (var half = $LANESu / 2u; half >= 16u; half /= 2u) {
        if (lane < half) {
            sums[lane] += sums[lane + half];
        }
        workgroupBarrier();
    }
    let out_row = 16u * tile + row;
    if (lane < 16u && out_row < params.rows) {
        put(group.z, out_row, sums[lane]);
    }
}
