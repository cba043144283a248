// Rows of a packed matrix by their number, for T tokens.

struct Params {
    blocks: u32,
    records: u32,
    // Of the results, in vectors of four.
    columns: u32,
    // Rows that are here: ids of others are somebody else's.
    first_row: u32,
    rows: u32,
    tokens: u32,
    scale: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> matrix_values: array<u32>;
@group(0) @binding(2) var<storage, read> matrix_scales: array<u32>;
@group(0) @binding(3) var<storage, read> ids: array<u32>;
@group(0) @binding(4) var<storage, read_write> out: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let token = group.x + group.y * groups.x;
    if (token >= params.tokens) {
        return;
    }
    let id = ids[token];
    if (id < params.first_row || id - params.first_row >= params.rows) {
        return;
    }
    let tile = (id - params.first_row) / 16u;
    let row = (id - params.first_row) % 16u;
    for (var item = lane; item < 4u * params.blocks; item += 64u) {
        let block = item / 4u;
        let k = item % 4u;
        let stored = pair((tile * params.blocks + block) * $GROUPSu * 16u + row, k);
        let scale = block_scale(tile, block, row, params.records);
        let column = 8u * block + k;
        if (column < params.columns) {
            let number = stored.first * scale.scale.x + vec4<f32>(scale.minimum.x);
            out[token * params.columns + column] = number * params.scale;
        }
        if (column + 4u < params.columns) {
            let number = stored.second * scale.scale.y + vec4<f32>(scale.minimum.y);
            out[token * params.columns + column + 4u] = number * params.scale;
        }
    }
}
