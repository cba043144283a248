// Columns of a packed matrix as they are, four signed bytes in a word, for the products of
// integers with activations that are integers of 16 bits: 256 times a signed byte, and another
// one.

// A token's block: five vectors, which are the high bytes and the low ones of both halves of its
// columns, then its scale and the sums of both halves.
const INPUT_VECTORS: u32 = $INPUT_VECTORSu;

// Eight columns of a row: of groups k and k + 4, where k is below 4.
fn signed_pair(at: u32, k: u32) -> vec2<u32> {
    let words = stored_words(at, k);
#if CODE
    return vec2<u32>(
        pack4xI8(look_up(bytes_of(words.x))), pack4xI8(look_up(bytes_of(words.y))));
#else
#if EIGHT
    return words ^ vec2<u32>(0x80808080u);
#else
    // Less the offset, byte by byte: none of them borrows from the next.
    return ((words | vec2<u32>(0x80808080u)) - vec2<u32>($OFFSET_BYTESu)) ^ vec2<u32>(0x80808080u);
#endif
#endif
}

// The product of four columns with those of a token.
fn integer_product(weights: u32, high: u32, low: u32) -> i32 {
    return 256 * dot4I8Packed(weights, high) + dot4I8Packed(weights, low);
}
