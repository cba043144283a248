//! Which templates can be told to have the model think.

use text::chat::{ChatTemplate, ThinkingSwitch};

fn switch(template: &str) -> Option<ThinkingSwitch> {
    ChatTemplate::new(template, None, None).unwrap().thinking()
}

#[test]
fn a_template_that_reads_the_variable_says_what_it_does_unasked() {
    // The forms of Qwen3, SmolLM3, GLM 4.5, Qwen3.5 and DeepSeek V3.1, shortened.
    for (template, variable, unasked) in [
        (
            "{%- if add_generation_prompt %}a{%- if enable_thinking is defined and \
             enable_thinking is false %}<think></think>{%- endif %}{%- endif %}",
            "enable_thinking",
            true,
        ),
        (
            "{%- if enable_thinking is not defined -%}{%- set enable_thinking = true -%}\
             {%- endif -%}{%- set mode = '/think' if enable_thinking else '/no_think' -%}\
             {{ mode }}",
            "enable_thinking",
            true,
        ),
        (
            "{% for m in messages %}{{ m.content }}{{ '/nothink' if (enable_thinking is \
             defined and not enable_thinking and not m.content.endswith('/nothink')) \
             else '' }}{% endfor %}",
            "enable_thinking",
            true,
        ),
        (
            "{%- if enable_thinking is defined and enable_thinking is true %}<think>\
             {%- else %}<think></think>{%- endif %}",
            "enable_thinking",
            false,
        ),
        (
            "{% if not thinking is defined %}{% set thinking = false %}{% endif %}\
             {% if thinking %}<think>{% else %}</think>{% endif %}",
            "thinking",
            false,
        ),
        // A name that is set from itself, and one that is read in a macro.
        (
            "{% set enable_thinking = enable_thinking | default(true) %}\
             {{ enable_thinking }}",
            "enable_thinking",
            true,
        ),
        (
            "{% macro end() %}{% if thinking %}on{% endif %}{% endmacro %}{{ end() }}",
            "thinking",
            false,
        ),
    ] {
        let expected = ThinkingSwitch { variable, unasked };
        assert_eq!(switch(template), Some(expected), "{template}");
    }
}

#[test]
fn a_template_that_only_has_the_word_cannot_be_switched() {
    for template in [
        "enable_thinking",
        "{# enable_thinking #}{{ messages[0].content }}",
        "{{ 'enable_thinking' }}{{ messages[0].enable_thinking }}",
        "{% set enable_thinking = false %}{% if enable_thinking %}on{% endif %}",
        "{% if enable_thinking %}same{% else %}same{% endif %}",
        "{% if enable_thinking %}on{% endif %}{{ raise_exception('never') }}",
        "{% if enable_thinking %}{{ raise_exception('not here') }}{% endif %}",
        "{{ reasoning_effort }}",
    ] {
        assert_eq!(switch(template), None, "{template}");
    }
}
