//! Chat templates and control tokens of loaded models.

use engine::Session;
use model_files::{ModelFiles, WeightFiles};
use protocol::{
    Command, ErrorCode, Event, Message, Precision, Role, SamplerSettings, TokenId,
};
use random_model::{Files, Kind, Quantisation, Shape};
use serde_json::{Value, json};

use crate::common::tiny::{answer, empty_engine, load, model_files, on_cpu};

/// A template with an unknown statement.
const BROKEN: &str = "{% foo %}{{ messages }}";
const CHATML: &str = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}\
    <|im_end|>\n{% endfor %}";

fn user(content: &str) -> Message {
    Message { role: Role::User, content: content.into() }
}

fn files() -> Files {
    random_model::files(&Shape::tiny(), Kind::Instruct, 1)
}

/// A folder with this `tokenizer_config.json`.
fn with_config(config: &str) -> Session {
    let files = Files { tokenizer_config: config.as_bytes().to_vec(), ..files() };
    load(files, Precision::F32).unwrap()
}

/// A folder with this `chat_template.jinja`, and with a working template in
/// `tokenizer_config.json`.
fn with_jinja(template: &str) -> Session {
    let chat_template = Some(template.as_bytes().to_vec());
    let files = ModelFiles { chat_template, ..model_files(files()) };
    Session::load(files, &on_cpu(Precision::F32), &mut |_| ()).unwrap()
}

/// A GGUF file with this template; the only end token that it names is `<|endoftext|>`.
fn with_gguf(template: &str) -> Session {
    let mut file = Vec::new();
    // With the word that its only merge makes.
    let shape = Shape { vocab_size: 260, ..Shape::tiny() };
    random_model::write_gguf(&shape, Quantisation::Q8_0, 1, &mut file).unwrap();
    let mut entry = Vec::new();
    let text = |text: &str, entry: &mut Vec<u8>| {
        entry.extend((text.len() as u64).to_le_bytes());
        entry.extend(text.as_bytes());
    };
    text("tokenizer.chat_template", &mut entry);
    entry.extend(8u32.to_le_bytes());
    text(template, &mut entry);
    // Another text keeps what follows aligned to 32 bytes.
    text("general.description", &mut entry);
    entry.extend(8u32.to_le_bytes());
    let length = entry.len() + 8;
    text(&" ".repeat(length.next_multiple_of(32) - length), &mut entry);
    file.splice(24..24, entry);
    let entries = u64::from_le_bytes(file[16..24].try_into().unwrap());
    file[16..24].copy_from_slice(&(entries + 2).to_le_bytes());
    let files = ModelFiles {
        name: "tiny".into(),
        weights: WeightFiles::Gguf(Box::new(file)),
        config: None,
        tokenizer: None,
        tokenizer_config: None,
        generation_config: None,
        chat_template: None,
    };
    Session::load(files, &on_cpu(Precision::F32), &mut |_| ()).unwrap()
}

fn rendered(session: &Session, content: &str) -> String {
    let tokens =
        session.chat_prompt(&[user(content)], &Default::default(), false, 0).unwrap();
    let bytes = tokens.iter().flat_map(|token| token.bytes.to_vec()).collect();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_broken_template_only_disables_chat() {
    let unknown = "unknown statement foo";
    let config = |template: Value| json!({ "chat_template": template }).to_string();
    for (session, why) in [
        (with_config(&config(json!(BROKEN))), unknown),
        (with_jinja(BROKEN), unknown),
        (with_gguf(BROKEN), unknown),
        (with_config(&config(json!(3))), "no text"),
        (with_config(&config(json!({ "tool_use": CHATML }))), "none is named default"),
        (with_config("{"), "tokenizer_config.json is damaged"),
    ] {
        assert!(!session.description().chat, "{why}");
        let fault = session.description().chat_fault.clone().unwrap();
        assert!(fault.contains(why) && fault.ends_with('.'), "{fault}");
        let mut engine = empty_engine();
        engine.set_session(session, &mut |_, _| ());

        let settings = SamplerSettings::default();
        let (ids, candidates) = (vec![20, 21], 1);
        let command = Command::NextToken {
            ids,
            settings: settings.clone(),
            candidates,
            watch: vec![],
        };
        assert!(matches!(answer(&mut engine, command), Event::Distribution(_)));

        let messages = vec![user("Hi")];
        let command = Command::Chat {
            messages,
            continue_final_message: false,
            template_variables: Default::default(),
            settings,
            max_new_tokens: 1,
            candidates,
        };
        let Event::Failed(failure) = answer(&mut engine, command) else {
            panic!("{why}")
        };
        assert_eq!(failure.code, ErrorCode::NoChatTemplate);
        assert_eq!(failure.message, format!("tiny cannot chat. {fault}"));
        let hint = failure.hint.unwrap();
        assert!(hint.contains("model") && !hint.contains("conversation"), "{hint}");
    }
}

#[test]
fn a_damaged_file_is_no_fault_if_another_has_a_template() {
    let damaged = Files { tokenizer_config: b"{".to_vec(), ..files() };
    let files = ModelFiles {
        generation_config: None,
        chat_template: Some(CHATML.into()),
        ..model_files(damaged)
    };
    let session = Session::load(files, &on_cpu(Precision::F32), &mut |_| ()).unwrap();
    assert!(session.description().chat && session.description().chat_fault.is_none());
    assert_eq!(rendered(&session, "Hi"), "<|im_start|>user\nHi<|im_end|>\n");
}

#[test]
fn line_ends_of_a_template_are_line_feeds_and_those_of_messages_stay() {
    let template = "{% for m in messages %}\n<|im_start|>{{ m.role }}\n{{ m.content }}\
        {{ '\\r\\n' }}<|im_end|>\n{% endfor %}\n{% if true %}a\n{% endif %}\n'";
    let expected = "<|im_start|>user\nHi\r\nyou\r\n<|im_end|>\na\n'";
    for ends in ["\n", "\r\n", "\r"] {
        let template = template.replace('\n', ends);
        let config = json!({ "chat_template": template }).to_string();
        for session in [with_config(&config), with_jinja(&template), with_gguf(&template)]
        {
            assert_eq!(rendered(&session, "Hi\r\nyou"), expected, "{ends:?}");
        }
    }
}

#[test]
fn control_tokens_known_to_end_a_turn_end_it_where_a_file_does_not_name_them() {
    let (end_of_text, end_of_turn) = (0, 2);
    let ends = |session: Session| session.description().end_of_generation.clone();
    assert_eq!(ends(with_gguf("")), [end_of_text, end_of_turn]);
    let mut files = files();
    files.generation_config = b"{}".to_vec();
    let session = load(files, Precision::F32).unwrap();
    assert_eq!(ends(session), [end_of_text, end_of_turn]);
}

/// The end tokens of a model whose control tokens have these texts, and whose files name
/// only the first of them.
fn ends_of(control: [&str; 3], template: &str) -> Vec<TokenId> {
    let mut files = files();
    files.generation_config = b"{}".to_vec();
    let config = json!({ "eos_token": control[0], "chat_template": template });
    files.tokenizer_config = config.to_string().into_bytes();
    let tokenizer = String::from_utf8(files.tokenizer).unwrap();
    let renamed = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
        .into_iter()
        .zip(control)
        .fold(tokenizer, |json, (old, new)| json.replace(old, new));
    files.tokenizer = renamed.into_bytes();
    load(files, Precision::F32).unwrap().description().end_of_generation.clone()
}

#[test]
fn the_control_token_after_a_reply_in_the_template_ends_a_turn() {
    let control_tokens = ["<|done|>", "<|who|>", "<|stop|>"];
    let turn = "{% for m in messages %}<|who|>{{ m.role }}: {{ m.content | trim }}";
    let after =
        |end: &str| ends_of(control_tokens, &format!("{turn}{end}{{% endfor %}}"));
    assert_eq!(after("<|stop|>\n"), [0, 2]);
    assert_eq!(after(" \n<|stop|>"), [0, 2]);
    // Only the beginning of the next turn marks the end.
    assert_eq!(after("\n"), [0, 1]);
    // No control token, or one after words.
    assert_eq!(after("<end>"), [0]);
    assert_eq!(after(" That was it.<|stop|>"), [0]);
    // A template that ends a turn with the end of the text.
    assert_eq!(after("{{ eos_token }}"), [0]);
    // A template that takes no such conversation.
    assert_eq!(ends_of(control_tokens, "{{ raise_exception('no') }}"), [0]);
}

#[test]
fn well_known_ends_count_as_control_tokens_only() {
    let ends = |second, third| ends_of(["<|done|>", second, third], "");
    assert_eq!(ends("<end_of_turn>", "<|eot_id|>"), [0, 1, 2]);
    assert_eq!(ends("<|end|>", "_<EOT>"), [0, 1, 2]);
    assert_eq!(ends("<start_of_turn>", "</s>"), [0, 2]);
    // Where there is <|return|>, <|end|> ends a message of several.
    assert_eq!(ends("<|end|>", "<|return|>"), [0, 2]);
    let mut files = files();
    files.generation_config = b"{}".to_vec();
    let json = String::from_utf8(files.tokenizer).unwrap();
    let mut json: Value = serde_json::from_str(&json).unwrap();
    json["added_tokens"][2]["special"] = json!(false);
    files.tokenizer = json.to_string().into_bytes();
    files.tokenizer_config = b"{}".to_vec();
    let session = load(files, Precision::F32).unwrap();
    assert_eq!(session.description().end_of_generation, [0]);
}

#[test]
fn a_model_says_whether_its_template_can_switch_thinking() {
    let of = |template| {
        let session = with_jinja(template);
        let model = session.description();
        (model.thinking.clone(), model.thinks_unasked)
    };
    let on = "{% if enable_thinking is defined and not enable_thinking %}off{% endif %}";
    assert_eq!(of(on), ("enable_thinking".into(), true));
    assert_eq!(of("{% if thinking %}on{% endif %}"), ("thinking".into(), false));
    for template in [CHATML, BROKEN] {
        assert_eq!(of(template), (String::new(), false));
    }
}

#[test]
fn a_model_says_whether_its_template_takes_a_system_message() {
    assert!(with_jinja(CHATML).description().system_message);
    let refuses = "{% for m in messages %}{% if m.role == 'system' %}\
        {{ raise_exception('No system role') }}{% endif %}{{ m.content }}{% endfor %}";
    let leaves_out =
        "{% for m in messages if m.role != 'system' %}{{ m.content }}{% endfor %}";
    for template in [refuses, leaves_out, BROKEN] {
        assert!(!with_jinja(template).description().system_message, "{template}");
    }
}

#[test]
fn the_name_of_a_template_that_is_in_no_file_is_no_broken_template() {
    // RWKV's GGUF files name one that llama.cpp has in itself.
    let session = with_gguf("rwkv-world");
    assert!(!session.description().chat);
    assert_eq!(session.description().chat_fault, None);
}
