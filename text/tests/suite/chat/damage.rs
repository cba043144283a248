//! Damaged and hostile templates.

use super::{render, system, three};
use test_support::{Random, limited};

#[test]
fn no_template_runs_for_ever_or_eats_the_memory() {
    let nested = "{% for a in range(99999) %}{% for b in range(99999) %}\
        {% endfor %}{% endfor %}";
    let doubled = "{% set n = namespace(x='0123456789') %}{% for a in range(99) %}\
        {% set n.x = n.x ~ n.x %}{% endfor %}{{ n.x }}";
    let recursive = "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}";
    let long = "{{ 'a' * 99999999 }}";
    let twice = "{% set n = namespace(x=[1]) %}{% for a in range(99) %}\
        {% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x | tojson }}";
    let deep = "{% set n = namespace(x=[1]) %}{% for a in range(999) %}\
        {% set n.x = [n.x] %}{% endfor %}{{ n.x | tojson }}";
    let wide = "{{ 'a'.center(9999999999) }}";
    let formatted = "{{ '%9999999999d' % 1 }}";
    let tabs = "{{ 'a\tb'.expandtabs(9999999999) }}";
    // Lists that hold each other twice, whatever is done with them.
    let doubled_names: Vec<String> = [
        "{{ n.x }}", "{{ n.x ~ '' }}", "{{ n.x == n.y }}", "{{ n.x in [n.y] }}",
        "{{ n.x | string }}", "{{ n.x | join }}", "{{ '%s' % (n.x,) }}", "{{ [n.x, n.y] | sort }}",
        "{{ [n.x, n.y] | unique | list }}", "{{ n.x | length }}",
    ]
    .map(|use_of| {
        String::from(
            "{% set n = namespace(x=[1], y=[1]) %}{% for a in range(99) %}{% set n.x = [n.x, n.x] %}\
             {% set n.y = {'a': n.y, 'b': n.y} %}{% endfor %}"
        ) + use_of
    })
    .into();
    let macros = "{% macro m(x, n) %}{{ m([x, x], n - 1) if n > 0 else (x ~ '') }}\
        {% endmacro %}{{ m([1], 99) }}";
    let scopes = "{% with a = [1] %}".to_owned()
        + &"{% with a = [a, a] %}".repeat(99)
        + "{{ a ~ '' }}"
        + &"{% endwith %}".repeat(100);
    let repeated = "{{ [1] * 999999999999 }}";
    // Lists that one expression repeats, and something long in them.
    let joined = [
        "{{ ''.join(['a' * 99999] * 99999) }}",
        "{{ ('a' * 99999).join([1] * 99999) }}",
        "{{ (['a' * 99999] * 99999) | join }}",
        "{{ ([1] * 99999) | join('a' * 99999) }}",
        "{% for a in range(9999) %}{{ ([1] * 99999).count(2) }}{% endfor %}",
    ];
    let very_deep = "{% set n = namespace(x=[1]) %}{% for a in range(20000) %}\
        {% set n.x = [n.x] %}{% endfor %}";
    let itself = "{% extends 'chat template' %}";
    let included = "{% include 'chat template' %}";
    limited("chat::damage::no_template_runs_for_ever_or_eats_the_memory", || {
        let work = [nested, doubled, recursive, long, twice, deep];
        let more = [wide, formatted, tabs, itself, included, macros, repeated, very_deep];
        let named = doubled_names.iter().map(String::as_str).chain([scopes.as_str()]);
        for template in work.into_iter().chain(more).chain(joined).chain(named) {
            assert!(render(template, &three()).is_err(), "{template}");
        }
    });
}

#[test]
fn damaged_templates_are_errors_or_templates() {
    let whole = r#"{{- bos_token }}{%- set ns = namespace(system='', n=0) %}
        {%- for m in messages %}{% if m['role'] == 'system' %}{% set ns.system = m.content | trim %}
        {%- else %}{{ '<|' + m.role + '|>' + m.content.split('</think>')[-1].lstrip('\n') }}
        {%- generation %}{% endgeneration %}{{ m | tojson(indent=2) }}{% endif %}{% endfor %}
        {%- macro f(x, y=1) %}{{ x[::-1] ~ y * 3 }}{% endmacro %}{{ f([1, 2]) }}
        {%- if add_generation_prompt %}{{ strftime_now('%d %b %Y') }}{% endif %}"#;
    assert!(render(whole, &system()).is_ok());
    let mut random = Random::new(1);
    limited("chat::damage::damaged_templates_are_errors_or_templates", || {
        for _ in 0..5000 {
            let damaged = random.damage(whole.as_bytes());
            let damaged = String::from_utf8_lossy(&damaged);
            if let Err(error) = render(&damaged, &system()) {
                assert!(!error.to_string().is_empty());
            }
        }
    });
}
