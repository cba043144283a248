// Runs in a worker before it starts. Its device says that it is hardware, and its clock says that
// it takes a second for each kernel of a kind in `slow`; `broken` changes the text of
// shaders. It loses the device with the first kernel of a kind in `lost`. How many kernels of
// each kind have run, it tells on the channel `kernels`.
const kinds = { core: 0, integers: 0, subgroups: 0 };
const said = new BroadcastChannel('kernels');
const hardware = { get: () => false };
Object.defineProperty(GPUAdapterInfo.prototype, 'isFallbackAdapter', hardware);
let late = 0;
const now = performance.now.bind(performance);
performance.now = () => now() + late;
const [kindOf, deviceOf] = [new WeakMap(), new WeakMap()];
const { createShaderModule, createComputePipelineAsync, createCommandEncoder } =
    GPUDevice.prototype;
GPUDevice.prototype.createShaderModule = function ({ code, ...more }) {
    const module = createShaderModule.call(this, { code: broken(code), ...more });
    const kind = code.includes('dot4I8Packed') || code.includes('pack4xI8')
        ? 'integers'
        : code.includes('subgroupAdd') ? 'subgroups' : 'core';
    kindOf.set(module, kind);
    return module;
};
GPUDevice.prototype.createComputePipelineAsync = async function (descriptor) {
    const pipeline = await createComputePipelineAsync.call(this, descriptor);
    kindOf.set(pipeline, kindOf.get(descriptor.compute.module));
    return pipeline;
};
GPUDevice.prototype.createCommandEncoder = function (...all) {
    const encoder = createCommandEncoder.call(this, ...all);
    deviceOf.set(encoder, this);
    return encoder;
};
const { beginComputePass } = GPUCommandEncoder.prototype;
GPUCommandEncoder.prototype.beginComputePass = function (...all) {
    const pass = beginComputePass.call(this, ...all);
    deviceOf.set(pass, deviceOf.get(this));
    return pass;
};
const { setPipeline } = GPUComputePassEncoder.prototype;
GPUComputePassEncoder.prototype.setPipeline = function (pipeline) {
    const kind = kindOf.get(pipeline);
    kinds[kind] += 1;
    if (slow.includes(kind)) late += 1000;
    if (lost.includes(kind)) deviceOf.get(this).destroy();
    said.postMessage({ ...kinds });
    setPipeline.call(this, pipeline);
};
