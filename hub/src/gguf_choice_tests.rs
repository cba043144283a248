use super::*;

fn chosen(paths: &[&str], preference: Preference) -> Result<String, String> {
    let index = choose_gguf(paths, None, preference)?;
    Ok(index.map_or_else(String::new, |index| paths[index].into()))
}

fn taken(paths: &[&str]) -> String {
    chosen(paths, Preference::Compact).unwrap()
}

fn why(paths: &[&str]) -> String {
    chosen(paths, Preference::Compact).unwrap_err()
}

#[test]
fn the_best_kind_that_loses_little_is_taken() {
    let all = ["n-Q4_K_M.gguf", "n.Q6_K.gguf", "n-q4_0.gguf", "n-IQ4_XS.gguf"];
    assert_eq!(taken(&all), "n.Q6_K.gguf");
    assert_eq!(chosen(&all, Preference::Small).unwrap(), "n-Q4_K_M.gguf");
    assert_eq!(chosen(&all[2..], Preference::Small).unwrap(), "n-IQ4_XS.gguf");
    assert_eq!(taken(&all[2..]), "n-IQ4_XS.gguf");
    // Sixteen bits can become four, and six stay what they are.
    let wide = ["n-Q8_0.gguf", "n-Q6_K.gguf", "n-f16.gguf"];
    assert_eq!(chosen(&wide, Preference::Small).unwrap(), "n-f16.gguf");
    assert_eq!(chosen(&wide[..2], Preference::Small).unwrap(), "n-Q6_K.gguf");
    assert_eq!(taken(&["m-Q2_K.gguf", "m-Q3_K_M.gguf"]), "m-Q3_K_M.gguf");
    assert_eq!(taken(&["m-Q3_K_M.gguf", "m-f16.gguf"]), "m-f16.gguf");
    let ud = ["m-UD-Q4_K_XL.gguf", "m-UD-Q8_K_XL.gguf"];
    assert_eq!(taken(&ud), ud[1]);
    assert_eq!(chosen(&ud, Preference::Small).unwrap(), ud[0]);
    assert_eq!(taken(&["m.i1-Q4_K_M.gguf", "m.i1-IQ3_M.gguf"]), "m.i1-Q4_K_M.gguf");
    assert_eq!(taken(&["m-q8.gguf", "m-q4.gguf"]), "m-q8.gguf");
    assert_eq!(taken(&["m-Q4_0_4_4.gguf", "m-Q2_K.gguf"]), "m-Q2_K.gguf");
}

#[test]
fn words_that_look_like_parts_or_kinds_are_only_words() {
    for name in [
        "Tree-of-Thought-1B-Q8_0.gguf",
        "state-of-the-art-Q8_0.gguf",
        "2-of-hearts.Q8_0.gguf",
        "Explora-7B-Q8_0.gguf",
        "whatever.GGUF",
        "Q8_0.gguf",
    ] {
        assert_eq!(taken(&[name]), name);
    }
}

#[test]
fn what_is_no_model_is_not_taken() {
    let model = "m-Q4_K_M.gguf";
    for other in [
        "mmproj-Q8_0.gguf",
        "mmproj-m-f16.gguf",
        "m.mmproj-Q8_0.gguf",
        "imatrix.gguf",
        "m-imatrix.gguf",
        "my-lora-Q8_0.gguf",
        "loras/x-Q8_0.gguf",
        "m-adapter-Q8_0.gguf",
        "draft/d-Q8_0.gguf",
        "m-draft-Q8_0.gguf",
        "assistant/d-Q8_0.gguf",
        "control-vector-Q8_0.gguf",
        "ggml-vocab-m.gguf",
        "m-Q8_0-00001-of-00002.gguf",
    ] {
        assert_eq!(taken(&[other, model]), model, "{other}");
    }
    assert!(why(&["imatrix.gguf"]).contains("imatrix.gguf is a matrix"));
    assert!(why(&["x-lora-Q8_0.gguf"]).contains("an adapter for another model"));
    // Made with a matrix, and a small model that is all there is.
    assert_eq!(taken(&["m-imatrix-Q4_K_M.gguf"]), "m-imatrix-Q4_K_M.gguf");
    assert_eq!(taken(&["m-draft-0.5B-Q8_0.gguf"]), "m-draft-0.5B-Q8_0.gguf");
}

#[test]
fn files_in_folders_count_where_they_are_of_the_same_model() {
    assert_eq!(taken(&["Q8_0/m-Q8_0.gguf", "Q4_0/m-Q4_0.gguf"]), "Q8_0/m-Q8_0.gguf");
    assert_eq!(taken(&["Q8_0/m-Q8_0.gguf", "m-Q4_0.gguf"]), "Q8_0/m-Q8_0.gguf");
    assert_eq!(taken(&["other/x-Q8_0.gguf", "m-Q4_0.gguf"]), "m-Q4_0.gguf");
}

#[test]
fn where_names_say_nothing_the_files_are_listed() {
    for files in [&["a.gguf", "b.gguf"][..], &["a-1B-Q8_0.gguf", "a-3B-Q8_0.gguf"]] {
        let error = why(files);
        assert!(files.iter().all(|file| error.contains(file)), "{error}");
    }
    assert_eq!(taken(&["a.gguf", "model.gguf"]), "model.gguf");
    let many: Vec<String> = (0..500).map(|n| format!("n{n}.gguf")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert!(why(&many).ends_with("and 488 more"));
}

#[test]
fn what_is_not_supported_is_called_so() {
    let parts = ["m-00001-of-00002.gguf", "m-00002-of-00002.gguf"];
    let error = why(&parts);
    assert!(error.contains("in 2 parts") && error.contains("gguf-split"), "{error}");
    let error = why(&["m-IQ3_S.gguf", "m-IQ2_M.gguf", "m-Q2_0.gguf"]);
    assert!(error.contains("IQ2_M, IQ3_S, Q2_0") && error.contains("not supported"));
    assert!(error.contains("Q4_K_M, Q5_K_M or Q8_0"), "{error}");
}

#[test]
fn a_kind_can_be_asked_for() {
    let files = ["m-Q8_0.gguf", "m-Q4_K_M.gguf", "m-UD-Q4_K_XL.gguf", "m-IQ4_XS.gguf"];
    for (kind, file) in [
        ("Q4_K_M", files[1]),
        ("q4_k_m", files[1]),
        ("UD-Q4_K_XL", files[2]),
        ("IQ4_XS", files[3]),
    ] {
        let index = choose_gguf(&files, Some(kind), Preference::Compact).unwrap();
        assert_eq!(files[index.unwrap()], file, "{kind}");
    }
    let error = choose_gguf(&files, Some("Q5_0"), Preference::Compact).unwrap_err();
    assert!(error.contains("no GGUF file of the kind Q5_0"), "{error}");
    assert!(error.contains("m-Q8_0.gguf"), "{error}");
}
