"""What a program that knows OpenAI's API does, done with the official client.

The model has random weights and a token for each byte, so what is checked is the form of
the answers and how they agree with each other.
"""

import math
import sys
import time

import openai

URL = sys.argv[1]
client = openai.OpenAI(base_url=f"{URL}/v1", api_key="none", timeout=300, max_retries=10)


def wait_for_model():
    """The first of the models, once it is loaded."""
    while True:
        try:
            return client.models.list().data[0]
        except openai.InternalServerError:
            time.sleep(0.05)


MODEL = wait_for_model().id
HELLO = [{"role": "user", "content": "Hello"}]


def refused(kind, **question):
    """The error that a question is answered with."""
    create = client.completions.create if "prompt" in question else client.chat.completions.create
    try:
        create(**{"model": MODEL, **question})
    except kind as error:
        return error
    raise AssertionError(f"{question} was answered")


def models():
    assert MODEL == "tiny-model"
    assert client.models.retrieve(MODEL).object == "model"
    try:
        client.models.retrieve("gpt-4")
        raise AssertionError("there is no such model")
    except openai.NotFoundError as error:
        assert error.code == "model_not_found", error


def completions():
    answer = client.completions.create(model=MODEL, prompt="Hello", max_tokens=8, temperature=0)
    choice = answer.choices[0]
    assert answer.object == "text_completion" and answer.model == MODEL
    assert answer.usage.prompt_tokens == 5, answer.usage
    assert answer.usage.completion_tokens <= 8
    assert choice.finish_reason == "length" or answer.usage.completion_tokens < 8
    again = client.completions.create(model=MODEL, prompt="Hello", max_tokens=8, temperature=0)
    assert again.choices[0].text == choice.text
    # Byte-level tokens: the same prompt as ids.
    echoed = client.completions.create(
        model=MODEL, prompt="Hello", max_tokens=8, temperature=0, echo=True
    )
    assert echoed.choices[0].text == "Hello" + choice.text


def prompts_are_scored():
    """As evaluation harnesses ask: what of a text follows its beginning."""
    answer = client.completions.create(
        model=MODEL, prompt="Hello", max_tokens=0, temperature=0, echo=True, logprobs=1
    )
    probabilities = answer.choices[0].logprobs
    assert answer.choices[0].text == "Hello" and len(probabilities.tokens) == 5
    assert probabilities.token_logprobs[0] is None and probabilities.top_logprobs[0] is None
    for logprob, top in zip(probabilities.token_logprobs[1:], probabilities.top_logprobs[1:]):
        assert logprob <= max(top.values())
    assert answer.usage.completion_tokens == 0


def several_prompts_and_choices():
    question = dict(model=MODEL, max_tokens=6, seed=3)
    answer = client.completions.create(prompt=["One", "Two"], n=2, **question)
    assert [choice.index for choice in answer.choices] == [0, 1, 2, 3]
    assert answer.usage.prompt_tokens == 6, answer.usage
    again = client.completions.create(prompt=["One", "Two"], n=2, **question)
    assert [c.text for c in again.choices] == [c.text for c in answer.choices]
    assert len({choice.text for choice in answer.choices}) > 1


def streams_say_the_same():
    for stop in (None, "e", ["zz", "\n"]):
        question = dict(model=MODEL, prompt="Once", max_tokens=40, seed=11, stop=stop)
        whole = client.completions.create(**question, logprobs=2)
        stream = client.completions.create(
            **question, logprobs=2, stream=True, stream_options={"include_usage": True}
        )
        chunks = list(stream)
        usage, chunks = chunks[-1].usage, chunks[:-1]
        text = "".join(chunk.choices[0].text for chunk in chunks)
        assert text == whole.choices[0].text, (text, whole.choices[0].text)
        assert chunks[-1].choices[0].finish_reason == whole.choices[0].finish_reason
        assert usage.completion_tokens == whole.usage.completion_tokens
        probabilities = whole.choices[0].logprobs
        told = [
            one
            for chunk in chunks
            for one in (chunk.choices[0].logprobs.token_logprobs or [])
        ]
        assert told == probabilities.token_logprobs
        assert len(probabilities.tokens) == len(probabilities.text_offset)
        for chosen, logprob, top in zip(
            probabilities.tokens, probabilities.token_logprobs, probabilities.top_logprobs
        ):
            assert top[chosen] == logprob and 2 <= len(top) <= 3, top
            assert logprob <= 0


def chat():
    question = dict(model=MODEL, messages=HELLO, max_completion_tokens=12, seed=7)
    whole = client.chat.completions.create(**question, logprobs=True, top_logprobs=4)
    choice = whole.choices[0]
    assert choice.message.role == "assistant"
    tokens = choice.logprobs.content
    assert b"".join(bytes(t.bytes) for t in tokens).decode(errors="replace") == choice.message.content
    for token in tokens:
        assert len(token.top_logprobs) == 4
        best = [one.logprob for one in token.top_logprobs]
        assert best == sorted(best, reverse=True)
        assert sum(math.exp(one) for one in best) <= 1 + 1e-4
    stream = client.chat.completions.create(**question, stream=True)
    first = next(stream)
    assert first.choices[0].delta.role == "assistant"
    text = "".join(chunk.choices[0].delta.content or "" for chunk in stream)
    assert text == choice.message.content
    parts = [{"type": "text", "text": "Hel"}, {"type": "text", "text": "lo"}]
    same = client.chat.completions.create(**{**question, "messages": [{"role": "user", "content": parts}]})
    assert same.choices[0].message.content == choice.message.content
    assert same.usage.prompt_tokens == whole.usage.prompt_tokens


def long_answers_go_on():
    """Longer than what the engine gives at once, and the same from any point on."""
    question = dict(model=MODEL, temperature=1.5, seed=1)
    for start in range(40):
        answer = client.completions.create(
            prompt=f"{start}", max_tokens=900, logprobs=0, **question
        )
        if answer.usage.completion_tokens > 600:
            break
    else:
        return  # every text ended before, which this model can do
    assert len(answer.choices[0].logprobs.tokens) <= answer.usage.completion_tokens
    assert answer.choices[0].finish_reason in ("stop", "length")


def responses():
    question = dict(model=MODEL, input="Hello", max_output_tokens=8)
    answer = client.responses.create(**question, extra_body={"seed": 3})
    assert answer.status in ("completed", "incomplete") and answer.usage.output_tokens <= 8
    with client.responses.stream(**question, extra_body={"seed": 3}) as stream:
        events = list(stream)
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    # The client's own get_final_response knows no answer that ended at its limit.
    final = events[-1].response
    assert events[-1].type == f"response.{answer.status}", events[-1]
    assert "".join(deltas) == final.output_text == answer.output_text
    said = [*HELLO, *(item.model_dump(exclude_none=True) for item in answer.output)]
    more = client.responses.create(
        model=MODEL, input=[*said, *HELLO], instructions="Be brief.", max_output_tokens=4
    )
    assert more.usage.input_tokens > answer.usage.input_tokens


def members_of_other_servers():
    """What vLLM's clients send besides."""
    extra = {"min_tokens": 4, "prompt_logprobs": 1, "return_tokens_as_token_ids": True}
    answer = client.completions.create(
        model=MODEL, prompt="Hello", max_tokens=6, logprobs=40, extra_body=extra
    )
    choice = answer.choices[0]
    assert answer.usage.completion_tokens >= 4
    assert all(token.startswith("token_id:") for token in choice.logprobs.tokens)
    assert len(choice.prompt_logprobs) == 5 and choice.prompt_logprobs[0] is None


def refusals():
    bad = openai.BadRequestError
    assert refused(bad, prompt="a" * 5000).code == "context_length_exceeded"
    assert refused(bad, prompt="a", max_tokens=100_000).param == "max_tokens"
    assert refused(bad, prompt="a", temperature=3).param == "temperature"
    assert refused(bad, prompt="a", presence_penalty=3).param == "presence_penalty"
    assert refused(bad, prompt="a", stop=["a"] * 65).param == "stop"
    assert refused(bad, prompt=["a"] * 17).param == "prompt"
    assert refused(bad, prompt="a", n=9).param == "n"
    assert refused(bad, messages=[]).param == "messages"
    assert refused(bad, messages=HELLO, top_logprobs=2).param == "top_logprobs"
    assert refused(bad, messages=HELLO, response_format={"type": "json_object"})
    tool = [{"role": "tool", "content": "x", "tool_call_id": "1"}]
    assert refused(bad, messages=tool).param == "messages[0].role"
    assert refused(bad, messages=HELLO, extra_body={"top_kk": 1}).param == "top_kk"
    assert refused(openai.NotFoundError, messages=HELLO, model="gpt-4").param == "model"


def a_stream_can_be_left():
    for _ in range(3):
        stream = client.chat.completions.create(model=MODEL, messages=HELLO, stream=True, seed=5)
        next(stream)
        stream.close()
    assert client.models.list().data


for check in (
    models,
    completions,
    prompts_are_scored,
    several_prompts_and_choices,
    streams_say_the_same,
    chat,
    long_answers_go_on,
    responses,
    members_of_other_servers,
    refusals,
    a_stream_can_be_left,
):
    start = time.monotonic()
    check()
    print(f"{check.__name__}: {time.monotonic() - start:.2f} s")
