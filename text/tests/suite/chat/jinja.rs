//! What transformers adds to Jinja, and where minijinja differs from Jinja2.

use text::chat::{ChatError, ChatTemplate};

use super::{NOW, render, user};

fn check(template: &str, content: &str, expected: &str) {
    assert_eq!(render(template, &[user(content)]).unwrap(), expected, "{template}");
}

#[test]
fn white_space_around_blocks_is_that_of_transformers() {
    check("  {% if true %}\n  a\n  {% endif %}\n  b\n\n", "", "  a\n  b\n");
    check("{{ 'x' }}\n{%- if true %} y{% endif -%}\n z", "", "x yz");
}

#[test]
fn variables_are_those_of_transformers() {
    check(
        "{{ bos_token }}{{ eos_token }}{{ add_generation_prompt }}",
        "",
        "<BOS><EOS>True",
    );
    check("{{ tools is none }}{{ documents is defined }}{{ tools }}", "", "TrueTrueNone");
    check("[{{ pad_token }}{{ messages[0].name is defined }}]", "", "[False]");
    let without =
        ChatTemplate::new("[{{ bos_token }}{{ eos_token is defined }}]", None, None);
    assert_eq!(without.unwrap().render(&[], &[], NOW).unwrap().text(), "[False]");
}

#[test]
fn strings_have_the_methods_of_python() {
    check("{{ messages[0].content.split('|')[-1].lstrip('\n') }}", "a|\n\nb", "b");
    check("{{ messages[0]['content'].startswith('a') }}", "ab", "True");
    check(
        "{% set m = messages[0] %}{{ m.get('x', 'y') }}{{ m.items()|length }}",
        "",
        "y2",
    );
}

#[test]
fn loops_can_be_left_and_blocks_can_be_marked_as_generated() {
    let template = "{% for i in range(9) %}{% if i == 1 %}{% continue %}{% endif %}\
        {% if i == 3 %}{% break %}{% endif %}{{ i }}{% endfor %}";
    check(template, "", "02");
    let template = "{% set x = 1 %}{% generation %}{% set x = 2 %}{{ x }}\
        {% endgeneration %}{{ x }}";
    check(template, "", "21");
}

#[test]
fn dates_are_those_of_the_clock() {
    check("{{ strftime_now('%d %b %Y') }}", "", "02 Jan 2026");
    check(
        "{% if strftime_now is defined %}{{ strftime_now('%H:%M') }}{% endif %}",
        "",
        "03:04",
    );
}

#[test]
fn json_is_that_of_python() {
    check("{{ messages | tojson }}", "<é>", r#"[{"role": "user", "content": "<é>"}]"#);
    check(
        "{{ [1, {'b': none}] | tojson(indent=1) }}",
        "",
        "[\n 1,\n {\n  \"b\": null\n }\n]",
    );
}

#[test]
fn a_refusal_has_the_message_of_the_template() {
    let template = "{{ raise_exception('Only ' ~ messages | length ~ '!') }}";
    match render(template, &[user("a")]) {
        Err(ChatError::Refused { message }) => assert_eq!(message, "Only 1!"),
        other => panic!("{other:?}"),
    }
    let in_macro = "{% macro m() %}{{ raise_exception('no') }}{% endmacro %}{{ m() }}";
    assert!(matches!(render(in_macro, &[]), Err(ChatError::Refused { .. })));
}

#[test]
fn errors_of_syntax_and_of_rendering_differ() {
    assert!(matches!(render("{% if %}", &[]), Err(ChatError::Syntax(_))));
    assert!(matches!(
        render("{{ messages[0].role }}", &[]),
        Err(ChatError::Rendering(_))
    ));
    assert!(matches!(render("{{ 'a'.nothing() }}", &[]), Err(ChatError::Rendering(_))));
    let long = " ".repeat(2 << 20);
    assert!(matches!(render(&long, &[]), Err(ChatError::TooLong { .. })));
}
