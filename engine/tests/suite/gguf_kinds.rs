//! GGUF files that are not a supported model: the error says what each is, and the hint
//! is not to download it again.

use engine::EngineError;
use model_files::ModelFileError;
use model_files::config::Config;
use model_files::gguf::Gguf;
use protocol::ErrorCode;
use text::tokenizer::Tokenizer;

use test_support::GgufFile;

fn model() -> GgufFile {
    GgufFile::default().string("general.architecture", "llama").tensor(
        "token_embd.weight",
        &[32, 3],
        8,
        &[7; 3 * 34],
    )
}

/// Checks that the message has these words, and the hint this advice.
fn check_refusal(error: &EngineError, words: &str, advice: &str) {
    let failure = error.failure();
    let hint = failure.hint.unwrap_or_default();
    assert!(failure.message.contains(words) && failure.message.ends_with('.'), "{error}");
    assert!(hint.contains(advice) && !hint.contains("again"), "{error} {hint}");
    assert_eq!(failure.code, ErrorCode::UnsupportedModel, "{error}");
}

#[test]
fn the_error_says_what_a_file_is_that_is_no_whole_model() {
    let part = |file: GgufFile, number: u16| {
        file.entry("split.no", 2, &number.to_le_bytes()).entry(
            "split.count",
            2,
            &3u16.to_le_bytes(),
        )
    };
    let kind = |kind: &str| model().string("general.type", kind);
    let whole = "whole model";
    for (file, words, advice) in [
        (part(model(), 0), "part 1 of 3", "--merge"),
        // Later parts have nothing else in their headers.
        (part(GgufFile::default(), 2), "part 3 of 3", "--merge"),
        (kind("adapter"), "an adapter", whole),
        (kind("imatrix"), "an importance matrix", whole),
        (kind("mmproj"), "(mmproj)", "text model"),
        (model().bool("llama.attention.causal", false), "for embeddings", "writes texts"),
        (kind("something"), "of the type \"something\"", whole),
        (GgufFile::default().string("general.architecture", "clip"), "(mmproj)", "text"),
        (
            GgufFile::default().string("general.architecture", "llama"),
            "vocabulary",
            whole,
        ),
    ] {
        let gguf = Gguf::parse(&file.bytes()).unwrap();
        check_refusal(&Config::from_gguf(&gguf).unwrap_err().into(), words, advice);
    }
    let dense = kind("model").u32("llama.expert_count", 0).u32("split.count", 1);
    let gguf = Gguf::parse(&dense.bytes()).unwrap();
    let error = Config::from_gguf(&gguf).unwrap_err().to_string();
    assert!(error.contains("embedding_length"), "{error}");
}

#[test]
fn tensor_formats_that_cannot_run_are_named_with_their_number_and_what_to_take() {
    for (code, words) in [
        (4, "Q4_2 (type 4), which was removed"),
        (5, "Q4_3 (type 5), which was removed"),
        (9, "Q8_1 (type 9), which is not supported"),
        (15, "Q8_K (type 15), which is not supported"),
        (16, "IQ2_XXS (type 16), which is not supported"),
        (17, "IQ2_XS (type 17), which is not supported"),
        (18, "IQ3_XXS (type 18), which is not supported"),
        (19, "IQ1_S (type 19), which is not supported"),
        (21, "IQ3_S (type 21), which is not supported"),
        (22, "IQ2_S (type 22), which is not supported"),
        (24, "I8 (type 24), which is not supported"),
        (28, "F64 (type 28), which is not supported"),
        (29, "IQ1_M (type 29), which is not supported"),
        (31, "Q4_0_4_4 (type 31), which was removed"),
        (32, "Q4_0_4_8 (type 32), which was removed"),
        (33, "Q4_0_8_8 (type 33), which was removed"),
        (34, "TQ1_0 (type 34), which is not supported"),
        (35, "TQ2_0 (type 35), which is not supported"),
        (36, "IQ4_NL_4_4 (type 36), which was removed"),
        (37, "IQ4_NL_4_8 (type 37), which was removed"),
        (38, "IQ4_NL_8_8 (type 38), which was removed"),
        (40, "NVFP4 (type 40), which is not supported"),
        (41, "Q1_0 (type 41), which is not supported"),
        (42, "Q2_0 (type 42), which is not supported"),
        (57, "of type 57, which this version does not know"),
        (u32::MAX, "of type 4294967295, which this version does not know"),
    ] {
        let file = model().tensor("t", &[32], code, &[0; 18]);
        let error = Gguf::parse(&file.bytes()).unwrap_err();
        let advice = "Take a file of the same model in Q4_K_M, Q5_K_M or Q8_0.";
        check_refusal(&ModelFileError::from(error).into(), words, advice);
    }
}

#[test]
fn unsupported_tokenizers_and_versions_are_not_called_damaged() {
    let tokenizer = |model: &str, pre: &str| {
        let file = GgufFile::default()
            .string("tokenizer.ggml.model", model)
            .string("tokenizer.ggml.pre", pre)
            .strings("tokenizer.ggml.tokens", &["a", "b"])
            .strings("tokenizer.ggml.merges", &["a b"]);
        EngineError::from(
            Tokenizer::from_gguf(&Gguf::parse(&file.bytes()).unwrap()).unwrap_err(),
        )
    };
    check_refusal(&tokenizer("t5", "default"), "\"t5\"", "another tokenizer");
    check_refusal(&tokenizer("gpt2", "kimi-k2"), "\"kimi-k2\"", "another tokenizer");
    let error = Gguf::parse(b"GGUF\x01\0\0\0").unwrap_err();
    check_refusal(&ModelFileError::from(error).into(), "version 1", "newer");

    let damaged = Gguf::parse(b"GGUF\x03\0\0\0").unwrap_err();
    let failure = EngineError::from(ModelFileError::from(damaged)).failure();
    assert_eq!(failure.code, ErrorCode::InvalidModelFile);
    assert!(failure.hint.unwrap_or_default().contains("again"));
}
