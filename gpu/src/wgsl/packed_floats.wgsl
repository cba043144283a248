// Columns of a packed matrix as f32.

// Eight columns of a row: of groups k and k + 4, where k is below 4.
struct Pair {
    first: vec4<f32>,
    second: vec4<f32>,
}

fn pair(at: u32, k: u32) -> Pair {
    let words = stored_words(at, k);
#if CODE
    return Pair(
        vec4<f32>(look_up(bytes_of(words.x))), vec4<f32>(look_up(bytes_of(words.y))));
#else
    return Pair(
        vec4<f32>(bytes_of(words.x)) - vec4<f32>($OFFSET.0),
        vec4<f32>(bytes_of(words.y)) - vec4<f32>($OFFSET.0));
#endif
}
