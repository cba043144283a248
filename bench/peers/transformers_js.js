// Loads a model, then times when tokens come, round by round. In a worker, as in a page the
// engine would hold up whoever asks it how far it is.
import {
  AutoModelForCausalLM,
  Tensor,
  env,
} from "./node_modules/@huggingface/transformers/dist/transformers.min.js";

const measure = async ({ model, threads, prompt, tokens, rounds, gpu }) => {
  env.allowRemoteModels = false;
  env.allowLocalModels = true;
  env.useBrowserCache = false;
  const at = new URL(model);
  env.localModelPath = new URL(".", at).href;
  const { wasm } = env.backends.onnx;
  wasm.wasmPaths = new URL("node_modules/onnxruntime-web/dist/", location.href).href;
  wasm.numThreads = threads;
  const start = performance.now();
  const loaded = await AutoModelForCausalLM.from_pretrained(at.pathname.split("/").at(-1), {
    dtype: "fp32",
    device: gpu ? "webgpu" : "wasm",
  });
  const load_seconds = (performance.now() - start) / 1000;
  const prefill = [];
  const decode = [];
  // The first round warms up and does not count.
  for (let counted = 0; counted <= rounds; counted++) {
    const ids = BigInt64Array.from({ length: prompt }, (_, i) =>
      BigInt((3 + 31 * i + 7 * counted) % 259),
    );
    const times = [];
    const began = performance.now();
    await loaded.generate({
      input_ids: new Tensor("int64", ids, [1, prompt]),
      attention_mask: new Tensor("int64", new BigInt64Array(prompt).fill(1n), [1, prompt]),
      max_new_tokens: tokens + 1,
      do_sample: false,
      // The first call brings the prompt.
      streamer: { put: () => times.push(performance.now()), end: () => {} },
    });
    if (times.length !== tokens + 2) throw new Error(`${times.length - 1} tokens came`);
    const [, first] = times;
    if (counted > 0) {
      prefill.push((1000 * prompt) / (first - began));
      decode.push((1000 * tokens) / (times.at(-1) - first));
    }
  }
  return { engine: `transformers.js 4.3.1${gpu ? ", WebGPU" : ""}`, load_seconds, prefill, decode, threads };
};
onmessage = ({ data }) => {
  const failed = (error) => postMessage({ error: `${error.stack ?? error}` });
  measure(data).then((answer) => postMessage(answer), failed);
};
