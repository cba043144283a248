//! Variables that a request sets for a template.

use protocol::{TemplateValue, TemplateVariables, limits};
use text::chat::{ChatError, ChatTemplate};

use super::{NOW, user};

fn render(template: &str, variables: &TemplateVariables) -> Result<String, ChatError> {
    let template = ChatTemplate::new(template, Some("<s>"), None)?;
    let special = ["<s>".to_owned(), String::new()];
    let rendered = template.render_with(&[user("x")], variables, false, &special, NOW)?;
    Ok(rendered.text().into_owned())
}

fn one(name: &str, value: TemplateValue) -> TemplateVariables {
    [(name.to_owned(), value)].into()
}

#[test]
fn a_template_reads_what_a_request_sets() {
    let template = "{% if enable_thinking is defined and enable_thinking is false %}off\
                    {% else %}on{% endif %}{{ messages[0].content }}";
    let set = |value| render(template, &one("enable_thinking", value)).unwrap();
    assert_eq!(set(TemplateValue::Flag(false)), "offx");
    assert_eq!(set(TemplateValue::Flag(true)), "onx");
    assert_eq!(set(TemplateValue::Null), "onx");
    assert_eq!(render(template, &TemplateVariables::new()).unwrap(), "onx");
    let list = TemplateValue::List(vec![
        TemplateValue::Integer(-3),
        TemplateValue::Number(0.5),
        TemplateValue::Text("é".into()),
        TemplateValue::Null,
        TemplateValue::Map(one("a", TemplateValue::Flag(true))),
    ]);
    let found = render("{{ v }} {{ v[4].a }} {{ v | tojson }}", &one("v", list)).unwrap();
    let expected = "[-3, 0.5, 'é', None, {'a': True}] True \
                    [-3, 0.5, \"é\", null, {\"a\": true}]";
    assert_eq!(found, expected);
}

#[test]
fn variables_change_nothing_else_and_hold_no_control_tokens() {
    let fails = |name: &str, value| render("{{ v }}", &one(name, value)).unwrap_err();
    for name in ["messages", "bos_token", "strftime_now", "add_generation_prompt"] {
        let error = fails(name, TemplateValue::Null);
        assert!(matches!(error, ChatError::TakenVariable { .. }), "{error}");
    }
    let special = TemplateValue::Text("a<s>b".into());
    let within = TemplateValue::List(vec![special.clone()]);
    let as_name = TemplateValue::Map(one("<s>", TemplateValue::Null));
    for value in [special, within, as_name] {
        let error = fails("v", value);
        assert!(matches!(error, ChatError::SpecialInVariable { .. }), "{error}");
    }
    let long = TemplateValue::Text("a".repeat(limits::MAX_TEMPLATE_BYTES));
    let many = TemplateValue::List(vec![TemplateValue::Null; limits::MAX_TEMPLATE_BYTES]);
    let nest = |value, _| TemplateValue::List(vec![value]);
    let deep = (0..=limits::MAX_TEMPLATE_DEPTH).fold(TemplateValue::Null, nest);
    for value in [long, many, deep] {
        let error = fails("v", value);
        assert!(matches!(error, ChatError::TooManyVariables { .. }), "{error}");
    }
}
